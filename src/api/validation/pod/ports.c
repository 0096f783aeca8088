/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* ports.c - ports of containers, and ports of the host that can be had once. */
#include <stdio.h>

#include "api/validation/pod/pod_rules.h"

static const char *const protocols[] = { "SCTP", "TCP", "UDP", NULL };

static bool name_is_taken(const struct api_container *container, size_t index)
{
    for (size_t k = 0; k < index; k++)
        if (text_equal(container->ports[k].name, container->ports[index].name))
            return true;
    return false;
}

void validate_container_ports(const struct api_container *container, const struct field_at *at,
                              struct api_invalid *errors)
{
    for (size_t i = 0; i < container->n_ports; i++) {
        const struct api_container_port *port = &container->ports[i];
        const struct field_at *here = at_index(at, i);
        if (!text_empty(port->name) && invalid_format(errors, at_field(here, "name"), format_port_name, port->name) &&
            name_is_taken(container, i))
            invalid_duplicate(errors, at_field(here, "name"), port->name);
        if (port->container_port == 0)
            invalid_missing(errors, at_field(here, "containerPort"));
        else
            invalid_port_number(errors, at_field(here, "containerPort"), port->container_port);
        if (port->host_port != 0)
            invalid_port_number(errors, at_field(here, "hostPort"), port->host_port);
        invalid_one_of(errors, at_field(here, "protocol"), port->protocol, protocols, true);
    }
}

static bool same_host_port(const struct api_container_port *a, const struct api_container_port *b)
{
    return a->host_port == b->host_port && text_equal(a->protocol, b->protocol) && text_equal(a->host_ip, b->host_ip);
}

static bool host_port_is_taken(const struct api_container *list, size_t container, size_t index)
{
    const struct api_container_port *port = &list[container].ports[index];

    for (size_t i = 0; i <= container; i++)
        for (size_t k = 0; k < (i < container ? list[i].n_ports : index); k++)
            if (same_host_port(&list[i].ports[k], port))
                return true;
    return false;
}

void validate_host_ports(const struct api_container *list, size_t count, const struct field_at *at,
                         struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < list[i].n_ports; k++) {
            const struct api_container_port *port = &list[i].ports[k];
            char text[128];
            if (port->host_port == 0 || !host_port_is_taken(list, i, k))
                continue;
            snprintf(text, sizeof(text), "%s/%s/%d", text_or_empty(port->protocol), text_or_empty(port->host_ip),
                     port->host_port);
            invalid_duplicate(errors, at_field(at_index(at_field(at_index(at, i), "ports"), k), "hostPort"), text);
        }
    }
}

/* On the host's network a port is the host's. Templates may leave it out: it is filled in when the pod is made. */
void validate_host_network_ports(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; scope->spec->host_network && i < scope->spec->n_containers; i++) {
        const struct api_container *container = &scope->spec->containers[i];
        const struct field_at *ports = at_field(at_index(at, i), "ports");
        for (size_t k = 0; k < container->n_ports; k++) {
            int32_t port = container->ports[k].host_port;
            if ((scope->meta != NULL || port != 0) && port != container->ports[k].container_port)
                invalid_number(errors, at_field(at_index(ports, k), "hostPort"), port,
                               "must match `containerPort` when `hostNetwork` is true");
        }
    }
}
