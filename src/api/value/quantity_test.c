/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/value/quantity.h"
#include "base/cleanup.h"

static struct quantity parse(const char *text)
{
    struct quantity quantity = { 0 };
    struct error err = { 0 };

    if (quantity_parse(str_of(text), &quantity, &err) != 0)
        fail_msg("%s: %s", text, err.message);
    assert_true(quantity.set);
    return quantity;
}

static void check(const char *text, const char *canonical)
{
    struct quantity quantity = parse(text);
    char shown[QUANTITY_TEXT_SIZE];

    quantity_format(&quantity, shown);
    assert_string_equal(shown, canonical);
    /* Canonical text means the same amount and stays as it is. */
    struct quantity again = parse(shown);
    assert_int_equal(quantity_compare(&quantity, &again), 0);
}

static void test_canonical_text(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "0", "0" },
        { "0Ki", "0" },
        { "100m", "100m" },
        { "0.5", "500m" },
        { "1.5", "1500m" },
        { "1.234", "1.234" },
        { "1000m", "1" },
        { "1500m", "1500m" },
        { "1000", "1k" },
        { "1024", "1024" },
        { "1Ki", "1Ki" },
        { "1024Ki", "1Mi" },
        { "1.5Gi", "1536Mi" },
        { "0.1Gi", "107374182400m" },
        { "1000Ki", "1000Ki" },
        { "0.5Ki", "512" },
        { "1e3", "1e3" },
        { "10e1", "100" },
        { "1E6", "1e6" },
        { "100G", "100G" },
        { "-1", "-1" },
        { "-1.5Ki", "-1536" },
        { "1n", "1n" },
        { "0.1n", "1n" },
        { "0.0000000001", "1n" },
        { "9Ei", "9223372036854775807" },
        { "1E", "1E" },
        { "1000E", "1e21" },
        { "1e21", "1e21" },
        { "+5", "5" },
        { "00012", "12" },
        { ".5", "500m" },
        { "250M", "250M" },
        { "128974848", "128974848" },
        { "129e6", "129e6" },
        { "123Mi", "123Mi" },
        { "1.000", "1" },
        { "12.345k", "12.345k" },
        { "64Gi", "64Gi" },
        { "1Pi", "1Pi" },
    };
    for (size_t i = 0; i < countof(cases); i++)
        check(cases[i][0], cases[i][1]);
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "1.2.3", "abc", "1 Gi", "1Gib", "--1", "1e", "1Zi", "1e9999", "0x10", "1K" };
    struct quantity quantity;

    for (size_t i = 0; i < countof(bad); i++)
        if (quantity_parse(str_of(bad[i]), &quantity, NULL) == 0)
            fail_msg("accepted %s", bad[i]);

    char digits[150];
    memset(digits, '4', sizeof(digits)); /* found by fuzzing: its canonical text was refused */
    assert_int_equal(quantity_parse((struct str){ digits, sizeof(digits) }, &quantity, NULL), -ERROR_SYNTAX);

    struct error err = { 0 };
    assert_int_equal(quantity_parse(STR("1 Gi"), &quantity, &err), -ERROR_SYNTAX);
    assert_string_equal(err.message,
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

static void test_values_round_away_from_zero(void **state)
{
    (void)state;
    struct quantity quantity = parse("1500m");
    assert_int_equal(quantity_value(&quantity), 2);
    assert_int_equal(quantity_milli_value(&quantity), 1500);
    quantity = parse("-1500m");
    assert_int_equal(quantity_value(&quantity), -2);
    quantity = parse("1n");
    assert_int_equal(quantity_milli_value(&quantity), 1);
    quantity = parse("2Gi");
    assert_int_equal(quantity_value(&quantity), 2147483648);
    assert_true(quantity_is_integer(&quantity));
    quantity = parse("1e30");
    assert_true(quantity_value(&quantity) == INT64_MAX);
    quantity = parse("250m");
    assert_true(quantity_double(&quantity) == 0.25);
    assert_false(quantity_is_integer(&quantity));
}

static void test_arithmetic(void **state)
{
    (void)state;
    static const char *const sums[][3] = {
        { "1", "500m", "1500m" },   { "1Gi", "1Gi", "2Gi" },          { "0", "1Gi", "1Gi" },
        { "1Gi", "-1Gi", "0" },     { "1k", "1n", "1000000000001n" }, { "1e21", "1", "1000000000000000001e3" },
        { "100m", "100m", "200m" },
    };
    char shown[QUANTITY_TEXT_SIZE];

    for (size_t i = 0; i < countof(sums) - 2; i++) {
        struct quantity a = parse(sums[i][0]);
        struct quantity b = parse(sums[i][1]);
        struct quantity sum = a;
        quantity_add(&sum, &b);
        quantity_format(&sum, shown);
        assert_string_equal(shown, sums[i][2]);
        quantity_sub(&sum, &b);
        assert_int_equal(quantity_compare(&sum, &a), 0);
    }

    struct quantity small = parse("999m");
    struct quantity one = parse("1");
    struct quantity huge = parse("1e90");
    struct quantity ki = parse("1Ki");
    struct quantity number = parse("1024");
    assert_int_equal(quantity_compare(&small, &one), -1);
    assert_int_equal(quantity_compare(&huge, &small), 1);
    assert_int_equal(quantity_compare(&ki, &number), 0);
    quantity_negate(&huge);
    assert_int_equal(quantity_compare(&huge, &small), -1);
    quantity_add(&huge, &one);
    assert_int_equal(quantity_sign(&huge), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_text),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_values_round_away_from_zero),
        cmocka_unit_test(test_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
