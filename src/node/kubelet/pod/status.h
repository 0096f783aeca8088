/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.h - a pod's status from its spec, its runtime state and the worker's memory. Pure. */
#ifndef NODE_KUBELET_POD_STATUS_H
#define NODE_KUBELET_POD_STATUS_H

#include "base/arena.h"
#include "node/kubelet/pod/plan.h"

struct pod_status_input {
    const struct api_pod *allocated; /* the pod with what the node has promised it */
    const struct api_pod *actuated;  /* the pod with what is in force */
    const struct api_pod *pod;       /* its old status is kept where the kubelet is not the one to say */
    const struct pod_runtime *runtime;
    const struct container_memo *memos;
    const struct pod_plan *plan; /* the newest; NULL: none yet */
    const char *runtime_name;    /* "containerd": container ids are "containerd://ID" */
    const char *const *host_ips; /* NULL-terminated */
    usec_t start_time;
    usec_t now;
    bool ended;                 /* stopped for good: containers without a status get one */
    bool observed;              /* all of the spec was looked at */
    const char *pending_reason; /* of a resize that waits: "Deferred", "Infeasible"; NULL: none */
    const char *pending_message;
    int64_t pending_generation;
    bool resizing; /* one is carried out */
    int64_t resizing_generation;
    const char *resize_error; /* "" it goes on */
    const char *reason;       /* of the pod: "Evicted", "DeadlineExceeded", an admission reason; NULL: none */
    const char *message;      /* with reason: the phase is Failed */
};

/* In the arena; borrows from the input. */
struct api_pod_status *pod_status_make(const struct pod_status_input *input, struct arena *arena);

/* "Guaranteed", "Burstable" or "BestEffort". */

#endif
