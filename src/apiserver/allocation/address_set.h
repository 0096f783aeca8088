/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address_set.h - addresses that somebody has, and who: memory grows with them and not with the ranges they are from. */
#ifndef APISERVER_ALLOCATION_ADDRESS_SET_H
#define APISERVER_ALLOCATION_ADDRESS_SET_H

#include "api/object.h"
#include "base/container/map.h"
#include "base/random.h"
#include "base/text/ip.h"

struct address_set {
    struct map addresses; /* of struct address */
};

enum address_use {
    ADDRESS_WRITING = 1 << 0, /* a write under way took it */
    ADDRESS_SERVICE = 1 << 1, /* a stored Service has it */
    ADDRESS_FOREIGN = 1 << 2, /* an IPAddress that we did not make reserves it */
};

struct address {
    struct map_node node;
    struct ip ip;
    unsigned uses;                /* enum address_use */
    const struct object *service; /* a reference while there is ADDRESS_SERVICE */
};

void address_set_init(struct address_set *set);
void address_set_fini(struct address_set *set);

/* NULL when nobody has it. Valid until the set changes. */
const struct address *address_set_find(const struct address_set *set, const struct ip *ip);
/* False: somebody has it, whatever for. */
bool address_set_take(struct address_set *set, const struct ip *ip);
/* Adds or takes away uses; an address without any is free. 'service' is kept with ADDRESS_SERVICE, and ends ADDRESS_WRITING. */
void address_set_add(struct address_set *set, const struct ip *ip, enum address_use use, const struct object *service);
void address_set_drop(struct address_set *set, const struct ip *ip, enum address_use use);

/* Takes a free one of the range: from its dynamic band first. The network's own address and, in IPv4, the last one are
 * nobody's. False when all are taken. */
bool address_set_next(struct address_set *set, const struct ip_prefix *range, struct random *random, struct ip *ret_ip);
/* Is it in the range, and one that may be given away? */
bool address_usable(const struct ip_prefix *range, const struct ip *ip);

#endif
