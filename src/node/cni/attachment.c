/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/cni/attachment.h"

#include <stdio.h>
#include <string.h>

#include "net/namespace.h"
#include "net/netlink.h"

void attachment_host_name(const struct cni_attachment_name *name, char text[IFNAMSIZ])
{
    char both[CNI_ID_MAX + IFNAMSIZ + 2];
    int size = snprintf(both, sizeof(both), "%s/%s", name->container_id, name->interface);
    uint64_t hash = str_hash((struct str){ both, (size_t)size });
    snprintf(text, IFNAMSIZ, "veth%010llx", (unsigned long long)(hash & 0xffffffffff));
}

/* Locally administered, from the address: a pod that comes back with its address keeps what its neighbours know of
 * it. */
static void make_mac(const struct ip *address, uint8_t kind, uint8_t mac[6])
{
    mac[0] = 0x02;
    mac[1] = kind;
    memcpy(mac + 2, address->bytes + ip_size(address) - 4, 4);
}

static int make_bridge(struct netlink *netlink, const struct cni_config *config, int *ret_index, struct error *err)
{
    struct netlink_link bridge = { .name = config->bridge, .up = true, .mtu = config->mtu };
    make_mac(&config->subnets[0].gateway, 0xcb, bridge.mac);
    netlink_add_bridge(netlink, &bridge);
    int rc = netlink_commit(netlink, err);
    if (rc == 0)
        rc = netlink_find_link(netlink, config->bridge, ret_index, NULL, err);
    for (size_t i = 0; i < config->n_subnets && rc == 0; i++) {
        struct ip_prefix gateway = { config->subnets[i].gateway, config->subnets[i].range.length };
        netlink_add_address(netlink, *ret_index, &gateway);
    }
    return rc < 0 ? rc : netlink_commit(netlink, err);
}

static int make_pair(const struct cni_config *config, struct attachment *attachment, struct netlink *netlink,
                     struct error *err)
{
    int bridge, old, rc = 0;
    if (netlink_find_link(netlink, config->bridge, &bridge, attachment->bridge_mac, NULL) < 0) {
        rc = make_bridge(netlink, config, &bridge, err);
        if (rc == 0)
            rc = netlink_find_link(netlink, config->bridge, &bridge, attachment->bridge_mac, err);
    }
    if (rc < 0)
        return rc;
    attachment_host_name(&attachment->name, attachment->host_interface);
    if (netlink_find_link(netlink, attachment->host_interface, &old, NULL, NULL) == 0)
        netlink_delete_link(netlink, old);

    struct netlink_link host = { .name = attachment->host_interface, .master = bridge, .up = true, .mtu = config->mtu };
    struct netlink_link inside = { .name = attachment->name.interface, .mtu = config->mtu };
    make_mac(&attachment->addresses[0], 0xcd, host.mac);
    make_mac(&attachment->addresses[0], 0xcc, inside.mac);
    memcpy(attachment->host_mac, host.mac, sizeof(host.mac));
    memcpy(attachment->mac, inside.mac, sizeof(inside.mac));
    netlink_add_veth(netlink, &host, &inside, attachment->namespace_fd);
    /* With bridge-netfilter on, a pod's call to its own service is translated while still a frame, and must go back
     * by the port it came from. */
    netlink_set_link(netlink, &(struct netlink_link){ .name = host.name, .hairpin = true });
    return netlink_commit(netlink, err);
}

static int configure_inside(const struct cni_config *config, const struct attachment *attachment,
                            struct netlink *netlink, struct error *err)
{
    int index;
    int rc = netlink_find_link(netlink, attachment->name.interface, &index, NULL, err);
    if (rc < 0)
        return rc;
    netlink_set_link(netlink, &(struct netlink_link){ .name = "lo", .up = true });
    netlink_set_link(netlink, &(struct netlink_link){ .index = index, .up = true });
    for (size_t i = 0; i < config->n_subnets; i++) {
        const struct ip *address = &attachment->addresses[i];
        uint8_t bits = (uint8_t)(8 * ip_size(address));
        struct ip_prefix own = { *address, bits }, gateway = { config->subnets[i].gateway, bits };
        netlink_add_address(netlink, index, &own);
        netlink_add_route(netlink, &(struct netlink_route){ .destination = gateway, .index = index });
        netlink_add_route(netlink, &(struct netlink_route){ .gateway = gateway.address, .index = index });
        netlink_add_neighbour(netlink, index, &gateway.address, attachment->bridge_mac);
    }
    return netlink_commit(netlink, err);
}

int attachment_make(const struct cni_config *config, struct attachment *attachment, struct error *err)
{
    struct netlink *here = NULL, *inside = NULL;
    int rc = netlink_open(-1, &here, err);
    if (rc == 0)
        rc = netlink_open(attachment->namespace_fd, &inside, err);
    if (rc == 0)
        rc = make_pair(config, attachment, here, err);
    if (rc == 0)
        rc = configure_inside(config, attachment, inside, err);
    netlink_close(inside);
    netlink_close(here);
    return rc;
}

struct wanted_address {
    const struct ip *address;
    int index;
    bool found;
};

static void compare_address(void *context, int index, const struct ip_prefix *address)
{
    struct wanted_address *wanted = context;
    if (index == wanted->index && ip_equal(&address->address, wanted->address))
        wanted->found = true;
}

static int check_inside(const struct cni_config *config, const struct attachment *attachment, struct netlink *netlink,
                        struct error *err)
{
    int index;
    int rc = netlink_find_link(netlink, attachment->name.interface, &index, NULL, err);
    for (size_t i = 0; i < config->n_subnets && rc == 0; i++) {
        struct wanted_address wanted = { &attachment->addresses[i], index, false };
        rc = netlink_each_address(netlink, (enum ip_family)wanted.address->family, compare_address, &wanted, err);
        if (rc == 0 && !wanted.found) {
            char text[IP_TEXT_SIZE];
            ip_format(wanted.address, text);
            rc = error_set(err, ERROR_NOT_FOUND, "%s has lost address %s", attachment->name.interface, text);
        }
    }
    return rc;
}

int attachment_check(const struct cni_config *config, const struct attachment *attachment, struct error *err)
{
    struct netlink *here = NULL, *inside = NULL;
    int index;
    char name[IFNAMSIZ];
    attachment_host_name(&attachment->name, name);
    int rc = netlink_open(-1, &here, err);
    if (rc == 0)
        rc = netlink_open(attachment->namespace_fd, &inside, err);
    if (rc == 0)
        rc = netlink_find_link(here, name, &index, NULL, err);
    if (rc == 0)
        rc = check_inside(config, attachment, inside, err);
    netlink_close(inside);
    netlink_close(here);
    return rc;
}

int attachment_remove(const struct cni_attachment_name *name, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(-1, &netlink, err);
    if (rc < 0)
        return rc;
    char text[IFNAMSIZ];
    int index;
    attachment_host_name(name, text);
    if (netlink_find_link(netlink, text, &index, NULL, NULL) == 0) {
        netlink_delete_link(netlink, index);
        rc = netlink_commit(netlink, err);
    }
    netlink_close(netlink);
    return rc;
}
