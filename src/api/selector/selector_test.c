/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/selector/selector.h"
#include "generated/types.h"

static void check_parse(const char *text, const char *canonical)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer shown = { .max = 1000 };
    struct label_selector selector;
    struct error err = { 0 };

    if (label_selector_parse(str_of(text), &arena, &selector, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    label_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), canonical));
}

static void check_error(const char *text, const char *message)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector selector;
    struct error err = { 0 };

    assert_int_equal(label_selector_parse(str_of(text), &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, message);
}

/* "label selectors: equality and set forms, not-in, exists; errors on bad syntax" */
static void test_label_text(void **state)
{
    (void)state;
    check_parse("", "");
    check_parse("app=web", "app=web");
    check_parse("x==y, a!=b", "a!=b,x==y");
    check_parse("tier in (b,a,b),!canary,env", "!canary,env,tier in (a,b)");
    check_parse("tier notin (,a)", "tier notin (,a)");
    check_parse("a=,b=", "a=,b=");
    check_parse("in in (in),notin=in", "in in (in),notin=in");
    check_parse("n>5,m<7", "m<7,n>5");
    check_parse("example.com/name=x", "example.com/name=x");

    check_error("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt");
    check_error(",a", "found ',', expected: !, identifier, or 'end of string'");
    check_error("a,", "found '', expected: identifier after ','");
    check_error("a in b", "unable to parse requirement: found 'b' expected: '('");
    check_error("a in (b", "unable to parse requirement: found '', expected: ',' or ')'");
    check_parse("a in ()", "a in ()"); /* the empty value */
    check_error("a!", "unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt");
    check_error("a in (b=c)", "unable to parse requirement: found '=', expected: ',' or ')'");
    check_error("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier");
    check_error("a in (!)", "unable to parse requirement: found '!', expected: ',', ')' or identifier");
    check_error("!a=b", "found '=', expected: ',' or 'end of string'");
    check_error("a==(b)", "unable to parse requirement: found '(', expected: identifier");
    check_error("!,a", "unable to parse requirement: found ',', expected: identifier");
    check_error("a$=b", "unable to parse requirement: <nil>: Invalid value: \"a$\": name part must consist of "
                        "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                        "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                        "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')");
    check_error("a/b/c", "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a valid label key must consist "
                         "of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                         "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                         "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' "
                         "(e.g. 'example.com/MyName')");
    check_error("a>b", "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the "
                       "value must be an integer");
    check_error("a=-b", "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an "
                        "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                        "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
                        "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')");
}

static bool matches(const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct label_selector selector;
    static const struct api_string_entry labels[] = { { "app", "web" }, { "n", "10" }, { "tier", "" } };

    assert_int_equal(label_selector_parse(str_of(text), &arena, &selector, NULL), 0);
    return label_selector_matches(&selector, labels, countof(labels));
}

static void test_label_match(void **state)
{
    (void)state;
    static const char *const yes[] = { "",     "app",         "app=web",          "tier=",
                                       "!x",   "x!=1",        "app in (a,web),n", "n>9",
                                       "n<11", "app!=db,app", "x notin (a)",      "app=web,app!=db" };
    static const char *const no[] = { "app=db", "x", "!app", "app!=web", "n>10", "app>1", "app notin (web)", "tier=x" };

    for (size_t i = 0; i < countof(yes); i++)
        assert_true(matches(yes[i]));
    for (size_t i = 0; i < countof(no); i++)
        assert_false(matches(no[i]));
}

static void test_label_structs(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer shown = { .max = 1000 };
    struct label_selector selector;
    struct error err = { 0 };
    struct api_string_entry labels[] = { { "app", "web" } };
    const char *values[] = { "b", "a" };
    struct api_label_selector_requirement expressions[] = { {
        .key = "aa",
        .operator= "Exists" },
        { .key = "tier", .operator= "In", .values = values, .n_values = 2 },
    };
    struct api_label_selector given = {
        .match_labels = labels, .n_match_labels = 1, .match_expressions = expressions, .n_match_expressions = 2
    };

    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), 0);
    label_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), "aa,app=web,tier in (a,b)"));
    struct str value;
    assert_true(label_selector_exact(&selector, STR("app"), &value));
    assert_true(str_is(value, "web"));

    assert_int_equal(label_selector_of(NULL, &arena, &selector, &err), 0);
    assert_false(label_selector_matches(&selector, labels, 1));
    given = (struct api_label_selector){ 0 };
    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), 0);
    assert_true(label_selector_matches(&selector, NULL, 0));
    assert_true(label_selector_empty(&selector));

    expressions[0].operator= "Like";
    given = (struct api_label_selector){ .match_expressions = expressions, .n_match_expressions = 1 };
    assert_int_equal(label_selector_of(&given, &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "\"Like\" is not a valid label selector operator");
}

