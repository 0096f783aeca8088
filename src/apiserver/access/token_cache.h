/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* token_cache.h - signatures that were found good a moment ago, so that a client's next request costs no
 * public-key operation.
 *
 * Only signature, issuer, audience and times are remembered, for ten seconds as upstream does it; whether the account
 * and pod still exist is for the caller to look up each time. The user that the caller makes of the claims is kept with them.
 * Belongs to the server's loop. */
#ifndef APISERVER_ACCESS_TOKEN_CACHE_H
#define APISERVER_ACCESS_TOKEN_CACHE_H

#include "apiserver/access/service_account_token.h"
#include "apiserver/request.h"
#include "base/container/map.h"
#include "base/ref.h"

#define TOKEN_CACHE_TIME (10 * USEC_PER_SEC)
#define TOKEN_CACHE_MAX  4096 /* tokens; the oldest goes first */

struct token_cache {
    struct map verified; /* struct verified_token by the token's text */
};

void token_cache_init(struct token_cache *cache);
void token_cache_fini(struct token_cache *cache);

struct verified_token {
    struct map_node node; /* in token_cache.verified */
    struct ref ref;
    struct arena arena; /* of the texts, and of what the caller keeps beside the claims */
    struct token_claims claims;
    struct user user; /* whom they make; the caller's */
    usec_t until;
};

/* NULL when it is not known, or not good any more. Borrowed until the next call. */
struct verified_token *token_cache_find(struct token_cache *cache, struct str token, usec_t now);

/* Copies token and claims; the token must not be known yet. Borrowed until the next call. */
struct verified_token *token_cache_add(struct token_cache *cache, struct str token, const struct token_claims *claims,
                                       usec_t now);

/* What it holds stays as long as the arena, which may end on any thread. */
void token_cache_keep(struct verified_token *token, struct arena *arena);

#endif
