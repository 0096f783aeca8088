/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Values within other bytes, wherever the gap is. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_value.h"

static struct store_value make(const char *text, size_t size, size_t gap, size_t gap_size)
{
    return (struct store_value){ .bytes = bytes_create(text, strlen(text)),
                                 .size = (uint32_t)size,
                                 .gap = (uint32_t)gap,
                                 .gap_size = (uint32_t)gap_size };
}

static void expect(struct store_value value, const char *text)
{
    struct bytes *whole = bytes_create(text, strlen(text));
    struct bytes *bytes = store_value_bytes(value);
    struct store_value same = store_value_of(whole);
    assert_int_equal(store_value_size(value), whole->size);
    assert_true(str_equal(bytes_str(bytes), bytes_str(whole)));
    assert_true(store_value_equal(value, same) && store_value_equal(same, value));
    bytes_unref(bytes);
    bytes_unref(whole);
    store_value_unref(same);
    store_value_unref(value);
}

static void test_gaps(void **state)
{
    (void)state;
    expect(make("hello world", 11, 0, 0), "hello world");
    expect(make("hello world\n", 11, 0, 0), "hello world");
    expect(make("hello big world", 15, 5, 4), "hello world");
    expect(make("big world\n", 9, 0, 4), "world");
    expect(make("hello big\n", 9, 5, 4), "hello");
    expect(make("", 0, 0, 0), "");
}

static void test_differences(void **state)
{
    (void)state;
    struct store_value a = make("ab-cd", 5, 2, 1), b = make("a-bcd", 5, 1, 1), c = make("ab-cx", 5, 2, 1), none = { 0 };
    assert_true(store_value_equal(a, b));
    assert_false(store_value_equal(a, c) || store_value_equal(b, c) || store_value_equal(a, none));
    assert_true(store_value_equal(none, none));
    assert_null(store_value_bytes(none));
    store_value_unref(a);
    store_value_unref(b);
    store_value_unref(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
