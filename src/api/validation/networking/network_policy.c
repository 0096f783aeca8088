/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* network_policy.c - NetworkPolicies. */
#include "api/validation/formats/address.h"
#include "api/validation/kind_rules.h"

static const char *const protocols[] = { "TCP", "UDP", "SCTP", NULL };
static const char *const policy_types[] = { "Ingress", "Egress", NULL };

/* What an update may keep although it would not be taken today. */
struct tolerated {
    const struct api_label_selector *selector; /* values that are no label values, when this one has some */
    const char **cidrs;
    size_t n_cidrs;
};

static void validate_ports(const struct api_networking_network_policy_port *ports, size_t count,
                           const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_port *port = &ports[i];
        const struct field_at *here = at_index(at, i);
        const struct field_at *end = at_field(here, "endPort");
        if (port->protocol != NULL)
            invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, false);
        if (port->port == NULL) {
            if (port->end_port != NULL)
                invalid_number(errors, end, *port->end_port, "may not be specified when `port` is not specified");
        } else if (port->port->text != NULL) {
            if (port->end_port != NULL)
                invalid_number(errors, end, *port->end_port, "may not be specified when `port` is non-numeric");
            invalid_format(errors, at_field(here, "port"), format_port_name, port->port->text);
        } else {
            invalid_port_number(errors, at_field(here, "port"), port->port->number);
            if (port->end_port != NULL && *port->end_port < port->port->number)
                invalid_number(errors, end, port->port->number, "must be greater than or equal to `port`");
            if (port->end_port != NULL)
                invalid_port_number(errors, end, *port->end_port);
        }
    }
}

static void validate_block(const struct api_networking_ip_block *block, const struct tolerated *old,
                           const struct field_at *at, struct api_invalid *errors)
{
    struct ip_prefix whole, part;

    if (text_empty(block->cidr)) {
        invalid_missing(errors, at_field(at, "cidr"));
        return;
    }
    invalid_address(errors, at_field(at, "cidr"), format_cidr, block->cidr, old->cidrs, old->n_cidrs);
    if (!address_prefix_read(block->cidr, &whole))
        return;
    for (size_t i = 0; i < block->n_except; i++) {
        const struct field_at *here = at_index(at_field(at, "except"), i);
        invalid_address(errors, here, format_cidr, block->except[i], old->cidrs, old->n_cidrs);
        if (!address_prefix_read(block->except[i], &part))
            continue;
        struct ip network = ip_prefix_network(&part);
        if (!ip_prefix_contains(&whole, &network) || part.length <= whole.length)
            invalid_string(errors, here, block->except[i], "must be a strict subset of `cidr`");
    }
}

static void validate_peers(const struct api_networking_network_policy_peer *peers, size_t count,
                           const struct tolerated *old, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_peer *peer = &peers[i];
        const struct field_at *here = at_index(at, i);
        validate_label_selector_update(peer->pod_selector, old->selector, at_field(here, "podSelector"), errors);
        validate_label_selector_update(peer->namespace_selector, old->selector, at_field(here, "namespaceSelector"),
                                       errors);
        if (peer->ip_block != NULL)
            validate_block(peer->ip_block, old, at_field(here, "ipBlock"), errors);
        bool selects = peer->pod_selector != NULL || peer->namespace_selector != NULL;
        if (!selects && peer->ip_block == NULL)
            invalid_required(errors, here, "must specify a peer");
        else if (selects && peer->ip_block != NULL)
            invalid_forbidden(errors, here, "may not specify both ipBlock and another peer");
    }
}

static void validate_spec(const struct api_networking_network_policy_spec *spec, const struct tolerated *old,
                          struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *types = at_field(at, "policyTypes");

    validate_label_selector_update(&spec->pod_selector, old->selector, at_field(at, "podSelector"), errors);
    for (size_t i = 0; i < spec->n_ingress; i++) {
        const struct field_at *here = at_index(at_field(at, "ingress"), i);
        validate_ports(spec->ingress[i].ports, spec->ingress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->ingress[i].from, spec->ingress[i].n_from, old, at_field(here, "from"), errors);
    }
    for (size_t i = 0; i < spec->n_egress; i++) {
        const struct field_at *here = at_index(at_field(at, "egress"), i);
        validate_ports(spec->egress[i].ports, spec->egress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->egress[i].to, spec->egress[i].n_to, old, at_field(here, "to"), errors);
    }
    if (spec->n_policy_types > 2) {
        invalid_string_list(errors, types, spec->policy_types, spec->n_policy_types,
                            "may not specify more than two policyTypes");
        return;
    }
    for (size_t i = 0; i < spec->n_policy_types; i++)
        invalid_one_of(errors, at_index(types, i), spec->policy_types[i], policy_types, false);
}

void validate_network_policy_create(const void *object, struct api_invalid *errors)
{
    const struct tolerated nothing = { 0 };

    validate_spec(&((const struct api_networking_network_policy *)object)->spec, &nothing, errors);
}

static void collect(const struct api_networking_network_policy_peer *peers, size_t count, struct tolerated *old,
                    struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_ip_block *block = peers[i].ip_block;
        if (block == NULL)
            continue;
        const char **cidrs = arena_new_array(arena, const char *, old->n_cidrs + block->n_except + 1);
        if (old->n_cidrs > 0)
            memcpy(cidrs, old->cidrs, old->n_cidrs * sizeof(*cidrs));
        cidrs[old->n_cidrs++] = block->cidr;
        for (size_t k = 0; k < block->n_except; k++)
            cidrs[old->n_cidrs++] = block->except[k];
        old->cidrs = cidrs;
    }
}

void validate_network_policy_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_networking_network_policy_spec *spec =
        &((const struct api_networking_network_policy *)old_object)->spec;
    struct tolerated old = { .selector = &spec->pod_selector };

    for (size_t i = 0; i < spec->n_ingress; i++)
        collect(spec->ingress[i].from, spec->ingress[i].n_from, &old, &arena);
    for (size_t i = 0; i < spec->n_egress; i++)
        collect(spec->egress[i].to, spec->egress[i].n_to, &old, &arena);
    validate_spec(&((const struct api_networking_network_policy *)object)->spec, &old, errors);
}
