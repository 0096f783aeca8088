/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* netlink.c - rtnetlink messages queued in a libmnl batch.
 *
 * Every change asks for an acknowledgement, and the sequence number is the change's place in
 * the queue: that is how a refusal finds the words for what was refused. */
#include "net/netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/netlink_socket.h"

#define MESSAGE_MAX 512   /* one change, more than a veth pair needs */
#define CHANGES_MAX 4096  /* in one batch */
#define ANSWER_SIZE 32768 /* what the kernel dumps at most in one message */

/* Words for one queued change. */
struct change {
    char what[80];
    int tolerated; /* errno that counts as success */
};

struct netlink {
    struct mnl_socket *socket;
    uint32_t first_sequence; /* of the next batch or listing */
    char *queue;
    size_t queue_used, queue_size;
    struct change *changes;
    size_t n_changes, changes_size;
    bool overflow;
};

int netlink_open(int namespace_fd, struct netlink **ret_netlink, struct error *err)
{
    struct mnl_socket *socket = NULL;
    int rc = netlink_socket_open(namespace_fd, NETLINK_ROUTE, "netlink", &socket, err);
    if (rc < 0)
        return rc;

    struct netlink *netlink = memory_new(struct netlink);
    netlink->socket = socket;
    netlink->first_sequence = 1;
    *ret_netlink = netlink;
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink == NULL)
        return;
    mnl_socket_close(netlink->socket);
    free(netlink->queue);
    free(netlink->changes);
    free(netlink);
}

/* ---------------------------------------------------------------- queueing */

/* Room for one message, zeroed, with its header filled in; committed by finish(). Once the batch is
 * full it starts over: netlink_commit() then refuses the whole batch. */
static struct nlmsghdr *start(struct netlink *netlink, uint16_t type, uint16_t flags, int tolerated, const char *format,
                              ...) printf_like(5, 6);

static struct nlmsghdr *start(struct netlink *netlink, uint16_t type, uint16_t flags, int tolerated, const char *format,
                              ...)
{
    if (netlink->n_changes == CHANGES_MAX) {
        netlink->overflow = true;
        netlink->n_changes--;
        netlink->queue_used = 0;
    }
    if (netlink->n_changes == netlink->changes_size) {
        netlink->changes_size = netlink->changes_size == 0 ? 16 : netlink->changes_size * 2;
        netlink->changes = memory_resize(netlink->changes, netlink->changes_size, sizeof(struct change));
    }
    if (netlink->queue_used + MESSAGE_MAX > netlink->queue_size) {
        netlink->queue_size = netlink->queue_size == 0 ? 16 * MESSAGE_MAX : netlink->queue_size * 2;
        netlink->queue = memory_resize(netlink->queue, netlink->queue_size, 1);
    }

    struct change *change = &netlink->changes[netlink->n_changes];
    change->tolerated = tolerated;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(change->what, sizeof(change->what), format, arguments);
    va_end(arguments);

    char *place = netlink->queue + netlink->queue_used;
    memset(place, 0, MESSAGE_MAX);
    struct nlmsghdr *message = mnl_nlmsg_put_header(place);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
    return message;
}

static void finish(struct netlink *netlink, const struct nlmsghdr *message)
{
    netlink->queue_used += NLMSG_ALIGN(message->nlmsg_len);
    netlink->n_changes++;
}

static void put_ip(struct nlmsghdr *message, uint16_t attribute, const struct ip *ip)
{
    if (ip->family != IP_NONE)
        mnl_attr_put(message, attribute, ip_size(ip), ip->bytes);
}

static unsigned char kernel_family(const struct ip *ip)
{
    return ip->family == IP_V6 ? AF_INET6 : AF_INET;
}

static void put_link(struct nlmsghdr *message, const struct netlink_link *link)
{
    static const uint8_t none[6];
    if (link->name != NULL)
        mnl_attr_put_strz(message, IFLA_IFNAME, link->name);
    if (link->mtu != 0)
        mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
    if (link->master != 0)
        mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)link->master);
    if (memcmp(link->mac, none, sizeof(none)) != 0)
        mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac);
}

