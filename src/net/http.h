/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* http.h - HTTP/1.1 and HTTP/2, both sides, over any stream.
 *
 * Server and client share the message types. Every size, count and time is limited by
 * struct http_limits; a peer over a limit gets 413, 431 or 408, or a reset stream. */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/bytes.h"
#include "base/error.h"
#include "net/stream.h"

struct http_header {
    struct str name; /* lower case */
    struct str value;
};

struct http_headers {
    const struct http_header *items;
    size_t count;
};

/* First value, or a str with data NULL. 'name' in lower case. */
struct str http_header(const struct http_headers *headers, const char *name);

/* A zero field means the default that its comment gives. */
struct http_limits {
    size_t header_bytes; /* 64 KiB, of one message's whole header block */
    size_t header_count; /* 128 */
    size_t body_bytes;   /* 3 MiB: larger collected bodies are refused with 413 */
    size_t streams;      /* 250 concurrent ones on an HTTP/2 connection */
    size_t queued_bytes; /* 1 MiB of unsent response before http_response_write() reports back-pressure */
    size_t connections;  /* 10,000 on a server; 32 of HTTP/1.1 of a client */
    size_t requests;     /* 10,000 open or waiting ones of a client */
    usec_t header_time;  /* 30 s from connection or a message's first byte to its whole header block */
    usec_t body_time;    /* 60 s between two pieces of a request's body */
    usec_t idle_time;    /* 180 s without any open request */
};

/* ---------------------------------------------------------------- server */

struct http_server;
struct http_exchange; /* one request and its response */

struct http_handler {
    /* A whole request arrived, its body collected (see http_exchange_body()). The exchange lives until
     * the response has ended or closed() was called, whichever is first. */
    void (*request)(void *context, struct http_exchange *exchange);
    /* Decides by the headers alone, before the body: true to get the body piecewise with http_exchange_on_body()
     * set from request(), which is then called at once. NULL: never. */
    bool (*streams_body)(void *context, struct http_exchange *exchange);
    /* The body passes limits.body_bytes ('limit'): to be answered at once. NULL: 413 with a line of text. */
    void (*too_large)(void *context, struct http_exchange *exchange, size_t limit);
};

struct http_server *http_server_create(struct loop *loop, const struct http_handler *handler, void *context,
                                       const struct http_limits *limits);
void http_server_serve(struct http_server *server,
                       struct stream *stream); /* takes the stream over; ALPN picks the version,
                                                                              plain ones may speak HTTP/2 with prior knowledge */
/* Stops taking requests, lets open ones end for up to 'grace', then done(). */
void http_server_drain(struct http_server *server, usec_t grace, void (*done)(void *context), void *context);
size_t http_server_connections(const struct http_server *server); /* open ones; from any thread */
/* Of them, those that have an open request, or had one or began within the last seconds. On its loop; of very many, all. */
size_t http_server_busy_connections(const struct http_server *server);
void http_server_destroy(struct http_server *server); /* cuts what is open; NULL is fine */

struct str http_exchange_method(const struct http_exchange *exchange);
struct str
http_exchange_path(const struct http_exchange *exchange); /* as sent, without the query, still percent-encoded */
struct str http_exchange_query(const struct http_exchange *exchange); /* without '?' */
const struct http_headers *http_exchange_headers(const struct http_exchange *exchange);
struct str http_exchange_body(const struct http_exchange *exchange);
struct stream *http_exchange_stream(struct http_exchange *exchange); /* of the connection: peer, certificate */
struct arena *http_exchange_arena(struct http_exchange *exchange);   /* dies with the exchange */

/* closed(): the peer went away before the response ended; the exchange is gone after it. drained(): see below. */
struct http_exchange_events {
    void (*closed)(void *context);
    void (*drained)(void *context);
    void (*body)(void *context, struct str bytes, bool end); /* only when streams_body() said so */
};
/* Back-pressure on a streamed body: no body() call, and soon no more bytes from the peer, until it is started again. */
void http_exchange_body_stop(struct http_exchange *exchange);
void http_exchange_body_start(struct http_exchange *exchange);
void http_exchange_set_events(struct http_exchange *exchange, const struct http_exchange_events *events, void *context);

