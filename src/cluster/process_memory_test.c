/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "cluster/process_memory.h"

static void test_text(void **state)
{
    struct process_memory memory = { 0 };
    (void)state;
    assert_true(process_memory_parse(STR("55d0-7ffe ---p 00000000 00:00 0     [rollup]\n"
                                         "Rss:                8704 kB\nPss:                4253 kB\n"
                                         "Shared_Clean:       6564 kB\nPrivate_Clean:       192 kB\n"
                                         "Private_Dirty:      1948 kB\n"),
                                     &memory));
    assert_int_equal(memory.resident, 8704 * 1024);
    assert_int_equal(memory.own, (192 + 1948) * 1024);
    assert_false(process_memory_parse(STR(""), &memory));
    assert_false(process_memory_parse(STR("Rss: many kB\n"), &memory));
    assert_false(process_memory_parse(STR("Rss: 9223372036854775807 kB\n"), &memory));
    assert_false(process_memory_parse(STR("Rss 5 kB\n"), &memory));
}

static void test_ourselves(void **state)
{
    struct process_memory memory = { 0 };
    struct error err = { 0 };
    (void)state;
    assert_int_equal(process_memory_read(getpid(), &memory, &err), 0);
    assert_true(memory.resident > 100000);
    assert_true(memory.own <= memory.resident);
    assert_true(process_memory_read(0x7fffffff, &memory, &err) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_text), cmocka_unit_test(test_ourselves) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
