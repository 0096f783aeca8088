/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/custom/version_priority.h"
#include "base/cleanup.h"

static void test_order(void **state)
{
    (void)state;
    static const char *const names[] = { "v10",       "v2",        "v1",   "v11beta2", "v10beta3", "v3beta1",
                                         "v12alpha1", "v11alpha2", "foo1", "foo10",    "v0",       "v1gamma1" };
    for (size_t i = 0; i < countof(names); i++)
        for (size_t j = 0; j < countof(names); j++) {
            int order = version_priority_compare(names[i], names[j]);
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_order) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
