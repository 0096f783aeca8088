/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* metrics.h - what /metrics tells, under upstream's names. */
#ifndef APISERVER_METRICS_H
#define APISERVER_METRICS_H

#include "apiserver/request.h"
#include "base/buffer.h"

struct server_metrics;

struct server_metrics *metrics_create(void);
void metrics_destroy(struct server_metrics *metrics); /* NULL is fine */

void metrics_answered(struct server_metrics *metrics, const struct request *request);
void metrics_write(struct api_server *server, struct buffer *text); /* Prometheus text format */

#endif
