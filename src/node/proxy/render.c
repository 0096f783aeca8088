/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* render.c - which of a service's ports lead where.
 *
 * A frontend is an address (or every address of the node) with protocol and port. Its traffic
 * policy picks the endpoints:
 *
 *                       Cluster policy                 Local policy
 *   ready ones          all that are hinted for us     those of this node
 *   none ready          those terminating and serving  the same, of this node
 *   none of those       reject                         drop, when there are some elsewhere
 *
 * Traffic from outside (node port, external, load balancer) with the Cluster policy is masqueraded, because
 * the endpoint may be on another node and its answer must come back by this one. With the Local policy, what comes
 * from a pod or from this node itself is not from outside: it may go to every endpoint. */
#include "node/proxy/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define AFFINITY_SECONDS 10800 /* default of sessionAffinityConfig.clientIP.timeoutSeconds */
#define TEXT_SIZE        128

struct endpoint {
    struct ip ip;
    uint16_t port;
    bool local;
    char text[IP_TEXT_SIZE + 24]; /* "10.244.1.5 . 8080" */
};

struct endpoints {
    struct endpoint *items;
    size_t count;
};

/* Whom the Cluster policy prefers: what the slices' hints say for our node or our zone, when they can be followed. */
enum hinting { HINTS_NONE, HINTS_NODE, HINTS_ZONE };

struct rendering {
    const struct render_input *input;
    struct ruleset *ruleset;
    enum ip_family family;
    struct arena *arena;
    /* of the port in hand */
    const struct api_service_port *port;
    const char *protocol; /* "tcp" */
    struct endpoints cluster, local;
    bool any; /* there are usable endpoints somewhere */
    enum hinting hinting;
    int32_t affinity; /* seconds, 0: none */
    char id[24];      /* of the port's own chains, when it has affinity */
};

static const char *const proxy_label = "service.kubernetes.io/service-proxy-name";

bool render_ignores(const struct api_service *service)
{
    for (size_t i = 0; i < service->metadata.n_labels; i++)
        if (text_equal(service->metadata.labels[i].key, proxy_label))
            return true;
    return text_equal(service->spec.type, "ExternalName") || text_empty(service->spec.cluster_ip) ||
           text_equal(service->spec.cluster_ip, "None");
}

/* ---------------------------------------------------------------- endpoints */

static int compare_endpoints(const void *a, const void *b)
{
    const struct endpoint *x = a, *y = b;
    int order = ip_compare(&x->ip, &y->ip);
    return order != 0 ? order : (int)x->port - (int)y->port;
}

enum condition { NOT_USABLE, READY, LAST_RESORT };

/* nil means true, for ready and, when ready is nil or true, for serving. */
static enum condition condition_of(const struct api_discovery_endpoint *endpoint)
{
    const struct api_discovery_endpoint_conditions *conditions = &endpoint->conditions;
    if (conditions->ready == NULL || *conditions->ready)
        return READY;
    bool serving = conditions->serving != NULL && *conditions->serving;
    bool terminating = conditions->terminating != NULL && *conditions->terminating;
    return serving && terminating ? LAST_RESORT : NOT_USABLE;
}

static const struct api_discovery_endpoint_port *find_port(const struct api_discovery_endpoint_slice *slice,
                                                           const struct api_service_port *port, const char *protocol)
{
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_discovery_endpoint_port *found = &slice->ports[i];
        const char *own = text_empty(found->protocol) ? "TCP" : found->protocol;
        if (text_equal(found->name, port->name) && str_equal_nocase(str_of(own), str_of(protocol)) &&
            found->port != NULL)
            return found;
    }
    return NULL;
}

/* " . 8080" from 'size' on: much quicker than snprintf(), and there are many. At most 24 bytes. */
static void append_number(char *text, size_t size, uint64_t number)
{
    char digits[24];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    memcpy(text + size, " . ", 3);
    for (size += 3; count > 0; size++)
        text[size] = digits[--count];
    text[size] = '\0';
}

