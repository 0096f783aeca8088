/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validation_test.c - documents and the errors they get. The documents are decoded as the server does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/codec.h"
#include "api/validation/validation.h"
#include "generated/types.h"

static void *decode(const struct api_kind *kind, const char *json, struct arena *arena)
{
    void *object = arena_zalloc(arena, kind->type->size);
    struct error err = { 0 };

    if (api_decode_json(kind->type, str_of(json), arena, object, NULL, &err) != 0)
        fail_msg("%s: %s", json, err.message);
    return object;
}

static void check_create(const struct api_kind *kind, const char *json, const char *expected)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };

    int count = api_validate_create(kind, decode(kind, json, &arena), &errors);
    api_invalid_format(&errors, &text);
    assert_string_equal(text_or_empty(text.data), expected);
    assert_int_equal(count, errors.total);
}

static void check_update(const struct api_kind *kind, const char *old, const char *json, const char *expected)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };

    (void)api_validate_update(kind, decode(kind, old, &arena), decode(kind, json, &arena), &errors);
    api_invalid_format(&errors, &text);
    assert_string_equal(text_or_empty(text.data), expected);
}

#define SUBDOMAIN_TEXT                                                                                               \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static void test_metadata(void **state)
{
    (void)state;
    const struct api_kind *kind = &api_kind_config_map;

    check_create(kind, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}", "");
    check_create(
        kind, "{\"metadata\":{}}",
        "[metadata.name: Required value: name or generateName is required, metadata.namespace: Required value]");
    check_create(kind, "{\"metadata\":{\"name\":\"A\",\"namespace\":\"x\"}}",
                 "metadata.name: Invalid value: \"A\": " SUBDOMAIN_TEXT);
    check_create(kind, "{\"metadata\":{\"generateName\":\"a-\",\"name\":\"a-12345\",\"namespace\":\"x\"}}", "");
    check_create(&api_kind_node, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}",
                 "metadata.namespace: Forbidden: not allowed on this type");
    check_create(kind, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"finalizers\":[\"f\"]}}",
                 "metadata.finalizers[0]: Invalid value: \"f\": name is neither a standard finalizer name nor is it "
                 "fully qualified");
    check_create(
        kind,
        "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":"
        "\"Pod\",\"name\":\"p\",\"uid\":\"\"}]}}",
        "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty");
    check_create(&api_kind_rbac_cluster_role, "{\"metadata\":{\"name\":\"system:Node\"}}", "");
    assert_true(api_name_valid(&api_kind_rbac_cluster_role, "a:B"));
    assert_false(api_name_valid(&api_kind_pod, "a:B"));
    assert_false(api_name_valid(&api_kind_rbac_cluster_role, "a/b"));
}

static void test_metadata_update(void **state)
{
    (void)state;
    const struct api_kind *kind = &api_kind_config_map;
    const char *old = "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"1\",\"resourceVersion\":\"5\"}}";

    check_update(kind, old, old, "");
    check_update(kind, old, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"uid\":\"2\"}}",
                 "[metadata.resourceVersion: Invalid value: \"\": must be specified for an update, metadata.uid: "
                 "Invalid value: \"2\": field is immutable]");
    check_update(kind,
                 "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"resourceVersion\":\"5\",\"deletionTimestamp\":"
                 "\"2024-01-01T00:00:00Z\"}}",
                 "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\",\"resourceVersion\":\"5\",\"deletionTimestamp\":"
                 "\"2024-01-01T00:00:00Z\",\"finalizers\":[\"x.y/z\"]}}",
                 "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found "
                 "new finalizers []string{\"x.y/z\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_metadata_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
