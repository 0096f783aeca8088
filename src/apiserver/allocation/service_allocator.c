/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/allocation/service_allocator.h"

#include <stdlib.h>

#include "apiserver/allocation/port_set.h"
#include "base/memory.h"
#include "generated/types.h"

/* A range of a ServiceCIDR object. */
struct range {
    struct list_node node; /* in service_allocator.more */
    struct ip_prefix cidr;
    char *owner; /* the object's name */
};

struct service_allocator {
    struct service_ranges ranges;
    struct list more; /* of struct range: those of objects */
    struct address_set addresses;
    struct port_set ports;
    struct random *random;
    struct cache_follower services, cidrs, objects;
};

const struct service_ranges *service_allocator_ranges(const struct service_allocator *allocator)
{
    return &allocator->ranges;
}

bool service_allocator_serves(const struct service_allocator *allocator, enum ip_family family)
{
    for (size_t i = 0; i < allocator->ranges.n_cidrs; i++)
        if (allocator->ranges.cidrs[i].address.family == family)
            return true;
    return false;
}

/* ---------------------------------------------------------------- addresses */

static bool in_some_range(const struct service_allocator *allocator, const struct ip *address)
{
    const struct range *range;
    for (size_t i = 0; i < allocator->ranges.n_cidrs; i++)
        if (address_usable(&allocator->ranges.cidrs[i], address))
            return true;
    list_for_each (&allocator->more, range, node)
        if (address_usable(&range->cidr, address))
            return true;
    return false;
}

enum take_result service_take_address(struct service_allocator *allocator, const struct ip *address)
{
    if (!in_some_range(allocator, address))
        return TAKE_OUT_OF_RANGE;
    return address_set_take(&allocator->addresses, address) ? TAKE_OK : TAKE_TAKEN;
}

bool service_next_address(struct service_allocator *allocator, enum ip_family family, struct ip *ret_address)
{
    const struct range *range;
    for (size_t i = 0; i < allocator->ranges.n_cidrs; i++)
        if (allocator->ranges.cidrs[i].address.family == family &&
            address_set_next(&allocator->addresses, &allocator->ranges.cidrs[i], allocator->random, ret_address))
            return true;
    list_for_each (&allocator->more, range, node)
        if (range->cidr.address.family == family &&
            address_set_next(&allocator->addresses, &range->cidr, allocator->random, ret_address))
            return true;
    return false;
}

void service_give_address(struct service_allocator *allocator, const struct ip *address)
{
    address_set_drop(&allocator->addresses, address, ADDRESS_WRITING);
}

const struct object *service_address_owner(const struct service_allocator *allocator, const struct ip *address)
{
    const struct address *found = address_set_find(&allocator->addresses, address);
    return found == NULL ? NULL : found->service;
}

/* ---------------------------------------------------------------- ports */

enum take_result service_take_port(struct service_allocator *allocator, int32_t port)
{
    if (!port_set_contains(&allocator->ports, port))
        return TAKE_OUT_OF_RANGE;
    return port_set_take(&allocator->ports, port) ? TAKE_OK : TAKE_TAKEN;
}

int32_t service_next_port(struct service_allocator *allocator)
{
    return port_set_next(&allocator->ports, allocator->random);
}

void service_give_port(struct service_allocator *allocator, int32_t port)
{
    port_set_give(&allocator->ports, port);
}

/* ---------------------------------------------------------------- following the Services */

static void each_address(struct service_allocator *allocator, const struct object *service, bool take)
{
    const struct api_service_spec *spec = &api_service_of(service)->spec;
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        struct ip address;
        if (!ip_parse(str_of(spec->cluster_ips[i]), &address))
            continue; /* "None" */
        if (take)
            address_set_add(&allocator->addresses, &address, ADDRESS_SERVICE, service);
        else
            address_set_drop(&allocator->addresses, &address, ADDRESS_SERVICE);
    }
}

static void each_port(struct service_allocator *allocator, const struct object *service, bool take)
{
    const struct api_service_spec *spec = &api_service_of(service)->spec;
    for (size_t i = 0; i <= spec->n_ports; i++) {
        int32_t port = i == spec->n_ports ? spec->health_check_node_port : spec->ports[i].node_port;
        if (take && port_set_contains(&allocator->ports, port))
            (void)port_set_take(&allocator->ports, port); /* the writer has, or it is found at start */
        else if (!take)
            port_set_give(&allocator->ports, port);
    }
}

