/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_state.h - what controllers ask about pods, and the pods that they make. */
#ifndef CONTROLLERS_WORKLOAD_POD_STATE_H
#define CONTROLLERS_WORKLOAD_POD_STATE_H

#include "controllers/runtime/controller.h"
#include "generated/types.h"

const struct api_pod_condition *pod_condition(const struct api_pod *pod, const char *type); /* NULL: none */
bool pod_finished(const struct api_pod *pod);                                               /* Succeeded or Failed */
bool pod_active(const struct api_pod *pod); /* neither finished nor being deleted */
bool pod_ready(const struct api_pod *pod);
bool pod_available(const struct api_pod *pod, int32_t min_ready_seconds, usec_t now); /* ready for so long */

/* Best victims first: unassigned, pending, not ready, low deletion cost, crowded nodes, young, often restarted.
 * 'rank' has for each pod how many of its workload run on its node; NULL: no matter. */
struct ranked_pod {
    const struct object *object;
    const struct api_pod *pod;
    size_t rank;
};
void pods_rank(struct ranked_pod *pods, size_t count, usec_t now);

/* A pod of the template, controlled by 'owner', named by its prefix. In the arena; borrows the template. */
struct api_pod *pod_of_template(struct arena *arena, const struct object *owner,
                                const struct api_pod_template_spec *template);

#endif
