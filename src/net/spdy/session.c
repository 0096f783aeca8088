/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* session.c - frames in, frames out, and the streams between them.
 *
 * Control frames are collected whole, data frames are delivered piecewise as they come. A stream whose reader is not
 * there, or has stopped, has its data held; when all that is held passes the limit, the connection is not read until
 * some of it was taken. A reset, or the end of the connection, is told after what is held: runtimes reset a command's
 * streams as soon as they have written its last output. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/container/map.h"
#include "base/memory.h"
#include "net/spdy.h"
#include "net/spdy/block.h"

#define FRAME_HEADER   8
#define CONTROL_MAX    (SPDY_BLOCK_MAX + 64)
#define DATA_FRAME_MAX ((size_t)32 << 10)
#define SPDY_VERSION   3
#define STREAMS        1000
#define HELD_BYTES     ((size_t)1 << 20)
#define ID_MAX         0x7fffffffU

enum frame_type {
    FRAME_SYN_STREAM = 1,
    FRAME_SYN_REPLY = 2,
    FRAME_RST_STREAM = 3,
    FRAME_PING = 6,
    FRAME_GOAWAY = 7,
    FRAME_HEADERS = 8,
};
enum { FLAG_FIN = 1, FLAG_UNIDIRECTIONAL = 2 };
enum reset_status { RESET_PROTOCOL_ERROR = 1, RESET_REFUSED_STREAM = 3, RESET_CANCEL = 5 };

struct spdy_session {
    struct loop *loop;
    struct stream *stream;
    const struct spdy_session_events *events;
    void *context;
    struct spdy_limits limits;
    struct spdy_codec codec;
    struct map streams;
    struct buffer frame; /* a frame's header, then a control frame's payload */
    size_t data_left;    /* of the data frame that is arriving */
    uint32_t data_id;    /* its stream */
    bool data_fin;
    bool server;
    bool ended;                  /* the connection is; streams may still hold data for their readers */
    struct error *end_err;       /* why; NULL: the peer just ended */
    struct loop_task ended_task; /* tells it, when no stream is left */
    bool closed;
    uint32_t next_id;
    uint32_t last_peer_id;
    uint32_t next_ping;
    size_t held;
    unsigned pins;
};

struct spdy_stream {
    struct spdy_session *session;
    struct map_node node; /* in session->streams, by 'id' */
    uint32_t id;
    const struct spdy_stream_events *events;
    void *context;
    struct buffer held;
    struct loop_task held_task;
    bool stopped;
    bool replied;
    bool peer_ended, peer_end_told;
    bool local_ended;
    struct error *over; /* reset, or the connection gone: to be told after what is held */
    bool want_drained;
    bool gone;
    unsigned pins;
};

/* ---------------------------------------------------------------- life times */

static void session_unpin(struct spdy_session *session)
{
    if (--session->pins > 0 || !session->closed)
        return;
    spdy_codec_fini(&session->codec);
    buffer_fini(&session->frame);
    map_fini(&session->streams);
    free(session->end_err);
    free(session);
}

static void spdy_stream_unpin(struct spdy_stream *stream)
{
    if (--stream->pins > 0 || !stream->gone) /* NOLINT(clang-analyzer-unix.Malloc): pinned */
        return;
    free(stream->over);
    free(stream);
}

static struct spdy_stream *stream_create(struct spdy_session *session, uint32_t id);
static void stream_drop(struct spdy_stream *stream);

static struct str id_key(const uint32_t *id)
{
    return (struct str){ (const char *)id, sizeof(*id) };
}

static struct spdy_stream *stream_find(struct spdy_session *session, uint32_t id)
{
    return map_find_entry(&session->streams, id_key(&id), struct spdy_stream, node);
}

