/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* mutating_policy.c - policies that change: what their expressions come to, as JSON. */
#include <stdlib.h>

#include "api/codec.h"
#include "apiserver/policies/pass.h"
#include "base/memory.h"

typedef struct api_admissionregistration_mutating_admission_policy policy_object;
typedef struct api_admissionregistration_mutating_admission_policy_spec policy_spec;

#define JSON_MAX ((size_t)CEL_REQUEST_SIZE_MAX)

struct mutating_policy {
    struct arena arena;
    struct match_conditions *conditions;
    struct composition composition;
    struct mutation {
        bool patch;
        struct policy_expression expression;
    } * mutations;
    size_t count;
};

static const char *expression_text(const struct api_admissionregistration_mutation *mutation)
{
    if (text_equal(mutation->patch_type, "JSONPatch"))
        return mutation->json_patch != NULL ? text_or_empty(mutation->json_patch->expression) : "";
    return mutation->apply_configuration != NULL ? text_or_empty(mutation->apply_configuration->expression) : "";
}

struct mutating_policy *mutating_policy_compile(const policy_object *policy)
{
    struct mutating_policy *compiled = memory_new(struct mutating_policy);

    const policy_object *copy =
        api_copy(&api_type_admissionregistration_mutating_admission_policy, policy, &compiled->arena);
    const policy_spec *spec = &copy->spec;
    bool params = spec->param_kind != NULL;
    compiled->conditions = match_conditions_compile(spec->match_conditions, spec->n_match_conditions, params);
    composition_init(&compiled->composition, params, spec->variables, spec->n_variables);
    compiled->mutations = arena_new_array(&compiled->arena, struct mutation, spec->n_mutations + 1);
    compiled->count = spec->n_mutations;
    for (size_t i = 0; i < spec->n_mutations; i++) {
        struct mutation *mutation = &compiled->mutations[i];
        mutation->patch = text_equal(spec->mutations[i].patch_type, "JSONPatch");
        composition_compile(&compiled->composition, mutation->patch ? EXPRESSION_JSON_PATCH : EXPRESSION_CONFIGURATION,
                            expression_text(&spec->mutations[i]), &mutation->expression);
    }
    return compiled;
}

void mutating_policy_destroy(struct mutating_policy *policy)
{
    if (policy == NULL)
        return;
    match_conditions_destroy(policy->conditions);
    composition_fini(&policy->composition);
    arena_fini(&policy->arena);
    free(policy);
}

const struct match_conditions *mutating_policy_conditions(const struct mutating_policy *policy)
{
    return policy->conditions;
}

size_t mutating_policy_count(const struct mutating_policy *policy)
{
    return policy->count;
}

/* Objects must be called by their place. */
static int check_names(const struct cel_value *value, struct error *err)
{
    auto_buffer struct buffer problem = { 0 };

    return cel_value_names_fit(value, &problem)
               ? 0
               : error_set(err, ERROR_INVALID, "type mismatch: %s", text_or_empty(problem.data));
}

int mutating_policy_evaluate(const struct mutating_policy *policy, size_t index, const struct policy_request *request,
                             struct arena *arena, struct policy_mutation *ret_mutation, struct error *err)
{
    const struct mutation *mutation = &policy->mutations[index];
    auto_buffer struct buffer json = { .max = JSON_MAX };
    struct cel_value value;
    const char *problem;
    struct pass pass;

    pass_init(&pass, &policy->composition, request, CEL_COST_PER_REQUEST, arena);
    if (pass_evaluate(&pass, &mutation->expression, &value, &problem) < 0)
        return error_set(err, ERROR_INVALID, "%s", problem);
    int rc = check_names(&value, err);
    if (rc == 0)
        rc = cel_value_to_json(&value, &json, err);
    if (rc == 0)
        *ret_mutation = (struct policy_mutation){ mutation->patch, arena_str(arena, buffer_str(&json)) };
    return rc;
}
