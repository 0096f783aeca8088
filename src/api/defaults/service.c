/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service.c - services. */
#include "generated/core_v1.h"

#include "base/arena.h"

enum { CLIENT_IP_TIMEOUT_SECONDS = 3 * 60 * 60 };

static void default_affinity(struct api_service_spec *spec, struct arena *arena)
{
    if (text_empty(spec->session_affinity))
        spec->session_affinity = "None";
    if (text_equal(spec->session_affinity, "None"))
        spec->session_affinity_config = NULL;
    if (!text_equal(spec->session_affinity, "ClientIP"))
        return;
    if (spec->session_affinity_config == NULL)
        spec->session_affinity_config = arena_new(arena, struct api_session_affinity_config);
    struct api_session_affinity_config *config = spec->session_affinity_config;
    if (config->client_ip == NULL)
        config->client_ip = arena_new(arena, struct api_client_ip_config);
    if (config->client_ip->timeout_seconds == NULL) {
        config->client_ip->timeout_seconds = arena_new(arena, int32_t);
        *config->client_ip->timeout_seconds = CLIENT_IP_TIMEOUT_SECONDS;
    }
}

static void default_ports(struct api_service_spec *spec)
{
    for (size_t i = 0; i < spec->n_ports; i++) {
        struct api_service_port *port = &spec->ports[i];
        bool missing =
            port->target_port.text != NULL ? port->target_port.text[0] == '\0' : port->target_port.number == 0;
        if (missing)
            port->target_port = int_or_string_of(port->port);
    }
}

static void default_traffic(struct api_service_spec *spec, struct arena *arena)
{
    bool cluster_ip = text_equal(spec->type, "ClusterIP"), balancer = text_equal(spec->type, "LoadBalancer");
    bool node_port = text_equal(spec->type, "NodePort");
    bool external = node_port || balancer || (cluster_ip && spec->n_external_ips > 0);
    if (external && text_empty(spec->external_traffic_policy))
        spec->external_traffic_policy = "Cluster";
    if ((cluster_ip || node_port || balancer) && spec->internal_traffic_policy == NULL)
        spec->internal_traffic_policy = "Cluster";
    if (balancer && spec->allocate_load_balancer_node_ports == NULL) {
        spec->allocate_load_balancer_node_ports = arena_new(arena, bool);
        *spec->allocate_load_balancer_node_ports = true;
    }
}

void api_defaults_service(void *value, struct arena *arena)
{
    struct api_service *service = value;
    struct api_service_spec *spec = &service->spec;
    default_affinity(spec, arena);
    if (text_empty(spec->type))
        spec->type = "ClusterIP";
    default_ports(spec);
    default_traffic(spec, arena);
    if (!text_equal(spec->type, "LoadBalancer"))
        return;
    for (size_t i = 0; i < service->status.load_balancer.n_ingress; i++) {
        struct api_load_balancer_ingress *ingress = &service->status.load_balancer.ingress[i];
        if (!text_empty(ingress->ip) && ingress->ip_mode == NULL)
            ingress->ip_mode = "VIP";
    }
}
