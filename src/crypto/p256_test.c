/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "crypto/key.h"
#include "crypto/p256.h"

static EVP_PKEY *make_key(enum key_type type)
{
    EVP_PKEY *key = NULL;
    assert_int_equal(key_generate(type, &key, NULL), 0);
    return key;
}

static struct str der_of(const uint8_t *bytes, size_t size)
{
    return (struct str){ (const char *)bytes, size };
}

/* What OpenSSL's own encoder writes. */
static struct str encode(BIO *bio, const EVP_PKEY *key, bool private_key)
{
    char *data = NULL;
    if (private_key)
        assert_int_equal(i2d_PrivateKey_bio(bio, key), 1);
    else
        assert_int_equal(i2d_PUBKEY_bio(bio, key), 1);
    long size = BIO_get_mem_data(bio, &data);
    return (struct str){ data, (size_t)size };
}

static void test_same_bytes_as_openssl(void **state)
{
    (void)state;
    EVP_PKEY *key = make_key(KEY_EC_P256);
    BIO *public_bio = BIO_new(BIO_s_mem()), *private_bio = BIO_new(BIO_s_mem());
    struct str public_der = encode(public_bio, key, false), private_der = encode(private_bio, key, true);
    uint8_t public_bytes[P256_PUBLIC_SIZE], private_bytes[P256_PRIVATE_SIZE];
    assert_true(p256_format_public(key, public_bytes));
    assert_true(p256_format_private(key, private_bytes));
    assert_int_equal(public_der.size, sizeof(public_bytes));
    assert_int_equal(private_der.size, sizeof(private_bytes));
    assert_memory_equal(public_der.data, public_bytes, sizeof(public_bytes));
    assert_memory_equal(private_der.data, private_bytes, sizeof(private_bytes));
    BIO_free(public_bio);
    BIO_free(private_bio);
    EVP_PKEY_free(key);
}

static void test_there_and_back(void **state)
{
    (void)state;
    EVP_PKEY *key = make_key(KEY_EC_P256);
    uint8_t public_bytes[P256_PUBLIC_SIZE], private_bytes[P256_PRIVATE_SIZE], again[P256_PRIVATE_SIZE];
    assert_true(p256_format_public(key, public_bytes));
    assert_true(p256_format_private(key, private_bytes));
    EVP_PKEY *private_key = p256_parse_private(der_of(private_bytes, sizeof(private_bytes)));
    EVP_PKEY *public_key = p256_parse_public(der_of(public_bytes, sizeof(public_bytes)));
    assert_non_null(private_key);
    assert_non_null(public_key);
    assert_int_equal(EVP_PKEY_eq(key, private_key), 1);
    assert_int_equal(EVP_PKEY_eq(key, public_key), 1);
    assert_true(p256_format_private(private_key, again));
    assert_memory_equal(private_bytes, again, sizeof(again));
    assert_false(p256_format_private(public_key, again)); /* it has no such half */
    EVP_PKEY_free(private_key);
    EVP_PKEY_free(public_key);
    EVP_PKEY_free(key);
}

static void test_what_it_is_not(void **state)
{
    (void)state;
    uint8_t bytes[P256_PRIVATE_SIZE];
    EVP_PKEY *rsa = make_key(KEY_RSA_2048), *other = EVP_EC_gen("P-384"), *key = make_key(KEY_EC_P256);
    assert_false(p256_format_public(rsa, bytes));
    assert_false(p256_format_private(rsa, bytes));
    assert_false(p256_format_public(other, bytes));
    assert_true(p256_format_private(key, bytes));
    assert_null(p256_parse_private(der_of(bytes, sizeof(bytes) - 1)));
    assert_null(p256_parse_public(der_of(bytes, sizeof(bytes))));
    bytes[sizeof(bytes) - 1] ^= 1; /* a point beside the curve */
    assert_null(p256_parse_private(der_of(bytes, sizeof(bytes))));
    assert_true(p256_format_public(key, bytes));
    bytes[P256_PUBLIC_SIZE - 1] ^= 1;
    assert_null(p256_parse_public(der_of(bytes, P256_PUBLIC_SIZE)));
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(other);
    EVP_PKEY_free(key);
}

/* Clients tell by the first line what key it is; and what was written as PKCS #8 before is still read. */
static void check_layouts(EVP_PKEY *key, struct str text, const char *first)
{
    assert_true(text.size > strlen(first) && memcmp(text.data, first, strlen(first)) == 0);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    EVP_PKEY *again = NULL;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    long size = BIO_get_mem_data(bio, &data);
    assert_int_equal(key_parse((struct str){ data, (size_t)size }, &again, NULL), 0);
    assert_int_equal(EVP_PKEY_eq(key, again), 1);
    key_unref(again);
    BIO_free(bio);
}

/* Every other key takes the general way. */
static void test_texts(void **state)
{
    (void)state;
    EVP_PKEY *keys[] = { make_key(KEY_EC_P256), make_key(KEY_RSA_2048), EVP_EC_gen("P-384") };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        auto_buffer struct buffer private_pem = { .max = 65536 }, public_pem = { .max = 65536 };
        EVP_PKEY *again = NULL, *public_half = NULL;
        char id[KEY_ID_SIZE], public_id[KEY_ID_SIZE];
        assert_int_equal(key_format(keys[i], &private_pem, NULL), 0);
        assert_int_equal(key_format_public(keys[i], &public_pem, NULL), 0);
        check_layouts(keys[i], buffer_str(&private_pem),
                      i == 1 ? "-----BEGIN RSA PRIVATE KEY-----\n" : "-----BEGIN EC PRIVATE KEY-----\n");
        assert_int_equal(key_parse(buffer_str(&private_pem), &again, NULL), 0);
        assert_int_equal(key_parse_public(buffer_str(&public_pem), &public_half, NULL), 0);
        assert_int_equal(EVP_PKEY_eq(keys[i], again), 1);
        assert_int_equal(EVP_PKEY_eq(keys[i], public_half), 1);
        assert_int_equal(key_id(again, id, NULL), 0);
        assert_int_equal(key_id(public_half, public_id, NULL), 0);
        assert_string_equal(id, public_id);
        key_unref(again);
        key_unref(public_half);
        key_unref(keys[i]);
    }
    EVP_PKEY *key = NULL;
    struct error err = { 0 };
    assert_int_equal(key_parse(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), &key, &err),
                     -ERROR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_bytes_as_openssl),
                                        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_what_it_is_not),
                                        cmocka_unit_test(test_texts) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
