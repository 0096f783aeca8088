/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Node ports of Services, given before the Service is stored. */

#include "apiserver/allocation/service_allocator.h"
#include "apiserver/failure.h"
#include "apiserver/registry/strategy/service.h"
#include "apiserver/server_internal.h"

static bool has_node_port(const struct api_service_spec *spec, int32_t port)
{
    for (size_t i = 0; spec != NULL && i < spec->n_ports; i++)
        if (spec->ports[i].node_port == port)
            return true;
    return false;
}

static const char *why_not(struct request *request, enum take_result result)
{
    const struct service_ranges *ranges = service_allocator_ranges(request->server->allocator);
    if (result == TAKE_TAKEN)
        return "provided port is already allocated";
    return arena_format(&request->arena, "provided port is not in the valid range. The range of valid ports is %d-%d",
                        ranges->first_port, ranges->last_port);
}

static int take_port(struct request *request, const struct api_service *service, size_t index, struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    int32_t port = service->spec.ports[index].node_port;
    const char *field = arena_format(&request->arena, "spec.ports[%zu].nodePort", index);
    enum take_result result = service_take_port(allocator, port);
    if (result == TAKE_OK)
        return 0;
    const char *why = why_not(request, result);
    return failure_invalid(request, &api_kind_service, service->metadata.name, field, "FieldValueInvalid",
                           arena_format(&request->arena, "Invalid value: %d: %s", port, why), err);
}

/* The same port number of another protocol shares the node port, where the client names none. */
static int32_t shared_port(const struct api_service_spec *spec, size_t index)
{
    const struct api_service_port *port = &spec->ports[index];
    for (size_t i = 0; i < spec->n_ports; i++)
        if (i != index && spec->ports[i].port == port->port && !text_equal(spec->ports[i].protocol, port->protocol) &&
            spec->ports[i].node_port != 0)
            return spec->ports[i].node_port;
    return 0;
}

static int allocate_node_ports(struct request *request, struct api_service *service, const struct api_service *old,
                               struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    struct api_service_spec *spec = &service->spec;
    const struct api_service_spec *before = old == NULL ? NULL : &old->spec;
    if (!service_has_node_ports(spec))
        return 0;
    for (size_t i = 0; i < spec->n_ports; i++) { /* first those that are named, so that no free one is given away */
        int32_t port = spec->ports[i].node_port;
        bool earlier = false;
        for (size_t j = 0; j < i; j++)
            earlier |=
                spec->ports[j].node_port == port && !text_equal(spec->ports[j].protocol, spec->ports[i].protocol);
        if (port == 0 || earlier || has_node_port(before, port))
            continue;
        int rc = take_port(request, service, i, err);
        if (rc < 0) {
            for (size_t j = 0; j < i; j++)
                if (spec->ports[j].node_port != 0 && !has_node_port(before, spec->ports[j].node_port))
                    service_give_port(allocator, spec->ports[j].node_port);
            return rc;
        }
    }
    for (size_t i = 0; service_needs_node_ports(spec) && i < spec->n_ports; i++) {
        if (spec->ports[i].node_port == 0)
            spec->ports[i].node_port = shared_port(spec, i);
        if (spec->ports[i].node_port == 0)
            spec->ports[i].node_port = service_next_port(allocator);
        if (spec->ports[i].node_port == 0) {
            service_release_ports(request, spec, before);
            return error_set(err, ERROR_INTERNAL, "failed to allocate a nodePort: range is full");
        }
    }
    return 0;
}

static int allocate_health_port(struct request *request, struct api_service_spec *spec, const struct api_service *old,
                                struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    if (!service_needs_health_port(spec))
        return 0;
    if (spec->health_check_node_port == 0) {
        spec->health_check_node_port = service_next_port(allocator);
        return spec->health_check_node_port != 0
                   ? 0
                   : error_set(err, ERROR_INTERNAL, "failed to allocate a HealthCheck NodePort");
    }
    if (old != NULL && old->spec.health_check_node_port == spec->health_check_node_port)
        return 0;
    enum take_result result = service_take_port(allocator, spec->health_check_node_port);
    if (result == TAKE_OK)
        return 0;
    int rc = error_set(err, ERROR_INTERNAL, "failed to allocate requested HealthCheck NodePort %d: %s",
                       spec->health_check_node_port, why_not(request, result));
    spec->health_check_node_port = 0; /* not ours to give back */
    return rc;
}

int service_allocate_ports(struct request *request, struct api_service *service, const struct api_service *old,
                           struct error *err)
{
    int rc = allocate_node_ports(request, service, old, err);
    if (rc < 0)
        return rc;
    rc = allocate_health_port(request, &service->spec, old, err);
    if (rc < 0)
        service_release_ports(request, &service->spec, old == NULL ? NULL : &old->spec);
    return rc;
}

void service_release_ports(struct request *request, const struct api_service_spec *spec,
                           const struct api_service_spec *before)
{
    struct service_allocator *allocator = request->server->allocator;
    for (size_t i = 0; i < spec->n_ports; i++)
        if (spec->ports[i].node_port != 0 && !has_node_port(before, spec->ports[i].node_port))
            service_give_port(allocator, spec->ports[i].node_port);
    if (spec->health_check_node_port != 0 &&
        (before == NULL || before->health_check_node_port != spec->health_check_node_port))
        service_give_port(allocator, spec->health_check_node_port);
}
