/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/document_format.h"
#include "generated/types.h"

static const char JSON[] =
    "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"},\"data\":{\"a\":\"1\"}}\n";
static const char YAML[] = "apiVersion: v1\ndata:\n  a: \"1\"\nkind: ConfigMap\nmetadata:\n  name: c\n";

static void formats_are_equal(void **state)
{
    (void)state;
    auto_buffer struct buffer protobuf = { 0 }, out = { 0 };
    auto_arena struct arena arena = { 0 };
    const struct api_kind *kind = NULL;
    void *value = NULL;
    assert_int_equal(document_decode(DOCUMENT_JSON, str_of(JSON), &arena, NULL, &kind, &value, NULL), 0);
    assert_ptr_equal(kind, &api_kind_config_map);
    assert_int_equal(document_encode(DOCUMENT_PROTOBUF, kind, value, &protobuf, NULL), 0);
    assert_int_equal(document_decode(DOCUMENT_PROTOBUF, buffer_str(&protobuf), &arena, NULL, &kind, &value, NULL), 0);
    assert_int_equal(document_encode(DOCUMENT_YAML, kind, value, &out, NULL), 0);
    assert_string_equal(out.data, YAML);
    assert_int_equal(document_decode(DOCUMENT_YAML, buffer_str(&out), &arena, NULL, &kind, &value, NULL), 0);
    buffer_clear(&out);
    assert_int_equal(document_encode(DOCUMENT_JSON, kind, value, &out, NULL), 0);
    assert_string_equal(out.data, JSON);

    /* The bytes that upstream's serializer makes of it. */
    static const char wire[] = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09"
                               "ConfigMap\x12\x1b\x0a\x11\x0a\x01"
                               "c\x12\x00\x1a\x00\x22\x00"
                               "*\x00\x32\x00\x38\x00\x42\x00\x12\x06\x0a\x01"
                               "a\x12\x01"
                               "1\x1a\x00\x22\x00";
    assert_int_equal(protobuf.size, sizeof(wire) - 1);
    assert_memory_equal(protobuf.data, wire, sizeof(wire) - 1);
}

static void kinds_are_needed(void **state)
{
    (void)state;
    static const struct {
        const char *json, *message;
    } cases[] = {
        { "{\"apiVersion\":\"v1\"}", "Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'" },
        { "{\"kind\":\"Pod\"}", "Object 'apiVersion' is missing in '{\"kind\":\"Pod\"}'" },
        { "{\"kind\":\"Pod\",\"apiVersion\":\"apps/v1\"}", "no kind \"Pod\" is registered for version \"apps/v1\"" },
    };
    auto_arena struct arena arena = { 0 };
    const struct api_kind *kind = NULL;
    void *value = NULL;
    for (size_t i = 0; i < countof(cases); i++) {
        struct error err = { 0 };
        assert_int_equal(document_decode(DOCUMENT_JSON, str_of(cases[i].json), &arena, NULL, &kind, &value, &err),
                         -ERROR_BAD_REQUEST);
        assert_string_equal(err.message, cases[i].message);
    }
    assert_int_equal(document_decode(DOCUMENT_PROTOBUF, STR("k8s"), &arena, NULL, &kind, &value, NULL), -ERROR_SYNTAX);
    enum document_format format = DOCUMENT_JSON;
    assert_true(document_format_parse(STR("application/yaml"), &format));
    assert_int_equal(format, DOCUMENT_YAML);
    assert_false(document_format_parse(STR("xml"), &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_equal),
        cmocka_unit_test(kinds_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
