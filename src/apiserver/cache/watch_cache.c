/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Objects by key, and the chain of changes. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/cache/watch_cache.h"

#include "apiserver/cache/internal.h"
#include "base/log.h"
#include "base/memory.h"

#define EVENTS_KEPT_LEAST 1024                 /* whatever their age */
#define EVENTS_KEPT_MOST  65536                /* whatever their youth */
#define EVENT_AGE_MAX     (300 * USEC_PER_SEC) /* in between, older ones go */
#define PROBE_LEAST       64                   /* writes until a probe is looked at */
#define PROBE_MOST        1024                 /* that a reader may be behind */

static void cache_observe(struct store_watch *watch, const struct store_record *record);

struct watch_cache *watch_cache_create(struct loop *loop, struct store *store, const struct api_resource *resource)
{
    struct watch_cache *cache = memory_new(struct watch_cache);
    cache->loop = loop;
    cache->store = store;
    cache->resource = resource;
    cache->conversion = conversion_of(resource);
    cache->prefix = memory_format("%s/", resource->storage_prefix);
    cache->feed.prefix = str_of(cache->prefix);
    cache->feed.event = cache_observe;
    watchers_init(cache);
    list_init(&cache->waits);
    list_init(&cache->followers);
    cache->oldest = cache->newest = cache_event_create(CLIENT_BOOKMARK, NULL, NULL, 0);
    cache->oldest->number = EVENT_NUMBER_FIRST;
    return cache;
}

static struct cache_entry *find_entry(const struct watch_cache *cache, struct str key, struct tree_place *ret_place)
{
    struct tree_node *node = tree_seek(&cache->objects, key, ret_place);
    return node == NULL ? NULL : container_of(node, struct cache_entry, node);
}

/* 'entry' is what the cache has; NULL: nothing, and it belongs to that place. */
static void cache_put(struct watch_cache *cache, struct cache_entry *entry, const struct tree_place *place,
                      const struct object *object)
{
    if (entry == NULL) {
        entry = memory_new(struct cache_entry);
        entry->object = object;
        tree_insert_at(&cache->objects, place, str_of(object_key(object)), &entry->node);
        sieve_add(&cache->sieve, entry);
        cache->latest = entry;
        return;
    }
    cache->latest = entry;
    const struct object *before = entry->object;
    entry->object = object;
    entry->node.key = str_of(object_key(object)); /* equal bytes, but owned by the new object */
    sieve_change(&cache->sieve, entry);
    object_unref(before);
}

static void cache_remove(struct watch_cache *cache, struct cache_entry *entry)
{
    if (cache->latest == entry)
        cache->latest = NULL;
    tree_remove(&cache->objects, &entry->node);
    sieve_remove(&cache->sieve, entry);
    object_unref(entry->object);
    free(entry);
}

/* Was the value encoded from a struct of this resource, here and now? */
static bool is_of_registry(const struct watch_cache *cache, const struct store_record *record)
{
    const struct cache_origin *origin = record->origin;
    return origin != NULL && origin->resource == cache->resource && cache->read == NULL && cache->conversion == NULL;
}

int watch_cache_read(const struct watch_cache *cache, const struct store_record *record, struct object **ret_object,
                     struct error *err)
{
    struct str json = bytes_str(record->value);
    if (is_of_registry(cache, record))
        return object_from_encoded(cache->resource, json, record->revision, ret_object, err);
    if (cache->read != NULL)
        return cache->read(cache->read_context, json, record->revision, ret_object, err);
    if (cache->conversion != NULL)
        return conversion_read(cache->conversion, json, record->revision, ret_object, err);
    return object_from_stored(cache->resource, json, record->revision, ret_object, err);
}

void watch_cache_read_with(struct watch_cache *cache, cache_read *read, void *context)
{
    cache->read = read;
    cache->read_context = context;
}

struct cache_load {
    struct watch_cache *cache;
    int rc;
    struct error *err;
};

/* The object is kept here, and its bytes but for the resourceVersion are what the store keeps. */
static void share(const struct store_record *record, const struct object *object)
{
    struct store_share share = { .bytes = object_bytes(object) };
    if (object_stored_form(object, &share.size, &share.gap, &share.gap_size))
        store_record_share(record, &share);
}

static bool load_each(void *context, const struct store_record *record)
{
    struct cache_load *load = context;
    struct object *object;
    load->rc = watch_cache_read(load->cache, record, &object, load->err);
    if (load->rc < 0) {
        load->rc = error_wrap_code(load->err, load->rc, "stored object " STR_FMT, STR_ARG(record->key));
        return false;
    }
    share(record, object);
    struct tree_place place;
    struct cache_entry *entry = find_entry(load->cache, str_skip(record->key, strlen(load->cache->prefix)), &place);
    cache_put(load->cache, entry, &place, object);
    return true;
}

