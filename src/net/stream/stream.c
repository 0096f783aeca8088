/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stream.c - what all kinds of streams have in common: the queue, its marks, and the end of life.
 *
 * Writes are collected until the loop's tasks run, so that many small ones leave in one system call.
 * A flushing close goes on without its owner: it sends the queue, then the end, then reads and drops until the peer has
 * ended too (closing a TCP socket with unread input would reset it and take the answer away from the peer), all of it
 * bounded by one timer. */
#include "net/stream/driver.h"

#include <stdlib.h>

#include "base/memory.h"

#define STREAM_CLOSE_FLUSH_TIME (5 * USEC_PER_SEC)
#define STREAM_CLOSE_DRAIN_TIME (1 * USEC_PER_SEC) /* for the peer's end, after ours is sent */
#define STREAM_EARLY_MAX        ((size_t)1 << 20)

static void stream_run_flush(struct loop_task *task);
static void stream_run_deliver(struct loop_task *task);
static void stream_close_timeout(struct loop_timer *timer);
static void stream_cut(struct loop_task *task);
static void stream_release(struct stream *stream);

void stream_init(struct stream *stream, const struct stream_driver *driver, struct loop *loop, const char *peer)
{
    stream->driver = driver;
    stream->loop = loop;
    stream->peer = memory_strdup(peer);
    stream->high_mark = STREAM_HIGH_MARK;
    stream->low_mark = STREAM_LOW_MARK;
    stream->flush_task.callback = stream_run_flush;
    stream->deliver_task.callback = stream_run_deliver;
    stream->close_timer.callback = stream_close_timeout;
    stream->cut_task.callback = stream_cut;
    buffer_init(&stream->early, STREAM_EARLY_MAX);
}

void stream_fini(struct stream *stream)
{
    bytes_queue_fini(&stream->queue);
    buffer_fini(&stream->early);
    free(stream->failure);
    free(stream->peer);
}

static void stream_deliver_later(struct stream *stream)
{
    if (!stream->closed)
        loop_defer(stream->loop, &stream->deliver_task);
}

void stream_set_events(struct stream *stream, const struct stream_events *events, void *context)
{
    stream->events = events;
    stream->context = context;
    if (stream->failure != NULL)
        stream_deliver_later(stream);
}

void stream_flush_later(struct stream *stream)
{
    if (!stream->closed && !stream->failed)
        loop_defer(stream->loop, &stream->flush_task);
}

void stream_read_start(struct stream *stream)
{
    if (stream->reading)
        return;
    stream->reading = true;
    if (stream->early.size > 0 || stream->read_ended || stream->failure != NULL)
        stream_deliver_later(stream);
    stream->driver->want_read(stream);
}

void stream_read_stop(struct stream *stream)
{
    if (!stream->reading)
        return;
    stream->reading = false;
    stream->driver->want_read(stream);
}

/* After something was added to the queue. */
static void stream_queued_more(struct stream *stream)
{
    if (stream->queue.size > stream->high_mark)
        stream->above_mark = true;
    if (stream->queue.size > STREAM_QUEUE_MAX) {
        struct error err;
        error_set(&err, ERROR_LIMIT, "%s: more than %zu bytes wait to be sent", text_or_empty(stream->peer),
                  STREAM_QUEUE_MAX);
        stream_fail_later(stream, &err);
        return;
    }
    stream_flush_later(stream);
}

static bool stream_writable(const struct stream *stream)
{
    return !stream->failed && !stream->closed && !stream->end_wanted;
}

void stream_write(struct stream *stream, struct str bytes)
{
    if (!stream_writable(stream) || bytes.size == 0)
        return;
    bytes_queue_append(&stream->queue, bytes);
    stream_queued_more(stream);
}

void stream_write_bytes(struct stream *stream, struct bytes *bytes)
{
    stream_write_slice(stream, bytes, 0, bytes->size);
}

void stream_write_slice(struct stream *stream, struct bytes *bytes, size_t offset, size_t size)
{
    if (!stream_writable(stream) || size == 0)
        return;
    bytes_queue_append_slice(&stream->queue, bytes, offset, size);
    stream_queued_more(stream);
}

void stream_write_from(struct stream *stream, struct bytes_queue *from, size_t size)
{
    if (!stream_writable(stream)) {
        bytes_queue_consume(from, size);
        return;
    }
    bytes_queue_move(&stream->queue, from, size);
    stream_queued_more(stream);
}

void stream_write_now(struct stream *stream, struct str bytes)
{
    if (!stream_writable(stream) || bytes.size == 0)
        return;
    if (stream->queue.size == 0 && stream->driver->send != NULL)
        bytes = str_skip(bytes, stream->driver->send(stream, bytes));
    stream_write(stream, bytes);
}

void stream_write_end(struct stream *stream)
{
    if (!stream_writable(stream))
        return;
    stream->end_wanted = true;
    stream_flush_later(stream);
}

size_t stream_queued(const struct stream *stream)
{
    return stream->queue.size;
}

void stream_flush(struct stream *stream)
{
    if (stream->closed || stream->failed)
        return;
    loop_cancel(stream->loop, &stream->flush_task);
    stream_pin(stream);
    stream->driver->flush(stream);
    stream_unpin(stream);
}

static void stream_run_flush(struct loop_task *task)
{
    struct stream *stream = container_of(task, struct stream, flush_task);
    stream_flush(stream);
}

