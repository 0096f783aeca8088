/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Services: addresses, families and node ports, given before the service is stored. */

#include <string.h>

#include "apiserver/failure.h"
#include "apiserver/registry/service_allocator.h"
#include "apiserver/registry/strategy/strategies.h"
#include "apiserver/server_internal.h"

static bool is_type(const struct api_service_spec *spec, const char *type)
{
    return text_equal(spec->type, type);
}

static bool headless(const struct api_service_spec *spec)
{
    return text_equal(spec->cluster_ip, "None") ||
           (spec->n_cluster_ips > 0 && text_equal(spec->cluster_ips[0], "None"));
}

static bool needs_address(const struct api_service_spec *spec)
{
    return !is_type(spec, "ExternalName") && !headless(spec);
}

static bool needs_node_ports(const struct api_service_spec *spec)
{
    bool balancer = is_type(spec, "LoadBalancer") &&
                    (spec->allocate_load_balancer_node_ports == NULL || *spec->allocate_load_balancer_node_ports);
    return is_type(spec, "NodePort") || balancer;
}

static bool needs_health_port(const struct api_service_spec *spec)
{
    return is_type(spec, "LoadBalancer") && text_equal(spec->external_traffic_policy, "Local");
}

/* ---------------------------------------------------------------- what an update leaves out */

static const struct api_service_port *port_before(const struct api_service_spec *old,
                                                  const struct api_service_port *port)
{
    for (size_t i = 0; i < old->n_ports; i++)
        if (text_equal(old->ports[i].name, port->name) &&
            (old->n_ports > 1 || old->ports[i].port == port->port || text_empty(port->name)))
            return &old->ports[i];
    return NULL;
}

static void keep_from_old(struct api_service_spec *spec, const struct api_service_spec *old)
{
    if (needs_address(spec) && needs_address(old)) {
        if (text_empty(spec->cluster_ip) && spec->n_cluster_ips == 0) {
            spec->cluster_ip = old->cluster_ip;
            spec->cluster_ips = old->cluster_ips;
            spec->n_cluster_ips = old->n_cluster_ips;
        } else if (text_empty(spec->cluster_ip) || spec->n_cluster_ips == 0) {
            bool same = text_equal(spec->cluster_ip, old->cluster_ip);
            if (spec->n_cluster_ips == 0 && same) {
                spec->cluster_ips = old->cluster_ips;
                spec->n_cluster_ips = old->n_cluster_ips;
            }
        }
    }
    if (needs_node_ports(spec)) {
        for (size_t i = 0; i < spec->n_ports; i++) {
            const struct api_service_port *before = port_before(old, &spec->ports[i]);
            if (spec->ports[i].node_port == 0 && before != NULL)
                spec->ports[i].node_port = before->node_port;
        }
    }
    if (needs_health_port(spec) && spec->health_check_node_port == 0)
        spec->health_check_node_port = old->health_check_node_port;
}

/* Leftovers of the former type that the client did not touch. */
static void drop_leftovers(struct api_service_spec *spec, const struct api_service_spec *old)
{
    if (is_type(spec, "ExternalName") && !is_type(old, "ExternalName")) {
        if (text_equal(spec->cluster_ip, old->cluster_ip)) {
            spec->cluster_ip = NULL;
            spec->cluster_ips = NULL;
            spec->n_cluster_ips = 0;
            spec->ip_families = NULL;
            spec->n_ip_families = 0;
            spec->ip_family_policy = NULL;
        }
    }
    if (needs_node_ports(old) && !needs_node_ports(spec)) {
        for (size_t i = 0; i < spec->n_ports; i++) {
            const struct api_service_port *before = port_before(old, &spec->ports[i]);
            if (before != NULL && before->node_port == spec->ports[i].node_port)
                spec->ports[i].node_port = 0;
        }
    }
    if (needs_health_port(old) && !needs_health_port(spec) &&
        spec->health_check_node_port == old->health_check_node_port)
        spec->health_check_node_port = 0;
    if (is_type(old, "LoadBalancer") && !is_type(spec, "LoadBalancer")) {
        spec->allocate_load_balancer_node_ports = NULL;
        if (text_equal(spec->load_balancer_class, old->load_balancer_class))
            spec->load_balancer_class = NULL;
    }
    bool external = needs_node_ports(spec) || is_type(spec, "LoadBalancer") || spec->n_external_ips > 0;
    if (!external && text_equal(spec->external_traffic_policy, old->external_traffic_policy))
        spec->external_traffic_policy = NULL;
}

