/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* p256.h - P-256 keys to and from DER without OpenSSL's codecs.
 *
 * Those are general: for each key they look through all formats and algorithms that they know, which takes a millisecond and
 * was most of a server's start. A P-256 key has one layout of one length: a constant head, then numbers. Whoever uses this
 * falls back to the general way for every other key and layout. */
#ifndef CRYPTO_P256_H
#define CRYPTO_P256_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct evp_pkey_st;

enum {
    P256_POINT_SIZE = 65,    /* not compressed: 4, x, y */
    P256_PUBLIC_SIZE = 91,   /* SubjectPublicKeyInfo */
    P256_PRIVATE_SIZE = 121, /* SEC 1 with the public half */
};

/* False: it is another kind of key. Private halves are the caller's to wipe. */
bool p256_point(const struct evp_pkey_st *key, uint8_t ret_point[P256_POINT_SIZE]);
bool p256_format_public(const struct evp_pkey_st *key, uint8_t ret_der[P256_PUBLIC_SIZE]);
bool p256_format_private(const struct evp_pkey_st *key, uint8_t ret_der[P256_PRIVATE_SIZE]);

/* A new key; NULL: it is of another kind or layout, or its point is none of the curve. */
struct evp_pkey_st *p256_parse_public(struct str der);
struct evp_pkey_st *p256_parse_private(struct str der);

#endif
