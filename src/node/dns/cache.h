/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cache.h - answers of upstream resolvers, for as long as their TTLs say; the least used go when it is full. */
#ifndef NODE_DNS_CACHE_H
#define NODE_DNS_CACHE_H

#include "base/arena.h"
#include "base/time.h"
#include "node/dns/resolve.h"

#define DNS_CACHE_TTL_MAX      3600 /* seconds */
#define DNS_CACHE_NEGATIVE_MAX 300

struct dns_cache;

struct dns_cache *dns_cache_create(size_t max_entries, size_t max_bytes);
void dns_cache_destroy(struct dns_cache *cache); /* NULL is fine */

/* The answer to this query, TTLs lowered by its age, with the query's id and spelling; in the arena. data NULL:
 * none. */
struct str dns_cache_get(struct dns_cache *cache, struct str query, usec_t now, struct arena *arena);
/* Keeps the answer when it may be kept; a failure, a cut one or one that does not parse is not. */
void dns_cache_put(struct dns_cache *cache, struct str query, struct str answer, usec_t now);
size_t dns_cache_count(const struct dns_cache *cache);

#endif
