/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* socket.c - messages over an upgraded stream, on wslay.
 *
 * wslay reads ahead a few kilobytes, so messages may come out of it after the reader has stopped: they are held. */
#include <stdlib.h>
#include <string.h>

#include <wslay/wslay.h>

#include "base/buffer.h"
#include "base/container/list.h"
#include "base/memory.h"
#include "net/websocket/socket.h"

#define PENDING_MAX ((size_t)4 << 20)
#define REASON_MAX  123 /* a control frame carries 125 bytes */

enum { CODE_NORMAL = 1000, CODE_NONE = 1005, CODE_ABNORMAL = 1006, CODE_TOO_BIG = 1009 };

struct held_message {
    struct list_node node;
    enum websocket_type type;
    struct bytes *bytes;
};

struct websocket {
    struct loop *loop;
    struct stream *stream; /* NULL when it is over */
    wslay_event_context_ptr wslay;
    const struct websocket_events *events;
    void *context;
    char *protocol;
    struct str input;      /* what recv_callback hands out while on_read runs */
    struct buffer pending; /* came while nobody read */
    struct list held;
    struct loop_task read_task, flush_task;
    char reason[REASON_MAX];
    size_t reason_size;
    bool stopped;
    bool want_drained;
    uint16_t close_code; /* 0: no close was asked for, or its frame is on its way */
    char close_reason[REASON_MAX];
    size_t close_reason_size;
    bool flushing_close; /* the high mark does not matter any more */
    bool told;           /* closed() was called */
    bool closed;
    unsigned pins;
};

static void socket_unpin(struct websocket *socket)
{
    if (--socket->pins > 0 || !socket->closed)
        return;
    wslay_event_context_free(socket->wslay);
    buffer_fini(&socket->pending);
    free(socket->protocol);
    free(socket);
}

static void free_held(struct held_message *message)
{
    bytes_unref(message->bytes);
#ifndef __clang_analyzer__ /* it does not see that list_pop() has taken it out */
    free(message);
#endif
}

static void drop_held(struct websocket *socket)
{
    struct list_node *node;
    while ((node = list_pop(&socket->held)) != NULL)
        free_held(container_of(node, struct held_message, node));
}

static void socket_over(struct websocket *socket, int code, struct str reason, const struct error *err)
{
    if (socket->told || socket->closed)
        return;
    socket->told = true;
    stream_close(take_pointer(&socket->stream), true);
    loop_cancel(socket->loop, &socket->flush_task);
    if (socket->events != NULL && socket->events->closed != NULL)
        socket->events->closed(socket->context, code, reason, err);
}

static void socket_broke(struct websocket *socket, int code, enum error_code error, const char *text)
{
    struct error err;
    error_set(&err, error, "websocket: %s", text);
    socket_over(socket, code, (struct str){ 0 }, &err);
}

/* ---------------------------------------------------------------- sending */

static ssize_t send_callback(wslay_event_context_ptr wslay, const uint8_t *data, size_t size, int flags, void *user)
{
    (void)flags;
    struct websocket *socket = user;
    if (socket->stream == NULL || (!socket->flushing_close && stream_queued(socket->stream) > STREAM_HIGH_MARK)) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    stream_write(socket->stream, (struct str){ (const char *)data, size });
    return (ssize_t)size;
}

static int mask_callback(wslay_event_context_ptr wslay, uint8_t *buffer, size_t size, void *user)
{
    (void)wslay;
    struct random *random = loop_random(((struct websocket *)user)->loop);
    for (size_t i = 0; i < size; i++)
        buffer[i] = (uint8_t)random_next(random);
    return 0;
}

static size_t socket_queued(const struct websocket *socket)
{
    size_t size = wslay_event_get_queued_msg_length(socket->wslay);
    return socket->stream != NULL ? size + stream_queued(socket->stream) : size;
}

/* Messages first: wslay would let a close frame, as all control frames, overtake what waits. */
static int send_queued(struct websocket *socket)
{
    int rc = wslay_event_send(socket->wslay);
    if (rc != 0 || socket->close_code == 0 || wslay_event_get_queued_msg_count(socket->wslay) > 0)
        return rc;
    wslay_event_queue_close(socket->wslay, socket->close_code, (const uint8_t *)socket->close_reason,
                            socket->close_reason_size);
    socket->close_code = 0;
    return wslay_event_send(socket->wslay);
}

/* From a task or a callback of the stream, pinned. */
static void socket_flush(struct websocket *socket)
{
    if (socket->stream == NULL || socket->closed)
        return;
    if (send_queued(socket) != 0) {
        socket_broke(socket, CODE_ABNORMAL, ERROR_PROTOCOL, "sending failed");
        return;
    }
    if (wslay_event_get_close_received(socket->wslay) && wslay_event_get_close_sent(socket->wslay)) {
        int code = wslay_event_get_status_code_received(socket->wslay);
        socket_over(socket, code != 0 ? code : CODE_NONE, (struct str){ socket->reason, socket->reason_size }, NULL);
        return;
    }
    if (!socket->want_drained || socket_queued(socket) > STREAM_HIGH_MARK)
        return;
    socket->want_drained = false;
    if (socket->events != NULL && socket->events->drained != NULL)
        socket->events->drained(socket->context);
}

