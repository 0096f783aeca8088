/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* hostport.c - the frame of tables, maps and chains is written anew with every addition, in the same
 * transaction: it costs little and repairs what somebody flushed. */
#include "node/cni/hostport.h"

#include <assert.h>
#include <string.h>

#include "net/nftables.h"

#define TABLE "coracle_hostports"

static const char *family_word(const struct ip *ip)
{
    return ip->family == IP_V6 ? "ip6" : "ip";
}

/* %1$s is ip or ip6, %2$s the address type, %3$s the host's loopback addresses. In IPv4 these lead to pods too, as the service proxy has
 * the kernel route them (route_localnet); who calls from such an address needs another. In IPv6 they cannot leave the host. */
static const char frame[] =
    "add table %1$s " TABLE "\n"
    "add map %1$s " TABLE " ports { type inet_proto . inet_service : %2$s . inet_service; }\n"
    "add map %1$s " TABLE " bound { type %2$s . inet_proto . inet_service : %2$s . inet_service; }\n"
    "add set %1$s " TABLE " hairpin { type %2$s . %2$s; }\n"
    "add chain %1$s " TABLE " translate\n"
    "add chain %1$s " TABLE " prerouting { type nat hook prerouting priority dstnat; }\n"
    "add chain %1$s " TABLE " output { type nat hook output priority -100; }\n"
    "add chain %1$s " TABLE " postrouting { type nat hook postrouting priority srcnat; }\n"
    "flush chain %1$s " TABLE " translate\n"
    "flush chain %1$s " TABLE " prerouting\n"
    "flush chain %1$s " TABLE " output\n"
    "flush chain %1$s " TABLE " postrouting\n"
    "add rule %1$s " TABLE " translate dnat %1$s to %1$s daddr . meta l4proto . th dport map @bound\n"
    "add rule %1$s " TABLE " translate dnat %1$s to meta l4proto . th dport map @ports\n"
    "add rule %1$s " TABLE " prerouting fib daddr type local jump translate\n"
    "add rule %1$s " TABLE " output oifname != \"lo\" fib daddr type local jump translate\n"
    "add rule %1$s " TABLE " output oifname \"lo\" %4$sfib daddr type local jump translate\n"
    "add rule %1$s " TABLE " postrouting %1$s saddr . %1$s daddr @hairpin masquerade\n"
    "add rule %1$s " TABLE " postrouting %1$s saddr %3$s oifname != \"lo\" ct status dnat masquerade\n";

/* The address of the port's family; NULL when the pod has none, and the mapping is not for it. */
static const struct ip *target_of(const struct cni_port *port, const struct ip *address)
{
    bool wanted = port->host_ip.family == IP_NONE || port->host_ip.family == address->family;
    return wanted ? address : NULL;
}

static bool for_all_addresses(const struct cni_port *port)
{
    static const struct ip none;
    return port->host_ip.family == IP_NONE ||
           memcmp(port->host_ip.bytes, none.bytes, sizeof(none.bytes)) == 0; /* 0.0.0.0 and :: */
}

static void add_element(struct buffer *commands, const struct cni_port *port, const struct ip *target)
{
    char address[IP_TEXT_SIZE], host[IP_TEXT_SIZE];
    ip_format(target, address);
    ip_format(&port->host_ip, host);
    const char *family = family_word(target);
    if (for_all_addresses(port))
        buffer_format(commands, "add element %s " TABLE " ports { %s . %u : %s . %u }\n", family, port->protocol,
                      port->host_port, address, port->container_port);
    else
        buffer_format(commands, "add element %s " TABLE " bound { %s . %s . %u : %s . %u }\n", family, host,
                      port->protocol, port->host_port, address, port->container_port);
    buffer_format(commands, "add element %s " TABLE " hairpin { %s . %s }\n", family, address, address);
}

int hostport_describe(const struct cni_config *config, const struct ip addresses[CNI_SUBNETS_MAX], struct buffer *text,
                      struct error *err)
{
    assert(addresses != NULL);
    for (size_t i = 0; i < config->n_ports; i++)
        for (size_t subnet = 0; subnet < config->n_subnets; subnet++) {
            const struct cni_port *port = &config->ports[i];
            const struct ip *target = target_of(port, &addresses[subnet]);
            if (target == NULL)
                continue;
            char address[IP_TEXT_SIZE], host[IP_TEXT_SIZE] = "";
            ip_format(target, address);
            if (!for_all_addresses(port))
                ip_format(&port->host_ip, host);
            buffer_format(text, "%s%s/%u/%s/%s", text->size > 0 ? " " : "", port->protocol, port->host_port, host,
                          address);
        }
    if (buffer_failed(text) || text->size > HOSTPORT_TEXT_MAX)
        return error_set(err, ERROR_LIMIT, "too many host ports");
    return 0;
}

