/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "api/pod/pod_qos.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/pod_fields.h"
#include "apiserver/registry/strategy/strategies.h"

/* ---------------------------------------------------------------- life */

void pod_prepare_create(struct request *request, void *object)
{
    struct api_pod *pod = object;
    pod->status = (struct api_pod_status){ .phase = "Pending", .qos_class = api_pod_qos_class(&pod->spec) };
    pod_spec_drop_gated(&pod->spec, NULL);
    pod_merge_label_keys(pod, &request->arena);
    pod_profiles_from_annotations(request, pod);
    if (pod->spec.n_scheduling_gates == 0)
        return;
    struct api_pod_condition *condition = arena_new(&request->arena, struct api_pod_condition);
    condition->last_transition_time = prepare_now(request);
    condition->type = "PodScheduled";
    condition->status = "False";
    condition->reason = "SchedulingGated";
    condition->message = "Scheduling is blocked due to non-empty scheduling gates";
    pod->status.conditions = condition;
    pod->status.n_conditions = 1;
}

void pod_prepare_update(struct request *request, void *object, const void *old)
{
    (void)request;
    pod_spec_drop_gated(&((struct api_pod *)object)->spec, &((const struct api_pod *)old)->spec);
}

/* Clients from before it do not say which generation they saw: what is known stays. */
static void keep_generations(struct api_pod_status *status, const struct api_pod_status *old)
{
    if (status->observed_generation == 0)
        status->observed_generation = old->observed_generation;
    for (size_t i = 0; i < status->n_conditions; i++)
        for (size_t k = 0; status->conditions[i].observed_generation == 0 && k < old->n_conditions; k++)
            if (text_equal(old->conditions[k].type, status->conditions[i].type))
                status->conditions[i].observed_generation = old->conditions[k].observed_generation;
}

void pod_prepare_status(struct request *request, void *object, const void *old)
{
    struct api_pod *pod = object;
    const struct api_pod *before = old;
    (void)request;
    pod->metadata.owner_references = before->metadata.owner_references;
    pod->metadata.n_owner_references = before->metadata.n_owner_references;
    if (text_empty(pod->status.qos_class))
        pod->status.qos_class = before->status.qos_class;
    keep_generations(&pod->status, &before->status);
    pod_status_drop_gated(&pod->status, &before->status);
}

int64_t pod_grace(const void *object, const int64_t *asked)
{
    const struct api_pod *pod = object;
    bool ended = text_equal(pod->status.phase, "Failed") || text_equal(pod->status.phase, "Succeeded");
    if (text_empty(pod->spec.node_name) || ended)
        return 0; /* nobody has to stop it */
    if (asked != NULL)
        return *asked < 0 ? 1 : *asked;
    int64_t own = pod->spec.termination_grace_period_seconds == NULL ? 30 : *pod->spec.termination_grace_period_seconds;
    return own < 0 ? 1 : own;
}
