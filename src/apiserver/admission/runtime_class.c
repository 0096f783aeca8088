/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime_class.c - RuntimeClass: what a pod's runtime costs beside its containers, and where it may run. */

#include <string.h>

#include "api/codec.h"
#include "api/value/entry.h"
#include "apiserver/admission/admission.h"
#include "apiserver/server_internal.h"

/* The class that the pod names; NULL when it names none. */
static int find_class(struct admission *admission, const struct api_pod_spec *spec,
                      const struct api_node_runtime_class **ret_class, struct error *err)
{
    *ret_class = NULL;
    if (text_empty(spec->runtime_class_name))
        return 0;
    struct watch_cache *cache = server_cache(admission->request->server, &api_resource_node_runtime_class);
    const struct object *object = watch_cache_get(cache, NULL, spec->runtime_class_name);
    if (object == NULL)
        return admission_forbid(admission, err, "pod rejected: RuntimeClass \"%s\" not found",
                                spec->runtime_class_name);
    *ret_class = api_node_runtime_class_of(object);
    return 0;
}

static bool same_overhead(const struct api_pod_spec *spec, const struct api_node_overhead *overhead)
{
    if (spec->n_overhead != overhead->n_pod_fixed)
        return false;
    for (size_t i = 0; i < spec->n_overhead; i++) {
        if (!text_equal(spec->overhead[i].key, overhead->pod_fixed[i].key) ||
            quantity_compare(&spec->overhead[i].value, &overhead->pod_fixed[i].value) != 0)
            return false;
    }
    return true;
}

static int set_overhead(struct admission *admission, struct api_pod_spec *spec,
                        const struct api_node_overhead *overhead, struct error *err)
{
    if (overhead == NULL || overhead->n_pod_fixed == 0)
        return 0;
    if (spec->n_overhead > 0 && !same_overhead(spec, overhead))
        return admission_forbid(admission, err,
                                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    struct arena *arena = &admission->request->arena;
    spec->n_overhead = overhead->n_pod_fixed;
    spec->overhead = arena_new_array(arena, struct api_quantity_entry, spec->n_overhead);
    for (size_t i = 0; i < spec->n_overhead; i++) {
        spec->overhead[i] = overhead->pod_fixed[i];
        spec->overhead[i].key = arena_strdup(arena, overhead->pod_fixed[i].key);
    }
    return 0;
}

static int add_selector(struct admission *admission, struct api_pod_spec *spec,
                        const struct api_node_scheduling *scheduling, struct error *err)
{
    struct arena *arena = &admission->request->arena;
    for (size_t i = 0; i < scheduling->n_node_selector; i++) {
        const char *key = scheduling->node_selector[i].key, *value = text_or_empty(scheduling->node_selector[i].value);
        const char *own = string_entry_value(spec->node_selector, spec->n_node_selector, key);
        if (own != NULL && strcmp(own, value) != 0)
            return admission_forbid(admission, err,
                                    "conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; "
                                    "pod.spec.nodeSelector[%s] = %s",
                                    key, value, key, own);
        entry_put_to(spec->node_selector, spec->n_node_selector, arena_strdup(arena, key), arena)->value =
            arena_strdup(arena, value);
    }
    return 0;
}

static bool is_tolerated(const struct api_pod_spec *spec, const struct api_toleration *toleration)
{
    for (size_t i = 0; i < spec->n_tolerations; i++) {
        if (api_equal(&api_type_toleration, &spec->tolerations[i], toleration))
            return true;
    }
    return false;
}

static void add_tolerations(struct admission *admission, struct api_pod_spec *spec,
                            const struct api_node_scheduling *scheduling)
{
    struct arena *arena = &admission->request->arena;
    size_t n = spec->n_tolerations + scheduling->n_tolerations;
    struct api_toleration *all = arena_new_array(arena, struct api_toleration, n + 1);
    if (spec->n_tolerations > 0)
        memcpy(all, spec->tolerations, spec->n_tolerations * sizeof(*all));
    spec->tolerations = all;
    for (size_t i = 0; i < scheduling->n_tolerations; i++) {
        const struct api_toleration *from = &scheduling->tolerations[i];
        if (is_tolerated(spec, from))
            continue;
        struct api_toleration *added = &all[spec->n_tolerations++];
        *added = (struct api_toleration){ .key = arena_strdup(arena, from->key),
                                          .operator= arena_strdup(arena, from->operator),
                                          .value = arena_strdup(arena, from->value),
                                          .effect = arena_strdup(arena, from->effect) };
        if (from->toleration_seconds != NULL) {
            added->toleration_seconds = arena_new(arena, int64_t);
            *added->toleration_seconds = *from->toleration_seconds;
        }
    }
}

int admit_runtime_class(struct admission *admission, struct error *err)
{
    const struct api_node_runtime_class *class;
    if (!admission_creates(admission, &api_kind_pod))
        return 0;
    struct api_pod_spec *spec = &((struct api_pod *)admission->object)->spec;
    int rc = find_class(admission, spec, &class, err);
    if (rc < 0 || class == NULL)
        return rc;
    rc = set_overhead(admission, spec, class->overhead, err);
    if (rc < 0 || class->scheduling == NULL)
        return rc;
    rc = add_selector(admission, spec, class->scheduling, err);
    if (rc == 0)
        add_tolerations(admission, spec, class->scheduling);
    return rc;
}

int validate_runtime_class(struct admission *admission, struct error *err)
{
    const struct api_node_runtime_class *class;
    if (!admission_creates(admission, &api_kind_pod))
        return 0;
    const struct api_pod_spec *spec = &((const struct api_pod *)admission->object)->spec;
    int rc = find_class(admission, spec, &class, err);
    if (rc < 0 || spec->n_overhead == 0)
        return rc;
    if (class == NULL || class->overhead == NULL)
        return admission_forbid(admission, err,
                                "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    if (!same_overhead(spec, class->overhead))
        return admission_forbid(admission, err,
                                "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    return 0;
}
