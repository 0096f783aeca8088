/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* memory.c - two stream ends in one process. What is queued on one end is handed to the reader of the other, slice by
 * slice and without a copy, when that reader wants it. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/stream/driver.h"

struct memory_stream {
    struct stream base;
    struct memory_stream *other; /* NULL: it was closed */
};

static struct memory_stream *memory_stream_of(struct stream *stream)
{
    return container_of(stream, struct memory_stream, base);
}

static void memory_want_read(struct stream *stream)
{
    struct memory_stream *other = memory_stream_of(stream)->other;
    if (stream->reading && other != NULL)
        stream_flush_later(&other->base);
}

/* One slice to the reader of the other end, which may close either end meanwhile. */
static void memory_move_slice(struct memory_stream *from, struct memory_stream *to)
{
    struct str front = bytes_queue_front(&from->base.queue);
    struct bytes_queue moving = { 0 };
    bytes_queue_move(&moving, &from->base.queue, front.size);
    stream_pin(&to->base);
    stream_deliver(&to->base, bytes_queue_front(&moving));
    stream_unpin(&to->base);
    bytes_queue_fini(&moving);
}

static void memory_flush(struct stream *stream)
{
    struct memory_stream *from = memory_stream_of(stream);
    while (stream->queue.size > 0 && from->other != NULL && from->other->base.reading &&
           from->other->base.early.size == 0 && !stream->closed)
        memory_move_slice(from, from->other);
    if (stream->closed)
        return;
    if (from->other == NULL && (stream->queue.size > 0 || (stream->end_wanted && !stream->end_sent))) {
        struct error err;
        error_set(&err, ERROR_CLOSED, "memory: the other end is closed");
        stream_fail(stream, &err);
        return;
    }
    if (stream->queue.size == 0 && stream->end_wanted && !stream->end_sent) {
        stream->end_sent = true;
        struct memory_stream *other = from->other;
        stream_pin(&other->base);
        stream_deliver_end(&other->base);
        stream_unpin(&other->base);
    }
    stream_sent(stream);
}

static void memory_destroy(struct stream *stream)
{
    struct memory_stream *memory = memory_stream_of(stream);
    struct memory_stream *other = memory->other;
    if (other != NULL) {
        other->other = NULL;
        stream_end_later(&other->base);
        if (other->base.queue.size > 0 || other->base.closing)
            stream_flush_later(&other->base);
    }
    stream_fini(stream);
    free(memory);
}

static const struct stream_driver memory_driver = {
    .name = "memory",
    .want_read = memory_want_read,
    .flush = memory_flush,
    .destroy = memory_destroy,
};

void stream_pair(struct loop *loop, struct stream *ret_ends[2])
{
    struct memory_stream *ends[2];
    for (int i = 0; i < 2; i++) {
        ends[i] = memory_new(struct memory_stream);
        stream_init(&ends[i]->base, &memory_driver, loop, "memory");
    }
    ends[0]->other = ends[1];
    ends[1]->other = ends[0];
    ret_ends[0] = &ends[0]->base;
    ret_ends[1] = &ends[1]->base;
}
