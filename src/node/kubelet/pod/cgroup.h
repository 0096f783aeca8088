/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cgroup.h - a pod's directory in the cgroup tree, v1 and v2, with its limits.
 *
 *   ROOT/kubepods/{,burstable,besteffort}/podUID       in every hierarchy that is there */
#ifndef NODE_KUBELET_POD_CGROUP_H
#define NODE_KUBELET_POD_CGROUP_H

#include "base/error.h"
#include "node/kubelet/config/qos.h"

/* There already is fine: the limits are written again. */
int pod_cgroup_create(const struct api_pod *pod, const char *root, const struct cgroup_limits *limits,
                      struct error *err) must_check;

/* Whatever the pod's class was. Processes that are left are killed. Absent is fine. */
int pod_cgroup_remove(const char *uid, const char *root, struct error *err) must_check;

/* The node's own: ROOT/kubepods and its two classes. */
int node_cgroup_create(const char *root, struct error *err) must_check;

/* All pods together get no more than the node promises. */
int node_cgroup_limit(const char *root, int64_t cpu_milli, int64_t memory, struct error *err) must_check;

/* Cumulative CPU time in nanoseconds and working set in bytes of a cgroup; -ERROR_NOT_FOUND. */
struct cgroup_usage {
    uint64_t cpu_nanoseconds;
    uint64_t memory;      /* in use, cache included */
    uint64_t working_set; /* without inactive file pages */
    uint64_t rss;
    uint64_t pids;
};
int cgroup_usage(const char *path, struct cgroup_usage *ret_usage, struct error *err) must_check;

#endif
