/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_resources.c - sums over the containers of a pod. */
#include "api/pod/pod_resources.h"

#include "api/value/entry.h"

static bool is_sidecar(const struct api_container *container)
{
    return text_equal(container->restart_policy, "Always");
}

static const struct quantity *amount_of(const struct api_container *container, bool limits, const char *name)
{
    const struct api_resource_requirements *resources = &container->resources;
    return limits ? quantity_entry_value(resources->limits, resources->n_limits, name)
                  : quantity_entry_value(resources->requests, resources->n_requests, name);
}

bool api_pod_aggregate(const struct api_pod_spec *spec, bool limits, const char *name, struct quantity *ret_total)
{
    struct quantity running = { 0 }, sidecars = { 0 }, starting = { 0 };
    bool found = false;
    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct quantity *amount = amount_of(&spec->init_containers[i], limits, name);
        struct quantity with = sidecars;
        if (amount == NULL)
            continue;
        found = true;
        quantity_add(&with, amount);
        if (is_sidecar(&spec->init_containers[i]))
            sidecars = with;
        if (quantity_compare(&with, &starting) > 0)
            starting = with;
    }
    running = sidecars;
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct quantity *amount = amount_of(&spec->containers[i], limits, name);
        if (amount == NULL)
            continue;
        found = true;
        quantity_add(&running, amount);
    }
    *ret_total = quantity_compare(&starting, &running) > 0 ? starting : running;
    ret_total->set = true;
    return found;
}

struct quantity api_pod_request(const struct api_pod_spec *spec, const char *name)
{
    struct quantity total = { 0 };
    const struct api_resource_requirements *whole = spec->resources;
    const struct quantity *own = whole == NULL ? NULL : quantity_entry_value(whole->requests, whole->n_requests, name);
    const struct quantity *overhead = quantity_entry_value(spec->overhead, spec->n_overhead, name);
    if (own != NULL)
        total = *own;
    else
        api_pod_aggregate(spec, false, name, &total);
    if (overhead != NULL)
        quantity_add(&total, overhead);
    return total;
}
