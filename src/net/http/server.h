/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server.h - what the server's files share: connections and exchanges; for files of net/http/ only.
 *
 * server.c owns life times, limits and the calls to the handler; server1.c and server2.c turn
 * bytes into exchanges and responses into bytes. A connection is pinned while code of its
 * runs that may call out, and is freed when the last pin is gone. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "net/http/message.h"
#include "net/stream/driver.h"

struct http_connection;

/* One of two: HTTP/1.1 or HTTP/2. */
struct http_protocol {
    void (*start)(struct http_connection *connection);
    void (*read)(struct http_connection *connection, struct str bytes); /* size 0: the peer's end */
    void (*drained)(struct http_connection *connection);
    void (*timeout)(struct http_connection *connection);
    void (*drain)(struct http_connection *connection); /* no new requests */
    void (*destroy)(struct http_connection *connection);
    /* content_length is negative when it is not known. */
    void (*begin)(struct http_exchange *exchange, int status, const struct http_headers *headers,
                  int64_t content_length);
    void (*write)(struct http_exchange *exchange, const struct http_part *parts, size_t count,
                  size_t size); /* of all */
    void (*end)(struct http_exchange *exchange);
    void (*abort)(struct http_exchange *exchange);
    size_t (*queued)(const struct http_exchange *exchange);
    void (*body_flow)(struct http_exchange *exchange); /* body_stopped has changed */
};

extern const struct http_protocol http_protocol1, http_protocol2;

struct http_server {
    struct loop *loop;
    const struct http_handler *handler;
    void *context;
    struct http_limits limits;
    struct list connections;
    atomic_size_t connection_count; /* counted on the loop, read from anywhere */
    bool draining;
    void (*drain_done)(void *context);
    void *drain_context;
    struct loop_timer drain_timer;
    struct loop_task drain_task;
    usec_t date_second; /* which 'date' is of */
    char date[HTTP_DATE_SIZE];
};

struct http_connection {
    struct http_server *server; /* may be gone once closed */
    struct loop *loop;
    struct list_node node;                /* in server->connections */
    struct stream *stream;                /* NULL once closed or handed over */
    const struct http_protocol *protocol; /* NULL: not known yet */
    void *state;                          /* the protocol's */
    struct list exchanges;
    struct loop_timer timer; /* header, body or idle time */
    struct buffer early;     /* the first bytes, until they tell the version */
    usec_t asked;            /* when the last request, or the connection, began; monotonic */
    unsigned pins;
    bool closed;
};

struct http_exchange {
    struct http_connection *connection;
    struct list_node node; /* in connection->exchanges */
    struct arena arena;
    struct http_block block;
    struct http_headers headers;
    struct str method, path, query;
    struct buffer body;         /* collected, or what came while body_stopped */
    struct loop_task body_task; /* delivers the latter */
    size_t held;                /* HTTP/2: of it, not yet given back to the window */
    const struct http_exchange_events *events;
    void *events_context;
    struct http_headers trailers; /* of the response; in the arena */
    struct bytes_queue output;    /* HTTP/2: response bytes that wait for their window */
    int32_t stream_id;            /* HTTP/2 */
    int refuse;                   /* status to answer instead of asking the handler; 0: none */
    bool headers_done;
    bool streams_body;
    bool body_stopped;
    bool request_done; /* the whole request has arrived */
    bool begun;        /* the response's head is out */
    bool ended;        /* the handler has let go of it */
    bool no_body;      /* HEAD, 204, 304: bytes written are dropped */
    bool chunked;      /* HTTP/1.1 */
    bool want_drained; /* the writer was told to wait */
};

static inline void connection_pin(struct http_connection *connection)
{
    connection->pins++;
}
void connection_unpin(struct http_connection *connection);
/* Ends it: closed() to what is open. With flush, what is queued still goes out. */
void connection_close(struct http_connection *connection, bool flush);
/* Like it, but the stream lives on and is the caller's. */
struct stream *connection_steal_stream(struct http_connection *connection);
void connection_set_timer(struct http_connection *connection, usec_t delay); /* 0: none */
const char *connection_date(struct http_connection *connection);

struct http_exchange *exchange_create(struct http_connection *connection);
void exchange_destroy(struct http_exchange *exchange);
void exchange_set_target(struct http_exchange *exchange, struct str target);

/* All headers are there: limits, streams_body(). True: the protocol should go on with the body. False: the exchange was
 * answered (or the connection closed); the protocol looks at exchange->ended. */
bool exchange_headers_done(struct http_exchange *exchange, int64_t content_length);
bool exchange_body(struct http_exchange *exchange, struct str bytes); /* false: over the limit, answered */
void exchange_request_done(struct http_exchange *exchange);           /* asks the handler unless it streams */
void exchange_refuse(struct http_exchange *exchange, int status);     /* a plain error response of ours */
void exchange_peer_gone(struct http_exchange *exchange);              /* closed(), and it is nobody's any more */
void exchange_drained(struct http_exchange *exchange);                /* drained() if the writer waits */

#endif
