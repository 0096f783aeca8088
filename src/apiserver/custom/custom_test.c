/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/fixture.h"

#define DEFINITIONS "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#define WIDGETS     "/apis/example.com/v1/namespaces/default/widgets"

/* Names may be changed, a version added. */
static const char *define(struct fixture *f, const char *plural, const char *kind, const char *more)
{
    char *body = NULL;
    assert_true(
        asprintf(&body,
                 "{\"metadata\":{\"name\":\"%s.example.com\"},\"spec\":{\"group\":\"example.com\","
                 "\"scope\":\"Namespaced\",\"names\":{\"plural\":\"%s\",\"kind\":\"%s\",\"shortNames\":[\"w\"]},"
                 "\"versions\":[{\"name\":\"v1\",\"served\":true,\"storage\":true,\"subresources\":{\"status\":{}},"
                 "\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{"
                 "\"spec\":{\"type\":\"object\",\"properties\":{\"size\":{\"type\":\"integer\",\"default\":3},"
                 "\"color\":{\"type\":\"string\",\"enum\":[\"red\",\"blue\"]}}},"
                 "\"status\":{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true}}}}}%s]}}",
                 plural, plural, kind, more) > 0);
    const char *answer = ask(f, "POST", DEFINITIONS, body);
    free(body);
    return answer;
}

static const char *create_widget(struct fixture *f)
{
    return ask(f, "POST", WIDGETS "?fieldValidation=Warn",
               "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"one\"},"
               "\"spec\":{\"color\":\"red\",\"shape\":\"round\"},\"status\":{\"ready\":true}}");
}

static void test_definition_is_established_and_served(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "GET", WIDGETS, ""), "404 Not Found");
    expect(ask(f, "GET", "/apis/example.com/v1", ""), "404 Not Found");
    expect(define(f, "widgets", "Widget", ""), "201 Created");
    const char *answer = ask(f, "GET", DEFINITIONS "/widgets.example.com", "");
    expect(answer, "\"reason\":\"NoConflicts\",\"message\":\"no conflicts found\"");
    expect(answer, "\"reason\":\"InitialNamesAccepted\",\"message\":\"the initial names have been accepted\"");
    expect(answer, "\"acceptedNames\":{\"plural\":\"widgets\",\"singular\":\"widget\",\"shortNames\":[\"w\"],\"kind\":"
                   "\"Widget\",\"listKind\":\"WidgetList\"}");
    expect(answer, "\"storedVersions\":[\"v1\"]");
    expect(ask(f, "GET", "/apis/example.com/v1", ""), "\"name\":\"widgets/status\"");
    expect(ask(f, "GET", "/apis", ""), "\"groupVersion\":\"example.com/v1\"");
    expect(ask(f, "GET", WIDGETS, ""), "{\"kind\":\"WidgetList\",\"apiVersion\":\"example.com/v1\"");
}

static void test_objects_live(void **state)
{
    struct fixture *f = *state;
    define(f, "widgets", "Widget", "");
    const char *answer = create_widget(f);
    expect(answer, "201 Created");
    expect(answer, "unknown field \\\"spec.shape\\\"");
    expect(answer, "\"spec\":{\"color\":\"red\",\"size\":3}}"); /* the status has a door of its own */
    expect(answer, "\"generation\":1");
    answer = ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/merge-patch+json\r\n",
                      "{\"spec\":{\"size\":4},\"status\":{\"ready\":true}}");
    expect(answer, "\"spec\":{\"color\":\"red\",\"size\":4}}");
    expect(answer, "\"generation\":2");
    answer = ask_with(f, "PATCH", WIDGETS "/one/status", "content-type: application/merge-patch+json\r\n",
                      "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"size\":5},\"status\":{\"ready\":true}}");
    expect(answer, "\"spec\":{\"color\":\"red\",\"size\":4},\"status\":{\"ready\":true}}");
    expect(answer, "\"generation\":2");
    assert_null(strstr(answer, "labels"));
    expect(ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/merge-patch+json\r\n",
                    "{\"spec\":{\"color\":\"green\"}}"),
           "spec.color: Unsupported value: \\\"green\\\": supported values: \\\"red\\\", \\\"blue\\\"");
    expect(ask(f, "GET", WIDGETS, ""), "\"items\":[{\"kind\":\"Widget\",\"apiVersion\":\"example.com/v1\",");
    expect(ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/strategic-merge-patch+json\r\n", "{}"),
           "415 Unsupported Media Type");
