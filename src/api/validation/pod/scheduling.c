/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduling.c - which taints a pod bears, how pods spread, and what holds one back. */
#include <stdio.h>

#include "api/validation/pod/pod_rules.h"

static const char *const toleration_operators[] = { "Equal", "Exists", NULL };
static const char *const effects[] = { "NoSchedule", "PreferNoSchedule", "NoExecute", NULL };
static const char *const unsatisfiable[] = { "DoNotSchedule", "ScheduleAnyway", NULL };
static const char *const inclusion[] = { "Honor", "Ignore", NULL };

static void validate_toleration(const struct api_toleration *toleration, bool may_compare, const struct field_at *at,
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
        format_errors_join(&found, ";", text, sizeof(text));
        if (found.count > 0)
            invalid_string(errors, operator, toleration->value, "%s", text);
    } else if (text_equal(toleration->operator, "Exists")) {
        if (!text_empty(toleration->value))
            invalid_string(errors, operator, toleration->value, "value must be empty when `operator` is 'Exists'");
    } else if (may_compare && (text_equal(toleration->operator, "Lt") || text_equal(toleration->operator, "Gt"))) {
        invalid_format(errors, at_field(at, "value"), format_decimal_integer, toleration->value);
    } else {
        invalid_not_supported(errors, operator, toleration->operator, toleration_operators);
    }
    if (!text_empty(toleration->effect))
        invalid_one_of(errors, at_field(at, "effect"), toleration->effect, effects, false);
}

void validate_tolerations(const struct api_toleration *list, size_t count, bool may_compare, const struct field_at *at,
                          struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        validate_toleration(&list[i], may_compare, at_index(at, i), errors);
}

/* By the rule from before the keys were merged into the selector. */
static void validate_spread_keys(const struct api_topology_spread_constraint *spread, const struct field_at *at,
                                 struct api_invalid *errors)
{
    const struct api_label_selector *selector = spread->label_selector;

    if (spread->n_match_label_keys > 0 && selector == NULL)
        invalid_forbidden(errors, at, "must not be specified when labelSelector is not set");
    for (size_t i = 0; i < spread->n_match_label_keys; i++) {
        bool found = false;
        invalid_format(errors, at_index(at, i), format_qualified_name, spread->match_label_keys[i]);
        for (size_t k = 0; selector != NULL && k < selector->n_match_labels; k++)
            found = found || text_equal(selector->match_labels[k].key, spread->match_label_keys[i]);
        for (size_t k = 0; selector != NULL && k < selector->n_match_expressions; k++)
            found = found || text_equal(selector->match_expressions[k].key, spread->match_label_keys[i]);
        if (found)
            invalid_string(errors, at_index(at, i), spread->match_label_keys[i],
                           "exists in both matchLabelKeys and labelSelector");
    }
}

static void validate_spread(const struct pod_scope *scope, size_t index, const struct field_at *at,
                            struct api_invalid *errors)
{
    const struct api_topology_spread_constraint *spread = &scope->spec->topology_spread_constraints[index];
    const int32_t *domains = spread->min_domains;

    if (spread->max_skew <= 0)
        invalid_number(errors, at_field(at, "maxSkew"), spread->max_skew, "must be greater than zero");
    if (text_empty(spread->topology_key))
        invalid_required(errors, at_field(at, "topologyKey"), "can not be empty");
    invalid_one_of(errors, at_field(at, "whenUnsatisfiable"), spread->when_unsatisfiable, unsatisfiable, false);
    for (size_t k = index + 1; k < scope->spec->n_topology_spread_constraints; k++) {
        const struct api_topology_spread_constraint *other = &scope->spec->topology_spread_constraints[k];
        char text[700];
        if (!text_equal(other->topology_key, spread->topology_key) ||
            !text_equal(other->when_unsatisfiable, spread->when_unsatisfiable))
            continue;
        snprintf(text, sizeof(text), "{%s, %s}", text_or_empty(spread->topology_key),
                 text_or_empty(spread->when_unsatisfiable));
        invalid_duplicate(errors, at_field(at, "{topologyKey, whenUnsatisfiable}"), text);
        break;
    }
    if (domains != NULL && *domains <= 0)
        invalid_number(errors, at_field(at, "minDomains"), *domains, "must be greater than zero");
    if (domains != NULL && !text_equal(spread->when_unsatisfiable, "DoNotSchedule"))
        invalid_number(errors, at_field(at, "minDomains"), *domains,
                       "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not %s",
                       text_or_empty(spread->when_unsatisfiable));
    if (spread->node_affinity_policy != NULL)
        invalid_one_of(errors, at_field(at, "nodeAffinityPolicy"), spread->node_affinity_policy, inclusion, false);
    if (spread->node_taints_policy != NULL)
        invalid_one_of(errors, at_field(at, "nodeTaintsPolicy"), spread->node_taints_policy, inclusion, false);
    if (scope->lenient.spread_keys)
        validate_spread_keys(spread, at_field(at, "matchLabelKeys"), errors);
    else
        validate_match_label_keys(spread->match_label_keys, spread->n_match_label_keys, NULL, 0, spread->label_selector,
                                  at, errors);
    if (!scope->lenient.spread_selectors)
        validate_label_selector(spread->label_selector, at_field(at, "labelSelector"), errors);
}

void validate_topology_spread(const struct pod_scope *scope, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < scope->spec->n_topology_spread_constraints; i++)
        validate_spread(scope, i, at_index(at, i), errors);
}

void validate_gates(const struct api_pod_spec *spec, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_readiness_gates; i++)
        invalid_format(errors, at_field(at_index(at_field(at, "readinessGates"), i), "conditionType"),
                       format_qualified_name, spec->readiness_gates[i].condition_type);
    for (size_t i = 0; i < spec->n_scheduling_gates; i++) {
        const struct field_at *here = at_index(at_field(at, "schedulingGates"), i);
        bool repeated = false;
        invalid_format(errors, here, format_qualified_name, spec->scheduling_gates[i].name);
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(spec->scheduling_gates[k].name, spec->scheduling_gates[i].name);
        if (repeated)
            invalid_duplicate(errors, here, spec->scheduling_gates[i].name);
    }
}
