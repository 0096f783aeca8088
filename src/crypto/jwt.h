/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* jwt.h - signed tokens (JWS compact form, RFC 7515): service account tokens and OIDC.
 *
 * The algorithm follows from the key: RS256 for RSA, ES256 for P-256, nothing else.
 * What the claims mean (expiry, audience, issuer) is the caller's business. */
#ifndef CRYPTO_JWT_H
#define CRYPTO_JWT_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

struct evp_pkey_st;

#define JWT_SIZE_MAX ((size_t)64 << 10)

/* Appends header.claims.signature; the header names the key with key_id(). 'claims' is a JSON object's text. */
int jwt_sign(struct evp_pkey_st *key, struct str claims, struct buffer *token, struct error *err) must_check;

/* Appends the claims' JSON text of a token that one of the keys signed. The key is chosen by the token's "kid" when
 * one of them has that name, else all are tried. -ERROR_SYNTAX: not a token; -ERROR_UNAUTHORIZED: not signed by these. */
int jwt_verify(struct evp_pkey_st *const *keys, size_t count, struct str token, struct buffer *claims,
               struct error *err) must_check;

/* Appends the claims without any check of the signature: to find out which issuer to ask. */
int jwt_peek(struct str token, struct buffer *claims, struct error *err) must_check;

/* What tokens of that key say they are signed with: "RS256", "ES256"; NULL for a key that signs none. */
const char *jwt_algorithm(const struct evp_pkey_st *key);

/* Appends the public keys as a JSON Web Key Set, as /openid/v1/jwks serves it. */
int jwt_format_keys(struct evp_pkey_st *const *keys, size_t count, struct buffer *json, struct error *err) must_check;

#endif
