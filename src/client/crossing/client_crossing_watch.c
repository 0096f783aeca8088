/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_crossing_watch.c - the events of a watch, in batches.
 *
 * Fields below 'there' are touched there only, the others here; the messages between them (open, batches, close, gone) keep
 * their order, so that nothing comes behind "gone". */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "client/crossing/client_crossing_internal.h"

struct crossing_event {
    enum client_watch_event type;
    const struct object *object; /* a reference; NULL for a bookmark */
    uint64_t revision;
};

struct crossing_batch {
    struct loop_task task;
    struct crossing_watch *watch;
    struct crossing_event *events;
    size_t count, capacity;
    size_t changes; /* those of them that count */
    bool ends;      /* the watch, behind these */
};

struct crossing_watch {
    struct client_watch watch; /* first */
    struct crossing *crossing;
    struct client_watch_events events;
    void *context;
    bool closed;
    struct loop_task open_task, close_task;
    atomic_size_t behind; /* changes that were sent and are not told yet */

    /* there */
    struct client_watch *inner;
    struct arena arena; /* of the request */
    struct client_watch_request request;
    struct crossing_batch *batch; /* being filled */
    struct loop_task flush_task;
    bool counting; /* the objects of the beginning are through */
    bool over;
    int rc;
    struct error err;
};

/* ---------------------------------------------------------------- here: taking */

static void batch_free(struct crossing_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        object_unref(batch->events[i].object);
    free(batch->events);
    free(batch);
}

static void batch_arrive(struct loop_task *task)
{
    struct crossing_batch *batch = container_of(task, struct crossing_batch, task);
    struct crossing_watch *watch = batch->watch;
    for (size_t i = 0; i < batch->count && !watch->closed; i++) {
        const struct crossing_event *event = &batch->events[i];
        watch->events.event(watch->context, event->type, event->object, event->revision);
    }
    atomic_fetch_sub_explicit(&watch->behind, batch->changes, memory_order_relaxed);
    if (batch->ends && !watch->closed)
        watch->events.ended(watch->context, watch->rc, watch->rc < 0 ? &watch->err : NULL);
    batch_free(batch);
}

static void watch_gone(struct loop_task *task)
{
    struct crossing_watch *watch = container_of(task, struct crossing_watch, close_task);
    crossing_release(watch->crossing);
    free(watch);
}

/* ---------------------------------------------------------------- there: filling */

static struct loop *there_of(const struct crossing_watch *watch)
{
    return client_loop(watch->crossing->there);
}

static void watch_flush(struct loop_task *task)
{
    struct crossing_watch *watch = container_of(task, struct crossing_watch, flush_task);
    struct crossing_batch *batch = take_pointer(&watch->batch);
    atomic_fetch_add_explicit(&watch->behind, batch->changes, memory_order_relaxed);
    loop_post(watch->crossing->client.loop, &batch->task);
}

static struct crossing_batch *open_batch(struct crossing_watch *watch)
{
    if (watch->batch == NULL) {
        watch->batch = memory_new(struct crossing_batch);
        watch->batch->watch = watch;
        watch->batch->task.callback = batch_arrive;
        loop_defer(there_of(watch), &watch->flush_task);
    }
    return watch->batch;
}

/* What is told here as the end; nothing more is sent. */
static void watch_over(struct crossing_watch *watch, int rc, const struct error *err)
{
    watch->over = true;
    watch->rc = rc;
    if (err != NULL)
        watch->err = *err;
    open_batch(watch)->ends = true;
}

static void expire(struct crossing_watch *watch)
{
    struct error err;
    client_watch_close(watch->inner);
    watch->inner = NULL;
    watch_over(watch, error_set(&err, ERROR_EXPIRED, "the watch fell too far behind"), &err);
}

static void inner_event(void *context, enum client_watch_event type, const struct object *object, uint64_t revision)
{
    struct crossing_watch *watch = context;
    if (watch->over)
        return;
    struct crossing_batch *batch = open_batch(watch);
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 4 : batch->capacity * 2;
        batch->events = memory_resize(batch->events, batch->capacity, sizeof(*batch->events));
    }
    batch->events[batch->count++] = (struct crossing_event){ type, object_ref(object), revision };
    batch->changes += watch->counting;
    watch->counting |= type == CLIENT_BOOKMARK;
    if (atomic_load_explicit(&watch->behind, memory_order_relaxed) + batch->changes > CLIENT_CROSSING_LAG_MAX)
        expire(watch);
}

static void inner_ended(void *context, int rc, const struct error *err)
{
    watch_over(context, rc, err);
}

static void watch_open_there(struct loop_task *task)
{
    static const struct client_watch_events events = { .event = inner_event, .ended = inner_ended };
    struct crossing_watch *watch = container_of(task, struct crossing_watch, open_task);
    watch->counting = watch->request.revision != 0;
    watch->inner = client_watch_open(watch->crossing->there, &watch->request, &events, watch);
    arena_fini(&watch->arena);
}

static void watch_close_there(struct loop_task *task)
{
    struct crossing_watch *watch = container_of(task, struct crossing_watch, close_task);
    client_watch_close(watch->inner);
    loop_cancel(there_of(watch), &watch->flush_task);
    if (watch->batch != NULL)
        batch_free(watch->batch);
    task->callback = watch_gone;
    loop_post(watch->crossing->client.loop, task);
}

/* ---------------------------------------------------------------- here: opening and closing */

struct client_watch *crossing_watch_open(struct client *client, const struct client_watch_request *request,
                                         const struct client_watch_events *events, void *context)
{
    struct crossing_watch *watch = memory_new(struct crossing_watch);
    watch->crossing = crossing_of(client);
    watch->crossing->references++;
    watch->events = *events;
    watch->context = context;
    watch->request = *request;
    crossing_hold_resource(&watch->arena, request->resource);
    watch->request.namespace_ = arena_strdup(&watch->arena, request->namespace_);
    watch->request.label_selector = arena_strdup(&watch->arena, request->label_selector);
    watch->request.field_selector = arena_strdup(&watch->arena, request->field_selector);
    watch->open_task.callback = watch_open_there;
    watch->close_task.callback = watch_close_there;
    watch->flush_task.callback = watch_flush;
    loop_post(there_of(watch), &watch->open_task);
    return &watch->watch;
}

void crossing_watch_close(struct client_watch *closing)
{
    struct crossing_watch *watch = container_of(closing, struct crossing_watch, watch);
    watch->closed = true;
    loop_post(there_of(watch), &watch->close_task);
}
