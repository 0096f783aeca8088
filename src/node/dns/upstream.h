/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* upstream.h - queries to other resolvers: two rounds over all of them, then it is a failure.
 *
 * A socket of its own per query (the kernel picks its port), a random id, and only an answer
 * from the asked address to the asked question counts. Belongs to its loop. */
#ifndef NODE_DNS_UPSTREAM_H
#define NODE_DNS_UPSTREAM_H

#include "base/text/ip.h"
#include "loop/loop.h"

enum { DNS_SERVERS_MAX = 3 };

struct dns_upstream;

struct dns_upstream_options {
    int network_namespace; /* to ask from; -1: our own; stays the caller's */
    const struct ip *servers;
    size_t n_servers;   /* at most DNS_SERVERS_MAX */
    uint16_t port;      /* 0: 53 */
    usec_t timeout;     /* of one try; 0: 2 s */
    size_t max_queries; /* under way; more fail at once; 0: 1024 */
};

struct dns_upstream *dns_upstream_create(struct loop *loop, const struct dns_upstream_options *options);
void dns_upstream_destroy(struct dns_upstream *upstream);   /* no done() comes any more; NULL is fine */
bool dns_upstream_any(const struct dns_upstream *upstream); /* there are servers to ask */

/* done() comes later on the loop, once; 'answer' is borrowed, with the query's own id; data NULL: nobody answered.
 * tcp: ask over TCP, for answers that do not fit a datagram. */
void dns_upstream_ask(struct dns_upstream *upstream, struct str query, bool tcp,
                      void (*done)(void *context, struct str answer), void *context);

/* The addresses of the 'nameserver' lines, but those in 'except' (our own); returns how many. */
size_t dns_parse_resolv_conf(struct str text, const struct ip *except, size_t n_except,
                             struct ip servers[DNS_SERVERS_MAX]);

#endif
