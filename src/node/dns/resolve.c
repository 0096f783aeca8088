/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resolve.c - what each name means (Kubernetes DNS-based service discovery, version 1.1.0):
 *
 *   dns-version.<domain>                 TXT
 *   SERVICE.NS.svc.<domain>              A, AAAA: cluster IPs, or all ready endpoints; CNAME of an ExternalName; SRV
 *   HOST.SERVICE.NS.svc.<domain>         A, AAAA of one endpoint
 *   _PORT._PROTO.SERVICE.NS.svc.<domain> SRV
 *   A-B-C-D.NS.pod.<domain>              A, AAAA: the address that the name says
 *
 * A name with nothing of the asked type, or with names below it, is NODATA: success without
 * answers; any other is NXDOMAIN. Both carry the SOA, so that resolvers may remember it. */
#include "node/dns/resolve.h"

#include <ctype.h>
#include <libknot/libknot.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX  40  /* of a name that could be ours (34 of an IPv6 reverse name); a longer one is not */
#define ANSWERS_MAX 512 /* of one query; a client has no use for more */
#define EXTRAS_MAX  64  /* record sets of the additional section */
#define ALIASES_MAX 8   /* that follow each other inside the cluster */
#define SRV_WEIGHTS 100 /* shared by the endpoints of a headless service, as CoreDNS does */

/* A name as labels, lower case, most specific first. */
struct name {
    struct str labels[LABELS_MAX];
    size_t count;
    char text[DNS_NAME_MAX + 1];
};

struct response {
    const struct dns_resolver *resolver;
    const struct dns_query *query;
    struct arena *arena;
    knot_mm_t mm;
    knot_pkt_t *question, *packet;
    uint16_t type;
    const knot_dname_t *owner; /* of the answers: the name asked for, or its alias */
    knot_rrset_t answer;       /* of the asked type */
    knot_rrset_t *extra;       /* of SRV targets; made when first needed */
    size_t n_answers, n_extra;
    bool aliased;
};

enum finding { FOUND_NAME, FOUND_NOTHING, FOUND_ALIAS_OUTSIDE };

/* ---------------------------------------------------------------- names */

static bool split_name(const knot_dname_t *wire, struct name *name)
{
    size_t used = 0;
    name->count = 0;
    while (*wire != 0) {
        size_t size = *wire++;
        if (name->count == LABELS_MAX || used + size > DNS_NAME_MAX)
            return false;
        for (size_t i = 0; i < size; i++)
            name->text[used + i] = (char)tolower(wire[i]);
        name->labels[name->count++] = (struct str){ name->text + used, size };
        used += size;
        wire += size;
    }
    return true;
}

/* Takes the domain's labels off the end; false when the name is not below it. */
static bool strip_domain(struct name *name, const char *domain)
{
    struct str labels[LABELS_MAX], rest = str_of(domain), label;
    size_t count = 0;
    while (str_next(&rest, '.', &label))
        if (label.size > 0 && count < LABELS_MAX)
            labels[count++] = label;
    if (name->count < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!str_equal_nocase(name->labels[name->count - count + i], labels[i]))
            return false;
    name->count -= count;
    return true;
}

static knot_dname_t *make_name(struct response *response, const char *format, ...) printf_like(2, 3);

/* A name below the cluster's domain; NULL when it would be too long. */
static knot_dname_t *make_name(struct response *response, const char *format, ...)
{
    char text[2 * DNS_NAME_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof(text))
        return NULL;
    size_t left = sizeof(text) - (size_t)size;
    if ((size_t)snprintf(text + size, left, "%s%s.", size > 0 ? "." : "", response->resolver->domain) >= left)
        return NULL;
    uint8_t *room = arena_alloc(response->arena, DNS_NAME_MAX + 1);
    return knot_dname_from_str(room, text, DNS_NAME_MAX);
}

/* ---------------------------------------------------------------- records */

