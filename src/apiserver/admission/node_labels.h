/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_labels.h - which labels a kubelet may give its own node: those that describe it, and any outside the domains
 * kubernetes.io and k8s.io, but never node-restriction.kubernetes.io. Pure. */
#ifndef APISERVER_ADMISSION_NODE_LABELS_H
#define APISERVER_ADMISSION_NODE_LABELS_H

#include "base/arena.h"
#include "generated/types.h"

/* Keys that were added, changed or removed and that it must leave alone, as "a, b" in order; NULL when there are none.
 * 'old' is NULL for a new node. */
const char *node_labels_forbidden(const struct api_object_meta *meta, const struct api_object_meta *old,
                                  struct arena *arena);

bool node_labels_equal(const struct api_object_meta *a, const struct api_object_meta *b);

#endif
