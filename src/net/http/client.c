/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client.c - gives requests to connections, and opens those.
 *
 * What the target speaks is learned from the first TLS handshake; until then one connection is opened and the requests
 * wait for it. HTTP/2 opens a second connection only when the first has as many streams as the peer allows; HTTP/1.1 opens
 * one for each request that waits, up to the limit. A connection that cannot be opened fails all who wait. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/tls.h"
#include "net/http/client.h"

static const char *const alpn_both[] = { "h2", "http/1.1", NULL };
static const char *const alpn_old[] = { "http/1.1", NULL };
static const char *const alpn_new[] = { "h2", NULL };

static void client_run_dispatch(struct loop_task *task);

static void client_free(struct http_client *client)
{
    tls_context_unref(client->target.tls);
    free((char *)client->target.address);
    free((char *)client->target.server_name);
    free(client->authority);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(client);
#endif
}

void client_unpin(struct http_client *client)
{
    if (--client->pins == 0 && client->closed)
        client_free(client);
}

/* ---------------------------------------------------------------- connections */

static void client_connection_free(struct client_connection *connection)
{
    if (connection->protocol != NULL)
        connection->protocol->destroy(connection);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(connection);
#endif
}

void client_connection_unpin(struct client_connection *connection)
{
    if (--connection->pins == 0 && connection->closed)
        client_connection_free(connection);
}

/* Stays on the client's list until its requests are told, so that destroying the client meanwhile finds them. */
static void client_connection_mark_closed(struct client_connection *connection)
{
    connection->closed = true;
    connection->retired = true;
    connection->client->connection_count--;
    loop_timer_stop(&connection->idle_timer);
    stream_connect_cancel(take_pointer(&connection->connect));
    loop_cancel(connection->loop, &connection->dial_task);
}

static void fail_requests(struct client_connection *connection, const struct error *err, bool retry)
{
    while (!list_empty(&connection->requests)) {
        struct http_request *request = container_of(connection->requests.head.next, struct http_request, node);
        if (retry && connection->used && request_may_retry(request) && request_is_safe(request))
            request_retry(request);
        else
            request_finish(request, err);
    }
}

struct stream *client_connection_steal_stream(struct client_connection *connection)
{
    struct stream *stream = take_pointer(&connection->stream);
    stream_read_stop(stream);
    stream_set_events(stream, NULL, NULL);
    client_connection_pin(connection);
    client_connection_mark_closed(connection);
    list_remove(&connection->node);
    client_connection_unpin(connection);
    return stream;
}

void client_connection_close(struct client_connection *connection, const struct error *err)
{
    if (connection->closed)
        return;
    struct error failure = *err; /* may be of a request that ends here */
    client_connection_pin(connection);
    client_connection_mark_closed(connection);
    stream_close(take_pointer(&connection->stream), false);
    fail_requests(connection, &failure, true);
    list_remove(&connection->node);
    client_connection_unpin(connection);
}

static void client_connection_read(void *context, struct str bytes)
{
    struct client_connection *connection = context;
    client_connection_pin(connection);
    connection->protocol->read(connection, bytes);
    client_connection_unpin(connection);
}

static void client_connection_drained(void *context)
{
    struct client_connection *connection = context;
    client_connection_pin(connection);
    connection->protocol->drained(connection);
    client_connection_unpin(connection);
}

static void client_connection_failed(void *context, const struct error *err)
{
    client_connection_close(context, err);
}

static const struct stream_events connection_events = {
    .read = client_connection_read,
    .drained = client_connection_drained,
    .failed = client_connection_failed,
};

static void client_connection_idle(struct loop_timer *timer)
{
    struct client_connection *connection = container_of(timer, struct client_connection, idle_timer);
    struct error err;
    error_set(&err, ERROR_CLOSED, "idle");
    client_connection_close(connection, &err);
}

void client_connection_freed(struct client_connection *connection)
{
    if (connection->closed)
        return;
    client_dispatch_later(connection->client);
    if (connection->request_count > 0)
        return;
    if (connection->retired) {
        client_connection_idle(&connection->idle_timer);
        return;
    }
    loop_timer_start(connection->loop, &connection->idle_timer, connection->client->limits.idle_time);
}

