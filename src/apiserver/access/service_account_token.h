/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_account_token.h - the claims of service account tokens: written, signed, read back and checked.
 *
 * Pure but for the signature: what the claims name (account, pod) must be looked up by the caller. */
#ifndef APISERVER_ACCESS_SERVICE_ACCOUNT_TOKEN_H
#define APISERVER_ACCESS_SERVICE_ACCOUNT_TOKEN_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/time.h"
#include "crypto/jwt.h"

#define TOKEN_AUDIENCES_MAX 16

/* Strings are never NULL once read; "" when the token does not say. */
struct token_claims {
    const char *issuer;
    const char *const *audiences; /* NULL-terminated */
    const char *id;               /* jti */
    const char *namespace_;
    const char *account_name;
    const char *account_uid;
    const char *pod_name; /* the object that it is bound to: a pod, */
    const char *pod_uid;
    const char *secret_name; /* or a Secret */
    const char *secret_uid;
    const char *node_name; /* where the pod runs */
    const char *node_uid;
    usec_t issued;
    usec_t expires;
};

int token_issue(struct evp_pkey_st *key, const struct token_claims *claims, struct buffer *token,
                struct error *err) must_check;

/* Signature, issuer, times and audience: 'audiences' are those the asker is, one of them must be the token's. All
 * failures are -ERROR_UNAUTHORIZED. The texts are in the arena. */
int token_check(struct evp_pkey_st *const *keys, size_t n_keys, const char *issuer, const char *const *audiences,
                struct str token, usec_t now, struct arena *arena, struct token_claims *ret_claims,
                struct error *err) must_check;

#endif
