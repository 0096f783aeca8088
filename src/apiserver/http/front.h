/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* front.h - requests that come over HTTP, and their answers in the media type that was asked for.
 *
 * Connections are spread over lanes, each a loop with the connections that live on it: TLS, HTTP, media types and
 * compression are done there. The first lane is the server's own loop, where requests and answers are plain calls; on
 * the others they are handed over and back (handover.h). */
#ifndef APISERVER_HTTP_FRONT_H
#define APISERVER_HTTP_FRONT_H

#include <stdatomic.h>

#include "apiserver/http/negotiation.h"
#include "apiserver/listing/watch.h"
#include "apiserver/request.h"
#include "net/http.h"

struct http_front;
struct http_lane;
struct handover;
struct websocket;   /* net/websocket.h */
struct gzip_stream; /* gzip_stream.h */

struct http_front *http_front_create(struct api_server *server);
int http_front_listen(struct http_front *front, struct error *err) must_check; /* starts the other lanes, too */
void http_front_serve(struct http_front *front, struct stream *stream);        /* on the first lane */
size_t http_front_connections(const struct http_front *front, size_t lane);    /* on a lane; 0 when there is none */
int http_front_port(const struct http_front *front);

/* No new connections; open requests have 'grace' to end, then the other lanes end, then done(). */
void http_front_drain(struct http_front *front, usec_t grace, void (*done)(void *context), void *context);

/* NULL is fine. With other lanes that were not drained: outside of loop_run(), as it lets them end. */
void http_front_destroy(struct http_front *front);

/* One request over HTTP; for the files of this front. Lives in the request's arena, belongs to the lane. */
struct http_call {
    struct http_lane *lane;
    struct http_exchange *exchange; /* NULL once it is gone */
    struct websocket *socket;       /* in its place, of a watch that came over a WebSocket; NULL: none */
    struct request *request;
    struct media media;
    bool columns_sent;         /* of a watch that is shown as a table */
    bool gzip;                 /* the client takes gzip */
    int32_t retry_after;       /* seconds, of a Status that says so; 0: nothing */
    bool stopped;              /* the peer reads too slowly; drained() starts again */
    struct handover *handover; /* NULL on the server's own loop */

    /* of a list that is sent piece by piece */
    const struct request_list *list;
    size_t next_item;
    struct gzip_stream *packer;              /* NULL: it is sent as it is */
    void (*drained)(struct http_call *call); /* what goes on then */
    void (*closed)(struct http_call *call);  /* what ends when the peer goes away */
    void *context;
};

struct http_lane {
    struct http_front *front;
    struct api_server *server;
    struct loop *loop;
    struct loop_thread *thread; /* NULL: the server's own loop */
    struct http_server *http;
    struct arena_pool pool;        /* of requests that write */
    struct acceptor **acceptors;   /* one for each listener; NULL where the listeners' own do */
    atomic_size_t coming;          /* sockets on their way to the lane */
    struct list passages;          /* of watches whose events are to go over (handover_watch.c); the server's loop */
    struct loop_task passages_due; /* there, too */
    struct loop_task drain;
    usec_t grace;
};

/* The context is the lane. */
extern const struct http_handler http_front_handler;

struct response_headers {
    struct http_header items[REQUEST_WARNINGS_MAX + 12];
    size_t count;
};
/* content-type (NULL: none), warnings, cache-control, audit-id, and the request's own. */
void response_headers_make(struct http_call *call, const char *content_type, struct response_headers *headers);

/* The call's answer has gone out in full, or its peer did: frees the request. */
void http_call_end(struct http_call *call);

extern const struct request_sink http_sink;                                              /* respond.c */
void http_respond_list(struct request *request, const struct request_list *list);        /* list.c */
void http_respond_watch(struct request *request);                                        /* watch.c */
void http_respond_connect(struct request *request, const struct connect_target *target); /* connect.c */

/* The answer to a watch, event by event (watch.c); false: the peer reads too slowly, go on after drained(). 'frame' may be
 * what is sent to all who read plain JSON, when it is there; otherwise it is made of the object. */
bool watch_answer_open(struct http_call *call);        /* false: refused; the peer has its answer and is gone */
bool watch_answer_alive(const struct http_call *call); /* the peer is there */
bool watch_answer_shares_frames(const struct http_call *call);
bool watch_answer_event(struct http_call *call, enum client_watch_event type, const struct object *object,
                        struct bytes *frame);
bool watch_answer_bookmark(struct http_call *call, uint64_t revision, bool initial);
void watch_answer_end(struct http_call *call, int rc, const struct error *err); /* the peer is gone after it */

/* The format that the client takes of custom resources; before an object, a list or a watch is written. */
void http_settle_media(struct http_call *call);

/* A Status in place of what the call asked for, when that cannot be shown so. */
void http_refuse(struct http_call *call, const struct error *err);

#define HTTP_GZIP_LEAST (128 << 10) /* bodies up to this are not worth it */

/* A whole body in one go: compressed when that is worth it and wanted. */
void http_send(struct http_call *call, int status, const char *content_type, struct bytes *body);

#endif
