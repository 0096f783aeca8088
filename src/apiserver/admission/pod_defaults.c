/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Priority, DefaultTolerationSeconds and TaintNodesByCondition. */

#include <string.h>

#include "apiserver/admission/admission.h"
#include "apiserver/server_internal.h"

/* ---------------------------------------------------------------- Priority */

static const struct api_scheduling_priority_class *default_class(struct watch_cache *cache)
{
    const struct api_scheduling_priority_class *best = NULL;
    const struct cache_entry *entry;
    tree_for_each (watch_cache_objects(cache), entry, node) {
        const struct api_scheduling_priority_class *class = api_scheduling_priority_class_of(entry->object);
        if (class->global_default && (best == NULL || class->value < best->value))
            best = class;
    }
    return best;
}

/* There is one default only. */
int validate_priority_class_default(struct admission *admission, struct error *err)
{
    const struct api_scheduling_priority_class *class = admission->object, *old = admission->old;
    if (!admission_is(admission, &api_kind_scheduling_priority_class) || class == NULL || !class->global_default ||
        (admission->operation != ADMISSION_CREATE && admission->operation != ADMISSION_UPDATE))
        return 0;
    if (old != NULL && old->global_default)
        return 0;
    const struct api_scheduling_priority_class *other =
        default_class(server_cache(admission->request->server, &api_resource_scheduling_priority_class));
    if (other == NULL)
        return 0;
    return admission_forbid(admission, err, "PriorityClass %s is already marked as default. Only one default can exist",
                            other->metadata.name);
}

static int set_priority(struct admission *admission, struct api_pod_spec *spec, int32_t value, const char *policy,
                        struct error *err)
{
    struct arena *arena = &admission->request->arena;
    if (spec->priority != NULL && *spec->priority != value)
        return admission_forbid(admission, err,
                                "the integer value of priority (%d) must not be provided in pod spec; priority "
                                "admission controller computed %d from the given PriorityClass name",
                                *spec->priority, value);
    if (!text_empty(spec->preemption_policy) && !text_equal(spec->preemption_policy, policy))
        return admission_forbid(admission, err,
                                "the string value of PreemptionPolicy (%s) must not be provided in pod spec; "
                                "priority admission controller computed %s from the given PriorityClass name",
                                spec->preemption_policy, policy);
    spec->priority = arena_new(arena, int32_t);
    *spec->priority = value;
    spec->preemption_policy = arena_strdup(arena, policy);
    return 0;
}

int admit_priority(struct admission *admission, struct error *err)
{
    if (!admission_creates(admission, &api_kind_pod))
        return 0;
    struct api_pod_spec *spec = &((struct api_pod *)admission->object)->spec;
    struct watch_cache *cache = server_cache(admission->request->server, &api_resource_scheduling_priority_class);
    const struct api_scheduling_priority_class *class = NULL;
    if (!text_empty(spec->priority_class_name)) {
        const struct object *object = watch_cache_get(cache, NULL, spec->priority_class_name);
        if (object == NULL)
            return admission_forbid(admission, err, "no PriorityClass with name %s was found",
                                    spec->priority_class_name);
        class = api_scheduling_priority_class_of(object);
    } else {
        class = default_class(cache);
        if (class != NULL)
            spec->priority_class_name = arena_strdup(&admission->request->arena, class->metadata.name);
    }
    const char *policy =
        class == NULL || text_empty(class->preemption_policy) ? "PreemptLowerPriority" : class->preemption_policy;
    return set_priority(admission, spec, class == NULL ? 0 : class->value, policy, err);
}

/* ---------------------------------------------------------------- DefaultTolerationSeconds */

#define TOLERATED_SECONDS 300

static bool tolerates(const struct api_pod_spec *spec, const char *key)
{
    for (size_t i = 0; i < spec->n_tolerations; i++) {
        const struct api_toleration *toleration = &spec->tolerations[i];
        bool fits = text_empty(toleration->key) || strcmp(toleration->key, key) == 0;
        if (fits && (text_empty(toleration->effect) || strcmp(toleration->effect, "NoExecute") == 0))
            return true;
    }
    return false;
}

int admit_default_tolerations(struct admission *admission, struct error *err)
{
    static const char *const keys[] = { "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable" };
    (void)err;
    bool writes = admission->operation == ADMISSION_CREATE || admission->operation == ADMISSION_UPDATE;
    if (!writes || !text_empty(admission->subresource) || !admission_is(admission, &api_kind_pod))
        return 0;
    struct api_pod_spec *spec = &((struct api_pod *)admission->object)->spec;
    struct arena *arena = &admission->request->arena;
    for (size_t i = 0; i < countof(keys); i++) {
        if (tolerates(spec, keys[i]))
            continue;
        struct api_toleration *tolerations = arena_new_array(arena, struct api_toleration, spec->n_tolerations + 1);
        if (spec->n_tolerations > 0)
            memcpy(tolerations, spec->tolerations, spec->n_tolerations * sizeof(*tolerations));
        struct api_toleration *added = &tolerations[spec->n_tolerations++];
        added->key = keys[i];
        added->operator= "Exists";
        added->effect = "NoExecute";
        added->toleration_seconds = arena_new(arena, int64_t);
        *added->toleration_seconds = TOLERATED_SECONDS;
        spec->tolerations = tolerations;
    }
    return 0;
}

/* ---------------------------------------------------------------- TaintNodesByCondition */

/* No pod goes to a node before its controller has seen it ready. */
int admit_node_taint(struct admission *admission, struct error *err)
{
    static const char key[] = "node.kubernetes.io/not-ready";
    (void)err;
    if (!admission_creates(admission, &api_kind_node))
        return 0;
    struct api_node_spec *spec = &((struct api_node *)admission->object)->spec;
    for (size_t i = 0; i < spec->n_taints; i++)
        if (text_equal(spec->taints[i].key, key) && text_equal(spec->taints[i].effect, "NoSchedule"))
            return 0;
    struct api_taint *taints = arena_new_array(&admission->request->arena, struct api_taint, spec->n_taints + 1);
    if (spec->n_taints > 0)
        memcpy(taints, spec->taints, spec->n_taints * sizeof(*taints));
    taints[spec->n_taints++] = (struct api_taint){ .key = key, .effect = "NoSchedule" };
    spec->taints = taints;
    return 0;
}