void service_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_service *service = object;
    const struct api_service *before = old;
    (void)request;
    keep_from_old(&service->spec, &before->spec);
    drop_leftovers(&service->spec, &before->spec);
    if (!is_type(&service->spec, "LoadBalancer"))
        service->status.load_balancer = (struct api_load_balancer_status){ 0 };
}

/* ---------------------------------------------------------------- addresses */

static void set_families(struct request *request, struct api_service_spec *spec, const struct ip_prefix *cidr)
{
    const char *own = cidr->address.family == IP_V6 ? "IPv6" : "IPv4";
    bool free_choice = headless(spec) && spec->n_selector == 0;
    if (spec->ip_family_policy == NULL)
        spec->ip_family_policy = free_choice ? "RequireDualStack" : "SingleStack";
    if (spec->n_ip_families > 0)
        return;
    bool both = free_choice && !text_equal(spec->ip_family_policy, "SingleStack");
    spec->ip_families = arena_new_array(&request->arena, const char *, 2);
    spec->ip_families[0] = own;
    spec->ip_families[1] = strcmp(own, "IPv4") == 0 ? "IPv6" : "IPv4";
    spec->n_ip_families = both ? 2 : 1;
}

static bool listed(const char *const *addresses, size_t count, const char *address)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(addresses[i], address) == 0)
            return true;
    return false;
}

static int refuse_address(struct request *request, const struct api_service *service, const char *address,
                          const char *why, struct error *err)
{
    return failure_invalid(
        request, &api_kind_service, service->metadata.name, "spec.clusterIPs", "FieldValueInvalid",
        arena_format(&request->arena, "Invalid value: [\"%s\"]: failed to allocate IP %s: %s", address, address, why),
        err);
}

static int take_address(struct request *request, const struct api_service *service, const char *text, struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    struct ip address;
    char range[IP_TEXT_SIZE];
    if (!ip_parse(str_of(text), &address))
        return 0; /* validation says it better */
    switch (service_take_address(allocator, &address)) {
    case TAKE_OK:
        return 0;
    case TAKE_TAKEN:
        return refuse_address(request, service, text, "provided IP is already allocated", err);
    case TAKE_OUT_OF_RANGE:
        break;
    }
    ip_prefix_format(service_allocator_cidr(allocator), range);
    return refuse_address(
        request, service, text,
        arena_format(&request->arena, "the provided network does not match the current range %s", range), err);
}

static int allocate_address(struct request *request, struct api_service *service, const struct api_service *old,
                            struct error *err)
{
    struct api_service_spec *spec = &service->spec;
    struct service_allocator *allocator = request->server->allocator;
    const struct api_service_spec *before = old == NULL ? NULL : &old->spec;
    if (is_type(spec, "ExternalName"))
        return 0;
    set_families(request, spec, service_allocator_cidr(allocator));
    if (!text_empty(spec->cluster_ip) && spec->n_cluster_ips == 0) {
        spec->cluster_ips = arena_new_array(&request->arena, const char *, 1);
        spec->cluster_ips[0] = spec->cluster_ip;
        spec->n_cluster_ips = 1;
    }
    if (text_empty(spec->cluster_ip) && spec->n_cluster_ips > 0)
        spec->cluster_ip = spec->cluster_ips[0];
    if (headless(spec))
        return 0;
    if (spec->n_cluster_ips > 0) {
        const char *address = spec->cluster_ips[0];
        bool own = before != NULL && listed(before->cluster_ips, before->n_cluster_ips, address);
        return own ? 0 : take_address(request, service, address, err);
    }
    struct ip address;
    char text[IP_TEXT_SIZE];
    if (!service_next_address(allocator, &address))
        return error_set(err, ERROR_INTERNAL, "failed to allocate a serviceIP: range is full");
    ip_format(&address, text);
    spec->cluster_ip = arena_strdup(&request->arena, text);
    spec->cluster_ips = arena_new_array(&request->arena, const char *, 1);
    spec->cluster_ips[0] = spec->cluster_ip;
    spec->n_cluster_ips = 1;
    return 0;
}

/* ---------------------------------------------------------------- node ports */

