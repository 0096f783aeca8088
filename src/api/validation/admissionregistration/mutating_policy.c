/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mutating_policy.c - policies that change what requests bring. */
#include <stdio.h>

#include "api/validation/admissionregistration/match.h"
#include "api/validation/admissionregistration/policy.h"
#include "api/validation/kind_rules.h"

typedef struct api_admissionregistration_mutating_admission_policy policy_object;
typedef struct api_admissionregistration_mutating_admission_policy_spec policy_spec;

static const char *const patch_types[] = { "ApplyConfiguration", "JSONPatch", NULL };

/* One of the two ways of a mutation. */
struct patch_member {
    const char *type, *name;
    bool set;
    const char *expression;
    enum expression_sort sort;
};

static void validate_mutation(const struct api_admissionregistration_mutation *mutation,
                              const struct expressions *expressions, const struct field_at *at,
                              struct api_invalid *errors)
{
    const struct api_admissionregistration_apply_configuration *apply = mutation->apply_configuration;
    const struct api_admissionregistration_json_patch *json = mutation->json_patch;
    const struct patch_member members[] = {
        { "ApplyConfiguration", "applyConfiguration", apply != NULL, apply != NULL ? apply->expression : NULL,
          EXPRESSION_CONFIGURATION },
        { "JSONPatch", "jsonPatch", json != NULL, json != NULL ? json->expression : NULL, EXPRESSION_JSON_PATCH },
    };

    if (!invalid_one_of(errors, at_field(at, "patchType"), mutation->patch_type, patch_types, true))
        return;
    size_t chosen = text_equal(mutation->patch_type, members[1].type);
    const struct patch_member *member = &members[chosen], *other = &members[1 - chosen];
    if (!member->set)
        invalid_required(errors, at_field(at, member->name), "must be specified when patchType is %s", member->type);
    else if (text_blank(member->expression))
        invalid_missing(errors, at_field(at_field(at, member->name), "expression"));
    else
        validate_trimmed_expression(expressions, member->sort, member->expression, false,
                                    at_field(at_field(at, member->name), "expression"), errors);
    if (other->set) {
        char shown[32]; /* upstream shows the name in braces */
        snprintf(shown, sizeof(shown), "{%s}", other->name);
        invalid_string(errors, at_field(at, other->name), shown, "must not be specified when patchType is %s",
                       member->type);
    }
}

static void validate_policy(const policy_spec *spec, bool same_conditions, struct api_invalid *errors)
{
    const struct field_at *at = at_field(NULL, "spec");
    auto_expressions struct expressions expressions =
        expressions_open(errors, spec->param_kind != NULL, spec->n_variables > 0);

    validate_failure_policy(spec->failure_policy, at_field(at, "failurePolicy"), errors);
    validate_param_kind(spec->param_kind, at_field(at, "paramKind"), errors);
    validate_match_constraints(spec->match_constraints, at_field(at, "matchConstraints"), errors);
    validate_mutated_operations(spec->match_constraints, at_field(at, "matchConstraints"), errors);
    if (!same_conditions)
        validate_match_conditions(spec->match_conditions, spec->n_match_conditions, &expressions,
                                  at_field(at, "matchConditions"), errors);
    validate_variables(spec->variables, spec->n_variables, &expressions, at_field(at, "variables"), errors);
    if (spec->n_mutations == 0)
        invalid_required(errors, at_field(at, "mutations"), "mutations must contain at least one item");
    for (size_t i = 0; i < spec->n_mutations; i++)
        validate_mutation(&spec->mutations[i], &expressions, at_index(at_field(at, "mutations"), i), errors);
    invalid_one_of(errors, at_field(at, "reinvocationPolicy"), spec->reinvocation_policy,
                   admission_reinvocation_policies, true);
}

void validate_mutating_policy_create(const void *object, struct api_invalid *errors)
{
    validate_policy(&((const policy_object *)object)->spec, false, errors);
}

void validate_mutating_policy_update(const void *object, const void *old, struct api_invalid *errors)
{
    const policy_spec *now = &((const policy_object *)object)->spec, *before = &((const policy_object *)old)->spec;

    validate_policy(now,
                    param_kinds_equal(now->param_kind, before->param_kind) &&
                        match_conditions_equal(now->match_conditions, now->n_match_conditions, before->match_conditions,
                                               before->n_match_conditions),
                    errors);
}