static bool pod_matches(const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct field_selector selector;
    struct error err = { 0 };
    struct api_pod pod = { .metadata = { .name = "a", .namespace = "x" },
                           .spec = { .node_name = "n1", .host_network = true },
                           .status = { .phase = "Running" } };

    if (field_selector_parse(str_of(text), &arena, &selector, &err) != 0 ||
        field_selector_check(&selector, &api_resource_pod, &err) != 0)
        fail_msg("%s", err.message);
    return field_selector_matches(&selector, &api_resource_pod, &pod);
}

/* The same object asked for one field, then another, then the first again: what it remembers is of the right one. */
static void test_fields_of_objects(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool matches;
    } cases[] = { { "spec.nodeName=n1", true },
                  { "spec.nodeName=n2", false },
                  { "status.phase=Running", true },
                  { "spec.nodeName=n1", true },
                  { "status.phase!=Running", false },
                  { "spec.nodeName!=n2", true },
                  { "status.podIP=", true },
                  { "status.podIP=1.2.3.4", false },
                  { "status.podIP=", true },
                  { "metadata.name=a", true },
                  { "spec.serviceAccountName=s\\\\x", true },
                  { "spec.nodeName=n1,status.phase=Failed", false } };
    struct object *object = NULL;
    struct error err = { 0 };
    assert_int_equal(
        object_from_stored(&api_resource_pod,
                           STR("{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},\"spec\":{\"nodeName\":"
                               "\"n1\",\"serviceAccountName\":\"s\\\\x\"},\"status\":{\"phase\":\"Running\"}}"),
                           7, &object, &err),
        0);
    for (size_t i = 0; i < countof(cases); i++) {
        auto_arena struct arena arena = { 0 };
        struct field_selector selector;
        assert_int_equal(field_selector_parse(str_of(cases[i].text), &arena, &selector, &err), 0);
        assert_int_equal(field_selector_check(&selector, &api_resource_pod, &err), 0);
        if (field_selector_matches_object(&selector, object) != cases[i].matches)
            fail_msg("%s", cases[i].text);
    }
    object_unref(object);
}

