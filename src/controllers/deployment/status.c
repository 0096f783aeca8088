/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* status.c - how far a roll-out is, and whether it still moves. */
#include "api/codec.h"
#include "controllers/deployment/rollout.h"

struct conditions {
    struct arena *arena;
    struct api_apps_deployment_condition *items;
    size_t count;
    usec_t now;
};

static struct api_apps_deployment_condition *find(struct conditions *conditions, const char *type)
{
    for (size_t i = 0; i < conditions->count; i++) {
        if (text_equal(conditions->items[i].type, type))
            return &conditions->items[i];
    }
    return NULL;
}

static void drop(struct conditions *conditions, const char *type)
{
    struct api_apps_deployment_condition *condition = find(conditions, type);
    if (condition == NULL)
        return;
    size_t behind = conditions->count - (size_t)(condition - conditions->items) - 1;
    memmove(condition, condition + 1, behind * sizeof(*condition));
    conditions->count--;
}

/* The array has room for three more than there were. */
static void set(struct conditions *conditions, const char *type, const char *status, const char *reason,
                const char *message, bool refresh)
{
    struct api_apps_deployment_condition *old = find(conditions, type);
    struct api_apps_deployment_condition next = { .type = type,
                                                  .status = status,
                                                  .last_update_time = conditions->now,
                                                  .last_transition_time = conditions->now,
                                                  .reason = reason,
                                                  .message = message };
    if (old != NULL) {
        if (text_equal(old->status, status) && text_equal(old->reason, reason) && !refresh)
            return;
        if (text_equal(old->status, status))
            next.last_transition_time = old->last_transition_time;
        drop(conditions, type);
    }
    conditions->items[conditions->count++] = next;
}

static bool has_deadline(const struct rollout *rollout)
{
    const int32_t *deadline = rollout->deployment->spec.progress_deadline_seconds;
    return deadline != NULL && *deadline != INT32_MAX;
}

static void count_replicas(struct rollout *rollout, struct api_apps_deployment_status *status)
{
    int32_t total = 0, terminating = 0;
    status->replicas = status->updated_replicas = status->ready_replicas = status->available_replicas = 0;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        const struct api_apps_replica_set *replica_set = rollout->sets[i].set;
        status->replicas += replica_set->status.replicas;
        status->ready_replicas += replica_set->status.ready_replicas;
        status->available_replicas += replica_set->status.available_replicas;
        total += rollout->sets[i].replicas;
        if (replica_set->status.terminating_replicas != NULL)
            terminating += *replica_set->status.terminating_replicas;
    }
    if (rollout->fresh != NULL)
        status->updated_replicas = rollout->fresh->set->status.replicas;
    total += rollout->made_replicas;
    status->unavailable_replicas = total > status->available_replicas ? total - status->available_replicas : 0;
    status->terminating_replicas = arena_new(rollout->r->arena, int32_t);
    *status->terminating_replicas = terminating;
    status->observed_generation = rollout->deployment->metadata.generation;
    if (rollout->collided) {
        int32_t *count = arena_new(rollout->r->arena, int32_t);
        *count = 1 + (status->collision_count == NULL ? 0 : *status->collision_count);
        status->collision_count = count;
    }
}

static bool has_progressed(const struct api_apps_deployment_status *old, const struct api_apps_deployment_status *now)
{
    return now->updated_replicas > old->updated_replicas ||
           now->replicas - now->updated_replicas < old->replicas - old->updated_replicas ||
           now->ready_replicas > old->ready_replicas || now->available_replicas > old->available_replicas;
}

static void judge_progress(struct rollout *rollout, struct conditions *conditions,
                           const struct api_apps_deployment_status *status)
{
    struct arena *arena = rollout->r->arena;
    struct api_apps_deployment_condition *old = find(conditions, "Progressing");
    const char *about = rollout->fresh != NULL
                            ? arena_format(arena, "ReplicaSet \"%s\"", rollout->fresh->set->metadata.name)
                        : rollout->made ? arena_format(arena, "ReplicaSet \"%s\"", rollout->made_name)
                                        : arena_format(arena, "Deployment \"%s\"", rollout->deployment->metadata.name);
    bool was_complete = status->replicas == status->updated_replicas && old != NULL &&
                        text_equal(old->reason, "NewReplicaSetAvailable");
    if (was_complete)
        return;
    if (rollout_complete(rollout, status)) {
        set(conditions, "Progressing", "True", "NewReplicaSetAvailable",
            arena_format(arena, "%s has successfully progressed.", about), false);
        return;
    }
    if (has_progressed(&rollout->deployment->status, status)) {
        set(conditions, "Progressing", "True", "ReplicaSetUpdated", arena_format(arena, "%s is progressing.", about),
            true);
        return;
    }
    if (old == NULL || text_equal(old->reason, "NewReplicaSetAvailable"))
        return;
    usec_t due = old->last_update_time + *rollout->deployment->spec.progress_deadline_seconds * USEC_PER_SEC;
    if (text_equal(old->reason, "ProgressDeadlineExceeded") || rollout->deployment->spec.paused)
        return;
    if (rollout->r->now > due)
        set(conditions, "Progressing", "False", "ProgressDeadlineExceeded",
            arena_format(arena, "%s has timed out progressing.", about), false);
    else
        reconcile_again_in(rollout->r, due - rollout->r->now + USEC_PER_SEC);
}

