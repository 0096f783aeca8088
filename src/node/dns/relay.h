/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* relay.h - the way of machines' DNS servers to the resolvers of the host.
 *
 * A machine's network ends at its fabric. The relay listens on the fabric's gateway and asks the
 * host's resolvers from the host's own network; it knows no names itself and caches nothing, the
 * servers in the machines do. Belongs to its loop. */
#ifndef NODE_DNS_RELAY_H
#define NODE_DNS_RELAY_H

#include "base/text/ip.h"
#include "loop/loop.h"

struct dns_relay;

struct dns_relay_options {
    struct ip address;          /* to listen on */
    uint16_t port;              /* 0: 53 */
    int network_namespace;      /* where to listen; stays the caller's */
    const struct ip *upstreams; /* NULL: the host's /etc/resolv.conf, read once */
    size_t n_upstreams;
    uint16_t upstream_port; /* 0: 53 */
};

int dns_relay_open(struct loop *loop, const struct dns_relay_options *options, struct dns_relay **ret_relay,
                   struct error *err) must_check;
void dns_relay_close(struct dns_relay *relay); /* NULL is fine */

#endif
