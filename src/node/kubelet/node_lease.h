/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_lease.h - the node's Lease in kube-node-lease, renewed so that others know it lives. */
#ifndef NODE_KUBELET_NODE_LEASE_H
#define NODE_KUBELET_NODE_LEASE_H

#include "client/client.h"

struct node_lease;

struct node_lease *node_lease_create(struct client *client, const char *node_name, usec_t period); /* 0: 10 s */
void node_lease_destroy(struct node_lease *lease);                                                 /* NULL is fine */

/* Begins, or takes note of the node's uid; again is fine. */
void node_lease_start(struct node_lease *lease, const char *node_uid);

#endif