int watch_cache_start(struct watch_cache *cache, struct error *err)
{
    if (cache->started || cache->feeder != NULL)
        return 0;
    struct cache_load load = { .cache = cache, .err = err };
    uint64_t revision = store_range(cache->store, str_of(cache->prefix), (struct str){ 0 }, load_each, &load);
    if (load.rc < 0)
        return load.rc;
    cache->oldest->revision = revision;
    cache->oldest->when = loop_monotonic(cache->loop);
    int rc = store_watch_start(cache->store, &cache->feed, revision, err);
    cache->started = rc == 0;
    return rc;
}

void watch_cache_destroy(struct watch_cache *cache)
{
    if (cache == NULL)
        return;
    store_watch_stop(&cache->feed);
    loop_cancel(cache->loop, &cache->pump);
    struct cache_entry *entry;
    tree_for_each (&cache->objects, entry, node)
        cache_remove(cache, entry);
    sieve_fini(&cache->sieve);
    object_unref(cache->probe);
    cache_event_unref(cache->oldest);
    free(cache->prefix);
    free(cache);
}

const struct api_resource *watch_cache_resource(const struct watch_cache *cache)
{
    return cache->resource;
}

bool watch_cache_converts(const struct watch_cache *cache)
{
    return cache->conversion != NULL;
}

const struct object *watch_cache_find(const struct watch_cache *cache, struct str key)
{
    const struct object *object;
    if (cache->feeder != NULL && cache->feeder->find(cache->feed_context, key, &object))
        return object;
    if (cache->latest != NULL && str_equal(key, cache->latest->node.key)) /* whoever wrote it asks for it at once */
        return cache->latest->object;
    struct cache_entry *entry = tree_find_entry(&cache->objects, key, struct cache_entry, node);
    return entry == NULL ? NULL : entry->object;
}

const struct object *watch_cache_get(const struct watch_cache *cache, const char *namespace_, const char *name)
{
    if (text_empty(namespace_))
        return watch_cache_find(cache, str_of(name));
    char key[STORE_KEY_MAX];
    size_t length = text_join(key, sizeof(key), namespace_, "/", name, NULL);
    return length >= sizeof(key) ? NULL : watch_cache_find(cache, (struct str){ key, length });
}

const struct tree *watch_cache_objects(const struct watch_cache *cache)
{
    return &cache->objects;
}

uint64_t watch_cache_received(const struct watch_cache *cache)
{
    return cache->newest->number - EVENT_NUMBER_FIRST;
}

uint64_t watch_cache_revision(const struct watch_cache *cache)
{
    return cache->feeder != NULL ? cache->feeder->revision(cache->feed_context) : store_revision(cache->store);
}

/* ---------------------------------------------------------------- what happens */

static void forget_old_events(struct watch_cache *cache)
{
    usec_t now = loop_monotonic(cache->loop);
    while (cache->oldest != cache->newest) {
        uint64_t kept = cache->newest->number - cache->oldest->number;
        if (kept < EVENTS_KEPT_LEAST || (kept < EVENTS_KEPT_MOST && now - cache->oldest->when < EVENT_AGE_MAX))
            return;
        struct cache_event *event = cache->oldest;
        cache->oldest = event->next;
        cache->oldest->references++;
        cache_event_unref(event);
    }
}

void watch_cache_tidy(struct watch_cache *cache)
{
    forget_old_events(cache);
}

static void append_event(struct watch_cache *cache, struct cache_event *event)
{
    event->number = cache->newest->number + 1;
    event->when = loop_monotonic(cache->loop);
    cache->newest->next = event; /* takes the reference */
    watchers_wake(cache, event);
    cache->newest = event;
    forget_old_events(cache);
}

static void tell_waits(struct watch_cache *cache, struct str key)
{
    struct list due;
    list_init(&due);
    struct cache_wait *wait;
    list_for_each (&cache->waits, wait, node) {
        if (str_equal(wait->key, key)) {
            list_remove(&wait->node);
            list_append(&due, &wait->node);
        }
    }
    struct list_node *node;
    while ((node = list_pop(&due)) != NULL) {
        wait = container_of(node, struct cache_wait, node);
        loop_timer_stop(&wait->timer);
        wait->changed(wait);
    }
}

static void cache_observe(struct store_watch *watch, const struct store_record *record)
{
    watch_cache_observe(container_of(watch, struct watch_cache, feed), record);
}

