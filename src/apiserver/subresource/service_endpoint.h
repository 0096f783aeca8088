/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_endpoint.h - who answers behind a Service: for proxies and webhooks. */
#ifndef APISERVER_SUBRESOURCE_SERVICE_ENDPOINT_H
#define APISERVER_SUBRESOURCE_SERVICE_ENDPOINT_H

#include "apiserver/server_internal.h"

struct service_endpoint {
    const char *address; /* borrowed from the cache until the next turn */
    int port;
    int network_namespace; /* where it is reached from; 0: our own */
    const char *node;
};

/* A ready endpoint of the service's port: its name or number, or "" for the only one. -ERROR_NOT_FOUND: no such service;
 * -ERROR_UNAVAILABLE: no such port, or nobody is ready. */
int service_endpoint_find(struct api_server *server, const char *namespace_, const char *name, const char *port,
                          struct service_endpoint *ret_endpoint, struct error *err) must_check;

#endif
