/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* x509.c - see x509.h: the authority and what it signs. x509_read.c has the way back. */
#include "crypto/x509.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/system/file.h"
#include "crypto/key.h"
#include "crypto/p256.h"
#include "crypto/random.h"
#include "crypto/x509_names.h"

#define PEM_MAX     ((size_t)64 << 10)
#define SERIAL_SIZE 16

struct x509_authority {
    X509 *certificate;
    EVP_PKEY *key;
    char *pem;
};

/* What is being signed, and by whom; 'issuer' NULL: by itself. */
struct issue {
    X509 *issuer;
    EVP_PKEY *issuer_key;
    const X509_NAME *subject;
    EVP_PKEY *public_key;
    const GENERAL_NAMES *names;
    unsigned usages;
    usec_t not_before, not_after;
};

static bool add_extension(X509 *certificate, X509V3_CTX *context, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, kind, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_extensions(X509 *certificate, const struct issue *issue)
{
    bool authority = issue->issuer == NULL;
    X509V3_CTX context;
    X509V3_set_ctx(&context, authority ? certificate : issue->issuer, certificate, NULL, NULL, 0);
    if (!add_extension(certificate, &context, NID_key_usage,
                       authority ? "critical,digitalSignature,keyEncipherment,keyCertSign"
                                 : "critical,digitalSignature,keyEncipherment") ||
        !add_extension(certificate, &context, NID_basic_constraints,
                       authority ? "critical,CA:TRUE" : "critical,CA:FALSE"))
        return false;
    const bool server = (issue->usages & X509_USAGE_SERVER) != 0, client = (issue->usages & X509_USAGE_CLIENT) != 0;
    const char *extended = server && client ? "serverAuth,clientAuth"
                           : server         ? "serverAuth"
                           : client         ? "clientAuth"
                                            : NULL;
    if (extended != NULL && !add_extension(certificate, &context, NID_ext_key_usage, extended))
        return false;
    if (!add_extension(certificate, &context, NID_subject_key_identifier, "hash"))
        return false;
    if (!authority && !add_extension(certificate, &context, NID_authority_key_identifier, "keyid"))
        return false;
    return issue->names == NULL || sk_GENERAL_NAME_num(issue->names) == 0 ||
           X509_add1_ext_i2d(certificate, NID_subject_alt_name, (void *)(uintptr_t)issue->names, 0, 0) == 1;
}

static bool set_serial(X509 *certificate)
{
    unsigned char bytes[SERIAL_SIZE];
    random_secret(bytes, sizeof(bytes));
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40); /* positive, and always of the same length */
    BIGNUM *number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

/* X509_set_pubkey() would encode the key and decode it again. */
static bool set_public_key(X509 *certificate, EVP_PKEY *key)
{
    uint8_t point[P256_POINT_SIZE];
    if (!p256_point(key, point))
        return X509_set_pubkey(certificate, key) == 1;
    unsigned char *bits = OPENSSL_memdup(point, sizeof(point));
    if (bits != NULL &&
        X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                               OBJ_nid2obj(NID_X9_62_prime256v1), bits, sizeof(point)) == 1)
        return true;
    OPENSSL_free(bits);
    return false;
}

static int make_certificate(const struct issue *issue, X509 **ret_certificate, struct error *err)
{
    auto_openssl(X509_free) X509 *certificate = X509_new();
    const X509_NAME *issuer = issue->issuer != NULL ? X509_get_subject_name(issue->issuer) : issue->subject;
    if (certificate == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate) ||
        X509_set_issuer_name(certificate, issuer) != 1 || X509_set_subject_name(certificate, issue->subject) != 1 ||
        ASN1_TIME_set(X509_getm_notBefore(certificate), issue->not_before / USEC_PER_SEC) == NULL ||
        ASN1_TIME_set(X509_getm_notAfter(certificate), issue->not_after / USEC_PER_SEC) == NULL ||
        !set_public_key(certificate, issue->public_key) || !add_extensions(certificate, issue) ||
        X509_sign(certificate, issue->issuer_key, EVP_sha256()) == 0)
        return openssl_error(err, "sign a certificate");
    *ret_certificate = take_pointer(&certificate);
    return 0;
}

static int format_certificate(X509 *certificate, struct buffer *pem, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_X509(bio, certificate) != 1)
        return openssl_error(err, "write a certificate");
    return openssl_drain(bio, pem, err);
}

/* --- the authority --- */

static int finish_authority(X509 *certificate, EVP_PKEY *key, struct x509_authority **ret_authority, struct error *err)
{
    auto_buffer struct buffer pem = { .max = PEM_MAX };
    int rc = format_certificate(certificate, &pem, err);
    if (rc < 0)
        return rc;
    struct x509_authority *authority = memory_new(struct x509_authority);
    X509_up_ref(certificate);
    authority->certificate = certificate;
    authority->key = key_ref(key);
    authority->pem = buffer_steal(&pem, NULL);
    *ret_authority = authority;
    return 0;
}

