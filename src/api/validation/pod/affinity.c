/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* affinity.c - beside which pods a pod may run. */
#include "api/validation/pod/pod_rules.h"

static void validate_keys(const char *const *keys, size_t count, const struct api_label_selector *selector,
                          const struct field_at *at, struct api_invalid *errors)
{
    if (count == 0)
        return;
    if (selector == NULL) {
        invalid_forbidden(errors, at, "must not be specified when labelSelector is not set");
        return;
    }
    for (size_t i = 0; i < count; i++)
        invalid_format(errors, at_index(at, i), format_qualified_name, keys[i]);
}

static size_t times_in_selector(const struct api_label_selector *selector, const char *key)
{
    size_t count = 0;

    for (size_t i = 0; i < selector->n_match_labels; i++)
        count += text_equal(selector->match_labels[i].key, key);
    for (size_t i = 0; i < selector->n_match_expressions; i++)
        count += text_equal(selector->match_expressions[i].key, key);
    return count;
}

/* The keys were merged into the selector when the pod was made: there they may stand once. */
void validate_match_label_keys(const char *const *keys, size_t n_keys, const char *const *mismatched,
                               size_t n_mismatched, const struct api_label_selector *selector,
                               const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *match = at_field(at, "matchLabelKeys");

    validate_keys(keys, n_keys, selector, match, errors);
    validate_keys(mismatched, n_mismatched, selector, at_field(at, "mismatchLabelKeys"), errors);
    for (size_t i = 0; selector != NULL && i < n_keys; i++)
        for (size_t n = times_in_selector(selector, keys[i]); n > 1; n--)
            invalid_string(errors, at_index(at, i), keys[i], "exists in both matchLabelKeys and labelSelector");
    for (size_t i = 0; i < n_keys; i++) {
        for (size_t k = 0; k < n_mismatched; k++) {
            if (!text_equal(keys[i], mismatched[k]))
                continue;
            invalid_string(errors, at_index(match, i), keys[i], "exists in both matchLabelKeys and mismatchLabelKeys");
            break;
        }
    }
}

static void validate_selector(const struct api_label_selector *selector, bool any_values, const struct field_at *at,
                              struct api_invalid *errors)
{
    /* A selector stands for an old one with bad values, when values are not to be checked. */
    validate_label_selector_update(selector, any_values ? selector : NULL, at, errors);
}

static void validate_term(const struct api_pod_affinity_term *term, bool any_values, const struct field_at *at,
                          struct api_invalid *errors)
{
    validate_selector(term->label_selector, any_values, at_field(at, "labelSelector"), errors);
    validate_selector(term->namespace_selector, any_values, at_field(at, "namespaceSelector"), errors);
    for (size_t i = 0; i < term->n_namespaces; i++)
        invalid_format(errors, at_field(at, "namespace"), format_dns1123_label, term->namespaces[i]);
    validate_match_label_keys(term->match_label_keys, term->n_match_label_keys, term->mismatch_label_keys,
                              term->n_mismatch_label_keys, term->label_selector, at, errors);
    if (text_empty(term->topology_key))
        invalid_required(errors, at_field(at, "topologyKey"), "can not be empty");
    invalid_format(errors, at_field(at, "topologyKey"), format_qualified_name, term->topology_key);
}

static void validate_terms(const struct api_pod_affinity_term *required, size_t n_required,
                           const struct api_weighted_pod_affinity_term *preferred, size_t n_preferred, bool any_values,
                           const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < n_required; i++)
        validate_term(&required[i], any_values,
                      at_index(at_field(at, "requiredDuringSchedulingIgnoredDuringExecution"), i), errors);
    for (size_t i = 0; i < n_preferred; i++) {
        const struct field_at *here = at_index(at_field(at, "preferredDuringSchedulingIgnoredDuringExecution"), i);
        if (preferred[i].weight < 1 || preferred[i].weight > 100)
            invalid_number(errors, at_field(here, "weight"), preferred[i].weight, "must be in the range 1-100");
        validate_term(&preferred[i].pod_affinity_term, any_values, at_field(here, "podAffinityTerm"), errors);
    }
}

void validate_affinity(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    const struct api_affinity *affinity = scope->spec->affinity;
    bool any_values = scope->lenient.selector_values;

    if (affinity == NULL)
        return;
    if (affinity->node_affinity != NULL)
        validate_node_affinity(affinity->node_affinity, scope->lenient.node_label_values, at_field(at, "nodeAffinity"),
                               errors);
    const struct api_pod_affinity *with = affinity->pod_affinity;
    if (with != NULL)
        validate_terms(with->required_during_scheduling_ignored_during_execution,
                       with->n_required_during_scheduling_ignored_during_execution,
                       with->preferred_during_scheduling_ignored_during_execution,
                       with->n_preferred_during_scheduling_ignored_during_execution, any_values,
                       at_field(at, "podAffinity"), errors);
    const struct api_pod_anti_affinity *without = affinity->pod_anti_affinity;
    if (without != NULL)
        validate_terms(without->required_during_scheduling_ignored_during_execution,
                       without->n_required_during_scheduling_ignored_during_execution,
                       without->preferred_during_scheduling_ignored_during_execution,
                       without->n_preferred_during_scheduling_ignored_during_execution, any_values,
                       at_field(at, "podAntiAffinity"), errors);
}
