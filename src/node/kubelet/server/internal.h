/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* internal.h - what the files of the kubelet's server share. */
#ifndef NODE_KUBELET_SERVER_INTERNAL_H
#define NODE_KUBELET_SERVER_INTERNAL_H

#include "net/http.h"
#include "node/kubelet/pod/worker.h"
#include "node/kubelet/server/server.h"

struct kubelet_server {
    struct kubelet *kubelet;
    struct http_server *http;
    struct listener *listener;
    struct list log_readers; /* of logs.c */
    struct list sessions;    /* of streaming.c */
};

#define SERVER_PARTS_MAX 8

/* A request's path and query, decoded, in the exchange's arena. */
struct server_request {
    struct kubelet_server *server;
    struct http_exchange *exchange;
    struct arena *arena;
    const char *parts[SERVER_PARTS_MAX]; /* "containerLogs", "default", "web", "c" */
    size_t n_parts;
};

/* The n-th value of a query parameter; NULL: there is none. */
const char *server_query(const struct server_request *request, const char *name, size_t n);
bool server_query_flag(const struct server_request *request, const char *name); /* "1" or "true" */

void server_respond_text(struct http_exchange *exchange, int status, const char *type, struct str text);
void server_respond_error(struct http_exchange *exchange, int status, const char *format, ...) printf_like(3, 4);

/* /…/NAMESPACE/POD[/UID]/CONTAINER from the second part on; 'container' may be NULL: the path ends with the pod. Answers and
 * returns false when there is no such pod or container. */
bool server_find(const struct server_request *request, struct pod_worker **ret_worker, size_t *container);

void server_logs(const struct server_request *request);
void server_logs_close(struct kubelet_server *server);
void server_exec(const struct server_request *request);
void server_attach(const struct server_request *request);
void server_port_forward(const struct server_request *request);
void server_run(const struct server_request *request);
void streaming_close(struct kubelet_server *server);
void server_summary(const struct server_request *request);
void server_metrics(const struct server_request *request);
void server_resource_metrics(const struct server_request *request);

#endif