static struct ifinfomsg *put_ifinfo(struct nlmsghdr *message, const struct netlink_link *link)
{
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
    info->ifi_family = AF_UNSPEC;
    info->ifi_index = link->index;
    if (link->up)
        info->ifi_flags = info->ifi_change = IFF_UP;
    return info;
}

void netlink_add_bridge(struct netlink *netlink, const struct netlink_link *link)
{
    struct nlmsghdr *message =
        start(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, EEXIST, "add bridge %s", link->name);
    put_ifinfo(message, link);
    put_link(message, link);
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
    mnl_attr_nest_end(message, info);
    finish(netlink, message);
}

void netlink_add_veth(struct netlink *netlink, const struct netlink_link *link, const struct netlink_link *peer,
                      int peer_namespace)
{
    struct nlmsghdr *message = start(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, "add veth %s", link->name);
    put_ifinfo(message, link);
    put_link(message, link);
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    struct nlattr *other = mnl_attr_nest_start(message, VETH_INFO_PEER);
    put_ifinfo(message, peer);
    put_link(message, peer);
    if (peer_namespace >= 0)
        mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)peer_namespace);
    mnl_attr_nest_end(message, other);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    finish(netlink, message);
}

void netlink_set_link(struct netlink *netlink, const struct netlink_link *link)
{
    struct nlmsghdr *message = start(netlink, RTM_NEWLINK, 0, 0, "change link %s", text_or_empty(link->name));
    put_ifinfo(message, link);
    struct netlink_link fields = *link;
    if (link->index != 0)
        fields.name = NULL; /* the index says which; a name beside it would rename */
    put_link(message, &fields);
    if (link->hairpin) {
        struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
        mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bridge");
        struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
        mnl_attr_put_u8(message, IFLA_BRPORT_MODE, 1);
        mnl_attr_nest_end(message, data);
        mnl_attr_nest_end(message, info);
    }
    finish(netlink, message);
}

void netlink_delete_link(struct netlink *netlink, int index)
{
    struct nlmsghdr *message = start(netlink, RTM_DELLINK, 0, ENODEV, "delete link %d", index);
    put_ifinfo(message, &(struct netlink_link){ .index = index });
    finish(netlink, message);
}

static void put_address(struct netlink *netlink, uint16_t type, uint16_t flags, int tolerated, const char *verb,
                        int index, const struct ip_prefix *address)
{
    char text[IP_TEXT_SIZE];
    ip_prefix_format(address, text);
    struct nlmsghdr *message = start(netlink, type, flags, tolerated, "%s address %s", verb, text);
    struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
    info->ifa_family = kernel_family(&address->address);
    info->ifa_prefixlen = address->length;
    info->ifa_index = (uint32_t)index;
    info->ifa_scope = ip_is_loopback(&address->address) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
    if (address->address.family == IP_V6)
        info->ifa_flags = IFA_F_NODAD; /* the addresses are ours to give; nobody else can have them */
    put_ip(message, IFA_LOCAL, &address->address);
    put_ip(message, IFA_ADDRESS, &address->address);
    finish(netlink, message);
}

void netlink_add_address(struct netlink *netlink, int index, const struct ip_prefix *address)
{
    put_address(netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, EEXIST, "add", index, address);
}

void netlink_delete_address(struct netlink *netlink, int index, const struct ip_prefix *address)
{
    put_address(netlink, RTM_DELADDR, 0, EADDRNOTAVAIL, "delete", index, address);
}

static void put_route(struct netlink *netlink, uint16_t type, uint16_t flags, int tolerated, const char *verb,
                      const struct netlink_route *route)
{
    char text[IP_TEXT_SIZE], via[IP_TEXT_SIZE];
    ip_prefix_format(&route->destination, text);
    ip_format(&route->gateway, via);
    struct nlmsghdr *message =
        start(netlink, type, flags, tolerated, "%s route %s via %s", verb, text[0] != '\0' ? text : "default", via);
    struct rtmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
    bool direct = route->gateway.family == IP_NONE;
    info->rtm_family =
        kernel_family(route->destination.address.family != IP_NONE ? &route->destination.address : &route->gateway);
    info->rtm_dst_len = route->destination.length;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_type = RTN_UNICAST;
    info->rtm_protocol = route->protocol != 0 ? route->protocol : RTPROT_STATIC;
    info->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : direct ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    if (route->onlink)
        info->rtm_flags = RTNH_F_ONLINK;
    if (route->destination.address.family != IP_NONE) {
        struct ip network = ip_prefix_network(&route->destination);
        put_ip(message, RTA_DST, &network);
    }
    put_ip(message, RTA_GATEWAY, &route->gateway);
    put_ip(message, RTA_PREFSRC, &route->source);
    if (route->index != 0)
        mnl_attr_put_u32(message, RTA_OIF, (uint32_t)route->index);
    finish(netlink, message);
}