DEFINE_OPENSSL_CLEANUP(X509_NAME, X509_NAME_free)

int x509_authority_create(const char *common_name, usec_t not_before, usec_t not_after,
                          struct x509_authority **ret_authority, struct error *err)
{
    auto_openssl(EVP_PKEY_free) EVP_PKEY *key = NULL;
    int rc = key_generate(KEY_EC_P256, &key, err);
    if (rc < 0)
        return rc;
    auto_openssl(X509_NAME_free) X509_NAME *subject =
        x509_make_subject(&(struct x509_template){ .common_name = common_name });
    if (subject == NULL)
        return openssl_error(err, "name a certificate authority");
    auto_openssl(X509_free) X509 *certificate = NULL;
    struct issue issue = {
        .issuer_key = key, .subject = subject, .public_key = key, .not_before = not_before, .not_after = not_after
    };
    rc = make_certificate(&issue, &certificate, err);
    return rc < 0 ? rc : finish_authority(certificate, key, ret_authority, err);
}

int x509_authority_parse(struct str certificate_pem, struct str key_pem, struct x509_authority **ret_authority,
                         struct error *err)
{
    auto_openssl(EVP_PKEY_free) EVP_PKEY *key = NULL;
    int rc = key_parse(key_pem, &key, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "the authority's key");
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(certificate_pem);
    auto_openssl(X509_free) X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (certificate == NULL)
        return openssl_syntax_error(err, "read an authority's certificate");
    if (X509_check_private_key(certificate, key) != 1) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "the authority's certificate and key do not belong together");
    }
    if (X509_check_ca(certificate) == 0)
        return error_set(err, ERROR_INVALID, "the authority's certificate may not sign others");
    return finish_authority(certificate, key, ret_authority, err);
}

struct x509_st *x509_ref(struct x509_st *certificate)
{
    X509_up_ref(certificate);
    return certificate;
}

void x509_unref(struct x509_st *certificate)
{
    X509_free(certificate);
}

void x509_authority_destroy(struct x509_authority *authority)
{
    if (authority == NULL)
        return;
    X509_free(authority->certificate);
    key_unref(authority->key);
    free(authority->pem);
    free(authority);
}

struct str x509_authority_pem(const struct x509_authority *authority)
{
    return str_of(authority->pem);
}

int x509_authority_format_key(const struct x509_authority *authority, struct buffer *pem, struct error *err)
{
    return key_format(authority->key, pem, err);
}

static int write_pair(int directory, const char *name, struct str certificate, struct str key, struct error *err)
{
    char key_path[512], certificate_path[512];
    if (snprintf(key_path, sizeof(key_path), "%s.key", name) >= (int)sizeof(key_path))
        return error_set(err, ERROR_LIMIT, "the name %s is too long", name);
    snprintf(certificate_path, sizeof(certificate_path), "%s.crt", name);
    /* The key first: a certificate without its key would look like an authority that was there before. */
    const struct file_content files[] = { { key_path, key, 0600 }, { certificate_path, certificate, 0644 } };
    return file_write_all(directory, files, countof(files), err);
}

static int read_pair(int directory, const char *name, struct buffer *certificate, struct buffer *key, struct error *err)
{
    char path[512];
    if (snprintf(path, sizeof(path), "%s.crt", name) >= (int)sizeof(path))
        return error_set(err, ERROR_LIMIT, "the name %s is too long", name);
    int rc = file_read(directory, path, PEM_MAX, certificate, err);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof(path), "%s.key", name);
    rc = file_read(directory, path, PEM_MAX, key, err);
    /* Only a missing certificate means that there is no authority yet. */
    return rc == -ERROR_NOT_FOUND ? error_set(err, ERROR_INVALID, "%s.crt is there but not its key", name) : rc;
}

int x509_authority_open(int directory, const char *name, const char *common_name, usec_t not_before, usec_t not_after,
                        struct x509_authority **ret_authority, struct error *err)
{
    auto_buffer struct buffer certificate = { .max = PEM_MAX }, key = { .max = PEM_MAX };
    int rc = read_pair(directory, name, &certificate, &key, err);
    if (rc == 0)
        rc = x509_authority_parse(buffer_str(&certificate), buffer_str(&key), ret_authority, err);
    if (rc != -ERROR_NOT_FOUND)
        return rc < 0 ? error_wrap_code(err, rc, "certificate authority %s", name) : 0;

    struct x509_authority *authority = NULL;
    rc = x509_authority_create(common_name, not_before, not_after, &authority, err);
    if (rc < 0)
        return rc;
    assert(authority != NULL);
    rc = key_format(authority->key, &key, err);
    if (rc == 0)
        rc = write_pair(directory, name, x509_authority_pem(authority), buffer_str(&key), err);
    if (rc < 0) {
        x509_authority_destroy(authority);
        return error_wrap_code(err, rc, "make certificate authority %s", name);
    }
    *ret_authority = authority;
    return 0;
}

