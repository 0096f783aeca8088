/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handover_watch.c - a watch whose peer is on another lane.
 *
 *   server's loop                       lane
 *   begin: consumer of the watch   ->   open: the response begins
 *   batches of events              ->   written; those of all watches of a lane go over together
 *   watch_resume()                 <-   resume, when the batch that used up the credit is written
 *   the end, the last batch        ->   written
 *   watch_close(), if still open   <-   close: the peer has gone, or the end is written
 *   gone                           ->   the request and the passage are freed
 *
 * Messages keep their order in each direction, so nothing comes behind "close" or "gone". */
#include <stdlib.h>
#include <string.h>

#include "apiserver/http/handover.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

#define CREDIT \
    ((int64_t)256 << 10) /* bytes of events on their way and not taken; a little more is queued at the peer's */

#define BATCH_FEW 2

struct passage_event {
    enum client_watch_event type;
    const struct object *object; /* a reference; NULL with a frame, and for bookmarks */
    struct bytes *frame;         /* a reference; NULL: the lane makes it */
    uint64_t revision;           /* of a bookmark */
    bool initial;
};

struct passage_batch {
    struct loop_task task;      /* of the first of those that go over together */
    struct passage_batch *next; /* of them */
    struct watch_passage *passage;
    struct passage_event *events; /* 'few' until they are more */
    struct passage_event few[BATCH_FEW];
    size_t count, capacity;
    bool spent; /* the credit is: resume when all is written */
    bool ends;
};

struct watch_passage {
    struct http_call *call;
    struct loop_task resume_task, close_task; /* from the lane; close_task comes back as "gone" */

    /* the server's loop */
    struct watch *watch; /* NULL once it is over */
    struct passage_batch *batch;
    struct list_node node; /* in lane->passages while there is a batch */
    int64_t credit;
    bool shares_frames;
    int rc;
    struct error err; /* read on the lane behind the last batch */

    /* the lane */
    bool resume_wanted;
    bool closing;
};

/* ---------------------------------------------------------------- on the lane */

static void batch_free(struct passage_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        object_unref(batch->events[i].object);
        bytes_unref(batch->events[i].frame);
    }
    if (batch->events != batch->few)
        free(batch->events);
    free(batch);
}

static void lane_close(struct watch_passage *passage)
{
    if (passage->closing)
        return;
    passage->closing = true;
    loop_post(passage->call->lane->server->loop, &passage->close_task);
}

static void lane_peer_gone(struct http_call *call)
{
    lane_close(call->context);
}

static void lane_resume(struct watch_passage *passage)
{
    passage->resume_wanted = false;
    loop_post(passage->call->lane->server->loop, &passage->resume_task);
}

static void lane_drained(struct http_call *call)
{
    struct watch_passage *passage = call->context;
    if (passage->resume_wanted)
        lane_resume(passage);
}

static void lane_write(struct http_call *call, const struct passage_event *event)
{
    if (event->type == CLIENT_BOOKMARK)
        (void)watch_answer_bookmark(call, event->revision, event->initial);
    else
        (void)watch_answer_event(call, event->type, event->object, event->frame);
}

static void lane_batch(struct passage_batch *batch)
{
    struct watch_passage *passage = batch->passage;
    struct http_call *call = passage->call;
    for (size_t i = 0; i < batch->count && watch_answer_alive(call); i++)
        lane_write(call, &batch->events[i]);
    if (batch->ends && watch_answer_alive(call)) {
        watch_answer_end(call, passage->rc, &passage->err);
        lane_close(passage);
    } else if (batch->spent && watch_answer_alive(call)) {
        passage->resume_wanted = true;
        if (!call->stopped)
            lane_resume(passage);
    }
    batch_free(batch);
}

static void lane_batches(struct loop_task *task)
{
    struct passage_batch *batch = container_of(task, struct passage_batch, task), *next;
    for (; batch != NULL; batch = next) {
        next = batch->next;
        lane_batch(batch);
    }
}

void watch_passage_open(struct watch_passage *passage)
{
    struct http_call *call = passage->call;
    loop_hold(call->lane->loop);
    call->context = passage;
    call->closed = lane_peer_gone;
    call->drained = lane_drained;
    if (call->exchange == NULL || !watch_answer_open(call))
        lane_close(passage);
}

static void lane_gone(struct loop_task *task)
{
    struct watch_passage *passage = container_of(task, struct watch_passage, close_task);
    struct loop *loop = passage->call->lane->loop;
    request_destroy(passage->call->request);
    free(passage);
    loop_release(loop);
}

/* ---------------------------------------------------------------- on the server's loop */

