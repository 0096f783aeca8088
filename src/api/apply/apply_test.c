/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/apply/apply.h"
#include "codec/json.h"
#include "generated/types.h"

static yyjson_val *read_document(const char *text, struct arena *arena)
{
    yyjson_doc *doc = NULL;
    struct error err = { 0 };
    if (json_read(str_of(text), 1000, &doc, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

static void expect_set(const struct field_set *set, const char *text)
{
    auto_buffer struct buffer out = { 0 };
    field_set_write(set, &out);
    assert_string_equal(out.data, text);
}

static void documents_state_fields(void **state)
{
    (void)state;
    static const struct {
        const struct api_type *type; /* NULL: nothing is known */
        const char *document, *set;
    } rows[] = {
        { NULL, "{\"a\":1,\"b\":{\"c\":[1],\"d\":{}},\"e\":null}",
          "{\"f:a\":{},\"f:b\":{\".\":{},\"f:c\":{},\"f:d\":{}},\"f:e\":{}}" },
        { &api_type_config_map,
          "{\"kind\":\"ConfigMap\",\"metadata\":{\"labels\":{\"a\":\"1\"}},\"data\":{\"k\":\"v\"}}",
          "{\"f:data\":{\"f:k\":{}},\"f:kind\":{},\"f:metadata\":{\"f:labels\":{\"f:a\":{}}}}" },
        { &api_type_service,
          "{\"spec\":{\"ports\":[{\"port\":80}],\"selector\":{\"a\":\"b\"},\"externalIPs\":[\"1.1.1.1\"]}}",
          "{\"f:spec\":{\"f:externalIPs\":{},\"f:ports\":{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{"
          "},"
          "\"f:port\":{}}},\"f:selector\":{}}}" },
        { &api_type_pod,
          "{\"metadata\":{\"finalizers\":[\"x\"]},\"spec\":{\"containers\":[{\"name\":\"a\",\"args\":[\"x\"],"
          "\"resources\":{},\"ports\":[{\"containerPort\":1}]}],\"securityContext\":{}}}",
          "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"x\\\"\":{}}},\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":"
          "\\\"a\\\"}"
          "\":{\".\":{},\"f:args\":{},\"f:name\":{},\"f:ports\":{\"k:{\\\"containerPort\\\":1,\\\"protocol\\\":"
          "\\\"TCP\\\"}"
          "\":{\".\":{},\"f:containerPort\":{}}},\"f:resources\":{}}},\"f:securityContext\":{}}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        struct apply_place root = { 0 };
        if (rows[i].type != NULL)
            root = apply_schema_of_type(rows[i].type);
        expect_set(apply_fields(&root, read_document(rows[i].document, &arena), &arena), rows[i].set);
    }
}

static void differences_are_found(void **state)
{
    (void)state;
    static const struct {
        const struct api_type *type;
        const char *old, *new, *changed, *removed;
    } rows[] = {
        { NULL, "{\"a\":1}", "{\"a\":1}", "{}", "{}" },
        { NULL, "{\"a\":1,\"b\":{\"c\":1}}", "{\"a\":2,\"d\":{\"e\":{}}}", "{\"f:a\":{},\"f:d\":{\".\":{},\"f:e\":{}}}",
          "{\"f:b\":{\".\":{},\"f:c\":{}}}" },
        { NULL, "{\"a\":null}", "{\"a\":{\"b\":1}}", "{\"f:a\":{\"f:b\":{}}}", "{}" },
        { NULL, "{\"a\":{\"b\":1}}", "{\"a\":5}", "{\"f:a\":{}}", "{\"f:a\":{\"f:b\":{}}}" },
        { NULL, "{\"a\":[1]}", "{\"a\":[]}", "{\"f:a\":{}}", "{}" },
        { &api_type_service, "{\"spec\":{\"ports\":[{\"port\":80,\"targetPort\":80},{\"port\":81}]}}",
          "{\"spec\":{\"ports\":[{\"port\":81},{\"port\":80,\"targetPort\":\"80\"}]}}",
          "{\"f:spec\":{\"f:ports\":{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\"f:targetPort\":{}}}}}",
          "{}" },
        { &api_type_pod, "{\"metadata\":{\"finalizers\":[\"a\",\"b\"]}}",
          "{\"metadata\":{\"finalizers\":[\"c\",\"a\"]}}", "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"c\\\"\":{}}}}",
          "{\"f:metadata\":{\"f:finalizers\":{\"v:\\\"b\\\"\":{}}}}" },
        { &api_type_pod,
          "{\"spec\":{\"containers\":[{\"name\":\"a\",\"env\":[{\"name\":\"X\",\"value\":\"1\"},{\"name\":\"X\","
          "\"value\":\"2\"}]}]}}",
          "{\"spec\":{\"containers\":[{\"name\":\"a\",\"env\":[{\"name\":\"X\",\"value\":\"1\"}]}]}}",
          "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\"f:env\":{\"k:{\\\"name\\\":\\\"X\\\"}\":{"
          "\".\":{},"
          "\"f:name\":{},\"f:value\":{}}}}}}}",
          "{\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\"f:env\":{\"k:{\\\"name\\\":\\\"X\\\"}\":{}}"
          "}}}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        struct apply_place root = { 0 };
        struct apply_difference difference;
        if (rows[i].type != NULL)
            root = apply_schema_of_type(rows[i].type);
        apply_compare(&root, read_document(rows[i].old, &arena), read_document(rows[i].new, &arena), &arena,
                      &difference);
        expect_set(difference.changed, rows[i].changed);
        expect_set(difference.removed, rows[i].removed);
    }
}

#define FINALIZERS(list) "{\"metadata\":{\"finalizers\":[" list "]}}"

static void configurations_are_merged(void **state)
{
    (void)state;
    static const struct {
        const struct api_type *type;
        const char *live, *config, *result;
    } rows[] = {
        { NULL, "{\"a\":1,\"b\":{\"c\":[1],\"d\":2}}", "{\"b\":{\"c\":[2]},\"e\":null}",
          "{\"a\":1,\"b\":{\"c\":[2],\"d\":2},\"e\":null}" },
        { NULL, "{\"a\":{\"b\":1}}", "{\"a\":null}", "{\"a\":{\"b\":1}}" },
        { NULL, "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "{\"a\":[1]}" },
        { &api_type_pod, FINALIZERS("\"a\",\"b\",\"c\""), FINALIZERS("\"c\",\"a\""), FINALIZERS("\"b\",\"c\",\"a\"") },
        { &api_type_pod, FINALIZERS("\"a\",\"b\",\"c\""), FINALIZERS("\"x\",\"b\",\"y\""),
          FINALIZERS("\"a\",\"x\",\"b\",\"c\",\"y\"") },
        { &api_type_pod, FINALIZERS("\"a\",\"b\""), FINALIZERS("\"c\""), FINALIZERS("\"a\",\"b\",\"c\"") },
        { &api_type_pod, FINALIZERS(""), FINALIZERS("\"c\""), FINALIZERS("\"c\"") },
        { &api_type_service,
          "{\"spec\":{\"selector\":{\"a\":\"1\"},\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"name\":\"n\"}]}}",
          "{\"spec\":{\"selector\":{\"b\":\"1\"},\"ports\":[{\"port\":80,\"targetPort\":1},{\"port\":80,\"protocol\":"
          "\"UDP\"}]}}",
          "{\"spec\":{\"selector\":{\"b\":\"1\"},\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"name\":\"n\","
          "\"targetPort\":1},"
          "{\"port\":80,\"protocol\":\"UDP\"}]}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer out = { 0 };
        struct apply_place root = { 0 };
        if (rows[i].type != NULL)
            root = apply_schema_of_type(rows[i].type);
        apply_merge(&root, read_document(rows[i].live, &arena), read_document(rows[i].config, &arena), &out);
        assert_string_equal(out.data, rows[i].result);
    }
}

static void fields_are_removed(void **state)
{
    (void)state;
    static const struct {
        const struct api_type *type;
        const char *document, *set, *result;
    } rows[] = {
        { NULL, "{\"a\":1,\"b\":{\"c\":1,\"d\":2}}", "{\"f:a\":{},\"f:b\":{\"f:c\":{}}}", "{\"b\":{\"d\":2}}" },
        { NULL, "{\"b\":{\"c\":1},\"d\":1}", "{\"f:b\":{\"f:c\":{}}}", "{\"b\":null,\"d\":1}" },
        { &api_type_service, "{\"spec\":{\"ports\":[{\"port\":80,\"name\":\"a\"},{\"port\":81}]}}",
          "{\"f:spec\":{\"f:ports\":{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{\"f:name\":{}},"
          "\"k:{\\\"port\\\":81,\\\"protocol\\\":\\\"TCP\\\"}\":{\".\":{},\"f:port\":{}}}}}",
          "{\"spec\":{\"ports\":[{\"port\":80}]}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer out = { 0 };
        struct apply_place root = { 0 };
        const struct field_set *set;
        if (rows[i].type != NULL)
            root = apply_schema_of_type(rows[i].type);
        assert_int_equal(field_set_parse(str_of(rows[i].set), &arena, &set, NULL), 0);
        apply_remove(&root, read_document(rows[i].document, &arena), set, &out);
        assert_string_equal(out.data, rows[i].result);
    }
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    static const struct {
        const struct api_type *type;
        const char *document, *problems;
    } rows[] = {
        { &api_type_apps_deployment, "{\"spec\":{\"replicas\":\"3\"}}",
          ".spec.replicas: expected numeric (int or float), got string" },
        { &api_type_apps_deployment, "{\"spec\":{\"foo\":1,\"template\":[1,{\"a\":2}]}}",
          "errors:\n  .spec.foo: field not declared in schema\n  .spec.template: expected map, got &{[1 map[a:2]]}" },
        { &api_type_config_map, "{\"data\":{\"a\":1}}",
          ".data.a: expected string, got &value.valueUnstructured{Value:1}" },
        { &api_type_pod, FINALIZERS("\"a\",\"a\""), ".metadata.finalizers: duplicate entries for key [=\"a\"]" },
        { &api_type_pod, "{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}",
          ".spec.containers: element 0: associative list with keys has an element that omits all key fields [\"name\"] "
          "(and "
          "doesn't have default values for any key fields)" },
        { &api_type_pod,
          "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\",\"livenessProbe\":{"
          "\"httpGet\":{\"port\":\"x\"}},\"resources\":{\"limits\":{\"cpu\":1}}}]}}",
          NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer out = { 0 };
        struct apply_place root = apply_schema_of_type(rows[i].type);
        int rc = apply_check(&root, read_document(rows[i].document, &arena), &out);
        assert_int_equal(rc, rows[i].problems == NULL ? 0 : -ERROR_INVALID);
        if (rows[i].problems != NULL)
            assert_string_equal(out.data, rows[i].problems);
    }
}

static void sets_follow_the_schema(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct apply_place root = apply_schema_of_type(&api_type_service);
    const struct field_set *set;
    assert_int_equal(
        field_set_parse(STR("{\"f:metadata\":{\"f:labels\":{\"f:a\":{}}},\"f:spec\":{\"f:selector\":{\"f:a\":{}}}}"),
                        &arena, &set, NULL),
        0);
    expect_set(
        apply_with_fields(&root, set, &arena),
        "{\"f:metadata\":{\".\":{},\"f:labels\":{\".\":{},\"f:a\":{}}},\"f:spec\":{\".\":{},\"f:selector\":{\".\":{},"
        "\"f:a\":{}}}}");
    expect_set(apply_reconcile(&root, set, &arena),
               "{\"f:metadata\":{\"f:labels\":{\"f:a\":{}}},\"f:spec\":{\"f:selector\":{}}}");
    root = apply_schema_of_type(&api_type_pod);
    assert_ptr_equal(apply_reconcile(&root, set->entries[0].below, &arena), set->entries[0].below);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_state_fields),     cmocka_unit_test(differences_are_found),
        cmocka_unit_test(configurations_are_merged),  cmocka_unit_test(fields_are_removed),
        cmocka_unit_test(what_does_not_fit_is_named), cmocka_unit_test(sets_follow_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
