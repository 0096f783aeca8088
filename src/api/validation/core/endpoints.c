/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* endpoints.c - Endpoints. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/formats/address.h"

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };

static void validate_addresses(const struct api_endpoint_address *list, size_t count, const struct field_at *at,
                               struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct field_at *here = at_index(at, i);
        invalid_format(errors, at_field(here, "ip"), format_ip, list[i].ip);
        if (!text_empty(list[i].hostname))
            invalid_format(errors, at_field(here, "hostname"), format_dns1123_label, list[i].hostname);
        if (list[i].node_name != NULL)
            invalid_format(errors, at_field(here, "nodeName"), format_dns1123_subdomain, list[i].node_name);
        validate_outside_address(list[i].ip, at_field(here, "ip"), errors);
    }
}

static void validate_subset(const struct api_endpoint_subset *subset, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (subset->n_addresses == 0 && subset->n_not_ready_addresses == 0)
        invalid_required(errors, at, "must specify `addresses` or `notReadyAddresses`");
    validate_addresses(subset->addresses, subset->n_addresses, at_field(at, "addresses"), errors);
    validate_addresses(subset->not_ready_addresses, subset->n_not_ready_addresses, at_field(at, "notReadyAddresses"),
                       errors);
    for (size_t i = 0; i < subset->n_ports; i++) {
        const struct api_endpoint_port *port = &subset->ports[i];
        const struct field_at *here = at_index(at_field(at, "ports"), i);
        if (subset->n_ports > 1 && text_empty(port->name))
            invalid_missing(errors, at_field(here, "name"));
        else if (!text_empty(port->name))
            invalid_format(errors, at_field(here, "name"), format_dns1123_label, port->name);
        invalid_port_number(errors, at_field(here, "port"), port->port);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
        if (port->app_protocol != NULL)
            invalid_format(errors, at_field(here, "appProtocol"), format_qualified_name, port->app_protocol);
    }
}

void validate_endpoints_create(const void *object, struct api_invalid *errors)
{
    const struct api_endpoints *endpoints = object;

    for (size_t i = 0; i < endpoints->n_subsets; i++)
        validate_subset(&endpoints->subsets[i], at_index(at_field(NULL, "subsets"), i), errors);
}

void validate_endpoints_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_endpoints *endpoints = object;
    const struct api_endpoints *old = old_object;
    bool same = endpoints->n_subsets == old->n_subsets;

    for (size_t i = 0; same && i < old->n_subsets; i++)
        same = api_equal(&api_type_endpoint_subset, &endpoints->subsets[i], &old->subsets[i]);
    if (!same)
        validate_endpoints_create(object, errors);
}
