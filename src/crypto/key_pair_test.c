/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "crypto/key_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/key.h"
#include "crypto/x509.h"

static void expect_wrong(struct str certificate, struct str key, const char *words)
{
    struct error err = { 0 };
    assert_int_equal(key_pair_check(certificate, key, &err), -ERROR_INVALID);
    assert_string_equal(err.message, words);
}

static void test_pairs(void **state)
{
    static const struct x509_template what = { .common_name = "a", .not_after = (usec_t)2000000000 * USEC_PER_SEC };
    struct x509_authority *authority;
    auto_buffer struct buffer certificate = { 0 };
    auto_buffer struct buffer key = { 0 };
    auto_buffer struct buffer other = { 0 };
    auto_buffer struct buffer rsa = { 0 };
    struct evp_pkey_st *rsa_key;
    (void)state;
    assert_int_equal(x509_authority_create("ca", 0, what.not_after, &authority, NULL), 0);
    assert_int_equal(x509_issue(authority, &what, &certificate, &key, NULL), 0);
    assert_int_equal(x509_authority_format_key(authority, &other, NULL), 0);
    assert_int_equal(key_generate(KEY_RSA_2048, &rsa_key, NULL), 0);
    assert_int_equal(key_format(rsa_key, &rsa, NULL), 0);
    struct str pem = buffer_str(&certificate), own = buffer_str(&key);
    assert_int_equal(key_pair_check(pem, own, NULL), 0);
    expect_wrong(pem, buffer_str(&other), "tls: private key does not match public key");
    expect_wrong(pem, buffer_str(&rsa), "tls: private key type does not match public key type");
    expect_wrong(STR(""), own, "tls: failed to find any PEM data in certificate input");
    expect_wrong(pem, STR("x"), "tls: failed to find any PEM data in key input");
    expect_wrong(pem, pem, "tls: found a certificate rather than a key in the PEM for the private key");
    expect_wrong(own, own,
                 "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM "
                 "inputs may have been switched");
    expect_wrong(STR("-----BEGIN A-----\nAA==\n-----END A-----\n-----BEGIN B-----\nAA==\n-----END B-----\n"), own,
                 "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the "
                 "following types: [A B]");
    expect_wrong(pem, STR("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"),
                 "tls: failed to parse private key");
    expect_wrong(STR("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"), own,
                 "x509: malformed certificate");
    key_unref(rsa_key);
    x509_authority_destroy(authority);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