static void test_fields(void **state)
{
    (void)state;
    static const char *const yes[] = { "",
                                       "metadata.name=a",
                                       "spec.nodeName==n1,status.phase!=Failed",
                                       "spec.host=n1",
                                       "spec.hostNetwork=true",
                                       "status.podIP=" };
    static const char *const no[] = { "metadata.name!=a", "spec.nodeName=", "status.podIPs=10.0.0.1" };
    auto_arena struct arena arena = { 0 };
    struct field_selector selector;
    struct error err = { 0 };

    for (size_t i = 0; i < countof(yes); i++)
        assert_true(pod_matches(yes[i]));
    for (size_t i = 0; i < countof(no); i++)
        assert_false(pod_matches(no[i]));

    assert_int_equal(field_selector_parse(STR("a"), &arena, &selector, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "invalid selector: 'a'; can't understand 'a'");
    assert_int_equal(field_selector_parse(STR("a=b\\,c,d=e"), &arena, &selector, &err), 0);
    assert_int_equal(selector.n_requirements, 2);
    assert_true(str_is(selector.requirements[0].value, "b,c"));
    auto_buffer struct buffer shown = { .max = 100 };
    field_selector_format(&selector, &shown);
    assert_true(str_is(buffer_str(&shown), "a=b\\,c,d=e"));

    assert_int_equal(field_selector_check(&selector, &api_resource_pod, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "field label not supported: a");
    assert_int_equal(field_selector_check(&selector, &api_resource_config_map, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message,
                        "\"a\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
}

/* "field selectors: metadata.name/namespace everywhere; per-kind extras" */
static void test_fields_of_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_resource *resource = &api_resources[i];
        auto_arena struct arena arena = { 0 };
        struct field_selector selector;
        struct error err = { 0 };
        const char *own =
            resource->selectable_fields == NULL ? "metadata.name=a,metadata.namespace=b" : "metadata.name=a";
        assert_int_equal(field_selector_parse(str_of(own), &arena, &selector, &err), 0);
        assert_int_equal(field_selector_check(&selector, resource, &err), 0);
        for (size_t k = 0; resource->selectable_fields != NULL && resource->selectable_fields[k] != NULL; k++) {
            struct str row = str_of(resource->selectable_fields[k]);
            const char *text = arena_format(&arena, "%.*s=x", (int)strcspn(row.data, "=!"), row.data);
            assert_int_equal(field_selector_parse(str_of(text), &arena, &selector, &err), 0);
            if (field_selector_check(&selector, resource, &err) < 0)
                fail_msg("%s of %s: %s", text, resource->plural, err.message);
        }
        assert_int_equal(field_selector_parse(STR("spec.foo=x"), &arena, &selector, &err), 0);
        assert_int_equal(field_selector_check(&selector, resource, &err), -ERROR_BAD_REQUEST);
        const char *words =
            resource->selectable_fields == NULL ? "\"spec.foo\" is not a known field selector: only \"metadata.name\", "
                                                  "\"metadata.namespace\""
            : resource == &api_resource_batch_job ? "field label \"spec.foo\" not supported for batchv1.Job"
            : strcmp(resource->plural, "resourceslices") == 0
                ? "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.foo"
                : "field label not supported: spec.foo";
        assert_string_equal(err.message, words);
    }
}

static bool selects(const struct api_resource *resource, const char *json, const char *text)
{
    auto_arena struct arena arena = { 0 };
    struct field_selector selector;
    struct object *object = NULL;
    struct error err = { 0 };
    if (object_from_stored(resource, str_of(json), 7, &object, &err) < 0 ||
        field_selector_parse(str_of(text), &arena, &selector, &err) < 0 ||
        field_selector_check(&selector, resource, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    bool matches = field_selector_matches_object(&selector, object);
    object_unref(object);
    return matches;
}

/* What the extras are read from; absent is "", "0" or "false". */
static void test_values_of_fields(void **state)
{
#define EVENT                                                                                                  \
    "{\"metadata\":{\"name\":\"e\",\"namespace\":\"x\"},\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\"}," \
    "\"reason\":\"Killing\",\"type\":\"Normal\",\"source\":{\"component\":\"kubelet\"}}"
#define NAMED(name) "{\"metadata\":{\"name\":\"" name "\"}"
    static const struct {
        const struct api_resource *resource;
        const char *json, *yes, *no;
    } cases[] = {
        { &api_resource_event, EVENT, "involvedObject.kind=Pod,involvedObject.name=p,reason=Killing,type=Normal",
          "involvedObject.name=q" },
        { &api_resource_event, EVENT, "source=kubelet,involvedObject.uid=", "source=scheduler" },
        { &api_resource_node, NAMED("n") ",\"spec\":{\"unschedulable\":true}}", "spec.unschedulable=true",
          "spec.unschedulable=false" },
        { &api_resource_node, NAMED("n") "}", "spec.unschedulable=false", "spec.unschedulable=true" },
        { &api_resource_namespace, NAMED("n") ",\"status\":{\"phase\":\"Active\"}}", "status.phase=Active",
          "status.phase!=Active" },
        { &api_resource_secret, "{\"metadata\":{\"name\":\"s\",\"namespace\":\"x\"},\"type\":\"Opaque\"}",
          "type=Opaque,metadata.namespace=x", "type!=Opaque" },
        { &api_resource_service,
          "{\"metadata\":{\"name\":\"s\",\"namespace\":\"x\"},\"spec\":{\"clusterIP\":\"None\",\"type\":"
          "\"ClusterIP\"}}",
          "spec.clusterIP=None,spec.type=ClusterIP", "spec.clusterIP!=None" },
        { &api_resource_batch_job, "{\"metadata\":{\"name\":\"j\",\"namespace\":\"x\"},\"status\":{\"succeeded\":3}}",
          "status.successful=3", "status.successful=0" },
        { &api_resource_batch_job, "{\"metadata\":{\"name\":\"j\",\"namespace\":\"x\"}}", "status.successful=0",
          "status.successful=" },
        { &api_resource_pod, "{\"metadata\":{\"name\":\"p\",\"namespace\":\"x\"}}",
          "spec.hostNetwork=false,status.nominatedNodeName=,spec.nodeName=", "spec.hostNetwork=true" },
    };
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        if (!selects(cases[i].resource, cases[i].json, cases[i].yes))
            fail_msg("%s does not select", cases[i].yes);
        if (selects(cases[i].resource, cases[i].json, cases[i].no))
            fail_msg("%s selects", cases[i].no);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_label_text),           cmocka_unit_test(test_label_match),
        cmocka_unit_test(test_label_structs),        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fields_of_every_kind), cmocka_unit_test(test_values_of_fields),
        cmocka_unit_test(test_fields_of_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
