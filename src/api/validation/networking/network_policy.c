/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* network_policy.c - NetworkPolicies. */
#include "api/validation/address.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const policy_types[] = { "Egress", "Ingress", NULL };

static void validate_policy_ports(const struct api_networking_network_policy_port *ports, size_t count,
                                  const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_port *port = &ports[i];
        const struct field_at *here = at_index(at, i);
        const struct field_at *end = at_field(here, "endPort");
        if (!text_empty(port->protocol))
            invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, false);
        if (port->port != NULL)
            validate_port_or_name(port->port, at_field(here, "port"), errors);
        if (port->end_port == NULL)
            continue;
        if (port->port == NULL)
            invalid_number(errors, end, *port->end_port, "may not be specified when `port` is not specified");
        else if (port->port->text != NULL)
            invalid_number(errors, end, *port->end_port, "may not be specified when `port` is non-numeric");
        else if (*port->end_port < port->port->number)
            invalid_number(errors, end, *port->end_port, "must be greater than or equal to `port`");
        else
            invalid_port_number(errors, end, *port->end_port);
    }
}

static void validate_block(const struct api_networking_ip_block *block, const struct field_at *at,
                           struct api_invalid *errors)
{
    static const char not_cidr[] = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    struct ip_prefix whole, part;

    if (text_empty(block->cidr)) {
        invalid_missing(errors, at_field(at, "cidr"));
        return;
    }
    if (!ip_prefix_parse(str_of(block->cidr), &whole)) {
        invalid_string(errors, at_field(at, "cidr"), block->cidr, "%s", not_cidr);
        return;
    }
    for (size_t i = 0; i < block->n_except; i++) {
        const struct field_at *here = at_index(at_field(at, "except"), i);
        if (!ip_prefix_parse(str_of(text_or_empty(block->except[i])), &part))
            invalid_string(errors, here, block->except[i], "%s", not_cidr);
        else if (!ip_prefix_contains(&whole, &part.address) || part.length <= whole.length)
            invalid_string(errors, here, block->except[i], "must be a strict subset of `cidr`");
    }
}

static void validate_peers(const struct api_networking_network_policy_peer *peers, size_t count,
                           const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct api_networking_network_policy_peer *peer = &peers[i];
        const struct field_at *here = at_index(at, i);
        validate_label_selector(peer->pod_selector, at_field(here, "podSelector"), errors);
        validate_label_selector(peer->namespace_selector, at_field(here, "namespaceSelector"), errors);
        if (peer->ip_block != NULL)
            validate_block(peer->ip_block, at_field(here, "ipBlock"), errors);
        bool selects = peer->pod_selector != NULL || peer->namespace_selector != NULL;
        if (!selects && peer->ip_block == NULL)
            invalid_required(errors, here, "must specify a peer");
        else if (selects && peer->ip_block != NULL)
            invalid_forbidden(errors, here, "may not specify both ipBlock and another peer");
    }
}

void validate_network_policy_create(const void *object, struct api_invalid *errors)
{
    const struct api_networking_network_policy_spec *spec =
        &((const struct api_networking_network_policy *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_label_selector(&spec->pod_selector, at_field(at, "podSelector"), errors);
    for (size_t i = 0; i < spec->n_ingress; i++) {
        const struct field_at *here = at_index(at_field(at, "ingress"), i);
        validate_policy_ports(spec->ingress[i].ports, spec->ingress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->ingress[i].from, spec->ingress[i].n_from, at_field(here, "from"), errors);
    }
    for (size_t i = 0; i < spec->n_egress; i++) {
        const struct field_at *here = at_index(at_field(at, "egress"), i);
        validate_policy_ports(spec->egress[i].ports, spec->egress[i].n_ports, at_field(here, "ports"), errors);
        validate_peers(spec->egress[i].to, spec->egress[i].n_to, at_field(here, "to"), errors);
    }
    if (spec->n_policy_types > 2)
        invalid_raw(errors, at_field(at, "policyTypes"), "[]", "may not specify more than two policyTypes");
    for (size_t i = 0; i < spec->n_policy_types && i < 2; i++)
        invalid_one_of(errors, at_index(at_field(at, "policyTypes"), i), spec->policy_types[i], policy_types, false);
}

void validate_network_policy_update(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    validate_network_policy_create(object, errors);
}
