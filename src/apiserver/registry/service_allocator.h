/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service_allocator.h - which cluster addresses and node ports are taken.
 *
 * There is no record of it beside the services themselves: the allocator follows them, so it is right
 * after every start. A write takes what it needs before it is stored and gives it back when it fails. */
#ifndef APISERVER_REGISTRY_SERVICE_ALLOCATOR_H
#define APISERVER_REGISTRY_SERVICE_ALLOCATOR_H

#include "apiserver/cache/watch_cache.h"
#include "base/ip.h"
#include "base/random.h"

struct service_allocator;

struct service_allocator *service_allocator_create(const struct ip_prefix *cidr, uint16_t first_port,
                                                   uint16_t last_port, struct random *random);
void service_allocator_follow(struct service_allocator *allocator, struct watch_cache *services);
void service_allocator_destroy(struct service_allocator *allocator); /* NULL is fine */

const struct ip_prefix *service_allocator_cidr(const struct service_allocator *allocator);

enum take_result { TAKE_OK, TAKE_TAKEN, TAKE_OUT_OF_RANGE };
enum take_result service_take_address(struct service_allocator *allocator, const struct ip *address);
bool service_next_address(struct service_allocator *allocator, struct ip *ret_address); /* false: all are taken */
void service_give_address(struct service_allocator *allocator, const struct ip *address);

enum take_result service_take_port(struct service_allocator *allocator, int32_t port);
int32_t service_next_port(struct service_allocator *allocator); /* 0: all are taken */
void service_give_port(struct service_allocator *allocator, int32_t port);
void service_port_range(const struct service_allocator *allocator, uint16_t *ret_first, uint16_t *ret_last);

#endif
