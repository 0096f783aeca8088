/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resolve.h - a DNS query in, a DNS response out. Pure: no socket, no clock; randomness is an argument.
 *
 * Below the cluster's domain every name is answered here, with authority. So are reverse names of
 * addresses that the index knows. All else is for upstream. */
#ifndef NODE_DNS_RESOLVE_H
#define NODE_DNS_RESOLVE_H

#include "base/arena.h"
#include "node/dns/index.h"

enum { DNS_MESSAGE_MAX = 65535, DNS_NAME_MAX = 255, DNS_UDP_MAX = 1232 /* without fragments, everywhere */ };

enum dns_verdict {
    DNS_ANSWERED, /* the response is written */
    DNS_FORWARD,  /* not ours: ask upstream the same */
    DNS_CHASE,    /* a service is an alias of an outside name: ask upstream for that, then dns_finish_alias() */
    DNS_DROP,     /* not a query; answering it would only be abused */
};

struct dns_resolver {
    const struct dns_index *index;
    const char *domain;   /* "cluster.local" */
    uint32_t ttl;         /* seconds */
    const struct ip *own; /* addresses of this server, for ns.dns.<domain> */
    size_t n_own;
};

struct dns_query {
    struct str wire;
    bool udp;
    uint64_t random; /* where equal answers begin */
};

/* 'out' has room for DNS_MESSAGE_MAX bytes. DNS_CHASE: 'alias' gets the name to ask for, in wire form. */
enum dns_verdict dns_resolve(const struct dns_resolver *resolver, const struct dns_query *query, struct arena *arena,
                             uint8_t *out, size_t *ret_size, uint8_t alias[DNS_NAME_MAX]);

/* A message that asks something: not a response, which must never be answered. */
bool dns_is_query(struct str wire);

/* The response to a query that was DNS_CHASE, with what upstream said to the alias; data NULL: nothing. */
void dns_finish_alias(const struct dns_resolver *resolver, const struct dns_query *query, struct str upstream,
                      struct arena *arena, uint8_t *out, size_t *ret_size);

/* A query for another name with the type of this one, for upstream; returns its size, 0 when it cannot be made. */
size_t dns_make_query(const struct dns_query *like, const uint8_t *name, uint16_t id, struct arena *arena,
                      uint8_t *out);

/* A response without answers and with that code (SERVFAIL, REFUSED ...); 0 when the query does not even parse so
 * far. */
size_t dns_make_failure(struct str query, uint8_t code, struct arena *arena, uint8_t *out);

/* Cuts an answer from upstream down to what this query's sender can take: TC and the question alone, when it is
 * too large. */
size_t dns_fit(const struct dns_query *query, struct str answer, struct arena *arena, uint8_t *out);

#endif
