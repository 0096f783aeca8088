/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server.h - the kubelet's HTTPS server: pods, health, logs, exec and friends, for the API server. */
#ifndef NODE_KUBELET_SERVER_SERVER_H
#define NODE_KUBELET_SERVER_SERVER_H

#include "node/kubelet/kubelet_internal.h"

int kubelet_server_create(struct kubelet *kubelet, struct kubelet_server **ret_server, struct error *err) must_check;
void kubelet_server_destroy(struct kubelet_server *server);   /* NULL is fine */
int kubelet_server_port(const struct kubelet_server *server); /* 0 for NULL */

#endif
