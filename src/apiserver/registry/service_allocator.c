/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/registry/service_allocator.h"

#include <stdlib.h>

#include "base/memory.h"
#include "generated/types.h"

#define NUMBERS_MAX ((uint64_t)1 << 20) /* of a range: what a /12 of IPv4 has; larger IPv6 ranges use their beginning */

/* Numbers 0 to count - 1, each taken or not. */
struct number_set {
    uint64_t *words;
    uint64_t count;
    uint64_t taken;
};

struct service_allocator {
    struct ip_prefix cidr;
    struct number_set addresses;
    struct number_set ports;
    uint16_t first_port;
    struct random *random;
    struct cache_follower follower;
};

static bool set_has(const struct number_set *set, uint64_t number)
{
    return set->words[number / 64] >> (number % 64) & 1;
}

static bool set_take(struct number_set *set, uint64_t number)
{
    if (set_has(set, number))
        return false;
    set->words[number / 64] |= (uint64_t)1 << (number % 64);
    set->taken++;
    return true;
}

static void set_give(struct number_set *set, uint64_t number)
{
    if (!set_has(set, number))
        return;
    set->words[number / 64] &= ~((uint64_t)1 << (number % 64));
    set->taken--;
}

/* A free one at or after 'start', going round between first and last; false when there is none. */
static bool set_next(struct number_set *set, uint64_t first, uint64_t last, uint64_t start, uint64_t *ret_number)
{
    for (uint64_t i = 0, span = last - first + 1; i < span; i++) {
        uint64_t number = first + (start - first + i) % span;
        if (set_take(set, number)) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static void set_init(struct number_set *set, uint64_t count)
{
    set->count = count;
    set->words = memory_zalloc((count / 64 + 1) * sizeof(uint64_t));
}

/* The low part of a range is left to those who ask for a certain number. */
static uint64_t static_band(uint64_t count)
{
    uint64_t part = count / 16;
    uint64_t band = part < 16 ? 16 : part > 256 ? 256 : part;
    return band < count ? band : 0;
}

static bool set_next_random(struct number_set *set, struct random *random, uint64_t least, uint64_t most,
                            uint64_t *ret_number)
{
    uint64_t band = static_band(set->count);
    uint64_t first = band > least ? band : least;
    if (first > most)
        first = least;
    if (set_next(set, first, most, first + random_below(random, most - first + 1), ret_number))
        return true;
    return first > least && set_next(set, least, first - 1, least + random_below(random, first - least), ret_number);
}

/* ---------------------------------------------------------------- addresses */

const struct ip_prefix *service_allocator_cidr(const struct service_allocator *allocator)
{
    return &allocator->cidr;
}

/* The network's own address and, in IPv4, the broadcast address are nobody's. */
static bool usable(const struct service_allocator *allocator, const struct ip *address, uint64_t *ret_number)
{
    if (!ip_prefix_index(&allocator->cidr, address, ret_number))
        return false;
    bool last = allocator->cidr.address.family == IP_V4 && *ret_number + 1 == ip_prefix_count(&allocator->cidr);
    return *ret_number > 0 && *ret_number < allocator->addresses.count && !last;
}

enum take_result service_take_address(struct service_allocator *allocator, const struct ip *address)
{
    uint64_t number;
    if (!usable(allocator, address, &number))
        return TAKE_OUT_OF_RANGE;
    return set_take(&allocator->addresses, number) ? TAKE_OK : TAKE_TAKEN;
}

bool service_next_address(struct service_allocator *allocator, struct ip *ret_address)
{
    uint64_t number, most = allocator->addresses.count - 2;
    return allocator->addresses.count > 2 &&
           set_next_random(&allocator->addresses, allocator->random, 1, most, &number) &&
           ip_prefix_nth(&allocator->cidr, number, ret_address);
}

void service_give_address(struct service_allocator *allocator, const struct ip *address)
{
    uint64_t number;
    if (usable(allocator, address, &number))
        set_give(&allocator->addresses, number);
}

/* ---------------------------------------------------------------- ports */

enum take_result service_take_port(struct service_allocator *allocator, int32_t port)
{
    if (port < allocator->first_port || (uint64_t)(port - allocator->first_port) >= allocator->ports.count)
        return TAKE_OUT_OF_RANGE;
    return set_take(&allocator->ports, (uint64_t)(port - allocator->first_port)) ? TAKE_OK : TAKE_TAKEN;
}

int32_t service_next_port(struct service_allocator *allocator)
{
    uint64_t number;
    if (!set_next_random(&allocator->ports, allocator->random, 0, allocator->ports.count - 1, &number))
        return 0;
    return (int32_t)(allocator->first_port + number);
}

void service_give_port(struct service_allocator *allocator, int32_t port)
{
    if (port >= allocator->first_port && (uint64_t)(port - allocator->first_port) < allocator->ports.count)
        set_give(&allocator->ports, (uint64_t)(port - allocator->first_port));
}

void service_port_range(const struct service_allocator *allocator, uint16_t *ret_first, uint16_t *ret_last)
{
    *ret_first = allocator->first_port;
    *ret_last = (uint16_t)(allocator->first_port + allocator->ports.count - 1);
}

/* ---------------------------------------------------------------- following the services */

static void each(struct service_allocator *allocator, const struct object *object, bool take)
{
    if (object == NULL)
        return;
    const struct api_service_spec *spec = &api_service_of(object)->spec;
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        struct ip address;
        if (!ip_parse(str_of(spec->cluster_ips[i]), &address))
            continue; /* "None" */
        if (take)
            (void)service_take_address(allocator,
                                       &address); /* the writer has taken it already, or it is found at start */
        else
            service_give_address(allocator, &address);
    }
    for (size_t i = 0; i <= spec->n_ports; i++) {
        int32_t port = i == spec->n_ports ? spec->health_check_node_port : spec->ports[i].node_port;
        if (port == 0)
            continue;
        if (take)
            (void)service_take_port(allocator, port);
        else
            service_give_port(allocator, port);
    }
}

static void services_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct service_allocator *allocator = container_of(follower, struct service_allocator, follower);
    each(allocator, before, false);
    each(allocator, after, true);
}

struct service_allocator *service_allocator_create(const struct ip_prefix *cidr, uint16_t first_port,
                                                   uint16_t last_port, struct random *random)
{
    struct service_allocator *allocator = memory_new(struct service_allocator);
    uint64_t count = ip_prefix_count(cidr);
    allocator->cidr = *cidr;
    allocator->random = random;
    allocator->first_port = first_port;
    set_init(&allocator->addresses, count < NUMBERS_MAX ? count : NUMBERS_MAX);
    set_init(&allocator->ports, (uint64_t)(last_port - first_port) + 1);
    allocator->follower.changed = services_changed;
    return allocator;
}

void service_allocator_follow(struct service_allocator *allocator, struct watch_cache *services)
{
    watch_cache_follow(services, &allocator->follower);
}

void service_allocator_destroy(struct service_allocator *allocator)
{
    if (allocator == NULL)
        return;
    cache_follower_stop(&allocator->follower);
    free(allocator->addresses.words);
    free(allocator->ports.words);
    free(allocator);
}
