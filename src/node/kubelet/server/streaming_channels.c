/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* streaming_channels.c - a WebSocket's channels and a runtime's SPDY streams, one for one. */
#include <stdio.h>

#include "base/log.h"
#include "node/kubelet/server/streaming.h"

static const char *const stream_types[CHANNELS] = { "stdin", "stdout", "stderr", "error", "resize" };

/* The runtime has said all: its outputs and the status have ended. */
static bool all_said(const struct streaming *session)
{
    for (size_t i = 0; i < STREAMING_CHANNELS_MAX; i++) {
        if (session->channels[i].output && session->channels[i].stream != NULL)
            return false;
    }
    return true;
}

static void channel_over(struct channel *channel)
{
    struct streaming *session = channel->session;
    bool output = channel->output;
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
        for (size_t i = 0; i < STREAMING_CHANNELS_MAX; i++) {
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
    if (number == CHANNEL_CLOSE && session->v5 && data.size == 1 &&
        (unsigned char)data.data[0] < STREAMING_CHANNELS_MAX) {
        struct channel *closed = &session->channels[(unsigned char)data.data[0]];
        if (closed->stream != NULL)
            spdy_stream_end(closed->stream);
        return;
    }
    if (number >= STREAMING_CHANNELS_MAX || !session->channels[number].input ||
        session->channels[number].stream == NULL || data.size == 0)
        return;
    if (!spdy_stream_write(session->channels[number].stream, data))
        websocket_read_stop(session->socket);
}

static void socket_drained(void *context)
{
    struct streaming *session = context;
    for (size_t i = 0; i < STREAMING_CHANNELS_MAX; i++) {
        if (session->channels[i].stream != NULL)
            spdy_stream_read_start(session->channels[i].stream);
    }
}

static void socket_closed(void *context, int code, struct str reason, const struct error *err)
{
    (void)code, (void)reason, (void)err;
    streaming_end(context);
}

static void begin(struct streaming *session, struct websocket *socket, struct stream *runtime)
{
    static const struct spdy_session_events events = { .opened = session_opened, .ended = session_ended };
    session->socket = socket;
    session->spdy = spdy_session_create(runtime, false, &events, session, NULL);
}

static void open_channel(struct streaming *session, unsigned number, bool input, bool output,
                         const struct http_headers *headers)
{
    static const struct spdy_stream_events events = { .data = stream_data,
                                                      .drained = stream_drained,
                                                      .closed = stream_closed };
    struct channel *channel = &session->channels[number];
    *channel = (struct channel){ .session = session, .number = (uint8_t)number, .input = input, .output = output };
    channel->stream = spdy_stream_open(session->spdy, headers);
    spdy_stream_set_events(channel->stream, &events, channel);
    if (!input)
        spdy_stream_end(channel->stream); /* nothing of ours goes there */
}

static void take_messages(struct streaming *session)
{
    static const struct websocket_events events = { .message = socket_message,
                                                    .drained = socket_drained,
                                                    .closed = socket_closed };
    websocket_set_events(session->socket, &events, session);
}

void streaming_translate(struct streaming *session, struct websocket *socket, struct stream *runtime)
{
    /* The runtime waits for all of them; the status comes first, as upstream's client opens them. */
    static const uint8_t order[] = { CHANNEL_ERROR, CHANNEL_STDIN, CHANNEL_STDOUT, CHANNEL_STDERR, CHANNEL_RESIZE };
    begin(session, socket, runtime);
    for (size_t i = 0; i < countof(order); i++) {
        if (!session->wanted[order[i]])
            continue;
        const struct http_header header = { STR("streamtype"), str_of(stream_types[order[i]]) };
        bool input = order[i] == CHANNEL_STDIN || order[i] == CHANNEL_RESIZE;
        open_channel(session, order[i], input, !input, &(struct http_headers){ &header, 1 });
    }
    take_messages(session);
}

void streaming_forward(struct streaming *session, struct websocket *socket, struct stream *runtime)
{
    begin(session, socket, runtime);
    for (unsigned i = 0; i < session->n_ports; i++) {
        char port[8], request[8];
        snprintf(port, sizeof(port), "%u", session->ports[i]);
        snprintf(request, sizeof(request), "%u", i);
        for (unsigned error = 0; error < 2; error++) { /* clients expect the data's channel first */
            const char first[] = { (char)(2 * i + error), (char)(session->ports[i] & 0xff),
                                   (char)(session->ports[i] >> 8) };
            websocket_send(socket, WEBSOCKET_BINARY, (struct str){ first, sizeof(first) });
        }
        for (unsigned error = 2; error-- > 0;) { /* the runtime wants the error stream first */
            const struct http_header headers[] = { { STR("streamtype"), error ? STR("error") : STR("data") },
                                                   { STR("port"), str_of(port) },
                                                   { STR("requestid"), str_of(request) } };
            open_channel(session, 2 * i + error, !error, true, &(struct http_headers){ headers, countof(headers) });
        }
    }
    take_messages(session);
}
