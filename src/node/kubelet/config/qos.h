/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* qos.h - quality of service: a pod's class, its cgroup and what its resources mean to the kernel. Pure. */
#ifndef NODE_KUBELET_CONFIG_QOS_H
#define NODE_KUBELET_CONFIG_QOS_H

#include "node/kubelet/pod/spec.h"

struct cgroup_limits {
    int64_t cpu_shares; /* 2 to 262144; 0: leave */
    int64_t cpu_quota;  /* microseconds a period; 0: leave, -1: none */
    int64_t cpu_period; /* microseconds */
    int64_t memory;     /* bytes; 0: none */
    int64_t pids;       /* 0: none */
};

#define CPU_PERIOD 100000 /* microseconds */

int64_t cpu_shares_of(int64_t milli);
int64_t cpu_quota_of(int64_t milli); /* 0 for no limit; at least 1 ms */
int64_t cpu_milli_of_shares(int64_t shares);
uint64_t cpu_weight_of_shares(int64_t shares); /* cgroup v2: 1 to 10000 */

/* The amount of a resource in a list, in thousandths for "cpu", whole units otherwise; 0 when absent. */
int64_t resource_amount(const struct api_quantity_entry *list, size_t n, const char *name);
bool resource_given(const struct api_quantity_entry *list, size_t n, const char *name);

/* Requests and limits of the whole pod as the scheduler counts them: the sum of main containers and sidecars,
 * or the greatest plain init container beside the sidecars before it; overhead added. limits: 0 when not all have one. */
void pod_requests(const struct api_pod *pod, int64_t *ret_cpu_milli, int64_t *ret_memory);
void pod_limits(const struct api_pod *pod, int64_t *ret_cpu_milli, int64_t *ret_memory);

/* The container's limit, in thousandths for "cpu": its own, or else the pod's as a whole; 0: none. */
int64_t container_limit(const struct api_pod *pod, size_t container, const char *name);

struct cgroup_limits pod_cgroup_limits(const struct api_pod *pod);

/* ROOT/kubepods/burstable/podUID; Guaranteed pods stand directly below kubepods. */
void pod_cgroup_path(const struct api_pod *pod, const char *root, char *text, size_t size);

/* What the kernel's OOM killer is told: Guaranteed -997, BestEffort 1000, Burstable between by the share of the
 * node's memory it asks for. */
int64_t container_oom_score(const struct api_pod *pod, size_t container, int64_t node_memory);

#endif
