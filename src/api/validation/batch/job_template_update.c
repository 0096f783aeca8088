/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* job_template_update.c - a Job's pods are fixed, but for one that is suspended: it may be told where they run and
 * what they ask for. */
#include "api/codec.h"
#include "api/validation/batch/job_rules.h"

static bool condition_true(const struct api_batch_job_status *status, const char *type)
{
    for (size_t i = 0; i < status->n_conditions; i++)
        if (text_equal(status->conditions[i].type, type) && text_equal(status->conditions[i].status, "True"))
            return true;
    return false;
}

bool job_may_be_rearranged(const struct api_batch_job *old)
{
    bool suspended = old->spec.suspend != NULL && *old->spec.suspend;

    return suspended && old->status.active == 0 &&
           (old->status.start_time == 0 || condition_true(&old->status, "Suspended"));
}

/* The stored affinity with the node affinity of the new one. */
static struct api_affinity *with_node_affinity(const struct api_affinity *old, const struct api_affinity *new,
                                               struct api_affinity *space)
{
    *space = old == NULL ? (struct api_affinity){ 0 } : *old;
    space->node_affinity = new == NULL ? NULL : new->node_affinity;
    bool empty = space->node_affinity == NULL && space->pod_affinity == NULL && space->pod_anti_affinity == NULL;
    return new == NULL &&empty ? NULL : space;
}

/* Resources of containers that keep their names and places. */
static struct api_container *with_resources(const struct api_container *old, size_t n_old,
                                            const struct api_container *new, size_t n_new, struct arena *arena)
{
    struct api_container *containers = arena_new_array(arena, struct api_container, n_old + 1);

    for (size_t i = 0; i < n_old; i++) {
        containers[i] = old[i];
        if (n_old == n_new && text_equal(old[i].name, new[i].name))
            containers[i].resources = new[i].resources;
    }
    return containers;
}

void validate_job_template_update(const struct api_batch_job_spec *spec, const struct api_batch_job *old,
                                  const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const struct api_pod_template_spec *template = &spec->template;
    struct api_pod_template_spec kept = old->spec.template;
    struct api_affinity affinity;

    if (!job_may_be_rearranged(old)) {
        validate_immutable(&api_type_pod_template_spec, template, &kept, at, errors);
        return;
    }
    /* Labels and annotations may change too: the metadata is not compared. */
    kept.spec.affinity = with_node_affinity(kept.spec.affinity, template->spec.affinity, &affinity);
    kept.spec.node_selector = template->spec.node_selector;
    kept.spec.n_node_selector = template->spec.n_node_selector;
    kept.spec.tolerations = template->spec.tolerations;
    kept.spec.n_tolerations = template->spec.n_tolerations;
    kept.spec.scheduling_gates = template->spec.scheduling_gates;
    kept.spec.n_scheduling_gates = template->spec.n_scheduling_gates;
    if (kept.spec.containers != NULL)
        kept.spec.containers = with_resources(kept.spec.containers, kept.spec.n_containers, template->spec.containers,
                                              template->spec.n_containers, &arena);
    if (kept.spec.init_containers != NULL)
        kept.spec.init_containers =
            with_resources(kept.spec.init_containers, kept.spec.n_init_containers, template->spec.init_containers,
                           template->spec.n_init_containers, &arena);
    validate_immutable(&api_type_pod_spec, &template->spec, &kept.spec, at_field(at, "spec"), errors);
}