static void add_rdata(struct response *response, knot_rrset_t *set, const uint8_t *data, size_t size)
{
    if (knot_rrset_add_rdata(set, data, (uint16_t)size, &response->mm) == KNOT_EOK && set == &response->answer)
        response->n_answers++;
}

static void add_address(struct response *response, knot_rrset_t *set, const struct ip *ip)
{
    add_rdata(response, set, ip->bytes, ip_size(ip));
}

static bool type_is_of(uint16_t type, const struct ip *ip)
{
    return type == (ip->family == IP_V4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA);
}

static void answer_address(struct response *response, const struct ip *ip)
{
    if (type_is_of(response->type, ip) && response->n_answers < ANSWERS_MAX)
        add_address(response, &response->answer, ip);
}

/* The address of an SRV target, in the additional section, once. */
static void add_extra(struct response *response, knot_dname_t *owner, const struct ip *ip)
{
    uint16_t type = ip->family == IP_V4 ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA;
    for (size_t i = 0; i < response->n_extra; i++) {
        knot_rrset_t *set = &response->extra[i];
        if (set->type == type && knot_dname_is_equal(set->owner, owner)) {
            add_address(response, set, ip);
            return;
        }
    }
    if (response->n_extra == EXTRAS_MAX)
        return;
    if (response->extra == NULL)
        response->extra = arena_new_array(response->arena, knot_rrset_t, EXTRAS_MAX);
    knot_rrset_t *set = &response->extra[response->n_extra++];
    knot_rrset_init(set, owner, type, KNOT_CLASS_IN, response->resolver->ttl);
    add_address(response, set, ip);
}

static void answer_service_location(struct response *response, const knot_dname_t *target, uint16_t port,
                                    uint16_t weight)
{
    uint8_t data[6 + DNS_NAME_MAX + 1];
    size_t size = knot_dname_size(target);
    if (response->n_answers >= ANSWERS_MAX)
        return;
    knot_wire_write_u16(data, 0); /* priority */
    knot_wire_write_u16(data + 2, weight);
    knot_wire_write_u16(data + 4, port);
    memcpy(data + 6, target, size);
    add_rdata(response, &response->answer, data, 6 + size);
}

static knot_rrset_t *make_soa(struct response *response)
{
    uint8_t data[2 * (DNS_NAME_MAX + 1) + 20];
    const knot_dname_t *server = make_name(response, "ns.dns"), *owner = make_name(response, "hostmaster");
    knot_dname_t *zone = make_name(response, "%s", "");
    if (server == NULL || owner == NULL || zone == NULL)
        return NULL;
    size_t size = knot_dname_size(server);
    memcpy(data, server, size);
    memcpy(data + size, owner, knot_dname_size(owner));
    size += knot_dname_size(owner);
    const uint32_t numbers[] = { dns_index_serial(response->resolver->index), 7200, 1800, 86400,
                                 response->resolver->ttl };
    for (size_t i = 0; i < countof(numbers); i++, size += 4)
        knot_wire_write_u32(data + size, numbers[i]);
    knot_rrset_t *soa = arena_new(response->arena, knot_rrset_t);
    knot_rrset_init(soa, zone, KNOT_RRTYPE_SOA, KNOT_CLASS_IN, response->resolver->ttl);
    knot_rrset_add_rdata(soa, data, (uint16_t)size, &response->mm);
    return soa;
}

/* ---------------------------------------------------------------- services */

static bool port_matches(const struct dns_port *port, struct str name, struct str protocol)
{
    return (name.data == NULL || str_is(name, port->name)) &&
           (protocol.data == NULL || str_is(protocol, port->protocol));
}

static size_t count_locations(const struct dns_service *service, struct str port, struct str protocol)
{
    size_t count = 0;
    for (size_t i = service->n_cluster_ips; i < service->n_addresses; i++)
        for (size_t j = 0; j < service->addresses[i].n_ports; j++)
            count += port_matches(&service->endpoint_ports[service->addresses[i].first_port + j], port, protocol);
    return count;
}