static bool for_our_node(const struct rendering *rendering, const struct api_discovery_endpoint *endpoint)
{
    const struct api_discovery_endpoint_hints *hints = endpoint->hints;
    for (size_t i = 0; hints != NULL && i < hints->n_for_nodes; i++)
        if (text_equal(hints->for_nodes[i].name, rendering->input->node_name))
            return true;
    return false;
}

static bool for_our_zone(const struct rendering *rendering, const struct api_discovery_endpoint *endpoint)
{
    const struct api_discovery_endpoint_hints *hints = endpoint->hints;
    for (size_t i = 0; hints != NULL && i < hints->n_for_zones; i++)
        if (text_equal(hints->for_zones[i].name, rendering->input->zone))
            return true;
    return false;
}

/* Hints count when every ready endpoint has one and some are for us; the node's before the zone's. */
static enum hinting hinting_of(const struct rendering *rendering)
{
    bool all_nodes = true, all_zones = true, our_node = false, our_zone = false;
    for (size_t i = 0; i < rendering->input->n_slices; i++) {
        const struct api_discovery_endpoint_slice *slice = rendering->input->slices[i];
        if (find_port(slice, rendering->port, rendering->protocol) == NULL)
            continue;
        for (size_t j = 0; j < slice->n_endpoints; j++) {
            const struct api_discovery_endpoint *endpoint = &slice->endpoints[j];
            if (condition_of(endpoint) != READY)
                continue;
            all_nodes &= endpoint->hints != NULL && endpoint->hints->n_for_nodes > 0;
            all_zones &= endpoint->hints != NULL && endpoint->hints->n_for_zones > 0;
            our_node |= for_our_node(rendering, endpoint);
            our_zone |= for_our_zone(rendering, endpoint);
        }
    }
    if (all_nodes && our_node)
        return HINTS_NODE;
    return all_zones && our_zone && !text_empty(rendering->input->zone) ? HINTS_ZONE : HINTS_NONE;
}

static bool is_local(const struct render_input *input, const struct api_discovery_endpoint *endpoint)
{
    return !text_empty(endpoint->node_name) && text_equal(endpoint->node_name, input->node_name);
}

static bool wants_endpoint(const struct rendering *rendering, const struct api_discovery_endpoint *endpoint,
                           enum condition wanted, bool only_local)
{
    if (condition_of(endpoint) != wanted || (only_local && !is_local(rendering->input, endpoint)))
        return false;
    if (only_local || wanted != READY || rendering->hinting == HINTS_NONE)
        return true;
    return rendering->hinting == HINTS_NODE ? for_our_node(rendering, endpoint) : for_our_zone(rendering, endpoint);
}

static void gather_slice(const struct rendering *rendering, const struct api_discovery_endpoint_slice *slice,
                         enum condition wanted, bool only_local, struct endpoints *found)
{
    const struct api_discovery_endpoint_port *port = find_port(slice, rendering->port, rendering->protocol);
    if (port == NULL || *port->port < 1 || *port->port > 65535)
        return;
    for (size_t i = 0; i < slice->n_endpoints; i++) {
        const struct api_discovery_endpoint *from = &slice->endpoints[i];
        struct endpoint endpoint = { .port = (uint16_t)*port->port, .local = is_local(rendering->input, from) };
        if (!wants_endpoint(rendering, from, wanted, only_local) || from->n_addresses == 0 ||
            !ip_parse(str_of(from->addresses[0]), &endpoint.ip) || endpoint.ip.family != rendering->family)
            continue;
        ip_format(&endpoint.ip, endpoint.text);
        append_number(endpoint.text, strlen(endpoint.text), endpoint.port);
        found->items[found->count++] = endpoint;
    }
}

static struct endpoints gather_condition(const struct rendering *rendering, enum condition wanted, bool only_local)
{
    size_t most = 0;
    for (size_t i = 0; i < rendering->input->n_slices; i++)
        most += rendering->input->slices[i]->n_endpoints;
    struct endpoints found = { arena_new_array(rendering->arena, struct endpoint, most + 1), 0 };
    for (size_t i = 0; i < rendering->input->n_slices; i++)
        gather_slice(rendering, rendering->input->slices[i], wanted, only_local, &found);

