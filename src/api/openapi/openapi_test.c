/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "api/openapi/openapi.h"
#include "codec/json.h"
#include "codec/protobuf.h"

static yyjson_doc *parse(struct bytes *bytes)
{
    yyjson_doc *doc = NULL;
    struct error err = { 0 };

    assert_non_null(bytes);
    if (json_read(bytes_str(bytes), 1000, &doc, &err) != 0)
        fail_msg("%s", err.message);
    return doc;
}

/* Every $ref of the document leads to a schema of it. */
static void check_refs(yyjson_val *value, yyjson_val *schemas, size_t prefix)
{
    yyjson_val *key, *item;
    size_t i, count;

    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, count, item)
        {
            check_refs(item, schemas, prefix);
        }
    }
    if (!yyjson_is_obj(value))
        return;
    yyjson_obj_foreach(value, i, count, key, item)
    {
        if (yyjson_equals_str(key, "$ref") && yyjson_is_str(item)) {
            if (yyjson_obj_get(schemas, yyjson_get_str(item) + prefix) == NULL)
                fail_msg("no schema for %s", yyjson_get_str(item));
        } else {
            check_refs(item, schemas, prefix);
        }
    }
}

/* Clients that read a document and write it again lose empty lists and maps: there are none, but as defaults. */
static void check_nothing_empty(yyjson_val *value)
{
    yyjson_val *key, *member;
    size_t i, count;
    if (yyjson_is_ctn(value) && yyjson_get_len(value) == 0)
        fail_msg("an empty list or map");
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, i, count, member)
        {
            check_nothing_empty(member);
        }
    } else if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, i, count, key, member)
        {
            if (!yyjson_equals_str(key, "default"))
                check_nothing_empty(member);
        }
    }
}

static void test_v3(void **state)
{
    (void)state;
    struct openapi *openapi = openapi_create(36);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *index = parse(openapi_v3_index(openapi));
    yyjson_val *paths = yyjson_obj_get(yyjson_doc_get_root(index), "paths");
    yyjson_val *key, *value;
    size_t i, count;

    assert_non_null(yyjson_obj_get(paths, "api/v1"));
    assert_non_null(yyjson_obj_get(paths, "apis/apps/v1"));
    yyjson_obj_foreach(paths, i, count, key, value)
    {
        const char *hash = NULL;
        struct bytes *bytes = openapi_v3_document(openapi, str_of(yyjson_get_str(key)), &hash);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = parse(bytes);
        yyjson_val *root = yyjson_doc_get_root(doc);
        check_refs(root, yyjson_ptr_get(root, "/components/schemas"), strlen("#/components/schemas/"));
        check_nothing_empty(root);
        assert_non_null(strstr(yyjson_get_str(yyjson_obj_get(value, "serverRelativeURL")), hash));
    }
    const char *hash = NULL;
    assert_null(openapi_v3_document(openapi, STR("apis/apps/v9"), &hash));
    assert_null(openapi_v3_document(openapi, STR("apis//v1"), &hash));
    assert_null(openapi_v3_document(openapi, STR("api/v1/x"), &hash));
    openapi_destroy(openapi);
}

/* What kubectl looks for before it patches. */
static void test_v3_deployment(void **state)
{
    (void)state;
    struct openapi *openapi = openapi_create(36);
    const char *hash = NULL;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc =
        parse(openapi_v3_document(openapi, STR("apis/apps/v1"), &hash));
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *patch = yyjson_obj_get(
        yyjson_obj_get(yyjson_obj_get(root, "paths"), "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"),
        "patch");
    assert_true(yyjson_equals_str(yyjson_ptr_get(patch, "/x-kubernetes-group-version-kind/kind"), "Deployment"));
    assert_non_null(
        yyjson_obj_get(yyjson_ptr_get(patch, "/requestBody/content"), "application/strategic-merge-patch+json"));
    yyjson_val *parameter;
    size_t i, count;
    bool found = false;
    yyjson_arr_foreach(yyjson_obj_get(patch, "parameters"), i, count, parameter)
    {
        found = found || yyjson_equals_str(yyjson_obj_get(parameter, "name"), "fieldValidation");
    }
    assert_true(found);

    yyjson_val *schemas = yyjson_ptr_get(root, "/components/schemas");
    yyjson_val *deployment = yyjson_obj_get(schemas, "io.k8s.api.apps.v1.Deployment");
    assert_true(yyjson_equals_str(yyjson_ptr_get(deployment, "/x-kubernetes-group-version-kind/0/group"), "apps"));
    assert_true(yyjson_equals_str(yyjson_ptr_get(deployment, "/properties/spec/allOf/0/$ref"),
                                  "#/components/schemas/io.k8s.api.apps.v1.DeploymentSpec"));
    yyjson_val *containers =
        yyjson_ptr_get(yyjson_obj_get(schemas, "io.k8s.api.core.v1.PodSpec"), "/properties/containers");
    assert_true(yyjson_equals_str(yyjson_obj_get(containers, "x-kubernetes-patch-merge-key"), "name"));
    assert_true(yyjson_equals_str(yyjson_obj_get(containers, "x-kubernetes-patch-strategy"), "merge"));
    assert_true(yyjson_equals_str(yyjson_ptr_get(containers, "/x-kubernetes-list-map-keys/0"), "name"));
    assert_non_null(yyjson_obj_get(schemas, "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"));
    openapi_destroy(openapi);
}

