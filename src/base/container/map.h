/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* map.h - an intrusive hash map from bytes to elements.
 *
 * The element embeds a struct map_node and owns its key bytes, which must not change
 * while it is in the map. Keys are unique. Iteration order is insertion order, so that
 * runs repeat. Not thread-safe. */
#ifndef BASE_CONTAINER_MAP_H
#define BASE_CONTAINER_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/container/list.h"
#include "base/str.h"

struct map_node {
    struct map_node *chain;  /* next in the bucket */
    struct list_node by_age; /* in map.order */
    struct str key;
    uint64_t hash;
};

/* A zeroed map is empty. */
struct map {
    struct map_node **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t size;
    struct list order;
};

void map_init(struct map *map);
void map_fini(struct map *map); /* frees the buckets, never the elements */

struct map_node *map_find(const struct map *map, struct str key);

/* node->key is set by the call. The key must be absent: check with map_find(). */
void map_insert(struct map *map, struct str key, struct map_node *node);
void map_remove(struct map *map, struct map_node *node);

struct map_node *map_first(const struct map *map); /* oldest, NULL when empty */
struct map_node *map_next(const struct map *map, const struct map_node *node);

#define map_find_entry(map, key, type, member)                      \
    ({                                                              \
        struct map_node *found_ = map_find((map), (key));           \
        found_ == NULL ? NULL : container_of(found_, type, member); \
    })

/* The element may be removed inside the loop, others may not. */
#define map_for_each(map, element, member) \
    map_for_each_((map), element, member, local_name(node, __LINE__), local_name(next, __LINE__))
#define map_for_each_(map, element, member, here, after)                                             \
    for (struct map_node *here = map_first(map), *after = here == NULL ? NULL : map_next(map, here); \
         here != NULL && ((element) = container_of(here, __typeof__(*(element)), member), true);     \
         here = after, after = here == NULL ? NULL : map_next(map, here))

#endif