void client_connection_attach(struct client_connection *connection, struct http_request *request)
{
    list_remove(&request->node);
    list_append(&connection->requests, &request->node);
    connection->request_count++;
    loop_timer_stop(&connection->idle_timer);
    request->connection = connection;
    if (request->body != NULL)
        bytes_queue_append_slice(&request->output, request->body, 0, request->body->size);
    connection->protocol->submit(request);
}

/* Those that wait now; what their callbacks start waits for another attempt. */
static void fail_waiting(struct http_client *client, const struct error *err)
{
    struct http_request *request;
    list_for_each (&client->waiting, request, node)
        request->doomed = !request->upgrade;
    for (bool again = true; again;) {
        again = false;
        list_for_each (&client->waiting, request, node) {
            if (!request->doomed)
                continue;
            request_finish(request, err);
            again = true;
            break;
        }
    }
}

static void connection_failed_to_open(struct client_connection *connection, const struct error *err)
{
    struct http_client *client = connection->client;
    struct http_request *exclusive = take_pointer(&connection->exclusive);
    client_connection_close(connection, err);
    if (exclusive != NULL) {
        exclusive->opening = NULL;
        request_finish(exclusive, err);
    } else if (!connection->is_exclusive) {
        fail_waiting(client, err);
    }
}

static void learn_version(struct http_client *client, const struct stream *stream)
{
    if (!client->fixed_version)
        client->version = strcmp(stream_alpn(stream), "h2") == 0 ? CLIENT_VERSION_2 : CLIENT_VERSION_1;
}

static void client_connection_opened(void *context, struct stream *stream, const struct error *err)
{
    struct client_connection *connection = context;
    struct http_client *client = connection->client;
    connection->connect = NULL;
    connection->opening = false;
    client_pin(client);
    client_connection_pin(connection);
    if (stream == NULL) {
        connection_failed_to_open(connection, err);
    } else {
        connection->stream = stream;
        if (!connection->is_exclusive)
            learn_version(client, stream);
        bool new = !connection->is_exclusive && client->version == CLIENT_VERSION_2;
        connection->protocol = new ? &client_protocol2 : &client_protocol1;
        stream_set_events(stream, &connection_events, connection);
        connection->protocol->start(connection);
        stream_read_start(stream);
        struct http_request *exclusive = take_pointer(&connection->exclusive);
        if (exclusive != NULL) {
            exclusive->opening = NULL;
            client_connection_attach(connection, exclusive);
        } else if (connection->is_exclusive) {
            client_connection_idle(&connection->idle_timer); /* its request was cancelled */
        } else {
            loop_timer_start(client->loop, &connection->idle_timer, client->limits.idle_time);
        }
        client_dispatch_later(client);
    }
    client_connection_unpin(connection);
    client_unpin(client);
}

static void client_connection_dial(struct loop_task *task)
{
    struct client_connection *connection = container_of(task, struct client_connection, dial_task);
    struct http_client *client = connection->client;
    struct stream *stream = client->dial(client->dial_context);
    struct error err;
    if (stream == NULL)
        error_set(&err, ERROR_UNAVAILABLE, "connect to %s: no connection can be made", client->authority);
    client_connection_opened(connection, stream, stream == NULL ? &err : NULL);
}

static void client_open(struct http_client *client, struct http_request *exclusive)
{
    struct client_connection *connection = memory_new(struct client_connection);
    connection->client = client;
    connection->loop = client->loop;
    connection->idle_timer.callback = client_connection_idle;
    connection->exclusive = exclusive;
    connection->is_exclusive = connection->retired = exclusive != NULL;
    if (exclusive != NULL)
        exclusive->opening = connection;
    list_init(&connection->requests);
    list_append(&client->connections, &connection->node);
    client->connection_count++;

    connection->opening = true;
    connection->dial_task.callback = client_connection_dial;
    if (client->dial != NULL) {
        loop_defer(client->loop, &connection->dial_task);
        return;
    }
    struct stream_target target = client->target;
    if (exclusive != NULL || client->version == CLIENT_VERSION_1)
        target.alpn = alpn_old;
    else
        target.alpn = client->fixed_version ? alpn_new : alpn_both;
    connection->connect =
        stream_connect_start(client->loop, &target, client->connect_timeout, client_connection_opened, connection);
}

