/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* endpoint_slice.c - EndpointSlices. */
#include "api/codec.h"
#include "api/validation/formats/address.h"
#include "api/validation/formats/names.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

#define PORTS_MAX     20000
#define ENDPOINTS_MAX 1000
#define ADDRESSES_MAX 100
#define TOPOLOGY_MAX  16
#define HINTS_MAX     8

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const address_types[] = { "FQDN", "IPv4", "IPv6", NULL };

static void validate_ports(const struct api_discovery_endpoint_slice *slice, struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };
    const struct field_at *at = at_field(NULL, "ports");

    if (slice->n_ports > PORTS_MAX) {
        invalid_too_many(errors, at, slice->n_ports, PORTS_MAX);
        return;
    }
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_discovery_endpoint_port *port = &slice->ports[i];
        const struct field_at *here = at_index(at, i);
        if (!text_empty(port->name))
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, port->name);
        invalid_repeated(errors, at_field(here, "name"), &names, port->name);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
        if (port->app_protocol != NULL)
            invalid_format(errors, at_field(here, "appProtocol"), format_qualified_name, port->app_protocol);
    }
}

static void validate_address(const char *address, const char *type, const struct field_at *at,
                             struct api_invalid *errors)
{
    bool four = text_equal(type, "IPv4");
    struct ip ip;

    if (text_equal(type, "FQDN")) {
        validate_fully_qualified_domain(address, at, errors);
        return;
    }
    if (!four && !text_equal(type, "IPv6"))
        return;
    if (!invalid_format(errors, at, four ? format_ip : format_ip_canonical, address) || !address_read(address, &ip))
        return;
    if (ip.family != (four ? IP_V4 : IP_V6))
        invalid_string(errors, at, address, four ? "must be an IPv4 address" : "must be an IPv6 address");
    else
        validate_outside_address(address, at, errors);
}

static void validate_hints(const struct api_discovery_endpoint_hints *hints, const struct field_at *at,
                           struct api_invalid *errors)
{
    auto_text_set struct text_set zones = { 0 }, nodes = { 0 };
    const struct field_at *zones_at = at_field(at, "forZones");
    const struct field_at *nodes_at = at_field(at, "forNodes");

    if (hints->n_for_zones > HINTS_MAX)
        invalid_too_many(errors, zones_at, hints->n_for_zones, HINTS_MAX);
    for (size_t i = 0; i < hints->n_for_zones && hints->n_for_zones <= HINTS_MAX; i++) {
        const struct field_at *name = at_field(at_index(zones_at, i), "name");
        invalid_repeated(errors, name, &zones, hints->for_zones[i].name);
        invalid_format(errors, name, format_label_value, hints->for_zones[i].name);
    }
    if (hints->n_for_nodes > HINTS_MAX)
        invalid_too_many(errors, nodes_at, hints->n_for_nodes, HINTS_MAX);
    for (size_t i = 0; i < hints->n_for_nodes && hints->n_for_nodes <= HINTS_MAX; i++) {
        const struct field_at *name = at_field(at_index(nodes_at, i), "name");
        invalid_repeated(errors, name, &nodes, hints->for_nodes[i].name);
        invalid_format(errors, name, format_dns1123_subdomain, hints->for_nodes[i].name);
    }
}

static void validate_endpoint(const struct api_discovery_endpoint *endpoint, const char *type,
                              const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *addresses = at_field(at, "addresses");
    const struct field_at *topology = at_field(at, "deprecatedTopology");

    if (endpoint->n_addresses == 0)
        invalid_required(errors, addresses, "must contain at least 1 address");
    else if (endpoint->n_addresses > ADDRESSES_MAX)
        invalid_too_many(errors, addresses, endpoint->n_addresses, ADDRESSES_MAX);
    for (size_t i = 0; i < endpoint->n_addresses; i++)
        validate_address(endpoint->addresses[i], type, at_index(addresses, i), errors);
    if (endpoint->node_name != NULL)
        invalid_format(errors, at_field(at, "nodeName"), format_dns1123_subdomain, endpoint->node_name);
    if (endpoint->n_deprecated_topology > TOPOLOGY_MAX)
        invalid_too_many(errors, topology, endpoint->n_deprecated_topology, TOPOLOGY_MAX);
    validate_labels(endpoint->deprecated_topology, endpoint->n_deprecated_topology, topology, errors);
    if (endpoint->hostname != NULL)
        invalid_format(errors, at_field(at, "hostname"), format_dns1123_label, endpoint->hostname);
    if (endpoint->hints != NULL)
        validate_hints(endpoint->hints, at_field(at, "hints"), errors);
}

static bool same_endpoints(const struct api_discovery_endpoint_slice *a, const struct api_discovery_endpoint_slice *b)
{
    for (size_t i = 0; a->n_endpoints == b->n_endpoints && i < a->n_endpoints; i++)
        if (!api_equal(&api_type_discovery_endpoint, &a->endpoints[i], &b->endpoints[i]))
            return false;
    return a->n_endpoints == b->n_endpoints;
}

static void validate_slice(const struct api_discovery_endpoint_slice *slice,
                           const struct api_discovery_endpoint_slice *old, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "endpoints");

    invalid_one_of(errors, at_field(NULL, "addressType"), slice->address_type, address_types, true);
    validate_ports(slice, errors);
    if (old != NULL && same_endpoints(slice, old))
        return; /* they may have been stored when rules for addresses were looser */
    if (slice->n_endpoints > ENDPOINTS_MAX) {
        invalid_too_many(errors, at, slice->n_endpoints, ENDPOINTS_MAX);
        return;
    }
    for (size_t i = 0; i < slice->n_endpoints; i++)
        validate_endpoint(&slice->endpoints[i], slice->address_type, at_index(at, i), errors);
}

void validate_endpoint_slice_create(const void *object, struct api_invalid *errors)
{
    validate_slice(object, NULL, errors);
}

void validate_endpoint_slice_update(const void *object, const void *old, struct api_invalid *errors)
{
    validate_slice(object, old, errors);
    validate_immutable_string(((const struct api_discovery_endpoint_slice *)object)->address_type,
                              ((const struct api_discovery_endpoint_slice *)old)->address_type,
                              at_field(NULL, "addressType"), errors);
}
