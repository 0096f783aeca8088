/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* p256.c - see p256.h. The layouts are RFC 5480's and RFC 5915's. */
#include "crypto/p256.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#define CURVE       "prime256v1"
#define SCALAR_SIZE 32

/* SEQUENCE { SEQUENCE { ecPublicKey, prime256v1 }, BIT STRING { point } } */
static const uint8_t public_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                       0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

/* SEQUENCE { 1, OCTET STRING { scalar } ... */
static const uint8_t private_head[] = { 0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20 };

/* ... [0] { prime256v1 }, [1] { BIT STRING { point } } } */
static const uint8_t private_middle[] = { 0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                          0x03, 0x01, 0x07, 0xa1, 0x44, 0x03, 0x42, 0x00 };

_Static_assert(sizeof(public_head) + P256_POINT_SIZE == P256_PUBLIC_SIZE, "the layout of a public key");
_Static_assert(sizeof(private_head) + SCALAR_SIZE + sizeof(private_middle) + P256_POINT_SIZE == P256_PRIVATE_SIZE,
               "the layout of a private key");

bool p256_point(const struct evp_pkey_st *key, uint8_t ret_point[P256_POINT_SIZE])
{
    char curve[sizeof(CURVE) + 1] = "";
    size_t size = 0;
    bool found = EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, curve, sizeof(curve), &size) == 1 &&
                 strcmp(curve, CURVE) == 0 &&
                 EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, ret_point, P256_POINT_SIZE, &size) == 1;
    if (!found)
        ERR_clear_error();
    return found && size == P256_POINT_SIZE && ret_point[0] == 4; /* not compressed */
}

bool p256_format_public(const struct evp_pkey_st *key, uint8_t ret_der[P256_PUBLIC_SIZE])
{
    memcpy(ret_der, public_head, sizeof(public_head));
    return p256_point(key, ret_der + sizeof(public_head));
}

bool p256_format_private(const struct evp_pkey_st *key, uint8_t ret_der[P256_PRIVATE_SIZE])
{
    uint8_t *scalar = ret_der + sizeof(private_head), *middle = scalar + SCALAR_SIZE;
    memcpy(ret_der, private_head, sizeof(private_head));
    memcpy(middle, private_middle, sizeof(private_middle));
    if (!p256_point(key, middle + sizeof(private_middle)))
        return false;
    BIGNUM *number = NULL;
    bool written = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
                   BN_bn2binpad(number, scalar, SCALAR_SIZE) == SCALAR_SIZE;
    BN_clear_free(number);
    if (!written) /* a public half alone */
        ERR_clear_error();
    return written;
}

static bool has_at(struct str der, size_t at, const void *bytes, size_t size)
{
    return der.size >= at + size && memcmp(der.data + at, bytes, size) == 0;
}

static EVP_PKEY *make(int selection, OSSL_PARAM *parameters)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, selection, parameters) != 1)
        ERR_clear_error(); /* the caller's other way says what is wrong */
    EVP_PKEY_CTX_free(context);
    return key;
}

static OSSL_PARAM curve_parameter(void)
{
    return OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)CURVE, 0);
}

static OSSL_PARAM point_parameter(struct str der, size_t at)
{
    return OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (char *)(uintptr_t)der.data + at,
                                             P256_POINT_SIZE);
}

struct evp_pkey_st *p256_parse_public(struct str der)
{
    if (der.size != P256_PUBLIC_SIZE || !has_at(der, 0, public_head, sizeof(public_head)))
        return NULL;
    OSSL_PARAM parameters[] = { curve_parameter(), point_parameter(der, sizeof(public_head)), OSSL_PARAM_END };
    return make(EVP_PKEY_PUBLIC_KEY, parameters);
}

struct evp_pkey_st *p256_parse_private(struct str der)
{
    size_t middle = sizeof(private_head) + SCALAR_SIZE;
    if (der.size != P256_PRIVATE_SIZE || !has_at(der, 0, private_head, sizeof(private_head)) ||
        !has_at(der, middle, private_middle, sizeof(private_middle)))
        return NULL;
    uint8_t scalar[SCALAR_SIZE];
    BIGNUM *number = BN_bin2bn((const uint8_t *)der.data + sizeof(private_head), SCALAR_SIZE, NULL);
    EVP_PKEY *key = NULL;
    if (number != NULL && BN_bn2nativepad(number, scalar, SCALAR_SIZE) == SCALAR_SIZE) {
        OSSL_PARAM parameters[] = { curve_parameter(),
                                    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, SCALAR_SIZE),
                                    point_parameter(der, middle + sizeof(private_middle)), OSSL_PARAM_END };
        key = make(EVP_PKEY_KEYPAIR, parameters);
    }
    BN_clear_free(number);
    OPENSSL_cleanse(scalar, sizeof(scalar));
    return key;
}
