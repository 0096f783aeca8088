/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/bytes.h"

static void test_appending(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer = { 0 };
    buffer_append(&buffer, "ab", 2);
    buffer_append_str(&buffer, STR("cd"));
    buffer_append_text(&buffer, "ef");
    buffer_append_text(&buffer, NULL);
    buffer_append_char(&buffer, '-');
    buffer_append_uint64(&buffer, UINT64_MAX);
    buffer_append_char(&buffer, ' ');
    buffer_append_int64(&buffer, INT64_MIN);
    buffer_format(&buffer, " %s=%d", "x", 7);
    assert_string_equal(buffer.data, "abcdef-18446744073709551615 -9223372036854775808 x=7");
    assert_int_equal(buffer.size, strlen(buffer.data));

    buffer_consume(&buffer, 7);
    buffer_truncate(&buffer, 5);
    assert_string_equal(buffer.data, "18446");
    char *room = buffer_reserve(&buffer, 100);
    memcpy(room, "xyz", 3);
    buffer_commit(&buffer, 3);
    assert_string_equal(buffer.data, "18446xyz");
    size_t size = 0;
    char *text = buffer_steal(&buffer, &size);
    assert_string_equal(text, "18446xyz");
    assert_int_equal(size, 8);
    assert_int_equal(buffer.size, 0);
    free(text);
    buffer_clear(&buffer);
}

static void test_maximum(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "0123456789");
    assert_false(buffer_failed(&buffer));
    buffer_append_char(&buffer, 'x');
    assert_true(buffer_failed(&buffer));
    buffer_append_text(&buffer, "more");
    assert_true(buffer.size <= 10);
    assert_null(buffer_steal(&buffer, NULL));
    buffer_clear(&buffer);
    buffer_format(&buffer, "%s", "01234567890");
    assert_true(buffer_failed(&buffer));
    struct buffer other = { .max = 10 };
    assert_null(buffer_reserve(&other, 11));
    buffer_fini(&other);
}

static void test_bytes(void **state)
{
    (void)state;
    struct bytes *bytes = bytes_create("abc", 3);
    assert_string_equal(bytes->data, "abc");
    assert_ptr_equal(bytes_ref(bytes), bytes);
    bytes_unref(bytes);
    assert_true(str_is(bytes_str(bytes), "abc"));
    bytes_unref(bytes);
    bytes_unref(NULL);
    assert_null(bytes_ref(NULL));
    assert_int_equal(bytes_str(NULL).size, 0);
}

static void test_no_bound_at_all(void **state)
{
    (void)state;
    auto_buffer struct buffer buffer = { .max = SIZE_MAX };
    for (int i = 0; i < 1000; i++)
        buffer_append_text(&buffer, "some text ");
    assert_false(buffer.failed);
    assert_int_equal(buffer.size, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_no_bound_at_all), cmocka_unit_test(test_appending),
                                        cmocka_unit_test(test_maximum), cmocka_unit_test(test_bytes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
