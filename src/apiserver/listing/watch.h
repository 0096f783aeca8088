/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* watch.h - an open watch: what is there (when asked for), then every change, bookmarks, the end.
 *
 * Made by registry_watch(); the front that got it from the request takes the events with
 * watch_begin(). It lives in the request's arena. */
#ifndef APISERVER_LISTING_WATCH_H
#define APISERVER_LISTING_WATCH_H

#include "apiserver/cache/watch_cache.h"
#include "apiserver/listing/object_list.h"
#include "apiserver/listing/selection.h"

struct watch;

struct watch_consumer {
    /* 'event' is NULL for objects that are there at the beginning. False: no more until watch_resume(). */
    bool (*event)(struct watch *watch, enum client_watch_event type, const struct object *object,
                  struct cache_event *event);
    /* All changes up to 'revision' were told. 'initial': with it, what was there at the beginning is complete. */
    void (*bookmark)(struct watch *watch, uint64_t revision, bool initial);
    /* Politely (rc 0), at its time limit or because the server stops; or -ERROR_EXPIRED: the revision is too old, or the
     * watcher too slow; -ERROR_TIMEOUT: the revision did not come. The request's failure may say more. The last call. */
    void (*ended)(struct watch *watch, int rc, const struct error *err);
};

struct watch {
    struct request *request;
    const struct watch_consumer *consumer;
    void *context;

    /* private */
    struct cache_watcher watcher;
    struct selection selection;
    struct object_list initial; /* what was there at the beginning */
    size_t next_initial;
    uint64_t wanted;   /* the resourceVersion asked for; 0: any */
    bool from_now;     /* with what is there */
    uint64_t revision; /* of the initial objects */
    bool end_initial;  /* a bookmark is due behind them */
    bool bookmarks;
    bool last_bookmark;   /* still to come, before the deadline */
    bool stopped;         /* the consumer wants no more for now */
    struct error refusal; /* all that it will ever tell; code 0: none */
    struct loop_task initial_task;
    struct loop_timer deadline;
    struct metric *running; /* raised by this watch while it is open */
    struct metric *events;  /* counts what it is told, now and then: */
    uint64_t told;          /* and not counted yet */
    struct list_node node;  /* in api_server.watches */
};

void watch_begin(struct watch *watch, const struct watch_consumer *consumer, void *context);
void watch_resume(struct watch *watch);
void watch_close(struct watch *watch); /* no call after it; the request is the front's to destroy; fine when it ended */

/* For the server: a bookmark to whoever wants one; and the polite end. */
void watch_bookmark(struct watch *watch);
void watch_end(struct watch *watch, int rc, const struct error *err);
void watch_count(struct watch *watch); /* puts into the metrics what it has been told */

#endif
