/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scale.c - a changed spec.replicas spreads over the sets of a roll-out in proportion to their sizes. */
#include <stdlib.h>

#include "controllers/deployment/rollout.h"

static int64_t annotated(const struct rollout_set *set, const char *key, int64_t otherwise)
{
    const struct api_object_meta *meta = &set->set->metadata;
    struct str text = { 0 };
    int64_t number = 0;
    return entries_find(meta->annotations, meta->n_annotations, key, &text) && str_to_int64(text, &number) ? number
                                                                                                           : otherwise;
}

static int32_t size_now(const struct rollout_set *set)
{
    return set->set->spec.replicas == NULL ? 1 : *set->set->spec.replicas;
}

int32_t rollout_total(const struct rollout *rollout)
{
    int64_t total = 0;
    for (size_t i = 0; i < rollout->n_sets; i++)
        total += rollout->sets[i].replicas;
    return total > INT32_MAX ? INT32_MAX : (int32_t)total;
}

void rollout_resize(struct rollout *rollout, struct rollout_set *set, int32_t replicas)
{
    int32_t max = rollout->wanted + rollout->max_surge;
    set->replicas = replicas;
    if (size_now(set) != replicas || annotated(set, DESIRED_ANNOTATION, -1) != rollout->wanted ||
        annotated(set, MAX_ANNOTATION, -1) != max)
        set->scaled = true;
}

bool rollout_is_scaling(const struct rollout *rollout)
{
    for (size_t i = 0; i < rollout->n_sets; i++) {
        const struct rollout_set *set = &rollout->sets[i];
        if (set->replicas > 0 && annotated(set, DESIRED_ANNOTATION, rollout->wanted) != rollout->wanted)
            return true;
    }
    return false;
}

/* The one set that has pods; of none, the new or else the youngest; NULL when several have. */
static struct rollout_set *only_one(struct rollout *rollout)
{
    struct rollout_set *active = NULL;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        if (rollout->sets[i].replicas == 0)
            continue;
        if (active != NULL)
            return NULL;
        active = &rollout->sets[i];
    }
    if (active != NULL || rollout->fresh != NULL)
        return active != NULL ? active : rollout->fresh;
    return rollout->n_sets == 0 ? NULL : &rollout->sets[rollout->n_sets - 1];
}

static bool is_saturated(const struct rollout *rollout)
{
    const struct rollout_set *fresh = rollout->fresh;
    return fresh != NULL && fresh->replicas == rollout->wanted &&
           annotated(fresh, DESIRED_ANNOTATION, -1) == rollout->wanted &&
           fresh->set->status.available_replicas == rollout->wanted;
}

static int32_t share(const struct rollout *rollout, const struct rollout_set *set, int32_t to_add, int32_t added)
{
    if (set->replicas == 0 || to_add == 0 || to_add == added)
        return 0;
    int32_t part;
    if (rollout->wanted == 0) {
        part = -set->replicas;
    } else {
        int64_t before = annotated(set, MAX_ANNOTATION, rollout->deployment->status.replicas);
        if (before <= 0)
            before = set->replicas;
        double size = (double)set->replicas * (rollout->wanted + rollout->max_surge) / (double)before;
        part = (int32_t)(size + 0.5) - set->replicas;
    }
    int32_t allowed = to_add - added;
    if (to_add > 0)
        return part < allowed ? part : allowed;
    return part > allowed ? part : allowed;
}

struct sized {
    struct rollout_set *set;
    int32_t size;
    bool newer_first;
};

static int by_size(const void *left, const void *right)
{
    const struct sized *a = left, *b = right;
    if (a->size != b->size)
        return a->size > b->size ? -1 : 1;
    int order = a->set < b->set ? -1 : 1; /* sets are oldest first */
    return a->newer_first ? -order : order;
}

void rollout_scale(struct rollout *rollout)
{
    struct rollout_set *one = only_one(rollout);
    if (one != NULL) {
        if (one->replicas != rollout->wanted)
            rollout_resize(rollout, one, rollout->wanted);
        else
            rollout_resize(rollout, one, one->replicas); /* the annotations */
        return;
    }
    if (is_saturated(rollout)) {
        for (size_t i = 0; i < rollout->n_sets; i++) {
            if (&rollout->sets[i] != rollout->fresh && rollout->sets[i].replicas > 0)
                rollout_resize(rollout, &rollout->sets[i], 0);
        }
        return;
    }
    if (!rollout->rolling)
        return;
    int32_t allowed = rollout->wanted > 0 ? rollout->wanted + rollout->max_surge : 0;
    int32_t to_add = allowed - rollout_total(rollout), added = 0;
    struct sized *sized = arena_new_array(rollout->r->arena, struct sized, rollout->n_sets + 1);
    size_t count = 0;
    for (size_t i = 0; i < rollout->n_sets; i++) {
        if (rollout->sets[i].replicas > 0)
            sized[count++] = (struct sized){ &rollout->sets[i], rollout->sets[i].replicas, to_add > 0 };
    }
    qsort(sized, count, sizeof(*sized), by_size);
    for (size_t i = 0; i < count; i++) {
        int32_t part = share(rollout, sized[i].set, to_add, added);
        sized[i].size += part;
        added += part;
    }
    if (count > 0) /* what rounding left over goes to the largest */
        sized[0].size += to_add - added;
    for (size_t i = 0; i < count; i++)
        rollout_resize(rollout, sized[i].set, sized[i].size < 0 ? 0 : sized[i].size);
}
