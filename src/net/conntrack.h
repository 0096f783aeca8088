/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conntrack.h - the kernel's table of tracked flows in one network namespace: listing and forgetting.
 *
 * Blocks for the kernel's work. */
#ifndef NET_CONNTRACK_H
#define NET_CONNTRACK_H

#include <stdint.h>

#include "base/error.h"
#include "base/text/ip.h"

struct conntrack_tuple {
    struct ip source, destination;
    uint16_t source_port, destination_port;
};

struct conntrack_flow {
    uint8_t protocol;                /* IPPROTO_UDP */
    struct conntrack_tuple original; /* as the client sent it */
    struct conntrack_tuple reply;    /* as the answer comes: its source is where the flow was translated to */
};

/* Calls for every flow of the protocol; namespace_fd -1: the caller's own. */
int conntrack_each(int namespace_fd, enum ip_family family, uint8_t protocol,
                   void (*each)(void *context, const struct conntrack_flow *flow), void *context,
                   struct error *err) must_check;

/* Forgets the flows; one that is gone already is fine. */
int conntrack_delete(int namespace_fd, const struct conntrack_flow *flows, size_t count, struct error *err) must_check;

#endif
