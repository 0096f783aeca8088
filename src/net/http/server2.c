/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server2.c - HTTP/2, the server's side, on nghttp2.
 *
 * Response bytes stay in their exchange's queue until flow control lets them go; then slices move to the stream's queue
 * without a copy. What handlers submit in one turn of the loop goes out together. Nothing is freed and no handler is told
 * of room while nghttp2 is on the call stack of a send. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/http/server.h"
#include "net/http/session2.h"

#define CONNECTION_WINDOW (1 << 20)
#define STREAM_WINDOW     (256 << 10)
#define RESETS_MAX        200 /* by the peer, within RESETS_TIME: "rapid reset" is an attack, not a use */
#define RESETS_TIME       (1 * USEC_PER_SEC)

struct server2 {
    struct http_connection *connection;
    nghttp2_session *session;
    struct loop_task flush_task;
    size_t incoming; /* exchanges whose request is not whole and is collected by us */
    bool receiving;  /* mem_recv is on the stack: flushing comes after */
    bool draining;
    usec_t resets_since;
    unsigned resets;
};

static struct server2 *server2_of(const struct http_connection *connection)
{
    return connection->state;
}

static struct http_exchange *exchange_of(struct server2 *server2, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(server2->session, stream_id);
}

static void server2_flush_later(struct server2 *server2)
{
    if (!server2->receiving && !server2->connection->closed)
        loop_defer(server2->connection->loop, &server2->flush_task);
}

/* Time limits: a body that dawdles, or nobody asking anything. */
static void server2_set_timer(struct server2 *server2)
{
    struct http_connection *connection = server2->connection;
    const struct http_limits *limits = &connection->server->limits;
    if (server2->incoming > 0)
        connection_set_timer(connection, limits->body_time);
    else
        connection_set_timer(connection, list_empty(&connection->exchanges) ? limits->idle_time : 0);
}

/* ---------------------------------------------------------------- sending */

static ssize_t on_send(nghttp2_session *session, const uint8_t *data, size_t size, int flags, void *context)
{
    (void)session, (void)flags;
    struct server2 *server2 = context;
    return session2_send(server2->connection->stream, data, size);
}

#define RESPONSE_HEADERS 64 /* ours; handlers that proxy cut there */

static void server2_submit_trailers(nghttp2_session *session, const struct http_exchange *exchange)
{
    nghttp2_nv values[RESPONSE_HEADERS];
    size_t count = 0;
    for (; count < exchange->trailers.count && count < RESPONSE_HEADERS; count++)
        values[count] = session2_header(exchange->trailers.items[count].name, exchange->trailers.items[count].value);
    nghttp2_submit_trailer(session, exchange->stream_id, values, count);
}

static ssize_t on_source(nghttp2_session *session, int32_t stream_id, uint8_t *buffer, size_t length, uint32_t *flags,
                         nghttp2_data_source *source, void *context)
{
    (void)stream_id, (void)buffer, (void)context;
    struct http_exchange *exchange = source->ptr;
    ssize_t size = session2_source(exchange->output.size, exchange->ended, length, flags);
    if (size >= 0 && (*flags & NGHTTP2_DATA_FLAG_EOF) != 0 && exchange->trailers.count > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        server2_submit_trailers(session, exchange);
    }
    return size;
}

static int on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *header, size_t length,
                        nghttp2_data_source *source, void *context)
{
    (void)session, (void)frame;
    struct server2 *server2 = context;
    struct http_exchange *exchange = source->ptr;
    return session2_send_data(server2->connection->stream, header, &exchange->output, length);
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)context;
    bool last = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    /* Answered before the request was whole: the client may stop sending it. */
    if (last && nghttp2_session_get_stream_remote_close(session, frame->hd.stream_id) == 0)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

/* Writers that were told to wait and whose queue has emptied. */
static void server2_tell_drained(struct server2 *server2)
{
    struct http_connection *connection = server2->connection;
    size_t low = connection->server->limits.queued_bytes / 4;
    struct http_exchange *exchange;
    bool again = true;
    while (again && !connection->closed) { /* the callback may end any exchange: begin anew after each */
        again = false;
        list_for_each (&connection->exchanges, exchange, node) {
            if (!exchange->want_drained || exchange->ended || exchange->output.size > low)
                continue;
            exchange_drained(exchange);
            again = true;
            break;
        }
    }
}