void netlink_add_route(struct netlink *netlink, const struct netlink_route *route)
{
    put_route(netlink, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, 0, "add", route);
}

void netlink_delete_route(struct netlink *netlink, const struct netlink_route *route)
{
    put_route(netlink, RTM_DELROUTE, 0, ESRCH, "delete", route);
}

void netlink_add_neighbour(struct netlink *netlink, int index, const struct ip *address, const uint8_t mac[6])
{
    char text[IP_TEXT_SIZE];
    ip_format(address, text);
    struct nlmsghdr *message = start(netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, 0, "add neighbour %s", text);
    struct ndmsg *info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
    info->ndm_family = kernel_family(address);
    info->ndm_ifindex = index;
    info->ndm_state = NUD_PERMANENT;
    put_ip(message, NDA_DST, address);
    mnl_attr_put(message, NDA_LLADDR, 6, mac);
    finish(netlink, message);
}

/* ---------------------------------------------------------------- sending */

/* The kernel's own sentence (NLMSGERR_ATTR_MSG), NULL when it gave none. */
static const char *refusal_text(const struct nlmsghdr *message)
{
    if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
        return NULL;
    const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
    size_t offset = sizeof(*answer);
    if ((message->nlmsg_flags & NLM_F_CAPPED) == 0)
        offset += NLMSG_ALIGN(answer->msg.nlmsg_len - NLMSG_HDRLEN);
    struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, (unsigned)offset) if (mnl_attr_get_type(attribute) ==
                                                                NLMSGERR_ATTR_MSG) return mnl_attr_get_str(attribute);
    return NULL;
}

static int refusal(struct error *err, const struct change *change, const struct nlmsghdr *message, int number)
{
    const char *text = refusal_text(message);
    errno = number;
    return text != NULL ? error_errno(err, "%s: %s", change->what, text) : error_errno(err, "%s", change->what);
}

/* Reads answers until the last of 'count' changes from 'base' on is accounted for. */
static int collect(struct netlink *netlink, size_t base, size_t count, struct error *err)
{
    int rc = 0;
    autofree char *buffer = memory_alloc(ANSWER_SIZE);
    for (size_t answered = 0; answered < count;) {
        ssize_t size = mnl_socket_recvfrom(netlink->socket, buffer, ANSWER_SIZE);
        if (size < 0) {
            if (errno == EINTR)
                continue;
            return error_errno(err, "read the answer of netlink");
        }
        int left = (int)size;
        for (const struct nlmsghdr *message = (void *)buffer; mnl_nlmsg_ok(message, left);
             message = mnl_nlmsg_next(message, &left)) {
            size_t place = message->nlmsg_seq - netlink->first_sequence;
            if (message->nlmsg_type != NLMSG_ERROR || place < base || place >= base + count)
                continue;
            answered++;
            const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
            const struct change *change = &netlink->changes[place];
            if (answer->error != 0 && -answer->error != change->tolerated && rc == 0)
                rc = refusal(err, change, message, -answer->error);
        }
    }
    return rc;
}

/* A slice small enough for the socket's receive buffer to hold all answers. */
#define SLICE 128

