/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stream.c - a WebSocket's binary messages as a stream of bytes, for protocols that are tunnelled through it. Ending the
 * stream's writing side sends the close frame, since a WebSocket cannot be closed by half. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/stream/driver.h"
#include "net/websocket/socket.h"

#define MESSAGE_SIZE ((size_t)32 << 10)
#define CODE_NORMAL  1000

struct socket_stream {
    struct stream base;
    struct websocket *socket;
    bool full; /* the socket wants us to wait */
};

static struct socket_stream *socket_stream_of(struct stream *stream)
{
    return container_of(stream, struct socket_stream, base);
}

static void on_message(void *context, enum websocket_type type, struct str message)
{
    (void)type;
    struct socket_stream *stream = context;
    stream_pin(&stream->base);
    stream_deliver(&stream->base, message);
    stream_unpin(&stream->base);
}

static void on_drained(void *context)
{
    struct socket_stream *stream = context;
    stream->full = false;
    stream_flush(&stream->base);
}

static void on_closed(void *context, int code, struct str reason, const struct error *err)
{
    (void)code, (void)reason;
    struct socket_stream *stream = context;
    stream_pin(&stream->base);
    if (err != NULL)
        stream_fail(&stream->base, err);
    else
        stream_deliver_end(&stream->base);
    stream_unpin(&stream->base);
}

static const struct websocket_events socket_events = { .message = on_message,
                                                       .drained = on_drained,
                                                       .closed = on_closed };

static void want_read(struct stream *stream)
{
    struct websocket *socket = socket_stream_of(stream)->socket;
    if (stream->reading && !stream->failed)
        websocket_read_start(socket);
    else
        websocket_read_stop(socket);
}

static void flush(struct stream *stream)
{
    struct socket_stream *own = socket_stream_of(stream);
    while (stream->queue.size > 0 && !own->full) {
        char message[MESSAGE_SIZE];
        size_t size = bytes_queue_copy(&stream->queue, message, sizeof(message));
        own->full = !websocket_send(own->socket, WEBSOCKET_BINARY, (struct str){ message, size });
        bytes_queue_consume(&stream->queue, size);
    }
    if (stream->queue.size == 0 && stream->end_wanted && !stream->end_sent) {
        stream->end_sent = true;
        websocket_send_close(own->socket, CODE_NORMAL, NULL);
    }
    stream_sent(stream);
}

static void destroy(struct stream *stream)
{
    struct socket_stream *own = socket_stream_of(stream);
    websocket_close(own->socket, CODE_NORMAL, NULL);
    stream_fini(stream);
    free(own);
}

static const struct stream_driver websocket_driver = {
    .name = "websocket",
    .want_read = want_read,
    .flush = flush,
    .destroy = destroy,
};

struct stream *websocket_to_stream(struct websocket *socket)
{
    struct socket_stream *stream = memory_new(struct socket_stream);
    struct stream *below = websocket_peek_stream(socket);
    stream_init(&stream->base, &websocket_driver, stream_loop(below), stream_peer(below));
    stream->socket = socket;
    websocket_read_stop(socket); /* until our reader starts */
    websocket_set_events(socket, &socket_events, stream);
    return &stream->base;
}
