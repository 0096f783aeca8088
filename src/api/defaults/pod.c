/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod.c - pods, at the root and in templates. */
#include "generated/core_v1.h"

#include "api/pod/pod_resources.h"
#include "api/value/entry.h"

/* Requests that are not given equal the limits. */
static void requests_from_limits(struct api_resource_requirements *resources, struct arena *arena)
{
    for (size_t i = 0; i < resources->n_limits; i++) {
        const struct api_quantity_entry *limit = &resources->limits[i];
        if (quantity_entry_value(resources->requests, resources->n_requests, limit->key) == NULL)
            entry_put_to(resources->requests, resources->n_requests, limit->key, arena)->value = limit->value;
    }
}

static void default_host_ports(struct api_container *container)
{
    for (size_t i = 0; i < container->n_ports; i++)
        if (container->ports[i].host_port == 0)
            container->ports[i].host_port = container->ports[i].container_port;
}

static bool is_huge_page(const char *name)
{
    return str_starts(str_of(name), STR("hugepages-"));
}

/* Calls 'visit' with the names of all resources that containers speak of. */
static void each_container_resource(const struct api_pod_spec *spec, bool limits, struct arena *arena,
                                    void (*visit)(struct api_pod_spec *spec, const char *name, struct arena *arena))
{
    for (int round = 0; round < 2; round++) {
        const struct api_container *containers = round == 0 ? spec->containers : spec->init_containers;
        size_t count = round == 0 ? spec->n_containers : spec->n_init_containers;
        for (size_t i = 0; i < count; i++) {
            const struct api_resource_requirements *resources = &containers[i].resources;
            size_t n = limits ? resources->n_limits : resources->n_requests;
            for (size_t j = 0; j < n; j++)
                visit((struct api_pod_spec *)(uintptr_t)spec,
                      limits ? resources->limits[j].key : resources->requests[j].key, arena);
        }
    }
}

static void huge_page_limit(struct api_pod_spec *spec, const char *name, struct arena *arena)
{
    struct api_resource_requirements *pod = spec->resources;
    struct quantity total;
    if (is_huge_page(name) && quantity_entry_value(pod->limits, pod->n_limits, name) == NULL &&
        quantity_entry_value(pod->requests, pod->n_requests, name) == NULL &&
        api_pod_aggregate(spec, true, name, &total))
        entry_put_to(pod->limits, pod->n_limits, name, arena)->value = total;
}

static void pod_request(struct api_pod_spec *spec, const char *name, struct arena *arena)
{
    struct api_resource_requirements *pod = spec->resources;
    struct quantity total;
    if ((text_equal(name, "cpu") || text_equal(name, "memory")) &&
        quantity_entry_value(pod->requests, pod->n_requests, name) == NULL &&
        api_pod_aggregate(spec, false, name, &total))
        entry_put_to(pod->requests, pod->n_requests, name, arena)->value = total;
}

/* Pod-level resources that are partly given are completed: from the containers, then from the pod's limits. */
static void default_pod_resources(struct api_pod_spec *spec, struct arena *arena)
{
    struct api_resource_requirements *pod = spec->resources;
    if (pod == NULL)
        return;
    if (pod->n_limits > 0 || pod->n_requests > 0)
        each_container_resource(spec, true, arena, huge_page_limit);
    if (pod->n_limits == 0)
        return;
    each_container_resource(spec, false, arena, pod_request);
    for (size_t i = 0; i < pod->n_limits; i++) {
        const char *name = pod->limits[i].key;
        bool supported = text_equal(name, "cpu") || text_equal(name, "memory") || is_huge_page(name);
        if (supported && quantity_entry_value(pod->requests, pod->n_requests, name) == NULL)
            entry_put_to(pod->requests, pod->n_requests, name, arena)->value = pod->limits[i].value;
    }
}

void api_defaults_pod(void *value, struct arena *arena)
{
    struct api_pod *pod = value;
    struct api_pod_spec *spec = &pod->spec;
    for (size_t i = 0; i < spec->n_containers; i++)
        requests_from_limits(&spec->containers[i].resources, arena);
    for (size_t i = 0; i < spec->n_init_containers; i++)
        requests_from_limits(&spec->init_containers[i].resources, arena);
    default_pod_resources(spec, arena);
    if (spec->termination_grace_period_seconds != NULL && *spec->termination_grace_period_seconds < 0)
        *spec->termination_grace_period_seconds = 1; /* as a pod's own, not in templates */
    if (spec->enable_service_links == NULL) {
        spec->enable_service_links = arena_new(arena, bool);
        *spec->enable_service_links = true;
    }
    for (size_t i = 0; spec->host_network && i < spec->n_containers; i++)
        default_host_ports(&spec->containers[i]);
    for (size_t i = 0; spec->host_network && i < spec->n_init_containers; i++)
        default_host_ports(&spec->init_containers[i]);
}

/* The old name of the service account's field always says the same as the new one. */
void api_defaults_pod_spec(void *value, struct arena *arena)
{
    (void)arena;
    struct api_pod_spec *spec = value;
    if (text_empty(spec->service_account_name))
        spec->service_account_name = spec->service_account;
    spec->service_account = spec->service_account_name;
}

/* podIP is the first of podIPs; where they differ the older field counts. */
void api_defaults_pod_status(void *value, struct arena *arena)
{
    struct api_pod_status *status = value;

    if (!text_empty(status->pod_ip) && (status->n_pod_ips == 0 || !text_equal(status->pod_ip, status->pod_ips[0].ip))) {
        status->pod_ips = arena_new(arena, struct api_pod_ip);
        status->pod_ips[0].ip = status->pod_ip;
        status->n_pod_ips = 1;
    } else if (status->n_pod_ips > 0) {
        status->pod_ip = status->pod_ips[0].ip;
    }
}
