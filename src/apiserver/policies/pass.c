/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/pass.h"

#include <string.h>

#define OUT_OF_BUDGET "validation failed due to running out of cost budget, no further validation rules will be run"

void composition_init(struct composition *composition, bool params,
                      const struct api_admissionregistration_variable *variables, size_t count)
{
    *composition = (struct composition){ .count = count };
    expression_scope_init(&composition->scope, params, true);
    composition->variables = arena_new_array(&composition->arena, struct policy_expression, count + 1);
    composition->names = arena_new_array(&composition->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct policy_expression *variable = &composition->variables[i];

        composition->names[i] = text_or_empty(variables[i].name);
        composition_compile(composition, EXPRESSION_VARIABLE, text_or_empty(variables[i].expression), variable);
        expression_scope_declare(&composition->scope, composition->names[i],
                                 variable->program != NULL ? cel_program_type(variable->program) : NULL);
    }
}

void composition_fini(struct composition *composition)
{
    arena_fini(&composition->arena);
    expression_scope_fini(&composition->scope);
}

void composition_compile(struct composition *composition, enum expression_sort sort, const char *text,
                         struct policy_expression *ret_expression)
{
    policy_expression_compile(&composition->scope, sort, text, &composition->arena, ret_expression);
}

/* ---- variables ---- */

static int run(struct pass *pass, const struct policy_expression *expression, struct cel_value *ret_value,
               uint64_t *ret_cost, struct error *err)
{
    struct cel_value values[POLICY_SLOTS];

    for (size_t i = 0; i < expression->n_slots; i++)
        values[i] = pass->values[expression->slots[i]];
    return cel_evaluate(expression->program, values, CEL_COST_PER_CALL, pass->arena, ret_value, ret_cost, err);
}

static struct cel_value compute(struct pass *pass, size_t i)
{
    const struct policy_expression *variable = &pass->composition->variables[i];
    const char *name = pass->composition->names[i];
    struct cel_value value;
    uint64_t cost = 0;
    struct error err = { 0 };

    if (variable->program == NULL)
        return cel_value_error(pass->arena, "composited variable \"%s\" fails to compile: %s", name, variable->problem);
    int rc = run(pass, variable, &value, &cost, &err);
    if (__builtin_add_overflow(pass->spent, cost, &pass->spent))
        pass->spent = UINT64_MAX;
    return rc == 0
               ? value
               : cel_value_error(pass->arena, "composited variable \"%s\" fails to evaluate: %s", name, err.message);
}

/* The last of that name, as its type is the one that is known. */
static bool find_variable(void *context, struct str name, struct arena *arena, struct cel_value *ret_value)
{
    struct pass *pass = context;

    (void)arena; /* it is the pass's */
    for (size_t i = pass->composition->count; i-- > 0;) {
        if (!str_is(name, pass->composition->names[i]))
            continue;
        if (!pass->known[i]) {
            pass->known[i] = true; /* it cannot see itself */
            pass->computed[i] = compute(pass, i);
        }
        *ret_value = pass->computed[i];
        return true;
    }
    return false;
}

/* ---- passes ---- */

static struct cel_value document(yyjson_val *json, const struct cel_type *type)
{
    return json == NULL ? cel_value_null() : cel_value_json(json, type);
}

void pass_init(struct pass *pass, const struct composition *composition, const struct policy_request *request,
               uint64_t budget, struct arena *arena)
{
    static const struct cel_object_driver driver = { find_variable };
    const struct cel_type *const *types = composition->scope.types;
    struct cel_value *values = pass->values;

    *pass = (struct pass){ .composition = composition, .arena = arena, .budget = budget };
    pass->computed = arena_new_array(arena, struct cel_value, composition->count + 1);
    pass->known = arena_new_array(arena, bool, composition->count + 1);
    values[POLICY_OBJECT] = document(request->object, types[POLICY_OBJECT]);
    values[POLICY_OLD_OBJECT] = document(request->old_object, types[POLICY_OLD_OBJECT]);
    values[POLICY_NAMESPACE] = document(request->namespace, types[POLICY_NAMESPACE]);
    values[POLICY_REQUEST] = document(request->request, types[POLICY_REQUEST]);
    values[POLICY_PARAMS] = document(request->params, types[POLICY_PARAMS]);
    values[POLICY_AUTHORIZER] = cel_value_authorizer(arena, request->authorizer);
    values[POLICY_REQUEST_RESOURCE] = cel_value_resource_check(arena, request->authorizer, request->resource);
    values[POLICY_VARIABLES] = cel_value_object(&driver, pass);
}

static bool spend(struct pass *pass, uint64_t cost)
{
    if (cost > pass->budget)
        return false;
    pass->budget -= cost;
    return true;
}

int pass_evaluate(struct pass *pass, const struct policy_expression *expression, struct cel_value *ret_value,
                  const char **ret_problem)
{
    uint64_t cost = 0;
    struct error err = { 0 };

    if (expression->program == NULL) {
        *ret_problem = arena_format(pass->arena, "compilation error: %s", expression->problem);
        return -ERROR_INVALID;
    }
    pass->spent = 0;
    int rc = run(pass, expression, ret_value, &cost, &err);
    if (!spend(pass, pass->spent) || !spend(pass, cost)) {
        *ret_problem = OUT_OF_BUDGET;
        return -ERROR_LIMIT;
    }
    if (rc == 0)
        return 0;
    *ret_problem = arena_format(pass->arena, "expression '%s' resulted in error: %s", expression->text, err.message);
    return -ERROR_INVALID;
}
