/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* service.h - the parts of the Service strategy: what an update leaves out (service.c), addresses and families
 * (service_addresses.c), node ports (service_ports.c). Only for those files. */
#ifndef APISERVER_REGISTRY_STRATEGY_SERVICE_H
#define APISERVER_REGISTRY_STRATEGY_SERVICE_H

#include "apiserver/registry/strategy/strategies.h"
#include "generated/types.h"

static inline bool service_is(const struct api_service_spec *spec, const char *type)
{
    return text_equal(spec->type, type);
}

static inline bool service_headless(const struct api_service_spec *spec)
{
    return text_equal(spec->cluster_ip, "None") ||
           (spec->n_cluster_ips > 0 && text_equal(spec->cluster_ips[0], "None"));
}

/* Types whose ports may be node ports; those of a load balancer need not be. */
static inline bool service_has_node_ports(const struct api_service_spec *spec)
{
    return service_is(spec, "NodePort") || service_is(spec, "LoadBalancer");
}

static inline bool service_needs_node_ports(const struct api_service_spec *spec)
{
    bool balancer = service_is(spec, "LoadBalancer") &&
                    (spec->allocate_load_balancer_node_ports == NULL || *spec->allocate_load_balancer_node_ports);
    return service_is(spec, "NodePort") || balancer;
}

static inline bool service_needs_health_port(const struct api_service_spec *spec)
{
    return service_is(spec, "LoadBalancer") && text_equal(spec->external_traffic_policy, "Local");
}

/* Fills in families and addresses, or node ports; 'old' is NULL on create. What was taken before an error is given back. */
int service_allocate_addresses(struct request *request, struct api_service *service, const struct api_service *old,
                               struct error *err) must_check;
int service_allocate_ports(struct request *request, struct api_service *service, const struct api_service *old,
                           struct error *err) must_check;

/* Give back what the new object has and the old one has not. */
void service_release_addresses(struct request *request, const struct api_service_spec *spec,
                               const struct api_service_spec *before);
void service_release_ports(struct request *request, const struct api_service_spec *spec,
                           const struct api_service_spec *before);

#endif
