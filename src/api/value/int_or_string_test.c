/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/value/int_or_string.h"

static int32_t scale(const char *text, int32_t total, bool round_up)
{
    struct int_or_string value = { .text = text };
    int32_t number = -1;
    struct error err = { 0 };

    if (int_or_string_scale(&value, total, round_up, &number, &err) != 0)
        fail_msg("%s", err.message);
    return number;
}

static void test_scale(void **state)
{
    (void)state;
    assert_int_equal(scale("25%", 3, true), 1);
    assert_int_equal(scale("25%", 3, false), 0);
    assert_int_equal(scale("50%", 10, true), 5);
    assert_int_equal(scale("100%", 7, false), 7);
    assert_int_equal(scale("0%", 7, true), 0);

    struct int_or_string number = int_or_string_of(4);
    int32_t value = 0;
    assert_int_equal(int_or_string_scale(&number, 100, true, &value, NULL), 0);
    assert_int_equal(value, 4);

    struct int_or_string wrong = { .text = "http" };
    struct error err = { 0 };
    assert_int_equal(int_or_string_scale(&wrong, 1, true, &value, &err), -ERROR_INVALID);
    assert_string_equal(err.message, "invalid value for IntOrString: invalid type: string is not a percentage");
}

static void test_text_and_equality(void **state)
{
    (void)state;
    char space[INT_OR_STRING_TEXT_SIZE];
    struct int_or_string number = int_or_string_of(8080);
    struct int_or_string text = { .text = "http" };

    assert_string_equal(int_or_string_text(&number, space), "8080");
    assert_string_equal(int_or_string_text(&text, space), "http");
    assert_false(int_or_string_equal(&number, &text));
    assert_true(int_or_string_equal(&text, &(struct int_or_string){ .text = "http" }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_text_and_equality),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
