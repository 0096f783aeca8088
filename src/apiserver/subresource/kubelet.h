/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kubelet.h - how the server reaches a node's kubelet, and what runs on the node. */
#ifndef APISERVER_SUBRESOURCE_KUBELET_H
#define APISERVER_SUBRESOURCE_KUBELET_H

#include "apiserver/connect.h"

/* Fills in all of 'target' but the path. */
int kubelet_reach(struct request *request, const char *node, struct connect_target *target,
                  struct error *err) must_check;

/* Where addresses of pods on that node are reachable from; 0: our own network. */
int kubelet_namespace(struct api_server *server, const char *node);

const char *kubelet_tcp_address(struct arena *arena, const char *host, int port); /* "tcp:HOST:PORT" */

#endif
