/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/token_cache.h"

#include <stdlib.h>

#include "base/memory.h"

static void put(void *pointer)
{
    struct verified_token *token = pointer;
    if (!ref_put(&token->ref))
        return;
    arena_fini(&token->arena);
    free(token);
}

static void forget(struct token_cache *cache, struct verified_token *token)
{
    map_remove(&cache->verified, &token->node);
    put(token);
}

static struct verified_token *oldest(struct token_cache *cache)
{
    struct map_node *node = map_first(&cache->verified);
    return node == NULL ? NULL : container_of(node, struct verified_token, node);
}

void token_cache_init(struct token_cache *cache)
{
    map_init(&cache->verified);
}

void token_cache_fini(struct token_cache *cache)
{
    struct verified_token *token;
    while ((token = oldest(cache)) != NULL)
        forget(cache, token);
    map_fini(&cache->verified);
}

/* Entries are in the order of their age, which is that of their end but for tokens that expire earlier. */
static void forget_old(struct token_cache *cache, usec_t now)
{
    struct verified_token *token;
    while ((token = oldest(cache)) != NULL && (token->until <= now || cache->verified.size >= TOKEN_CACHE_MAX))
        forget(cache, token);
}

struct verified_token *token_cache_find(struct token_cache *cache, struct str token, usec_t now)
{
    struct verified_token *found = map_find_entry(&cache->verified, token, struct verified_token, node);
    if (found == NULL)
        return NULL;
    if (found->until > now)
        return found;
    forget(cache, found);
    return NULL;
}

struct verified_token *token_cache_add(struct token_cache *cache, struct str token, const struct token_claims *claims,
                                       usec_t now)
{
    forget_old(cache, now);
    struct verified_token *added = memory_new(struct verified_token);
    ref_init(&added->ref);
    struct arena *arena = &added->arena;
    size_t audiences = 0;
    while (claims->audiences != NULL && claims->audiences[audiences] != NULL)
        audiences++;
    const char **copies = arena_new_array(arena, const char *, audiences + 1);
    for (size_t i = 0; i < audiences; i++)
        copies[i] = arena_strdup(arena, claims->audiences[i]);
    added->claims = (struct token_claims){
        .issuer = arena_strdup(arena, claims->issuer),
        .audiences = copies,
        .id = arena_strdup(arena, claims->id),
        .namespace_ = arena_strdup(arena, claims->namespace_),
        .account_name = arena_strdup(arena, claims->account_name),
        .account_uid = arena_strdup(arena, claims->account_uid),
        .pod_name = arena_strdup(arena, claims->pod_name),
        .pod_uid = arena_strdup(arena, claims->pod_uid),
        .secret_name = arena_strdup(arena, claims->secret_name),
        .secret_uid = arena_strdup(arena, claims->secret_uid),
        .node_name = arena_strdup(arena, claims->node_name),
        .node_uid = arena_strdup(arena, claims->node_uid),
        .issued = claims->issued,
        .expires = claims->expires,
    };
    added->until = now + TOKEN_CACHE_TIME < claims->expires ? now + TOKEN_CACHE_TIME : claims->expires;
    map_insert(&cache->verified, arena_str(arena, token), &added->node);
    return added;
}

void token_cache_keep(struct verified_token *token, struct arena *arena)
{
    ref_get(&token->ref);
    arena_hold(arena, put, token);
}
