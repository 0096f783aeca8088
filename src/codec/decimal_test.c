/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <stdlib.h>

#include "codec/decimal.h"

static void test_both_forms(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *plain, *scientific;
    } rows[] = {
        { 0, "0", "0e+00" },
        { -0.0, "-0", "-0e+00" },
        { 1, "1", "1e+00" },
        { -1.5, "-1.5", "-1.5e+00" },
        { 0.1, "0.1", "1e-01" },
        { 0.00012, "0.00012", "1.2e-04" },
        { 1200, "1200", "1.2e+03" },
        { 12.5, "12.5", "1.25e+01" },
        { 9007199254740993.0, "9007199254740992", "9.007199254740992e+15" },
        { 1e20, "100000000000000000000", "1e+20" },
        { 5e-324, NULL, "5e-324" },
        { DBL_MAX, NULL, "1.7976931348623157e+308" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decimal decimal = decimal_of(rows[i].value);
        auto_buffer struct buffer plain = { .max = 1000 }, scientific = { .max = 1000 };
        decimal_append_plain(&decimal, &plain);
        decimal_append_scientific(&decimal, 2, &scientific);
        if (rows[i].plain != NULL && !str_is(buffer_str(&plain), rows[i].plain))
            fail_msg("%s: " STR_FMT, rows[i].plain, STR_ARG(buffer_str(&plain)));
        if (!str_is(buffer_str(&scientific), rows[i].scientific))
            fail_msg("%s: " STR_FMT, rows[i].scientific, STR_ARG(buffer_str(&scientific)));
    }
}

static void test_reads_back(void **state)
{
    (void)state;
    uint64_t bits = 0x9e3779b97f4a7c15;
    for (int i = 0; i < 2000; i++) {
        union {
            uint64_t bits;
            double number;
        } value = { .bits = bits };
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        if (value.number - value.number != 0) /* infinite, or none */
            continue;
        struct decimal decimal = decimal_of(value.number);
        auto_buffer struct buffer plain = { .max = 1000 }, scientific = { .max = 1000 };
        decimal_append_plain(&decimal, &plain);
        decimal_append_scientific(&decimal, 1, &scientific);
        buffer_append_char(&plain, '\0');
        buffer_append_char(&scientific, '\0');
        assert_true(strtod(plain.data, NULL) == value.number);
        assert_true(strtod(scientific.data, NULL) == value.number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_both_forms), cmocka_unit_test(test_reads_back) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
