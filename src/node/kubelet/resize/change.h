/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* change.h - what a resize changes for one container and for the pod's cgroup. Pure.
 *
 * 'allocated' and 'actuated' are the two views of one pod (allocation.h): what its containers shall have and what they have. */
#ifndef NODE_KUBELET_RESIZE_CHANGE_H
#define NODE_KUBELET_RESIZE_CHANGE_H

#include "node/kubelet/config/qos.h"
#include "node/kubelet/pod/runtime.h"

struct resize_change {
    bool cpu, memory;
};

struct resize_change resize_change_of(const struct api_pod *allocated, const struct api_pod *actuated,
                                      size_t container);

/* The container's resizePolicy says RestartContainer for something that changes. */
bool resize_change_restarts(const struct api_container *container, struct resize_change change);

/* The container's memory limit becomes smaller, or it gets one. */
bool resize_shrinks_memory(const struct api_pod *allocated, const struct api_pod *actuated, size_t container);

/* Wide enough for both: in force while containers change. */
struct cgroup_limits resize_limits_between(const struct cgroup_limits *a, const struct cgroup_limits *b);

/* What a running container has, in the arena: the actuated resources, corrected where the runtime says otherwise. */
struct api_resource_requirements *resize_resources_in_force(const struct api_pod *actuated, size_t container,
                                                            const struct runtime_container *instance,
                                                            struct arena *arena);

#endif
