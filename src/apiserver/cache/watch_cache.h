/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* watch_cache.h - every object of one resource in memory, and the changes that led here.
 *
 * Fed by a store watch, so it is as new as the store's durable revision at any moment.
 * Gets, lists and watches are answered from it and share its objects. A change is one
 * refcounted struct cache_event in a chain; a watcher is a place in that chain, so that one
 * more watcher costs no queue, and one that no change concerns costs nothing at all. The frame
 * that goes over the wire is encoded once per event.
 * Belongs to the store's loop. */
#ifndef APISERVER_CACHE_WATCH_CACHE_H
#define APISERVER_CACHE_WATCH_CACHE_H

#include "api/object.h"
#include "api/selector/selector.h"
#include "apiserver/cache/interest.h"
#include "base/container/list.h"
#include "base/container/tree.h"
#include "client/client.h"
#include "store/store.h"

struct watch_cache;

/* An object in the cache; its tree key is "namespace/name", or "name". */
struct cache_entry {
    struct tree_node node; /* in watch_cache.objects */
    const struct object *object;
    uint32_t slot; /* in the cache's sieve */
};

/* One change. 'before' is NULL for a new object. Of a deletion, 'object' is the last state
 * with the revision of the deletion. */
struct cache_event {
    unsigned references;
    enum client_watch_event type; /* CLIENT_ADDED, CLIENT_MODIFIED or CLIENT_DELETED */
    const struct object *object;
    const struct object *before;
    const struct object *left; /* 'before' with this revision: for watchers whose selection it left; made on demand */
    uint64_t revision;
    uint64_t number;          /* counts the events of this cache, upwards */
    usec_t when;              /* monotonic */
    struct bytes *frames[3];  /* by type, made on demand */
    struct cache_event *next; /* owns a reference */
};

/* The origin of writes that go through a registry: what the stored bytes were encoded from. When somebody in the process looks into the
 * objects of a resource, the cache gives new ones their decoded form at once, a copy of this, so that nobody decodes. */
struct cache_origin {
    const struct api_resource *resource; /* whose type the value has */
    const void *value;
};

struct watch_cache *watch_cache_create(struct loop *loop, struct store *store, const struct api_resource *resource);

/* How stored bytes become objects, when that is not plain object_from_stored(); set before the start. */
typedef int cache_read(void *context, struct str json, uint64_t revision, struct object **ret_object,
                       struct error *err);
void watch_cache_read_with(struct watch_cache *cache, cache_read *read, void *context);

/* --- a cache that another feeds, in place of the store itself (custom/feed.h) --- */

struct watch_cache_feeder {
    uint64_t (*revision)(void *context); /* everything up to there has arrived */
    /* True: it has a later state of the object than the cache, which is yet to arrive; NULL: the object is gone. */
    bool (*find)(void *context, struct str key, const struct object **ret_object);
};

void watch_cache_feed_by(struct watch_cache *cache, const struct watch_cache_feeder *feeder, void *context);
/* The object of a stored record. */
int watch_cache_read(const struct watch_cache *cache, const struct store_record *record, struct object **ret_object,
                     struct error *err) must_check;
/* What its feeder finds for the key is another state now: those who wait for a change are told. */
void watch_cache_tell(struct watch_cache *cache, struct str key);
void watch_cache_load(struct watch_cache *cache, const struct store_record *record);    /* before it begins */
void watch_cache_begin(struct watch_cache *cache, uint64_t revision);                   /* all of that time is loaded */
void watch_cache_observe(struct watch_cache *cache, const struct store_record *record); /* a change */
bool watch_cache_watched(const struct watch_cache *cache);                              /* somebody does */

/* Loads, then follows; nothing when that was done before. A cache of objects that are converted is started by the first
 * request for them: most clusters never see one, and it holds everything a second time. */
int watch_cache_start(struct watch_cache *cache, struct error *err) must_check;
bool watch_cache_converts(const struct watch_cache *cache);
void watch_cache_destroy(struct watch_cache *cache); /* no watcher may be left; NULL is fine */

const struct api_resource *watch_cache_resource(const struct watch_cache *cache);

/* Borrowed until the next turn; NULL when absent. 'namespace_' is "" or NULL for cluster-scoped resources. */
const struct object *watch_cache_get(const struct watch_cache *cache, const char *namespace_, const char *name);
const struct object *watch_cache_find(const struct watch_cache *cache, struct str key);
const struct tree *watch_cache_objects(const struct watch_cache *cache); /* of struct cache_entry */
uint64_t watch_cache_revision(const struct watch_cache *cache);
uint64_t watch_cache_received(const struct watch_cache *cache); /* how many changes it has taken since it began */

