/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/allocation/address_set.h"

#include <stdlib.h>

#include "apiserver/allocation/port_set.h"
#include "base/memory.h"

#define BAND_STEP  16
#define BAND_LEAST 16
#define BAND_MOST  256

/* A zeroed address but for these: the same bytes for the same address. */
static struct str key_of(const struct ip *ip)
{
    return (struct str){ (const char *)ip, sizeof(*ip) };
}

static struct address *find(const struct address_set *set, const struct ip *ip)
{
    return map_find_entry(&set->addresses, key_of(ip), struct address, node);
}

static struct address *find_or_add(struct address_set *set, const struct ip *ip)
{
    struct address *address = find(set, ip);
    if (address != NULL)
        return address;
    address = memory_new(struct address);
    address->ip = *ip;
    map_insert(&set->addresses, key_of(&address->ip), &address->node);
    return address;
}

static void forget(struct address_set *set, struct address *address)
{
    map_remove(&set->addresses, &address->node);
    object_unref(address->service);
    free(address);
}

void address_set_init(struct address_set *set)
{
    map_init(&set->addresses);
}

void address_set_fini(struct address_set *set)
{
    struct address *address;
    map_for_each (&set->addresses, address, node)
        forget(set, address);
    map_fini(&set->addresses);
}

const struct address *address_set_find(const struct address_set *set, const struct ip *ip)
{
    return find(set, ip);
}

bool address_set_take(struct address_set *set, const struct ip *ip)
{
    if (find(set, ip) != NULL)
        return false;
    find_or_add(set, ip)->uses = ADDRESS_WRITING;
    return true;
}

void address_set_add(struct address_set *set, const struct ip *ip, enum address_use use, const struct object *service)
{
    struct address *address = find_or_add(set, ip);
    address->uses |= use;
    if (use != ADDRESS_SERVICE)
        return;
    address->uses &= ~(unsigned)ADDRESS_WRITING;
    object_unref(address->service);
    address->service = object_ref(service);
}

void address_set_drop(struct address_set *set, const struct ip *ip, enum address_use use)
{
    struct address *address = find(set, ip);
    if (address == NULL)
        return;
    address->uses &= ~(unsigned)use;
    if (use == ADDRESS_SERVICE) {
        object_unref(address->service);
        address->service = NULL;
    }
    if (address->uses == 0)
        forget(set, address);
}

bool address_usable(const struct ip_prefix *range, const struct ip *ip)
{
    struct ip first = ip_prefix_network(range), last = ip_prefix_last(range);
    return ip_prefix_contains(range, ip) && !ip_equal(ip, &first) && !(ip->family == IP_V4 && ip_equal(ip, &last));
}

/* As many steps as addresses are taken are enough to find a free one, or that there is none. */
static bool next_between(struct address_set *set, const struct ip_prefix *range, uint64_t first, uint64_t last,
                         struct random *random, struct ip *ret_ip)
{
    uint64_t span = last - first + 1, steps = set->addresses.size + 1;
    uint64_t start = random_below(random, span);
    for (uint64_t i = 0; i < span && i < steps; i++) {
        struct ip ip;
        if (ip_prefix_nth(range, first + (start + i) % span, &ip) && address_set_take(set, &ip)) {
            *ret_ip = ip;
            return true;
        }
    }
    return false;
}

bool address_set_next(struct address_set *set, const struct ip_prefix *range, struct random *random, struct ip *ret_ip)
{
    uint64_t size = ip_prefix_count(range);
    uint64_t last = range->address.family == IP_V4 ? size - 2 : size - 1;
    uint64_t dynamic = static_band(size, BAND_STEP, BAND_LEAST, BAND_MOST);
    if (size < 3)
        return false;
    if (dynamic == 0)
        dynamic = 1;
    return next_between(set, range, dynamic, last, random, ret_ip) ||
           (dynamic > 1 && next_between(set, range, 1, dynamic - 1, random, ret_ip));
}
