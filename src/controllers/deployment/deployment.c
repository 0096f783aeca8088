/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deployment.c - rolls a changed pod template out over replica sets.
 *
 * A pass gathers the sets, decides their sizes, writes the differences; the next pass, when the caches
 * show them, goes on. Nothing is remembered elsewhere than in the objects. */
#include <stdio.h>
#include <stdlib.h>

#include "codec/json.h"
#include "controllers/controllers.h"
#include "controllers/deployment/rollout.h"

static void deployments_of_set(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    keys_of_owner(keys, watch, object);
    const struct api_object_meta *meta = object_meta(object);
    if (ownership_controller(meta) != NULL)
        return;
    const struct informer *deployments = keys_cache(keys, &api_resource_apps_deployment);
    for (const struct object *o = NULL; (o = informer_next_in(deployments, object_namespace(object), o)) != NULL;) {
        auto_arena struct arena scratch = { 0 };
        struct label_selector selector = { 0 };
        if (label_selector_of(api_apps_deployment_of(o)->spec.selector, &scratch, &selector, NULL) == 0 &&
            label_selector_matches(&selector, meta->labels, meta->n_labels))
            keys_add(keys, object_key(o));
    }
}

/* Recreate waits for the end of old pods. */
static void deployments_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    const struct api_owner_reference *owner = ownership_controller(object_meta(object));
    if (owner == NULL || !text_equal(owner->kind, "ReplicaSet"))
        return;
    const struct object *set =
        informer_find(keys_cache(keys, &api_resource_apps_replica_set), object_namespace(object), owner->name);
    if (set == NULL)
        return;
    const struct api_owner_reference *deployment = ownership_controller(object_meta(set));
    if (deployment == NULL)
        return;
    const struct object *found =
        informer_find(keys_cache(keys, &api_resource_apps_deployment), object_namespace(object), deployment->name);
    if (found != NULL && text_equal(api_apps_deployment_of(found)->spec.strategy.type, "Recreate"))
        keys_of_owner(keys, watch, set);
}

static int by_age(const void *left, const void *right)
{
    const struct rollout_set *a = left, *b = right;
    usec_t x = a->set->metadata.creation_timestamp, y = b->set->metadata.creation_timestamp;
    return x != y ? (x < y ? -1 : 1) : strcmp(a->set->metadata.name, b->set->metadata.name);
}

static int resolve_bounds(struct rollout *rollout, struct error *err)
{
    const struct api_apps_deployment_spec *spec = &rollout->deployment->spec;
    rollout->wanted = spec->replicas == NULL ? 1 : *spec->replicas < 0 ? 0 : *spec->replicas;
    rollout->rolling = !text_equal(spec->strategy.type, "Recreate");
    if (!rollout->rolling)
        return 0;
    struct int_or_string quarter = { .text = "25%" };
    const struct api_apps_rolling_update_deployment *bounds = spec->strategy.rolling_update;
    const struct int_or_string *surge = bounds != NULL && bounds->max_surge != NULL ? bounds->max_surge : &quarter;
    const struct int_or_string *unavailable =
        bounds != NULL && bounds->max_unavailable != NULL ? bounds->max_unavailable : &quarter;
    int rc = int_or_string_scale(surge, rollout->wanted, true, &rollout->max_surge, err);
    if (rc == 0)
        rc = int_or_string_scale(unavailable, rollout->wanted, false, &rollout->max_unavailable, err);
    if (rc < 0)
        return rc;
    if (rollout->max_surge == 0 && rollout->max_unavailable == 0)
        rollout->max_unavailable = 1; /* else nothing could ever move */
    if (rollout->max_unavailable > rollout->wanted)
        rollout->max_unavailable = rollout->wanted;
    return 0;
}