    /* Sorted, and each once: an endpoint that moves between slices is in both for a moment. */
    qsort(found.items, found.count, sizeof(found.items[0]), compare_endpoints);
    size_t kept = 0;
    for (size_t i = 0; i < found.count; i++)
        if (kept == 0 || compare_endpoints(&found.items[kept - 1], &found.items[i]) != 0)
            found.items[kept++] = found.items[i];
    found.count = kept;
    return found;
}

static struct endpoints gather(const struct rendering *rendering, bool only_local)
{
    struct endpoints found = gather_condition(rendering, READY, only_local);
    return found.count > 0 ? found : gather_condition(rendering, LAST_RESORT, only_local);
}

size_t render_count_local(const struct render_input *input)
{
    auto_arena struct arena arena = { 0 };
    size_t most = 0, count = 0;
    for (size_t i = 0; i < input->n_slices; i++)
        most += input->slices[i]->n_endpoints;
    const char **seen = arena_new_array(&arena, const char *, most + 1);
    for (size_t i = 0; i < input->n_slices; i++)
        for (size_t j = 0; j < input->slices[i]->n_endpoints; j++) {
            const struct api_discovery_endpoint *endpoint = &input->slices[i]->endpoints[j];
            if (condition_of(endpoint) != READY || !is_local(input, endpoint) || endpoint->n_addresses == 0)
                continue;
            size_t k = 0;
            while (k < count && strcmp(seen[k], endpoint->addresses[0]) != 0)
                k++;
            seen[k] = endpoint->addresses[0];
            count += k == count;
        }
    return count;
}

/* ---------------------------------------------------------------- chains */

/* A frontend as the keys of the maps begin: "10.96.0.10 . tcp . 53", or "tcp . 30080" for a node port. */
struct frontend {
    bool node_port;
    bool external; /* traffic from outside: not the cluster's own address */
    char key[TEXT_SIZE];
};

/* "n3", "n3m", "p3", "p3m": pick one of three, of an address or a node port, masqueraded or not. */
static void want_picking_chain(const struct rendering *rendering, const struct frontend *frontend, size_t count,
                               bool masquerade, char name[TEXT_SIZE])
{
    char rules[64];
    snprintf(name, TEXT_SIZE, "%c%zu%s", frontend->node_port ? 'p' : 'n', count, masquerade ? "m" : "");
    snprintf(rules, sizeof(rules), "%s%s %zu", masquerade ? "mark\n" : "", frontend->node_port ? "pick_node" : "pick",
             count);
    ruleset_want(rendering->ruleset, RULE_CHAIN, name, rules);
}

/* A client goes back to the endpoint whose set remembers it. The set is called after its timeout too: a set's
 * declaration cannot change. */
static void want_affinity_endpoint(const struct rendering *rendering, const struct endpoint *endpoint,
                                   char chain[TEXT_SIZE], char set[TEXT_SIZE])
{
    char text[256];
    unsigned hash = (unsigned)(str_hash(str_of(endpoint->text)) >> 16);
    snprintf(set, TEXT_SIZE, "a%s_%08x_%d", rendering->id, hash, rendering->affinity);
    snprintf(chain, TEXT_SIZE, "e%s_%08x", rendering->id, hash);
    snprintf(text, sizeof(text), "%d", rendering->affinity);
    ruleset_want(rendering->ruleset, RULE_SET, set, text);
    snprintf(text, sizeof(text), "remember %s\ntranslate %s", set, endpoint->text);
    ruleset_want(rendering->ruleset, RULE_CHAIN, chain, text);
}

