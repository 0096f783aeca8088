/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "crypto/jwt.h"
#include "crypto/key.h"

#define CLAIMS "{\"iss\":\"https://kubernetes.default.svc\",\"sub\":\"system:serviceaccount:a:b\"}"

static struct evp_pkey_st *generate(enum key_type type)
{
    struct evp_pkey_st *key = NULL;
    struct error err;
    assert_int_equal(key_generate(type, &key, &err), 0);
    return key;
}

static void check_sign_and_verify(enum key_type type, const char *algorithm)
{
    struct error err;
    struct evp_pkey_st *key = generate(type), *other = generate(type),
                       *wrong = generate(type == KEY_EC_P256 ? KEY_RSA_2048 : KEY_EC_P256);
    auto_buffer struct buffer token = { 0 }, claims = { 0 }, jwks = { 0 };
    assert_int_equal(jwt_sign(key, STR(CLAIMS), &token, &err), 0);
    struct evp_pkey_st *keys[] = { other, wrong, key };
    assert_int_equal(jwt_verify(keys, 3, buffer_str(&token), &claims, &err), 0);
    assert_true(str_is(buffer_str(&claims), CLAIMS));
    buffer_clear(&claims);
    assert_int_equal(jwt_verify(keys, 2, buffer_str(&token), &claims, &err), -ERROR_UNAUTHORIZED);
    assert_int_equal(claims.size, 0);
    assert_int_equal(jwt_peek(buffer_str(&token), &claims, &err), 0);
    assert_true(str_is(buffer_str(&claims), CLAIMS));

    /* Any changed character must be noticed. */
    for (size_t i = 0; i < token.size; i += 7) {
        char saved = token.data[i];
        token.data[i] = saved == 'A' ? 'B' : 'A';
        assert_true(jwt_verify(&key, 1, buffer_str(&token), &claims, &err) < 0);
        token.data[i] = saved;
    }
    assert_int_equal(jwt_verify(&key, 1, buffer_str(&token), &claims, &err), 0);

    /* The published half is enough. */
    auto_buffer struct buffer pem = { 0 };
    struct evp_pkey_st *published = NULL;
    assert_int_equal(key_format_public(key, &pem, &err), 0);
    assert_int_equal(key_parse_public(buffer_str(&pem), &published, &err), 0);
    assert_int_equal(jwt_verify(&published, 1, buffer_str(&token), &claims, &err), 0);
    assert_true(jwt_sign(published, STR(CLAIMS), &claims, &err) < 0);

    assert_int_equal(jwt_format_keys(keys, 3, &jwks, &err), 0);
    char id[KEY_ID_SIZE];
    assert_int_equal(key_id(key, id, &err), 0);
    assert_int_equal(strlen(id), 43);
    assert_non_null(strstr(jwks.data, id));
    assert_non_null(strstr(jwks.data, algorithm));
    assert_string_equal(jwt_algorithm(key), algorithm);
    key_unref(key);
    key_unref(other);
    key_unref(wrong);
    key_unref(published);
}

static void test_es256(void **state)
{
    (void)state;
    check_sign_and_verify(KEY_EC_P256, "ES256");
}

static void test_rs256(void **state)
{
    (void)state;
    check_sign_and_verify(KEY_RSA_2048, "RS256");
}

/* RFC 7515, appendix A.3. */
static void test_published_vector(void **state)
{
    (void)state;
    const struct str pem = STR("-----BEGIN PUBLIC KEY-----\n"
                               "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
                               "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
                               "-----END PUBLIC KEY-----\n");
    const struct str token =
        STR("eyJhbGciOiJFUzI1NiJ9"
            ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
            ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    struct evp_pkey_st *key = NULL;
    struct error err;
    auto_buffer struct buffer claims = { 0 };
    assert_int_equal(key_parse_public(pem, &key, &err), 0);
    assert_int_equal(jwt_verify(&key, 1, token, &claims, &err), 0);
    assert_non_null(strstr(claims.data, "\"iss\":\"joe\""));
    key_unref(key);
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "..",
        "a.b",
        "a.b.c.d",
        "e30.e30.e30",
        "eyJhbGciOiJub25lIn0.e30.",                    /* {"alg":"none"} */
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",               /* {"alg":"HS256"}: a public key is no shared secret */
        "eyJhbGciOiJFUzI1NiIsImNyaXQiOltdfQ.e30.AAAA", /* "crit" */
    };
    struct evp_pkey_st *key = generate(KEY_EC_P256);
    struct error err;
    auto_buffer struct buffer claims = { 0 };
    for (size_t i = 0; i < countof(bad); i++)
        assert_true(jwt_verify(&key, 1, str_of(bad[i]), &claims, &err) < 0);
    key_unref(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_es256),
        cmocka_unit_test(test_rs256),
        cmocka_unit_test(test_published_vector),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