static void locate_endpoints(struct response *response, const struct dns_service *service, struct str port,
                             struct str protocol)
{
    size_t count = count_locations(service, port, protocol);
    uint16_t weight = (uint16_t)(count == 0 || count > SRV_WEIGHTS ? 1 : SRV_WEIGHTS / count);
    for (size_t i = service->n_cluster_ips; i < service->n_addresses; i++) {
        const struct dns_address *address = &service->addresses[i];
        knot_dname_t *target = make_name(response, "%s." STR_FMT "." STR_FMT ".svc", address->host,
                                         STR_ARG(service->name), STR_ARG(service->namespace_));
        for (size_t j = 0; target != NULL && j < address->n_ports; j++) {
            const struct dns_port *own = &service->endpoint_ports[address->first_port + j];
            if (!port_matches(own, port, protocol))
                continue;
            answer_service_location(response, target, own->number, weight);
            add_extra(response, target, &address->ip);
        }
    }
}

static bool has_port(const struct dns_service *service, struct str port, struct str protocol)
{
    for (size_t i = 0; i < service->n_ports; i++)
        if (port_matches(&service->ports[i], port, protocol))
            return true;
    return service->kind == DNS_HEADLESS && count_locations(service, port, protocol) > 0;
}

/* SRV of the service: of all its ports, or the one that 'port' and 'protocol' (data NULL: any) name. */
static void locate(struct response *response, const struct dns_service *service, struct str port, struct str protocol)
{
    if (response->type != KNOT_RRTYPE_SRV)
        return;
    if (service->kind == DNS_HEADLESS) {
        locate_endpoints(response, service, port, protocol);
        return;
    }
    knot_dname_t *target =
        make_name(response, STR_FMT "." STR_FMT ".svc", STR_ARG(service->name), STR_ARG(service->namespace_));
    for (size_t i = 0; target != NULL && i < service->n_ports; i++) {
        if (!port_matches(&service->ports[i], port, protocol))
            continue;
        answer_service_location(response, target, service->ports[i].number, SRV_WEIGHTS);
        for (size_t j = 0; j < service->n_cluster_ips; j++)
            add_extra(response, target, &service->addresses[j].ip);
    }
}

static void answer_service(struct response *response, const struct dns_service *service)
{
    size_t begin = service->kind == DNS_HEADLESS ? service->n_cluster_ips : 0;
    size_t end = service->kind == DNS_HEADLESS ? service->n_addresses : service->n_cluster_ips;
    for (size_t i = begin; i < end; i++)
        answer_address(response, &service->addresses[i].ip);
    locate(response, service, (struct str){ 0 }, (struct str){ 0 });
}

static enum finding answer_endpoint(struct response *response, const struct dns_service *service, struct str host)
{
    enum finding finding = FOUND_NOTHING;
    for (size_t i = service->n_cluster_ips; i < service->n_addresses; i++)
        if (str_is(host, service->addresses[i].host)) {
            answer_address(response, &service->addresses[i].ip);
            finding = FOUND_NAME;
        }
    return finding;
}

static enum finding answer_port(struct response *response, const struct dns_service *service, struct str port,
                                struct str protocol)
{
    if (service->kind == DNS_EXTERNAL || port.size < 2 || protocol.size < 2 || port.data[0] != '_' ||
        protocol.data[0] != '_')
        return FOUND_NOTHING;
    port = str_skip(port, 1);
    protocol = str_skip(protocol, 1);
    if (!has_port(service, port, protocol))
        return FOUND_NOTHING;
    locate(response, service, port, protocol);
    return FOUND_NAME;
}

/* "_tcp" above the names of ports: it is there when a port of that protocol is. */
static enum finding answer_protocol(const struct dns_service *service, struct str protocol)
{
    if (protocol.size < 2 || protocol.data[0] != '_' || service->kind == DNS_EXTERNAL)
        return FOUND_NOTHING;
    return has_port(service, (struct str){ 0 }, str_skip(protocol, 1)) ? FOUND_NAME : FOUND_NOTHING;
}

