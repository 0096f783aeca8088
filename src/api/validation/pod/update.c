/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* update.c - the little that may change of a pod, and of one that is still held back by gates. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/internal_form.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/validation.h"
#include "api/value/entry.h"

#define ONLY_ADDITIONS "only additions are allowed (no mutations or deletions)"

static bool same_toleration(const struct api_toleration *a, const struct api_toleration *b)
{
    return text_equal(a->key, b->key) && text_equal(a->operator, b->operator) && text_equal(a->value, b->value) &&
           text_equal(a->effect, b->effect);
}

static void validate_added_tolerations(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                       const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < old->n_tolerations; i++) {
        bool found = false;
        for (size_t k = 0; k < spec->n_tolerations; k++)
            found = found || same_toleration(&spec->tolerations[k], &old->tolerations[i]);
        if (!found) {
            invalid_forbidden(errors, at, "existing toleration can not be modified except its tolerationSeconds");
            return;
        }
    }
}

static void validate_removed_gates(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                   const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_scheduling_gates; i++) {
        const char *name = text_or_empty(spec->scheduling_gates[i].name);
        bool known = false;
        for (size_t k = 0; k < old->n_scheduling_gates; k++)
            known = known || text_equal(old->scheduling_gates[k].name, name);
        if (!known)
            invalid_forbidden(errors, at_field(at_index(at, i), "name"),
                              "only deletion is allowed, but found new scheduling gate '%s'", name);
    }
}

/* False when nothing behind it is worth looking at. */
static bool validate_deadline(const int64_t *seconds, const int64_t *old, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (seconds == NULL) {
        if (old != NULL)
            invalid_null(errors, at, "must not update from a positive integer to nil value");
        return true;
    }
    if (*seconds < 0 || *seconds > INT32_MAX) {
        invalid_range(errors, at, *seconds, 0, INT32_MAX);
        return false;
    }
    if (old == NULL || *seconds <= *old)
        return true;
    invalid_number(errors, at, *seconds, "must be less than or equal to previous value");
    return false;
}

static bool validate_container_updates(const struct api_container *list, size_t count, size_t old_count,
                                       const struct field_at *at, struct api_invalid *errors)
{
    if (count != old_count) {
        invalid_forbidden(errors, at, "pod updates may not add or remove containers");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (text_empty(list[i].image))
            invalid_missing(errors, at_field(at_index(at, i), "image"));
    validate_images(list, count, at, errors);
    return true;
}

/* --- pods with gates: where they may run can still be narrowed --- */

static void validate_node_selector_update(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                          const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < old->n_node_selector; i++) {
        const char *value = string_entry_value(spec->node_selector, spec->n_node_selector, old->node_selector[i].key);
        if (value != NULL && text_equal(value, old->node_selector[i].value))
            continue;
        invalid_string_map(errors, at, spec->node_selector, spec->n_node_selector,
                           "only additions to spec.nodeSelector are allowed (no mutations or deletions)");
        return;
    }
}

static bool requirements_kept(const struct api_node_selector_requirement *list, size_t count,
                              const struct api_node_selector_requirement *old, size_t old_count)
{
    for (size_t i = 0; i < old_count; i++)
        if (i >= count || !api_equal(&api_type_node_selector_requirement, &list[i], &old[i]))
            return false;
    return true;
}

static bool term_only_grew(const struct api_node_selector_term *term, const struct api_node_selector_term *old)
{
    /* An empty term matches nothing; with an expression it would match something. */
    if (old->n_match_expressions + old->n_match_fields == 0 && term->n_match_expressions + term->n_match_fields > 0)
        return false;
    return requirements_kept(term->match_expressions, term->n_match_expressions, old->match_expressions,
                             old->n_match_expressions) &&
           requirements_kept(term->match_fields, term->n_match_fields, old->match_fields, old->n_match_fields);
}

static const struct api_node_affinity *node_affinity_of(const struct api_pod_spec *spec)
{
    return spec->affinity != NULL ? spec->affinity->node_affinity : NULL;
}