static void services_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct service_allocator *allocator = container_of(follower, struct service_allocator, services);
    if (before != NULL) {
        each_address(allocator, before, false);
        each_port(allocator, before, false);
    }
    if (after != NULL) {
        each_address(allocator, after, true);
        each_port(allocator, after, true);
    }
}

/* ---------------------------------------------------------------- following ServiceCIDRs and IPAddresses */

static void drop_ranges(struct service_allocator *allocator, const char *owner)
{
    struct range *range;
    list_for_each (&allocator->more, range, node) {
        if (!text_equal(range->owner, owner))
            continue;
        list_remove(&range->node);
        free(range->owner);
        free(range);
    }
}

static bool is_open(const struct api_networking_service_cidr *cidr)
{
    for (size_t i = 0; i < cidr->status.n_conditions; i++)
        if (text_equal(cidr->status.conditions[i].type, "Ready"))
            return cidr->metadata.deletion_timestamp == 0 && text_equal(cidr->status.conditions[i].status, "True");
    return false;
}

static void cidrs_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct service_allocator *allocator = container_of(follower, struct service_allocator, cidrs);
    if (before != NULL)
        drop_ranges(allocator, object_name(before));
    if (after == NULL || !is_open(api_networking_service_cidr_of(after)))
        return;
    const struct api_networking_service_cidr_spec *spec = &api_networking_service_cidr_of(after)->spec;
    for (size_t i = 0; i < spec->n_cidrs; i++) {
        struct ip_prefix cidr;
        if (!ip_prefix_parse(str_of(spec->cidrs[i]), &cidr))
            continue; /* none that validation lets through */
        struct range *range = memory_new(struct range);
        range->cidr = cidr;
        range->owner = memory_strdup(object_name(after));
        list_append(&allocator->more, &range->node);
    }
}

/* What others reserve. Ours only repeat what Services say. */
static void objects_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct service_allocator *allocator = container_of(follower, struct service_allocator, objects);
    const struct object *object = after != NULL ? after : before;
    struct str manager;
    struct ip ip;
    if (!ip_parse(str_of(object_name(object)), &ip))
        return;
    bool ours = object_label(object, STR(ADDRESS_MANAGED_BY), &manager) && str_is(manager, ADDRESS_MANAGER);
    if (after != NULL && !ours)
        address_set_add(&allocator->addresses, &ip, ADDRESS_FOREIGN, NULL);
    else
        address_set_drop(&allocator->addresses, &ip, ADDRESS_FOREIGN);
}

/* ---------------------------------------------------------------- life */

struct service_allocator *service_allocator_create(const struct service_ranges *ranges, struct random *random)
{
    struct service_allocator *allocator = memory_new(struct service_allocator);
    allocator->ranges = *ranges;
    allocator->random = random;
    allocator->ports.first = ranges->first_port;
    allocator->ports.last = ranges->last_port;
    list_init(&allocator->more);
    address_set_init(&allocator->addresses);
    allocator->services.changed = services_changed;
    allocator->cidrs.changed = cidrs_changed;
    allocator->objects.changed = objects_changed;
    return allocator;
}

void service_allocator_follow(struct service_allocator *allocator, struct watch_cache *services,
                              struct watch_cache *cidrs, struct watch_cache *addresses)
{
    watch_cache_follow(cidrs, &allocator->cidrs);
    watch_cache_follow(addresses, &allocator->objects);
    watch_cache_follow(services, &allocator->services);
}

void service_allocator_destroy(struct service_allocator *allocator)
{
    struct range *range;
    if (allocator == NULL)
        return;
    cache_follower_stop(&allocator->services);
    cache_follower_stop(&allocator->cidrs);
    cache_follower_stop(&allocator->objects);
    list_for_each (&allocator->more, range, node) {
        list_remove(&range->node);
        free(range->owner);
        free(range);
    }
    address_set_fini(&allocator->addresses);
    free(allocator);
}
