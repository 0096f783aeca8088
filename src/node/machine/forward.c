/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* forward.c - a connection is two ends that are each other's destination.
 *
 * accepted -> connect to the first target, the next, ... -> both ends read -> each end's last byte
 * passed on -> closed when both have ended. A broken end takes the other along. */
#include "node/machine/forward.h"

#include <stdio.h>

#include "base/memory.h"

#define DEFAULT_CONNECTIONS 1024
#define DEFAULT_TIMEOUT     (3 * USEC_PER_SEC)

struct connection;

struct end {
    struct connection *connection;
    struct stream *stream;
    bool ended; /* it sends no more */
};

struct connection {
    struct list_node by_forwarder;
    struct forwarder *forwarder;
    struct end client, server;
    struct stream_connect *connect;
    unsigned attempt;
};

struct forwarder {
    struct loop *loop;
    struct forwarder_options options;
    struct listener *listener;
    struct list connections;
    size_t n_connections;
};

static void close_connection(struct connection *connection, bool flush)
{
    if (connection->connect != NULL)
        stream_connect_cancel(connection->connect);
    stream_close(connection->client.stream, flush);
    stream_close(connection->server.stream, flush);
    list_remove(&connection->by_forwarder);
    connection->forwarder->n_connections--;
    free(connection);
}

static struct end *other_end(struct end *end)
{
    return end == &end->connection->client ? &end->connection->server : &end->connection->client;
}

static void on_read(void *context, struct str bytes)
{
    struct end *end = context, *other = other_end(end);
    if (bytes.size == 0) {
        end->ended = true;
        stream_write_end(other->stream);
        if (other->ended)
            close_connection(end->connection, true);
        return;
    }
    stream_write(other->stream, bytes);
    if (stream_queued(other->stream) > STREAM_HIGH_MARK)
        stream_read_stop(end->stream);
}

static void on_drained(void *context)
{
    struct end *end = context, *other = other_end(end);
    if (!other->ended)
        stream_read_start(other->stream);
}

static void on_failed(void *context, const struct error *err)
{
    (void)err; /* the client sees its connection break, as it would without us */
    close_connection(((struct end *)context)->connection, false);
}

static const struct stream_events end_events = { on_read, on_drained, on_failed };

static void connect_next(struct connection *connection);

static void on_connected(void *context, struct stream *stream, const struct error *err)
{
    struct connection *connection = context;
    (void)err;
    connection->connect = NULL;
    if (stream == NULL) {
        connect_next(connection);
        return;
    }
    connection->server.stream = stream;
    stream_set_events(stream, &end_events, &connection->server);
    stream_set_events(connection->client.stream, &end_events, &connection->client);
    stream_read_start(stream);
    stream_read_start(connection->client.stream);
}

static void connect_next(struct connection *connection)
{
    struct forwarder *forwarder = connection->forwarder;
    char address[FORWARD_ADDRESS_SIZE];
    if (!forwarder->options.target(forwarder->options.context, connection->attempt++, address)) {
        close_connection(connection, false);
        return;
    }
    struct stream_target target = { .address = address, .network_namespace = forwarder->options.network_namespace };
    connection->connect =
        stream_connect_start(forwarder->loop, &target, forwarder->options.connect_timeout, on_connected, connection);
}

static void on_accepted(void *context, struct stream *stream)
{
    struct forwarder *forwarder = context;
    if (forwarder->n_connections >= forwarder->options.max_connections) {
        stream_close(stream, false);
        return;
    }
    struct connection *connection = memory_new(struct connection);
    connection->forwarder = forwarder;
    connection->client = (struct end){ .connection = connection, .stream = stream };
    connection->server = (struct end){ .connection = connection };
    list_append(&forwarder->connections, &connection->by_forwarder);
    forwarder->n_connections++;
    connect_next(connection);
}

int forwarder_open(struct loop *loop, const struct forwarder_options *options, struct forwarder **ret_forwarder,
                   struct error *err)
{
    struct forwarder *forwarder = memory_new(struct forwarder);
    forwarder->loop = loop;
    forwarder->options = *options;
    if (forwarder->options.max_connections == 0)
        forwarder->options.max_connections = DEFAULT_CONNECTIONS;
    if (forwarder->options.connect_timeout == 0)
        forwarder->options.connect_timeout = DEFAULT_TIMEOUT;
    list_init(&forwarder->connections);
    struct stream_target target = { .address = options->listen, .network_namespace = -1 };
    int rc = listener_open(loop, &target, on_accepted, forwarder, &forwarder->listener, err);
    forwarder->options.listen = NULL; /* the caller's, and of no use any more */
    if (rc < 0) {
        free(forwarder);
        return rc;
    }
    *ret_forwarder = forwarder;
    return 0;
}

int forwarder_port(const struct forwarder *forwarder)
{
    return listener_port(forwarder->listener);
}

size_t forwarder_connections(const struct forwarder *forwarder)
{
    return forwarder->n_connections;
}

void forwarder_close(struct forwarder *forwarder)
{
    if (forwarder == NULL)
        return;
    listener_close(forwarder->listener);
    struct connection *connection;
    list_for_each (&forwarder->connections, connection, by_forwarder)
        close_connection(connection, false);
    free(forwarder);
}
