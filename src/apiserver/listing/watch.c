/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/listing/watch.h"

#include "apiserver/listing/list_options.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"

#define WATCH_TIME_LEAST    (30 * 60 * USEC_PER_SEC) /* without timeoutSeconds: this to twice this */
#define BOOKMARK_BEFOREHAND (2 * USEC_PER_SEC)       /* the last one comes so long before the end */

static bool watch_selects(struct cache_watcher *watcher, const struct object *object)
{
    return selection_has(&container_of(watcher, struct watch, watcher)->selection, object);
}

static bool watch_deliver(struct cache_watcher *watcher, struct cache_event *event, enum client_watch_event type,
                          const struct object *object)
{
    struct watch *watch = container_of(watcher, struct watch, watcher);
    watch->told++;
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
    if (watch->last_bookmark) {
        watch->last_bookmark = false;
        loop_timer_start(watch->request->server->loop, timer, BOOKMARK_BEFOREHAND);
        watch_bookmark(watch);
    } else if (watch->watcher.cache != NULL) {
        watch_end(watch, 0, NULL);
    }
}

/* The objects that are there; then the watcher is let loose. */
static void send_initial(struct loop_task *task)
{
    struct watch *watch = container_of(task, struct watch, initial_task);
    if (watch->refusal.code != 0) {
        watch_end(watch, watch->refusal.code, &watch->refusal);
        return;
    }
    while (watch->next_initial < watch->initial.count) {
        const struct object *object = watch->initial.objects[watch->next_initial++];
        watch->told++;
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
        watch->told++;
        request_metrics_watch_listed(watch->request);
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
    watch->last_bookmark = watch->bookmarks && time > BOOKMARK_BEFOREHAND;
    watch->deadline.callback = watch_deadline;
    loop_timer_start(server->loop, &watch->deadline, time - (watch->last_bookmark ? BOOKMARK_BEFOREHAND : 0));
    watch->initial_task.callback = send_initial;
    loop_defer(server->loop, &watch->initial_task);
    list_append(&server->watches, &watch->node);
    server->n_watches++;
    watch->running = request_metrics_longrunning(watch->request);
    metric_add(watch->running, 1);
    watch->events = request_metrics_watch_events(watch->request);
}

void watch_resume(struct watch *watch)
{
    if (!watch->stopped || watch->watcher.cache == NULL)
        return;
    watch->stopped = false;
    if (watch->next_initial < watch->initial.count || watch->end_initial)
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
        watch_count(watch);
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
    if (!watch->bookmarks || watch->stopped || watch->next_initial < watch->initial.count || watch->end_initial ||
        !cache_watcher_current(&watch->watcher))
        return;
    uint64_t revision = watch_cache_revision(watch->watcher.cache);
    if (revision < watch->watcher.after)
        return; /* it waits for a revision that is yet to come */
    watch->told++;
    watch->consumer->bookmark(watch, revision, false);
}

void watch_count(struct watch *watch)
{
    request_metrics_watch_told(watch->request, watch->events, watch->told);
    watch->told = 0;
}

/* ---------------------------------------------------------------- opening */

/* Without sendInitialEvents, the oldest form: from "any" revision is with what is there. */
static bool initial_wanted(const struct request_options *options, uint64_t revision)
{
    return options->send_initial_events != NULL ? *options->send_initial_events : revision == 0;
}

static bool collect_initial(void *context, const struct object *object)
{
    struct watch *watch = context;
    if (selection_has(&watch->selection, object))
        object_list_add(&watch->initial, &watch->request->arena, object);
    return true;
}

/* What is there now. A kubelet that wants its own of very many pods is spared a look at most of the others. */
static int find_initial(struct watch *watch, uint64_t now, struct error *err)
{
    struct watch_cache *cache = watch->watcher.cache;
    const struct selection *selection = &watch->selection;
    if (selection->only.data != NULL) {
        const struct object *object = watch_cache_find(cache, selection->only);
        if (object != NULL)
            (void)collect_initial(watch, object);
        return 0;
    }
    const struct cache_range range = { now, selection->prefix, STR("") };
    if (selection->all)
        return watch_cache_range(cache, &range, collect_initial, watch, NULL, err);
    watch_cache_select(cache, &selection->labels, &selection->fields, &range, collect_initial, watch);
    return 0;
}

static int start_watcher(struct watch *watch, struct error *err)
{
    struct watch_cache *cache = watch->request->registry->cache;
    uint64_t now = watch_cache_revision(cache);
    watch->watcher.deliver = watch_deliver;
    watch->watcher.selects = watch_selects;
    watch->watcher.dropped = watch_dropped;
    const struct selection *selection = &watch->selection;
    watch->watcher.interest =
        cache_interest_of(selection->only, selection->prefix, &selection->labels, &selection->fields);
    int rc =
        cache_watcher_start(&watch->watcher, cache, watch->from_now || watch->wanted == 0 ? now : watch->wanted, err);
    if (rc < 0)
        return rc;
    cache_watcher_pause(&watch->watcher); /* until watch_begin() */
    if (!watch->from_now)
        return 0;
    watch->revision = now;
    watch->end_initial = watch->bookmarks;
    return find_initial(watch, now, err);
}

/* What is wrong with a revision is told by an event: the request itself is good. */
static void open_watch(struct request *request, const struct error *late)
{
    struct watch *watch = request->context;
    if (late != NULL)
        watch->refusal = *late;
    else if (start_watcher(watch, &watch->refusal) < 0)
        cache_watcher_stop(&watch->watcher);
    request->watch = watch;
    if (request->sink == NULL)
        watch_close(watch);
    request_respond_watch(request);
}

static int read_options(struct watch *watch, struct error *err)
{
    struct request *request = watch->request;
    int rc = selection_parse(request, &watch->selection, err);
    if (rc == 0)
        rc = list_options_check(request, err);
    if (rc == 0)
        rc = selection_resolve(request, &watch->selection, err);
    if (rc == 0)
        rc = list_options_revision(request, &watch->wanted, err);
    if (rc < 0)
        return rc;
    watch->from_now = initial_wanted(&request->options, watch->wanted);
    watch->bookmarks = request->options.allow_watch_bookmarks;
    return 0;
}

void registry_watch(struct request *request)
{
    struct error err = { 0 };
    struct watch *watch = arena_new(&request->arena, struct watch);
    watch->request = request;
    request->context = watch;
    if (read_options(watch, &err) < 0)
        request_fail(request, &err);
    else
        revision_await(request, watch->from_now ? watch->wanted : 0, open_watch);
}