static void server2_flush(struct server2 *server2)
{
    struct http_connection *connection = server2->connection;
    if (connection->closed)
        return;
    int rc = nghttp2_session_send(server2->session);
    if (rc != 0) {
        connection_close(connection, false);
        return;
    }
    if (nghttp2_session_want_read(server2->session) == 0 && nghttp2_session_want_write(server2->session) == 0) {
        connection_close(connection, true);
        return;
    }
    if (server2->draining && list_empty(&connection->exchanges) && nghttp2_session_want_write(server2->session) == 0) {
        connection_close(connection, true);
        return;
    }
    if (server2->incoming == 0 && list_empty(&connection->exchanges) && !loop_timer_running(&connection->timer))
        connection_set_timer(connection, connection->server->limits.idle_time);
    server2_tell_drained(server2);
}

static void server2_run_flush(struct loop_task *task)
{
    struct server2 *server2 = container_of(task, struct server2, flush_task);
    struct http_connection *connection = server2->connection;
    connection_pin(connection);
    server2_flush(server2);
    connection_unpin(connection);
}

static void server2_drained(struct http_connection *connection)
{
    server2_flush(server2_of(connection));
}

/* ---------------------------------------------------------------- receiving */

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct server2 *server2 = context;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct http_exchange *exchange = exchange_create(server2->connection);
    exchange->stream_id = frame->hd.stream_id;
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    server2->incoming++;
    return 0;
}

static void add_pseudo_header(struct http_exchange *exchange, const struct http_limits *limits, struct str name,
                              struct str value)
{
    exchange->block.bytes += value.size;
    if (exchange->block.bytes > limits->header_bytes)
        exchange->block.overflow = true;
    else if (str_is(name, ":method"))
        exchange->method = arena_str(&exchange->arena, value);
    else if (str_is(name, ":path"))
        exchange_set_target(exchange, arena_str(&exchange->arena, value));
    else if (str_is(name, ":authority"))
        http_block_add(&exchange->block, limits, STR("host"), value);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name_data, size_t name_size,
                     const uint8_t *value_data, size_t value_size, uint8_t flags, void *context)
{
    (void)session, (void)flags;
    struct server2 *server2 = context;
    struct http_exchange *exchange = exchange_of(server2, frame->hd.stream_id);
    if (exchange == NULL || exchange->headers_done || exchange->block.overflow)
        return 0; /* trailers are of no use to us */
    const struct http_limits *limits = &server2->connection->server->limits;
    struct str name = { (const char *)name_data, name_size }, value = { (const char *)value_data, value_size };
    if (str_starts(name, STR(":")))
        add_pseudo_header(exchange, limits, name, value);
    else if (!str_is(name, "host") ||
             http_header(&(struct http_headers){ exchange->block.items, exchange->block.count }, "host").data == NULL)
        http_block_add(&exchange->block, limits, name, value);
    return 0;
}

/* The request is whole, or will not be collected. */
static void server2_arrived(struct server2 *server2, struct http_exchange *exchange)
{
    if (exchange->request_done || exchange->streams_body)
        return;
    server2->incoming--;
}

static void server2_send_continue(struct server2 *server2, struct http_exchange *exchange)
{
    nghttp2_nv status = { (uint8_t *)":status", (uint8_t *)"100", 7, 3, NGHTTP2_NV_FLAG_NONE };
    nghttp2_submit_headers(server2->session, NGHTTP2_FLAG_NONE, exchange->stream_id, NULL, &status, 1, NULL);
}

