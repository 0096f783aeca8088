/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_health.h - what load balancers ask a node: has this service endpoints here?
 *
 * A service with a healthCheckNodePort has an HTTP server of its own on that port of every address of the node. It
 * answers 200 when endpoints are here and the proxy is healthy, else 503; the body says why. */
#ifndef NODE_PROXY_SERVICE_HEALTH_H
#define NODE_PROXY_SERVICE_HEALTH_H

#include <stdbool.h>

#include "loop/loop.h"

struct service_health;

/* 'network_namespace' as in proxy.h. */
struct service_health *service_health_create(struct loop *loop, int network_namespace, bool (*healthy)(void *context),
                                             void *context);
void service_health_destroy(struct service_health *health); /* NULL is fine */

/* Of the service "NAMESPACE/NAME": the port (0: none, or none any more) and how many endpoints are ready here. A port
 * that cannot be opened is logged, and tried again the next time. */
void service_health_set(struct service_health *health, const char *service, uint16_t port, size_t local_endpoints);

#endif
