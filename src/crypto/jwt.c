/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* jwt.c - see jwt.h. JOSE wants an ECDSA signature as two 32-byte numbers side by side, OpenSSL has it as DER. */
#include "crypto/jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <yyjson.h>

#include "base/text/base64.h"
#include "crypto/key.h"
#include "crypto/openssl.h"

#define EC_SIZE       32  /* of a P-256 number */
#define SIGNATURE_MAX 512 /* RSA with 4096 bits */
#define HEADER_MAX    1024

DEFINE_OPENSSL_CLEANUP(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_OPENSSL_CLEANUP(BIGNUM, BN_free)

struct signature {
    uint8_t bytes[SIGNATURE_MAX];
    size_t size;
};

/* A token taken apart; signed_part is header.claims as it was signed. */
struct token {
    struct str signed_part;
    struct str claims;
    char algorithm[8];
    char key_id[128];
    struct signature signature;
};

const char *jwt_algorithm(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA"))
        return "RS256";
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 256 ? "ES256" : NULL;
}

/* --- ECDSA signatures --- */

static bool ec_from_der(struct signature *signature)
{
    const uint8_t *der = signature->bytes;
    auto_openssl(ECDSA_SIG_free) ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)signature->size);
    if (pair == NULL || BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature->bytes, EC_SIZE) != EC_SIZE ||
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature->bytes + EC_SIZE, EC_SIZE) != EC_SIZE)
        return false;
    signature->size = 2 * EC_SIZE;
    return true;
}

static bool ec_to_der(struct signature *signature)
{
    if (signature->size != 2 * EC_SIZE)
        return false;
    auto_openssl(ECDSA_SIG_free) ECDSA_SIG *pair = ECDSA_SIG_new();
    auto_openssl(BN_free) BIGNUM *r = BN_bin2bn(signature->bytes, EC_SIZE, NULL);
    auto_openssl(BN_free) BIGNUM *s = BN_bin2bn(signature->bytes + EC_SIZE, EC_SIZE, NULL);
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1)
        return false;
    r = s = NULL; /* the pair's now */
    uint8_t *der = signature->bytes;
    signature->size = (size_t)i2d_ECDSA_SIG(pair, &der);
    return true;
}

/* --- signing --- */

static int sign(EVP_PKEY *key, struct str text, struct signature *ret_signature, struct error *err)
{
    auto_openssl(EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct signature signature = { .size = sizeof(signature.bytes) };
    if (context == NULL || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, signature.bytes, &signature.size, (const uint8_t *)text.data, text.size) != 1 ||
        (EVP_PKEY_is_a(key, "EC") && !ec_from_der(&signature)))
        return openssl_error(err, "sign a token");
    *ret_signature = signature;
    return 0;
}

int jwt_sign(struct evp_pkey_st *key, struct str claims, struct buffer *token, struct error *err)
{
    const char *algorithm = jwt_algorithm(key);
    if (algorithm == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "tokens are signed with RSA or P-256 keys only");
    char id[KEY_ID_SIZE];
    int rc = key_id(key, id, err);
    if (rc < 0)
        return rc;
    auto_buffer struct buffer text = { .max = JWT_SIZE_MAX }, header = { .max = HEADER_MAX };
    buffer_format(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algorithm, id);
    base64url_encode(buffer_str(&header), &text);
    buffer_append_char(&text, '.');
    base64url_encode(claims, &text);
    if (buffer_failed(&text))
        return error_set(err, ERROR_LIMIT, "the token's claims are too long");
    struct signature signature = { 0 };
    rc = sign(key, buffer_str(&text), &signature, err);
    if (rc < 0)
        return rc;
    buffer_append_char(&text, '.');
    base64url_encode((struct str){ (const char *)signature.bytes, signature.size }, &text);
    buffer_append_str(token, buffer_str(&text));
    return buffer_failed(token) || buffer_failed(&text) ? error_set(err, ERROR_LIMIT, "the token is too long") : 0;
}

/* --- verifying --- */

/* A member that is a string is copied, an absent one is ""; false when it is neither, or too long. */
static bool copy_member(yyjson_val *object, const char *name, char *text, size_t size)
{
    yyjson_val *value = yyjson_obj_get(object, name);
    text[0] = '\0';
    if (value == NULL)
        return true;
    if (!yyjson_is_str(value) || yyjson_get_len(value) >= size ||
        strlen(yyjson_get_str(value)) != yyjson_get_len(value))
        return false;
    memcpy(text, yyjson_get_str(value), yyjson_get_len(value) + 1);
    return true;
}

