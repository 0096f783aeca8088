/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pull.h - makes sure that a container's image is there, by its pull policy. */
#ifndef NODE_KUBELET_POD_PULL_H
#define NODE_KUBELET_POD_PULL_H

#include "node/kubelet/pod/worker.h"

void pod_pull_image(struct pod_run *run);

/* "Always", "IfNotPresent" or "Never"; without one: Always for the tag latest or none. */
const char *image_pull_policy(const struct api_container *container);

#endif
