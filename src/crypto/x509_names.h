/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* x509_names.h - subjects and alternative names, between our lists and OpenSSL's. For this folder only. */
#ifndef CRYPTO_X509_NAMES_H
#define CRYPTO_X509_NAMES_H

#include <openssl/x509v3.h>

#include "crypto/openssl.h"
#include "crypto/x509.h"

static inline void free_extensions(STACK_OF(X509_EXTENSION) * *extensions)
{
    sk_X509_EXTENSION_pop_free(*extensions, X509_EXTENSION_free);
}
static inline void free_names(GENERAL_NAMES **names)
{
    GENERAL_NAMES_free(*names);
}

/* NULL: OpenSSL's queue tells why. */
X509_NAME *x509_make_subject(const struct x509_template *what);
GENERAL_NAMES *x509_make_names(const struct x509_template *what); /* may be empty */

/* Sets the name fields of 'info'; 'names' may be NULL. -ERROR_SYNTAX for names with a NUL inside. */
int x509_read_names(const X509_NAME *subject, const GENERAL_NAMES *names, struct arena *arena, struct x509_info *info,
                    struct error *err) must_check;

#endif