static void validate_node_affinity_update(const struct api_node_affinity *affinity, const struct api_node_affinity *old,
                                          const struct field_at *at, struct api_invalid *errors)
{
    const struct api_node_selector *before =
        old != NULL ? old->required_during_scheduling_ignored_during_execution : NULL;
    const struct api_node_selector *now =
        affinity != NULL ? affinity->required_during_scheduling_ignored_during_execution : NULL;
    const struct field_at *terms =
        at_field(at_field(at, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");

    if (before == NULL || before->n_node_selector_terms == 0)
        return;
    if (now == NULL || now->n_node_selector_terms != before->n_node_selector_terms) {
        if (affinity == NULL)
            invalid_null(errors, terms, "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
        else
            invalid_internal(errors, terms, &api_type_node_affinity, affinity,
                             "no additions/deletions to non-empty NodeSelectorTerms list are allowed");
        return;
    }
    for (size_t i = 0; i < before->n_node_selector_terms; i++)
        if (!term_only_grew(&now->node_selector_terms[i], &before->node_selector_terms[i]))
            invalid_internal(errors, at_index(terms, i), &api_type_node_selector_term, &now->node_selector_terms[i],
                             ONLY_ADDITIONS);
}

/* --- the rest --- */

/* The old images in a copy of the new containers. */
static struct api_container *with_images(const struct api_container *list, const struct api_container *old,
                                         size_t count, struct arena *arena)
{
    struct api_container *copy = arena_new_array(arena, struct api_container, count);

    for (size_t i = 0; i < count; i++) {
        copy[i] = list[i];
        copy[i].image = old[i].image;
    }
    return copy;
}

static void validate_gated(const struct api_pod_spec *spec, const struct api_pod_spec *old, struct api_pod_spec *same,
                           struct arena *arena, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");

    validate_node_selector_update(spec, old, at_field(at, "nodeSelector"), errors);
    same->node_selector = old->node_selector;
    same->n_node_selector = old->n_node_selector;
    validate_node_affinity_update(node_affinity_of(spec), node_affinity_of(old),
                                  at_field(at_field(at, "affinity"), "nodeAffinity"), errors);
    if (spec->affinity == NULL && old->affinity == NULL)
        return;
    /* Only the part about nodes may differ; an affinity of nothing else is none. */
    struct api_affinity *affinity = arena_new(arena, struct api_affinity);
    if (spec->affinity != NULL)
        *affinity = *spec->affinity;
    affinity->node_affinity = old->affinity != NULL ? old->affinity->node_affinity : NULL;
    bool empty =
        affinity->node_affinity == NULL && affinity->pod_affinity == NULL && affinity->pod_anti_affinity == NULL;
    same->affinity = empty && old->affinity == NULL ? NULL : affinity;
}

/* The new spec with everything set back that may change: it must equal the old one then. */
static void validate_nothing_else(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                  struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod_spec same = *spec;

    if (spec->n_containers > 0)
        same.containers = with_images(spec->containers, old->containers, spec->n_containers, &arena);
    if (spec->n_init_containers > 0)
        same.init_containers =
            with_images(spec->init_containers, old->init_containers, spec->n_init_containers, &arena);
    same.active_deadline_seconds = old->active_deadline_seconds;
    same.tolerations = old->tolerations;
    same.n_tolerations = old->n_tolerations;
    same.scheduling_gates = old->scheduling_gates;
    same.n_scheduling_gates = old->n_scheduling_gates;
    if (old->n_scheduling_gates > 0)
        validate_gated(spec, old, &same, &arena, errors);
    const int64_t *grace = old->termination_grace_period_seconds;
    if (grace != NULL && *grace < 0 && spec->termination_grace_period_seconds != NULL &&
        *spec->termination_grace_period_seconds == 1)
        same.termination_grace_period_seconds = old->termination_grace_period_seconds;
    if (!api_equal(&api_type_pod_spec, &same, old))
        invalid_forbidden_change(
            errors, at_field(NULL, "spec"), &api_type_pod_spec, old, &same,
            "pod updates may not change fields other than "
            "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
            "`spec.tolerations` (only additions to existing tolerations),"
            "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)");
}

void validate_pod_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_pod *pod = object, *before = old_object;
    const struct api_pod_spec *spec = &pod->spec, *old = &before->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_pod(pod, before, errors);
    validate_annotation_updates(&pod->metadata, &before->metadata, at_field(at_field(NULL, "metadata"), "annotations"),
                                errors);
    if (!validate_container_updates(spec->containers, spec->n_containers, old->n_containers, at_field(at, "containers"),
                                    errors) ||
        !validate_container_updates(spec->init_containers, spec->n_init_containers, old->n_init_containers,
                                    at_field(at, "initContainers"), errors) ||
        !validate_deadline(spec->active_deadline_seconds, old->active_deadline_seconds,
                           at_field(at, "activeDeadlineSeconds"), errors))
        return;
    validate_added_tolerations(spec, old, at_field(at, "tolerations"), errors);
    validate_removed_gates(spec, old, at_field(at, "schedulingGates"), errors);
    validate_nothing_else(spec, old, errors);
}

/* --- the subresource of ephemeral containers --- */

static const struct api_ephemeral_container *find_ephemeral(const struct api_pod_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_ephemeral_containers; i++)
        if (text_equal(spec->ephemeral_containers[i].name, name))
            return &spec->ephemeral_containers[i];
    return NULL;
}

int api_validate_ephemeral_containers(const void *old_object, const void *object, struct api_invalid *errors)
{
    const struct api_pod *pod = object, *before = old_object;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "ephemeralContainers");

    if (pod_meta_is_mirror(&before->metadata)) {
        invalid_forbidden(errors, NULL, "static pods do not support ephemeral containers");
        return (int)errors->total;
    }
    validate_pod(pod, before, errors);
    validate_annotation_updates(&pod->metadata, &before->metadata, at_field(at_field(NULL, "metadata"), "annotations"),
                                errors);
    for (size_t i = 0; i < before->spec.n_ephemeral_containers; i++) {
        const struct api_ephemeral_container *old = &before->spec.ephemeral_containers[i];
        const struct api_ephemeral_container *now = find_ephemeral(&pod->spec, old->name);
        if (now == NULL)
            invalid_forbidden(errors, at, "existing ephemeral containers \"%s\" may not be removed\n", old->name);
        else if (!api_equal(&api_type_ephemeral_container, old, now))
            invalid_forbidden_change(errors, at, &api_type_ephemeral_container, old, now,
                                     "existing ephemeral containers \"%s\" may not be changed", old->name);
    }
    return (int)errors->total;
}
