/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* endpoint_slice.c - EndpointSlices. */
#include "api/validation/address.h"
#include "api/validation/kind_rules.h"

#define SLICE_PORTS_MAX     20000
#define SLICE_ENDPOINTS_MAX 1000
#define SLICE_ADDRESSES_MAX 100
#define SLICE_ZONES_MAX     8
static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };
static const char *const address_types[] = { "FQDN", "IPv4", "IPv6", NULL };

static void validate_slice_ports(const struct api_discovery_endpoint_slice *slice, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "ports");

    if (slice->n_ports > SLICE_PORTS_MAX) {
        invalid_too_many(errors, at, slice->n_ports, SLICE_PORTS_MAX);
        return;
    }
    for (size_t i = 0; i < slice->n_ports; i++) {
        const struct api_discovery_endpoint_port *port = &slice->ports[i];
        const struct field_at *here = at_index(at, i);
        if (!text_empty(port->name))
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, port->name);
        /* Long lists have been made by a controller; looking for repeats in them would be quadratic. */
        for (size_t k = 0; i < 200 && k < i; k++)
            if (text_equal(slice->ports[k].name, port->name))
                invalid_duplicate(errors, at_field(here, "name"), port->name);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
        if (port->app_protocol != NULL)
            invalid_format(errors, at_field(here, "appProtocol"), format_qualified_name, port->app_protocol);
    }
}

static void validate_slice_address(const char *address, const char *type, const struct field_at *at,
                                   struct api_invalid *errors)
{
    struct ip ip;

    if (text_equal(type, "FQDN")) {
        struct str name = str_of(text_or_empty(address));
        struct format_errors found = { .count = 0 };
        if (str_ends(name, STR(".")))
            name.size--;
        format_dns1123_subdomain(name, &found);
        invalid_formats(errors, at, &found, address);
        if (found.count == 0 && str_find(name, '.') == name.size)
            invalid_string(errors, at, address, "should be a domain with at least two segments separated by dots");
        return;
    }
    validate_outside_address(address, at, errors);
    if (!ip_parse(str_of(text_or_empty(address)), &ip))
        return;
    if (text_equal(type, "IPv4") && ip.family != IP_V4)
        invalid_string(errors, at, address, "must be an IPv4 address");
    if (text_equal(type, "IPv6") && ip.family != IP_V6)
        invalid_string(errors, at, address, "must be an IPv6 address");
}

static void validate_slice_endpoint(const struct api_discovery_endpoint *endpoint, const char *type,
                                    const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *addresses = at_field(at, "addresses");

    if (endpoint->n_addresses == 0)
        invalid_required(errors, addresses, "must contain at least 1 address");
    else if (endpoint->n_addresses > SLICE_ADDRESSES_MAX)
        invalid_too_many(errors, addresses, endpoint->n_addresses, SLICE_ADDRESSES_MAX);
    for (size_t i = 0; i < endpoint->n_addresses; i++)
        validate_slice_address(endpoint->addresses[i], type, at_index(addresses, i), errors);
    if (endpoint->node_name != NULL)
        invalid_format(errors, at_field(at, "nodeName"), format_dns1123_subdomain, endpoint->node_name);
    if (endpoint->hostname != NULL)
        invalid_format(errors, at_field(at, "hostname"), format_dns1123_label, endpoint->hostname);
    if (endpoint->hints == NULL)
        return;
    const struct field_at *zones = at_field(at_field(at, "hints"), "forZones");
    if (endpoint->hints->n_for_zones > SLICE_ZONES_MAX)
        invalid_too_many(errors, zones, endpoint->hints->n_for_zones, SLICE_ZONES_MAX);
    for (size_t i = 0; i < endpoint->hints->n_for_zones && i < SLICE_ZONES_MAX; i++)
        invalid_format(errors, at_field(at_index(zones, i), "name"), format_label_value,
                       endpoint->hints->for_zones[i].name);
}

void validate_endpoint_slice_create(const void *object, struct api_invalid *errors)
{
    const struct api_discovery_endpoint_slice *slice = object;
    const struct field_at *at = at_field(NULL, "endpoints");

    invalid_one_of(errors, at_field(NULL, "addressType"), slice->address_type, address_types, true);
    if (slice->n_endpoints > SLICE_ENDPOINTS_MAX)
        invalid_too_many(errors, at, slice->n_endpoints, SLICE_ENDPOINTS_MAX);
    for (size_t i = 0; i < slice->n_endpoints && i < SLICE_ENDPOINTS_MAX; i++)
        validate_slice_endpoint(&slice->endpoints[i], slice->address_type, at_index(at, i), errors);
    validate_slice_ports(slice, errors);
}

void validate_endpoint_slice_update(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_discovery_endpoint_slice *slice = object;

    validate_endpoint_slice_create(object, errors);
    validate_immutable_string(slice->address_type, ((const struct api_discovery_endpoint_slice *)old)->address_type,
                              at_field(NULL, "addressType"), errors);
}
