/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* websocket.h - WebSocket (RFC 6455), both sides, on an upgraded HTTP/1.1 connection.
 *
 * Messages come whole, fragments joined, up to a limit. Pings are answered and the closing handshake is made here.
 * Callbacks come on the loop, never from inside the call that caused them. */
#ifndef NET_WEBSOCKET_H
#define NET_WEBSOCKET_H

#include "base/bytes.h"
#include "base/error.h"
#include "net/http.h"
#include "net/stream.h"

struct websocket;

enum websocket_type { WEBSOCKET_TEXT = 1, WEBSOCKET_BINARY = 2 };

struct websocket_events {
    void (*message)(void *context, enum websocket_type type, struct str message); /* borrowed */
    void (*drained)(void *context); /* after websocket_send() had returned false; may be NULL */
    /* Over: the peer's close code and reason (1005: it gave none), or 1006 and what broke. Only websocket_close() after it. */
    void (*closed)(void *context, int code, struct str reason, const struct error *err);
};

/* --- the server's side --- */

/* The request asks for a WebSocket. */
bool websocket_requested(struct http_exchange *exchange);

/* Answers 101. 'protocols': NULL-terminated, what we speak; the first of the client's list that is in it is chosen. A client
 * that offers some but none of ours fails with -ERROR_BAD_REQUEST, and the exchange is still there to be answered; one that offers
 * none gets a connection without a protocol. message_max 0: 1 MiB. */
int websocket_accept(struct http_exchange *exchange, const char *const *protocols, size_t message_max,
                     struct websocket **ret_socket, struct error *err) must_check;

/* --- the client's side --- */

struct websocket_connect; /* in progress; gone when done() is called or after the cancel */

struct websocket_connect_options {
    const char *path;             /* with the query */
    struct http_headers headers;  /* more of them: authorization */
    const char *const *protocols; /* NULL-terminated, most wanted first; may be NULL */
    size_t message_max;           /* 0: 1 MiB */
    usec_t timeout;               /* 0: 30 s */
};

/* 'status' is the server's answer when it was not 101, else 0. */
struct websocket_connect *
websocket_connect_start(struct http_client *client, const struct websocket_connect_options *options,
                        void (*done)(void *context, struct websocket *socket, int status, const struct error *err),
                        void *context);
void websocket_connect_cancel(struct websocket_connect *connect); /* NULL is fine */

/* --- both --- */

void websocket_set_events(struct websocket *socket, const struct websocket_events *events,
                          void *context);                       /* starts reading */
const char *websocket_protocol(const struct websocket *socket); /* "" for none */

/* One message. False: more is queued than is good; go on after drained(). It was taken all the same. */
bool websocket_send(struct websocket *socket, enum websocket_type type, struct str message);
/* The same from two parts: a channel byte before its data. */
bool websocket_send_prefixed(struct websocket *socket, struct str prefix, struct str message);
void websocket_ping(struct websocket *socket);
void websocket_read_stop(struct websocket *socket);
void websocket_read_start(struct websocket *socket);

/* Sends what is queued, then the close frame; no callback after it. NULL is fine. */
void websocket_close(struct websocket *socket, int code, const char *reason);

/* The binary messages as a stream, whose bytes may be cut differently: what SPDY tunnelled over a WebSocket runs on. Takes
 * the socket over. */
struct stream *websocket_to_stream(struct websocket *socket);

#endif
