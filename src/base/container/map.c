/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/container/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define MAP_FIRST_BUCKETS 16

void map_init(struct map *map)
{
    *map = (struct map){ 0 };
}

void map_fini(struct map *map)
{
    free(map->buckets);
    *map = (struct map){ 0 };
}

/* Eight bytes a step: keys can be long, such as a token. Not str_hash(), whose values are written down elsewhere. */
static uint64_t hash_of(struct str key)
{
    const uint64_t factor = 0x9fb21c651e98df25u;
    uint64_t hash = key.size * factor, word;
    for (; key.size >= sizeof(word); key = str_skip(key, sizeof(word))) {
        memcpy(&word, key.data, sizeof(word));
        hash = (hash ^ word) * factor;
        hash ^= hash >> 32;
    }
    word = 0;
    if (key.size > 0)
        memcpy(&word, key.data, key.size);
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 32;
}

struct map_node *map_find(const struct map *map, struct str key)
{
    if (map->size == 0)
        return NULL;
    uint64_t hash = hash_of(key);
    struct map_node *node = map->buckets[hash & (map->bucket_count - 1)];
    while (node != NULL && (node->hash != hash || !str_equal(node->key, key)))
        node = node->chain;
    return node;
}

static void map_grow(struct map *map)
{
    size_t count = map->bucket_count == 0 ? MAP_FIRST_BUCKETS : map->bucket_count * 2;
    struct map_node **buckets = memory_zalloc(count * sizeof(struct map_node *));
    struct map_node *node = NULL;
    if (map->bucket_count == 0)
        list_init(&map->order);
    list_for_each (&map->order, node, by_age) {
        struct map_node **bucket = &buckets[node->hash & (count - 1)];
        node->chain = *bucket;
        *bucket = node;
    }
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = count;
}

void map_insert(struct map *map, struct str key, struct map_node *node)
{
    if (map->size >= map->bucket_count)
        map_grow(map);
    node->key = key;
    node->hash = hash_of(key);
    struct map_node **bucket = &map->buckets[node->hash & (map->bucket_count - 1)];
    node->chain = *bucket;
    *bucket = node;
    list_append(&map->order, &node->by_age);
    map->size++;
}

void map_remove(struct map *map, struct map_node *node)
{
    struct map_node **link = &map->buckets[node->hash & (map->bucket_count - 1)];
    while (*link != node)
        link = &(*link)->chain;
    *link = node->chain;
    list_remove(&node->by_age);
    node->chain = NULL;
    map->size--;
}

struct map_node *map_first(const struct map *map)
{
    return map->size == 0 ? NULL : container_of(map->order.head.next, struct map_node, by_age);
}

struct map_node *map_next(const struct map *map, const struct map_node *node)
{
    struct list_node *next = node->by_age.next;
    return next == &map->order.head ? NULL : container_of(next, struct map_node, by_age);
}
