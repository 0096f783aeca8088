/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduling.c - where a pod may run: affinity, tolerations, topology spread. */
#include "api/validation/pod/pod_rules.h"

static const char *const toleration_operators[] = { "Equal", "Exists", NULL };
static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };
static const char *const unsatisfiable[] = { "DoNotSchedule", "ScheduleAnyway", NULL };
static const char *const inclusion[] = { "Honor", "Ignore", NULL };

static void validate_expression(const struct api_node_selector_requirement *expression, bool check_values,
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
    for (size_t i = 0; check_values && i < expression->n_values; i++)
        invalid_format(errors, at_index(values, i), format_label_value, expression->values[i]);
}

static void validate_node_field(const struct api_node_selector_requirement *field, const struct field_at *at,
                                struct api_invalid *errors)
{
    if (!text_equal(field->operator, "In") && !text_equal(field->operator, "NotIn"))
        invalid_string(errors, at_field(at, "operator"), field->operator, "not a valid selector operator");
    else if (field->n_values != 1)
        invalid_required(errors, at_field(at, "values"),
                         "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    if (!text_equal(field->key, "metadata.name"))
        invalid_string(errors, at_field(at, "key"), field->key, "not a valid field selector key");
    for (size_t i = 0; i < field->n_values; i++)
        invalid_format(errors, at_index(at_field(at, "values"), i), format_dns1123_subdomain, field->values[i]);
}

static void validate_node_term(const struct api_node_selector_term *term, bool check_values, const struct field_at *at,
                               struct api_invalid *errors)
{
    for (size_t i = 0; i < term->n_match_expressions; i++)
        validate_expression(&term->match_expressions[i], check_values, at_index(at_field(at, "matchExpressions"), i),
                            errors);
    for (size_t i = 0; i < term->n_match_fields; i++)
        validate_node_field(&term->match_fields[i], at_index(at_field(at, "matchFields"), i), errors);
}

static void validate_weight(int32_t weight, const struct field_at *at, struct api_invalid *errors)
{
    if (weight < 1 || weight > 100)
        invalid_number(errors, at_field(at, "weight"), weight, "must be in the range 1-100");
}

static void validate_node_affinity(const struct api_node_affinity *affinity, const struct field_at *at,
                                   struct api_invalid *errors)
{
    const struct api_node_selector *required = affinity->required_during_scheduling_ignored_during_execution;

    if (required != NULL) {
        const struct field_at *terms =
            at_field(at_field(at, "requiredDuringSchedulingIgnoredDuringExecution"), "nodeSelectorTerms");
        if (required->n_node_selector_terms == 0)
            invalid_required(errors, terms, "must have at least one node selector term");
        for (size_t i = 0; i < required->n_node_selector_terms; i++)
            validate_node_term(&required->node_selector_terms[i], true, at_index(terms, i), errors);
    }
    for (size_t i = 0; i < affinity->n_preferred_during_scheduling_ignored_during_execution; i++) {
        const struct api_preferred_scheduling_term *term =
            &affinity->preferred_during_scheduling_ignored_during_execution[i];
        const struct field_at *here = at_index(at_field(at, "preferredDuringSchedulingIgnoredDuringExecution"), i);
        validate_weight(term->weight, here, errors);
        validate_node_term(&term->preference, false, at_field(here, "preference"), errors);
    }
}

static void validate_pod_term(const struct api_pod_affinity_term *term, const struct field_at *at,
                              struct api_invalid *errors)
{
    validate_label_selector(term->label_selector, at_field(at, "labelSelector"), errors);
    validate_label_selector(term->namespace_selector, at_field(at, "namespaceSelector"), errors);
    for (size_t i = 0; i < term->n_namespaces; i++)
        invalid_format(errors, at_field(at, "namespace"), format_dns1123_label, term->namespaces[i]);
    if (text_empty(term->topology_key))
        invalid_required(errors, at_field(at, "topologyKey"), "can not be empty");
    invalid_format(errors, at_field(at, "topologyKey"), format_qualified_name, term->topology_key);
}

static void validate_pod_terms(const struct api_pod_affinity_term *required, size_t n_required,
                               const struct api_weighted_pod_affinity_term *preferred, size_t n_preferred,
                               const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < n_required; i++)
        validate_pod_term(&required[i], at_index(at_field(at, "requiredDuringSchedulingIgnoredDuringExecution"), i),
                          errors);
    for (size_t i = 0; i < n_preferred; i++) {
        const struct field_at *here = at_index(at_field(at, "preferredDuringSchedulingIgnoredDuringExecution"), i);
        validate_weight(preferred[i].weight, here, errors);
        validate_pod_term(&preferred[i].pod_affinity_term, at_field(here, "podAffinityTerm"), errors);
    }
}