static int parse_header(struct str encoded, struct token *token, struct error *err)
{
    auto_buffer struct buffer text = { .max = HEADER_MAX };
    if (!base64url_decode(encoded, &text) || text.size == 0)
        return error_set(err, ERROR_SYNTAX, "the token's header is not base64url");
    yyjson_doc *document = yyjson_read(text.data, text.size, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    /* "crit" lists extensions that must be understood: we know none. */
    bool fine = yyjson_is_obj(root) && yyjson_obj_get(root, "crit") == NULL &&
                copy_member(root, "alg", token->algorithm, sizeof(token->algorithm)) &&
                copy_member(root, "kid", token->key_id, sizeof(token->key_id));
    yyjson_doc_free(document);
    return fine ? 0 : error_set(err, ERROR_SYNTAX, "the token's header is not understood");
}

static int parse_token(struct str text, struct token *ret_token, struct error *err)
{
    struct token token = { 0 };
    struct str rest = text, header, signature;
    if (text.size > JWT_SIZE_MAX || !str_next(&rest, '.', &header) || !str_next(&rest, '.', &token.claims) ||
        !str_next(&rest, '.', &signature) || rest.data != NULL)
        return error_set(err, ERROR_SYNTAX, "the token does not have three parts");
    int rc = parse_header(header, &token, err);
    if (rc < 0)
        return rc;
    auto_buffer struct buffer bytes = { .max = SIGNATURE_MAX + 4 };
    if (!base64url_decode(signature, &bytes) || bytes.size > SIGNATURE_MAX)
        return error_set(err, ERROR_SYNTAX, "the token's signature is not base64url");
    if (bytes.size > 0)
        memcpy(token.signature.bytes, bytes.data, bytes.size);
    token.signature.size = bytes.size;
    token.signed_part = (struct str){ text.data, header.size + 1 + token.claims.size };
    *ret_token = token;
    return 0;
}

static bool is_signed_by(const struct token *token, EVP_PKEY *key)
{
    const char *algorithm = jwt_algorithm(key);
    if (algorithm == NULL || strcmp(algorithm, token->algorithm) != 0)
        return false;
    struct signature signature = token->signature;
    if (EVP_PKEY_is_a(key, "EC") && !ec_to_der(&signature))
        return false;
    auto_openssl(EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    return context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestVerify(context, signature.bytes, signature.size, (const uint8_t *)token->signed_part.data,
                            token->signed_part.size) == 1;
}

static bool is_named(const struct token *token, const EVP_PKEY *key)
{
    char id[KEY_ID_SIZE];
    return key_id(key, id, NULL) == 0 && strcmp(id, token->key_id) == 0;
}

static bool is_signed_by_any(const struct token *token, struct evp_pkey_st *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_named(token, keys[i]))
            return is_signed_by(token, keys[i]);
    for (size_t i = 0; i < count; i++)
        if (is_signed_by(token, keys[i]))
            return true;
    return false;
}

static int decode_claims(const struct token *token, struct buffer *claims, struct error *err)
{
    if (!base64url_decode(token->claims, claims))
        return error_set(err, ERROR_SYNTAX, "the token's claims are not base64url");
    return 0;
}

int jwt_verify(struct evp_pkey_st *const *keys, size_t count, struct str text, struct buffer *claims, struct error *err)
{
    struct token token = { 0 };
    int rc = parse_token(text, &token, err);
    if (rc < 0)
        return rc;
    bool valid = is_signed_by_any(&token, keys, count);
    if (!valid) {
        (void)openssl_error(NULL, ""); /* a bad signature leaves its reason in OpenSSL's queue */
        return error_set(err, ERROR_UNAUTHORIZED, "the token is signed by none of the known keys");
    }
    return decode_claims(&token, claims, err);
}

int jwt_peek(struct str text, struct buffer *claims, struct error *err)
{
    struct token token = { 0 };
    int rc = parse_token(text, &token, err);
    return rc < 0 ? rc : decode_claims(&token, claims, err);
}

/* --- key sets --- */

static int append_number(const EVP_PKEY *key, const char *parameter, int width, const char *name, struct buffer *json,
                         struct error *err)
{
    auto_openssl(BN_free) BIGNUM *number = NULL;
    uint8_t bytes[SIGNATURE_MAX];
    if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1 || BN_num_bytes(number) > (int)sizeof(bytes))
        return openssl_error(err, "read a public key");
    int size = width > 0 ? BN_bn2binpad(number, bytes, width) : BN_bn2bin(number, bytes);
    buffer_format(json, ",\"%s\":\"", name);
    base64url_encode((struct str){ (const char *)bytes, size < 0 ? 0 : (size_t)size }, json);
    buffer_append_char(json, '"');
    return 0;
}

static int append_key(const EVP_PKEY *key, struct buffer *json, struct error *err)
{
    const char *algorithm = jwt_algorithm(key);
    char id[KEY_ID_SIZE];
    if (algorithm == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "tokens are signed with RSA or P-256 keys only");
    int rc = key_id(key, id, err);
    if (rc < 0)
        return rc;
    bool rsa = EVP_PKEY_is_a(key, "RSA");
    buffer_format(json, "{\"use\":\"sig\",\"kty\":\"%s\",\"kid\":\"%s\"", rsa ? "RSA" : "EC", id);
    if (!rsa)
        buffer_append_text(json, ",\"crv\":\"P-256\"");
    buffer_format(json, ",\"alg\":\"%s\"", algorithm);
    if (rsa)
        rc = append_number(key, OSSL_PKEY_PARAM_RSA_N, 0, "n", json, err);
    else
        rc = append_number(key, OSSL_PKEY_PARAM_EC_PUB_X, EC_SIZE, "x", json, err);
    if (rc == 0 && rsa)
        rc = append_number(key, OSSL_PKEY_PARAM_RSA_E, 0, "e", json, err);
    else if (rc == 0)
        rc = append_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, EC_SIZE, "y", json, err);
    buffer_append_char(json, '}');
    return rc;
}

int jwt_format_keys(struct evp_pkey_st *const *keys, size_t count, struct buffer *json, struct error *err)
{
    buffer_append_text(json, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(json, ',');
        int rc = append_key(keys[i], json, err);
        if (rc < 0)
            return rc;
    }
    buffer_append_text(json, "]}");
    return buffer_failed(json) ? error_set(err, ERROR_LIMIT, "the key set is too long") : 0;
}
