/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_fit.c - see the header. */
#include "api/pod/node_fit.h"

#include "api/value/entry.h"

bool toleration_covers(const struct api_toleration *toleration, const struct api_taint *taint)
{
    if (!text_empty(toleration->effect) && !text_equal(toleration->effect, taint->effect))
        return false;
    if (!text_empty(toleration->key) && !text_equal(toleration->key, taint->key))
        return false;
    if (text_equal(toleration->operator, "Exists"))
        return true;
    return (text_empty(toleration->operator) || text_equal(toleration->operator, "Equal")) &&
           text_equal(toleration->value, taint->value) && !text_empty(toleration->key);
}

bool node_fit_tolerated(const struct api_pod_spec *spec, const struct api_node *node, const char *effect)
{
    for (size_t i = 0; i < node->spec.n_taints; i++) {
        const struct api_taint *taint = &node->spec.taints[i];
        bool counts = effect != NULL
                          ? text_equal(taint->effect, effect)
                          : text_equal(taint->effect, "NoSchedule") || text_equal(taint->effect, "NoExecute");
        bool covered = !counts;
        for (size_t j = 0; j < spec->n_tolerations && !covered; j++)
            covered = toleration_covers(&spec->tolerations[j], taint);
        if (!covered)
            return false;
    }
    return true;
}

static bool listed(const struct api_node_selector_requirement *wanted, struct str value)
{
    for (size_t i = 0; i < wanted->n_values; i++) {
        if (str_is(value, wanted->values[i]))
            return true;
    }
    return false;
}

static bool meets(const struct api_node_selector_requirement *wanted, bool has, struct str value)
{
    int64_t actual = 0, bound = 0;
    if (text_equal(wanted->operator, "In"))
        return has && listed(wanted, value);
    if (text_equal(wanted->operator, "NotIn"))
        return !has || !listed(wanted, value);
    if (text_equal(wanted->operator, "Exists"))
        return has;
    if (text_equal(wanted->operator, "DoesNotExist"))
        return !has;
    if (!has || wanted->n_values != 1 || !str_to_int64(value, &actual) ||
        !str_to_int64(str_of(wanted->values[0]), &bound))
        return false;
    return text_equal(wanted->operator, "Gt") ? actual > bound : text_equal(wanted->operator, "Lt") && actual < bound;
}

static bool meets_term(const struct api_node_selector_term *term, const struct api_node *node)
{
    const struct api_object_meta *meta = &node->metadata;
    for (size_t i = 0; i < term->n_match_expressions; i++) {
        const char *value =
            string_entry_value(meta->labels, meta->n_labels, text_or_empty(term->match_expressions[i].key));
        if (!meets(&term->match_expressions[i], value != NULL, str_of(text_or_empty(value))))
            return false;
    }
    for (size_t i = 0; i < term->n_match_fields; i++) {
        if (!text_equal(term->match_fields[i].key, "metadata.name") ||
            !meets(&term->match_fields[i], true, str_of(meta->name)))
            return false;
    }
    return term->n_match_expressions + term->n_match_fields > 0; /* an empty term selects nothing */
}

bool node_fit_selected(const struct api_pod_spec *spec, const struct api_node *node)
{
    for (size_t i = 0; i < spec->n_node_selector; i++) {
        const char *value =
            string_entry_value(node->metadata.labels, node->metadata.n_labels, spec->node_selector[i].key);
        if (value == NULL || !text_equal(value, text_or_empty(spec->node_selector[i].value)))
            return false;
    }
    const struct api_node_affinity *affinity = spec->affinity == NULL ? NULL : spec->affinity->node_affinity;
    const struct api_node_selector *required =
        affinity == NULL ? NULL : affinity->required_during_scheduling_ignored_during_execution;
    if (required == NULL)
        return true;
    for (size_t i = 0; i < required->n_node_selector_terms; i++) {
        if (meets_term(&required->node_selector_terms[i], node))
            return true;
    }
    return false;
}
