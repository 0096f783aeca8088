/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption_target.c - see the header. */
#include "controllers/node/disruption_target.h"

#include "controllers/workload/pod_state.h"

void disruption_target_mark(struct reconcile *reconcile, const struct object *object, const char *phase,
                            const char *reason, const char *message)
{
    const struct api_pod *pod = api_pod_of(object);
    const struct api_pod_condition *old = pod_condition(pod, "DisruptionTarget");
    bool marked = old != NULL && text_equal(old->status, "True");
    if (marked && (phase == NULL || text_equal(pod->status.phase, phase)))
        return;
    struct api_pod next = *pod;
    struct api_pod_condition *conditions =
        arena_new_array(reconcile->arena, struct api_pod_condition, pod->status.n_conditions + 1);
    size_t count = 0;
    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        if (marked || !text_equal(pod->status.conditions[i].type, "DisruptionTarget"))
            conditions[count++] = pod->status.conditions[i];
    }
    if (!marked)
        conditions[count++] = (struct api_pod_condition){ .type = "DisruptionTarget",
                                                          .status = "True",
                                                          .last_transition_time = reconcile->now,
                                                          .reason = reason,
                                                          .message = message };
    next.status.conditions = conditions;
    next.status.n_conditions = count;
    if (phase != NULL)
        next.status.phase = phase;
    struct action *action = reconcile_update_status(reconcile, &api_resource_pod, &next);
    action->always = false;
    action->absent_is_fine = true;
}
