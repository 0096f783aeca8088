/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/memory.h"

/* Program, constants, relocated tables and heap are as before. */
static void test_settling_changes_nothing(void **state)
{
    static const char *const table[] = { "one", "two", "three" };
    (void)state;
    char *text = memory_strdup("kept");
    for (int i = 0; i < 3; i++) {
        free(memory_zalloc((size_t)4 << 20));
        memory_settle();
        memory_release();
        assert_string_equal(text, "kept");
        assert_string_equal(table[i], i == 0 ? "one" : i == 1 ? "two" : "three");
    }
    free(text);
}

static void test_copies(void **state)
{
    (void)state;
    autofree char *part = memory_strndup("abcdef", 3);
    autofree char *text = memory_format("%s-%d", part, 7);
    autofree char *copy = memory_copy(text, strlen(text) + 1);
    assert_string_equal(copy, "abc-7");
    assert_null(memory_strdup(NULL));
    copy = memory_resize(copy, 64, 2);
    assert_string_equal(copy, "abc-7");
}

int main(void)
{
    memory_share_heap();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settling_changes_nothing),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
