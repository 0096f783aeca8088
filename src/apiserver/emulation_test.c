/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/emulation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_versions(void **state)
{
    static const struct {
        const char *emulated, *min_compatible, *error;
        struct emulation wanted;
    } cases[] = {
        { NULL, "", NULL, { 36, 35 } },
        { "kube=1.36", NULL, NULL, { 36, 35 } },
        { "1.36", "kube=1.33", NULL, { 36, 33 } },
        { "v1.36", "1.36", NULL, { 36, 36 } },
        { "1.37", NULL, "emulation version 1.37 is not between [1.33, 1.36]", { 0 } },
        { "kube=1.32", NULL, "emulation version 1.32 is not between [1.33, 1.36]", { 0 } },
        { "2.36", NULL, "emulation version 2.36 is not between [1.33, 1.36]", { 0 } },
        { "1.34", NULL, NULL, { 34, 33 } },
        { "1.33", NULL, NULL, { 33, 33 } },
        { "1.34", "1.35", "minCompatibilityVersion version 1.35 is not between [1.33, 1.34]", { 0 } },
        { NULL, "1.32", "minCompatibilityVersion version 1.32 is not between [1.33, 1.36]", { 0 } },
        { "wardle=1.2", NULL, "--emulated-version: component not registered: wardle", { 0 } },
        { "kube=1.36.1", NULL, "--emulated-version: patch version not allowed, got: kube=1.36.1", { 0 } },
        { NULL, "kube=x", "--min-compatibility-version: illegal version string \"x\"", { 0 } },
    };
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct emulation found = { 0 };
        struct error err = { 0 };
        int rc = emulation_parse(cases[i].emulated, cases[i].min_compatible, &found, &err);
        assert_int_equal(rc, cases[i].error == NULL ? 0 : -ERROR_USAGE);
        if (cases[i].error != NULL)
            assert_string_equal(err.message, cases[i].error);
        assert_memory_equal(&found, &cases[i].wanted, sizeof(found));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_versions) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
