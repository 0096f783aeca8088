/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Ranges of a watch cache as they were: today's objects with the later changes undone. */

#include "apiserver/cache/internal.h"
#include "base/arena.h"

#include <stdlib.h>

/* What a key held before its first change after the wanted revision; NULL: nothing. */
struct undo {
    struct tree_node node;
    const struct object *object;
};

static void collect_undo(const struct watch_cache *cache, uint64_t revision, struct str prefix, struct arena *arena,
                         struct tree *undone)
{
    for (const struct cache_event *event = cache->oldest->next; event != NULL; event = event->next) {
        if (event->revision <= revision || event->object == NULL)
            continue;
        struct str key = str_of(object_key(event->object));
        if (!str_starts(key, prefix) || tree_find(undone, key) != NULL)
            continue;
        struct undo *undo = arena_new(arena, struct undo);
        undo->object = event->before;
        (void)tree_insert(undone, key, &undo->node); /* absent, as just seen */
    }
}

static struct tree_node *first_in(const struct tree *tree, const struct cache_range *range)
{
    return tree_lower_bound(tree, str_compare(range->prefix, range->start) > 0 ? range->prefix : range->start);
}

static struct tree_node *within(struct tree_node *node, struct str prefix)
{
    return node != NULL && str_starts(node->key, prefix) ? node : NULL;
}

/* How many there are in the range of what there is now, less what is undone of it. */
static uint64_t count_range(const struct watch_cache *cache, const struct tree *undone, const struct cache_range *range)
{
    uint64_t count = tree_count(&cache->objects, range->prefix, range->start);
    struct tree_node *node = within(first_in(undone, range), range->prefix);
    for (; node != NULL; node = within(tree_next(node), range->prefix)) {
        bool was = container_of(node, struct undo, node)->object != NULL;
        bool is = tree_find(&cache->objects, node->key) != NULL;
        count += (uint64_t)was - (uint64_t)is;
    }
    return count;
}

int watch_cache_range(struct watch_cache *cache, const struct cache_range *range,
                      bool (*each)(void *context, const struct object *object), void *context, uint64_t *ret_count,
                      struct error *err)
{
    uint64_t revision = range->revision;
    struct str prefix = range->prefix;
    auto_arena struct arena arena = { 0 };
    struct tree undone = { 0 };
    if (revision < watch_cache_revision(cache)) {
        watch_cache_recall(cache, revision);
        if (revision < cache->oldest->revision)
            return error_set(err, ERROR_EXPIRED,
                             "The provided resourceVersion %llu is too old: changes are known from %llu on",
                             (unsigned long long)revision, (unsigned long long)cache->oldest->revision);
        collect_undo(cache, revision, prefix, &arena, &undone);
    }
    if (ret_count != NULL)
        *ret_count = count_range(cache, &undone, range);
    struct tree_node *present = within(first_in(&cache->objects, range), prefix);
    struct tree_node *past = within(first_in(&undone, range), prefix);
    while (present != NULL || past != NULL) {
        int order = present == NULL ? 1 : past == NULL ? -1 : str_compare(present->key, past->key);
        const struct object *object = order < 0 ? container_of(present, struct cache_entry, node)->object
                                                : container_of(past, struct undo, node)->object;
        if (order <= 0)
            present = within(tree_next(present), prefix);
        if (order >= 0)
            past = within(tree_next(past), prefix);
        if (object != NULL && !each(context, object))
            break;
    }
    return 0;
}

/* ---------------------------------------------------------------- some of today's */

#define SIEVE_WORTHWHILE 2000 /* objects; fewer are looked at as fast */
#define CANDIDATES_SHARE 8 /* when more than one in so many could match, walking along the tree is as fast as sorting */

static int compare_entries(const void *a, const void *b)
{
    const struct cache_entry *left = *(struct cache_entry *const *)a, *right = *(struct cache_entry *const *)b;
    return str_compare(left->node.key, right->node.key);
}

/* The entries that could match, in key order, in the arena; SIZE_MAX: too many of them. */
static size_t sift(struct watch_cache *cache, const struct sieve_bits *wanted, const struct cache_range *range,
                   struct arena *arena, struct cache_entry ***ret_entries)
{
    if (!cache->sieve.active) {
        struct cache_entry *entry;
        sieve_start(&cache->sieve, cache->resource);
        tree_for_each (&cache->objects, entry, node)
            sieve_add(&cache->sieve, entry);
    }
    size_t max = cache->sieve.count / CANDIDATES_SHARE, count = 0;
    uint32_t *slots = arena_new_array(arena, uint32_t, max + 1);
    size_t found = sieve_find(&cache->sieve, wanted, slots, max);
    if (found == SIZE_MAX)
        return SIZE_MAX;
    struct cache_entry **entries = arena_new_array(arena, struct cache_entry *, found + 1);
    for (size_t i = 0; i < found; i++) {
        struct cache_entry *entry = cache->sieve.entries[slots[i]];
        if (str_starts(entry->node.key, range->prefix) && str_compare(entry->node.key, range->start) >= 0)
            entries[count++] = entry;
    }
    qsort(entries, count, sizeof(struct cache_entry *), compare_entries);
    *ret_entries = entries;
    return count;
}

void watch_cache_select(struct watch_cache *cache, const struct label_selector *labels,
                        const struct field_selector *fields, const struct cache_range *range,
                        bool (*each)(void *context, const struct object *object), void *context)
{
    auto_arena struct arena arena = { 0 };
    struct cache_entry **entries = NULL;
    struct sieve_bits wanted = sieve_wanted(labels, fields);
    size_t count = SIZE_MAX;
    if (labels->nothing)
        return;
    if (cache->objects.size >= SIEVE_WORTHWHILE && !sieve_bits_none(&wanted))
        count = sift(cache, &wanted, range, &arena, &entries);
    for (size_t i = 0; count != SIZE_MAX && i < count; i++)
        if (!each(context, entries[i]->object))
            return;
    if (count != SIZE_MAX)
        return;
    struct tree_node *node = within(first_in(&cache->objects, range), range->prefix);
    for (; node != NULL; node = within(tree_next(node), range->prefix))
        if (!each(context, container_of(node, struct cache_entry, node)->object))
            return;
}
