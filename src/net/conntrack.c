/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conntrack.c - ctnetlink messages over libmnl. */
#include "net/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/netlink_socket.h"

#define ANSWER_SIZE 32768

static struct nlmsghdr *start(void *space, uint16_t message_type, uint16_t flags, enum ip_family family,
                              uint32_t sequence)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(space);
    message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | message_type);
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = sequence;
    struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
    header->nfgen_family = family == IP_V6 ? AF_INET6 : AF_INET;
    header->version = NFNETLINK_V0;
    return message;
}

/* ---------------------------------------------------------------- listing */

struct listing {
    uint8_t protocol;
    void (*each)(void *context, const struct conntrack_flow *flow);
    void *context;
};

static const struct nlattr *find_nested(const struct nlattr *nest, uint16_t type)
{
    const struct nlattr *attribute;
    if (nest != NULL)
        mnl_attr_for_each_nested(attribute, nest) if (mnl_attr_get_type(attribute) == type) return attribute;
    return NULL;
}

static struct ip get_ip(const struct nlattr *nest, uint16_t v4, uint16_t v6)
{
    struct ip ip = { 0 };
    const struct nlattr *attribute = find_nested(nest, v4);
    if (attribute != NULL && mnl_attr_get_payload_len(attribute) == 4) {
        ip.family = IP_V4;
        memcpy(ip.bytes, mnl_attr_get_payload(attribute), 4);
    } else if ((attribute = find_nested(nest, v6)) != NULL && mnl_attr_get_payload_len(attribute) == 16) {
        ip.family = IP_V6;
        memcpy(ip.bytes, mnl_attr_get_payload(attribute), 16);
    }
    return ip;
}

static uint16_t get_port(const struct nlattr *nest, uint16_t type)
{
    const struct nlattr *attribute = find_nested(nest, type);
    return attribute != NULL && mnl_attr_get_payload_len(attribute) == 2 ? ntohs(mnl_attr_get_u16(attribute)) : 0;
}

static uint8_t get_tuple(const struct nlattr *nest, struct conntrack_tuple *tuple)
{
    const struct nlattr *addresses = find_nested(nest, CTA_TUPLE_IP), *ports = find_nested(nest, CTA_TUPLE_PROTO);
    const struct nlattr *protocol = find_nested(ports, CTA_PROTO_NUM);
    tuple->source = get_ip(addresses, CTA_IP_V4_SRC, CTA_IP_V6_SRC);
    tuple->destination = get_ip(addresses, CTA_IP_V4_DST, CTA_IP_V6_DST);
    tuple->source_port = get_port(ports, CTA_PROTO_SRC_PORT);
    tuple->destination_port = get_port(ports, CTA_PROTO_DST_PORT);
    return protocol != NULL ? mnl_attr_get_u8(protocol) : 0;
}

static int on_flow(const struct nlmsghdr *message, void *data)
{
    const struct listing *listing = data;
    struct conntrack_flow flow = { 0 };
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, sizeof(struct nfgenmsg))
    {
        if (mnl_attr_get_type(attribute) == CTA_TUPLE_ORIG)
            flow.protocol = get_tuple(attribute, &flow.original);
        else if (mnl_attr_get_type(attribute) == CTA_TUPLE_REPLY)
            get_tuple(attribute, &flow.reply);
    }
    if (flow.protocol == listing->protocol)
        listing->each(listing->context, &flow);
    return MNL_CB_OK;
}

int conntrack_each(int namespace_fd, enum ip_family family, uint8_t protocol,
                   void (*each)(void *context, const struct conntrack_flow *flow), void *context, struct error *err)
{
    struct mnl_socket *socket = NULL;
    int rc = netlink_socket_open(namespace_fd, NETLINK_NETFILTER, "conntrack", &socket, err);
    if (rc < 0)
        return rc;
    struct listing listing = { protocol, each, context };
    autofree char *buffer = memory_alloc(ANSWER_SIZE);
    memset(buffer, 0, 256);
    struct nlmsghdr *message = start(buffer, IPCTNL_MSG_CT_GET, NLM_F_DUMP, family, 1);
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        rc = error_errno(err, "ask for the tracked flows");
    for (int state = MNL_CB_OK; rc == 0 && state != MNL_CB_STOP;) {
        ssize_t size = mnl_socket_recvfrom(socket, buffer, ANSWER_SIZE);
        if (size < 0 && errno == EINTR)
            continue;
        state = size < 0 ? MNL_CB_ERROR
                         : mnl_cb_run(buffer, (size_t)size, 1, mnl_socket_get_portid(socket), on_flow, &listing);
        if (state == MNL_CB_ERROR)
            rc = error_errno(err, "list the tracked flows");
    }
    mnl_socket_close(socket);
    return rc;
}

/* ---------------------------------------------------------------- forgetting */

static void put_tuple(struct nlmsghdr *message, const struct conntrack_flow *flow)
{
    const struct conntrack_tuple *tuple = &flow->original;
    bool v6 = tuple->source.family == IP_V6;
    struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);
    struct nlattr *part = mnl_attr_nest_start(message, CTA_TUPLE_IP);
    mnl_attr_put(message, v6 ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, ip_size(&tuple->source), tuple->source.bytes);
    mnl_attr_put(message, v6 ? CTA_IP_V6_DST : CTA_IP_V4_DST, ip_size(&tuple->destination), tuple->destination.bytes);
    mnl_attr_nest_end(message, part);
    part = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
    mnl_attr_put_u8(message, CTA_PROTO_NUM, flow->protocol);
    mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(tuple->source_port));
    mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(tuple->destination_port));
    mnl_attr_nest_end(message, part);
    mnl_attr_nest_end(message, nest);
}

static int delete_one(struct mnl_socket *socket, const struct conntrack_flow *flow, uint32_t sequence)
{
    char space[1024] = { 0 };
    struct nlmsghdr *message =
        start(space, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, (enum ip_family)flow->original.source.family, sequence);
    put_tuple(message, flow);
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        return -1;
    ssize_t size;
    do
        size = mnl_socket_recvfrom(socket, space, sizeof(space));
    while (size < 0 && errno == EINTR);
    if (size < 0 || mnl_cb_run(space, (size_t)size, sequence, mnl_socket_get_portid(socket), NULL, NULL) < 0)
        return errno == ENOENT ? 0 : -1;
    return 0;
}

int conntrack_delete(int namespace_fd, const struct conntrack_flow *flows, size_t count, struct error *err)
{
    struct mnl_socket *socket = NULL;
    int rc = netlink_socket_open(namespace_fd, NETLINK_NETFILTER, "conntrack", &socket, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count && rc == 0; i++)
        if (delete_one(socket, &flows[i], (uint32_t)i + 1) < 0)
            rc = error_errno(err, "forget a tracked flow");
    mnl_socket_close(socket);
    return rc;
}
