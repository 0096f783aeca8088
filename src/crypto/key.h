/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* key.h - private and public keys: make, read and write them (PEM). OpenSSL's EVP_PKEY.
 * A key does not change once made and may be used by any thread. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

struct evp_pkey_st;

enum key_type { KEY_EC_P256, KEY_RSA_2048 };

int key_generate(enum key_type type, struct evp_pkey_st **ret_key, struct error *err) must_check;
struct evp_pkey_st *key_ref(struct evp_pkey_st *key);
void key_unref(struct evp_pkey_st *key); /* NULL is fine */

/* PKCS #8, PKCS #1 or SEC 1, not encrypted; the first one in the text. */
int key_parse(struct str pem, struct evp_pkey_st **ret_key, struct error *err) must_check;
/* "PUBLIC KEY", "CERTIFICATE", or a private key's public half. */
int key_parse_public(struct str pem, struct evp_pkey_st **ret_key, struct error *err) must_check;

/* "EC PRIVATE KEY" (SEC 1) or "RSA PRIVATE KEY" (PKCS #1), as Kubernetes' own tools write them: some clients (fabric8's in
 * Java) tell by that line what key it is, and take one without it for RSA. */
int key_format(const struct evp_pkey_st *key, struct buffer *pem, struct error *err) must_check;
int key_format_public(const struct evp_pkey_st *key, struct buffer *pem, struct error *err) must_check;

/* The private key in the file, made there with mode 0600 when the file is absent. Blocks. */
int key_open(int directory, const char *path, enum key_type type, struct evp_pkey_st **ret_key,
             struct error *err) must_check;

/* How tokens name the key, the same as upstream: base64url of the SHA-256 of the public key's DER. */
#define KEY_ID_SIZE 44
int key_id(const struct evp_pkey_st *key, char text[KEY_ID_SIZE], struct error *err) must_check;

#endif
