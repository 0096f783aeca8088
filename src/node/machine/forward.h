/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* forward.h - a TCP port here that leads to an address in another network namespace.
 *
 * Bytes go both ways with back-pressure, half closes are passed on. Belongs to its loop. */
#ifndef NODE_MACHINE_FORWARD_H
#define NODE_MACHINE_FORWARD_H

#include "net/stream.h"

#define FORWARD_ADDRESS_SIZE 80

struct forwarder;

struct forwarder_options {
    const char *listen;    /* "tcp:127.0.0.1:30080", in our own namespace */
    int network_namespace; /* where the other side is; stays the caller's, must stay open */
    /* Writes where the attempt'th try (from 0) of a new connection goes ("tcp:10.99.0.1:30080"); false: no more. */
    bool (*target)(void *context, unsigned attempt, char address[FORWARD_ADDRESS_SIZE]);
    void *context;
    size_t max_connections; /* more are closed at once; 0: 1024 */
    usec_t connect_timeout; /* of one try; 0: 3 s */
};

int forwarder_open(struct loop *loop, const struct forwarder_options *options, struct forwarder **ret_forwarder,
                   struct error *err) must_check;
int forwarder_port(const struct forwarder *forwarder); /* the real one when 0 was asked for */
size_t forwarder_connections(const struct forwarder *forwarder);
void forwarder_close(struct forwarder *forwarder); /* cuts its connections; NULL is fine */

#endif
