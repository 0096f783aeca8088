/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Services: what an update leaves out, and what each write takes. */

#include "apiserver/registry/strategy/service.h"

/* ---------------------------------------------------------------- what an update leaves out */

static const struct api_service_port *port_before(const struct api_service_spec *old,
                                                  const struct api_service_port *port)
{
    for (size_t i = 0; i < old->n_ports; i++)
        if (text_equal(old->ports[i].name, port->name))
            return &old->ports[i];
    return NULL;
}

static bool uses_port(const struct api_service_spec *spec, int32_t node_port)
{
    for (size_t i = 0; i < spec->n_ports; i++)
        if (spec->ports[i].node_port == node_port)
            return true;
    return false;
}

/* A client that knows clusterIP only changes that; the list it read goes with it. */
static void follow_first_address(struct request *request, struct api_service_spec *spec,
                                 const struct api_service_spec *old)
{
    bool same = spec->n_cluster_ips == old->n_cluster_ips && spec->n_cluster_ips > 0;
    for (size_t i = 0; same && i < spec->n_cluster_ips; i++)
        same = text_equal(spec->cluster_ips[i], old->cluster_ips[i]);
    if (!same || text_equal(spec->cluster_ip, old->cluster_ip))
        return;
    spec->n_cluster_ips = text_empty(spec->cluster_ip) ? 0 : 1;
    spec->cluster_ips = arena_new_array(&request->arena, const char *, 1);
    spec->cluster_ips[0] = spec->cluster_ip;
}

static void keep_from_old(struct api_service_spec *spec, const struct api_service_spec *old)
{
    if (!service_is(spec, "ExternalName") && !service_is(old, "ExternalName")) {
        if (text_empty(spec->cluster_ip))
            spec->cluster_ip = old->cluster_ip;
        if (spec->n_cluster_ips == 0 && text_equal(spec->cluster_ip, old->cluster_ip)) {
            spec->cluster_ips = old->cluster_ips;
            spec->n_cluster_ips = old->n_cluster_ips;
        }
    }
    if (service_has_node_ports(spec) && service_has_node_ports(old)) {
        for (size_t i = 0; i < spec->n_ports; i++) {
            const struct api_service_port *before = port_before(old, &spec->ports[i]);
            if (spec->ports[i].node_port == 0 && before != NULL && !uses_port(spec, before->node_port))
                spec->ports[i].node_port = before->node_port;
        }
    }
    if (service_needs_health_port(spec) && spec->health_check_node_port == 0)
        spec->health_check_node_port = old->health_check_node_port;
}

/* Leftovers of the former type that the client did not touch. */
static void drop_leftovers(struct api_service_spec *spec, const struct api_service_spec *old)
{
    if (service_is(spec, "ExternalName") && !service_is(old, "ExternalName")) {
        if (text_equal(spec->internal_traffic_policy, old->internal_traffic_policy))
            spec->internal_traffic_policy = NULL;
        if (text_equal(spec->cluster_ip, old->cluster_ip)) {
            spec->cluster_ip = NULL;
            spec->cluster_ips = NULL;
            spec->n_cluster_ips = 0;
            spec->ip_families = NULL;
            spec->n_ip_families = 0;
            spec->ip_family_policy = NULL;
        }
    }
    if (service_needs_node_ports(old) && !service_needs_node_ports(spec)) {
        for (size_t i = 0; i < spec->n_ports; i++) {
            const struct api_service_port *before = port_before(old, &spec->ports[i]);
            if (before != NULL && before->node_port == spec->ports[i].node_port)
                spec->ports[i].node_port = 0;
        }
    }
    if (service_needs_health_port(old) && !service_needs_health_port(spec) &&
        spec->health_check_node_port == old->health_check_node_port)
        spec->health_check_node_port = 0;
    if (service_is(old, "LoadBalancer") && !service_is(spec, "LoadBalancer")) {
        spec->allocate_load_balancer_node_ports = NULL;
        if (text_equal(spec->load_balancer_class, old->load_balancer_class))
            spec->load_balancer_class = NULL;
    }
    bool external = service_needs_node_ports(spec) || service_is(spec, "LoadBalancer") || spec->n_external_ips > 0;
    if (!external && text_equal(spec->external_traffic_policy, old->external_traffic_policy))
        spec->external_traffic_policy = NULL;
}

void service_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_service *service = object;
    const struct api_service *before = old;
    follow_first_address(request, &service->spec, &before->spec);
    keep_from_old(&service->spec, &before->spec);
    drop_leftovers(&service->spec, &before->spec);
    if (!service_is(&service->spec, "LoadBalancer"))
        service->status.load_balancer = (struct api_load_balancer_status){ 0 };
}

/* ---------------------------------------------------------------- addresses and ports */

int service_allocate(struct request *request, void *object, const void *old, struct error *err)
{
    struct api_service *service = object;
    int rc = service_allocate_addresses(request, service, old, err);
    if (rc < 0)
        return rc;
    rc = service_allocate_ports(request, service, old, err);
    if (rc < 0)
        service_release_addresses(request, &service->spec,
                                  old == NULL ? NULL : &((const struct api_service *)old)->spec);
    return rc;
}

/* What the new object has and the old one has not was taken for this write. */
void service_release(struct request *request, const void *object, const void *old)
{
    const struct api_service_spec *spec = &((const struct api_service *)object)->spec;
    const struct api_service_spec *before = old == NULL ? NULL : &((const struct api_service *)old)->spec;
    service_release_addresses(request, spec, before);
    service_release_ports(request, spec, before);
}
