/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server1.c - HTTP/1.1 and 1.0, the server's side, on llhttp.
 *
 * One exchange at a time: what is pipelined behind it waits in 'input', bounded, until its response has ended. The
 * parser stops by itself at the end of each message. A connection whose request body was not read to its end is closed
 * after the response, since where the next message begins is not known. */
#include <llhttp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "net/http/server.h"

#define INPUT_STOP ((size_t)64 << 10) /* pipelined bytes above which the peer has to wait */
#define INPUT_MAX  ((size_t)1 << 20)

struct server1 {
    struct http_connection *connection;
    llhttp_t parser;
    struct http_exchange *exchange; /* being received or answered */
    struct buffer url;
    struct http_line line; /* of the header that is being received */
    struct buffer input;   /* pipelined */
    struct str rest;       /* behind what the parser has eaten, while feed() runs */
    struct loop_task resume_task;
    bool message_started; /* a first byte came */
    bool feeding;
    bool close_after; /* the response says "connection: close" */
    bool upgrade;     /* the request allows the handler to take the connection over */
    bool peer_ended;
    int parse_status; /* why a callback of ours stopped the parser; 0: the parser did itself */
};

static struct server1 *server1_of(const struct http_connection *connection)
{
    return connection->state;
}

/* ---------------------------------------------------------------- parser callbacks */

static bool has_header(const struct http_headers *headers, const char *name)
{
    return http_header(headers, name).data != NULL;
}

static int stop_parser(struct server1 *server1, int status)
{
    server1->parse_status = status;
    return HPE_USER;
}

static size_t header_room(const struct server1 *server1)
{
    size_t used =
        server1->url.size + server1->exchange->block.bytes + server1->line.name.size + server1->line.value.size;
    size_t max = server1->connection->server->limits.header_bytes;
    return used < max ? max - used : 0;
}

static int on_message_begin(llhttp_t *parser)
{
    struct server1 *server1 = parser->data;
    server1->exchange = exchange_create(server1->connection);
    buffer_clear(&server1->url);
    return HPE_OK;
}

static int append_bounded(struct server1 *server1, struct buffer *buffer, const char *data, size_t size)
{
    if (size > header_room(server1))
        return stop_parser(server1, 431);
    buffer_append(buffer, data, size);
    return HPE_OK;
}

static int on_url(llhttp_t *parser, const char *data, size_t size)
{
    struct server1 *server1 = parser->data;
    return append_bounded(server1, &server1->url, data, size);
}

static int on_header_field(llhttp_t *parser, const char *data, size_t size)
{
    struct server1 *server1 = parser->data;
    return append_bounded(server1, &server1->line.name, data, size);
}

static int on_header_value(llhttp_t *parser, const char *data, size_t size)
{
    struct server1 *server1 = parser->data;
    return append_bounded(server1, &server1->line.value, data, size);
}

static int on_header_complete(llhttp_t *parser)
{
    struct server1 *server1 = parser->data;
    struct http_exchange *exchange = server1->exchange;
    /* Trailers of a chunked body are counted and dropped. */
    bool kept = http_line_end(&server1->line, exchange->headers_done ? NULL : &exchange->block,
                              &server1->connection->server->limits);
    return kept ? HPE_OK : stop_parser(server1, 431);
}

