/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.h - a pod's status from its spec, its runtime state and the worker's memory. Pure. */
#ifndef NODE_KUBELET_POD_STATUS_H
#define NODE_KUBELET_POD_STATUS_H

#include "base/arena.h"
#include "node/kubelet/pod/plan.h"

struct pod_status_input {
    const struct api_pod *pod; /* its old status is kept where the kubelet is not the one to say */
    const struct pod_runtime *runtime;
    const struct container_memo *memos;
    const struct pod_plan *plan; /* the newest; NULL: none yet */
    const char *runtime_name;    /* "containerd": container ids are "containerd://ID" */
    const char *const *host_ips; /* NULL-terminated */
    usec_t start_time;
    usec_t now;
    bool ended;          /* stopped for good: containers without a status get one */
    const char *reason;  /* of the pod: "Evicted", "DeadlineExceeded", an admission reason; NULL: none */
    const char *message; /* with reason: the phase is Failed */
};

/* In the arena; borrows from the input. */
struct api_pod_status *pod_status_make(const struct pod_status_input *input, struct arena *arena);

/* "Guaranteed", "Burstable" or "BestEffort". */

#endif
