/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/config/qos.h"

#include "api/pod/pod_qos.h"

#include <stdio.h>
#include <string.h>

#include "node/kubelet/pod/status.h"

int64_t cpu_shares_of(int64_t milli)
{
    int64_t shares = milli * 1024 / 1000;
    return shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
}

int64_t cpu_milli_of_shares(int64_t shares)
{
    return (shares * 1000 + 1023) / 1024;
}

int64_t cpu_quota_of(int64_t milli)
{
    if (milli <= 0)
        return 0;
    int64_t quota = milli * CPU_PERIOD / 1000;
    return quota < 1000 ? 1000 : quota;
}

uint64_t cpu_weight_of_shares(int64_t shares)
{
    shares = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
    return 1 + (uint64_t)(shares - 2) * 9999 / 262142;
}

static const struct quantity *find(const struct api_quantity_entry *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(list[i].key, name))
            return &list[i].value;
    }
    return NULL;
}

bool resource_given(const struct api_quantity_entry *list, size_t n, const char *name)
{
    const struct quantity *found = find(list, n, name);
    return found != NULL && !quantity_is_zero(found);
}

int64_t resource_amount(const struct api_quantity_entry *list, size_t n, const char *name)
{
    const struct quantity *found = find(list, n, name);
    if (found == NULL)
        return 0;
    return strcmp(name, "cpu") == 0 ? quantity_milli_value(found) : quantity_value(found);
}

/* Pod-level resources, where given, stand for the sum. */
static int64_t total(const struct api_pod *pod, const char *name, bool limits, bool *ret_all)
{
    const struct api_pod_spec *spec = &pod->spec;
    const struct api_resource_requirements *whole = spec->resources;
    *ret_all = true;
    if (whole != NULL) {
        const struct api_quantity_entry *list = limits ? whole->limits : whole->requests;
        size_t n = limits ? whole->n_limits : whole->n_requests;
        if (resource_given(list, n, name))
            return resource_amount(list, n, name) + resource_amount(spec->overhead, spec->n_overhead, name);
    }
    int64_t sum = 0, sidecars = 0, greatest = 0;
    for (size_t i = 0; i < spec->n_init_containers + spec->n_containers; i++) {
        const struct api_resource_requirements *own = &pod_container(pod, i)->resources;
        const struct api_quantity_entry *list = limits ? own->limits : own->requests;
        size_t n = limits ? own->n_limits : own->n_requests;
        int64_t amount = resource_amount(list, n, name);
        bool plain_init = i < spec->n_init_containers && !pod_container_is_sidecar(pod, i);
        if (!resource_given(list, n, name))
            *ret_all = false;
        if (plain_init) {
            greatest = amount + sidecars > greatest ? amount + sidecars : greatest;
        } else {
            sum += amount;
            sidecars += i < spec->n_init_containers ? amount : 0;
        }
    }
    sum = sum > greatest ? sum : greatest;
    return sum + (limits && !*ret_all ? 0 : resource_amount(spec->overhead, spec->n_overhead, name));
}

void pod_requests(const struct api_pod *pod, int64_t *ret_cpu_milli, int64_t *ret_memory)
{
    bool all;
    *ret_cpu_milli = total(pod, "cpu", false, &all);
    *ret_memory = total(pod, "memory", false, &all);
}

void pod_limits(const struct api_pod *pod, int64_t *ret_cpu_milli, int64_t *ret_memory)
{
    bool all;
    int64_t cpu = total(pod, "cpu", true, &all);
    *ret_cpu_milli = all ? cpu : 0;
    int64_t memory = total(pod, "memory", true, &all);
    *ret_memory = all ? memory : 0;
}

int64_t container_limit(const struct api_pod *pod, size_t container, const char *name)
{
    const struct api_resource_requirements *own = &pod_container(pod, container)->resources;
    const struct api_resource_requirements *whole = pod->spec.resources;
    if (whole == NULL || resource_given(own->limits, own->n_limits, name))
        return resource_amount(own->limits, own->n_limits, name);
    return resource_amount(whole->limits, whole->n_limits, name);
}

struct cgroup_limits pod_cgroup_limits(const struct api_pod *pod)
{
    int64_t cpu, memory, cpu_limit, memory_limit;
    pod_requests(pod, &cpu, &memory);
    pod_limits(pod, &cpu_limit, &memory_limit);
    if (cpu == 0)
        cpu = cpu_limit;
    return (struct cgroup_limits){ .cpu_shares = cpu_shares_of(cpu),
                                   .cpu_quota = cpu_limit > 0 ? cpu_quota_of(cpu_limit) : -1,
                                   .cpu_period = CPU_PERIOD,
                                   .memory = memory_limit };
}

void pod_cgroup_path(const struct api_pod *pod, const char *root, char *text, size_t size)
{
    const char *class = text_empty(pod->status.qos_class) ? api_pod_qos_class(&pod->spec) : pod->status.qos_class;
    const char *part = strcmp(class, "Guaranteed") == 0  ? ""
                       : strcmp(class, "Burstable") == 0 ? "burstable/"
                                                         : "besteffort/";
    snprintf(text, size, "%s/kubepods/%spod%s", strcmp(root, "/") == 0 ? "" : root, part, pod->metadata.uid);
}

int64_t container_oom_score(const struct api_pod *pod, size_t container, int64_t node_memory)
{
    const char *class = api_pod_qos_class(&pod->spec);
    if (pod->spec.priority != NULL && *pod->spec.priority >= 2000000000)
        return -997; /* system critical pods go last */
    if (strcmp(class, "Guaranteed") == 0)
        return -997;
    if (strcmp(class, "BestEffort") == 0 || node_memory <= 0)
        return 1000;
    const struct api_resource_requirements *own = &pod_container(pod, container)->resources;
    int64_t request = resource_amount(own->requests, own->n_requests, "memory");
    int64_t score = 1000 - 1000 * request / node_memory;
    return score < 3 ? 3 : score > 999 ? 999 : score;
}