static enum finding answer_alias(struct response *response, const struct dns_service *service);

/* labels: what stands before "svc.<domain>", most specific first. */
static enum finding find_service(struct response *response, const struct str *labels, size_t count)
{
    const struct dns_index *index = response->resolver->index;
    if (count == 0 || count > 4)
        return count == 0 ? FOUND_NAME : FOUND_NOTHING;
    if (count == 1)
        return dns_index_has_namespace(index, labels[0]) ? FOUND_NAME : FOUND_NOTHING;
    const struct dns_service *service = dns_index_find(index, labels[count - 2], labels[count - 1]);
    if (service == NULL)
        return FOUND_NOTHING;
    if (count == 2 && service->kind == DNS_EXTERNAL)
        return answer_alias(response, service);
    if (count == 2) {
        answer_service(response, service);
        return FOUND_NAME;
    }
    if (count == 3)
        return labels[0].data[0] == '_' ? answer_protocol(service, labels[0])
                                        : answer_endpoint(response, service, labels[0]);
    return answer_port(response, service, labels[0], labels[1]);
}

/* ---------------------------------------------------------------- pods, and the zone's own names */

/* "10-244-1-5" is an address by itself; in IPv6 the dashes are colons. */
static bool parse_dashed(struct str label, struct ip *ret_ip)
{
    char v4[64], v6[64];
    if (label.size >= sizeof(v4))
        return false;
    for (size_t i = 0; i < label.size; i++) {
        v4[i] = label.data[i] == '-' ? '.' : label.data[i];
        v6[i] = label.data[i] == '-' ? ':' : label.data[i];
    }
    return ip_parse((struct str){ v4, label.size }, ret_ip) || ip_parse((struct str){ v6, label.size }, ret_ip);
}

static enum finding find_pod(struct response *response, const struct str *labels, size_t count)
{
    struct ip ip;
    if (count == 0)
        return FOUND_NAME;
    if (count > 2 || !dns_index_has_namespace(response->resolver->index, labels[count - 1]))
        return FOUND_NOTHING;
    if (count == 1)
        return FOUND_NAME;
    if (!parse_dashed(labels[0], &ip))
        return FOUND_NOTHING;
    answer_address(response, &ip);
    return FOUND_NAME;
}

static enum finding find_apex(struct response *response)
{
    const knot_rrset_t *soa;
    const knot_dname_t *server;
    if (response->type == KNOT_RRTYPE_SOA && (soa = make_soa(response)) != NULL)
        add_rdata(response, &response->answer, soa->rrs.rdata->data, soa->rrs.rdata->len);
    if (response->type == KNOT_RRTYPE_NS && (server = make_name(response, "ns.dns")) != NULL)
        add_rdata(response, &response->answer, server, knot_dname_size(server));
    return FOUND_NAME;
}

static enum finding find_in_domain(struct response *response, const struct name *name)
{
    static const uint8_t version[] = "\0051.1.0";
    size_t count = name->count;
    if (count == 0)
        return find_apex(response);
    struct str last = name->labels[count - 1];
    if (str_equal(last, STR("svc")))
        return find_service(response, name->labels, count - 1);
    if (str_equal(last, STR("pod")))
        return find_pod(response, name->labels, count - 1);
    if (count == 1 && str_equal(last, STR("dns-version"))) {
        if (response->type == KNOT_RRTYPE_TXT)
            add_rdata(response, &response->answer, version, sizeof(version) - 1);
        return FOUND_NAME;
    }
    if (str_equal(last, STR("dns")) && (count == 1 || (count == 2 && str_equal(name->labels[0], STR("ns"))))) {
        for (size_t i = 0; count == 2 && i < response->resolver->n_own; i++)
            answer_address(response, &response->resolver->own[i]);
        return FOUND_NAME;
    }
    return FOUND_NOTHING;
}

/* ---------------------------------------------------------------- aliases */

