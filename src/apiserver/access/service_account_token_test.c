/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/access/service_account_token.h"
#include "crypto/key.h"

#define NOW ((usec_t)1800000000 * USEC_PER_SEC)

static void test_round_trip_and_refusals(void **state)
{
    (void)state;
    struct evp_pkey_st *key = NULL, *other = NULL;
    struct error err = { 0 };
    assert_int_equal(key_generate(KEY_EC_P256, &key, &err), 0);
    assert_int_equal(key_generate(KEY_EC_P256, &other, &err), 0);
    const char *const ours[] = { "api", NULL };
    const char *const theirs[] = { "vault", NULL };
    const struct token_claims claims = {
        .issuer = "https://issuer",
        .audiences = ours,
        .id = "1",
        .namespace_ = "blue",
        .account_name = "robot",
        .account_uid = "u1",
        .pod_name = "p",
        .pod_uid = "u2",
        .issued = NOW,
        .expires = NOW + 600 * USEC_PER_SEC,
    };
    auto_buffer struct buffer token = { 0 };
    assert_int_equal(token_issue(key, &claims, &token, &err), 0);

    auto_arena struct arena arena = { 0 };
    struct token_claims read;
    struct str text = buffer_str(&token);
    assert_int_equal(token_check(&key, 1, "https://issuer", ours, text, NOW + 1, &arena, &read, &err), 0);
    assert_string_equal(read.account_name, "robot");
    assert_string_equal(read.pod_uid, "u2");
    assert_string_equal(read.node_name, "");
    assert_int_equal(read.expires, claims.expires);

    assert_int_equal(token_check(&other, 1, "https://issuer", ours, text, NOW, &arena, &read, &err),
                     -ERROR_UNAUTHORIZED);
    assert_int_equal(token_check(&key, 1, "https://other", ours, text, NOW, &arena, &read, &err), -ERROR_UNAUTHORIZED);
    assert_int_equal(token_check(&key, 1, "https://issuer", theirs, text, NOW, &arena, &read, &err),
                     -ERROR_UNAUTHORIZED);
    assert_int_equal(token_check(&key, 1, "https://issuer", ours, text, claims.expires, &arena, &read, &err),
                     -ERROR_UNAUTHORIZED);
    assert_int_equal(token_check(&key, 1, "https://issuer", ours, text, NOW - USEC_PER_SEC, &arena, &read, &err),
                     -ERROR_UNAUTHORIZED);
    token.data[token.size / 2] ^= 1;
    assert_int_equal(token_check(&key, 1, "https://issuer", ours, text, NOW, &arena, &read, &err), -ERROR_UNAUTHORIZED);
    key_unref(key);
    key_unref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_round_trip_and_refusals) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