/* What generators of clients make of it: classes by tags, methods by ids, answers by codes. */
static void test_operations(void **state)
{
    static const struct {
        const char *path, *at, *text;
    } rows[] = {
        { "/api/v1/pods", "get/tags/0", "core_v1" },
        { "/api/v1/pods", "get/parameters/4/name", "limit" },
        { "/api/v1/pods", "get/parameters/4/type", "integer" },
        { "/api/v1/pods", "get/produces/3", "application/json;stream=watch" },
        { "/apis/rbac.authorization.k8s.io/v1/clusterroles", "get/tags/0", "rbacAuthorization_v1" },
        { "/apis/rbac.authorization.k8s.io/v1/clusterroles", "get/operationId", "listRbacAuthorizationV1ClusterRole" },
        { "/apis/rbac.authorization.k8s.io/v1/clusterroles", "delete/operationId",
          "deleteRbacAuthorizationV1CollectionClusterRole" },
        { "/apis/rbac.authorization.k8s.io/v1/clusterroles", "delete/parameters/0/schema/$ref",
          "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions" },
        { "/api/v1/nodes", "post/responses/202/description", "Accepted" },
        { "/api/v1/nodes/{name}", "put/responses/201/description", "Created" },
        { "/api/v1/nodes/{name}", "patch/parameters/0/schema/$ref",
          "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Patch" },
        { "/api/v1/nodes/{name}", "delete/responses/202/schema/$ref",
          "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Status" },
        { "/api/v1/namespaces/{namespace}/pods/{name}", "delete/responses/200/schema/$ref",
          "#/definitions/io.k8s.api.core.v1.Pod" },
        { "/api/v1/namespaces/{namespace}/pods/{name}", "delete/parameters/2/name", "gracePeriodSeconds" },
    };
    (void)state;
    struct openapi *openapi = openapi_create(36);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = parse(openapi_v2_document(openapi, NULL));
    yyjson_val *paths = yyjson_obj_get(yyjson_doc_get_root(doc), "paths");
    for (size_t i = 0; i < countof(rows); i++) {
        char at[100];
        snprintf(at, sizeof(at), "/%s", rows[i].at);
        yyjson_val *found = yyjson_ptr_get(yyjson_obj_get(paths, rows[i].path), at);
        if (!yyjson_equals_str(found, rows[i].text))
            fail_msg("%s %s: %s", rows[i].path, rows[i].at, text_or_empty(yyjson_get_str(found)));
    }
    const char *entry = "/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry/properties/fieldsV1/$ref";
    assert_true(yyjson_equals_str(yyjson_ptr_get(yyjson_doc_get_root(doc), entry),
                                  "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"));
    const char *labels = "/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta/properties/labels/"
                         "additionalProperties/default";
    assert_true(yyjson_equals_str(yyjson_ptr_get(yyjson_doc_get_root(doc), labels), ""));
    openapi_destroy(openapi);
}

/* Words that upstream's own tests of kubectl explain look for. */
static void check_descriptions(yyjson_val *schemas, yyjson_val *cron)
{
    assert_true(str_starts(str_of(yyjson_get_str(yyjson_ptr_get(cron, "/properties/apiVersion/description"))),
                           STR("APIVersion defines ")));
    assert_true(str_starts(str_of(yyjson_get_str(yyjson_ptr_get(cron, "/properties/metadata/description"))),
                           STR("Standard object's metadata")));
    yyjson_val *created = yyjson_ptr_get(
        schemas, "/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta/properties/creationTimestamp/description");
    assert_true(str_starts(str_of(yyjson_get_str(created)), STR("CreationTimestamp is a timestamp")));
}

