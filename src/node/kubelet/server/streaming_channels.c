/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* streaming_channels.c - a WebSocket's channels and a runtime's SPDY streams, one for one. */
#include "base/log.h"
#include "node/kubelet/server/streaming.h"

static const char *const stream_types[CHANNELS] = { "stdin", "stdout", "stderr", "error", "resize" };

/* The runtime has said all: its outputs and the status have ended. */
static bool all_said(const struct streaming *session)
{
    return session->channels[CHANNEL_STDOUT].stream == NULL && session->channels[CHANNEL_STDERR].stream == NULL &&
           session->channels[CHANNEL_ERROR].stream == NULL;
}

static void channel_over(struct channel *channel)
{
    struct streaming *session = channel->session;
    bool output = channel->number != CHANNEL_STDIN && channel->number != CHANNEL_RESIZE;
    spdy_stream_release(take_pointer(&channel->stream));
    if (output && all_said(session))
        streaming_end(session);
}

static void stream_data(void *context, struct str bytes)
{
    struct channel *channel = context;
    if (bytes.size == 0) {
        channel_over(channel);
        return;
    }
    const char prefix = (char)channel->number;
    if (!websocket_send_prefixed(channel->session->socket, (struct str){ &prefix, 1 }, bytes)) {
        for (size_t i = 0; i < CHANNELS; i++) {
            if (channel->session->channels[i].stream != NULL)
                spdy_stream_read_stop(channel->session->channels[i].stream);
        }
    }
}

static void stream_drained(void *context)
{
    websocket_read_start(((struct channel *)context)->session->socket);
}

static void stream_closed(void *context, const struct error *err)
{
    struct channel *channel = context;
    (void)err;
    channel->stream = NULL; /* gone already */
    channel_over(channel);
}

static void session_opened(void *context, struct spdy_stream *stream, const struct http_headers *headers)
{
    (void)context, (void)headers;
    spdy_stream_reset(stream); /* runtimes open none */
}

static void session_ended(void *context, const struct error *err)
{
    (void)err;
    streaming_end(context);
}

static void socket_message(void *context, enum websocket_type type, struct str message)
{
    struct streaming *session = context;
    (void)type;
    if (message.size == 0)
        return;
    unsigned number = (unsigned char)message.data[0];
    struct str data = str_skip(message, 1);
    if (number == CHANNEL_CLOSE && session->v5 && data.size == 1 && (unsigned char)data.data[0] < CHANNELS) {
        struct channel *closed = &session->channels[(unsigned char)data.data[0]];
        if (closed->stream != NULL)
            spdy_stream_end(closed->stream);
        return;
    }
    if ((number != CHANNEL_STDIN && number != CHANNEL_RESIZE) || session->channels[number].stream == NULL ||
        data.size == 0)
        return;
    if (!spdy_stream_write(session->channels[number].stream, data))
        websocket_read_stop(session->socket);
}

static void socket_drained(void *context)
{
    struct streaming *session = context;
    for (size_t i = 0; i < CHANNELS; i++) {
        if (session->channels[i].stream != NULL)
            spdy_stream_read_start(session->channels[i].stream);
    }
}

static void socket_closed(void *context, int code, struct str reason, const struct error *err)
{
    (void)code, (void)reason, (void)err;
    streaming_end(context);
}

void streaming_translate(struct streaming *session, struct websocket *socket, struct stream *runtime)
{
    static const struct spdy_session_events session_events = { .opened = session_opened, .ended = session_ended };
    static const struct spdy_stream_events stream_events = { .data = stream_data,
                                                             .drained = stream_drained,
                                                             .closed = stream_closed };
    static const struct websocket_events socket_events = { .message = socket_message,
                                                           .drained = socket_drained,
                                                           .closed = socket_closed };
    /* The runtime waits for all of them; the status comes first, as upstream's client opens them. */
    static const uint8_t order[] = { CHANNEL_ERROR, CHANNEL_STDIN, CHANNEL_STDOUT, CHANNEL_STDERR, CHANNEL_RESIZE };
    session->socket = socket;
    session->spdy = spdy_session_create(runtime, false, &session_events, session, NULL);
    for (size_t i = 0; i < countof(order); i++) {
        struct channel *channel = &session->channels[order[i]];
        *channel = (struct channel){ .session = session, .number = order[i] };
        if (!session->wanted[order[i]])
            continue;
        const struct http_header header = { STR("streamtype"), str_of(stream_types[order[i]]) };
        channel->stream = spdy_stream_open(session->spdy, &(struct http_headers){ &header, 1 });
        spdy_stream_set_events(channel->stream, &stream_events, channel);
        if (order[i] != CHANNEL_STDIN && order[i] != CHANNEL_RESIZE)
            spdy_stream_end(channel->stream); /* nothing of ours goes there */
    }
    websocket_set_events(socket, &socket_events, session);
}
