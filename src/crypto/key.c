/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* key.c - see key.h. */
#include "crypto/key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/system/file.h"
#include "base/text/base64.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/p256.h"

#define KEY_PEM_MAX ((size_t)64 << 10)

int key_generate(enum key_type type, struct evp_pkey_st **ret_key, struct error *err)
{
    EVP_PKEY *key = type == KEY_EC_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
    if (key == NULL)
        return openssl_error(err, "generate a key");
    *ret_key = key;
    return 0;
}

struct evp_pkey_st *key_ref(struct evp_pkey_st *key)
{
    if (key != NULL)
        EVP_PKEY_up_ref(key);
    return key;
}

void key_unref(struct evp_pkey_st *key)
{
    EVP_PKEY_free(key);
}

/* Instead of asking at the terminal. */
static int no_password(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

/* The text's first block when it is a P-256 key of the usual layout, else NULL. */
static EVP_PKEY *read_p256(BIO *bio, const char *label, EVP_PKEY *(*parse)(struct str der))
{
    EVP_PKEY *key = NULL;
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long size = 0;
    if (PEM_read_bio(bio, &name, &header, &der, &size) == 1 && strcmp(name, label) == 0 && header[0] == '\0')
        key = parse((struct str){ (const char *)der, (size_t)size });
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(der, (size_t)size);
    ERR_clear_error();
    return key;
}

int key_parse(struct str pem, struct evp_pkey_st **ret_key, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(pem);
    EVP_PKEY *key = bio == NULL ? NULL : read_p256(bio, "EC PRIVATE KEY", p256_parse_private);
    if (key == NULL && bio != NULL && BIO_reset(bio) == 1)
        key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (key == NULL)
        return openssl_syntax_error(err, "read a private key");
    *ret_key = key;
    return 0;
}

static EVP_PKEY *read_certificate_key(struct str pem)
{
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(pem);
    auto_openssl(X509_free) X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, no_password, NULL);
    return certificate == NULL ? NULL : X509_get_pubkey(certificate);
}

/* Through the encoding, so that the result does not hold the private half. */
static int public_half(const EVP_PKEY *private_key, EVP_PKEY **ret_key, struct error *err)
{
    auto_buffer struct buffer pem = { .max = KEY_PEM_MAX };
    int rc = key_format_public(private_key, &pem, err);
    return rc < 0 ? rc : key_parse_public(buffer_str(&pem), ret_key, err);
}

int key_parse_public(struct str pem, struct evp_pkey_st **ret_key, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(pem);
    EVP_PKEY *key = bio == NULL ? NULL : read_p256(bio, "PUBLIC KEY", p256_parse_public);
    if (key == NULL && bio != NULL && BIO_reset(bio) == 1)
        key = PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
    if (key == NULL)
        key = read_certificate_key(pem);
    if (key != NULL) {
        ERR_clear_error();
        *ret_key = key;
        return 0;
    }
    auto_openssl(EVP_PKEY_free) EVP_PKEY *private_key = NULL;
    if (key_parse(pem, &private_key, NULL) == 0)
        return public_half(private_key, ret_key, err);
    return error_set(err, ERROR_SYNTAX, "there is no public key, certificate or private key in the text");
}

int key_format(const struct evp_pkey_st *key, struct buffer *pem, struct error *err)
{
    uint8_t der[P256_PRIVATE_SIZE];
    auto_openssl(BIO_free_all) BIO *bio = BIO_new(BIO_s_secmem());
    bool written = false;
    if (bio != NULL && p256_format_private(key, der))
        written = PEM_write_bio(bio, "EC PRIVATE KEY", "", der, sizeof(der)) > 0;
    else if (bio != NULL)
        written = PEM_write_bio_PrivateKey_traditional(bio, (EVP_PKEY *)key, NULL, NULL, 0, NULL, NULL) == 1;
    OPENSSL_cleanse(der, sizeof(der));
    if (!written)
        return openssl_error(err, "write a private key");
    return openssl_drain(bio, pem, err);
}

int key_format_public(const struct evp_pkey_st *key, struct buffer *pem, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1)
        return openssl_error(err, "write a public key");
    return openssl_drain(bio, pem, err);
}

int key_open(int directory, const char *path, enum key_type type, struct evp_pkey_st **ret_key, struct error *err)
{
    auto_buffer struct buffer pem = { .max = KEY_PEM_MAX };
    struct error reading = { 0 };
    int rc = file_read(directory, path, KEY_PEM_MAX, &pem, &reading);
    if (rc == 0) {
        rc = key_parse(buffer_str(&pem), ret_key, err);
        return rc < 0 ? error_wrap_code(err, rc, "%s", path) : 0;
    }
    if (rc != -ERROR_NOT_FOUND)
        return error_set(err, (enum error_code) - rc, "%s", reading.message);

    auto_openssl(EVP_PKEY_free) EVP_PKEY *key = NULL;
    rc = key_generate(type, &key, err);
    if (rc == 0)
        rc = key_format(key, &pem, err);
    if (rc == 0)
        rc = file_write(directory, path, buffer_str(&pem), 0600, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "make the key %s", path);
    *ret_key = take_pointer(&key);
    return 0;
}

int key_id(const struct evp_pkey_st *key, char text[KEY_ID_SIZE], struct error *err)
{
    unsigned char fixed[P256_PUBLIC_SIZE], *der = NULL;
    int size = p256_format_public(key, fixed) ? P256_PUBLIC_SIZE : i2d_PUBKEY(key, &der);
    if (size <= 0)
        return openssl_error(err, "encode a public key");
    uint8_t digest[DIGEST_SHA256_SIZE];
    digest_sha256((struct str){ (const char *)(der != NULL ? der : fixed), (size_t)size }, digest);
    OPENSSL_free(der);
    auto_buffer struct buffer encoded = { .max = 2 * KEY_ID_SIZE };
    base64url_encode((struct str){ (const char *)digest, sizeof(digest) }, &encoded);
    memcpy(text, encoded.data, KEY_ID_SIZE - 1);
    text[KEY_ID_SIZE - 1] = '\0';
    return 0;
}
