/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* exchange.c - one request and its response, as the handler sees it; and what both versions do to it on the way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "net/http/server.h"

static void exchange_tell_body(struct http_exchange *exchange, struct str bytes, bool end)
{
    if (exchange->events != NULL && exchange->events->body != NULL && !exchange->ended)
        exchange->events->body(exchange->events_context, bytes, end);
}

/* What came while the handler had stopped it, as far as it lets it come now. */
static void exchange_run_body(struct loop_task *task)
{
    struct http_exchange *exchange = container_of(task, struct http_exchange, body_task);
    struct http_connection *connection = exchange->connection;
    if (exchange->body_stopped)
        return;
    connection_pin(connection);
    bool last = exchange->request_done;
    auto_buffer struct buffer held = exchange->body;
    buffer_init(&exchange->body, held.max);
    exchange_tell_body(exchange, buffer_str(&held), last);
    connection_unpin(connection);
}

struct http_exchange *exchange_create(struct http_connection *connection)
{
    struct http_exchange *exchange = memory_new(struct http_exchange);
    exchange->connection = connection;
    connection->asked = loop_monotonic(connection->loop);
    exchange->block.arena = &exchange->arena;
    exchange->body_task.callback = exchange_run_body;
    arena_init(&exchange->arena);
    buffer_init(&exchange->body, connection->server->limits.body_bytes);
    list_append(&connection->exchanges, &exchange->node);
    return exchange;
}

void exchange_destroy(struct http_exchange *exchange)
{
    list_remove(&exchange->node);
    loop_cancel(exchange->connection->loop, &exchange->body_task);
    bytes_queue_fini(&exchange->output);
    buffer_fini(&exchange->body);
    arena_fini(&exchange->arena);
    free(exchange);
}

void exchange_set_target(struct http_exchange *exchange, struct str target)
{
    static const struct str schemes[] = { { "http://", 7 }, { "https://", 8 } };
    for (size_t i = 0; i < countof(schemes); i++) {
        if (!str_starts(target, schemes[i]))
            continue;
        target = str_skip(target, schemes[i].size); /* absolute form, as proxies get it */
        target = str_skip(target, str_find(target, '/'));
        if (target.size == 0)
            target = STR("/");
    }
    size_t question = str_find(target, '?');
    exchange->path = (struct str){ target.data, question };
    exchange->query = str_skip(target, question < target.size ? question + 1 : question);
}

static void exchange_ask(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->server;
    server->handler->request(server->context, exchange);
}

static void refuse_too_large(struct http_exchange *exchange)
{
    struct http_server *server = exchange->connection->server;
    if (server->handler->too_large != NULL)
        server->handler->too_large(server->context, exchange, server->limits.body_bytes);
    else
        exchange_refuse(exchange, 413);
}

bool exchange_headers_done(struct http_exchange *exchange, int64_t content_length)
{
    struct http_connection *connection = exchange->connection;
    struct http_server *server = connection->server;
    exchange->headers = http_block_headers(&exchange->block);
    exchange->headers_done = true;
    exchange->no_body = str_is(exchange->method, "HEAD");
    if (exchange->block.overflow)
        exchange->refuse = 431;
    if (exchange->refuse == 0 && server->handler->streams_body != NULL)
        exchange->streams_body = server->handler->streams_body(server->context, exchange);
    if (connection->closed)
        return false;
    if (exchange->refuse == 0 && !exchange->streams_body && content_length > (int64_t)server->limits.body_bytes) {
        refuse_too_large(exchange);
        return false;
    }
    if (exchange->refuse != 0) {
        exchange_refuse(exchange, exchange->refuse);
        return false;
    }
    if (!exchange->streams_body)
        return true;
    exchange_ask(exchange);
    return !connection->closed;
}

bool exchange_body(struct http_exchange *exchange, struct str bytes)
{
    if (exchange->ended)
        return true; /* answered before its body was whole: dropped */
    if (exchange->streams_body && !exchange->body_stopped && exchange->body.size == 0) {
        exchange_tell_body(exchange, bytes, false);
        return true;
    }
    buffer_append_str(&exchange->body, bytes);
    if (!buffer_failed(&exchange->body))
        return true;
    refuse_too_large(exchange);
    return false;
}

void exchange_request_done(struct http_exchange *exchange)
{
    if (exchange->request_done)
        return;
    exchange->request_done = true;
    if (exchange->ended)
        return;
    if (!exchange->streams_body)
        exchange_ask(exchange);
    else if (!exchange->body_stopped && exchange->body.size == 0)
        exchange_tell_body(exchange, (struct str){ 0 }, true);
    /* else exchange_run_body() will */
}

