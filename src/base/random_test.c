/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

static void test_repeats_and_stays_in_bounds(void **state)
{
    (void)state;
    struct random one, two, other;
    random_init(&one, 9);
    random_init(&two, 9);
    random_init(&other, 10);
    unsigned different = 0, counts[7] = { 0 };
    for (int i = 0; i < 7000; i++) {
        uint64_t value = random_next(&one);
        assert_true(value == random_next(&two));
        different += value != random_next(&other);
        counts[random_below(&other, 7)]++;
        double unit = random_unit(&other);
        assert_true(unit >= 0 && unit < 1);
    }
    assert_true(different > 6990);
    for (int i = 0; i < 7; i++)
        assert_true(counts[i] > 800 && counts[i] < 1200);
    assert_true(random_below(&one, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_repeats_and_stays_in_bounds) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
