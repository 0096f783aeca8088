/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/policies/expression.h"

#include <string.h>

#define PROBLEMS_MAX ((size_t)1 << 16)

static void drop_program(void *program)
{
    cel_program_destroy(program);
}

struct cel_program *policy_compile(const struct cel_environment *environment, struct str text, struct arena *arena,
                                   const char **ret_problem)
{
    struct cel_program *program = NULL;
    auto_buffer struct buffer problems = { .max = PROBLEMS_MAX };
    struct error err = { 0 };

    if (cel_compile(environment, text, &program, &problems, &err) < 0) {
        *ret_problem = arena_strdup(arena, problems.size > 0 ? problems.data : err.message);
        return NULL;
    }
    arena_hold(arena, drop_program, program);
    return program;
}

static bool is_text_or_null(const struct cel_type *type)
{
    return type->kind == CEL_STRING || type->kind == CEL_NULL;
}

static bool is_patch_list(const struct cel_type *type)
{
    return type->kind == CEL_LIST && cel_type_equal(type->element, cel_type_json_patch());
}

static bool is_bool(const struct cel_type *type)
{
    return type->kind == CEL_BOOL;
}

static bool is_text(const struct cel_type *type)
{
    return type->kind == CEL_STRING;
}

static bool is_object(const struct cel_type *type)
{
    return cel_type_equal(type, cel_type_object_made());
}

/* What an expression must be; nothing is exactly that but the type itself, so dyn never is. */
static const struct wanted {
    bool (*fits)(const struct cel_type *type);
    const char *words;
} wanted_types[EXPRESSION_SORTS] = {
    [EXPRESSION_MATCH] = { is_bool, "bool" },
    [EXPRESSION_CONDITION] = { is_bool, "bool" },
    [EXPRESSION_MESSAGE] = { is_text, "string" },
    [EXPRESSION_ANNOTATION] = { is_text_or_null, "one of [string null_type]" },
    [EXPRESSION_CONFIGURATION] = { is_object, "Object" },
    [EXPRESSION_JSON_PATCH] = { is_patch_list, "list(JSONPatch)" },
};

void policy_expression_compile(const struct expression_scope *scope, enum expression_sort sort, const char *text,
                               struct arena *arena, struct policy_expression *ret_expression)
{
    struct policy_environment environment;
    const struct wanted *wanted = &wanted_types[sort];
    auto_buffer struct buffer type = { 0 };

    *ret_expression = (struct policy_expression){ .text = text };
    expression_scope_environment(scope, sort, &environment);
    ret_expression->n_slots = (uint8_t)environment.cel.variable_count;
    memcpy(ret_expression->slots, environment.slots, sizeof(environment.slots));
    struct cel_program *program = policy_compile(&environment.cel, str_of(text), arena, &ret_expression->problem);
    if (program == NULL) {
        ret_expression->problem =
            arena_format(arena, "%s: %s", cel_failure(ret_expression->problem), ret_expression->problem);
        return;
    }
    if (wanted->fits == NULL || wanted->fits(cel_program_type(program))) {
        ret_expression->program = program;
        return;
    }
    cel_type_print(cel_program_type(program), &type);
    ret_expression->problem = arena_format(arena, "must evaluate to %s but got %s", wanted->words, type.data);
}