static void begin_answer(struct response *response, const knot_dname_t *owner)
{
    response->owner = owner;
    response->n_answers = 0;
    knot_rrset_init(&response->answer, (knot_dname_t *)owner, response->type, KNOT_CLASS_IN, response->resolver->ttl);
}

/* The CNAME goes into the packet at once: aliases may follow each other. Then the alias is looked up, when it is a
 * name of the cluster: stub resolvers do not do that themselves. */
static enum finding answer_alias(struct response *response, const struct dns_service *service)
{
    char text[DNS_NAME_MAX + 2];
    uint8_t *target = arena_alloc(response->arena, DNS_NAME_MAX + 1);
    size_t size = strlen(text_or_empty(service->external_name));
    if (size == 0 || size > DNS_NAME_MAX)
        return FOUND_NAME;
    bool rooted = service->external_name[size - 1] == '.';
    snprintf(text, sizeof(text), "%s%s", service->external_name, rooted ? "" : ".");
    if (knot_dname_from_str(target, text, DNS_NAME_MAX) == NULL)
        return FOUND_NAME;
    knot_rrset_t *alias = arena_new(response->arena, knot_rrset_t);
    knot_rrset_init(alias, (knot_dname_t *)response->owner, KNOT_RRTYPE_CNAME, KNOT_CLASS_IN, response->resolver->ttl);
    knot_rrset_add_rdata(alias, target, (uint16_t)knot_dname_size(target), &response->mm);
    response->aliased = true;
    if (knot_pkt_put(response->packet, KNOT_COMPR_HINT_NONE, alias, 0) != KNOT_EOK ||
        response->type == KNOT_RRTYPE_CNAME)
        return FOUND_NAME;
    begin_answer(response, target);
    return FOUND_ALIAS_OUTSIDE;
}

/* ---------------------------------------------------------------- reverse names */

/* The address of a name below in-addr.arpa or ip6.arpa; false for others and for incomplete ones. */
static bool parse_reverse(const struct name *name, struct ip *ret_ip)
{
    struct ip ip = { 0 };
    bool v4 = name->count == 6 && str_equal(name->labels[4], STR("in-addr"));
    bool v6 = name->count == 34 && str_equal(name->labels[32], STR("ip6"));
    if (!v4 && !v6)
        return false;
    if (!str_equal(name->labels[name->count - 1], STR("arpa")))
        return false;
    ip.family = v4 ? IP_V4 : IP_V6;
    for (size_t i = 0; i < (v4 ? 4u : 32u); i++) {
        uint64_t value;
        struct str label = name->labels[i];
        if (v4) {
            if (label.size > 3 || !str_to_uint64(label, &value) || value > 255)
                return false;
            ip.bytes[3 - i] = (uint8_t)value;
        } else {
            if (label.size != 1 || !isxdigit((unsigned char)label.data[0]))
                return false;
            value = (uint64_t)(isdigit((unsigned char)label.data[0]) ? label.data[0] - '0' : label.data[0] - 'a' + 10);
            ip.bytes[15 - i / 2] |= (uint8_t)(value << (i % 2 * 4));
        }
    }
    *ret_ip = ip;
    return true;
}

/* False: the address is nobody's here, upstream may know it. */
static bool answer_reverse(struct response *response, const struct name *name)
{
    struct ip ip;
    const struct list *found = parse_reverse(name, &ip) ? dns_index_at(response->resolver->index, &ip) : NULL;
    if (found == NULL)
        return false;
    const struct dns_address *address;
    list_for_each (found, address, by_ip) {
        const struct dns_service *service = address->service;
        const knot_dname_t *target =
            make_name(response, "%s%s" STR_FMT "." STR_FMT ".svc", address->host, address->endpoint ? "." : "",
                      STR_ARG(service->name), STR_ARG(service->namespace_));
        if (response->type == KNOT_RRTYPE_PTR && target != NULL && response->n_answers < ANSWERS_MAX)
            add_rdata(response, &response->answer, target, knot_dname_size(target));
    }
    return true;
}

/* ---------------------------------------------------------------- responses */

