/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* x509.h - a certificate authority, the certificates and requests it deals with, and what they say.
 *
 * In Kubernetes a client certificate's common name is the user and its organizations are
 * the groups. Everything is PEM at the edges and OpenSSL's X509 within. All immutable and
 * safe from any thread; making keys takes a fraction of a millisecond (P-256). */
#ifndef CRYPTO_X509_H
#define CRYPTO_X509_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"
#include "base/text/ip.h"
#include "base/time.h"

struct x509_st;
struct evp_pkey_st;
struct x509_authority;

enum { X509_USAGE_SERVER = 1, X509_USAGE_CLIENT = 2 };

/* What a certificate shall say. Lists end with NULL; a NULL list is empty. */
struct x509_template {
    const char *common_name;
    const char *const *organizations;
    const char *const *dns_names;
    const struct ip *addresses;
    size_t address_count;
    unsigned usages;   /* X509_USAGE_... */
    usec_t not_before; /* cut to seconds */
    usec_t not_after;
};

/* What a certificate or a request says; in the arena, lists are never NULL. */
struct x509_info {
    const char *common_name; /* "" when there is none */
    const char *const *organizations;
    const char *const *dns_names;
    const char *const *uris;
    const char *const *emails;
    const struct ip *addresses;
    size_t address_count;
    unsigned usages;
    usec_t not_before; /* 0 in a request */
    usec_t not_after;
    bool is_authority;
};

/* --- the authority: a self-signed P-256 certificate and its key --- */

int x509_authority_create(const char *common_name, usec_t not_before, usec_t not_after,
                          struct x509_authority **ret_authority, struct error *err) must_check;
int x509_authority_parse(struct str certificate_pem, struct str key_pem, struct x509_authority **ret_authority,
                         struct error *err) must_check;
void x509_authority_destroy(struct x509_authority *authority);         /* NULL is fine */
struct str x509_authority_pem(const struct x509_authority *authority); /* the certificate; borrowed */
int x509_authority_format_key(const struct x509_authority *authority, struct buffer *pem, struct error *err) must_check;

/* From NAME.crt and NAME.key in the directory; when both are absent a new one is made and written there (0644, 0600).
 * Blocks. */
int x509_authority_open(int directory, const char *name, const char *common_name, usec_t not_before, usec_t not_after,
                        struct x509_authority **ret_authority, struct error *err) must_check;

/* --- issuing --- */

/* With a new P-256 key. */
int x509_issue(const struct x509_authority *authority, const struct x509_template *what, struct buffer *certificate_pem,
               struct buffer *key_pem, struct error *err) must_check;

/* Subject and alternative names come from the request, whose signature is checked; usages and validity are the caller's. */
int x509_sign_request(const struct x509_authority *authority, struct str request_pem, unsigned usages,
                      usec_t not_before, usec_t not_after, struct buffer *certificate_pem,
                      struct error *err) must_check;

/* Names, addresses and subject of the template; with 'key'. */
int x509_request_create(const struct x509_template *what, struct evp_pkey_st *key, struct buffer *request_pem,
                        struct error *err) must_check;

/* --- reading --- */

struct x509_st *x509_ref(struct x509_st *certificate);
void x509_unref(struct x509_st *certificate); /* NULL is fine */

int x509_describe(struct x509_st *certificate, struct arena *arena, struct x509_info *ret_info,
                  struct error *err) must_check;
int x509_parse(struct str certificate_pem, struct arena *arena, struct x509_info *ret_info,
               struct error *err) must_check;
int x509_request_parse(struct str request_pem, struct arena *arena, struct x509_info *ret_info,
                       struct error *err) must_check;

#endif