/* ---------------------------------------------------------------- dispatch */

static struct client_connection *find_room(struct http_client *client, size_t *ret_opening)
{
    *ret_opening = 0;
    struct client_connection *connection;
    list_for_each (&client->connections, connection, node) {
        if (connection->is_exclusive)
            continue;
        if (connection->opening)
            ++*ret_opening;
        else if (!connection->retired && connection->protocol->has_room(connection))
            return connection;
    }
    return NULL;
}

/* How many connections may be on their way for that many waiting requests. */
static size_t opening_wanted(const struct http_client *client, size_t waiting)
{
    if (client->version != CLIENT_VERSION_1)
        return waiting > 0 ? 1 : 0;
    return waiting;
}

static void client_dispatch(struct http_client *client)
{
    size_t left = 0, opening = 0;
    struct http_request *request;
    list_for_each (&client->waiting, request, node) {
        if (request->upgrade) {
            if (request->opening == NULL && client->connection_count < client->limits.connections)
                client_open(client, request);
            continue;
        }
        struct client_connection *connection = find_room(client, &opening);
        if (connection != NULL)
            client_connection_attach(connection, request);
        else
            left++;
    }
    while (opening < opening_wanted(client, left) && client->connection_count < client->limits.connections) {
        client_open(client, NULL);
        opening++;
    }
}

static void client_run_dispatch(struct loop_task *task)
{
    struct http_client *client = container_of(task, struct http_client, dispatch_task);
    client_pin(client);
    client_dispatch(client);
    client_unpin(client);
}

void client_dispatch_later(struct http_client *client)
{
    if (!client->closed && !list_empty(&client->waiting))
        loop_defer(client->loop, &client->dispatch_task);
}

/* ---------------------------------------------------------------- the client */

static void choose_version(struct http_client *client, const struct http_client_options *options)
{
    client->fixed_version = true;
    if (options->http2_only)
        client->version = CLIENT_VERSION_2;
    else if (options->http1_only || options->target.tls == NULL)
        client->version = CLIENT_VERSION_1;
    else
        client->fixed_version = false;
}

static char *choose_authority(const struct http_client_options *options)
{
    if (options->authority != NULL)
        return memory_strdup(options->authority);
    struct str address = str_of(text_or_empty(options->target.address));
    if (str_starts(address, STR("tcp:")))
        return memory_strdup(options->target.address + 4);
    return memory_strdup("localhost");
}

struct http_client *http_client_create(struct loop *loop, const struct http_client_options *options)
{
    struct http_client *client = memory_new(struct http_client);
    client->loop = loop;
    client->target = options->target;
    client->target.address = memory_strdup(options->target.address);
    client->target.server_name = memory_strdup(options->target.server_name);
    client->target.tls = tls_context_ref(options->target.tls);
    client->target.alpn = NULL;
    client->authority = choose_authority(options);
    client->limits = options->limits;
    http_limits_fill(&client->limits, false);
    client->connect_timeout = options->connect_timeout;
    client->dial = options->dial;
    client->dial_context = options->dial_context;
    choose_version(client, options);
    list_init(&client->waiting);
    list_init(&client->finished);
    list_init(&client->connections);
    client->dispatch_task.callback = client_run_dispatch;
    return client;
}

struct loop *http_client_loop(const struct http_client *client)
{
    return client->loop;
}

void http_client_destroy(struct http_client *client)
{
    if (client == NULL || client->closed)
        return;
    client_pin(client);
    client->closed = true;
    struct error err;
    error_set(&err, ERROR_CANCELLED, "the client is closed");
    while (!list_empty(&client->waiting))
        request_finish(container_of(client->waiting.head.next, struct http_request, node), &err);
    while (!list_empty(&client->finished))
        request_fail_finished(container_of(client->finished.head.next, struct http_request, node), &err);
    while (!list_empty(&client->connections)) {
        struct client_connection *connection =
            container_of(client->connections.head.next, struct client_connection, node);
        client_connection_pin(connection);
        fail_requests(connection, &err, false);
        client_connection_close(connection, &err);
        list_remove(&connection->node);
        client_connection_unpin(connection);
    }
    loop_cancel(client->loop, &client->dispatch_task);
    client_unpin(client);
}