void exchange_refuse(struct http_exchange *exchange, int status)
{
    static const struct http_header items[] = { { { "content-type", 12 }, { "text/plain; charset=utf-8", 25 } } };
    char text[64];
    snprintf(text, sizeof(text), "%d %s\n", status, http_status_text(status));
    struct bytes *body = bytes_create(text, strlen(text));
    http_respond(exchange, status, &(struct http_headers){ items, 1 }, body);
    bytes_unref(body);
}

void exchange_peer_gone(struct http_exchange *exchange)
{
    if (exchange->ended)
        return;
    exchange->ended = true;
    if (exchange->events != NULL && exchange->events->closed != NULL)
        exchange->events->closed(exchange->events_context);
}

void exchange_drained(struct http_exchange *exchange)
{
    if (!exchange->want_drained || exchange->ended)
        return;
    exchange->want_drained = false;
    if (exchange->events != NULL && exchange->events->drained != NULL)
        exchange->events->drained(exchange->events_context);
}

/* ---------------------------------------------------------------- for the handler */

struct str http_exchange_method(const struct http_exchange *exchange)
{
    return exchange->method;
}

struct str http_exchange_path(const struct http_exchange *exchange)
{
    return exchange->path;
}

struct str http_exchange_query(const struct http_exchange *exchange)
{
    return exchange->query;
}

const struct http_headers *http_exchange_headers(const struct http_exchange *exchange)
{
    return &exchange->headers;
}

struct str http_exchange_body(const struct http_exchange *exchange)
{
    return buffer_str(&exchange->body);
}

struct stream *http_exchange_stream(struct http_exchange *exchange)
{
    return exchange->connection->stream;
}

struct arena *http_exchange_arena(struct http_exchange *exchange)
{
    return &exchange->arena;
}

void http_exchange_set_events(struct http_exchange *exchange, const struct http_exchange_events *events, void *context)
{
    exchange->events = events;
    exchange->events_context = context;
}

void http_exchange_body_stop(struct http_exchange *exchange)
{
    if (exchange->body_stopped)
        return;
    exchange->body_stopped = true;
    exchange->connection->protocol->body_flow(exchange);
}

void http_exchange_body_start(struct http_exchange *exchange)
{
    if (!exchange->body_stopped)
        return;
    exchange->body_stopped = false;
    if (exchange->body.size > 0 || exchange->request_done)
        loop_defer(exchange->connection->loop, &exchange->body_task);
    exchange->connection->protocol->body_flow(exchange);
}

static void response_begin(struct http_exchange *exchange, int status, const struct http_headers *headers,
                           int64_t length)
{
    static const struct http_headers none = { 0 };
    if (exchange->begun || exchange->ended)
        return;
    exchange->begun = true;
    if (!http_status_has_body(status))
        exchange->no_body = true;
    exchange->connection->protocol->begin(exchange, status, headers != NULL ? headers : &none, length);
}

void http_respond(struct http_exchange *exchange, int status, const struct http_headers *headers, struct bytes *body)
{
    struct http_connection *connection = exchange->connection;
    connection_pin(connection);
    response_begin(exchange, status, headers, body != NULL ? (int64_t)body->size : 0);
    if (body != NULL && body->size > 0)
        http_response_write(exchange, body);
    http_response_end(exchange);
    connection_unpin(connection);
}

void http_response_begin(struct http_exchange *exchange, int status, const struct http_headers *headers)
{
    response_begin(exchange, status, headers, -1);
}

bool http_response_write(struct http_exchange *exchange, struct bytes *bytes)
{
    return http_response_write_parts(exchange, &(struct http_part){ bytes_str(bytes), bytes }, 1);
}

bool http_response_write_parts(struct http_exchange *exchange, const struct http_part *parts, size_t count)
{
    if (exchange->ended || !exchange->begun)
        return true;
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].text.size;
    if (!exchange->no_body && size > 0)
        exchange->connection->protocol->write(exchange, parts, count, size);
    if (exchange->connection->protocol->queued(exchange) <= exchange->connection->server->limits.queued_bytes)
        return true;
    exchange->want_drained = true;
    return false;
}

void http_response_end(struct http_exchange *exchange)
{
    if (exchange->ended || !exchange->begun)
        return;
    exchange->ended = true;
    exchange->connection->protocol->end(exchange);
}

void http_response_end_trailers(struct http_exchange *exchange, const struct http_headers *trailers)
{
    if (exchange->ended || !exchange->begun)
        return;
    struct http_header *items = arena_new_array(&exchange->arena, struct http_header, trailers->count + 1);
    for (size_t i = 0; i < trailers->count; i++)
        items[i] = (struct http_header){ arena_str(&exchange->arena, trailers->items[i].name),
                                         arena_str(&exchange->arena, trailers->items[i].value) };
    exchange->trailers = (struct http_headers){ items, trailers->count };
    http_response_end(exchange);
}

void http_response_abort(struct http_exchange *exchange)
{
    if (exchange->ended)
        return;
    exchange->ended = true;
    exchange->connection->protocol->abort(exchange);
}
