/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* internal.h - what the files of the watch cache share. */
#ifndef APISERVER_CACHE_INTERNAL_H
#define APISERVER_CACHE_INTERNAL_H

#include "apiserver/cache/interest.h"
#include "apiserver/cache/sieve.h"
#include "apiserver/cache/watch_cache.h"
#include "apiserver/registry/conversion.h"

struct watch_cache {
    struct loop *loop;
    struct store *store;
    const struct api_resource *resource;
    const struct conversion *conversion; /* NULL: stored as it is served */
    cache_read *read;                    /* NULL: object_from_stored() or the conversion */
    void *read_context;
    const struct watch_cache_feeder *feeder; /* NULL: fed by the store */
    void *feed_context;
    char *prefix; /* "/registry/pods/" */
    struct store_watch feed;
    bool started;
    bool amnesic;               /* what was before cannot be read */
    struct tree objects;        /* of struct cache_entry */
    struct cache_entry *latest; /* that was written last; NULL: it is gone */
    struct sieve sieve;         /* of the same */
    bool looked_into;           /* somebody wants what new objects are, decoded; see looks_into() */
    const struct object *probe; /* a reference: one that was not given its decoded form; NULL: the next one */
    unsigned probe_age;         /* writes since then */
    struct cache_event *oldest; /* a reference; what is known starts behind it. Beginnings have no object */
    struct cache_event *newest; /* borrowed from the chain */
    struct loop_task pump;
    size_t n_watchers;
    struct list due;                 /* watchers that have something to be told, or may have */
    struct list paused;              /* that want nothing for now */
    struct list idle;                /* that have been told everything and want to know everything */
    struct interest_index interests; /* the other idle ones, in groups */
    uint64_t oldest_checked;         /* the number of the oldest event when paused watchers were last looked at */
    struct list waits;
    struct list followers;
};

/* Takes the references of both objects; one reference for the caller. */
struct cache_event *cache_event_create(enum client_watch_event type, const struct object *object,
                                       const struct object *before, uint64_t revision);
void cache_event_unref(struct cache_event *event);
const struct object *cache_event_left(struct cache_event *event); /* borrowed */

/* watcher.c: before the first watcher; and with each event, already linked, while cache->newest is still the one before it. */
void watchers_init(struct watch_cache *cache);
void watchers_wake(struct watch_cache *cache, const struct cache_event *event);

/* Somebody asks for what happened after 'revision': looks for it in the store when the cache begins later (recall.c). */
void watch_cache_recall(struct watch_cache *cache, uint64_t revision);

#define EVENT_NUMBER_FIRST ((uint64_t)1 << 32) /* of the first beginning: older ones have numbers, too */

#endif
