/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server.c - connections from the first byte to the last, whatever version they speak. */
#include "net/http/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define PREFACE          STR("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
#define BUSY_TIME        (10 * USEC_PER_SEC)
#define BUSY_COUNTED_MAX 64
#define PREFACE_DECISIVE 4 /* no HTTP/1.1 method begins with "PRI " */

static void connection_timeout(struct loop_timer *timer);
static void server_check_drained(struct http_server *server);

/* ---------------------------------------------------------------- connections */

static void connection_free(struct http_connection *connection)
{
    if (connection->protocol != NULL)
        connection->protocol->destroy(connection);
    buffer_fini(&connection->early);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(connection);
#endif
}

void connection_unpin(struct http_connection *connection)
{
    if (--connection->pins == 0 && connection->closed)
        connection_free(connection);
}

/* Off the server's list; the memory stays until the last pin. */
static void connection_detach(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    connection->closed = true;
    loop_timer_stop(&connection->timer);
    list_remove(&connection->node);
    server->connection_count--;
    server_check_drained(server); /* first, as closed() may destroy the server */
    connection_pin(connection);
    struct list_node *node;
    while ((node = list_pop(&connection->exchanges)) != NULL) {
        struct http_exchange *exchange = container_of(node, struct http_exchange, node);
        exchange_peer_gone(exchange);
        exchange_destroy(exchange);
    }
    connection_unpin(connection);
}

void connection_close(struct http_connection *connection, bool flush)
{
    if (connection->closed)
        return;
    stream_close(take_pointer(&connection->stream), flush);
    connection_detach(connection);
}

struct stream *connection_steal_stream(struct http_connection *connection)
{
    struct stream *stream = take_pointer(&connection->stream);
    stream_read_stop(stream);
    stream_set_events(stream, NULL, NULL);
    connection_detach(connection);
    return stream;
}

void connection_set_timer(struct http_connection *connection, usec_t delay)
{
    if (connection->closed || delay == 0)
        loop_timer_stop(&connection->timer);
    else
        loop_timer_start(connection->loop, &connection->timer, delay);
}

const char *connection_date(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    usec_t now = loop_now(server->loop);
    if (now / USEC_PER_SEC != server->date_second || server->date[0] == '\0') {
        server->date_second = now / USEC_PER_SEC;
        http_date_format(now, server->date);
    }
    return server->date;
}

static void connection_choose(struct http_connection *connection, const struct http_protocol *protocol)
{
    connection->protocol = protocol;
    protocol->start(connection);
}

/* Plain connections, and TLS without ALPN: HTTP/2 tells itself by its preface. */
static void connection_guess(struct http_connection *connection, struct str bytes)
{
    buffer_append_str(&connection->early, bytes);
    struct str early = buffer_str(&connection->early);
    size_t size = early.size < PREFACE_DECISIVE ? early.size : PREFACE_DECISIVE;
    bool alike = early.size > 0 && memcmp(early.data, PREFACE.data, size) == 0;
    if (alike && size < PREFACE_DECISIVE && bytes.size > 0)
        return;
    connection_choose(connection, alike && size == PREFACE_DECISIVE ? &http_protocol2 : &http_protocol1);
    if (!connection->closed && early.size > 0)
        connection->protocol->read(connection, early);
    if (!connection->closed && bytes.size == 0)
        connection->protocol->read(connection, bytes);
    buffer_fini(&connection->early);
}

static void connection_read(void *context, struct str bytes)
{
    struct http_connection *connection = context;
    connection_pin(connection);
    if (connection->protocol == NULL)
        connection_guess(connection, bytes);
    else
        connection->protocol->read(connection, bytes);
    connection_unpin(connection);
}

static void connection_drained(void *context)
{
    struct http_connection *connection = context;
    connection_pin(connection);
    if (connection->protocol != NULL)
        connection->protocol->drained(connection);
    connection_unpin(connection);
}

static void connection_failed(void *context, const struct error *err)
{
    (void)err; /* the handler learns of it by closed(); there is nothing to say about a peer that went away */
    connection_close(context, false);
}

static const struct stream_events connection_events = {
    .read = connection_read,
    .drained = connection_drained,
    .failed = connection_failed,
};

