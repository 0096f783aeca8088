/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* match_conditions.c - whether a webhook or a policy is asked at all. */
#include <stdlib.h>

#include "apiserver/policies/pass.h"
#include "base/memory.h"

struct match_conditions {
    struct composition composition; /* without variables */
    struct policy_expression *conditions;
    size_t count;
};

struct match_conditions *match_conditions_compile(const struct api_admissionregistration_match_condition *conditions,
                                                  size_t count, bool params)
{
    if (count == 0)
        return NULL;
    struct match_conditions *compiled = memory_new(struct match_conditions);
    composition_init(&compiled->composition, params, NULL, 0);
    struct arena *arena = &compiled->composition.arena;
    compiled->conditions = arena_new_array(arena, struct policy_expression, count);
    compiled->count = count;
    for (size_t i = 0; i < count; i++)
        composition_compile(&compiled->composition, EXPRESSION_MATCH,
                            arena_strdup(arena, text_or_empty(conditions[i].expression)), &compiled->conditions[i]);
    return compiled;
}

void match_conditions_destroy(struct match_conditions *conditions)
{
    if (conditions == NULL)
        return;
    composition_fini(&conditions->composition);
    free(conditions);
}

int match_conditions_hold(const struct match_conditions *conditions, const struct policy_request *request,
                          struct arena *arena, bool *ret_holds, const char **ret_problem)
{
    auto_buffer struct buffer problems = { 0 };
    struct cel_value value;
    const char *problem;
    struct pass pass;
    size_t failed = 0;
    bool holds = true;

    *ret_holds = true;
    if (conditions == NULL)
        return 0;
    pass_init(&pass, &conditions->composition, request, CEL_COST_MATCH_CONDITIONS, arena);
    for (size_t i = 0; i < conditions->count; i++) {
        int rc = pass_evaluate(&pass, &conditions->conditions[i], &value, &problem);
        if (rc == -ERROR_LIMIT) {
            *ret_problem = problem;
            return -ERROR_INVALID;
        }
        if (rc == 0)
            holds = holds && value.kind == CEL_BOOL && value.boolean;
        else
            buffer_format(&problems, "%s%s", failed++ > 0 ? ", " : "", problem);
    }
    *ret_holds = holds;
    if (failed == 0 || !holds)
        return 0;
    *ret_problem = arena_format(arena, failed > 1 ? "[%s]" : "%s", text_or_empty(problems.data));
    return -ERROR_INVALID;
}