void watch_cache_tell(struct watch_cache *cache, struct str key)
{
    tell_waits(cache, key);
}

void watch_cache_feed_by(struct watch_cache *cache, const struct watch_cache_feeder *feeder, void *context)
{
    cache->feeder = feeder;
    cache->feed_context = context;
}

void watch_cache_load(struct watch_cache *cache, const struct store_record *record)
{
    struct error err = { 0 };
    struct cache_load load = { .cache = cache, .err = &err };
    if (!load_each(&load, record))
        log_error("a converted object cannot be read", LOG_TEXT("prefix", cache->prefix),
                  LOG_TEXT("error", err.message));
}

void watch_cache_begin(struct watch_cache *cache, uint64_t revision)
{
    cache->oldest->revision = revision;
    cache->oldest->when = loop_monotonic(cache->loop);
    cache->started = true;
}

bool watch_cache_watched(const struct watch_cache *cache)
{
    return cache->n_watchers > 0;
}

/* Does somebody decode new objects? Now and then one is left as it is, and has been decoded or not when it is looked at again. */
static bool looks_into(struct watch_cache *cache, const struct object *object)
{
    if (cache->probe == NULL) {
        cache->probe = object_ref(object);
        cache->probe_age = 0;
        return false;
    }
    bool found = object_has_typed(cache->probe);
    cache->probe_age++;
    if (cache->probe_age >= PROBE_MOST || (found && cache->probe_age >= PROBE_LEAST)) {
        cache->looked_into = found;
        object_unref(take_pointer(&cache->probe));
    }
    return cache->looked_into;
}

static void give_typed(struct watch_cache *cache, const struct store_record *record, struct object *object)
{
    if (is_of_registry(cache, record) && looks_into(cache, object))
        object_give_typed(object, ((const struct cache_origin *)record->origin)->value);
}

void watch_cache_observe(struct watch_cache *cache, const struct store_record *record)
{
    struct str key = str_skip(record->key, strlen(cache->prefix));
    struct tree_place place;
    struct cache_entry *entry = find_entry(cache, key, &place);
    const struct object *before = entry == NULL ? NULL : object_ref(entry->object);
    const struct object *after = NULL;
    struct cache_event *event;

    if (record->value == NULL) {
        if (before == NULL)
            return;
        event =
            cache_event_create(CLIENT_DELETED, object_at_revision(before, record->revision), before, record->revision);
        cache_remove(cache, entry);
    } else {
        struct object *object;
        struct error err;
        int rc = watch_cache_read(cache, record, &object, &err);
        if (rc < 0) { /* only a foreign writer to the store can cause this; the object keeps its older state here */
            log_error("stored object cannot be read", LOG_TEXT("prefix", cache->prefix),
                      LOG_TEXT("error", err.message));
            object_unref(before);
            return;
        }
        after = object;
        give_typed(cache, record, object);
        share(record, object);
        event = cache_event_create(before == NULL ? CLIENT_ADDED : CLIENT_MODIFIED, object_ref(object), before,
                                   record->revision);
        cache_put(cache, entry, &place, object);
    }
    append_event(cache, event);

    struct cache_follower *follower;
    list_for_each (&cache->followers, follower, node)
        follower->changed(follower, before, after);
    tell_waits(cache, key);
}

static void wait_over(struct loop_timer *timer)
{
    struct cache_wait *wait = container_of(timer, struct cache_wait, timer);
    list_remove(&wait->node);
    wait->changed(wait);
}

void watch_cache_wait(struct watch_cache *cache, struct cache_wait *wait)
{
    list_append(&cache->waits, &wait->node);
    wait->timer.callback = wait_over;
    if (wait->patience > 0)
        loop_timer_start(cache->loop, &wait->timer, wait->patience);
}

void watch_cache_end_waits(struct watch_cache *cache)
{
    struct list_node *node;
    while ((node = list_pop(&cache->waits)) != NULL) {
        struct cache_wait *wait = container_of(node, struct cache_wait, node);
        loop_timer_stop(&wait->timer);
        wait->changed(wait);
    }
}

void cache_wait_cancel(struct cache_wait *wait)
{
    list_remove(&wait->node);
    loop_timer_stop(&wait->timer);
}

void watch_cache_follow(struct watch_cache *cache, struct cache_follower *follower)
{
    list_append(&cache->followers, &follower->node);
    struct cache_entry *entry;
    tree_for_each (&cache->objects, entry, node)
        follower->changed(follower, NULL, entry->object);
}

void cache_follower_stop(struct cache_follower *follower)
{
    list_remove(&follower->node);
}
