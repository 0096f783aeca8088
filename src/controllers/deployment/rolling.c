/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rolling.c - the two strategies: replace pods a few at a time, or all at once. */
#include "controllers/deployment/rollout.h"
#include "controllers/workload/pod_state.h"

static int32_t lesser(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Pods that there are or will be: a set that was made smaller a moment ago still has its old ones until its status
 * says otherwise. */
static int32_t pods_at_most(const struct rollout *rollout)
{
    int64_t total = 0;
    for (size_t i = 0; i < rollout->n_sets; i++)
        total += greater(rollout->sets[i].replicas, rollout->sets[i].set->status.replicas);
    return total > INT32_MAX ? INT32_MAX : (int32_t)total;
}

/* The same the other way round: of a set that was made smaller, the status still counts pods that are about to go. */
static int32_t available_at_least(const struct rollout_set *set)
{
    return lesser(set->replicas, set->set->status.available_replicas);
}

int32_t rollout_fresh_size(const struct rollout *rollout)
{
    int32_t size = rollout->fresh == NULL ? 0 : rollout->fresh->replicas;
    if (!rollout->rolling)
        return rollout->wanted;
    int32_t total = pods_at_most(rollout), most = rollout->wanted + rollout->max_surge;
    if (total >= most)
        return size;
    return size + lesser(most - total, rollout->wanted - size);
}

/* True when the new set was given another size. */
static bool resize_fresh(struct rollout *rollout)
{
    struct rollout_set *fresh = rollout->fresh;
    if (fresh == NULL || fresh->replicas == rollout->wanted)
        return false;
    int32_t size = fresh->replicas > rollout->wanted ? rollout->wanted : rollout_fresh_size(rollout);
    if (size == fresh->replicas)
        return false;
    rollout_resize(rollout, fresh, size);
    return true;
}

/* Old pods that do not work go first: nobody misses them. */
static int32_t drop_unhealthy(struct rollout *rollout, int32_t most)
{
    int32_t dropped = 0;
    for (size_t i = 0; i < rollout->n_sets && dropped < most; i++) {
        struct rollout_set *set = &rollout->sets[i];
        int32_t unhealthy = set->replicas - set->set->status.available_replicas;
        if (set == rollout->fresh || set->replicas == 0 || unhealthy <= 0)
            continue;
        int32_t count = lesser(most - dropped, unhealthy);
        rollout_resize(rollout, set, set->replicas - count);
        dropped += count;
    }
    return dropped;
}

static void shrink_old(struct rollout *rollout)
{
    int32_t old = 0, available = 0;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        available += available_at_least(&rollout->sets[i]);
        if (&rollout->sets[i] != rollout->fresh)
            old += rollout->sets[i].replicas;
    }
    if (old == 0)
        return;
    int32_t least = rollout->wanted - rollout->max_unavailable;
    int32_t fresh_unavailable =
        rollout->fresh == NULL ? 0 : rollout->fresh->replicas - rollout->fresh->set->status.available_replicas;
    int32_t most = rollout_total(rollout) - least - fresh_unavailable;
    if (most <= 0)
        return;
    drop_unhealthy(rollout, most);
    int32_t surplus = available - least;
    for (size_t i = 0; i < rollout->n_sets && surplus > 0; i++) {
        struct rollout_set *set = &rollout->sets[i];
        if (set == rollout->fresh || set->replicas == 0)
            continue;
        int32_t count = lesser(surplus, set->replicas);
        rollout_resize(rollout, set, set->replicas - count);
        surplus -= count;
    }
}

void rollout_roll(struct rollout *rollout)
{
    rollout_prepare_fresh(rollout, true);
    if (!rollout->made && !rollout->collided && !resize_fresh(rollout))
        shrink_old(rollout);
}

/* Pods of old sets that have not come to their end, those being deleted included. */
static bool old_pods_run(struct rollout *rollout)
{
    const struct informer *pods = reconcile_cache(rollout->r, &api_resource_pod);
    for (size_t i = 0; i < rollout->n_sets; i++) {
        if (&rollout->sets[i] == rollout->fresh)
            continue;
        const char *uid = object_uid(rollout->sets[i].object);
        for (const struct object *o = NULL; (o = informer_next_owned(pods, uid, o)) != NULL;) {
            if (ownership_controlled_by(object_meta(o), uid) && !pod_finished(api_pod_of(o)))
                return true;
        }
    }
    return false;
}

void rollout_recreate(struct rollout *rollout)
{
    bool shrunk = false;
    rollout_prepare_fresh(rollout, false);
    for (size_t i = 0; i < rollout->n_sets; i++) {
        struct rollout_set *set = &rollout->sets[i];
        if (set != rollout->fresh && set->replicas > 0) {
            rollout_resize(rollout, set, 0);
            shrunk = true;
        }
    }
    if (shrunk || old_pods_run(rollout))
        return;
    if (rollout->fresh == NULL)
        rollout_prepare_fresh(rollout, true);
    else
        resize_fresh(rollout);
}

bool rollout_complete(const struct rollout *rollout, const struct api_apps_deployment_status *status)
{
    return status->updated_replicas == rollout->wanted && status->replicas == rollout->wanted &&
           status->available_replicas == rollout->wanted &&
           status->observed_generation >= rollout->deployment->metadata.generation;
}
