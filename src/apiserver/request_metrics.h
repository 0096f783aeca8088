/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* request_metrics.h - what the API server counts, under upstream's names. Belongs to the server's loop. */
#ifndef APISERVER_REQUEST_METRICS_H
#define APISERVER_REQUEST_METRICS_H

#include "apiserver/request.h"
#include "base/metrics.h"
#include "store/store.h"

/* Metrics that a request needs, found once. */
struct request_metrics;
struct request_metrics *request_metrics_create(struct metrics *metrics); /* which must outlive them */
void request_metrics_destroy(struct request_metrics *own);               /* NULL is fine */

/* A request was answered: apiserver_request_total and its times. */
void request_metrics_answered(const struct request *request);
/* The gauge of apiserver_longrunning_requests that a watch raises as long as it is open. */
struct metric *request_metrics_longrunning(const struct request *request);
/* What counts the events of a watch, and: its initial events are complete. */
struct metric *request_metrics_watch_events(const struct request *request);
void request_metrics_watch_told(const struct request *request, struct metric *events, uint64_t count);
void request_metrics_watch_listed(const struct request *request);
/* A call of a client in this process: rest_client_requests_total. */
void request_metrics_called(const struct request *request);

/* authentication_* and authorization_*; 'started' is loop_monotonic(). */
void request_metrics_authenticated(const struct request *request, bool known, usec_t started);
void request_metrics_authorized(const struct request *request, bool allowed, usec_t started);

/* A write to the store: etcd_request_*, as upstream calls whatever is behind the server. */
void request_metrics_stored(const struct request *request, struct registry *registry, const struct store_write *write,
                            usec_t started);

/* What is only looked at when somebody asks: inflight requests, stored objects. */
void request_metrics_sample(struct api_server *server);

#endif