static bool server2_headers_done(struct server2 *server2, struct http_exchange *exchange, bool last)
{
    struct http_connection *connection = server2->connection;
    struct http_headers headers = http_block_headers(&exchange->block);
    struct str text = http_header(&headers, "content-length");
    int64_t length = -1;
    if (text.data == NULL || !str_to_int64(text, &length))
        length = last ? 0 : -1;
    bool go_on = exchange_headers_done(exchange, length);
    if (connection->closed)
        return false;
    if (exchange->streams_body)
        server2->incoming--;
    if (go_on && !last && !exchange->begun && http_header_has_token(&headers, "expect", "100-continue"))
        server2_send_continue(server2, exchange);
    return true;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    (void)session;
    struct server2 *server2 = context;
    struct http_connection *connection = server2->connection;
    bool last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
        usec_t now = loop_monotonic(connection->loop);
        if (now - server2->resets_since > RESETS_TIME) {
            server2->resets_since = now;
            server2->resets = 0;
        }
        if (++server2->resets > RESETS_MAX)
            nghttp2_session_terminate_session(session, NGHTTP2_ENHANCE_YOUR_CALM);
        return 0;
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct http_exchange *exchange = exchange_of(server2, frame->hd.stream_id);
    if (exchange == NULL)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !exchange->headers_done && !server2_headers_done(server2, exchange, last))
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (last) {
        server2_arrived(server2, exchange);
        exchange_request_done(exchange);
    }
    return connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t size,
                   void *context)
{
    (void)flags;
    struct server2 *server2 = context;
    struct http_exchange *exchange = exchange_of(server2, stream_id);
    nghttp2_session_consume_connection(session, size);
    if (exchange == NULL)
        return 0;
    if (exchange->body_stopped)
        exchange->held += size;
    else
        nghttp2_session_consume_stream(session, stream_id, size);
    exchange_body(exchange, (struct str){ (const char *)data, size });
    return server2->connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *context)
{
    (void)code;
    struct server2 *server2 = context;
    struct http_exchange *exchange = exchange_of(server2, stream_id);
    if (exchange == NULL)
        return 0;
    nghttp2_session_set_stream_user_data(session, stream_id, NULL);
    server2_arrived(server2, exchange);
    exchange->request_done = true;
    list_remove(&exchange->node);
    exchange_peer_gone(exchange);
    exchange_destroy(exchange);
    return server2->connection->closed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static void server2_read(struct http_connection *connection, struct str bytes)
{
    struct server2 *server2 = server2_of(connection);
    if (bytes.size == 0) {
        connection_close(connection, false);
        return;
    }
    server2->receiving = true;
    ssize_t size = nghttp2_session_mem_recv(server2->session, (const uint8_t *)bytes.data, bytes.size);
    server2->receiving = false;
    if (connection->closed)
        return;
    if (size < 0) {
        connection_close(connection, false);
        return;
    }
    server2_flush(server2);
    if (!connection->closed)
        server2_set_timer(server2);
}

static void server2_timeout(struct http_connection *connection)
{
    struct server2 *server2 = server2_of(connection);
    if (server2->incoming == 0) {
        if (list_empty(&connection->exchanges))
            nghttp2_session_terminate_session(server2->session, NGHTTP2_NO_ERROR);
        server2_flush(server2);
        return;
    }
    struct http_exchange *exchange;
    list_for_each (&connection->exchanges, exchange, node) {
        if (exchange->request_done || exchange->streams_body || exchange->ended)
            continue;
        if (exchange->headers_done)
            exchange_refuse(exchange, 408);
        else
            nghttp2_submit_rst_stream(server2->session, NGHTTP2_FLAG_NONE, exchange->stream_id, NGHTTP2_CANCEL);
    }
    server2_flush(server2);
    if (!connection->closed)
        server2_set_timer(server2);
}

/* ---------------------------------------------------------------- responses */

/* What HTTP/2 forbids, and handlers that serve both versions may give. */
static bool connection_specific(struct str name)
{
    static const char *const names[] = { "connection", "transfer-encoding", "keep-alive", "upgrade",
                                         "proxy-connection" };
    for (size_t i = 0; i < countof(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static void server2_begin(struct http_exchange *exchange, int status, const struct http_headers *headers,
                          int64_t length)
{
    struct http_connection *connection = exchange->connection;
    struct server2 *server2 = server2_of(connection);
    nghttp2_nv values[RESPONSE_HEADERS + 3];
    size_t count = 0;
    char status_text[12], length_text[24];
    snprintf(status_text, sizeof(status_text), "%d", status);
    values[count++] = session2_header(STR(":status"), str_of(status_text));
    for (size_t i = 0; i < headers->count && i < RESPONSE_HEADERS; i++)
        if (!connection_specific(headers->items[i].name))
            values[count++] = session2_header(headers->items[i].name, headers->items[i].value);
    if (length >= 0 && http_status_has_body(status) && http_header(headers, "content-length").data == NULL) {
        snprintf(length_text, sizeof(length_text), "%lld", (long long)length);
        values[count++] = session2_header(STR("content-length"), str_of(length_text));
    }
    if (http_header(headers, "date").data == NULL)
        values[count++] = session2_header(STR("date"), str_of(connection_date(connection)));
    nghttp2_data_provider body = { .source.ptr = exchange, .read_callback = on_source };
    nghttp2_submit_response(server2->session, exchange->stream_id, values, count,
                            length == 0 || (length > 0 && exchange->no_body) ? NULL : &body);
    server2_flush_later(server2);
}

static void server2_write(struct http_exchange *exchange, const struct http_part *parts, size_t count, size_t size)
{
    struct server2 *server2 = server2_of(exchange->connection);
    (void)size;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].bytes == NULL)
            bytes_queue_append(&exchange->output, parts[i].text);
        else
            bytes_queue_append_slice(&exchange->output, parts[i].bytes,
                                     (size_t)(parts[i].text.data - parts[i].bytes->data), parts[i].text.size);
    }
    nghttp2_session_resume_data(server2->session, exchange->stream_id); /* fails when it is not deferred: fine */
    server2_flush_later(server2);
}

static void server2_end(struct http_exchange *exchange)
{
    struct server2 *server2 = server2_of(exchange->connection);
    nghttp2_session_resume_data(server2->session, exchange->stream_id);
    server2_flush_later(server2);
}

static void server2_abort(struct http_exchange *exchange)
{
    struct server2 *server2 = server2_of(exchange->connection);
    bytes_queue_fini(&exchange->output);
    nghttp2_submit_rst_stream(server2->session, NGHTTP2_FLAG_NONE, exchange->stream_id, NGHTTP2_INTERNAL_ERROR);
    server2_flush_later(server2);
}

static size_t server2_queued(const struct http_exchange *exchange)
{
    return exchange->output.size;
}

static void server2_body_flow(struct http_exchange *exchange)
{
    struct server2 *server2 = server2_of(exchange->connection);
    if (exchange->body_stopped)
        return;
    if (exchange->held > 0)
        nghttp2_session_consume_stream(server2->session, exchange->stream_id, exchange->held);
    exchange->held = 0;
    server2_flush_later(server2);
}

static void server2_drain(struct http_connection *connection)
{
    struct server2 *server2 = server2_of(connection);
    server2->draining = true;
    nghttp2_submit_goaway(server2->session, NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(server2->session), NGHTTP2_NO_ERROR, NULL, 0);
    server2_flush(server2);
}

static void server2_start(struct http_connection *connection)
{
    struct server2 *server2 = memory_new(struct server2);
    server2->connection = connection;
    server2->flush_task.callback = server2_run_flush;
    connection->state = server2;

    const struct session2_options options = {
        .server = true,
        .stream_window = STREAM_WINDOW,
        .connection_window = CONNECTION_WINDOW,
        .header_bytes = connection->server->limits.header_bytes,
        .streams = (uint32_t)connection->server->limits.streams,
        .send = on_send,
        .send_data = on_send_data,
        .frame_sent = on_frame_sent,
        .begin_headers = on_begin_headers,
        .header = on_header,
        .frame = on_frame,
        .data = on_data,
        .stream_close = on_stream_close,
    };
    server2->session = session2_create(&options, server2);
    server2_flush_later(server2);
}

static void server2_destroy(struct http_connection *connection)
{
    struct server2 *server2 = server2_of(connection);
    loop_cancel(connection->loop, &server2->flush_task);
    nghttp2_session_del(server2->session);
    free(server2);
}

const struct http_protocol http_protocol2 = {
    .start = server2_start,
    .read = server2_read,
    .drained = server2_drained,
    .timeout = server2_timeout,
    .drain = server2_drain,
    .destroy = server2_destroy,
    .begin = server2_begin,
    .write = server2_write,
    .end = server2_end,
    .abort = server2_abort,
    .queued = server2_queued,
    .body_flow = server2_body_flow,
};
