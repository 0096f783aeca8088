/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* proxy.h - the service proxy of one node: Services and EndpointSlices in, nftables out.
 *
 * Waits for whole lists before it first writes, and then replaces its tables at once: a
 * restart, whatever ended the one before, leaves the old rules in force until then.
 * Changes that arrive together go out together; one transaction is under way at a time, on
 * a worker. Belongs to the informers' loop. */
#ifndef NODE_PROXY_PROXY_H
#define NODE_PROXY_PROXY_H

#include <stdbool.h>

#include "base/text/ip.h"
#include "client/informer.h"

struct proxy;

enum { PROXY_ANSWERED_MAX = 4, PROXY_INSIDE_MAX = 4 };

struct proxy_options {
    const char *node_name;
    int network_namespace; /* where the rules go; -1: our own. Stays the caller's, must stay open */
    /* Service addresses that a server on every node answers itself (cluster DNS): left alone, whether a Service has
     * endpoints for them or not. At most PROXY_ANSWERED_MAX. */
    const struct ip *answered_here;
    size_t n_answered_here;
    /* The ranges of the cluster's pods: their traffic does not come from outside. At most PROXY_INSIDE_MAX. */
    const struct ip_prefix *inside;
    size_t n_inside;
};

enum { PROXY_DURATION_BUCKETS = 15 }; /* up to 1 ms, 2 ms, ... 16.384 s */

struct proxy_status {
    uint64_t transactions; /* that the kernel took */
    uint64_t failures;     /* that it refused; each is followed by a whole replacement */
    size_t services;       /* known, with those it ignores */
    size_t rules;          /* items wanted */
    usec_t last_sync;      /* when the newest transaction was done; 0: none yet */
    usec_t last_duration;  /* of that transaction on the worker */
    usec_t total_duration;
    uint64_t durations[PROXY_DURATION_BUCKETS];
    usec_t last_queued; /* when a change last came */
    uint64_t service_changes, endpoint_changes;
    bool node_eligible; /* for traffic from outside: it is not about to be deleted */
};

struct proxy *proxy_create(struct loop *loop, struct informer_set *informers, const struct proxy_options *options);
void proxy_start(struct proxy *proxy);
/* The rules stay. Call stopped() comes when no work is under way any more; then destroy. */
void proxy_stop(struct proxy *proxy, void (*stopped)(void *context), void *context);
void proxy_destroy(struct proxy *proxy); /* after stopped(), or never started; NULL is fine */

/* True once the rules stand for all that was listed: the "ready" of the proxy's health check. */
bool proxy_synced(const struct proxy *proxy);
/* False when changes have waited for a minute. */
bool proxy_healthy(const struct proxy *proxy);
void proxy_status(const struct proxy *proxy, struct proxy_status *ret_status);

#endif