void stream_sent(struct stream *stream)
{
    if (stream->closed)
        return;
    if (stream->above_mark && stream->queue.size < stream->low_mark) {
        stream->above_mark = false;
        if (stream->events != NULL && stream->events->drained != NULL)
            stream->events->drained(stream->context);
    }
    if (stream->closed || !stream->closing || !stream->end_sent)
        return;
    if (stream->read_ended)
        stream_release(stream);
    else
        loop_timer_start(stream->loop, &stream->close_timer, STREAM_CLOSE_DRAIN_TIME);
}

static void stream_deliver_early(struct stream *stream)
{
    auto_buffer struct buffer early = stream->early;
    buffer_init(&stream->early, STREAM_EARLY_MAX);
    stream->events->read(stream->context, buffer_str(&early));
}

void stream_deliver(struct stream *stream, struct str bytes)
{
    if (!stream->closed && stream->events != NULL && stream->early.size > 0)
        stream_deliver_early(stream);
    if (!stream->closed && stream->events != NULL && bytes.size > 0)
        stream->events->read(stream->context, bytes);
}

void stream_deliver_end(struct stream *stream)
{
    stream->read_ended = true;
    if (stream->closed)
        return;
    if (stream->closing) {
        if (stream->end_sent)
            stream_release(stream);
        return;
    }
    if (stream->end_told || stream->events == NULL || !stream->reading || stream->early.size > 0)
        return; /* told by stream_read_start() */
    stream->end_told = true;
    stream->events->read(stream->context, (struct str){ 0 });
}

void stream_end_later(struct stream *stream)
{
    stream->read_ended = true;
    stream_deliver_later(stream);
}

void stream_fail_later(struct stream *stream, const struct error *err)
{
    if (stream->failed || stream->closed)
        return;
    stream->failed = true;
    stream->failure = memory_copy(err, sizeof(*err));
    bytes_queue_fini(&stream->queue);
    stream_deliver_later(stream);
}

void stream_fail(struct stream *stream, const struct error *err)
{
    if (stream->failed || stream->closed)
        return;
    stream->failed = true;
    bytes_queue_fini(&stream->queue);
    stream->driver->want_read(stream);
    if (stream->closing)
        stream_release(stream);
    else if (stream->events != NULL)
        stream->events->failed(stream->context, err);
    else
        stream->failure = memory_copy(err, sizeof(*err));
}

void stream_push_back(struct stream *stream, struct str bytes)
{
    buffer_append_str(&stream->early, bytes);
    if (stream->reading)
        stream_deliver_later(stream);
}

/* Early bytes, then the noted end, then the noted failure: whatever the reader lets come. */
static void stream_run_deliver(struct loop_task *task)
{
    struct stream *stream = container_of(task, struct stream, deliver_task);
    stream_pin(stream);
    if (stream->closing && stream->failed)
        stream_release(stream);
    if (!stream->closed && stream->reading && stream->events != NULL && stream->early.size > 0)
        stream_deliver_early(stream);
    if (!stream->closed && stream->read_ended)
        stream_deliver_end(stream);
    if (!stream->closed && stream->failure != NULL && stream->events != NULL) {
        autofree struct error *failure = take_pointer(&stream->failure);
        stream->events->failed(stream->context, failure);
    }
    stream_unpin(stream);
}

static void stream_release(struct stream *stream)
{
    if (stream->closed)
        return;
    stream->closed = true;
    stream->events = NULL;
    stream->reading = false;
    loop_cancel(stream->loop, &stream->flush_task);
    loop_cancel(stream->loop, &stream->deliver_task);
    loop_timer_stop(&stream->close_timer);
    loop_cancel(stream->loop, &stream->cut_task);
    if (stream->pins == 0)
        stream->driver->destroy(stream);
}

void stream_unpin(struct stream *stream)
{
    if (--stream->pins == 0 && stream->closed)
        stream->driver->destroy(stream);
}

static void stream_close_timeout(struct loop_timer *timer)
{
    stream_release(container_of(timer, struct stream, close_timer));
}

static void stream_cut(struct loop_task *task)
{
    stream_release(container_of(task, struct stream, cut_task));
}

void stream_close(struct stream *stream, bool flush)
{
    if (stream == NULL || stream->closed || stream->closing)
        return;
    stream->events = NULL;
    if (!flush || stream->failed) {
        stream_release(stream);
        return;
    }
    stream->closing = true;
    stream->end_wanted = true;
    buffer_fini(&stream->early);
    loop_timer_start(stream->loop, &stream->close_timer, STREAM_CLOSE_FLUSH_TIME);
    loop_at_end(stream->loop, &stream->cut_task);
    if (!stream->reading) {
        stream->reading = true;
        stream->driver->want_read(stream);
    }
    stream_flush_later(stream);
}

const char *stream_peer(const struct stream *stream)
{
    return text_or_empty(stream->peer);
}

struct loop *stream_loop(const struct stream *stream)
{
    return stream->loop;
}

struct x509_st *stream_peer_certificate(const struct stream *stream)
{
    return stream->driver->peer_certificate != NULL ? stream->driver->peer_certificate(stream) : NULL;
}

bool stream_peer_verified(const struct stream *stream)
{
    return stream->driver->peer_verified != NULL && stream->driver->peer_verified(stream);
}

const char *stream_alpn(const struct stream *stream)
{
    return stream->driver->alpn != NULL ? stream->driver->alpn(stream) : "";
}
