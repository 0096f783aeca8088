/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* feed.h - a watch cache of objects that a webhook converts: what the store says reaches it later, in order.
 *
 * Begun by the first who waits for it. Requests wait until the cache shows all that the store had when they came, or, when they
 * mean one object, the latest state of that; the next who comes after a failure has the webhook asked again. What it refuses
 * holds up the objects behind it: lists and watches fail then, and an object that is asked for by name is converted
 * alone and found in the feed. States that are refused are left out once their object has changed or is gone. */
#ifndef APISERVER_CUSTOM_FEED_H
#define APISERVER_CUSTOM_FEED_H

#include "apiserver/cache/watch_cache.h"
#include "apiserver/custom/webhook.h"

struct feed;

#define CUSTOM_CHANGED "the definition of the resource has changed, please try again"

struct feed_wait {
    void (*done)(struct feed_wait *wait, int rc, const struct error *err);
    struct str key;        /* in the store, of the only object that is wanted; empty: all are */
    uint64_t revision;     /* private */
    struct list_node node; /* in feed.waits */
};

/* The cache is fed by it from now on. */
struct feed *feed_create(struct api_server *server, struct webhook *webhook, const struct custom_version *version,
                         struct watch_cache *cache);
void feed_destroy(struct feed *feed); /* who still waits is told; NULL is fine */

/* True: the cache shows everything up to that revision, or the object of wait->key as it is now; done() is not called. */
bool feed_wait(struct feed *feed, struct feed_wait *wait, uint64_t revision);
void feed_wait_cancel(struct feed_wait *wait); /* fine when it does not wait */

#endif