/* The objects as they were at a revision: those whose keys begin with 'prefix' and are not before 'start'. */
struct cache_range {
    uint64_t revision;
    struct str prefix;
    struct str start;
};

/* Calls each() in key order until it returns false. How many there are in all, which is known without looking at each, comes through
 * 'ret_count' (may be NULL). -ERROR_EXPIRED when the changes since then are forgotten. */
int watch_cache_range(struct watch_cache *cache, const struct cache_range *range,
                      bool (*each)(void *context, const struct object *object), void *context, uint64_t *ret_count,
                      struct error *err) must_check;

/* Those of today ('range' is taken to be of now), of which these selectors may mean some: each() has to look itself, but is spared most of the
 * others. Otherwise like watch_cache_range(). Not const: the first time it makes a sieve. */
void watch_cache_select(struct watch_cache *cache, const struct label_selector *labels,
                        const struct field_selector *fields, const struct cache_range *range,
                        bool (*each)(void *context, const struct object *object), void *context);

/* Forgets events that are old, which otherwise happens with the next one; for a resource that changes no more. */
void watch_cache_tidy(struct watch_cache *cache);

/* The frame of a watch stream, {"type":...,"object":...} and a newline; borrowed from the event. */
struct bytes *cache_event_frame(struct cache_event *event, enum client_watch_event type);

/* Frame of an object that is there when a watch starts (ADDED); the caller's reference. */
struct bytes *object_frame(const struct object *object, enum client_watch_event type);
/* What stands around the object's JSON in it. */
struct str object_frame_head(enum client_watch_event type);
#define OBJECT_FRAME_TAIL STR("}\n")

/* The same object with another revision. */
const struct object *object_at_revision(const struct object *object, uint64_t revision);

/* --- watchers --- */

/* Embedded by whoever watches; deliver() must not destroy the cache. */
struct cache_watcher {
    /* Event 'event' concerns this watcher as 'type', with that object. False: no more until cache_watcher_resume(). */
    bool (*deliver)(struct cache_watcher *watcher, struct cache_event *event, enum client_watch_event type,
                    const struct object *object);
    /* Does the object belong to what is watched? NULL: all do. */
    bool (*selects)(struct cache_watcher *watcher, const struct object *object);
    /* It fell too far behind; it is out of the cache already. */
    void (*dropped)(struct cache_watcher *watcher);
    /* All that happened so far was delivered. May be NULL. */
    void (*caught_up)(struct cache_watcher *watcher);
    struct cache_interest interest; /* read by the start; spares selects() most of what it would refuse */
    struct watch_cache *cache;      /* private from here on; NULL: not watching */
    struct interest_group *group;   /* NULL: in everything */
    struct cache_event *position;   /* the last one delivered or passed over; a reference. NULL: idle */
    uint64_t after;                 /* only what is newer concerns it */
    bool paused;
    struct list_node node; /* in watch_cache.due, .paused or .idle, or group->idle */
};

/* Delivers what happened after 'revision' (which may be yet to come), from the next turn on. -ERROR_EXPIRED: too old. A
 * watcher that is paused for so long that new ones could not begin where it stands any more is dropped: its place
 * would keep everything in memory that happened since. */
int cache_watcher_start(struct cache_watcher *watcher, struct watch_cache *cache, uint64_t revision,
                        struct error *err) must_check;
void cache_watcher_pause(struct cache_watcher *watcher); /* before its first turn */
void cache_watcher_resume(struct cache_watcher *watcher);
void cache_watcher_stop(struct cache_watcher *watcher); /* fine when it is not watching; also from its own deliver() */
bool cache_watcher_current(const struct cache_watcher *watcher); /* it watches, and was told all that happened */

/* --- one-shot wait for the next change of an object (also of one that does not exist yet) --- */

struct cache_wait {
    void (*changed)(struct cache_wait *wait);
    struct str key;
    usec_t patience;         /* changed() comes after that time in any case; 0: however long it takes */
    struct loop_timer timer; /* private from here on */
    struct list_node node;   /* in watch_cache.waits */
};
void watch_cache_wait(struct watch_cache *cache, struct cache_wait *wait); /* key and changed are set */
void cache_wait_cancel(struct cache_wait *wait);
void watch_cache_end_waits(struct watch_cache *cache); /* all are told that they have waited long enough */

/* --- components of the API server that follow a resource in step with the cache (allocators, RBAC, quota) --- */

struct cache_follower {
    void (*changed)(struct cache_follower *follower, const struct object *before, const struct object *after);
    struct list_node node; /* in watch_cache.followers */
};
/* Called at once for what is there, then synchronously with every change, before watchers and done() of the write. */
void watch_cache_follow(struct watch_cache *cache, struct cache_follower *follower);
void cache_follower_stop(struct cache_follower *follower);

#endif
