/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption_target.c - see the header. */
#include "controllers/node/disruption_target.h"

#include "api/codec.h"
#include "controllers/workload/pod_state.h"

/* A patch, as the default roles of those who mark pods allow no other write; bound to the version that was read. */
static void write_status(struct reconcile *reconcile, const struct object *pod, const char *phase,
                         const struct api_pod_condition *conditions, size_t count)
{
    auto_buffer struct buffer patch = { 0 };
    buffer_format(&patch, "{\"metadata\":{\"resourceVersion\":\"%s\"},\"status\":{",
                  object_meta(pod)->resource_version);
    if (phase != NULL)
        buffer_format(&patch, "\"phase\":\"%s\",", phase);
    buffer_append_text(&patch, "\"conditions\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&patch, i == 0 ? "" : ",");
        api_encode_json(&api_type_pod_condition, NULL, &conditions[i], &patch);
    }
    buffer_append_text(&patch, "]}}");
    struct action *action = reconcile_patch(reconcile, pod, buffer_str(&patch));
    action->subresource = "status";
    action->absent_is_fine = true;
}

void disruption_target_mark(struct reconcile *reconcile, const struct object *object, const char *phase,
                            const char *reason, const char *message)
{
    const struct api_pod *pod = api_pod_of(object);
    const struct api_pod_condition *old = pod_condition(pod, "DisruptionTarget");
    bool marked = old != NULL && text_equal(old->status, "True");
    if (marked && (phase == NULL || text_equal(pod->status.phase, phase)))
        return;
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
    write_status(reconcile, object, phase, conditions, count);
}
