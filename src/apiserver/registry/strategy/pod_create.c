/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What a new pod's own labels and annotations mean for its spec. */

#include <string.h>

#include "api/value/entry.h"
#include "apiserver/registry/strategy/pod_fields.h"

#define APP_ARMOR_PREFIX "container.apparmor.security.beta.kubernetes.io/"
#define LOCALHOST_PREFIX "localhost/"

/* ---------------------------------------------------------------- matchLabelKeys */

static void merge_keys(const struct api_object_meta *meta, struct api_label_selector *selector, const char **keys,
                       size_t count, const char *operator, struct arena * arena)
{
    if (selector == NULL || count == 0)
        return;
    struct api_label_selector_requirement *more =
        arena_new_array(arena, struct api_label_selector_requirement, selector->n_match_expressions + count);
    size_t size = selector->n_match_expressions;
    for (size_t i = 0; i < size; i++)
        more[i] = selector->match_expressions[i];
    for (size_t i = 0; i < count; i++) {
        const char *value = string_entry_value(meta->labels, meta->n_labels, text_or_empty(keys[i]));
        if (value == NULL)
            continue;
        more[size].key = keys[i];
        more[size].operator= operator;
        more[size].values = arena_new_array(arena, const char *, 1);
        more[size].values[0] = value;
        more[size++].n_values = 1;
    }
    selector->match_expressions = more;
    selector->n_match_expressions = size;
}

static void merge_term(const struct api_object_meta *meta, struct api_pod_affinity_term *term, struct arena *arena)
{
    merge_keys(meta, term->label_selector, term->match_label_keys, term->n_match_label_keys, "In", arena);
    merge_keys(meta, term->label_selector, term->mismatch_label_keys, term->n_mismatch_label_keys, "NotIn", arena);
}

static void merge_terms(const struct api_object_meta *meta, struct api_pod_affinity_term *required, size_t n_required,
                        struct api_weighted_pod_affinity_term *preferred, size_t n_preferred, struct arena *arena)
{
    for (size_t i = 0; i < n_required; i++)
        merge_term(meta, &required[i], arena);
    for (size_t i = 0; i < n_preferred; i++)
        merge_term(meta, &preferred[i].pod_affinity_term, arena);
}

void pod_merge_label_keys(struct api_pod *pod, struct arena *arena)
{
    const struct api_affinity *affinity = pod->spec.affinity;
    for (size_t i = 0; i < pod->spec.n_topology_spread_constraints; i++) {
        struct api_topology_spread_constraint *spread = &pod->spec.topology_spread_constraints[i];
        merge_keys(&pod->metadata, spread->label_selector, spread->match_label_keys, spread->n_match_label_keys, "In",
                   arena);
    }
    if (affinity == NULL)
        return;
    const struct api_pod_affinity *with = affinity->pod_affinity;
    const struct api_pod_anti_affinity *without = affinity->pod_anti_affinity;
    if (with != NULL)
        merge_terms(&pod->metadata, with->required_during_scheduling_ignored_during_execution,
                    with->n_required_during_scheduling_ignored_during_execution,
                    with->preferred_during_scheduling_ignored_during_execution,
                    with->n_preferred_during_scheduling_ignored_during_execution, arena);
    if (without != NULL)
        merge_terms(&pod->metadata, without->required_during_scheduling_ignored_during_execution,
                    without->n_required_during_scheduling_ignored_during_execution,
                    without->preferred_during_scheduling_ignored_during_execution,
                    without->n_preferred_during_scheduling_ignored_during_execution, arena);
}

/* ---------------------------------------------------------------- AppArmor */

static bool profile_of(const char *annotation, struct api_app_armor_profile *profile)
{
    *profile = (struct api_app_armor_profile){ 0 };
    if (text_equal(annotation, "unconfined"))
        profile->type = "Unconfined";
    else if (text_equal(annotation, "runtime/default"))
        profile->type = "RuntimeDefault";
    else if (strncmp(annotation, LOCALHOST_PREFIX, sizeof(LOCALHOST_PREFIX) - 1) == 0) {
        profile->type = "Localhost";
        profile->localhost_profile = annotation + sizeof(LOCALHOST_PREFIX) - 1;
    }
    return profile->type != NULL;
}

static void set_profile(struct request *request, const struct api_pod *pod, const char *name,
                        struct api_security_context **security)
{
    const struct api_object_meta *meta = &pod->metadata;
    const struct api_pod_security_context *whole = pod->spec.security_context;
    const char *key = arena_format(&request->arena, APP_ARMOR_PREFIX "%s", text_or_empty(name));
    const char *annotation = string_entry_value(meta->annotations, meta->n_annotations, key);
    struct api_app_armor_profile profile;
    if (annotation == NULL || (*security != NULL && (*security)->app_armor_profile != NULL) ||
        !profile_of(annotation, &profile))
        return;
    if (whole != NULL && whole->app_armor_profile != NULL && text_equal(whole->app_armor_profile->type, profile.type) &&
        text_equal(whole->app_armor_profile->localhost_profile, profile.localhost_profile))
        return;
    if (*security == NULL)
        *security = arena_new(&request->arena, struct api_security_context);
    (*security)->app_armor_profile = arena_new(&request->arena, struct api_app_armor_profile);
    *(*security)->app_armor_profile = profile;
    request_warn(request, "metadata.annotations[%s]: deprecated since v1.30; use the \"appArmorProfile\" field instead",
                 key);
}

static bool mentions_app_armor(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (strncmp(meta->annotations[i].key, APP_ARMOR_PREFIX, sizeof(APP_ARMOR_PREFIX) - 1) == 0)
            return true;
    return false;
}

void pod_profiles_from_annotations(struct request *request, struct api_pod *pod)
{
    if (!mentions_app_armor(&pod->metadata) || (pod->spec.os != NULL && text_equal(pod->spec.os->name, "windows")))
        return;
    for (size_t i = 0; i < pod->spec.n_init_containers; i++)
        set_profile(request, pod, pod->spec.init_containers[i].name, &pod->spec.init_containers[i].security_context);
    for (size_t i = 0; i < pod->spec.n_containers; i++)
        set_profile(request, pod, pod->spec.containers[i].name, &pod->spec.containers[i].security_context);
}