static void pause_condition(struct rollout *rollout, struct conditions *conditions)
{
    const struct api_apps_deployment_condition *old = find(conditions, "Progressing");
    bool paused = old != NULL && text_equal(old->reason, "DeploymentPaused");
    bool timed_out = old != NULL && text_equal(old->reason, "ProgressDeadlineExceeded");
    if (timed_out)
        return; /* keeps saying so, as upstream */
    if (rollout->deployment->spec.paused && !paused)
        set(conditions, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", false);
    else if (!rollout->deployment->spec.paused && paused)
        set(conditions, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", false);
}

static void copy_failure(struct rollout *rollout, struct conditions *conditions)
{
    drop(conditions, "ReplicaFailure");
    for (size_t pass = 0; pass < 2; pass++) { /* the new set's failure first */
        for (size_t i = 0; i < rollout->n_sets; i++) {
            const struct api_apps_replica_set *replica_set = rollout->sets[i].set;
            if ((&rollout->sets[i] == rollout->fresh) != (pass == 0))
                continue;
            for (size_t j = 0; j < replica_set->status.n_conditions; j++) {
                const struct api_apps_replica_set_condition *failure = &replica_set->status.conditions[j];
                if (!text_equal(failure->type, "ReplicaFailure") || !text_equal(failure->status, "True"))
                    continue;
                conditions->items[conditions->count++] = (struct api_apps_deployment_condition){
                    .type = "ReplicaFailure",
                    .status = failure->status,
                    .last_update_time = failure->last_transition_time,
                    .last_transition_time = failure->last_transition_time,
                    .reason = failure->reason,
                    .message = failure->message,
                };
                return;
            }
        }
    }
}

/* The revision is told on the Deployment itself too. The status is the part of it that its controller may write, and a
 * Deployment's annotations come with it. */
static bool set_revision(const struct rollout *rollout, struct api_object_meta *meta)
{
    struct str old = { 0 };
    if (rollout->revision == NULL || (entries_find(meta->annotations, meta->n_annotations, REVISION_ANNOTATION, &old) &&
                                      str_is(old, rollout->revision)))
        return false;
    entries_set(rollout->r->arena, &meta->annotations, &meta->n_annotations, REVISION_ANNOTATION, rollout->revision);
    return true;
}

void rollout_update_status(struct rollout *rollout)
{
    struct reconcile *r = rollout->r;
    struct api_apps_deployment next = *rollout->deployment;
    struct api_apps_deployment_status *status = &next.status;
    count_replicas(rollout, status);
    struct conditions conditions = { .arena = r->arena,
                                     .count = status->n_conditions,
                                     .now = r->now / USEC_PER_SEC * USEC_PER_SEC };
    conditions.items = arena_new_array(r->arena, struct api_apps_deployment_condition, conditions.count + 4);
    if (conditions.count > 0)
        memcpy(conditions.items, status->conditions, conditions.count * sizeof(*conditions.items));
    if (status->available_replicas >= rollout->wanted - rollout->max_unavailable)
        set(&conditions, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.",
            false);
    else
        set(&conditions, "Available", "False", "MinimumReplicasUnavailable",
            "Deployment does not have minimum availability.", false);
    if (!has_deadline(rollout)) {
        drop(&conditions, "Progressing");
    } else {
        pause_condition(rollout, &conditions);
        if (rollout->progress_status != NULL)
            set(&conditions, "Progressing", rollout->progress_status, rollout->progress_reason,
                rollout->progress_message, false);
        if (text_equal(r->failure_reason, "ReplicaSetCreateError"))
            set(&conditions, "Progressing", "False", "ReplicaSetCreateError", r->failure_message, false);
        else if (!rollout->deployment->spec.paused)
            judge_progress(rollout, &conditions, status);
    }
    copy_failure(rollout, &conditions);
    status->conditions = conditions.items;
    status->n_conditions = conditions.count;
    bool revised = set_revision(rollout, &next.metadata);
    if (revised || !api_equal(&api_type_apps_deployment_status, status, &rollout->deployment->status))
        reconcile_update_status(r, &api_resource_apps_deployment, &next);
}