#define WIDGET "\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"one\"}"
    expect(ask(f, "PUT", WIDGETS "/one", "{" WIDGET "}"),
           "widgets.example.com \\\"one\\\" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified "
           "for an "
           "update");
    /* It has to say what it is. */
    expect(ask(f, "POST", WIDGETS, "{\"metadata\":{\"name\":\"two\"}}"),
           "(must be of type Widget): Object 'Kind' is missing in '{\\\"metadata\\\":{\\\"name\\\":\\\"two\\\"}}' (");
    expect(ask(f, "POST", WIDGETS, "{\"kind\":\"Widget\",\"metadata\":{\"name\":\"two\"}}"),
           "the API version in the data () does not match the expected API version (example.com/v1)");
    expect(ask(f, "POST", WIDGETS,
               "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Gadget\",\"metadata\":{\"name\":\"two\"}}"),
           "Gadget.example.com \\\"two\\\" is invalid: kind: Invalid value: \\\"Gadget\\\": must be Widget");
    expect(ask(f, "POST", WIDGETS "?dryRun=All",
               "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"two\",\"finalizers\":"
               "[\"mine\",\"a.b/c\",\"orphan\"]}}"),
           "warning: 299 - \"metadata.finalizers: \\\"mine\\\": prefer a domain-qualified finalizer name to avoid "
           "accidental "
           "conflicts with other finalizer writers\"");
    expect(ask_with(f, "GET", WIDGETS "/one", "accept: application/vnd.kubernetes.protobuf\r\n", ""),
           "406 Not Acceptable");
    expect(ask_with(f, "GET", WIDGETS "/one", "accept: application/vnd.kubernetes.protobuf,application/json\r\n", ""),
           "content-type: application/json");
    expect(ask(f, "DELETE", WIDGETS "/one", ""), "\"status\":\"Success\"");
    expect(ask(f, "GET", WIDGETS "/one", ""), "widgets.example.com \\\"one\\\" not found");
}

/* Formats that nobody checks, and rules that do not compile. */
static void test_definition_is_looked_through(void **state)
{
    struct fixture *f = *state;
#define LOOKED(name, schema)                                                                                        \
    "{\"metadata\":{\"name\":\"" name "s.example.com\"},\"spec\":{\"group\":\"example.com\",\"scope\":\"Cluster\"," \
    "\"names\":{\"plural\":\"" name "s\",\"kind\":\"" name "\"},\"versions\":[{\"name\":\"v1\",\"served\":true,"    \
    "\"storage\":true,\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\",\"properties\":{\"a\":" schema "}}}}]}}"
    const char *answer = ask(f, "POST", DEFINITIONS, LOOKED("odd", "{\"type\":\"string\",\"format\":\"foo\"}"));
    expect(answer, "201 Created");
    expect(answer, "unrecognized format");
    answer = ask(f, "POST", DEFINITIONS,
                 LOOKED("bad", "{\"type\":\"integer\",\"x-kubernetes-validations\":[{\"rule\":\"self.x\"}]}"));
    expect(answer, "422 Unprocessable Entity");
    expect(answer, "x-kubernetes-validations[0].rule");
    expect(answer, "compilation failed");
}

/* Rules are run, and the status is looked at when it is written. */
static void test_objects_are_looked_through(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", DEFINITIONS,
               LOOKED("rule", "{\"type\":\"integer\",\"x-kubernetes-validations\":[{\"rule\":\"self >= oldSelf\"}]}")),
           "201 Created");
    expect(ask(f, "POST", "/apis/example.com/v1/rules",
               "{\"apiVersion\":\"example.com/v1\",\"kind\":\"rule\",\"metadata\":{\"name\":\"one\"},\"a\":2}"),
           "201 Created");
    expect(ask(f, "PUT", "/apis/example.com/v1/rules/one",
               "{\"apiVersion\":\"example.com/v1\",\"kind\":\"rule\",\"metadata\":{\"name\":\"one\","
               "\"resourceVersion\":\"1\"},\"a\":1}"),
           "409 Conflict");
    expect(ask_with(f, "PATCH", "/apis/example.com/v1/rules/one", "content-type: application/merge-patch+json\r\n",
                    "{\"a\":1}"),
           "failed rule: self");
}

