/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/kubelet/config/pull_credentials.h"

static const char config[] = "{\"auths\":{\"registry.example:5000\":{\"username\":\"u1\",\"password\":\"p1\"},"
                             "\"registry.example:5000/team\":{\"auth\":\"dTI6cDI6eA==\"},"
                             "\"*.wild.example\":{\"username\":\"u3\",\"password\":\"p3\"},"
                             "\"https://index.docker.io/v1/\":{\"username\":\"u4\",\"password\":\"p4\"},"
                             "\"token.example\":{\"identitytoken\":\"t\"}}}";

static void the_longest_name_that_fits_counts(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "registry.example:5000/a:1", "u1", "p1" },
        { "registry.example:5000/team/a@sha256:0", "u2", "p2:x" },
        { "registry.example:5000/teams/a", "u1", "p1" },
        { "a.wild.example/x", "u3", "p3" },
        { "a.b.wild.example/x", NULL, NULL },
        { "nginx", "u4", "p4" },
        { "example/x:1", "u4", "p4" },
        { "registry.example/a", NULL, NULL },
        { "token.example/a", NULL, NULL },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        auto_arena struct arena arena = { 0 };
        struct cri_auth_config auth = { 0 };
        bool found = pull_credentials_find(str_of(config), rows[i][0], &arena, &auth);
        assert_int_equal(found, rows[i][1] != NULL || i == 8);
        if (rows[i][1] == NULL)
            continue;
        assert_string_equal(rows[i][1], auth.username);
        assert_string_equal(rows[i][2], auth.password);
    }
}

static void anything_else_gives_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "[]", "{", "{\"auths\":1}", "{\"auths\":{\"docker.io\":1}}", "{\"auths\":{\"docker.io\":{\"auth\":\"!\"}}}"
    };
    for (size_t i = 0; i < countof(bad); i++) {
        auto_arena struct arena arena = { 0 };
        struct cri_auth_config auth;
        assert_false(pull_credentials_find(str_of(bad[i]), "nginx", &arena, &auth));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_name_that_fits_counts),
        cmocka_unit_test(anything_else_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