static void run_flush(struct loop_task *task)
{
    struct websocket *socket = container_of(task, struct websocket, flush_task);
    socket->pins++;
    socket_flush(socket);
    socket_unpin(socket);
}

static bool socket_queue(struct websocket *socket, uint8_t opcode, struct str message)
{
    if (socket->stream == NULL || socket->closed)
        return true;
    struct wslay_event_msg queued = { opcode, (const uint8_t *)message.data, message.size };
    if (wslay_event_queue_msg(socket->wslay, &queued) != 0)
        return true; /* closing: nobody would read it */
    loop_defer(socket->loop, &socket->flush_task);
    if (socket_queued(socket) <= STREAM_HIGH_MARK)
        return true;
    socket->want_drained = true;
    return false;
}

/* ---------------------------------------------------------------- receiving */

static ssize_t recv_callback(wslay_event_context_ptr wslay, uint8_t *buffer, size_t size, int flags, void *user)
{
    (void)flags;
    struct websocket *socket = user;
    if (socket->input.size == 0 || socket->stopped || socket->closed) {
        wslay_event_set_error(wslay, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (size > socket->input.size)
        size = socket->input.size;
    memcpy(buffer, socket->input.data, size);
    socket->input = str_skip(socket->input, size);
    return (ssize_t)size;
}

static void hold_message(struct websocket *socket, enum websocket_type type, struct str bytes)
{
    struct held_message *message = memory_new(struct held_message);
    message->type = type;
    message->bytes = bytes_create(bytes.data, bytes.size);
    list_append(&socket->held, &message->node);
}

static void message_callback(wslay_event_context_ptr wslay, const struct wslay_event_on_msg_recv_arg *message,
                             void *user)
{
    (void)wslay;
    struct websocket *socket = user;
    struct str bytes = { (const char *)message->msg, message->msg_length };
    if (socket->closed || socket->told)
        return;
    if (message->opcode == WSLAY_CONNECTION_CLOSE) {
        struct str reason = str_skip(bytes, 2); /* behind the code */
        socket->reason_size = reason.size < sizeof(socket->reason) ? reason.size : sizeof(socket->reason);
        if (socket->reason_size > 0)
            memcpy(socket->reason, reason.data, socket->reason_size);
    } else if (message->opcode == WSLAY_TEXT_FRAME || message->opcode == WSLAY_BINARY_FRAME) {
        enum websocket_type type = message->opcode == WSLAY_TEXT_FRAME ? WEBSOCKET_TEXT : WEBSOCKET_BINARY;
        if (socket->stopped || !list_empty(&socket->held))
            hold_message(socket, type, bytes);
        else
            socket->events->message(socket->context, type, bytes);
    }
}

/* Uses up socket->input as far as the reader wants it; pinned. */
static void socket_recv(struct websocket *socket)
{
    int rc = wslay_event_recv(socket->wslay);
    if (socket->closed || socket->told)
        return;
    bool readable = wslay_event_get_read_enabled(socket->wslay) != 0;
    bool close_received = wslay_event_get_close_received(socket->wslay) != 0;
    socket_flush(socket); /* pongs, the answer to a close, or why the peer is refused */
    if (socket->closed || socket->told || close_received)
        return;
    if (rc != 0)
        socket_broke(socket, CODE_ABNORMAL, ERROR_PROTOCOL, "the peer broke the protocol");
    else if (!readable)
        socket_broke(socket,
                     wslay_event_get_status_code_sent(socket->wslay) == CODE_TOO_BIG ? CODE_TOO_BIG : CODE_ABNORMAL,
                     ERROR_LIMIT, "a message is too large or malformed");
}

static void save_rest(struct websocket *socket)
{
    buffer_append_str(&socket->pending, socket->input);
    socket->input = (struct str){ 0 };
}

static bool socket_reads(const struct websocket *socket)
{
    return !socket->closed && !socket->told && !socket->stopped && socket->events != NULL;
}

static void run_read(struct loop_task *task)
{
    struct websocket *socket = container_of(task, struct websocket, read_task);
    socket->pins++;
    while (socket_reads(socket) && !list_empty(&socket->held)) {
        struct held_message *message = container_of(list_pop(&socket->held), struct held_message, node);
        socket->events->message(socket->context, message->type, bytes_str(message->bytes));
        free_held(message);
    }
    if (socket_reads(socket) && socket->pending.size > 0) {
        auto_buffer struct buffer pending = socket->pending;
        buffer_init(&socket->pending, PENDING_MAX);
        socket->input = buffer_str(&pending);
        socket_recv(socket);
        save_rest(socket);
    }
    socket_unpin(socket);
}

static void on_read(void *context, struct str bytes)
{
    struct websocket *socket = context;
    socket->pins++;
    if (bytes.size == 0) {
        socket_broke(socket, CODE_ABNORMAL, ERROR_CLOSED, "connection closed by the peer");
    } else if (!socket_reads(socket) || socket->pending.size > 0 || !list_empty(&socket->held)) {
        buffer_append_str(&socket->pending, bytes);
        if (buffer_failed(&socket->pending))
            socket_broke(socket, CODE_ABNORMAL, ERROR_LIMIT, "too much came unread");
    } else {
        socket->input = bytes;
        socket_recv(socket);
        save_rest(socket);
    }
    socket_unpin(socket);
}

static void on_drained(void *context)
{
    struct websocket *socket = context;
    socket->pins++;
    socket_flush(socket);
    socket_unpin(socket);
}

static void on_failed(void *context, const struct error *err)
{
    struct websocket *socket = context;
    socket->pins++;
    socket_over(socket, CODE_ABNORMAL, (struct str){ 0 }, err);
    socket_unpin(socket);
}

static const struct stream_events stream_events = { .read = on_read, .drained = on_drained, .failed = on_failed };

static const struct wslay_event_callbacks wslay_callbacks = {
    .recv_callback = recv_callback,
    .send_callback = send_callback,
    .genmask_callback = mask_callback,
    .on_msg_recv_callback = message_callback,
};

/* ---------------------------------------------------------------- for users */

struct websocket *websocket_create(struct stream *stream, bool server, const char *protocol, size_t message_max)
{
    struct websocket *socket = memory_new(struct websocket);
    socket->loop = stream_loop(stream);
    socket->stream = stream;
    socket->protocol = memory_strdup(text_or_empty(protocol));
    socket->read_task.callback = run_read;
    socket->flush_task.callback = run_flush;
    list_init(&socket->held);
    buffer_init(&socket->pending, PENDING_MAX);
    int rc = server ? wslay_event_context_server_init(&socket->wslay, &wslay_callbacks, socket)
                    : wslay_event_context_client_init(&socket->wslay, &wslay_callbacks, socket);
    if (rc != 0)
        abort(); /* only out of memory, as in memory.h */
    wslay_event_config_set_max_recv_msg_length(socket->wslay, message_max != 0 ? message_max : WEBSOCKET_MESSAGE_MAX);
    stream_set_events(stream, &stream_events, socket);
    return socket;
}

struct stream *websocket_peek_stream(struct websocket *socket)
{
    return socket->stream;
}

void websocket_set_events(struct websocket *socket, const struct websocket_events *events, void *context)
{
    socket->events = events;
    socket->context = context;
    if (!socket->stopped)
        websocket_read_start(socket);
}

const char *websocket_protocol(const struct websocket *socket)
{
    return socket->protocol;
}

bool websocket_send(struct websocket *socket, enum websocket_type type, struct str message)
{
    return socket_queue(socket, type == WEBSOCKET_TEXT ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, message);
}

bool websocket_send_prefixed(struct websocket *socket, struct str prefix, struct str message)
{
    auto_buffer struct buffer joined = { .max = SIZE_MAX / 2 };
    buffer_append_str(&joined, prefix);
    buffer_append_str(&joined, message);
    return websocket_send(socket, WEBSOCKET_BINARY, buffer_str(&joined));
}

void websocket_ping(struct websocket *socket)
{
    socket_queue(socket, WSLAY_PING, (struct str){ 0 });
}

void websocket_read_stop(struct websocket *socket)
{
    socket->stopped = true;
    if (socket->stream != NULL)
        stream_read_stop(socket->stream);
}

void websocket_read_start(struct websocket *socket)
{
    socket->stopped = false;
    if (socket->stream == NULL || socket->events == NULL)
        return;
    if (socket->pending.size > 0 || !list_empty(&socket->held))
        loop_defer(socket->loop, &socket->read_task);
    stream_read_start(socket->stream);
}

void websocket_send_close(struct websocket *socket, int code, const char *reason)
{
    if (socket->stream == NULL || socket->closed)
        return;
    struct str text = str_of(text_or_empty(reason));
    socket->close_code = (uint16_t)code;
    socket->close_reason_size = text.size < REASON_MAX ? text.size : REASON_MAX;
    memcpy(socket->close_reason, text.data, socket->close_reason_size);
    loop_defer(socket->loop, &socket->flush_task);
}

void websocket_close(struct websocket *socket, int code, const char *reason)
{
    if (socket == NULL || socket->closed)
        return;
    socket->pins++;
    if (socket->stream != NULL) {
        websocket_send_close(socket, code, reason);
        socket->flushing_close = true;
        send_queued(socket);
        stream_close(take_pointer(&socket->stream), true);
    }
    socket->closed = true;
    loop_cancel(socket->loop, &socket->flush_task);
    loop_cancel(socket->loop, &socket->read_task);
    drop_held(socket);
    socket_unpin(socket);
}
