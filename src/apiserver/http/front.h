/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* front.h - requests that come over HTTP, and their answers in the media type that was asked for. */
#ifndef APISERVER_HTTP_FRONT_H
#define APISERVER_HTTP_FRONT_H

#include "apiserver/http/negotiation.h"
#include "apiserver/registry/watch.h"
#include "apiserver/request.h"
#include "net/http.h"

struct http_front;

struct http_front *http_front_create(struct api_server *server);
int http_front_listen(struct http_front *front, struct error *err) must_check;
void http_front_serve(struct http_front *front, struct stream *stream);
int http_front_port(const struct http_front *front);
void http_front_drain(struct http_front *front, usec_t grace, void (*done)(void *context), void *context);
void http_front_destroy(struct http_front *front); /* NULL is fine */

/* One request over HTTP; for the files of this front. Lives in the request's arena. */
struct http_call {
    struct http_front *front;
    struct http_exchange *exchange; /* NULL once it is gone */
    struct request *request;
    struct media media;
    bool columns_sent; /* of a watch that is shown as a table */
    bool gzip;         /* the client takes gzip */
    bool stopped;      /* the peer reads too slowly; drained() starts again */

    /* of a list that is sent piece by piece */
    const struct request_list *list;
    size_t next_item;
    void (*drained)(struct http_call *call); /* what goes on then */
    void (*closed)(struct http_call *call);  /* what ends when the peer goes away */
    void *context;
};

struct response_headers {
    struct http_header items[REQUEST_WARNINGS_MAX + 8];
    size_t count;
};
/* content-type, warnings, cache-control, audit-id. */
void response_headers_make(struct http_call *call, const char *content_type, struct response_headers *headers);

/* The call's answer has gone out in full, or its peer did: frees the request. */
void http_call_end(struct http_call *call);

extern const struct request_sink http_sink;                                              /* respond.c */
void http_respond_list(struct request *request, const struct request_list *list);        /* list.c */
void http_respond_watch(struct request *request);                                        /* watch.c */
void http_respond_connect(struct request *request, const struct connect_target *target); /* connect.c */

/* A whole body in one go: compressed when that is worth it and wanted. */
void http_send(struct http_call *call, int status, const char *content_type, struct bytes *body);

#endif
