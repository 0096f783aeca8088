/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_resources.h - what the containers of a pod ask for together. Pure. */
#ifndef API_POD_POD_RESOURCES_H
#define API_POD_POD_RESOURCES_H

#include "generated/types.h"

/* What the containers need together of one resource, as requests or as limits: all of them at once with the sidecars, or one
 * init container with the sidecars started before it. False when none of them says anything of that resource. */
bool api_pod_aggregate(const struct api_pod_spec *spec, bool limits, const char *name, struct quantity *ret_total);

/* What the scheduler and the node set aside of one resource: the pod's own request, or else its containers' together; with its
 * overhead. */
struct quantity api_pod_request(const struct api_pod_spec *spec, const char *name);

#endif