static void *arena_mm_alloc(void *context, size_t size)
{
    return arena_alloc(context, size);
}

static void arena_mm_free(void *pointer)
{
    (void)pointer; /* goes with the arena */
}

static knot_pkt_t *parse(struct str wire, knot_mm_t *mm)
{
    if (wire.size < KNOT_WIRE_HEADER_SIZE || wire.size > DNS_MESSAGE_MAX)
        return NULL;
    knot_pkt_t *packet = knot_pkt_new((void *)(uintptr_t)wire.data, (uint16_t)wire.size, mm);
    return packet != NULL && knot_pkt_parse(packet, 0) == KNOT_EOK ? packet : NULL;
}

static uint16_t room_for(const struct dns_query *query, const knot_pkt_t *question)
{
    if (!query->udp)
        return DNS_MESSAGE_MAX;
    uint16_t room = knot_pkt_has_edns(question) ? knot_edns_get_payload(question->opt_rr) : 512;
    return room < 512 ? 512 : room > DNS_UDP_MAX ? DNS_UDP_MAX : room;
}

/* The packet with header, question and room kept for the OPT record. */
static bool start_response(struct response *response, uint8_t *out)
{
    uint16_t room = room_for(response->query, response->question);
    response->packet = knot_pkt_new(out, room, &response->mm);
    if (response->packet == NULL || knot_pkt_init_response(response->packet, response->question) != KNOT_EOK)
        return false;
    knot_wire_set_ra(out);
    if (knot_pkt_has_edns(response->question)) {
        knot_rrset_t *opt = arena_new(response->arena, knot_rrset_t);
        knot_edns_init(opt, DNS_UDP_MAX, 0, KNOT_EDNS_VERSION, &response->mm);
        response->packet->opt_rr = opt;
        knot_pkt_reserve(response->packet, (uint16_t)knot_edns_wire_size(opt));
    }
    knot_pkt_begin(response->packet, KNOT_ANSWER);
    return true;
}

static size_t end_response(struct response *response)
{
    knot_pkt_t *packet = response->packet;
    if (packet->opt_rr != NULL) {
        knot_rrset_t *opt = packet->opt_rr;
        packet->opt_rr = NULL;
        if (packet->current < KNOT_ADDITIONAL)
            knot_pkt_begin(packet, KNOT_ADDITIONAL);
        knot_pkt_reclaim(packet, (uint16_t)knot_edns_wire_size(opt));
        if (knot_pkt_put(packet, KNOT_COMPR_HINT_NONE, opt, 0) != KNOT_EOK)
            return 0;
    }
    return packet->size;
}

static size_t write_answers(struct response *response, enum finding finding)
{
    knot_pkt_t *packet = response->packet;
    knot_wire_set_aa(packet->wire);
    int rc = KNOT_EOK;
    if (response->n_answers > 0) {
        uint16_t hint = response->aliased ? KNOT_COMPR_HINT_NONE : KNOT_COMPR_HINT_QNAME;
        uint16_t rotate = (uint16_t)(response->query->random % response->n_answers);
        rc = knot_pkt_put_rotate(packet, hint, &response->answer, rotate, 0);
        knot_pkt_begin(packet, KNOT_AUTHORITY);
        knot_pkt_begin(packet, KNOT_ADDITIONAL);
        for (size_t i = 0; rc == KNOT_EOK && i < response->n_extra; i++)
            if (knot_pkt_put(packet, KNOT_COMPR_HINT_NONE, &response->extra[i], KNOT_PF_NOTRUNC) != KNOT_EOK)
                break; /* they are a courtesy: what does not fit is left out */
    } else {
        if (finding == FOUND_NOTHING)
            knot_wire_set_rcode(packet->wire, KNOT_RCODE_NXDOMAIN);
        knot_rrset_t *soa = make_soa(response);
        knot_pkt_begin(packet, KNOT_AUTHORITY);
        if (soa != NULL && !response->aliased)
            knot_pkt_put(packet, KNOT_COMPR_HINT_NONE, soa, KNOT_PF_NOTRUNC);
    }
    return end_response(response);
}