void validate_affinity(const struct api_affinity *affinity, const struct field_at *at, struct api_invalid *errors)
{
    if (affinity == NULL)
        return;
    if (affinity->node_affinity != NULL)
        validate_node_affinity(affinity->node_affinity, at_field(at, "nodeAffinity"), errors);
    if (affinity->pod_affinity != NULL) {
        const struct api_pod_affinity *pods = affinity->pod_affinity;
        validate_pod_terms(pods->required_during_scheduling_ignored_during_execution,
                           pods->n_required_during_scheduling_ignored_during_execution,
                           pods->preferred_during_scheduling_ignored_during_execution,
                           pods->n_preferred_during_scheduling_ignored_during_execution, at_field(at, "podAffinity"),
                           errors);
    }
    if (affinity->pod_anti_affinity != NULL) {
        const struct api_pod_anti_affinity *pods = affinity->pod_anti_affinity;
        validate_pod_terms(pods->required_during_scheduling_ignored_during_execution,
                           pods->n_required_during_scheduling_ignored_during_execution,
                           pods->preferred_during_scheduling_ignored_during_execution,
                           pods->n_preferred_during_scheduling_ignored_during_execution,
                           at_field(at, "podAntiAffinity"), errors);
    }
}

static void validate_toleration(const struct api_toleration *toleration, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct field_at *operator= at_field(at, "operator");

    if (!text_empty(toleration->key))
        invalid_format(errors, at_field(at, "key"), format_qualified_name, toleration->key);
    if (text_empty(toleration->key) && !text_equal(toleration->operator, "Exists"))
        invalid_string(errors, operator, toleration->operator,
                       "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
    if (toleration->toleration_seconds != NULL && !text_equal(toleration->effect, "NoExecute"))
        invalid_string(errors, at_field(at, "effect"), toleration->effect,
                       "effect must be 'NoExecute' when `tolerationSeconds` is set");
    if (text_empty(toleration->operator) || text_equal(toleration->operator, "Equal")) {
        struct format_errors found = { .count = 0 };
        char text[700];
        format_label_value(str_of(text_or_empty(toleration->value)), &found);
        format_errors_join(&found, text, sizeof(text));
        if (found.count > 0)
            invalid_string(errors, operator, toleration->value, "%s", text);
    } else if (text_equal(toleration->operator, "Exists")) {
        if (!text_empty(toleration->value))
            invalid_string(errors, operator, toleration->value, "value must be empty when `operator` is 'Exists'");
    } else {
        invalid_not_supported(errors, operator, toleration->operator, toleration_operators);
    }
    if (!text_empty(toleration->effect))
        invalid_one_of(errors, at_field(at, "effect"), toleration->effect, effects, false);
}

static void validate_spread(const struct api_topology_spread_constraint *spread, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (spread->max_skew <= 0)
        invalid_number(errors, at_field(at, "maxSkew"), spread->max_skew, "must be greater than zero");
    if (text_empty(spread->topology_key))
        invalid_required(errors, at_field(at, "topologyKey"), "can not be empty");
    invalid_one_of(errors, at_field(at, "whenUnsatisfiable"), spread->when_unsatisfiable, unsatisfiable, false);
    if (spread->min_domains != NULL && *spread->min_domains <= 0)
        invalid_number(errors, at_field(at, "minDomains"), *spread->min_domains, "must be greater than zero");
    if (spread->min_domains != NULL && !text_equal(spread->when_unsatisfiable, "DoNotSchedule"))
        invalid_number(errors, at_field(at, "minDomains"), *spread->min_domains,
                       "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s",
                       text_or_empty(spread->when_unsatisfiable));
    if (spread->node_affinity_policy != NULL)
        invalid_one_of(errors, at_field(at, "nodeAffinityPolicy"), spread->node_affinity_policy, inclusion, false);
    if (spread->node_taints_policy != NULL)
        invalid_one_of(errors, at_field(at, "nodeTaintsPolicy"), spread->node_taints_policy, inclusion, false);
    validate_label_selector(spread->label_selector, at_field(at, "labelSelector"), errors);
}

void validate_scheduling(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    validate_labels(spec->node_selector, spec->n_node_selector, at_field(at, "nodeSelector"), errors);
    validate_affinity(spec->affinity, at_field(at, "affinity"), errors);
    for (size_t i = 0; i < spec->n_tolerations; i++)
        validate_toleration(&spec->tolerations[i], at_index(at_field(at, "tolerations"), i), errors);
    for (size_t i = 0; i < spec->n_topology_spread_constraints; i++)
        validate_spread(&spec->topology_spread_constraints[i], at_index(at_field(at, "topologySpreadConstraints"), i),
                        errors);
    for (size_t i = 0; i < spec->n_readiness_gates; i++)
        invalid_format(errors, at_field(at_index(at_field(at, "readinessGates"), i), "conditionType"),
                       format_qualified_name, spec->readiness_gates[i].condition_type);
    for (size_t i = 0; i < spec->n_scheduling_gates; i++) {
        const struct field_at *here = at_index(at_field(at, "schedulingGates"), i);
        invalid_format(errors, here, format_qualified_name, spec->scheduling_gates[i].name);
        for (size_t k = 0; k < i; k++)
            if (text_equal(spec->scheduling_gates[k].name, spec->scheduling_gates[i].name))
                invalid_duplicate(errors, here, spec->scheduling_gates[i].name);
    }
}