/* The whole response in one call; 'body' may be NULL. content-length and date are added. */
void http_respond(struct http_exchange *exchange, int status, const struct http_headers *headers, struct bytes *body);

/* Or piece by piece: begin, any number of writes, end. */
void http_response_begin(struct http_exchange *exchange, int status, const struct http_headers *headers);
/* False: more is queued than the limit; go on writing after drained(). The bytes were taken all the same. */
bool http_response_write(struct http_exchange *exchange, struct bytes *bytes);
/* The same, of several texts that follow each other: those inside of some 'bytes' are referenced, the others copied. */
struct http_part {
    struct str text;
    struct bytes *bytes; /* NULL: none */
};
bool http_response_write_parts(struct http_exchange *exchange, const struct http_part *parts, size_t count);
void http_response_end(struct http_exchange *exchange);
/* With trailers, after at least begin(): how gRPC tells its status. */
void http_response_end_trailers(struct http_exchange *exchange, const struct http_headers *trailers);
void http_response_abort(struct http_exchange *exchange); /* resets: the client sees a broken response */

/* 101: hands the connection over (HTTP/1.1 only; -ERROR_UNSUPPORTED on HTTP/2). The stream is the caller's; bytes that came
 * early are delivered to its next reader. The exchange is gone. */
int http_exchange_upgrade(struct http_exchange *exchange, const struct http_headers *headers,
                          struct stream **ret_stream, struct error *err) must_check;

/* ---------------------------------------------------------------- client */

/* Connections to one target, kept and shared: one HTTP/2 connection, or a few of HTTP/1.1. */
struct http_client;
struct http_client_options {
    struct stream_target target; /* copied, strings too */
    const char *authority;       /* Host; NULL: from the target's address */
    struct http_limits limits;
    usec_t connect_timeout; /* 0: 10 s */
    bool http1_only;
    bool http2_only; /* on plain streams: HTTP/2 with prior knowledge (gRPC over unix sockets) */
    /* Not NULL: makes each connection in place of connecting to the target, as tunnels and simulations need; NULL from it: no
     * connection can be made now. The version is the stream's ALPN, or as for plain targets. */
    struct stream *(*dial)(void *context);
    void *dial_context;
};
struct http_client *http_client_create(struct loop *loop, const struct http_client_options *options);
struct loop *http_client_loop(const struct http_client *client);
void http_client_destroy(struct http_client *client); /* open requests fail with -ERROR_CANCELLED first; NULL is fine */

struct http_request_events {
    void (*response)(void *context, int status,
                     const struct http_headers *headers); /* 1xx are not reported, but 101 is */
    void (*body)(void *context, struct str bytes);
    /* The last call: rc 0 after a whole response, else what broke. */
    void (*done)(void *context, int rc, const struct error *err);
    /* After 101, behind response(): the stream is the callee's; done() does not come, the request is gone. */
    void (*upgraded)(void *context, struct stream *stream);
    /* What http_request_write() queued has gone out after it had returned false. May be NULL. */
    void (*drained)(void *context);
};

struct http_request_options {
    const char *method;
    const char *path;            /* with the query */
    struct http_headers headers; /* names in lower case */
    struct bytes *body;          /* NULL: none; the request takes its own reference */
    bool streams_body;           /* body follows with http_request_write() and _end() */
    usec_t timeout;              /* 0: none; to the end of the response */
};

/* Alive until done(), upgraded() or the cancel. A request with an "upgrade" header gets an HTTP/1.1 connection of its own. */
struct http_request;
struct http_request *http_request_start(struct http_client *client, const struct http_request_options *options,
                                        const struct http_request_events *events, void *context);
/* False: more is queued than limits.queued_bytes; go on after drained(). The bytes were taken all the same. */
bool http_request_write(struct http_request *request, struct bytes *bytes);
void http_request_end(struct http_request *request);
void http_request_cancel(struct http_request *request); /* no callback after it; NULL is fine */

/* Back-pressure on the response: no body() call, and soon no more bytes from the server, until it is started again. */
void http_request_body_stop(struct http_request *request);
void http_request_body_start(struct http_request *request);

/* Trailers of an HTTP/2 response (gRPC); valid in done(). */
const struct http_headers *http_request_trailers(const struct http_request *request);

#endif
