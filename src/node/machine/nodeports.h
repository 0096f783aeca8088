/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nodeports.h - the node ports of a virtual network, reachable from the host: 127.0.0.1:PORT for each of them.
 *
 * Watches Services and Nodes; every TCP node port gets a forwarder that tries the ready
 * nodes one after the other, each new connection beginning with another one. Belongs to
 * the informers' loop. */
#ifndef NODE_MACHINE_NODEPORTS_H
#define NODE_MACHINE_NODEPORTS_H

#include "client/informer.h"

struct nodeports;

struct nodeports_options {
    int fabric_namespace;    /* stays the caller's, must stay open */
    const char *listen_host; /* NULL: "127.0.0.1" */
};

struct nodeports *nodeports_create(struct loop *loop, struct informer_set *informers,
                                   const struct nodeports_options *options);
void nodeports_start(struct nodeports *nodeports);
void nodeports_destroy(struct nodeports *nodeports); /* closes all; NULL is fine */
size_t nodeports_open_count(const struct nodeports *nodeports);

#endif