/* What the peer sends is not read while too much of it is held. */
static void session_account(struct spdy_session *session, size_t more, size_t less)
{
    session->held += more;
    session->held -= less;
    if (session->stream == NULL)
        return;
    if (session->held > session->limits.held_bytes)
        stream_read_stop(session->stream);
    else
        stream_read_start(session->stream);
}

static void stream_drop(struct spdy_stream *stream)
{
    struct spdy_session *session = stream->session;
    stream->gone = true;
    stream->pins++;
    map_remove(&session->streams, &stream->node);
    loop_cancel(session->loop, &stream->held_task);
    session_account(session, 0, stream->held.size);
    buffer_fini(&stream->held);
    spdy_stream_unpin(stream);
    if (session->ended && !session->closed && map_first(&session->streams) == NULL)
        loop_defer(session->loop, &session->ended_task);
}

static bool stream_owes(const struct spdy_stream *stream)
{
    return stream->held.size > 0 || (stream->events != NULL && stream->peer_ended && !stream->peer_end_told);
}

static void stream_tell_closed(struct spdy_stream *stream, const struct error *err)
{
    const struct spdy_stream_events *events = stream->events;
    void *context = stream->context;
    stream_drop(stream);
    if (events != NULL && events->closed != NULL)
        events->closed(context, err);
}

static struct error *error_copy(const struct error *err)
{
    struct error *copy = memory_new(struct error);
    *copy = *err;
    return copy;
}

/* Now, or after what its reader is still to be given. */
static void stream_over(struct spdy_stream *stream, const struct error *err)
{
    if (!stream_owes(stream))
        stream_tell_closed(stream, err);
    else if (stream->over == NULL)
        stream->over = error_copy(err);
}

/* A stream that was not yet told that it is over, nor is to be later. */
static struct spdy_stream *stream_find_alive(struct spdy_session *session)
{
    struct spdy_stream *stream;
    map_for_each (&session->streams, stream, node) {
        if (stream->over == NULL)
            return stream;
    }
    return NULL;
}

static void session_end(struct spdy_session *session, const struct error *err)
{
    if (session->ended || session->closed)
        return;
    session->ended = true;
    session->pins++;
    stream_close(take_pointer(&session->stream), true);
    session->end_err = err != NULL ? error_copy(err) : NULL;
    if (map_first(&session->streams) == NULL)
        loop_defer(session->loop, &session->ended_task);
    struct error gone;
    error_set(&gone, ERROR_CLOSED, "the connection is closed");
    struct spdy_stream *stream;
    while (!session->closed && (stream = stream_find_alive(session)) != NULL)
        stream_over(stream, err != NULL ? err : &gone);
    session_unpin(session);
}

static void session_tell_ended(struct loop_task *task)
{
    struct spdy_session *session = container_of(task, struct spdy_session, ended_task);
    if (session->events->ended != NULL)
        session->events->ended(session->context, session->end_err);
}

/* ---------------------------------------------------------------- sending */

static void put_number(char *bytes, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (char)(number >> (24 - 8 * i));
}

static void send_control(struct spdy_session *session, enum frame_type type, unsigned flags, struct str payload)
{
    if (session->stream == NULL)
        return;
    char header[FRAME_HEADER];
    put_number(header, 0x80000000U | SPDY_VERSION << 16 | (uint32_t)type);
    put_number(header + 4, (uint32_t)flags << 24 | (uint32_t)payload.size);
    stream_write(session->stream, (struct str){ header, sizeof(header) });
    stream_write(session->stream, payload);
}

static void send_numbers(struct spdy_session *session, enum frame_type type, uint32_t first, const uint32_t *second)
{
    char payload[8];
    put_number(payload, first);
    if (second != NULL)
        put_number(payload + 4, *second);
    send_control(session, type, 0, (struct str){ payload, second != NULL ? 8 : 4 });
}

static void send_reset(struct spdy_session *session, uint32_t id, uint32_t status)
{
    send_numbers(session, FRAME_RST_STREAM, id, &status);
}

