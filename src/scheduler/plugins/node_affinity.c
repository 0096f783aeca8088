/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_affinity.c - NodeAffinity: nodeSelector, required and preferred node affinity. */
#include "scheduler/plugins/plugins.h"

static const char *const mismatch = "node(s) didn't match Pod's node affinity/selector";

static const char *find_label(const struct api_object_meta *meta, const char *key)
{
    for (size_t i = 0; i < meta->n_labels; i++)
        if (strcmp(meta->labels[i].key, key) == 0)
            return text_or_empty(meta->labels[i].value);
    return NULL;
}

static bool value_listed(const struct api_node_selector_requirement *requirement, const char *value)
{
    for (size_t i = 0; i < requirement->n_values; i++)
        if (strcmp(requirement->values[i], value) == 0)
            return true;
    return false;
}

/* Gt and Lt compare integers; a value that is none matches nothing. */
static bool compares(const struct api_node_selector_requirement *requirement, const char *value, bool greater)
{
    int64_t label = 0, bound = 0;
    if (value == NULL || requirement->n_values != 1 || !str_to_int64(str_of(value), &label) ||
        !str_to_int64(str_of(requirement->values[0]), &bound))
        return false;
    return greater ? label > bound : label < bound;
}

static bool requirement_matches(const struct api_node_selector_requirement *requirement, const char *value)
{
    const char *operator= requirement->operator;
    if (text_equal(operator, "In"))
        return value != NULL && value_listed(requirement, value);
    if (text_equal(operator, "NotIn"))
        return value == NULL || !value_listed(requirement, value);
    if (text_equal(operator, "Exists"))
        return value != NULL;
    if (text_equal(operator, "DoesNotExist"))
        return value == NULL;
    return compares(requirement, value, text_equal(operator, "Gt"));
}

bool node_selector_term_matches(const struct api_node_selector_term *term, const struct api_node *node)
{
    if (term->n_match_expressions + term->n_match_fields == 0)
        return false; /* an empty term selects nothing */
    for (size_t i = 0; i < term->n_match_expressions; i++)
        if (!requirement_matches(&term->match_expressions[i],
                                 find_label(&node->metadata, term->match_expressions[i].key)))
            return false;
    for (size_t i = 0; i < term->n_match_fields; i++) {
        bool is_name =
            text_equal(term->match_fields[i].key, "metadata.name"); /* the only field that may be selected on */
        if (!is_name || !requirement_matches(&term->match_fields[i], node->metadata.name))
            return false;
    }
    return true;
}

bool node_selector_matches(const struct api_node_selector *selector, const struct api_node *node)
{
    for (size_t i = 0; i < selector->n_node_selector_terms; i++)
        if (node_selector_term_matches(&selector->node_selector_terms[i], node))
            return true;
    return false;
}

static const struct api_node_affinity *affinity_of(const struct cycle *cycle)
{
    const struct api_affinity *affinity = cycle->pod->pod->spec.affinity;
    return affinity == NULL ? NULL : affinity->node_affinity;
}

static bool labels_match(const struct api_pod_spec *spec, const struct api_node *node)
{
    for (size_t i = 0; i < spec->n_node_selector; i++) {
        const char *value = find_label(&node->metadata, spec->node_selector[i].key);
        if (value == NULL || !text_equal(value, spec->node_selector[i].value))
            return false;
    }
    return true;
}

void node_affinity_filter(struct cycle *cycle)
{
    const struct api_pod_spec *spec = &cycle->pod->pod->spec;
    const struct api_node_affinity *affinity = affinity_of(cycle);
    const struct api_node_selector *required =
        affinity == NULL ? NULL : affinity->required_during_scheduling_ignored_during_execution;
    if (spec->n_node_selector == 0 && required == NULL)
        return;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        const struct api_node *node = cycle->cache->rows[row]->node;
        if (!cycle->ruled_out[row] &&
            (!labels_match(spec, node) || (required != NULL && !node_selector_matches(required, node))))
            cycle_rule_out(cycle, row, mismatch);
    }
}

void node_affinity_score(struct cycle *cycle)
{
    const struct api_node_affinity *affinity = affinity_of(cycle);
    if (affinity == NULL || affinity->n_preferred_during_scheduling_ignored_during_execution == 0)
        return;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        for (size_t i = 0;
             !cycle->ruled_out[row] && i < affinity->n_preferred_during_scheduling_ignored_during_execution; i++) {
            const struct api_preferred_scheduling_term *term =
                &affinity->preferred_during_scheduling_ignored_during_execution[i];
            if (node_selector_term_matches(&term->preference, cycle->cache->rows[row]->node))
                cycle->plugin_scores[row] += term->weight;
        }
    }
}