/* Out of those that wait to go over. */
static struct passage_batch *over_take(struct watch_passage *passage)
{
    struct http_lane *lane = passage->call->lane;
    list_remove(&passage->node);
    if (list_empty(&lane->passages))
        loop_cancel(lane->server->loop, &lane->passages_due);
    return take_pointer(&passage->batch);
}

static void over_flush(struct watch_passage *passage)
{
    struct passage_batch *batch = over_take(passage);
    if (batch != NULL)
        loop_post(passage->call->lane->loop, &batch->task);
}

/* One message for all watches of the lane that were told something in this turn. */
void watch_passages_flush(struct loop_task *task)
{
    struct http_lane *lane = container_of(task, struct http_lane, passages_due);
    struct passage_batch *first = NULL, **place = &first;
    struct list_node *node;
    while ((node = list_pop(&lane->passages)) != NULL) {
        *place = take_pointer(&container_of(node, struct watch_passage, node)->batch);
        place = &(*place)->next;
    }
    if (first != NULL)
        loop_post(lane->loop, &first->task);
}

static struct passage_batch *over_batch(struct watch_passage *passage)
{
    struct http_lane *lane = passage->call->lane;
    if (passage->batch == NULL) {
        struct passage_batch *batch = memory_new(struct passage_batch);
        batch->passage = passage;
        batch->task.callback = lane_batches;
        batch->events = batch->few;
        batch->capacity = BATCH_FEW;
        passage->batch = batch;
        list_append(&lane->passages, &passage->node);
        loop_defer(lane->server->loop, &lane->passages_due);
    }
    return passage->batch;
}

static void batch_grow(struct passage_batch *batch)
{
    struct passage_event *few = batch->events == batch->few ? batch->few : NULL;
    batch->capacity *= 2;
    batch->events = memory_resize(few != NULL ? NULL : batch->events, batch->capacity, sizeof(*batch->events));
    if (few != NULL)
        memcpy(batch->events, few, batch->count * sizeof(*few));
}

static struct passage_batch *over_append(struct watch_passage *passage, struct passage_event event)
{
    struct passage_batch *batch = over_batch(passage);
    if (batch->count == batch->capacity)
        batch_grow(batch);
    batch->events[batch->count++] = event;
    return batch;
}

static bool over_event(struct watch *watch, enum client_watch_event type, const struct object *object,
                       struct cache_event *event)
{
    struct watch_passage *passage = watch->context;
    bool shared = event != NULL && passage->shares_frames;
    struct bytes *frame = shared ? bytes_ref(cache_event_frame(event, type)) : NULL;
    struct passage_batch *batch = over_append(
        passage, (struct passage_event){ .type = type, .object = shared ? NULL : object_ref(object), .frame = frame });
    passage->credit -= (int64_t)(shared ? frame->size : object_json(object).size);
    batch->spent = passage->credit <= 0;
    return passage->credit > 0;
}

static void over_bookmark(struct watch *watch, uint64_t revision, bool initial)
{
    over_append(watch->context,
                (struct passage_event){ .type = CLIENT_BOOKMARK, .revision = revision, .initial = initial });
}

static void over_ended(struct watch *watch, int rc, const struct error *err)
{
    struct watch_passage *passage = watch->context;
    struct request *request = passage->call->request;
    passage->watch = NULL;
    passage->rc = rc;
    if (err != NULL)
        passage->err = *err;
    over_batch(passage)->ends = true;
    request_depart(request);
    over_flush(passage);
}

static void over_resume(struct loop_task *task)
{
    struct watch_passage *passage = container_of(task, struct watch_passage, resume_task);
    passage->credit = CREDIT;
    if (passage->watch != NULL)
        watch_resume(passage->watch);
}

static void over_close(struct loop_task *task)
{
    struct watch_passage *passage = container_of(task, struct watch_passage, close_task);
    if (passage->watch != NULL) {
        watch_close(passage->watch);
        struct passage_batch *batch = over_take(passage);
        if (batch != NULL)
            batch_free(batch);
        request_depart(passage->call->request);
    }
    task->callback = lane_gone;
    loop_post(passage->call->lane->loop, task);
}

struct watch_passage *watch_passage_create(struct http_call *call)
{
    struct watch_passage *passage = memory_new(struct watch_passage);
    passage->call = call;
    passage->credit = CREDIT;
    passage->shares_frames = watch_answer_shares_frames(call);
    passage->watch = call->request->watch;
    passage->resume_task.callback = over_resume;
    passage->close_task.callback = over_close;
    return passage;
}

void watch_passage_begin(struct watch_passage *passage)
{
    static const struct watch_consumer consumer = { .event = over_event,
                                                    .bookmark = over_bookmark,
                                                    .ended = over_ended };
    watch_begin(passage->watch, &consumer, passage);
}
