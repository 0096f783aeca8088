/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/registry/watch.h"

#include "apiserver/failure.h"
#include "apiserver/registry/read.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"

#define WATCH_TIME_LEAST (30 * 60 * USEC_PER_SEC) /* without timeoutSeconds: this to twice this */

static bool watch_selects(struct cache_watcher *watcher, const struct object *object)
{
    return selection_has(&container_of(watcher, struct watch, watcher)->selection, object);
}

static bool watch_deliver(struct cache_watcher *watcher, struct cache_event *event, enum client_watch_event type,
                          const struct object *object)
{
    struct watch *watch = container_of(watcher, struct watch, watcher);
    bool more = watch->consumer->event(watch, type, object, event);
    if (!more)
        watch->stopped = true;
    return more;
}

static void watch_dropped(struct cache_watcher *watcher)
{
    struct watch *watch = container_of(watcher, struct watch, watcher);
    struct error err = { 0 };
    error_set(&err, ERROR_EXPIRED, "the watch fell too far behind");
    watch_end(watch, err.code, &err);
}

static void watch_deadline(struct loop_timer *timer)
{
    struct watch *watch = container_of(timer, struct watch, deadline);
    if (watch->bookmarks && watch->next_initial == watch->n_initial && !watch->stopped)
        watch_bookmark(watch);
    if (watch->watcher.cache != NULL)
        watch_end(watch, 0, NULL);
}

/* The objects that are there; then the watcher is let loose. */
static void send_initial(struct loop_task *task)
{
    struct watch *watch = container_of(task, struct watch, initial_task);
    while (watch->next_initial < watch->n_initial) {
        const struct object *object = watch->initial[watch->next_initial++];
        bool more = watch->consumer->event(watch, CLIENT_ADDED, object, NULL);
        if (watch->watcher.cache == NULL)
            return; /* closed by its consumer */
        if (!more) {
            watch->stopped = true;
            return;
        }
    }
    if (watch->end_initial) {
        watch->end_initial = false;
        watch->consumer->bookmark(watch, watch->revision, true);
    }
    cache_watcher_resume(&watch->watcher);
}

void watch_begin(struct watch *watch, const struct watch_consumer *consumer, void *context)
{
    struct api_server *server = watch->request->server;
    watch->consumer = consumer;
    watch->context = context;
    usec_t time = watch->request->options.timeout_seconds > 0
                      ? watch->request->options.timeout_seconds * USEC_PER_SEC
                      : WATCH_TIME_LEAST + (usec_t)random_below(loop_random(server->loop), WATCH_TIME_LEAST);
    watch->deadline.callback = watch_deadline;
    loop_timer_start(server->loop, &watch->deadline, time);
    watch->initial_task.callback = send_initial;
    loop_defer(server->loop, &watch->initial_task);
    list_append(&server->watches, &watch->node);
    server->n_watches++;
    watch->running = request_metrics_longrunning(watch->request);
    metric_add(watch->running, 1);
}

void watch_resume(struct watch *watch)
{
    if (!watch->stopped || watch->watcher.cache == NULL)
        return;
    watch->stopped = false;
    if (watch->next_initial < watch->n_initial || watch->end_initial)
        loop_defer(watch->request->server->loop, &watch->initial_task);
    else
        cache_watcher_resume(&watch->watcher);
}

void watch_close(struct watch *watch)
{
    struct api_server *server = watch->request->server;
    loop_timer_stop(&watch->deadline);
    loop_cancel(server->loop, &watch->initial_task);
    cache_watcher_stop(&watch->watcher);
    if (list_linked(&watch->node)) {
        server->n_watches--;
        metric_add(watch->running, -1);
    }
    list_remove(&watch->node);
}

void watch_end(struct watch *watch, int rc, const struct error *err)
{
    watch_close(watch);
    watch->consumer->ended(watch, rc, err);
}

/* Only when nothing is on its way to the watcher is the cache's revision also the watcher's. */
void watch_bookmark(struct watch *watch)
{
    const struct cache_event *position = watch->watcher.position;
    if (!watch->bookmarks || watch->stopped || watch->next_initial < watch->n_initial || position == NULL ||
        position->next != NULL)
        return;
    watch->consumer->bookmark(watch, watch_cache_revision(watch->watcher.cache), false);
}

/* ---------------------------------------------------------------- opening */

static bool initial_wanted(const struct request_options *options, uint64_t revision)
{
    return options->send_initial_events != NULL ? *options->send_initial_events : revision == 0;
}

static int check_options(const struct request_options *options, struct error *err)
{
    if (options->send_initial_events == NULL && !text_empty(options->resource_version_match))
        return error_set(err, ERROR_INVALID,
                         "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch "
                         "unless sendInitialEvents is provided");
    if (options->send_initial_events != NULL && strcmp(options->resource_version_match, "NotOlderThan") != 0)
        return error_set(err, ERROR_INVALID,
                         "resourceVersionMatch: Forbidden: sendInitialEvents requires setting "
                         "resourceVersionMatch to NotOlderThan");
    if (options->send_initial_events != NULL && *options->send_initial_events && !options->allow_watch_bookmarks)
        return error_set(err, ERROR_INVALID,
                         "sendInitialEvents: Forbidden: sendInitialEvents requires setting "
                         "allowWatchBookmarks to true");
    return 0;
}

static bool collect_initial(void *context, const struct object *object)
{
    struct watch *watch = context;
    if (selection_has(&watch->selection, object)) {
        struct arena *arena = &watch->request->arena;
        arena_hold(arena, (void (*)(void *))object_unref, object_ref(object));
        watch->initial[watch->n_initial++] = object;
    }
    return true;
}

static int open_watch(struct request *request, struct watch *watch, struct error *err)
{
    struct watch_cache *cache = request->registry->cache;
    uint64_t revision = 0;
    int rc = check_options(&request->options, err);
    if (rc == -ERROR_INVALID)
        rc = failure_options(request, "ListOptions", err);
    if (rc == 0)
        rc = selection_read(request, &watch->selection, err);
    if (rc == 0)
        rc = read_revision(request, &revision, err);
    if (rc < 0)
        return rc;
    uint64_t now = watch_cache_revision(cache);
    bool initial = initial_wanted(&request->options, revision);
    watch->revision = now;
    watch->end_initial = initial && request->options.send_initial_events != NULL;
    watch->bookmarks = request->options.allow_watch_bookmarks;
    watch->watcher.deliver = watch_deliver;
    watch->watcher.selects = watch_selects;
    watch->watcher.dropped = watch_dropped;
    rc = cache_watcher_start(&watch->watcher, cache, initial || revision == 0 ? now : revision, err);
    if (rc < 0)
        return rc;
    cache_watcher_pause(&watch->watcher); /* until watch_begin() */
    if (!initial)
        return 0;
    watch->initial = arena_new_array(&request->arena, const struct object *, watch_cache_objects(cache)->size);
    const struct selection *selection = &watch->selection;
    struct str prefix = selection->only.data != NULL ? selection->only : selection->prefix;
    return watch_cache_range(cache, now, prefix, STR(""), collect_initial, watch, err);
}

void registry_watch(struct request *request)
{
    struct error err = { 0 };
    struct watch *watch = arena_new(&request->arena, struct watch);
    watch->request = request;
    if (open_watch(request, watch, &err) < 0) {
        cache_watcher_stop(&watch->watcher);
        request_fail(request, &err);
        return;
    }
    request->watch = watch;
    if (request->sink == NULL)
        watch_close(watch);
    request_respond_watch(request);
}
