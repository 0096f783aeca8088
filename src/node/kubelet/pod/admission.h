/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* admission.h - whether a node can take a pod that was bound to it. The scheduler has asked the same; who binds a pod past it,
 * or two pods at once, is refused here: the pod fails and somebody makes another. Pure. */
#ifndef NODE_KUBELET_POD_ADMISSION_H
#define NODE_KUBELET_POD_ADMISSION_H

#include "generated/types.h"

struct pod_admission {
    const struct api_pod *pod;
    const struct api_node *node;   /* NULL: not known yet, then its labels, taints and sizes are no matter */
    const struct api_pod **others; /* that the node has taken and that have not ended */
    size_t n_others;
    int64_t max_pods;
};

struct pod_refusal {
    const char *reason; /* static: "OutOfcpu", "NodeAffinity" */
    char message[256];
};

/* The same for cpu, memory and storage alone, which is what a resize asks for; the message has nothing before it. */
bool pod_admission_lacks(const struct pod_admission *admission, struct pod_refusal *ret_refusal);

/* True when it is to be refused; sets the refusal only then. */
bool pod_admission_refuses(const struct pod_admission *admission, struct pod_refusal *ret_refusal);

#endif