static bool has_node_port(const struct api_service_spec *spec, int32_t port)
{
    for (size_t i = 0; spec != NULL && i < spec->n_ports; i++)
        if (spec->ports[i].node_port == port)
            return true;
    return false;
}

static int take_port(struct request *request, const struct api_service *service, size_t index, struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    int32_t port = service->spec.ports[index].node_port;
    const char *field = arena_format(&request->arena, "spec.ports[%zu].nodePort", index);
    uint16_t first, last;
    enum take_result result = service_take_port(allocator, port);
    if (result == TAKE_OK)
        return 0;
    service_port_range(allocator, &first, &last);
    const char *why = result == TAKE_TAKEN ? "provided port is already allocated"
                                           : arena_format(&request->arena,
                                                          "provided port is not in the valid range. The range "
                                                          "of valid ports is %d-%d",
                                                          first, last);
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

static int allocate_ports(struct request *request, struct api_service *service, const struct api_service *old,
                          struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    struct api_service_spec *spec = &service->spec;
    const struct api_service_spec *before = old == NULL ? NULL : &old->spec;
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
                if (spec->ports[j].node_port != port && !has_node_port(before, spec->ports[j].node_port))
                    service_give_port(allocator, spec->ports[j].node_port);
            return rc;
        }
    }
    for (size_t i = 0; needs_node_ports(spec) && i < spec->n_ports; i++) {
        if (spec->ports[i].node_port == 0)
            spec->ports[i].node_port = shared_port(spec, i);
        if (spec->ports[i].node_port == 0)
            spec->ports[i].node_port = service_next_port(allocator);
        if (spec->ports[i].node_port == 0) {
            service_release(request, service, old);
            return error_set(err, ERROR_INTERNAL, "failed to allocate a nodePort: range is full");
        }
    }
    return 0;
}

static int allocate_health_port(struct request *request, struct api_service_spec *spec, const struct api_service *old,
                                struct error *err)
{
    struct service_allocator *allocator = request->server->allocator;
    if (!needs_health_port(spec))
        return 0;
    if (spec->health_check_node_port == 0) {
        spec->health_check_node_port = service_next_port(allocator);
        return spec->health_check_node_port != 0
                   ? 0
                   : error_set(err, ERROR_INTERNAL, "failed to allocate a HealthCheck NodePort");
    }
    if (old != NULL && old->spec.health_check_node_port == spec->health_check_node_port)
        return 0;
    if (service_take_port(allocator, spec->health_check_node_port) == TAKE_OK)
        return 0;
    int rc = error_set(err, ERROR_INTERNAL,
                       "failed to allocate requested HealthCheck NodePort %d: provided port is not free",
                       spec->health_check_node_port);
    spec->health_check_node_port = 0; /* not ours to give back */
    return rc;
}

int service_allocate(struct request *request, void *object, const void *old, struct error *err)
{
    struct api_service *service = object;
    int rc = allocate_address(request, service, old, err);
    if (rc < 0)
        return rc;
    rc = allocate_ports(request, service, old, err);
    if (rc < 0) {
        struct api_service address_only = *service;
        address_only.spec.ports = NULL;
        address_only.spec.n_ports = 0;
        service_release(request, &address_only, old);
        return rc;
    }
    rc = allocate_health_port(request, &service->spec, old, err);
    if (rc < 0)
        service_release(request, service, old);
    return rc;
}

/* What the new object has and the old one has not was taken for this write. */
void service_release(struct request *request, const void *object, const void *old)
{
    struct service_allocator *allocator = request->server->allocator;
    const struct api_service_spec *spec = &((const struct api_service *)object)->spec;
    const struct api_service_spec *before = old == NULL ? NULL : &((const struct api_service *)old)->spec;
    for (size_t i = 0; i < spec->n_cluster_ips; i++) {
        struct ip address;
        if (ip_parse(str_of(spec->cluster_ips[i]), &address) &&
            !(before != NULL && listed(before->cluster_ips, before->n_cluster_ips, spec->cluster_ips[i])))
            service_give_address(allocator, &address);
    }
    for (size_t i = 0; i < spec->n_ports; i++)
        if (spec->ports[i].node_port != 0 && !has_node_port(before, spec->ports[i].node_port))
            service_give_port(allocator, spec->ports[i].node_port);
    if (spec->health_check_node_port != 0 &&
        (before == NULL || before->health_check_node_port != spec->health_check_node_port))
        service_give_port(allocator, spec->health_check_node_port);
}