static void want_affinity_chain(const struct rendering *rendering, const struct endpoints *endpoints, bool masquerade,
                                char name[TEXT_SIZE])
{
    bool only_local = endpoints == &rendering->local;
    auto_buffer struct buffer rules = { .max = 4 << 20 }, choice = { .max = 4 << 20 };
    for (size_t i = 0; i < endpoints->count; i++) {
        char chain[TEXT_SIZE], set[TEXT_SIZE];
        want_affinity_endpoint(rendering, &endpoints->items[i], chain, set);
        buffer_format(&rules, "recall %s %s\n", set, chain);
        buffer_format(&choice, " %s", chain);
    }
    buffer_format(&rules, "choose" STR_FMT, STR_ARG(buffer_str(&choice)));
    snprintf(name, TEXT_SIZE, "s%s%s", rendering->id, only_local ? "l" : "");
    if (!buffer_failed(&rules) && !buffer_failed(&choice))
        ruleset_want(rendering->ruleset, RULE_CHAIN, name, rules.data);
    if (masquerade) {
        char inner[TEXT_SIZE], text[2 * TEXT_SIZE];
        memcpy(inner, name, sizeof(inner));
        snprintf(text, sizeof(text), "mark\ngoto %s", inner);
        snprintf(name, TEXT_SIZE, "s%s%sm", rendering->id, only_local ? "l" : "");
        ruleset_want(rendering->ruleset, RULE_CHAIN, name, text);
    }
}

/* ---------------------------------------------------------------- frontends */

/* Endpoints in the frontend's slots from 'first' on. */
static void want_slots(const struct rendering *rendering, const struct frontend *frontend,
                       const struct endpoints *endpoints, size_t first)
{
    char key[TEXT_SIZE + 32];
    size_t prefix = strlen(frontend->key);
    memcpy(key, frontend->key, prefix);
    for (size_t i = 0; i < endpoints->count; i++) {
        const struct endpoint *endpoint = &endpoints->items[i];
        if (rendering->affinity == 0) {
            append_number(key, prefix, first + i);
            ruleset_want(rendering->ruleset, frontend->node_port ? RULE_NODE_ENDPOINT : RULE_ENDPOINT, key,
                         endpoint->text);
        }
        if (endpoint->local) {
            char ip[IP_TEXT_SIZE], both[2 * IP_TEXT_SIZE];
            ip_format(&endpoint->ip, ip);
            snprintf(both, sizeof(both), "%s . %s", ip, ip);
            ruleset_want(rendering->ruleset, RULE_HAIRPIN, both, "");
        }
    }
}

/* False: another service has the frontend, and its endpoints must not get mixed with ours. */
static bool want_target(const struct rendering *rendering, const struct frontend *frontend, const char *chain)
{
    char verdict[TEXT_SIZE + 8];
    snprintf(verdict, sizeof(verdict), "goto %s", chain);
    return ruleset_want(rendering->ruleset, frontend->node_port ? RULE_NODE_PORT : RULE_SERVICE, frontend->key,
                        verdict);
}

/* The chain that picks one of them. */
static void want_choice(const struct rendering *rendering, const struct frontend *frontend,
                        const struct endpoints *endpoints, bool masquerade, char name[TEXT_SIZE])
{
    if (rendering->affinity > 0)
        want_affinity_chain(rendering, endpoints, masquerade, name);
    else
        want_picking_chain(rendering, frontend, endpoints->count, masquerade, name);
}

static void want_refusal(const struct rendering *rendering, const struct frontend *frontend)
{
    ruleset_want(rendering->ruleset, frontend->node_port ? RULE_REFUSED_NODE : RULE_REFUSED, frontend->key,
                 rendering->any ? "drop" : "goto refuse");
}

/* The Local policy for what comes from outside. What comes from inside is told by its source; it finds the Cluster
 * policy's endpoints in the first slots. */
