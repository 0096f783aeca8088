/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_allocator.h - which cluster addresses and node ports are taken.
 *
 * The Services are the record: the allocator follows them, so it is right after every start. A write takes what it
 * needs before it is stored and gives it back when it fails. Addresses come from the ranges of the server's flags and
 * from those of ServiceCIDR objects that are ready and not being deleted. Belongs to the server's loop. */
#ifndef APISERVER_ALLOCATION_SERVICE_ALLOCATOR_H
#define APISERVER_ALLOCATION_SERVICE_ALLOCATOR_H

#include "apiserver/allocation/address_set.h"
#include "apiserver/allocation/service_ranges.h"
#include "apiserver/cache/watch_cache.h"

struct service_allocator;

/* Label and value of the IPAddress objects that are ours. */
#define ADDRESS_MANAGED_BY "ipaddress.kubernetes.io/managed-by"
#define ADDRESS_MANAGER    "ipallocator.k8s.io"

struct service_allocator *service_allocator_create(const struct service_ranges *ranges, struct random *random);
void service_allocator_follow(struct service_allocator *allocator, struct watch_cache *services,
                              struct watch_cache *cidrs, struct watch_cache *addresses);
void service_allocator_destroy(struct service_allocator *allocator); /* NULL is fine */

const struct service_ranges *service_allocator_ranges(const struct service_allocator *allocator);
/* Do the flags name a range of that family? Others cannot be had, whatever ServiceCIDRs there are. */
bool service_allocator_serves(const struct service_allocator *allocator, enum ip_family family);

enum take_result { TAKE_OK, TAKE_TAKEN, TAKE_OUT_OF_RANGE };
enum take_result service_take_address(struct service_allocator *allocator, const struct ip *address);
/* False: all of that family are taken. */
bool service_next_address(struct service_allocator *allocator, enum ip_family family, struct ip *ret_address);
void service_give_address(struct service_allocator *allocator, const struct ip *address);
/* The stored Service that has it, borrowed; NULL: none. */
const struct object *service_address_owner(const struct service_allocator *allocator, const struct ip *address);

enum take_result service_take_port(struct service_allocator *allocator, int32_t port);
int32_t service_next_port(struct service_allocator *allocator); /* 0: all are taken */
void service_give_port(struct service_allocator *allocator, int32_t port);

#endif
