/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* dns.h - the cluster's DNS server on one node.
 *
 * Listens, UDP and TCP, on the cluster DNS addresses, which it gives to the loopback interface of
 * its network namespace: pods of this node reach it through their gateway, nobody else does.
 * Answers from what informers tell; before their first lists are complete it answers
 * SERVFAIL, so that nobody remembers that a name does not exist. Belongs to the informers' loop. */
#ifndef NODE_DNS_DNS_H
#define NODE_DNS_DNS_H

#include "base/text/ip.h"
#include "client/informer.h"

struct dns;

struct dns_options {
    const char *domain;         /* NULL: "cluster.local" */
    const struct ip *addresses; /* to listen on; at most 2 */
    size_t n_addresses;
    uint16_t port;              /* 0: 53 */
    int network_namespace;      /* where; -1: our own; stays the caller's */
    bool keep_interface;        /* the addresses are there already: leave the loopback interface alone */
    uint32_t ttl;               /* of cluster names, seconds; 0: 30 */
    const struct ip *upstreams; /* for all other names; none: REFUSED */
    size_t n_upstreams;
    uint16_t upstream_port; /* 0: 53 */
    size_t cache_entries;   /* 0: 10,000 */
    size_t cache_bytes;     /* 0: 8 MiB */
};

struct dns_status {
    uint64_t queries, answered, forwarded, cache_hits, failures, dropped;
};

struct dns *dns_create(struct loop *loop, struct informer_set *informers, const struct dns_options *options);
int dns_start(struct dns *dns, struct error *err) must_check;
void dns_stop(struct dns *dns);    /* closes the sockets; the addresses stay on the interface */
void dns_destroy(struct dns *dns); /* NULL is fine */

bool dns_synced(const struct dns *dns);
int dns_port(const struct dns *dns); /* the real one of UDP, when the one asked for was free to choose */
void dns_status(const struct dns *dns, struct dns_status *ret_status);

#endif