static int run(const char *commands, struct error *err)
{
    struct nftables *nftables;
    int rc = nftables_open(-1, &nftables, err);
    if (rc < 0)
        return rc;
    rc = nftables_run(nftables, commands, NULL, err);
    nftables_close(nftables);
    return rc;
}

int hostport_add(const struct cni_config *config, const struct ip addresses[CNI_SUBNETS_MAX], struct error *err)
{
    auto_buffer struct buffer commands = { .max = 1 << 20 };
    for (size_t subnet = 0; subnet < config->n_subnets; subnet++) {
        bool v6 = addresses[subnet].family == IP_V6;
        buffer_format(&commands, frame, v6 ? "ip6" : "ip", v6 ? "ipv6_addr" : "ipv4_addr", v6 ? "::1" : "127.0.0.0/8",
                      v6 ? "ip6 daddr != ::1 " : "");
        for (size_t i = 0; i < config->n_ports; i++) {
            const struct ip *target = target_of(&config->ports[i], &addresses[subnet]);
            if (target != NULL)
                add_element(&commands, &config->ports[i], target);
        }
    }
    if (buffer_failed(&commands))
        return error_set(err, ERROR_LIMIT, "too many host ports");
    int rc = run(commands.data, err);
    return error_wrap_code(err, rc, "host ports (one may be taken)");
}

static int run_unless_gone(struct nftables *nftables, const char *commands, struct error *err)
{
    struct error refused = { 0 };
    int rc = nftables_run(nftables, commands, NULL, &refused);
    bool gone = rc < 0 && strstr(refused.message, "No such file or directory") != NULL;
    return rc < 0 && !gone ? error_set(err, ERROR_SYSTEM, "%s", refused.message) : 0;
}

/* Whether the map gives this port to that address: an ADD that failed on a taken port is undone by DEL too. */
static bool leads_to(struct nftables *nftables, const char *family, const char *element, struct str address)
{
    auto_buffer struct buffer commands = { .max = 4096 }, shown = { .max = 1 << 16 }, value = { .max = 256 };
    buffer_format(&commands, "get element %s " TABLE " %s\n", family, element);
    buffer_format(&value, " : " STR_FMT " . ", STR_ARG(address));
    return nftables_run(nftables, commands.data, &shown, NULL) == 0 && shown.data != NULL &&
           strstr(shown.data, value.data) != NULL;
}

/* One mapping a transaction: a mapping that is gone must not keep the others. */
static int remove_one(struct nftables *nftables, struct str line, struct error *err)
{
    struct str protocol, port, host, address;
    struct ip target;
    if (!str_next(&line, '/', &protocol) || !str_next(&line, '/', &port) || !str_next(&line, '/', &host) ||
        !str_next(&line, '/', &address) || !ip_parse(address, &target))
        return 0; /* not written by us */
    auto_buffer struct buffer commands = { .max = 4096 }, element = { .max = 1024 };
    const char *family = family_word(&target);
    buffer_format(&element, "%s { ", host.size > 0 ? "bound" : "ports");
    if (host.size > 0)
        buffer_format(&element, STR_FMT " . ", STR_ARG(host));
    buffer_format(&element, STR_FMT " . " STR_FMT " }", STR_ARG(protocol), STR_ARG(port));
    if (leads_to(nftables, family, element.data, address)) {
        buffer_format(&commands, "delete element %s " TABLE " " STR_FMT "\n", family, STR_ARG(buffer_str(&element)));
        int rc = run_unless_gone(nftables, commands.data, err);
        if (rc < 0)
            return rc;
        buffer_clear(&commands);
    }
    buffer_format(&commands, "delete element %s " TABLE " hairpin { " STR_FMT " . " STR_FMT " }\n", family,
                  STR_ARG(address), STR_ARG(address));
    return run_unless_gone(nftables, commands.data, err); /* once for all its ports: the next ones find none */
}

int hostport_remove(struct str text, struct error *err)
{
    struct nftables *nftables;
    int rc = nftables_open(-1, &nftables, err);
    struct str line;
    if (rc < 0)
        return rc;
    while (rc == 0 && str_next(&text, ' ', &line))
        rc = remove_one(nftables, line, err);
    nftables_close(nftables);
    return rc;
}
