/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replication_controller.c - the controller of ReplicationControllers. */
#include "controllers/controllers.h"

#include "api/codec.h"
#include "controllers/replicas/replicas.h"

static void copy_conditions(struct arena *arena, const struct api_replication_controller_status *from,
                            struct api_apps_replica_set_status *to)
{
    to->n_conditions = from->n_conditions;
    to->conditions = arena_new_array(arena, struct api_apps_replica_set_condition, from->n_conditions + 1);
    for (size_t i = 0; i < from->n_conditions; i++) {
        const struct api_replication_controller_condition *condition = &from->conditions[i];
        to->conditions[i] = (struct api_apps_replica_set_condition){ condition->type, condition->status,
                                                                     condition->last_transition_time, condition->reason,
                                                                     condition->message };
    }
}

static const struct api_apps_replica_set *view(struct arena *arena, const struct object *object)
{
    const struct api_replication_controller *controller = api_replication_controller_of(object);
    struct api_apps_replica_set *set = arena_new(arena, struct api_apps_replica_set);
    struct api_label_selector *selector = arena_new(arena, struct api_label_selector);
    selector->match_labels = controller->spec.selector;
    selector->n_match_labels = controller->spec.n_selector;
    set->metadata = controller->metadata;
    set->spec.replicas = controller->spec.replicas;
    set->spec.min_ready_seconds = controller->spec.min_ready_seconds;
    set->spec.selector = selector;
    if (controller->spec.template != NULL)
        set->spec.template = *controller->spec.template;
    set->status.replicas = controller->status.replicas;
    set->status.fully_labeled_replicas = controller->status.fully_labeled_replicas;
    set->status.ready_replicas = controller->status.ready_replicas;
    set->status.available_replicas = controller->status.available_replicas;
    set->status.observed_generation = controller->status.observed_generation;
    copy_conditions(arena, &controller->status, &set->status);
    return set;
}

static void update_status(struct reconcile *r, const struct object *object,
                          const struct api_apps_replica_set_status *status)
{
    struct api_replication_controller next = *api_replication_controller_of(object);
    struct api_replication_controller_status *to = &next.status;
    to->replicas = status->replicas;
    to->fully_labeled_replicas = status->fully_labeled_replicas;
    to->ready_replicas = status->ready_replicas;
    to->available_replicas = status->available_replicas;
    to->observed_generation = status->observed_generation;
    to->n_conditions = status->n_conditions;
    to->conditions = NULL;
    if (status->n_conditions != 0)
        to->conditions = arena_new_array(r->arena, struct api_replication_controller_condition, status->n_conditions);
    for (size_t i = 0; i < status->n_conditions; i++) {
        const struct api_apps_replica_set_condition *condition = &status->conditions[i];
        to->conditions[i] = (struct api_replication_controller_condition){ condition->type, condition->status,
                                                                           condition->last_transition_time,
                                                                           condition->reason, condition->message };
    }
    if (!api_equal(&api_type_replication_controller_status, to, &api_replication_controller_of(object)->status))
        reconcile_update_status(r, &api_resource_replication_controller, &next);
}

static const struct replicas_kind kind = {
    .resource = &api_resource_replication_controller,
    .view = view,
    .update_status = update_status,
};

static void keys_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *pod)
{
    replicas_keys_of_pod(keys, watch, pod, &kind);
}

static int reconcile_controller(struct reconcile *r, struct error *err)
{
    return replicas_reconcile(r, &kind, err);
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_replication_controller, .map = keys_own },
    { .resource = &api_resource_pod, .map = keys_of_pod, .owner = &api_resource_replication_controller },
};

const struct controller replicationcontroller_controller = {
    .name = "replicationcontroller",
    .account = "replication-controller",
    .queue = "replicationmanager",
    .component = "replication-controller",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_controller,
};
