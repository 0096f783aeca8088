/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* netlink.h - links, addresses, routes and neighbours of one network namespace (rtnetlink).
 *
 * Changes are queued and sent together by netlink_commit(): one system call for a whole
 * pod. A link's index may be chosen when it is made, so that later changes in the same
 * batch can name it. Blocks only for the kernel's own work. Not thread-safe. */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text/ip.h"

struct netlink;

/* In the namespace 'namespace_fd' is open on (it need not stay open); -1: the caller's own. */
int netlink_open(int namespace_fd, struct netlink **ret_netlink, struct error *err) must_check;
void netlink_close(struct netlink *netlink); /* what was not committed is forgotten; NULL is fine */

/* A zero field is left as it is, or to the kernel. */
struct netlink_link {
    const char *name;
    int index;  /* of an existing link (0: found by name), or the wanted one of a new link */
    int master; /* index of its bridge */
    uint32_t mtu;
    uint8_t mac[6]; /* all zero: none */
    bool up;
    bool hairpin; /* bridge ports: frames may leave by the port they came from */
};

void netlink_add_bridge(struct netlink *netlink, const struct netlink_link *link);
/* 'peer' is the other end, in the namespace 'peer_namespace' (-1: this one). It cannot be brought up here: the kernel
 * makes it first, when it has no other end yet. */
void netlink_add_veth(struct netlink *netlink, const struct netlink_link *link, const struct netlink_link *peer,
                      int peer_namespace);
void netlink_set_link(struct netlink *netlink, const struct netlink_link *link);
void netlink_delete_link(struct netlink *netlink, int index);

/* Present already, or absent already, is success for all of these. */
void netlink_add_address(struct netlink *netlink, int index, const struct ip_prefix *address);
void netlink_delete_address(struct netlink *netlink, int index, const struct ip_prefix *address);

struct netlink_route {
    struct ip_prefix destination; /* family IP_NONE: default route of the gateway's family */
    struct ip gateway;            /* family IP_NONE: directly on the link */
    struct ip source;             /* preferred source; may be none */
    int index;                    /* 0: the kernel finds it by the gateway */
    bool onlink;                  /* the gateway is on the link whatever the addresses say */
    uint8_t protocol;             /* RTPROT_*: whose it is; 0: RTPROT_STATIC */
};
void netlink_add_route(struct netlink *netlink, const struct netlink_route *route); /* replaces */
void netlink_delete_route(struct netlink *netlink, const struct netlink_route *route);

void netlink_add_neighbour(struct netlink *netlink, int index, const struct ip *address, const uint8_t mac[6]);

/* Sends what is queued and waits for every answer. The first refusal is the error, worded with the
 * change it belongs to; those after it were tried all the same. */
int netlink_commit(struct netlink *netlink, struct error *err) must_check;

/* What a listing tells. Strings are borrowed for the call. */
struct netlink_link_info {
    const char *name;
    int index;
    int master;
    uint32_t mtu;
    uint8_t mac[6];
    bool up;
    const char *kind; /* "bridge", "veth"; "" for lo and hardware */
};
int netlink_each_link(struct netlink *netlink, void (*each)(void *context, const struct netlink_link_info *info),
                      void *context, struct error *err) must_check;
/* -ERROR_NOT_FOUND when there is none of that name. 'ret_mac' may be NULL. */
int netlink_find_link(struct netlink *netlink, const char *name, int *ret_index, uint8_t ret_mac[6],
                      struct error *err) must_check;

int netlink_each_route(struct netlink *netlink, enum ip_family family,
                       void (*each)(void *context, const struct netlink_route *route), void *context,
                       struct error *err) must_check;
int netlink_each_address(struct netlink *netlink, enum ip_family family,
                         void (*each)(void *context, int index, const struct ip_prefix *address), void *context,
                         struct error *err) must_check;

#endif