static void test_names_conflict(void **state)
{
    struct fixture *f = *state;
    define(f, "widgets", "Widget", "");
    define(f, "gadgets", "Widget", "");
    const char *answer = ask(f, "GET", DEFINITIONS "/gadgets.example.com", "");
    expect(answer, "\"reason\":\"ListKindConflict\",\"message\":\"\\\"WidgetList\\\" is already in use\"");
    expect(answer, "\"reason\":\"NotAccepted\",\"message\":\"not all names are accepted\"");
    expect(ask(f, "GET", "/apis/example.com/v1/gadgets", ""), "404 Not Found");
    expect(ask(f, "DELETE", DEFINITIONS "/widgets.example.com", ""), "200 OK");
    expect(ask(f, "GET", "/apis/example.com/v1/gadgets", ""), "\"items\":[]");
}

static void test_instances_go_first(void **state)
{
    struct fixture *f = *state;
    struct connection watch = { 0 };
    define(f, "widgets", "Widget", "");
    create_widget(f);
    expect(ask(f, "GET", "/apis/example.com/v1", ""),
           "[\"delete\",\"deletecollection\",\"get\",\"list\",\"patch\",\"create\",\"update\",\"watch\"]");
    expect(ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"finalizers\":[\"example.com/wait\"]}}"),
           "200 OK");
    connection_open(f, &watch);
    stream_write(watch.stream, STR("GET /apis/example.com/v1/widgets?watch=true HTTP/1.1\r\nhost: t\r\n\r\n"));
    run(f);
    expect(ask(f, "DELETE", DEFINITIONS "/widgets.example.com", ""), "customresourcecleanup.apiextensions.k8s.io");
    expect(ask(f, "GET", DEFINITIONS "/widgets.example.com", ""), "\"reason\":\"InstanceDeletionInProgress\"");
    expect(create_widget(f), "create not allowed while custom resource definition is terminating");
    expect(ask(f, "GET", "/apis/example.com/v1", ""),
           "\"verbs\":[\"delete\",\"deletecollection\",\"get\",\"list\",\"watch\"]");
    expect(watch.in.data, "\"type\":\"MODIFIED\"");
    expect(ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"finalizers\":null}}"),
           "200 OK");
    expect(watch.in.data, "\"type\":\"DELETED\"");
    expect(watch.in.data, "\r\n0\r\n\r\n"); /* and its end */
    connection_close(&watch);
    expect(ask(f, "GET", DEFINITIONS "/widgets.example.com", ""), "404 Not Found");
    expect(ask(f, "GET", WIDGETS, ""), "404 Not Found");
    expect(ask(f, "GET", "/apis/example.com", ""), "404 Not Found");
    expect(define(f, "widgets", "Widget", ""), "201 Created");
    expect(ask(f, "GET", WIDGETS, ""), "\"items\":[]");
}

static void test_versions_differ_by_name(void **state)
{
    struct fixture *f = *state;
    define(f, "widgets", "Widget",
           ",{\"name\":\"v2\",\"served\":true,\"storage\":false,\"deprecated\":true,\"schema\":{\"openAPIV3Schema\":{"
           "\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true}}}");
    create_widget(f);
    const char *answer = ask(f, "GET", "/apis/example.com/v2/namespaces/default/widgets/one", "");
    expect(answer, "\"apiVersion\":\"example.com/v2\"");
    expect(answer, "warning: 299 - \"example.com/v2 Widget is deprecated\"");
    expect(ask_with(f, "PATCH", "/apis/example.com/v2/namespaces/default/widgets/one",
                    "content-type: application/merge-patch+json\r\n", "{\"spec\":{\"size\":7,\"more\":1}}"),
           "\"spec\":{\"color\":\"red\",\"size\":7}}"); /* it is pruned as it is stored */
    expect(ask(f, "GET", WIDGETS "/one", ""), "\"size\":7");
    expect(ask(f, "GET", "/apis/example.com", ""), "\"preferredVersion\":{\"groupVersion\":\"example.com/v2\"");
}

