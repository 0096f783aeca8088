/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* spdy.h - SPDY/3.1 on an upgraded stream, as exec, attach and port-forward speak it.
 *
 * Both sides, as Kubernetes' clients and container runtimes use it: streams opened with headers, answered with a reply,
 * data both ways, half closes and resets. Like theirs, this has no flow control of its own: a reader that stops one
 * stream for long holds up the session. Callbacks come on the loop, never from inside the call that caused them. */
#ifndef NET_SPDY_H
#define NET_SPDY_H

#include "base/bytes.h"
#include "base/error.h"
#include "net/http.h"
#include "net/stream.h"

struct spdy_session;
struct spdy_stream;

struct spdy_session_events {
    /* The peer opened a stream. Set its events, then spdy_stream_accept() or spdy_stream_reset() it, now or later. */
    void (*opened)(void *context, struct spdy_stream *stream, const struct http_headers *headers);
    /* The session is over, as its connection is; its streams were told before (closed()). Only spdy_session_close() is
     * legal after it. err is NULL when the peer just ended. */
    void (*ended)(void *context, const struct error *err);
};

struct spdy_limits {
    size_t streams;    /* 0: 1000 open at once */
    size_t held_bytes; /* 0: 1 MiB, of streams that stopped reading, before the session stops */
};

/* Takes the stream over. 'server': we are the one that was connected to. 'limits' may be NULL. */
struct spdy_session *spdy_session_create(struct stream *stream, bool server, const struct spdy_session_events *events,
                                         void *context, const struct spdy_limits *limits);
/* Ends everything, without callbacks. What was written still goes out (bounded by a time limit). NULL is fine. */
void spdy_session_close(struct spdy_session *session);
void spdy_session_ping(struct spdy_session *session); /* keeps proxies from closing it */

struct spdy_stream_events {
    void (*reply)(void *context, const struct http_headers *headers); /* to a stream of ours; may be NULL */
    void (*data)(void *context, struct str bytes);                    /* borrowed; size 0: the peer will send no more */
    void (*drained)(void *context); /* after spdy_stream_write() had returned false; may be NULL */
    /* Reset by the peer, or the session ended: the stream is gone. */
    void (*closed)(void *context, const struct error *err);
};
/* Until then what arrives is held. */
void spdy_stream_set_events(struct spdy_stream *stream, const struct spdy_stream_events *events, void *context);

/* Streams stay until spdy_stream_release(), closed() or spdy_session_close(). Names of headers in lower case. */
struct spdy_stream *spdy_stream_open(struct spdy_session *session, const struct http_headers *headers);
void spdy_stream_accept(struct spdy_stream *stream, const struct http_headers *headers);
uint32_t spdy_stream_id(const struct spdy_stream *stream);

bool spdy_stream_write(struct spdy_stream *stream,
                       struct str bytes);           /* copies; false: wait for drained(), it was taken all the same */
void spdy_stream_end(struct spdy_stream *stream);   /* half close */
void spdy_stream_reset(struct spdy_stream *stream); /* gone, without callbacks */
/* Forgets it: without a reset when both sides have ended, with one otherwise. NULL is fine. */
void spdy_stream_release(struct spdy_stream *stream);
void spdy_stream_read_stop(struct spdy_stream *stream);
void spdy_stream_read_start(struct spdy_stream *stream);

#endif