static const char custom_schema[] =
    "{\"type\":\"object\",\"description\":\"A cron\",\"required\":[\"spec\",\"none\"],\"properties\":{"
    "\"spec\":{\"type\":\"object\",\"properties\":{"
    "\"size\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":1.5,\"default\":1,\"maxLength\":3,\"enum\":[1,2]},"
    "\"port\":{\"x-kubernetes-int-or-string\":true},"
    "\"free\":{\"type\":\"object\",\"x-kubernetes-preserve-unknown-fields\":true,\"properties\":{\"a\":{\"type\":"
    "\"string\"}}},"
    "\"either\":{\"type\":\"integer\",\"anyOf\":[{\"minimum\":1},{\"maximum\":-1}]},"
    "\"pod\":{\"type\":\"object\",\"x-kubernetes-embedded-resource\":true,\"properties\":{\"spec\":{\"type\":"
    "\"object\"}}}}},"
    "\"none\":{\"type\":\"string\",\"nullable\":true}}}";

/* Two versions of a custom resource: one with a schema of many sorts, one without any. */
static void test_custom(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct api_apiextensions_json_schema_props props;
    assert_int_equal(
        api_decode_json(&api_type_apiextensions_json_schema_props, str_of(custom_schema), &arena, &props, NULL, NULL),
        0);
    struct api_apiextensions_custom_resource_validation validation = { &props };
    struct api_apiextensions_selectable_field selectable = { ".spec.size" };
    const struct api_apiextensions_custom_resource_definition_version v1 = {
        .name = "v1", .schema = &validation, .selectable_fields = &selectable, .n_selectable_fields = 1
    };
    const struct api_kind kind = { "example.com", "v1", "Cron", "CronList", &api_type_custom_object, true };
    const struct api_resource resource = { .kind = &kind,
                                           .plural = "crons",
                                           .verbs = API_GET | API_LIST_VERB | API_CREATE | API_PATCH,
                                           .flags = API_NAMESPACED };
    const struct openapi_custom custom = { &resource, &v1 };
    struct openapi *openapi = openapi_create(36);
    const char *hash = NULL;
    struct error err = { 0 };
    assert_null(openapi_v3_document(openapi, STR("apis/example.com/v1"), &hash));
    openapi_set_customs(openapi, &custom, 1);

    struct bytes *v3 = openapi_v3_document(openapi, STR("apis/example.com/v1"), &hash);
    assert_non_null(v3);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = parse(v3);
    yyjson_val *schemas = yyjson_ptr_get(yyjson_doc_get_root(doc), "/components/schemas");
    check_refs(yyjson_doc_get_root(doc), schemas, strlen("#/components/schemas/"));
    yyjson_val *cron = yyjson_obj_get(schemas, "com.example.v1.Cron");
    assert_non_null(yyjson_ptr_get(cron, "/properties/spec/properties/either/anyOf/1/maximum"));
    assert_non_null(yyjson_ptr_get(cron, "/properties/spec/properties/port/anyOf/1/type"));
    assert_non_null(yyjson_ptr_get(cron, "/properties/spec/properties/pod/properties/metadata/allOf"));
    assert_true(yyjson_equals_str(yyjson_ptr_get(cron, "/properties/spec/properties/pod/required/1"), "apiVersion"));
    assert_true(yyjson_get_bool(yyjson_ptr_get(cron, "/properties/none/nullable")));
    check_descriptions(schemas, cron);
    assert_true(yyjson_equals_str(yyjson_ptr_get(cron, "/x-kubernetes-selectable-fields/0/fieldPath"), "spec.size"));
    assert_non_null(yyjson_obj_get(schemas, "com.example.v1.CronList"));
    assert_non_null(yyjson_ptr_get(yyjson_doc_get_root(doc),
                                   "/paths/~1apis~1example.com~1v1~1namespaces~1{namespace}~1crons/post"));

    auto_with(yyjson_doc_free_cleanup) yyjson_doc *swagger = parse(openapi_v2_document(openapi, NULL));
    cron = yyjson_ptr_get(yyjson_doc_get_root(swagger), "/definitions/com.example.v1.Cron");
    assert_non_null(cron);
    assert_null(yyjson_ptr_get(cron, "/properties/none/type"));
    assert_int_equal(yyjson_arr_size(yyjson_obj_get(cron, "required")), 1);
    assert_null(yyjson_ptr_get(cron, "/properties/spec/properties/either/anyOf"));
    assert_null(yyjson_ptr_get(cron, "/properties/spec/properties/free/properties"));
    assert_null(yyjson_ptr_get(cron, "/properties/spec/properties/free/type"));
    if (openapi_v2_protobuf(openapi, NULL, &err) == NULL)
        fail_msg("%s", err.message);

    openapi_set_customs(openapi, NULL, 0);
    assert_null(openapi_v3_document(openapi, STR("apis/example.com/v1"), &hash));
    openapi_destroy(openapi);
}