int netlink_commit(struct netlink *netlink, struct error *err)
{
    int rc = 0;
    if (netlink->overflow)
        rc = error_set(err, ERROR_LIMIT, "more than %d netlink changes in one batch", CHANGES_MAX);
    size_t offset = 0;
    for (size_t base = 0; rc != -ERROR_LIMIT && base < netlink->n_changes;) {
        size_t begin = offset, count = 0;
        for (; count < SLICE && base + count < netlink->n_changes; count++) {
            struct nlmsghdr *message = (void *)(netlink->queue + offset);
            message->nlmsg_seq =
                netlink->first_sequence + (uint32_t)(base + count); /* a listing may have come between */
            offset += NLMSG_ALIGN(message->nlmsg_len);
        }
        if (mnl_socket_sendto(netlink->socket, netlink->queue + begin, offset - begin) < 0) {
            rc = error_errno(err, "%s", netlink->changes[base].what);
            break;
        }
        int slice_rc = collect(netlink, base, count, rc == 0 ? err : NULL);
        if (rc == 0)
            rc = slice_rc;
        base += count;
    }
    netlink->first_sequence += (uint32_t)netlink->n_changes + 1;
    netlink->n_changes = 0;
    netlink->queue_used = 0;
    netlink->overflow = false;
    return rc;
}

/* ---------------------------------------------------------------- listing */

struct listing {
    const struct nlattr *attributes[IFLA_MAX + 1]; /* large enough for every table used here */
    union {
        void (*link)(void *context, const struct netlink_link_info *info);
        void (*route)(void *context, const struct netlink_route *route);
        void (*address)(void *context, int index, const struct ip_prefix *address);
    } each;
    void *context;
};

static int keep_attribute(const struct nlattr *attribute, void *data)
{
    const struct nlattr **attributes = data;
    if (mnl_attr_get_type(attribute) <= IFLA_MAX)
        attributes[mnl_attr_get_type(attribute)] = attribute;
    return MNL_CB_OK;
}

static void parse_attributes(struct listing *listing, const struct nlmsghdr *message, size_t header)
{
    memset(listing->attributes, 0, sizeof(listing->attributes));
    mnl_attr_parse(message, (unsigned)header, keep_attribute, listing->attributes);
}

static int dump(struct netlink *netlink, uint16_t type, size_t header, unsigned char family, mnl_cb_t each,
                struct listing *listing, struct error *err)
{
    char request[128] = { 0 };
    struct nlmsghdr *message = mnl_nlmsg_put_header(request);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = netlink->first_sequence;
    *(unsigned char *)mnl_nlmsg_put_extra_header(message, header) = family; /* every header begins with the family */
    netlink->first_sequence++;
    if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
        return error_errno(err, "ask netlink for a list");

    autofree char *buffer = memory_alloc(ANSWER_SIZE);
    for (;;) {
        ssize_t size = mnl_socket_recvfrom(netlink->socket, buffer, ANSWER_SIZE);
        if (size < 0 && errno == EINTR)
            continue;
        int rc = size < 0 ? -1
                          : mnl_cb_run(buffer, (size_t)size, message->nlmsg_seq, mnl_socket_get_portid(netlink->socket),
                                       each, listing);
        if (rc < 0)
            return error_errno(err, "read a list from netlink");
        if (rc == MNL_CB_STOP)
            return 0;
    }
}

static const char *link_kind(const struct nlattr *info)
{
    const struct nlattr *attribute;
    if (info != NULL)
        mnl_attr_for_each_nested(attribute, info) if (mnl_attr_get_type(attribute) ==
                                                      IFLA_INFO_KIND) return mnl_attr_get_str(attribute);
    return "";
}

static int on_link(const struct nlmsghdr *message, void *data)
{
    struct listing *listing = data;
    const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
    parse_attributes(listing, message, sizeof(*header));
    const struct nlattr *const *attributes = listing->attributes;
    if (attributes[IFLA_IFNAME] == NULL)
        return MNL_CB_OK;
    struct netlink_link_info info = {
        .name = mnl_attr_get_str(attributes[IFLA_IFNAME]),
        .index = header->ifi_index,
        .master = attributes[IFLA_MASTER] != NULL ? (int)mnl_attr_get_u32(attributes[IFLA_MASTER]) : 0,
        .mtu = attributes[IFLA_MTU] != NULL ? mnl_attr_get_u32(attributes[IFLA_MTU]) : 0,
        .up = (header->ifi_flags & IFF_UP) != 0,
        .kind = link_kind(attributes[IFLA_LINKINFO]),
    };
    if (attributes[IFLA_ADDRESS] != NULL && mnl_attr_get_payload_len(attributes[IFLA_ADDRESS]) == sizeof(info.mac))
        memcpy(info.mac, mnl_attr_get_payload(attributes[IFLA_ADDRESS]), sizeof(info.mac));
    listing->each.link(listing->context, &info);
    return MNL_CB_OK;
}

