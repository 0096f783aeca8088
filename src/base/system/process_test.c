/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/process.h"

static void test_start_time(void **state)
{
    (void)state;
    unsigned long long own = process_start_time(getpid());
    assert_true(own > 0);
    assert_int_equal(prctl(PR_SET_NAME, "a) Z 1 (b"), 0); /* a name that looks like the fields behind it */
    assert_true(process_start_time(getpid()) == own);

    pid_t child = fork();
    if (child == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_true(process_start_time(child) == 0); /* ended, not yet reaped */
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(process_start_time(child) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_start_time) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