static void test_views(void **state)
{
    struct fixture *f = *state;
    static const char table[] = "accept: application/json;as=Table;g=meta.k8s.io;v=v1\r\n";
    define(f, "widgets", "Widget",
           ",{\"name\":\"v2\",\"served\":true,\"storage\":false,\"schema\":{\"openAPIV3Schema\":{"
           "\"type\":\"object\",\"properties\":{\"spec\":{\"type\":\"object\",\"properties\":{"
           "\"size\":{\"type\":\"integer\"},\"color\":{\"type\":\"string\"}}},\"status\":{\"type\":\"object\","
           "\"properties\":{\"size\":{\"type\":\"integer\"},\"selector\":{\"type\":\"string\"}}}}}},"
           "\"selectableFields\":[{\"jsonPath\":\".spec.color\"},{\"jsonPath\":\".spec.size\"}],"
           "\"subresources\":{\"status\":{},\"scale\":{\"specReplicasPath\":\".spec.size\",\"statusReplicasPath\":"
           "\".status.size\",\"labelSelectorPath\":\".status.selector\"}},"
           "\"additionalPrinterColumns\":[{\"name\":\"Size\",\"type\":\"integer\",\"jsonPath\":\".spec.size\"},"
           "{\"name\":\"No\",\"type\":\"string\",\"priority\":1,\"jsonPath\":\".spec.no\"}]}");
    create_widget(f);
    run(f);
    const char *answer = ask_with(f, "GET", WIDGETS, table, "");
    expect(answer, "\"cells\":[\"one\",\"0s\"]");
    expect(answer, "{\"name\":\"Age\",\"type\":\"date\"");
#define WIDGETS2 "/apis/example.com/v2/namespaces/default/widgets"
    answer = ask_with(f, "GET", WIDGETS2, table, "");
    expect(answer, "{\"name\":\"No\",\"type\":\"string\",\"format\":\"\",\"description\":\"Custom resource definition "
                   "column (in JSONPath format): .spec.no\",\"priority\":1}");
    expect(answer, "\"cells\":[\"one\",3,null]");
    expect(ask(f, "GET", WIDGETS2 "?fieldSelector=spec.color%3Dred,spec.size!%3D4", ""), "\"name\":\"one\"");
    expect(ask(f, "GET", WIDGETS2 "?fieldSelector=spec.size%3D4", ""), "\"items\":[]");
    expect(ask(f, "GET", WIDGETS "?fieldSelector=spec.color%3Dred", ""), "field label not supported: spec.color");
    expect(ask_with(f, "PATCH", WIDGETS2 "/one/status", "content-type: application/merge-patch+json\r\n",
                    "{\"status\":{\"size\":2,\"selector\":\"a=b\"}}"),
           "200 OK");
    expect(ask(f, "GET", WIDGETS2 "/one/scale", ""),
           "\"spec\":{\"replicas\":3},\"status\":{\"replicas\":2,\"selector\":\"a=b\"}}");
    expect(ask_with(f, "PATCH", WIDGETS2 "/one/scale", "content-type: application/merge-patch+json\r\n",
                    "{\"spec\":{\"replicas\":8}}"),
           "\"spec\":{\"replicas\":8},\"status\":{\"replicas\":2");
    answer = ask(f, "GET", WIDGETS "/one", "");
    expect(answer, "\"size\":8");
    expect(answer, "\"generation\":2");
    const char *unversioned = "{\"metadata\":{\"name\":\"one\",\"namespace\":\"default\"},\"spec\":{\"replicas\":9}}";
    expect(ask(f, "PUT", WIDGETS2 "/one/scale", unversioned), "\"spec\":{\"replicas\":9}");
    const char *old = "{\"metadata\":{\"name\":\"one\",\"resourceVersion\":\"1\"},\"spec\":{\"replicas\":9}}";
    expect(ask(f, "PUT", WIDGETS2 "/one/scale", old), "409 Conflict");
    expect(ask(f, "GET", WIDGETS "/one/scale", ""), "404 Not Found");
    ask_with(f, "PATCH", WIDGETS2 "/one", "content-type: application/merge-patch+json\r\n",
             "{\"spec\":{\"size\":null}}"); /* the default of the version that it is stored as comes back */
    expect(ask(f, "GET", WIDGETS2 "/one/scale", ""), "\"spec\":{\"replicas\":3}");
}