int netlink_each_link(struct netlink *netlink, void (*each)(void *context, const struct netlink_link_info *info),
                      void *context, struct error *err)
{
    struct listing listing = { .each.link = each, .context = context };
    return dump(netlink, RTM_GETLINK, sizeof(struct ifinfomsg), AF_UNSPEC, on_link, &listing, err);
}

struct wanted_link {
    const char *name;
    int index;
    uint8_t mac[6];
};

static void compare_name(void *context, const struct netlink_link_info *info)
{
    struct wanted_link *wanted = context;
    if (strcmp(info->name, wanted->name) == 0) {
        wanted->index = info->index;
        memcpy(wanted->mac, info->mac, sizeof(wanted->mac));
    }
}

int netlink_find_link(struct netlink *netlink, const char *name, int *ret_index, uint8_t ret_mac[6], struct error *err)
{
    struct wanted_link wanted = { .name = name };
    int rc = netlink_each_link(netlink, compare_name, &wanted, err);
    if (rc < 0)
        return rc;
    if (wanted.index == 0)
        return error_set(err, ERROR_NOT_FOUND, "there is no link %s", name);
    *ret_index = wanted.index;
    if (ret_mac != NULL)
        memcpy(ret_mac, wanted.mac, sizeof(wanted.mac));
    return 0;
}

static struct ip get_ip(const struct nlattr *attribute)
{
    struct ip ip = { 0 };
    size_t size = attribute != NULL ? mnl_attr_get_payload_len(attribute) : 0;
    if (size == 4 || size == 16) {
        ip.family = size == 4 ? IP_V4 : IP_V6;
        memcpy(ip.bytes, mnl_attr_get_payload(attribute), size);
    }
    return ip;
}

static int on_route(const struct nlmsghdr *message, void *data)
{
    struct listing *listing = data;
    const struct rtmsg *header = mnl_nlmsg_get_payload(message);
    if (header->rtm_table != RT_TABLE_MAIN || header->rtm_type != RTN_UNICAST)
        return MNL_CB_OK;
    parse_attributes(listing, message, sizeof(*header));
    struct netlink_route route = {
        .destination = { get_ip(listing->attributes[RTA_DST]), header->rtm_dst_len },
        .gateway = get_ip(listing->attributes[RTA_GATEWAY]),
        .source = get_ip(listing->attributes[RTA_PREFSRC]),
        .index = listing->attributes[RTA_OIF] != NULL ? (int)mnl_attr_get_u32(listing->attributes[RTA_OIF]) : 0,
        .protocol = header->rtm_protocol,
    };
    listing->each.route(listing->context, &route);
    return MNL_CB_OK;
}

int netlink_each_route(struct netlink *netlink, enum ip_family family,
                       void (*each)(void *context, const struct netlink_route *route), void *context, struct error *err)
{
    struct listing listing = { .each.route = each, .context = context };
    return dump(netlink, RTM_GETROUTE, sizeof(struct rtmsg), family == IP_V6 ? AF_INET6 : AF_INET, on_route, &listing,
                err);
}

static int on_address(const struct nlmsghdr *message, void *data)
{
    struct listing *listing = data;
    const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
    parse_attributes(listing, message, sizeof(*header));
    const struct nlattr *const *attributes = listing->attributes;
    struct ip_prefix address = {
        get_ip(attributes[IFA_LOCAL] != NULL ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS]),
        header->ifa_prefixlen,
    };
    listing->each.address(listing->context, (int)header->ifa_index, &address);
    return MNL_CB_OK;
}

int netlink_each_address(struct netlink *netlink, enum ip_family family,
                         void (*each)(void *context, int index, const struct ip_prefix *address), void *context,
                         struct error *err)
{
    struct listing listing = { .each.address = each, .context = context };
    return dump(netlink, RTM_GETADDR, sizeof(struct ifaddrmsg), family == IP_V6 ? AF_INET6 : AF_INET, on_address,
                &listing, err);
}