static void want_outside_local(const struct rendering *rendering, const struct frontend *frontend)
{
    char inside[TEXT_SIZE], inside_masqueraded[TEXT_SIZE], chain[TEXT_SIZE], range[IP_TEXT_SIZE];
    const struct endpoints *cluster = &rendering->cluster, *local = &rendering->local;
    auto_buffer struct buffer rules = { .max = 1 << 16 };
    want_choice(rendering, frontend, cluster, false, inside);
    want_choice(rendering, frontend, cluster, true, inside_masqueraded);
    for (size_t i = 0; i < rendering->input->n_inside; i++)
        if (rendering->input->inside[i].address.family == rendering->family) {
            ip_prefix_format(&rendering->input->inside[i], range);
            buffer_format(&rules, "from %s %s\n", range, inside);
        }
    buffer_format(&rules, "from_node %s", inside_masqueraded);
    if (rendering->affinity > 0) {
        snprintf(chain, sizeof(chain), "s%so", rendering->id);
        if (local->count > 0) {
            char outside[TEXT_SIZE];
            want_affinity_chain(rendering, local, false, outside);
            buffer_format(&rules, "\ngoto %s", outside);
        }
    } else {
        snprintf(chain, sizeof(chain), "%c%zu_%zu", frontend->node_port ? 'y' : 'x', local->count, cluster->count);
        if (local->count > 0)
            buffer_format(&rules, "\n%s %zu from %d", frontend->node_port ? "pick_node" : "pick", local->count,
                          RULE_SLOT_LOCAL);
    }
    if (buffer_failed(&rules) || !ruleset_want(rendering->ruleset, RULE_CHAIN, chain, rules.data) ||
        !want_target(rendering, frontend, chain))
        return;
    want_slots(rendering, frontend, cluster, 0);
    want_slots(rendering, frontend, local, RULE_SLOT_LOCAL);
    if (local->count == 0)
        want_refusal(rendering, frontend);
}

static void want_frontend(const struct rendering *rendering, struct frontend *frontend, bool local_policy)
{
    const struct endpoints *endpoints = local_policy ? &rendering->local : &rendering->cluster;
    char chain[TEXT_SIZE];
    if (local_policy && frontend->external && rendering->any) {
        want_outside_local(rendering, frontend);
    } else if (endpoints->count > 0) {
        want_choice(rendering, frontend, endpoints, frontend->external, chain);
        if (want_target(rendering, frontend, chain))
            want_slots(rendering, frontend, endpoints, 0);
    } else {
        want_refusal(rendering, frontend);
    }
}

static void want_address(const struct rendering *rendering, const char *address, bool external, bool local_policy)
{
    struct ip ip;
    if (!ip_parse(str_of(address), &ip) || ip.family != rendering->family)
        return;
    for (size_t i = 0; i < rendering->input->n_answered_here; i++)
        if (ip_equal(&ip, &rendering->input->answered_here[i]))
            return;
    char text[IP_TEXT_SIZE];
    ip_format(&ip, text);
    struct frontend frontend = { .external = external };
    snprintf(frontend.key, sizeof(frontend.key), "%s . %s . %d", text, rendering->protocol, rendering->port->port);
    want_frontend(rendering, &frontend, local_policy);
}

static void want_source_ranges(const struct rendering *rendering, const char *address)
{
    const struct api_service_spec *spec = &rendering->input->service->spec;
    struct ip ip;
    if (spec->n_load_balancer_source_ranges == 0 || !ip_parse(str_of(address), &ip) || ip.family != rendering->family)
        return;
    char key[TEXT_SIZE], allowed[2 * TEXT_SIZE], text[IP_TEXT_SIZE];
    ip_format(&ip, text);
    snprintf(key, sizeof(key), "%s . %s . %d", text, rendering->protocol, rendering->port->port);
    for (size_t i = 0; i < spec->n_load_balancer_source_ranges; i++) {
        struct ip_prefix range;
        if (!ip_prefix_parse(str_trim(str_of(spec->load_balancer_source_ranges[i])), &range) ||
            range.address.family != rendering->family)
            continue;
        range.address = ip_prefix_network(&range);
        ip_prefix_format(&range, text);
        snprintf(allowed, sizeof(allowed), "%s . %s", key, text);
        ruleset_want(rendering->ruleset, RULE_GUARDED, key, ""); /* ranges of the other family only guard nothing */
        ruleset_want(rendering->ruleset, RULE_ALLOWED, allowed, "");
    }
}

static void want_node_port(const struct rendering *rendering, bool local_policy)
{
    if (rendering->port->node_port < 1 || rendering->port->node_port > 65535)
        return;
    struct frontend frontend = { .node_port = true, .external = true };
    snprintf(frontend.key, sizeof(frontend.key), "%s . %d", rendering->protocol, rendering->port->node_port);
    want_frontend(rendering, &frontend, local_policy);
}

