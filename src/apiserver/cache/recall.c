/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What happened before the cache was filled, as far as the store knows: for those who were watching another server's cache
 * over the same store, before a restart. As much as one of them needs, when it comes; kept like any event from then on. */

#include <string.h>

#include "apiserver/cache/internal.h"
#include "base/arena.h"
#include "base/log.h"

/* What a key holds at this point of the story. */
struct past {
    struct tree_node node;
    const struct object *object; /* borrowed from an event; NULL: nothing */
    uint64_t revision;
};

struct recall {
    struct watch_cache *cache;
    struct store_watch feed;
    struct arena arena;
    struct tree pasts;
    struct cache_event *first; /* a reference */
    struct cache_event *last;
    size_t count;
    int rc;
    struct error err;
};

static struct past *past_of(struct recall *recall, struct str key)
{
    struct past *past = tree_find_entry(&recall->pasts, key, struct past, node);
    if (past != NULL)
        return past;
    past = arena_new(&recall->arena, struct past);
    (void)tree_insert(&recall->pasts, arena_str(&recall->arena, key), &past->node); /* absent, as just seen */
    return past;
}

static int decode(struct recall *recall, struct bytes *value, uint64_t revision, const struct object **ret_object)
{
    struct store_record record = { .value = value, .revision = revision };
    struct object *object;
    int rc = watch_cache_read(recall->cache, &record, &object, &recall->err);
    if (rc == 0)
        *ret_object = object;
    return rc;
}

/* References for the caller. */
static int find_objects(struct recall *recall, const struct past *past, const struct store_record *record,
                        struct bytes *previous, const struct object **ret_before, const struct object **ret_after)
{
    struct cache_entry *entry = tree_find_entry(&recall->cache->objects, past->node.key, struct cache_entry, node);
    const struct object *before = NULL;
    int rc = 0;
    if (previous != NULL && past->object != NULL && past->revision == record->previous_revision)
        before = object_ref(past->object);
    else if (previous != NULL)
        rc = decode(recall, previous, record->previous_revision, &before);
    if (rc < 0)
        return rc;
    if (record->value == NULL)
        *ret_after = before == NULL ? NULL : object_at_revision(before, record->revision);
    else if (entry != NULL && object_revision(entry->object) == record->revision)
        *ret_after = object_ref(entry->object);
    else
        rc = decode(recall, record->value, record->revision, ret_after);
    if (rc < 0)
        object_unref(before);
    else
        *ret_before = before;
    return rc;
}

static void link_event(struct recall *recall, struct cache_event *event)
{
    if (recall->last == NULL)
        recall->first = event;
    else
        recall->last->next = event;
    recall->last = event;
    event->when = loop_monotonic(recall->cache->loop);
    recall->count++;
}

static void recall_event(struct store_watch *feed, const struct store_record *record)
{
    struct recall *recall = container_of(feed, struct recall, feed);
    struct watch_cache *cache = recall->cache;
    const struct object *before = NULL, *after = NULL;
    if (recall->rc < 0 || record->revision > cache->oldest->revision) /* what is newer is known */
        return;
    struct past *past = past_of(recall, str_skip(record->key, strlen(cache->prefix)));
    struct bytes *previous = store_record_previous(record);
    recall->rc = find_objects(recall, past, record, previous, &before, &after);
    bytes_unref(previous);
    if (recall->rc < 0 || after == NULL) /* a deletion of nothing: of an object that could not be read */
        return;
    enum client_watch_event type = record->value == NULL ? CLIENT_DELETED
                                   : before == NULL      ? CLIENT_ADDED
                                                         : CLIENT_MODIFIED;
    past->object = type == CLIENT_DELETED ? NULL : after;
    past->revision = record->revision;
    link_event(recall, cache_event_create(type, after, before, record->revision));
}

/* In front of what is known: a beginning, the events, then the old beginning, which says nothing. */
static void prepend(struct recall *recall, uint64_t from)
{
    struct watch_cache *cache = recall->cache;
    struct cache_event *beginning = cache_event_create(CLIENT_BOOKMARK, NULL, NULL, from);
    uint64_t number = cache->oldest->number - recall->count - 1;
    beginning->number = number;
    beginning->when = loop_monotonic(cache->loop);
    beginning->next = recall->first != NULL ? recall->first : cache->oldest;
    if (recall->last != NULL)
        recall->last->next = cache->oldest;
    for (struct cache_event *event = recall->first; event != NULL && event != cache->oldest; event = event->next)
        event->number = ++number;
    cache->oldest = beginning;
}

void watch_cache_recall(struct watch_cache *cache, uint64_t revision)
{
    if (cache->amnesic || cache->feeder != NULL || revision >= cache->oldest->revision || !cache->started ||
        cache->oldest->object != NULL || (cache->resource->flags & API_VOLATILE) ||
        revision < store_compact_revision(cache->store))
        return;
    struct recall recall = { .cache = cache, .feed = { .prefix = str_of(cache->prefix), .event = recall_event } };
    int rc = store_watch_start(cache->store, &recall.feed, revision, &recall.err);
    store_watch_stop(&recall.feed);
    if (rc == 0)
        rc = recall.rc;
    if (rc == 0) {
        prepend(&recall, revision);
    } else {
        log_error("what happened before the start cannot be read", LOG_TEXT("prefix", cache->prefix),
                  LOG_TEXT("error", recall.err.message));
        cache_event_unref(recall.first);
        cache->amnesic = true;
    }
    arena_fini(&recall.arena);
}
