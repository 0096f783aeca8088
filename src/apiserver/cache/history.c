/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Ranges of a watch cache as they were: today's objects with the later changes undone. */

#include "apiserver/cache/internal.h"
#include "base/arena.h"

/* What a key held before its first change after the wanted revision; NULL: nothing. */
struct undo {
    struct tree_node node;
    const struct object *object;
};

static void collect_undo(const struct watch_cache *cache, uint64_t revision, struct str prefix, struct arena *arena,
                         struct tree *undone)
{
    for (const struct cache_event *event = cache->oldest->next; event != NULL; event = event->next) {
        if (event->revision <= revision)
            continue;
        struct str key = str_of(object_key(event->object));
        if (!str_starts(key, prefix) || tree_find(undone, key) != NULL)
            continue;
        struct undo *undo = arena_new(arena, struct undo);
        undo->object = event->before;
        (void)tree_insert(undone, key, &undo->node); /* absent, as just seen */
    }
}

static struct tree_node *first_in(const struct tree *tree, struct str prefix, struct str start)
{
    return tree_lower_bound(tree, str_compare(prefix, start) > 0 ? prefix : start);
}

static struct tree_node *within(struct tree_node *node, struct str prefix)
{
    return node != NULL && str_starts(node->key, prefix) ? node : NULL;
}

int watch_cache_range(const struct watch_cache *cache, uint64_t revision, struct str prefix, struct str start,
                      bool (*each)(void *context, const struct object *object), void *context, struct error *err)
{
    auto_arena struct arena arena = { 0 };
    struct tree undone = { 0 };
    if (revision < watch_cache_revision(cache)) {
        if (revision < cache->oldest->revision)
            return error_set(err, ERROR_EXPIRED,
                             "The provided resourceVersion %llu is too old: changes are known from %llu on",
                             (unsigned long long)revision, (unsigned long long)cache->oldest->revision);
        collect_undo(cache, revision, prefix, &arena, &undone);
    }
    struct tree_node *present = within(first_in(&cache->objects, prefix, start), prefix);
    struct tree_node *past = within(first_in(&undone, prefix, start), prefix);
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
