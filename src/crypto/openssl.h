/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* openssl.h - what this folder's users of OpenSSL share: scope cleanup, memory BIOs, its error queue. */
#ifndef CRYPTO_OPENSSL_H
#define CRYPTO_OPENSSL_H

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/error.h"

#define DEFINE_OPENSSL_CLEANUP(type, destroy)            \
    static inline void destroy##_cleanup(type **pointer) \
    {                                                    \
        destroy(*pointer);                               \
    }
DEFINE_OPENSSL_CLEANUP(BIO, BIO_free_all)
DEFINE_OPENSSL_CLEANUP(EVP_PKEY, EVP_PKEY_free)
DEFINE_OPENSSL_CLEANUP(EVP_MD_CTX, EVP_MD_CTX_free)
DEFINE_OPENSSL_CLEANUP(X509, X509_free)
DEFINE_OPENSSL_CLEANUP(X509_REQ, X509_REQ_free)
#define auto_openssl(destroy) __attribute__((cleanup(destroy##_cleanup)))

/* -ERROR_TLS with "what: " and the newest of OpenSSL's queued errors; empties the queue. */
int openssl_error(struct error *err, const char *what);

/* The same for bytes that came from outside and do not parse: -ERROR_SYNTAX. */
int openssl_syntax_error(struct error *err, const char *what);

BIO *openssl_reader(struct str bytes); /* borrows; NULL when out of memory or larger than an int */

/* Appends what was written to a memory BIO. */
int openssl_drain(BIO *bio, struct buffer *buffer, struct error *err) must_check;

#endif
