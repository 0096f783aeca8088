/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* x509_read.c - what a certificate says. */
#include <openssl/pem.h>
#include <time.h>

#include "crypto/x509_names.h"

static usec_t moment_of(const ASN1_TIME *time)
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return 0;
    return (usec_t)timegm(&parts) * USEC_PER_SEC;
}

int x509_describe(struct x509_st *certificate, struct arena *arena, struct x509_info *ret_info, struct error *err)
{
    __attribute__((cleanup(free_names))) GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    struct x509_info info = { 0 };
    int rc = x509_read_names(X509_get_subject_name(certificate), names, arena, &info, err);
    if (rc < 0)
        return rc;
    uint32_t usage = X509_get_extended_key_usage(certificate); /* all bits set when the extension is absent */
    info.usages = ((usage & XKU_SSL_SERVER) != 0 ? X509_USAGE_SERVER : 0U) |
                  ((usage & XKU_SSL_CLIENT) != 0 ? X509_USAGE_CLIENT : 0U);
    info.not_before = moment_of(X509_get0_notBefore(certificate));
    info.not_after = moment_of(X509_get0_notAfter(certificate));
    info.is_authority = X509_check_ca(certificate) == 1;
    *ret_info = info;
    return 0;
}

int x509_parse(struct str certificate_pem, struct arena *arena, struct x509_info *ret_info, struct error *err)
{
    auto_openssl(BIO_free_all) BIO *bio = openssl_reader(certificate_pem);
    auto_openssl(X509_free) X509 *certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (certificate == NULL)
        return openssl_syntax_error(err, "read a certificate");
    return x509_describe(certificate, arena, ret_info, err);
}