/* Follows aliases inside the cluster; FOUND_ALIAS_OUTSIDE leaves the outside name in response->owner. */
static enum finding look_up(struct response *response, struct name *name)
{
    enum finding finding = find_in_domain(response, name);
    for (int i = 0; finding == FOUND_ALIAS_OUTSIDE && i < ALIASES_MAX; i++) {
        if (!split_name(response->owner, name) || !strip_domain(name, response->resolver->domain))
            return FOUND_ALIAS_OUTSIDE;
        finding = find_in_domain(response, name);
    }
    return finding == FOUND_ALIAS_OUTSIDE ? FOUND_NAME : finding; /* a circle of aliases has no answers */
}

static struct response *open_response(const struct dns_resolver *resolver, const struct dns_query *query,
                                      struct arena *arena, uint8_t *out)
{
    struct response *response = arena_alloc(arena, sizeof(*response));
    *response = (struct response){ .resolver = resolver, .query = query, .arena = arena };
    response->mm = (knot_mm_t){ arena, arena_mm_alloc, arena_mm_free };
    response->question = parse(query->wire, &response->mm);
    if (response->question == NULL || !start_response(response, out))
        return NULL;
    response->type = knot_pkt_qtype(response->question);
    begin_answer(response, knot_pkt_qname(response->question));
    return response;
}

/* What is not a standard query for one name gets its own code. KNOT_RCODE_NOERROR: go on. */
static uint8_t refuse(const uint8_t *wire, const knot_pkt_t *question)
{
    if (knot_wire_get_opcode(wire) != KNOT_OPCODE_QUERY)
        return KNOT_RCODE_NOTIMPL;
    if (knot_wire_get_qdcount(wire) != 1)
        return KNOT_RCODE_FORMERR;
    uint16_t type = knot_pkt_qtype(question);
    if (type == KNOT_RRTYPE_AXFR || type == KNOT_RRTYPE_IXFR)
        return KNOT_RCODE_REFUSED;
    return KNOT_RCODE_NOERROR;
}

bool dns_is_query(struct str wire)
{
    return wire.size >= KNOT_WIRE_HEADER_SIZE && !knot_wire_get_qr((const uint8_t *)wire.data);
}

enum dns_verdict dns_resolve(const struct dns_resolver *resolver, const struct dns_query *query, struct arena *arena,
                             uint8_t *out, size_t *ret_size, uint8_t alias[DNS_NAME_MAX])
{
    const uint8_t *wire = (const uint8_t *)query->wire.data;
    if (!dns_is_query(query->wire))
        return DNS_DROP;
    struct response *response = open_response(resolver, query, arena, out);
    uint8_t code = response == NULL ? KNOT_RCODE_FORMERR : refuse(wire, response->question);
    if (code != KNOT_RCODE_NOERROR) {
        *ret_size = dns_make_failure(query->wire, code, arena, out);
        return *ret_size > 0 ? DNS_ANSWERED : DNS_DROP;
    }
    if (knot_pkt_has_edns(response->question) && knot_edns_get_version(response->question->opt_rr) != 0) {
        knot_edns_set_ext_rcode(response->packet->opt_rr, KNOT_RCODE_BADVERS >> 4);
        *ret_size = end_response(response);
        return DNS_ANSWERED;
    }
    struct name name;
    if (knot_pkt_qclass(response->question) != KNOT_CLASS_IN || !split_name(response->owner, &name))
        return DNS_FORWARD;
    if (!strip_domain(&name, resolver->domain)) {
        if (!answer_reverse(response, &name))
            return DNS_FORWARD;
        *ret_size = write_answers(response, FOUND_NAME);
        return DNS_ANSWERED;
    }
    enum finding finding = look_up(response, &name);
    if (finding == FOUND_ALIAS_OUTSIDE) {
        memcpy(alias, response->owner, knot_dname_size(response->owner));
        return DNS_CHASE;
    }
    *ret_size = write_answers(response, finding);
    return DNS_ANSWERED;
}

