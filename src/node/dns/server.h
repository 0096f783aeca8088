/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server.h - DNS messages over UDP and TCP: who asks, and how the answer gets back. */
#ifndef NODE_DNS_SERVER_H
#define NODE_DNS_SERVER_H

#include "loop/loop.h"
#include "node/dns/resolve.h"

struct dns_server;
struct dns_client; /* where an answer that comes later is sent */

struct dns_server_options {
    /* Only read during the open; bound to exactly, so that answers come from the address that was asked. */
    const struct ip *addresses;
    size_t n_addresses;
    uint16_t port;         /* of all of them */
    int network_namespace; /* -1: our own; stays the caller's */
    /* Writes the answer into 'out' (DNS_UDP_MAX bytes of room for UDP, else DNS_MESSAGE_MAX) and returns its size;
     * 0 for none now. To answer later, dns_client_ref(client) and dns_client_send(). */
    size_t (*answer)(void *context, struct dns_client *client, const struct dns_query *query, struct arena *arena,
                     uint8_t *out);
    void *context;
};

int dns_server_open(struct loop *loop, const struct dns_server_options *options, struct dns_server **ret_server,
                    struct error *err) must_check;
void dns_server_close(
    struct dns_server *server); /* clients that are still held lead nowhere from then on; NULL is fine */
int dns_server_port(const struct dns_server *server);

struct dns_client *dns_client_ref(struct dns_client *client);
void dns_client_unref(struct dns_client *client);
void dns_client_send(struct dns_client *client, struct str answer); /* lost when the client is gone */

#endif
