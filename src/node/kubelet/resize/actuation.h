/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* actuation.h - carries a promised resize out.
 *
 *   kill what must start again -> pod's cgroup wide enough for before and after -> containers, those that give memory back first
 *     -> pod's cgroup as it shall be -> (containers that were killed start again) -> done */
#ifndef NODE_KUBELET_RESIZE_ACTUATION_H
#define NODE_KUBELET_RESIZE_ACTUATION_H

#include "node/kubelet/pod/worker.h"

void resize_start(struct pod_run *run); /* POD_RESIZE */

/* What does not run has nothing to change; tells when all is done. Before every plan. */
void resize_look(struct pod_worker *worker);

/* The pod's cgroup, and what the node has promised the pod on disk, before anything of it starts. */
int resize_prepare(struct pod_worker *worker, struct error *err) must_check;

#endif
