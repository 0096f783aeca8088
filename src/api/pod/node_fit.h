/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_fit.h - whether a pod's own words allow a node: its selector, required affinity and tolerations. */
#ifndef API_POD_NODE_FIT_H
#define API_POD_NODE_FIT_H

#include <stdbool.h>

#include "generated/types.h"

bool node_fit_selected(const struct api_pod_spec *spec, const struct api_node *node);

/* All taints with that effect; NULL: both that keep pods away, NoSchedule and NoExecute. */
bool node_fit_tolerated(const struct api_pod_spec *spec, const struct api_node *node, const char *effect);

bool toleration_covers(const struct api_toleration *toleration, const struct api_taint *taint);

#endif
