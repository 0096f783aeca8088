/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* route.h - a node's way to the pods of the others: each one's pod range through its InternalIP.
 *
 * Watches Nodes. Keeps exactly the routes it made (they carry a protocol number of their own,
 * by which a restart finds them), and one nftables table, coracle_pods, that masquerades
 * what this node's pods send to anywhere but pods. Belongs to the informers' loop. */
#ifndef NODE_MACHINE_ROUTE_H
#define NODE_MACHINE_ROUTE_H

#include "base/text/ip.h"
#include "client/informer.h"

enum { ROUTES_RANGES_MAX = 2 };

struct routes;

struct routes_options {
    const char *node_name;
    int network_namespace;                  /* -1: our own; stays the caller's, must stay open */
    const struct ip_prefix *cluster_ranges; /* of all pods; what goes there is not masqueraded */
    size_t n_cluster_ranges;                /* at most ROUTES_RANGES_MAX; 0: nothing is masqueraded */
    /* This node was given its pod ranges, or other ones: the CNI configuration can be written. May be NULL. */
    void (*own_ranges)(void *context, const struct ip_prefix *ranges, size_t count);
    void *context;
};

struct routes *routes_create(struct loop *loop, struct informer_set *informers, const struct routes_options *options);
void routes_start(struct routes *routes);
/* What was made stays. stopped() comes when no work is under way any more; then destroy. */
void routes_stop(struct routes *routes, void (*stopped)(void *context), void *context);
void routes_destroy(struct routes *routes); /* after stopped(), or never started; NULL is fine */
bool routes_synced(const struct routes *routes);

#endif
