/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* driver.h - what the kinds of streams share; for files of net/ only.
 *
 * stream.c owns queueing, marks, closing and life time; a driver moves bytes. A stream that
 * is closed inside one of its own callbacks lives until the driver's function has returned:
 * whoever calls out pins it first and looks at 'closed' after. */
#ifndef NET_STREAM_DRIVER_H
#define NET_STREAM_DRIVER_H

#include "base/buffer.h"
#include "net/stream.h"
#include "net/stream/queue.h"

struct stream_driver {
    const char *name;
    /* stream->reading has changed. Never delivers from inside. */
    void (*want_read)(struct stream *stream);
    /* Sends what it can of stream->queue, then the end if it is due, and reports through stream_sent().
     * Runs as a task of the loop, so it may call out. */
    void (*flush)(struct stream *stream);
    void (*destroy)(struct stream *stream); /* releases everything, its memory too */
    /* Sends what goes out at once of bytes that nothing is queued before; how many. NULL: none ever do. */
    size_t (*send)(struct stream *stream, struct str bytes);
    /* NULL where the driver has no TLS. */
    struct x509_st *(*peer_certificate)(const struct stream *stream);
    bool (*peer_verified)(const struct stream *stream);
    const char *(*alpn)(const struct stream *stream);
};

struct stream {
    const struct stream_driver *driver;
    struct loop *loop;
    const struct stream_events *events; /* NULL: nobody listens (yet, or closing) */
    void *context;
    struct bytes_queue queue;
    struct buffer early;           /* read before its reader was there; goes first */
    struct loop_task flush_task;   /* queued when there is something to send */
    struct loop_task deliver_task; /* queued for 'early' and for what was noted while it could not be told */
    struct loop_timer close_timer; /* bounds a flushing close */
    struct loop_task cut_task;     /* and so does the loop's end */
    size_t high_mark, low_mark;
    struct error *failure; /* noted, not told yet */
    char *peer;
    unsigned pins;
    bool reading;
    bool read_ended; /* the driver saw the end */
    bool end_told;   /* the reader was told */
    bool end_wanted; /* stream_write_end() */
    bool end_sent;
    bool above_mark;
    bool failed;  /* nothing moves any more */
    bool closing; /* flushing close: only the queue matters */
    bool closed;  /* memory waits for the last pin */
};

/* A zeroed struct; 'peer' is copied. */
void stream_init(struct stream *stream, const struct stream_driver *driver, struct loop *loop, const char *peer);
void stream_fini(struct stream *stream); /* by the driver's destroy() */

static inline void stream_pin(struct stream *stream)
{
    stream->pins++;
}
void stream_unpin(struct stream *stream);

/* To the reader; from the loop, while stream->reading and pinned. */
void stream_deliver(struct stream *stream, struct str bytes);
void stream_deliver_end(struct stream *stream);
void stream_end_later(struct stream *stream);
void stream_fail(struct stream *stream, const struct error *err); /* from the loop, pinned; told once */
void stream_fail_later(struct stream *stream, const struct error *err);
void stream_sent(struct stream *stream); /* after flush(): marks, drained(), end of a closing stream; pinned */

void stream_flush_later(struct stream *stream);
void stream_flush(struct stream *stream); /* now; only from a task or poll callback */

/* Read already by somebody who hands the stream over; the next reader gets it first. */
void stream_push_back(struct stream *stream, struct str bytes);
void stream_write_from(struct stream *stream, struct bytes_queue *from, size_t size); /* moves slices over */

/* Like stream_write(), but what can leave at once does, without a copy; before the next stream_flush(). */
void stream_write_now(struct stream *stream, struct str bytes);

#endif