/* ---------------------------------------------------------------- services */

static bool set_protocol(struct rendering *rendering)
{
    static const struct {
        const char *given, *word;
    } known[] = { { "TCP", "tcp" }, { "UDP", "udp" }, { "SCTP", "sctp" } };
    const char *given = text_empty(rendering->port->protocol) ? "TCP" : rendering->port->protocol;
    for (size_t i = 0; i < countof(known); i++)
        if (strcmp(known[i].given, given) == 0) {
            rendering->protocol = known[i].word;
            return true;
        }
    return false;
}

static void render_port(struct rendering *rendering)
{
    const struct api_service_spec *spec = &rendering->input->service->spec;
    if (!set_protocol(rendering) || rendering->port->port < 1 || rendering->port->port > 65535)
        return;
    char name[512];
    snprintf(name, sizeof(name), "%s:%s:%d", rendering->input->owner, rendering->protocol, rendering->port->port);
    snprintf(rendering->id, sizeof(rendering->id), "%016llx", (unsigned long long)str_hash(str_of(name)));
    rendering->hinting = hinting_of(rendering);
    rendering->cluster = gather(rendering, false);
    rendering->any = rendering->cluster.count > 0;
    bool internal_local = text_equal(spec->internal_traffic_policy, "Local");
    bool external_local = text_equal(spec->external_traffic_policy, "Local");
    if (internal_local || external_local)
        rendering->local = gather(rendering, true);
    if (spec->n_cluster_ips == 0)
        want_address(rendering, spec->cluster_ip, false, internal_local);
    for (size_t i = 0; i < spec->n_cluster_ips; i++)
        want_address(rendering, spec->cluster_ips[i], false, internal_local);
    for (size_t i = 0; i < spec->n_external_ips; i++)
        want_address(rendering, spec->external_ips[i], true, external_local);
    const struct api_load_balancer_status *balancer = &rendering->input->service->status.load_balancer;
    for (size_t i = 0; i < balancer->n_ingress; i++)
        if (!text_empty(balancer->ingress[i].ip) && !text_equal(balancer->ingress[i].ip_mode, "Proxy")) {
            want_address(rendering, balancer->ingress[i].ip, true, external_local);
            want_source_ranges(rendering, balancer->ingress[i].ip);
        }
    want_node_port(rendering, external_local);
}

/* External addresses and node ports too are of the families of the cluster's addresses only. */
static bool has_family(const struct api_service_spec *spec, enum ip_family family)
{
    struct ip ip;
    for (size_t i = 0; i < spec->n_cluster_ips; i++)
        if (ip_parse(str_of(spec->cluster_ips[i]), &ip) && ip.family == family)
            return true;
    return ip_parse(str_of(spec->cluster_ip), &ip) && ip.family == family;
}

static void render_family(const struct render_input *input, struct ruleset *ruleset, enum ip_family family)
{
    auto_arena struct arena arena = { 0 };
    const struct api_service *service = input->service;
    struct rendering rendering = { .input = input, .ruleset = ruleset, .family = family, .arena = &arena };
    ruleset_begin(ruleset, input->owner);
    if (service != NULL && !render_ignores(service) && has_family(&service->spec, family)) {
        if (text_equal(service->spec.session_affinity, "ClientIP")) {
            const struct api_session_affinity_config *config = service->spec.session_affinity_config;
            rendering.affinity = AFFINITY_SECONDS;
            if (config != NULL && config->client_ip != NULL && config->client_ip->timeout_seconds != NULL &&
                *config->client_ip->timeout_seconds > 0)
                rendering.affinity = *config->client_ip->timeout_seconds;
        }
        for (size_t i = 0; i < service->spec.n_ports; i++) {
            rendering.port = &service->spec.ports[i];
            render_port(&rendering);
        }
    }
    ruleset_end(ruleset);
}

void render_service(const struct render_input *input, struct ruleset *v4, struct ruleset *v6)
{
    render_family(input, v4, IP_V4);
    render_family(input, v6, IP_V6);
}