static void connection_timeout(struct loop_timer *timer)
{
    struct http_connection *connection = container_of(timer, struct http_connection, timer);
    connection_pin(connection);
    if (connection->protocol == NULL)
        connection_close(connection, false);
    else
        connection->protocol->timeout(connection);
    connection_unpin(connection);
}

/* ---------------------------------------------------------------- the server */

static void server_drain_timeout(struct loop_timer *timer)
{
    struct http_server *server = container_of(timer, struct http_server, drain_timer);
    struct http_connection *connection;
    while (!list_empty(&server->connections)) {
        connection = container_of(server->connections.head.next, struct http_connection, node);
        connection_close(connection, false);
    }
}

static void server_drained(struct loop_task *task)
{
    struct http_server *server = container_of(task, struct http_server, drain_task);
    void (*done)(void *context) = server->drain_done;
    server->drain_done = NULL;
    if (done != NULL)
        done(server->drain_context);
}

static void server_check_drained(struct http_server *server)
{
    if (!server->draining || server->connection_count > 0 || server->drain_done == NULL)
        return;
    loop_timer_stop(&server->drain_timer);
    loop_defer(server->loop, &server->drain_task);
}

struct http_server *http_server_create(struct loop *loop, const struct http_handler *handler, void *context,
                                       const struct http_limits *limits)
{
    struct http_server *server = memory_new(struct http_server);
    server->loop = loop;
    server->handler = handler;
    server->context = context;
    if (limits != NULL)
        server->limits = *limits;
    http_limits_fill(&server->limits, true);
    list_init(&server->connections);
    server->drain_timer.callback = server_drain_timeout;
    server->drain_task.callback = server_drained;
    return server;
}

void http_server_serve(struct http_server *server, struct stream *stream)
{
    if (server->draining || server->connection_count >= server->limits.connections) {
        stream_close(stream, false);
        return;
    }
    struct http_connection *connection = memory_new(struct http_connection);
    connection->server = server;
    connection->loop = server->loop;
    connection->stream = stream;
    connection->timer.callback = connection_timeout;
    connection->asked = loop_monotonic(server->loop);
    list_init(&connection->exchanges);
    list_append(&server->connections, &connection->node);
    server->connection_count++;
    connection_pin(connection);
    stream_set_events(stream, &connection_events, connection);
    connection_set_timer(connection, server->limits.header_time);
    if (strcmp(stream_alpn(stream), "h2") == 0)
        connection_choose(connection, &http_protocol2);
    else if (strcmp(stream_alpn(stream), "http/1.1") == 0)
        connection_choose(connection, &http_protocol1);
    if (!connection->closed)
        stream_read_start(stream);
    connection_unpin(connection);
}

void http_server_drain(struct http_server *server, usec_t grace, void (*done)(void *context), void *context)
{
    server->draining = true;
    server->drain_done = done;
    server->drain_context = context;
    struct http_connection *connection;
    list_for_each (&server->connections, connection, node) {
        connection_pin(connection);
        if (connection->protocol == NULL)
            connection_close(connection, false);
        else
            connection->protocol->drain(connection);
        connection_unpin(connection);
    }
    if (server->connection_count > 0)
        loop_timer_start(server->loop, &server->drain_timer, grace);
    server_check_drained(server);
}

size_t http_server_connections(const struct http_server *server)
{
    return atomic_load_explicit(&server->connection_count, memory_order_relaxed);
}

size_t http_server_busy_connections(const struct http_server *server)
{
    size_t count = http_server_connections(server), busy = 0;
    if (count > BUSY_COUNTED_MAX)
        return count;
    usec_t now = loop_monotonic(server->loop);
    const struct http_connection *connection;
    list_for_each (&server->connections, connection, node)
        busy += !list_empty(&connection->exchanges) || now - connection->asked < BUSY_TIME;
    return busy;
}

void http_server_destroy(struct http_server *server)
{
    if (server == NULL)
        return;
    server->drain_done = NULL;
    while (!list_empty(&server->connections))
        connection_close(container_of(server->connections.head.next, struct http_connection, node), false);
    loop_timer_stop(&server->drain_timer);
    loop_cancel(server->loop, &server->drain_task);
    free(server);
}