void dns_finish_alias(const struct dns_resolver *resolver, const struct dns_query *query, struct str upstream,
                      struct arena *arena, uint8_t *out, size_t *ret_size)
{
    struct name name;
    *ret_size = 0;
    struct response *response = open_response(resolver, query, arena, out);
    if (response == NULL || response->owner == NULL || !split_name(response->owner, &name) ||
        !strip_domain(&name, resolver->domain))
        return;
    look_up(response, &name); /* writes the CNAMEs again; the index may have moved on, then these are the newer ones */
    knot_pkt_t *answer = upstream.data != NULL ? parse(upstream, &response->mm) : NULL;
    if (answer != NULL) {
        const knot_pktsection_t *section = knot_pkt_section(answer, KNOT_ANSWER);
        for (uint16_t i = 0; i < section->count; i++)
            if (knot_pkt_put(response->packet, KNOT_COMPR_HINT_NONE, knot_pkt_rr(section, i), 0) != KNOT_EOK)
                break;
        knot_wire_set_rcode(out, knot_wire_get_rcode((const uint8_t *)upstream.data));
    }
    *ret_size = end_response(response);
}

size_t dns_make_query(const struct dns_query *like, const uint8_t *name, uint16_t id, struct arena *arena, uint8_t *out)
{
    knot_mm_t mm = { arena, arena_mm_alloc, arena_mm_free };
    const knot_pkt_t *question = parse(like->wire, &mm);
    knot_pkt_t *packet = knot_pkt_new(out, DNS_UDP_MAX, &mm);
    if (question == NULL || packet == NULL)
        return 0;
    memset(out, 0, KNOT_WIRE_HEADER_SIZE); /* libknot takes the buffer as it is */
    knot_wire_set_id(out, id);
    knot_wire_set_rd(out);
    if (knot_pkt_put_question(packet, name, KNOT_CLASS_IN, knot_pkt_qtype(question)) != KNOT_EOK)
        return 0;
    return packet->size;
}

size_t dns_make_failure(struct str query, uint8_t code, struct arena *arena, uint8_t *out)
{
    knot_mm_t mm = { arena, arena_mm_alloc, arena_mm_free };
    if (query.size < KNOT_WIRE_HEADER_SIZE || query.size > DNS_MESSAGE_MAX)
        return 0;
    knot_pkt_t *question = knot_pkt_new((void *)(uintptr_t)query.data, (uint16_t)query.size, &mm);
    knot_pkt_t *packet = knot_pkt_new(out, 512, &mm);
    if (question == NULL || packet == NULL)
        return 0;
    if (knot_pkt_parse_question(question) == KNOT_EOK && knot_pkt_init_response(packet, question) == KNOT_EOK) {
        knot_wire_set_rcode(out, code);
        knot_wire_set_ra(out);
        return packet->size;
    }
    /* Only the header can be trusted. */
    uint8_t header[KNOT_WIRE_HEADER_SIZE] = { (uint8_t)query.data[0], (uint8_t)query.data[1] };
    knot_wire_set_qr(header);
    knot_wire_set_opcode(header, knot_wire_get_opcode((const uint8_t *)query.data));
    knot_wire_set_rcode(header, code);
    memcpy(out, header, sizeof(header));
    return KNOT_WIRE_HEADER_SIZE;
}

size_t dns_fit(const struct dns_query *query, struct str answer, struct arena *arena, uint8_t *out)
{
    knot_mm_t mm = { arena, arena_mm_alloc, arena_mm_free };
    const knot_pkt_t *question = parse(query->wire, &mm);
    if (question != NULL && answer.size <= room_for(query, question)) {
        memcpy(out, answer.data, answer.size);
        return answer.size;
    }
    size_t size = dns_make_failure(query->wire, KNOT_RCODE_NOERROR, arena, out);
    if (size > 0)
        knot_wire_set_tc(out);
    return size;
}