static void test_definition_changes_under_watch(void **state)
{
    struct fixture *f = *state;
    struct connection watch = { 0 };
    define(f, "widgets", "Widget", "");
    create_widget(f);
    connection_open(f, &watch);
    stream_write(watch.stream, STR("GET /apis/example.com/v1/widgets?watch=true HTTP/1.1\r\nhost: t\r\n\r\n"));
    run(f);
    /* A label changes nothing of what is served. */
    expect(ask_with(f, "PATCH", DEFINITIONS "/widgets.example.com", "content-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"),
           "200 OK");
    assert_null(strstr(watch.in.data, "\r\n0\r\n\r\n"));
    /* In one batch: a write under the old schema, a new schema, a write under that. */
    static const char batch[] =
        "PATCH /apis/example.com/v1/namespaces/default/widgets/one HTTP/1.1\r\nhost: t\r\ncontent-type: "
        "application/merge-patch+json\r\ncontent-length: 19\r\n\r\n{\"spec\":{\"size\":6}}"
        "PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com HTTP/1.1\r\nhost: t\r\n"
        "content-type: application/json-patch+json\r\ncontent-length: 121\r\n\r\n"
        "[{\"op\":\"add\",\"path\":\"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/"
        "more\",\"value\":{"
        "\"type\":\"string\"}}]";
    buffer_clear(&f->main.in);
    stream_write(f->main.stream, str_of(batch));
    run(f);
    expect(f->main.in.data, "\"size\":6");
    expect(watch.in.data, "\r\n0\r\n\r\n"); /* watches of the old schema end */
    expect(ask_with(f, "PATCH", WIDGETS "/one", "content-type: application/merge-patch+json\r\n",
                    "{\"spec\":{\"more\":\"x\"}}"),
           "\"spec\":{\"color\":\"red\",\"more\":\"x\",\"size\":6}");
    connection_close(&watch);
}

static void test_approval_of_community_groups(void **state)
{
    struct fixture *f = *state;
    static const char body[] =
        "{\"metadata\":{\"name\":\"widgets.example.k8s.io\",\"annotations\":{\"api-approved.kubernetes.io\":"
        "\"https://github.com/kubernetes/kubernetes/pull/"
        "1\"}},\"spec\":{\"group\":\"example.k8s.io\",\"scope\":\"Cluster\","
        "\"names\":{\"plural\":\"widgets\",\"kind\":\"Widget\"},\"versions\":[{\"name\":\"v1\",\"served\":true,"
        "\"storage\":true,\"schema\":{\"openAPIV3Schema\":{\"type\":\"object\"}}}]}}";
    expect(ask(f, "POST", DEFINITIONS, body), "201 Created");
    expect(ask(f, "GET", DEFINITIONS "/widgets.example.k8s.io", ""),
           "\"reason\":\"ApprovedAnnotation\",\"message\":\"approved in "
           "https://github.com/kubernetes/kubernetes/pull/1\"");
    expect(ask(f, "POST", "/apis/example.k8s.io/v1/widgets",
               "{\"apiVersion\":\"example.k8s.io/v1\",\"kind\":\"Widget\","
               "\"metadata\":{\"name\":\"one\"}}"),
           "201 Created");
    expect(ask_with(f, "GET", "/apis/example.k8s.io/v1/widgets",
                    "accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1\r\n", ""),
           "\"kind\":\"PartialObjectMetadataList\"");
    expect(ask_with(f, "GET", "/apis/example.k8s.io/v1/widgets",
                    "accept: application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1\r\n",
                    ""),
           "content-type: application/vnd.kubernetes.protobuf");
    expect(ask_with(f, "GET", "/apis/example.k8s.io/v1/widgets/one", "accept: application/yaml\r\n", ""),
           "kind: Widget");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_definition_is_established_and_served),
        TEST(test_objects_live),
        TEST(test_definition_is_looked_through),
        TEST(test_objects_are_looked_through),
        TEST(test_names_conflict),
        TEST(test_instances_go_first),
        TEST(test_versions_differ_by_name),
        TEST(test_views),
        TEST(test_definition_changes_under_watch),
        TEST(test_approval_of_community_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