/* --- issuing --- */

int x509_issue(const struct x509_authority *authority, const struct x509_template *what, struct buffer *certificate_pem,
               struct buffer *key_pem, struct error *err)
{
    auto_openssl(EVP_PKEY_free) EVP_PKEY *key = NULL;
    int rc = key_generate(KEY_EC_P256, &key, err);
    if (rc < 0)
        return rc;
    auto_openssl(X509_NAME_free) X509_NAME *subject = x509_make_subject(what);
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names = x509_make_names(what);
    if (subject == NULL || names == NULL)
        return openssl_error(err, "name a certificate");
    auto_openssl(X509_free) X509 *certificate = NULL;
    struct issue issue = { .issuer = authority->certificate,
                           .issuer_key = authority->key,
                           .subject = subject,
                           .public_key = key,
                           .names = names,
                           .usages = what->usages,
                           .not_before = what->not_before,
                           .not_after = what->not_after };
    rc = make_certificate(&issue, &certificate, err);
    if (rc == 0)
        rc = format_certificate(certificate, certificate_pem, err);
    return rc < 0 ? rc : key_format(key, key_pem, err);
}

/* --- requests --- */

static int parse_request(struct str pem, X509_REQ **ret_request, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(pem);
    auto_openssl(X509_REQ_free) X509_REQ *request = bio == NULL ? NULL : PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    EVP_PKEY *key = request == NULL ? NULL : X509_REQ_get0_pubkey(request);
    if (key == NULL)
        return openssl_syntax_error(err, "read a certificate request");
    if (X509_REQ_verify(request, key) != 1) {
        ERR_clear_error();
        return error_set(err, ERROR_INVALID, "the certificate request is not signed by its own key");
    }
    *ret_request = take_pointer(&request);
    return 0;
}

static GENERAL_NAMES *requested_names(X509_REQ *request)
{
    __attribute__((cleanup(free_extensions))) STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    return extensions == NULL ? NULL : X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
}

int x509_sign_request(const struct x509_authority *authority, struct str request_pem, unsigned usages,
                      usec_t not_before, usec_t not_after, struct buffer *certificate_pem, struct error *err)
{
    auto_openssl(X509_REQ_free) X509_REQ *request = NULL;
    int rc = parse_request(request_pem, &request, err);
    if (rc < 0)
        return rc;
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names = requested_names(request);
    struct issue issue = { .issuer = authority->certificate,
                           .issuer_key = authority->key,
                           .subject = X509_REQ_get_subject_name(request),
                           .public_key = X509_REQ_get0_pubkey(request),
                           .names = names,
                           .usages = usages,
                           .not_before = not_before,
                           .not_after = not_after };
    auto_openssl(X509_free) X509 *certificate = NULL;
    rc = make_certificate(&issue, &certificate, err);
    return rc < 0 ? rc : format_certificate(certificate, certificate_pem, err);
}

int x509_request_create(const struct x509_template *what, struct evp_pkey_st *key, struct buffer *request_pem,
                        struct error *err)
{
    auto_openssl(X509_REQ_free) X509_REQ *request = X509_REQ_new();
    auto_openssl(X509_NAME_free) X509_NAME *subject = x509_make_subject(what);
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names = x509_make_names(what);
    __attribute__((cleanup(free_extensions))) STACK_OF(X509_EXTENSION) *extensions = NULL;
    if (request == NULL || subject == NULL || names == NULL || X509_REQ_set_subject_name(request, subject) != 1 ||
        X509_REQ_set_pubkey(request, key) != 1)
        return openssl_error(err, "make a certificate request");
    if (sk_GENERAL_NAME_num(names) > 0 &&
        (X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) != 1 ||
         X509_REQ_add_extensions(request, extensions) != 1))
        return openssl_error(err, "add names to a certificate request");
    auto_openssl(BIO_free_all) BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || X509_REQ_sign(request, key, EVP_sha256()) == 0 || PEM_write_bio_X509_REQ(bio, request) != 1)
        return openssl_error(err, "sign a certificate request");
    return openssl_drain(bio, request_pem, err);
}

int x509_request_parse(struct str request_pem, struct arena *arena, struct x509_info *ret_info, struct error *err)
{
    auto_openssl(X509_REQ_free) X509_REQ *request = NULL;
    int rc = parse_request(request_pem, &request, err);
    if (rc < 0)
        return rc;
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names = requested_names(request);
    struct x509_info info = { 0 };
    rc = x509_read_names(X509_REQ_get_subject_name(request), names, arena, &info, err);
    if (rc == 0)
        *ret_info = info;
    return rc;
}
