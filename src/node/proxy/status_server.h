/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status_server.h - /healthz and /livez of the proxy, and its /metrics, where upstream has them.
 *
 * healthz also says whether the node may still get traffic from outside: not when it is being deleted, or an
 * autoscaler has marked it for that. */
#ifndef NODE_PROXY_STATUS_SERVER_H
#define NODE_PROXY_STATUS_SERVER_H

#include "net/http.h"
#include "node/proxy/proxy.h"

struct status_server;

struct status_server_options {
    int network_namespace;       /* as in proxy.h */
    const char *health_address;  /* "tcp:0.0.0.0:10256"; NULL: none */
    const char *metrics_address; /* "tcp:127.0.0.1:10249"; NULL: none */
};

int status_server_open(struct loop *loop, struct proxy *proxy, const struct status_server_options *options,
                       struct status_server **ret_server, struct error *err) must_check;
void status_server_close(struct status_server *server);            /* before the proxy goes; NULL is fine */
int status_server_health_port(const struct status_server *server); /* the real one when 0 was asked for */

#endif