static void send_headers(struct spdy_session *session, enum frame_type type, struct str prefix,
                         const struct http_headers *headers)
{
    static const struct http_headers none = { 0 };
    auto_buffer struct buffer payload = { .max = CONTROL_MAX };
    buffer_append_str(&payload, prefix);
    spdy_block_encode(&session->codec, headers != NULL ? headers : &none, &payload);
    send_control(session, type, 0, buffer_str(&payload));
}

static void session_fail(struct spdy_session *session, const struct error *err)
{
    uint32_t protocol_error = 1;
    send_numbers(session, FRAME_GOAWAY, session->last_peer_id, &protocol_error);
    session_end(session, err);
}

static void session_fail_text(struct spdy_session *session, const char *text)
{
    struct error err;
    error_set(&err, ERROR_PROTOCOL, "spdy: %s", text);
    session_fail(session, &err);
}

/* ---------------------------------------------------------------- receiving */

static bool stream_may_tell(const struct spdy_stream *stream)
{
    return !stream->gone && !stream->stopped && stream->events != NULL;
}

static void stream_tell_data(struct spdy_stream *stream, struct str bytes)
{
    stream->pins++;
    stream->events->data(stream->context, bytes);
    spdy_stream_unpin(stream);
}

static void stream_tell_end(struct spdy_stream *stream)
{
    if (!stream->peer_ended || stream->peer_end_told || stream->held.size > 0 || !stream_may_tell(stream))
        return;
    stream->peer_end_told = true;
    stream_tell_data(stream, (struct str){ 0 });
}

static void stream_run_held(struct loop_task *task)
{
    struct spdy_stream *stream = container_of(task, struct spdy_stream, held_task);
    struct spdy_session *session = stream->session;
    session->pins++;
    stream->pins++;
    if (stream->held.size > 0 && stream_may_tell(stream)) {
        auto_buffer struct buffer held = stream->held;
        stream->held = (struct buffer){ .max = held.max };
        session_account(session, 0, held.size);
        stream_tell_data(stream, buffer_str(&held));
    }
    stream_tell_end(stream);
    if (!stream->gone && stream->over != NULL && !stream_owes(stream))
        stream_tell_closed(stream, stream->over);
    spdy_stream_unpin(stream);
    session_unpin(session);
}

static void stream_take_data(struct spdy_stream *stream, struct str bytes)
{
    if (bytes.size == 0)
        return;
    if (stream_may_tell(stream) && stream->held.size == 0) {
        stream_tell_data(stream, bytes);
        return;
    }
    buffer_append_str(&stream->held, bytes);
    session_account(stream->session, bytes.size, 0);
}

static struct spdy_stream *stream_create(struct spdy_session *session, uint32_t id)
{
    struct spdy_stream *stream = memory_new(struct spdy_stream);
    stream->session = session;
    stream->id = id;
    stream->held_task.callback = stream_run_held;
    buffer_init(&stream->held, 0);
    map_insert(&session->streams, id_key(&stream->id), &stream->node);
    return stream;
}

