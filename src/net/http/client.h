/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client.h - what the client's files share: connections and requests; for files of net/http/ only.
 *
 * client.c opens connections and gives requests to them; request.c owns life times and the calls to the user; client1.c
 * and client2.c speak. Clients, connections and requests are pinned while code of theirs may call out. */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/buffer.h"
#include "base/container/list.h"
#include "net/http/message.h"
#include "net/stream/driver.h"

struct client_connection;

struct client_protocol {
    void (*start)(struct client_connection *connection);
    void (*read)(struct client_connection *connection, struct str bytes); /* size 0: the peer's end */
    void (*drained)(struct client_connection *connection);
    bool (*has_room)(const struct client_connection *connection); /* for one more request */
    void (*submit)(struct http_request *request);                 /* request->connection is set */
    void (*output)(struct http_request *request);                 /* request->output or output_ended has changed */
    void (*cancel)(struct http_request *request);                 /* it will be gone after the call */
    void (*body_flow)(struct http_request *request);              /* body_stopped has changed */
    void (*destroy)(struct client_connection *connection);
};

extern const struct client_protocol client_protocol1, client_protocol2;

enum client_version { CLIENT_VERSION_UNKNOWN, CLIENT_VERSION_1, CLIENT_VERSION_2 };

struct http_client {
    struct loop *loop;
    struct stream_target target; /* strings are ours */
    char *authority;
    struct http_limits limits;
    usec_t connect_timeout;
    struct stream *(*dial)(void *context);
    void *dial_context;
    enum client_version version; /* of the target; learned from the first handshake if need be */
    bool fixed_version;
    struct list waiting;     /* requests without a connection */
    struct list finished;    /* requests whose end the user has not been told: its reader has stopped */
    struct list connections; /* being opened, open, retired */
    size_t connection_count;
    size_t request_count;
    struct loop_task dispatch_task;
    unsigned pins;
    bool closed;
};

struct client_connection {
    struct http_client *client; /* may be gone once closed */
    struct loop *loop;
    struct list_node node;          /* in client->connections */
    struct stream_connect *connect; /* until it is open */
    struct loop_task dial_task;     /* in its place where the client dials itself */
    bool opening;
    struct stream *stream;
    const struct client_protocol *protocol;
    void *state;
    struct list requests;
    size_t request_count;
    struct loop_timer idle_timer;
    struct http_request *exclusive; /* an upgrade's own connection: the request until it is submitted */
    bool is_exclusive;
    bool retired; /* takes no new requests */
    bool used;    /* has answered before: a silent end may be a race with its idle time limit */
    unsigned pins;
    bool closed;
};

struct http_request {
    struct http_client *client;
    struct client_connection *connection; /* NULL: waiting, or the response is whole */
    struct client_connection *opening;    /* an upgrade's own connection on its way; the request is waiting */
    struct list_node node;                /* in client->waiting or finished, or connection->requests */
    struct arena arena;
    struct str method, path;
    struct http_headers headers;
    struct bytes_queue output; /* the body, as far as it is not sent */
    struct bytes *body;        /* kept whole until an answer comes, for another try */
    const struct http_request_events *events;
    void *context;
    struct loop_timer timer;
    struct http_block block, trailer_block;
    struct http_headers trailers;
    int status;
    struct buffer held; /* of the response, while body_stopped */
    size_t held_window; /* HTTP/2: of it, not given back */
    struct loop_task body_task;
    struct error failure; /* code 0: whole */
    int32_t stream_id;
    bool upgrade;
    bool streams_body;
    bool output_ended;
    bool want_drained;
    bool started; /* something of the response has come */
    bool response_told;
    bool body_stopped;
    bool finished;  /* done() waits until 'held' is delivered */
    unsigned tries; /* that ended before the server did anything */
    bool doomed;    /* waits, and what it waits for has failed */
    bool gone;      /* done() or cancelled; memory waits for the last pin */
    unsigned pins;
};

void client_dispatch_later(struct http_client *client);
static inline void client_pin(struct http_client *client)
{
    client->pins++;
}
void client_unpin(struct http_client *client);

static inline void client_connection_pin(struct client_connection *connection)
{
    connection->pins++;
}
void client_connection_unpin(struct client_connection *connection);
/* Its requests end with 'err' or, where that is safe, wait for another connection. */
void client_connection_close(struct client_connection *connection, const struct error *err);
struct stream *client_connection_steal_stream(struct client_connection *connection);
void client_connection_attach(struct client_connection *connection, struct http_request *request);
void client_connection_freed(struct client_connection *connection); /* a request has left it */

static inline void request_pin(struct http_request *request)
{
    request->pins++;
}
void request_unpin(struct http_request *request);
/* The calls to the user. False: the request is gone. */
bool request_response(struct http_request *request);
bool request_body(struct http_request *request, struct str bytes);
void request_finish(struct http_request *request, const struct error *err);        /* NULL: whole */
void request_fail_finished(struct http_request *request, const struct error *err); /* one of client->finished */
void request_drained(struct http_request *request);
void request_retry(struct http_request *request); /* back to the waiting ones; only if request_may_retry() */
bool request_may_retry(const struct http_request *request);
bool request_is_safe(const struct http_request *request); /* by its method: sending it twice does no harm */
void request_leave(struct http_request *request);         /* its connection is free of it */

#endif