static void test_v2(void **state)
{
    (void)state;
    struct openapi *openapi = openapi_create(36);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = parse(openapi_v2_document(openapi, NULL));
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *definitions = yyjson_obj_get(root, "definitions");

    check_refs(root, definitions, strlen("#/definitions/"));
    assert_non_null(yyjson_obj_get(definitions, "io.k8s.api.core.v1.Pod"));
    assert_ptr_equal(openapi_v2_document(openapi, NULL), openapi_v2_document(openapi, NULL));
    openapi_destroy(openapi);
}

/* Walks down a message by tags to the first of each; fails where one is missing. */
static struct str find_field(struct str message, const uint32_t *tags)
{
    for (; *tags != 0; tags++) {
        struct protobuf_field field = { 0 };
        do
            assert_int_equal(protobuf_read(&message, &field, NULL), 1);
        while (field.tag != *tags);
        message = field.bytes;
    }
    return message;
}

/* Every document has a protobuf form; a schema of it leads where the JSON one does. */
static void test_v3_protobuf(void **state)
{
    (void)state;
    struct openapi *openapi = openapi_create(36);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *index = parse(openapi_v3_index(openapi));
    yyjson_val *key, *value;
    size_t i, count;
    struct bytes *document;
    struct error err = { 0 };
    yyjson_obj_foreach(yyjson_obj_get(yyjson_doc_get_root(index), "paths"), i, count, key, value)
    {
        struct str path = { yyjson_get_str(key), yyjson_get_len(key) };
        if (openapi_v3_document(openapi, path, &(const char *){ NULL }) == NULL)
            continue;
        if (openapi_v3_protobuf(openapi, path, &document, &err) < 0)
            fail_msg("%s: %s", yyjson_get_str(key), err.message);
        bytes_unref(document);
    }
    assert_int_equal(openapi_v3_protobuf(openapi, STR("apis/nowhere/v1"), &document, &err), 0);
    assert_null(document);
    assert_int_equal(openapi_v3_protobuf(openapi, STR("api/v1"), &document, &err), 0);
    struct str all = bytes_str(document);
    assert_true(str_is(find_field(all, (uint32_t[]){ 1, 0 }), "3.0.0"));
    assert_true(str_is(find_field(all, (uint32_t[]){ 2, 1, 0 }), "Kubernetes"));
    assert_true(str_starts(find_field(all, (uint32_t[]){ 4, 1, 1, 0 }), STR("/api/v1/")));
    assert_true(str_starts(find_field(all, (uint32_t[]){ 5, 1, 1, 1, 0 }), STR("io.k8s.api")));
    bytes_unref(document);
    openapi_destroy(openapi);
}

static void test_v2_protobuf(void **state)
{
    (void)state;
    struct openapi *openapi = openapi_create(36);
    struct error err = { 0 };
    struct bytes *document = openapi_v2_protobuf(openapi, NULL, &err);
    assert_string_equal(err.message, "");
    assert_non_null(document);
    struct str all = bytes_str(document), message = all;
    struct protobuf_field field;
    while (protobuf_read(&message, &field, NULL) == 1)
        ;
    assert_int_equal(message.size, 0);
    assert_true(str_is(find_field(all, (const uint32_t[]){ 1, 0 }), "2.0"));
    assert_true(str_is(find_field(all, (const uint32_t[]){ 2, 1, 0 }), "Kubernetes"));
    struct str path = find_field(all, (const uint32_t[]){ 8, 2, 1, 0 });
    assert_true(str_starts(path, STR("/api")));
    struct str definition = find_field(all, (const uint32_t[]){ 9, 1, 1, 0 });
    assert_true(str_starts(definition, STR("io.k8s.")));
    assert_ptr_equal(openapi_v2_protobuf(openapi, NULL, &err), document);
    openapi_destroy(openapi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v3),         cmocka_unit_test(test_v3_deployment), cmocka_unit_test(test_custom),
        cmocka_unit_test(test_v2),         cmocka_unit_test(test_v2_protobuf),   cmocka_unit_test(test_v3_protobuf),
        cmocka_unit_test(test_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