static uint32_t get_number(const char *data)
{
    const unsigned char *bytes = (const unsigned char *)data;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void take_syn_stream(struct spdy_session *session, unsigned flags, uint32_t id,
                            const struct http_headers *headers)
{
    bool theirs = id % 2 == (session->server ? 1 : 0);
    if (id == 0 || !theirs || id <= session->last_peer_id) {
        session_fail_text(session, "a stream has a number that it must not have");
        return;
    }
    session->last_peer_id = id;
    if (session->streams.size >= session->limits.streams || session->events->opened == NULL) {
        send_reset(session, id, RESET_REFUSED_STREAM);
        return;
    }
    struct spdy_stream *stream = stream_create(session, id);
    stream->peer_ended = (flags & FLAG_FIN) != 0;
    stream->local_ended = (flags & FLAG_UNIDIRECTIONAL) != 0;
    session->events->opened(session->context, stream, headers);
}

static void take_reply(struct spdy_session *session, unsigned flags, uint32_t id, const struct http_headers *headers)
{
    struct spdy_stream *stream = stream_find(session, id);
    if (stream == NULL)
        return; /* reset by us meanwhile */
    if (stream->replied || id % 2 == (session->server ? 1 : 0)) {
        session_fail_text(session, "a reply came to a stream that waits for none");
        return;
    }
    stream->replied = true;
    stream->peer_ended |= (flags & FLAG_FIN) != 0;
    stream->pins++;
    if (stream->events != NULL && stream->events->reply != NULL)
        stream->events->reply(stream->context, headers);
    stream_tell_end(stream);
    spdy_stream_unpin(stream);
}

/* SYN_STREAM, SYN_REPLY and HEADERS: each must be decompressed, wanted or not, as zlib's state goes on. */
static void take_headers(struct spdy_session *session, unsigned type, unsigned flags, struct str payload)
{
    size_t prefix = type == FRAME_SYN_STREAM ? 10 : 4;
    if (payload.size < prefix) {
        session_fail_text(session, "a control frame is too short");
        return;
    }
    uint32_t id = get_number(payload.data) & ID_MAX;
    auto_arena struct arena arena = { 0 };
    struct http_headers headers;
    struct error err;
    if (spdy_block_decode(&session->codec, str_skip(payload, prefix), &arena, &headers, &err) < 0)
        session_fail(session, &err);
    else if (type == FRAME_SYN_STREAM)
        take_syn_stream(session, flags, id, &headers);
    else if (type == FRAME_SYN_REPLY)
        take_reply(session, flags, id, &headers);
}

static void take_reset(struct spdy_session *session, struct str payload)
{
    if (payload.size != 8) {
        session_fail_text(session, "a control frame has the wrong size");
        return;
    }
    struct spdy_stream *stream = stream_find(session, get_number(payload.data) & ID_MAX);
    if (stream == NULL)
        return;
    struct error err;
    error_set(&err, ERROR_CLOSED, "the peer reset the stream with status %u", get_number(payload.data + 4));
    stream_over(stream, &err);
}

static void take_ping(struct spdy_session *session, struct str payload)
{
    if (payload.size != 4)
        session_fail_text(session, "a control frame has the wrong size");
    else if (get_number(payload.data) % 2 == (session->server ? 1 : 0))
        send_control(session, FRAME_PING, 0, payload); /* theirs; an answer to ours says nothing more */
}

static void take_control(struct spdy_session *session, uint32_t word, unsigned flags, struct str payload)
{
    if ((word >> 16 & 0x7fff) != SPDY_VERSION) {
        session_fail_text(session, "a control frame is of another version");
        return;
    }
    switch (word & 0xffff) {
    case FRAME_SYN_STREAM:
    case FRAME_SYN_REPLY:
    case FRAME_HEADERS:
        take_headers(session, word & 0xffff, flags, payload);
        break;
    case FRAME_RST_STREAM:
        take_reset(session, payload);
        break;
    case FRAME_PING:
        take_ping(session, payload);
        break;
    default:
        break; /* SETTINGS, GOAWAY, WINDOW_UPDATE: nobody here acts on them */
    }
}

static void take_data_end(struct spdy_session *session)
{
    struct spdy_stream *stream = session->data_fin ? stream_find(session, session->data_id) : NULL;
    if (stream == NULL)
        return;
    stream->peer_ended = true;
    stream_tell_end(stream);
}

/* Part of a data frame. */
static struct str take_data(struct spdy_session *session, struct str bytes)
{
    struct str part = { bytes.data, bytes.size < session->data_left ? bytes.size : session->data_left };
    session->data_left -= part.size;
    struct spdy_stream *stream = stream_find(session, session->data_id);
    if (stream != NULL && !stream->peer_ended)
        stream_take_data(stream, part);
    if (session->data_left == 0 && !session->closed && !session->ended)
        take_data_end(session);
    return str_skip(bytes, part.size);
}

/* A frame's header is in session->frame; a control frame's payload too. False: more is needed. */
static bool take_frame(struct spdy_session *session)
{
    const char *data = session->frame.data;
    uint32_t word = get_number(data), rest = get_number(data + 4);
    size_t size = rest & 0xffffff;
    unsigned flags = rest >> 24;
    if ((word & 0x80000000U) == 0) {
        buffer_clear(&session->frame);
        session->data_id = word;
        session->data_left = size;
        session->data_fin = (flags & FLAG_FIN) != 0;
        if (size == 0)
            take_data_end(session);
        return true;
    }
    if (size > CONTROL_MAX) {
        session_fail_text(session, "a control frame is too large");
        return true;
    }
    if (session->frame.size < FRAME_HEADER + size)
        return false;
    auto_buffer struct buffer frame = session->frame;
    session->frame = (struct buffer){ .max = frame.max };
    take_control(session, word, flags, (struct str){ frame.data + FRAME_HEADER, size });
    return true;
}

static size_t frame_wants(const struct spdy_session *session)
{
    if (session->frame.size < FRAME_HEADER)
        return FRAME_HEADER - session->frame.size;
    return FRAME_HEADER + (get_number(session->frame.data + 4) & 0xffffff) - session->frame.size;
}

static void on_read(void *context, struct str bytes)
{
    struct spdy_session *session = context;
    session->pins++;
    if (bytes.size == 0)
        session_end(session, NULL);
    while (bytes.size > 0 && !session->closed && !session->ended) { /* NOLINT(clang-analyzer-unix.Malloc): pinned */
        if (session->data_left > 0) {
            bytes = take_data(session, bytes);
            continue;
        }
        size_t part = frame_wants(session);
        if (part > bytes.size)
            part = bytes.size;
        buffer_append(&session->frame, bytes.data, part);
        bytes = str_skip(bytes, part);
        if (session->frame.size >= FRAME_HEADER)
            take_frame(session);
    }
    session_unpin(session); /* NOLINT(clang-analyzer-unix.Malloc): pinned */
}

static void on_drained(void *context)
{
    struct spdy_session *session = context;
    session->pins++;
    for (bool again = true; again && !session->closed && !session->ended;) {
        again = false;
        struct spdy_stream *stream;
        map_for_each (&session->streams, stream, node) {
            if (!stream->want_drained)
                continue;
            stream->want_drained = false;
            if (stream->events != NULL && stream->events->drained != NULL)
                stream->events->drained(stream->context);
            again = true; /* the callback may have ended any stream */
            break;
        }
    }
    session_unpin(session);
}

static void on_failed(void *context, const struct error *err)
{
    session_end(context, err);
}

static const struct stream_events connection_events = { .read = on_read, .drained = on_drained, .failed = on_failed };

/* ---------------------------------------------------------------- sessions */

struct spdy_session *spdy_session_create(struct stream *stream, bool server, const struct spdy_session_events *events,
                                         void *context, const struct spdy_limits *limits)
{
    struct spdy_session *session = memory_new(struct spdy_session);
    session->loop = stream_loop(stream);
    session->stream = stream;
    session->server = server;
    session->events = events;
    session->context = context;
    if (limits != NULL)
        session->limits = *limits;
    if (session->limits.streams == 0)
        session->limits.streams = STREAMS;
    if (session->limits.held_bytes == 0)
        session->limits.held_bytes = HELD_BYTES;
    session->next_id = server ? 2 : 1;
    session->next_ping = server ? 2 : 1;
    buffer_init(&session->frame, FRAME_HEADER + CONTROL_MAX);
    map_init(&session->streams);
    spdy_codec_init(&session->codec);
    session->ended_task.callback = session_tell_ended;
    stream_set_events(stream, &connection_events, session);
    stream_read_start(stream);
    return session;
}

void spdy_session_close(struct spdy_session *session)
{
    if (session == NULL || session->closed)
        return;
    session->pins++;
    if (!session->ended) {
        uint32_t ok = 0;
        send_numbers(session, FRAME_GOAWAY, session->last_peer_id, &ok);
    }
    session->closed = true;
    loop_cancel(session->loop, &session->ended_task);
    while (map_first(&session->streams) != NULL)
        stream_drop(container_of(map_first(&session->streams), struct spdy_stream, node));
    stream_close(take_pointer(&session->stream), true);
    session_unpin(session);
}

void spdy_session_ping(struct spdy_session *session)
{
    send_numbers(session, FRAME_PING, session->next_ping, NULL);
    session->next_ping += 2;
}

/* ---------------------------------------------------------------- streams */

void spdy_stream_set_events(struct spdy_stream *stream, const struct spdy_stream_events *events, void *context)
{
    stream->events = events;
    stream->context = context;
    if (stream->held.size > 0 || stream->peer_ended || stream->over != NULL)
        loop_defer(stream->session->loop, &stream->held_task);
}

struct spdy_stream *spdy_stream_open(struct spdy_session *session, const struct http_headers *headers)
{
    struct spdy_stream *stream = stream_create(session, session->next_id);
    session->next_id += 2;
    char prefix[10] = { 0 };
    put_number(prefix, stream->id);
    send_headers(session, FRAME_SYN_STREAM, (struct str){ prefix, sizeof(prefix) }, headers);
    return stream;
}

void spdy_stream_accept(struct spdy_stream *stream, const struct http_headers *headers)
{
    if (stream->replied)
        return;
    stream->replied = true;
    char prefix[4];
    put_number(prefix, stream->id);
    send_headers(stream->session, FRAME_SYN_REPLY, (struct str){ prefix, sizeof(prefix) }, headers);
}

uint32_t spdy_stream_id(const struct spdy_stream *stream)
{
    return stream->id;
}

static void send_data(struct spdy_stream *stream, unsigned flags, struct str bytes)
{
    char header[FRAME_HEADER];
    put_number(header, stream->id);
    put_number(header + 4, (uint32_t)flags << 24 | (uint32_t)bytes.size);
    stream_write(stream->session->stream, (struct str){ header, sizeof(header) });
    stream_write(stream->session->stream, bytes);
}

bool spdy_stream_write(struct spdy_stream *stream, struct str bytes)
{
    struct stream *connection = stream->session->stream;
    if (connection == NULL || stream->local_ended)
        return true;
    while (bytes.size > 0) {
        struct str part = { bytes.data, bytes.size < DATA_FRAME_MAX ? bytes.size : DATA_FRAME_MAX };
        send_data(stream, 0, part);
        bytes = str_skip(bytes, part.size);
    }
    stream->want_drained = stream_queued(connection) > STREAM_HIGH_MARK;
    return !stream->want_drained;
}

void spdy_stream_end(struct spdy_stream *stream)
{
    if (stream->session->stream == NULL || stream->local_ended)
        return;
    stream->local_ended = true;
    send_data(stream, FLAG_FIN, (struct str){ 0 });
}

void spdy_stream_reset(struct spdy_stream *stream)
{
    send_reset(stream->session, stream->id, RESET_CANCEL);
    stream_drop(stream);
}

void spdy_stream_release(struct spdy_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->peer_ended && stream->local_ended)
        stream_drop(stream);
    else
        spdy_stream_reset(stream);
}

void spdy_stream_read_stop(struct spdy_stream *stream)
{
    stream->stopped = true;
}

void spdy_stream_read_start(struct spdy_stream *stream)
{
    stream->stopped = false;
    if (stream->held.size > 0 || stream->peer_ended || stream->over != NULL)
        loop_defer(stream->session->loop, &stream->held_task);
}
