/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/resize/change.h"

#include "api/value/entry.h"
#include "base/arena.h"

static bool same_amount(const struct api_quantity_entry *a, size_t n_a, const struct api_quantity_entry *b, size_t n_b,
                        const char *name)
{
    const struct quantity *one = quantity_entry_value(a, n_a, name), *other = quantity_entry_value(b, n_b, name);
    if (one == NULL || other == NULL)
        return one == other;
    return quantity_compare(one, other) == 0;
}

static bool changes(const struct api_pod *allocated, const struct api_pod *actuated, size_t container, const char *name)
{
    const struct api_resource_requirements *now = &pod_container(allocated, container)->resources;
    const struct api_resource_requirements *before = &pod_container(actuated, container)->resources;
    return !same_amount(now->requests, now->n_requests, before->requests, before->n_requests, name) ||
           !same_amount(now->limits, now->n_limits, before->limits, before->n_limits, name) ||
           container_limit(allocated, container, name) != container_limit(actuated, container, name);
}

struct resize_change resize_change_of(const struct api_pod *allocated, const struct api_pod *actuated, size_t container)
{
    return (struct resize_change){ .cpu = changes(allocated, actuated, container, "cpu"),
                                   .memory = changes(allocated, actuated, container, "memory") };
}

bool resize_change_restarts(const struct api_container *container, struct resize_change change)
{
    for (size_t i = 0; i < container->n_resize_policy; i++) {
        const struct api_container_resize_policy *policy = &container->resize_policy[i];
        bool concerned = text_equal(policy->resource_name, "cpu") ? change.cpu : change.memory;
        if (concerned && text_equal(policy->restart_policy, "RestartContainer"))
            return true;
    }
    return false;
}

bool resize_shrinks_memory(const struct api_pod *allocated, const struct api_pod *actuated, size_t container)
{
    int64_t now = container_limit(allocated, container, "memory"),
            before = container_limit(actuated, container, "memory");
    return now > 0 && (before == 0 || now < before);
}

struct cgroup_limits resize_limits_between(const struct cgroup_limits *a, const struct cgroup_limits *b)
{
    struct cgroup_limits wide = *b;
    if (a->cpu_shares > wide.cpu_shares)
        wide.cpu_shares = a->cpu_shares;
    if (a->cpu_quota < 0 || (wide.cpu_quota >= 0 && a->cpu_quota > wide.cpu_quota))
        wide.cpu_quota = a->cpu_quota;
    if (a->memory == 0 || (wide.memory > 0 && a->memory > wide.memory))
        wide.memory = a->memory;
    return wide;
}

static void correct(struct api_quantity_entry **list, size_t n, const char *name, int64_t value, bool milli,
                    struct arena *arena)
{
    struct api_quantity_entry *copy = arena_new_array(arena, struct api_quantity_entry, n + 1);
    for (size_t i = 0; i < n; i++) {
        copy[i] = (*list)[i];
        if (!text_equal(copy[i].key, name))
            continue;
        if (milli)
            copy[i].value = quantity_of_milli(value, QUANTITY_DECIMAL_SI);
        else
            copy[i].value = quantity_of(value, QUANTITY_BINARY_SI);
    }
    *list = copy;
}

struct api_resource_requirements *resize_resources_in_force(const struct api_pod *actuated, size_t container,
                                                            const struct runtime_container *instance,
                                                            struct arena *arena)
{
    struct api_resource_requirements *out = arena_new(arena, struct api_resource_requirements);
    *out = pod_container(actuated, container)->resources;
    if (instance == NULL)
        return out;
    int64_t request = resource_amount(out->requests, out->n_requests, "cpu");
    int64_t limit = resource_amount(out->limits, out->n_limits, "cpu");
    int64_t memory = resource_amount(out->limits, out->n_limits, "memory");
    if (instance->cpu_shares > 2 && request > 0 && instance->cpu_shares != cpu_shares_of(request))
        correct(&out->requests, out->n_requests, "cpu", cpu_milli_of_shares(instance->cpu_shares), true, arena);
    if (instance->cpu_quota > 0 && limit > 0 && instance->cpu_quota != cpu_quota_of(limit))
        correct(&out->limits, out->n_limits, "cpu", instance->cpu_quota * 1000 / CPU_PERIOD, true, arena);
    if (instance->memory_limit > 0 && memory > 0 && instance->memory_limit != memory)
        correct(&out->limits, out->n_limits, "memory", instance->memory_limit, false, arena);
    return out;
}
