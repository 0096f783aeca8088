/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_affinity.c - selectors of nodes: of pods, of PersistentVolumes. */
#include "api/validation/pod/pod_rules.h"

static void validate_expression(const struct api_node_selector_requirement *expression, bool any_values,
                                const struct field_at *at, struct api_invalid *errors)
{
    const char *operator= expression->operator;
    const struct field_at *values = at_field(at, "values");

    if (text_equal(operator, "In") || text_equal(operator, "NotIn")) {
        if (expression->n_values == 0)
            invalid_required(errors, values, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (text_equal(operator, "Exists") || text_equal(operator, "DoesNotExist")) {
        if (expression->n_values > 0)
            invalid_forbidden(errors, values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    } else if (text_equal(operator, "Gt") || text_equal(operator, "Lt")) {
        if (expression->n_values != 1)
            invalid_required(errors, values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
    } else {
        invalid_string(errors, at_field(at, "operator"), operator, "not a valid selector operator");
    }
    invalid_format(errors, at_field(at, "key"), format_qualified_name, expression->key);
    for (size_t i = 0; !any_values && i < expression->n_values; i++)
        invalid_format(errors, at_index(values, i), format_label_value, expression->values[i]);
}

static void validate_field(const struct api_node_selector_requirement *field, const struct field_at *at,
                           struct api_invalid *errors)
{
    if (!text_equal(field->operator, "In") && !text_equal(field->operator, "NotIn"))
        invalid_string(errors, at_field(at, "operator"), field->operator, "not a valid selector operator");
    else if (field->n_values != 1)
        invalid_required(errors, at_field(at, "values"),
                         "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    if (!text_equal(field->key, "metadata.name"))
        invalid_string(errors, at_field(at, "key"), field->key, "not a valid field selector key");
    for (size_t i = 0; text_equal(field->key, "metadata.name") && i < field->n_values; i++)
        invalid_format(errors, at_index(at_field(at, "values"), i), format_dns1123_subdomain, field->values[i]);
}

static void validate_term(const struct api_node_selector_term *term, bool any_values, const struct field_at *at,
                          struct api_invalid *errors)
{
    for (size_t i = 0; i < term->n_match_expressions; i++)
        validate_expression(&term->match_expressions[i], any_values, at_index(at_field(at, "matchExpressions"), i),
                            errors);
    for (size_t i = 0; i < term->n_match_fields; i++)
        validate_field(&term->match_fields[i], at_index(at_field(at, "matchFields"), i), errors);
}

void validate_node_selector(const struct api_node_selector *selector, bool any_values, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct field_at *terms = at_field(at, "nodeSelectorTerms");

    if (selector->n_node_selector_terms == 0)
        invalid_required(errors, terms, "must have at least one node selector term");
    for (size_t i = 0; i < selector->n_node_selector_terms; i++)
        validate_term(&selector->node_selector_terms[i], any_values, at_index(terms, i), errors);
}

bool node_selector_has_bad_values(const struct api_node_selector *selector)
{
    for (size_t i = 0; selector != NULL && i < selector->n_node_selector_terms; i++) {
        const struct api_node_selector_term *term = &selector->node_selector_terms[i];
        for (size_t k = 0; k < term->n_match_expressions; k++)
            for (size_t v = 0; v < term->match_expressions[k].n_values; v++)
                if (!format_ok(format_label_value, str_of(term->match_expressions[k].values[v])))
                    return true;
    }
    return false;
}

void validate_node_affinity(const struct api_node_affinity *affinity, bool any_values, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct field_at *preferred = at_field(at, "preferredDuringSchedulingIgnoredDuringExecution");

    if (affinity->required_during_scheduling_ignored_during_execution != NULL)
        validate_node_selector(affinity->required_during_scheduling_ignored_during_execution, any_values,
                               at_field(at, "requiredDuringSchedulingIgnoredDuringExecution"), errors);
    for (size_t i = 0; i < affinity->n_preferred_during_scheduling_ignored_during_execution; i++) {
        const struct api_preferred_scheduling_term *term =
            &affinity->preferred_during_scheduling_ignored_during_execution[i];
        const struct field_at *here = at_index(preferred, i);
        if (term->weight < 1 || term->weight > 100)
            invalid_number(errors, at_field(here, "weight"), term->weight, "must be in the range 1-100");
        validate_term(&term->preference, true, at_field(here, "preference"), errors);
    }
}
