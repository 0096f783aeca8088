/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/protobuf.h"

static void fields_round_trip(void **state)
{
    (void)state;
    auto_buffer struct buffer out = { 0 };
    protobuf_write_varint(&out, 1, 150);
    protobuf_write_bytes(&out, 2, STR("testing"));
    protobuf_write_double(&out, 3, 1.5);
    size_t start = protobuf_begin(&out, 4);
    char text[200] = { 0 };
    protobuf_write_bytes(&out, 1, (struct str){ text, sizeof(text) });
    protobuf_end(&out, start);
    protobuf_write_varint(&out, 1000, (uint64_t)-1);
    assert_memory_equal(out.data, "\x08\x96\x01\x12\x07testing\x19\0\0\0\0\0\0\xf8\x3f\x22\xcb\x01\x0a\xc8\x01", 26);

    struct str rest = buffer_str(&out);
    struct protobuf_field field;
    assert_int_equal(protobuf_read(&rest, &field, NULL), 1);
    assert_int_equal(field.number, 150);
    assert_int_equal(protobuf_read(&rest, &field, NULL), 1);
    assert_true(str_is(field.bytes, "testing"));
    assert_int_equal(protobuf_read(&rest, &field, NULL), 1);
    assert_int_equal(field.wire, PROTOBUF_FIXED64);
    assert_int_equal(protobuf_read(&rest, &field, NULL), 1);
    assert_int_equal(field.bytes.size, 203);
    assert_int_equal(protobuf_read(&rest, &field, NULL), 1);
    assert_int_equal(field.tag, 1000);
    assert_true(field.number == UINT64_MAX);
    assert_int_equal(protobuf_read(&rest, &field, NULL), 0);
}

static void broken_messages_are_refused(void **state)
{
    (void)state;
    static const struct str broken[] = { STR("\x08"),
                                         STR("\x08\xff"),
                                         STR("\x12\x05gone"),
                                         STR("\x19\0\0"),
                                         STR("\x00\x01"),
                                         STR("\x0c"),
                                         STR("\x0b\x08\x01"),
                                         STR("\x0e\x01"),
                                         STR("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                                         STR("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x") };
    for (size_t i = 0; i < countof(broken); i++) {
        struct str rest = broken[i];
        struct protobuf_field field;
        assert_int_equal(protobuf_read(&rest, &field, NULL), -ERROR_SYNTAX);
    }
    struct str group = STR("\x0b\x08\x01\x0c\x10\x02"); /* skipped */
    struct protobuf_field field;
    assert_int_equal(protobuf_read(&group, &field, NULL), 1);
    assert_int_equal(field.tag, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_round_trip),
        cmocka_unit_test(broken_messages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