static int64_t request_length(const llhttp_t *parser)
{
    if ((parser->flags & F_CHUNKED) != 0)
        return -1;
    if ((parser->flags & F_CONTENT_LENGTH) == 0)
        return 0;
    return parser->content_length > INT64_MAX ? INT64_MAX : (int64_t)parser->content_length;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct server1 *server1 = parser->data;
    struct http_connection *connection = server1->connection;
    struct http_exchange *exchange = server1->exchange;
    struct arena *arena = &exchange->arena;
    exchange->method = str_of(llhttp_method_name((llhttp_method_t)llhttp_get_method(parser)));
    exchange_set_target(exchange, arena_str(arena, buffer_str(&server1->url)));
    server1->close_after = !llhttp_should_keep_alive(parser);
    server1->upgrade = llhttp_get_upgrade(parser) != 0;
    if (parser->http_minor == 1 &&
        !has_header(&(struct http_headers){ exchange->block.items, exchange->block.count }, "host"))
        exchange->refuse = 400;
    if (!exchange_headers_done(exchange, request_length(parser)))
        return HPE_USER; /* answered or closed: feed() looks */
    connection_set_timer(connection, connection->server->limits.body_time);
    struct http_headers headers = http_block_headers(&exchange->block);
    if (!exchange->begun && request_length(parser) != 0 && http_header_has_token(&headers, "expect", "100-continue"))
        stream_write(connection->stream, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    return HPE_OK;
}

static int on_body(llhttp_t *parser, const char *data, size_t size)
{
    struct server1 *server1 = parser->data;
    struct http_connection *connection = server1->connection;
    connection_set_timer(connection, connection->server->limits.body_time);
    bool taken = exchange_body(server1->exchange, (struct str){ data, size });
    return taken && !connection->closed ? HPE_OK : HPE_USER;
}

static int on_message_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

static const llhttp_settings_t parser_settings = {
    .on_message_begin = on_message_begin,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ---------------------------------------------------------------- reading */

/* The exchange is over on both sides, or the connection has to be. */
static void server1_next(struct server1 *server1)
{
    struct http_connection *connection = server1->connection;
    struct http_exchange *exchange = server1->exchange;
    bool whole = exchange->request_done;
    exchange_destroy(exchange);
    server1->exchange = NULL;
    server1->message_started = false;
    if (!whole || server1->close_after || connection->server->draining ||
        (server1->peer_ended && server1->input.size == 0)) {
        connection_close(connection, true);
        return;
    }
    connection_set_timer(connection, connection->server->limits.idle_time);
    if (!server1->feeding && (server1->input.size > 0 || server1->peer_ended))
        loop_defer(connection->server->loop, &server1->resume_task);
    stream_read_start(connection->stream);
}

/* The parser stopped at the end of a message. */
static void server1_message(struct server1 *server1)
{
    struct http_connection *connection = server1->connection;
    connection_set_timer(connection, 0);
    exchange_request_done(server1->exchange);
    if (!connection->closed && server1->exchange != NULL && server1->exchange->ended)
        server1_next(server1);
}

static void server1_refuse(struct server1 *server1, int status)
{
    if (server1->exchange == NULL)
        server1->exchange = exchange_create(server1->connection); /* an answer needs something to answer to */
    server1->close_after = true;
    if (!server1->exchange->begun)
        exchange_refuse(server1->exchange, status);
    connection_close(server1->connection, true);
}

/* The parser or one of its callbacks does not want to go on. */
static void server1_stopped(struct server1 *server1)
{
    struct http_connection *connection = server1->connection;
    if (connection->closed)
        return;
    if (server1->exchange != NULL && server1->exchange->ended)
        server1_next(server1); /* refused by exchange.c; closes, as the request is not whole */
    else
        server1_refuse(server1, server1->parse_status != 0 ? server1->parse_status : 400);
}

static bool server1_busy(const struct server1 *server1)
{
    return server1->exchange != NULL && server1->exchange->request_done;
}

static void server1_feed_once(struct server1 *server1)
{
    struct http_connection *connection = server1->connection;
    struct str bytes = server1->rest;
    if (!server1->message_started) {
        server1->message_started = true;
        connection_set_timer(connection, connection->server->limits.header_time);
    }
    enum llhttp_errno code = llhttp_execute(&server1->parser, bytes.data, bytes.size);
    if (connection->closed)
        return;
    size_t eaten = code == HPE_OK ? bytes.size : (size_t)(llhttp_get_error_pos(&server1->parser) - bytes.data);
    server1->rest = str_skip(bytes, eaten);
    if (code == HPE_PAUSED)
        llhttp_resume(&server1->parser);
    else if (code == HPE_PAUSED_UPGRADE)
        llhttp_resume_after_upgrade(&server1->parser); /* the handler did not want it: HTTP goes on */
    else if (code != HPE_OK)
        server1_stopped(server1);
    if (code == HPE_PAUSED)
        server1_message(server1);
}

static void server1_feed(struct server1 *server1, struct str bytes)
{
    struct http_connection *connection = server1->connection;
    server1->feeding = true;
    server1->rest = bytes;
    while (server1->rest.size > 0 && !connection->closed && !server1_busy(server1))
        server1_feed_once(server1);
    server1->feeding = false;
    if (connection->closed || server1->rest.size == 0)
        return;
    buffer_append_str(&server1->input, server1->rest);
    server1->rest = (struct str){ 0 };
    if (buffer_failed(&server1->input))
        connection_close(connection, false);
    else if (server1->input.size > INPUT_STOP)
        stream_read_stop(connection->stream);
}

static void server1_run_resume(struct loop_task *task)
{
    struct server1 *server1 = container_of(task, struct server1, resume_task);
    struct http_connection *connection = server1->connection;
    if (server1_busy(server1))
        return;
    connection_pin(connection);
    auto_buffer struct buffer input = server1->input;
    buffer_init(&server1->input, INPUT_MAX);
    server1_feed(server1, buffer_str(&input));
    if (!connection->closed && server1->peer_ended && server1->exchange == NULL)
        connection_close(connection, true);
    connection_unpin(connection);
}

/* A peer that only ended its side may wait for the answer; one that watches has gone. */
static void server1_peer_ended(struct server1 *server1)
{
    server1->peer_ended = true;
    struct http_exchange *exchange = server1->exchange;
    if (exchange == NULL || !exchange->request_done || exchange->begun)
        connection_close(server1->connection, exchange == NULL);
}

static void server1_read(struct http_connection *connection, struct str bytes)
{
    struct server1 *server1 = server1_of(connection);
    if (bytes.size == 0)
        server1_peer_ended(server1);
    else if (server1_busy(server1) || server1->input.size > 0) {
        buffer_append_str(&server1->input, bytes);
        if (buffer_failed(&server1->input))
            connection_close(connection, false);
        else if (server1->input.size > INPUT_STOP)
            stream_read_stop(connection->stream);
    } else {
        server1_feed(server1, bytes);
    }
}

static void server1_timeout(struct http_connection *connection)
{
    struct server1 *server1 = server1_of(connection);
    if (!server1->message_started)
        connection_close(connection, true);
    else
        server1_refuse(server1, 408);
}

/* ---------------------------------------------------------------- writing */

static void append_headers(struct buffer *head, const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        buffer_append_str(head, headers->items[i].name);
        buffer_append_text(head, ": ");
        buffer_append_str(head, headers->items[i].value);
        buffer_append_text(head, "\r\n");
    }
}

static void append_status(struct buffer *head, int status)
{
    buffer_append_text(head, "HTTP/1.1 ");
    buffer_append_int64(head, status);
    buffer_append_char(head, ' ');
    buffer_append_text(head, http_status_text(status));
    buffer_append_text(head, "\r\n");
}

static void server1_begin(struct http_exchange *exchange, int status, const struct http_headers *headers,
                          int64_t length)
{
    struct http_connection *connection = exchange->connection;
    struct server1 *server1 = server1_of(connection);
    bool old = server1->parser.http_major == 1 && server1->parser.http_minor == 0;
    bool measured = length >= 0 || has_header(headers, "content-length");
    exchange->chunked = !measured && !old && !exchange->no_body;
    if (!exchange->request_done || connection->server->draining || (!measured && old) ||
        http_header_has_token(headers, "connection", "close"))
        server1->close_after = true;

    auto_buffer struct buffer head = { 0 };
    append_status(&head, status);
    append_headers(&head, headers);
    if (length >= 0 && http_status_has_body(status) && !has_header(headers, "content-length"))
        buffer_format(&head, "content-length: %lld\r\n", (long long)length);
    if (exchange->chunked)
        buffer_append_text(&head, "transfer-encoding: chunked\r\n");
    if (!has_header(headers, "date"))
        buffer_format(&head, "date: %s\r\n", connection_date(connection));
    if (server1->close_after && !has_header(headers, "connection"))
        buffer_append_text(&head, "connection: close\r\n");
    else if (old && !server1->close_after)
        buffer_append_text(&head, "connection: keep-alive\r\n");
    buffer_append_text(&head, "\r\n");
    stream_write(connection->stream, buffer_str(&head));
}

/* The head of a chunk: hexadecimal, and the end of the line. */
static struct str chunk_head(size_t size, char text[24])
{
    char *at = text + 24;
    *--at = '\n';
    *--at = '\r';
    do
        *--at = "0123456789abcdef"[size & 15];
    while ((size >>= 4) > 0);
    return (struct str){ at, (size_t)(text + 24 - at) };
}

static void server1_write(struct http_exchange *exchange, const struct http_part *parts, size_t count, size_t size)
{
    struct stream *stream = exchange->connection->stream;
    char head[24];
    if (exchange->chunked)
        stream_write(stream, chunk_head(size, head));
    for (size_t i = 0; i < count; i++) {
        if (parts[i].bytes == NULL)
            stream_write(stream, parts[i].text);
        else
            stream_write_slice(stream, parts[i].bytes, (size_t)(parts[i].text.data - parts[i].bytes->data),
                               parts[i].text.size);
    }
    if (exchange->chunked)
        stream_write(stream, STR("\r\n"));
}

static void server1_end(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    struct server1 *server1 = server1_of(connection);
    if (exchange->chunked) {
        auto_buffer struct buffer tail = { 0 };
        buffer_append_text(&tail, "0\r\n");
        append_headers(&tail, &exchange->trailers);
        buffer_append_text(&tail, "\r\n");
        stream_write(connection->stream, buffer_str(&tail));
    }
    if (!server1->feeding)
        server1_next(server1);
    /* else feed() does, when the parser has come back */
}

static void server1_abort(struct http_exchange *exchange)
{
    connection_close(exchange->connection, false);
}

static size_t server1_queued(const struct http_exchange *exchange)
{
    return stream_queued(exchange->connection->stream);
}

static void server1_drained(struct http_connection *connection)
{
    struct server1 *server1 = server1_of(connection);
    if (server1->exchange != NULL)
        exchange_drained(server1->exchange);
}

static void server1_body_flow(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (exchange->request_done)
        return;
    if (exchange->body_stopped)
        stream_read_stop(connection->stream);
    else
        stream_read_start(connection->stream);
    connection_set_timer(connection, exchange->body_stopped ? 0 : connection->server->limits.body_time);
}

static void server1_drain(struct http_connection *connection)
{
    struct server1 *server1 = server1_of(connection);
    if (server1->exchange == NULL)
        connection_close(connection, true);
    /* else server1_next() will */
}

static void server1_start(struct http_connection *connection)
{
    struct server1 *server1 = memory_new(struct server1);
    size_t max = connection->server->limits.header_bytes;
    server1->connection = connection;
    server1->resume_task.callback = server1_run_resume;
    buffer_init(&server1->url, max);
    buffer_init(&server1->line.name, max);
    buffer_init(&server1->line.value, max);
    buffer_init(&server1->input, INPUT_MAX);
    llhttp_init(&server1->parser, HTTP_REQUEST, &parser_settings);
    server1->parser.data = server1;
    connection->state = server1;
    struct stream *stream = connection->stream;
    size_t high = connection->server->limits.queued_bytes;
    if (high < stream->high_mark) { /* so that drained() comes for a writer that was told to wait */
        stream->high_mark = high;
        stream->low_mark = high / 4 + 1;
    }
}

static void server1_destroy(struct http_connection *connection)
{
    struct server1 *server1 = server1_of(connection);
    loop_cancel(connection->loop, &server1->resume_task);
    buffer_fini(&server1->url);
    http_line_fini(&server1->line);
    buffer_fini(&server1->input);
    free(server1);
}

const struct http_protocol http_protocol1 = {
    .start = server1_start,
    .read = server1_read,
    .drained = server1_drained,
    .timeout = server1_timeout,
    .drain = server1_drain,
    .destroy = server1_destroy,
    .begin = server1_begin,
    .write = server1_write,
    .end = server1_end,
    .abort = server1_abort,
    .queued = server1_queued,
    .body_flow = server1_body_flow,
};

int http_exchange_upgrade(struct http_exchange *exchange, const struct http_headers *headers,
                          struct stream **ret_stream, struct error *err)
{
    struct http_connection *connection = exchange->connection;
    if (connection->protocol != &http_protocol1)
        return error_set(err, ERROR_UNSUPPORTED, "only an HTTP/1.1 connection can be upgraded");
    struct server1 *server1 = server1_of(connection);
    if (!server1->upgrade || exchange->begun || exchange->ended || !exchange->request_done)
        return error_set(err, ERROR_BAD_REQUEST, "the request does not ask for an upgrade");
    auto_buffer struct buffer head = { 0 };
    append_status(&head, 101);
    append_headers(&head, headers);
    if (!has_header(headers, "connection"))
        buffer_append_text(&head, "connection: Upgrade\r\n");
    buffer_append_text(&head, "\r\n");
    stream_write(connection->stream, buffer_str(&head));
    exchange->ended = true;

    connection_pin(connection);
    struct stream *stream = connection_steal_stream(connection);
    stream_push_back(stream, buffer_str(&server1->input));
    stream_push_back(stream, server1->rest);
    connection_unpin(connection);
    *ret_stream = stream;
    return 0;
}