static void gather_sets(struct rollout *rollout, const struct label_selector *selector)
{
    size_t count = 0;
    const struct object **claimed =
        ownership_claim(rollout->r, rollout->object, selector, &api_resource_apps_replica_set, &count);
    rollout->sets = arena_new_array(rollout->r->arena, struct rollout_set, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct rollout_set *set = &rollout->sets[rollout->n_sets++];
        set->object = claimed[i];
        set->set = api_apps_replica_set_of(claimed[i]);
        set->next = *set->set;
        set->replicas = set->set->spec.replicas == NULL ? 1 : *set->set->spec.replicas;
    }
    qsort(rollout->sets, rollout->n_sets, sizeof(*rollout->sets), by_age);
    rollout_find_fresh(rollout);
}

static void write_set(struct rollout *rollout, struct rollout_set *set)
{
    struct arena *arena = rollout->r->arena;
    int32_t before = set->set->spec.replicas == NULL ? 1 : *set->set->spec.replicas;
    if (set->scaled) {
        struct api_object_meta *meta = &set->next.metadata;
        set->next.spec.replicas = arena_new(arena, int32_t);
        *set->next.spec.replicas = set->replicas;
        entries_set(arena, &meta->annotations, &meta->n_annotations, DESIRED_ANNOTATION,
                    arena_format(arena, "%d", rollout->wanted));
        entries_set(arena, &meta->annotations, &meta->n_annotations, MAX_ANNOTATION,
                    arena_format(arena, "%d", rollout->wanted + rollout->max_surge));
    }
    struct action *action = reconcile_update(rollout->r, &api_resource_apps_replica_set, &set->next);
    if (before == set->replicas)
        return;
    action->about = rollout->object;
    action->succeeded = (struct action_event){ "Normal", "ScalingReplicaSet",
                                               arena_format(arena, "Scaled %s replica set %s from %d to %d",
                                                            before < set->replicas ? "up" : "down",
                                                            set->set->metadata.name, before, set->replicas) };
}

static void write_changes(struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->n_sets; i++) {
        struct rollout_set *set = &rollout->sets[i];
        if ((set->scaled || set->changed) && !set->removed)
            write_set(rollout, set);
    }
    rollout_update_status(rollout);
}

static void decide(struct rollout *rollout)
{
    const struct api_apps_deployment *deployment = rollout->deployment;
    if (deployment->metadata.deletion_timestamp != 0)
        return;
    if (deployment->spec.paused || rollout_is_scaling(rollout)) {
        rollout_prepare_fresh(rollout, false);
        rollout_scale(rollout);
        if (deployment->spec.paused)
            rollout_trim_history(rollout);
        return;
    }
    if (rollout->rolling)
        rollout_roll(rollout);
    else
        rollout_recreate(rollout);
    if (rollout_complete(rollout, &deployment->status) && rollout->fresh != NULL)
        rollout_trim_history(rollout);
}

static int reconcile_deployment(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_apps_deployment), r->key);
    if (object == NULL)
        return 0;
    struct rollout rollout = { .r = r, .object = object, .deployment = api_apps_deployment_of(object) };
    struct label_selector selector = { 0 };
    int rc = label_selector_of(rollout.deployment->spec.selector, r->arena, &selector, err);
    if (rc == 0)
        rc = resolve_bounds(&rollout, err);
    if (rc < 0)
        return rc;
    if (label_selector_empty(&selector)) {
        reconcile_event(r, object, "Warning", "SelectingAll",
                        "This deployment is selecting all pods. A non-empty selector is required.");
        if (rollout.deployment->status.observed_generation < rollout.deployment->metadata.generation) {
            struct api_apps_deployment next = *rollout.deployment;
            next.status.observed_generation = next.metadata.generation;
            reconcile_update_status(r, &api_resource_apps_deployment, &next);
        }
        return 0;
    }
    gather_sets(&rollout, &selector);
    decide(&rollout);
    write_changes(&rollout);
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_apps_deployment, .map = keys_own },
    { .resource = &api_resource_apps_replica_set, .map = deployments_of_set, .owner = &api_resource_apps_deployment },
    { .resource = &api_resource_pod, .map = deployments_of_pod, .owner = &api_resource_apps_deployment },
};

const struct controller deployment_controller = {
    .name = "deployment",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_deployment,
};
