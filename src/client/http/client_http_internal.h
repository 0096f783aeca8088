/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http_internal.h - shared by the calls and the watches of the HTTP driver. */
#ifndef CLIENT_CLIENT_HTTP_INTERNAL_H
#define CLIENT_CLIENT_HTTP_INTERNAL_H

#include "base/buffer.h"
#include "client/client_http.h"
#include "net/http.h"

#define HTTP_ANSWER_MAX ((size_t)256 << 20) /* one page of a list, one event */
#define HTTP_PAGE_ITEMS 500

struct http_driver_client {
    struct client base;
    struct http_client *http;
    char *name;
    char *agent;
    char *token; /* "Bearer ..." */
    char *token_file;
    usec_t token_read; /* when; 0: read it again */
    usec_t timeout;
};

/* With the headers that say who we are. */
struct http_request *http_driver_request(struct http_driver_client *client, const char *method, const char *path,
                                         const char *content_type, struct bytes *body, usec_t timeout,
                                         const struct http_request_events *events, void *context);
void http_driver_unauthorized(struct http_driver_client *client); /* the token was refused: read it again */

/* What a response that is no success says; returns the negative code. */
int http_driver_failure(int status, struct str body, struct error *err);

/* client_http_path.c */
void http_path_append(struct buffer *path, const struct api_resource *resource, const char *namespace_,
                      const char *name, const char *subresource);
void http_query_append(struct buffer *path, const char *key, const char *value); /* nothing when the value is empty */

/* client_http_watch.c */
struct client_watch *http_watch_open(struct client *client, const struct client_watch_request *request,
                                     const struct client_watch_events *events, void *context);
void http_watch_close(struct client_watch *watch);

#endif
