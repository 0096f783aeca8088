/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/token_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const struct token_claims claims = { .issuer = "i",
                                            .id = "",
                                            .namespace_ = "n",
                                            .account_name = "a",
                                            .account_uid = "u",
                                            .pod_name = "",
                                            .pod_uid = "",
                                            .secret_name = "",
                                            .secret_uid = "",
                                            .node_name = "",
                                            .node_uid = "",
                                            .expires = 100 * USEC_PER_SEC };

static void test_time(void **state)
{
    struct token_cache cache;
    (void)state;
    token_cache_init(&cache);
    assert_null(token_cache_find(&cache, STR("t"), 0));
    token_cache_add(&cache, STR("t"), &claims, 0);
    const struct verified_token *found = token_cache_find(&cache, STR("t"), 9 * USEC_PER_SEC);
    assert_non_null(found);
    assert_string_equal(found->claims.account_name, "a");
    assert_null(token_cache_find(&cache, STR("t"), 10 * USEC_PER_SEC));
    /* Never longer than the token itself. */
    token_cache_add(&cache, STR("t"), &claims, 95 * USEC_PER_SEC);
    assert_non_null(token_cache_find(&cache, STR("t"), 99 * USEC_PER_SEC));
    assert_null(token_cache_find(&cache, STR("t"), 100 * USEC_PER_SEC));
    token_cache_fini(&cache);
}

static void test_bound(void **state)
{
    struct token_cache cache;
    char text[16];
    (void)state;
    token_cache_init(&cache);
    for (int i = 0; i < TOKEN_CACHE_MAX + 10; i++) {
        snprintf(text, sizeof(text), "t%d", i);
        token_cache_add(&cache, str_of(text), &claims, 0);
    }
    assert_int_equal(cache.verified.size, TOKEN_CACHE_MAX);
    assert_null(token_cache_find(&cache, STR("t0"), 1));
    assert_non_null(token_cache_find(&cache, STR("t4100"), 1));
    token_cache_fini(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_time), cmocka_unit_test(test_bound) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
