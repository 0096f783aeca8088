/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* match.c - selectors, rules and conditions of the requests that are meant. */
#include "api/validation/admissionregistration/match.h"

#include "api/validation/formats/text_set.h"

#define CONDITIONS_MAX 64 /* upstream's */

const char *const admission_failure_policies[] = { "Fail", "Ignore", NULL };
const char *const admission_match_policies[] = { "Equivalent", "Exact", NULL };
const char *const admission_reinvocation_policies[] = { "IfNeeded", "Never", NULL };
static const char *const mutated[] = { "*", "CONNECT", "CREATE", "UPDATE", NULL };

static void validate_named_rules(const struct api_admissionregistration_named_rule_with_operations *rules, size_t count,
                                 const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        const struct field_at *rule = at_index(at, i);
        auto_text_set struct text_set names = { 0 };
        for (size_t k = 0; k < rules[i].n_resource_names; k++) {
            const struct field_at *name = at_index(at_field(rule, "resourceNames"), k);
            invalid_format(errors, name, format_path_segment, rules[i].resource_names[k]);
            invalid_repeated(errors, name, &names, rules[i].resource_names[k]);
        }
        validate_admission_rule(&rules[i].rule_with_operations, rule, errors);
    }
}

static void validate_set_selector(const struct api_label_selector *selector, const struct field_at *at,
                                  struct api_invalid *errors)
{
    if (selector == NULL)
        invalid_missing(errors, at);
    else
        validate_label_selector(selector, at, errors);
}

void validate_match_resources(const struct api_admissionregistration_match_resources *match, const struct field_at *at,
                              struct api_invalid *errors)
{
    if (match == NULL)
        return;
    if (match->match_policy == NULL)
        invalid_missing(errors, at_field(at, "matchPolicy"));
    else
        invalid_one_of(errors, at_field(at, "matchPolicy"), match->match_policy, admission_match_policies, false);
    validate_set_selector(match->namespace_selector, at_field(at, "namespaceSelector"), errors);
    validate_set_selector(match->object_selector, at_field(at, "objectSelector"), errors);
    validate_named_rules(match->resource_rules, match->n_resource_rules, at_field(at, "resourceRules"), errors);
    validate_named_rules(match->exclude_resource_rules, match->n_exclude_resource_rules,
                         at_field(at, "excludeResourceRules"), errors);
}

void validate_mutated_operations(const struct api_admissionregistration_match_resources *match,
                                 const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *operations = at_field(at_field(at, "resourceRules"), "operations");

    for (size_t i = 0; match != NULL && i < match->n_resource_rules; i++)
        for (size_t k = 0; k < match->resource_rules[i].n_operations; k++)
            invalid_one_of(errors, operations, match->resource_rules[i].operations[k], mutated, false);
}

void validate_match_conditions(const struct api_admissionregistration_match_condition *conditions, size_t count,
                               const struct expressions *expressions, const struct field_at *at,
                               struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };

    if (count > CONDITIONS_MAX)
        invalid_too_many(errors, at, count, CONDITIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct field_at *name = at_field(at_index(at, i), "name");
        if (str_trim(str_of(text_or_empty(conditions[i].expression))).size == 0)
            invalid_missing(errors, at_field(at_index(at, i), "expression"));
        else
            validate_trimmed_expression(expressions, EXPRESSION_MATCH, conditions[i].expression, true,
                                        at_field(at_index(at, i), "expression"), errors);
        if (text_empty(conditions[i].name)) {
            invalid_missing(errors, name);
            continue;
        }
        invalid_format(errors, name, format_qualified_name, conditions[i].name);
        invalid_repeated(errors, name, &names, conditions[i].name);
    }
}

bool match_conditions_equal(const struct api_admissionregistration_match_condition *a, size_t n_a,
                            const struct api_admissionregistration_match_condition *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i].name, b[i].name) || !text_equal(a[i].expression, b[i].expression))
            return false;
    return n_a == n_b;
}
