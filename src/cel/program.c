/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* program.c - from text to what can be evaluated, and evaluating it. */
#include <stdlib.h>

#include "base/text/utf8.h"
#include "cel/evaluate.h"

#define PROBLEMS_TEXT_MAX ((size_t)4 << 20)

struct cel_program {
    struct arena arena;
    struct cel_node *root;
    struct cel_cost cost;
    int32_t locals;
    size_t variable_count;
    const char *const *variables; /* names, and whether they are used */
    const bool *used;
};

static int problems_report(struct cel_source *source, struct buffer *problems, struct error *err)
{
    auto_buffer struct buffer text = { .max = PROBLEMS_TEXT_MAX };

    if (source->problem_count > 0)
        cel_problems_print(source, &text);
    else
        buffer_append_text(&text, source->unbuilt);
    if (problems != NULL)
        buffer_append_str(problems, buffer_str(&text));
    return error_set(err, ERROR_INVALID, "%s", text.data != NULL ? text.data : "the expression does not compile");
}

/* Parses, checks, estimates, folds: 'source' has problems when something is wrong. */
static void compile(struct cel_source *source, struct cel_program *program)
{
    if (utf8_count(source->text) > CEL_TEXT_MAX) {
        cel_problem_add_nowhere(source, arena_format(source->arena,
                                                     "expression code point size exceeds limit: size: %zu, limit %d",
                                                     utf8_count(source->text), CEL_TEXT_MAX));
        return;
    }
    program->root = cel_parse(source);
    if (program->root == NULL || cel_check(source, program->root, &program->locals) != 0)
        return;
    cel_validate(source, program->root);
    if (source->problem_count > 0)
        return;
    program->cost = cel_estimate(source->arena, source->environment, program->root);
    cel_fold_constants(source, program->root);
}

int cel_compile(const struct cel_environment *environment, struct str text, struct cel_program **ret_program,
                struct buffer *problems, struct error *err)
{
    struct cel_program *program = calloc(1, sizeof(*program));
    struct cel_source *source;
    const char **names;
    int rc = 0;

    if (program == NULL)
        return error_set(err, ERROR_INTERNAL, "out of memory");
    source = arena_new(&program->arena, struct cel_source);
    source->text = arena_str(&program->arena, text);
    source->arena = &program->arena;
    source->environment = environment;
    source->used = arena_new_array(&program->arena, bool, environment->variable_count + 1);
    names = arena_new_array(&program->arena, const char *, environment->variable_count + 1);
    for (size_t i = 0; i < environment->variable_count; i++)
        names[i] = arena_strdup(&program->arena, environment->variables[i].name);
    program->variables = names;
    program->variable_count = environment->variable_count;
    program->used = source->used;
    compile(source, program);
    if (source->problem_count > 0 || source->unbuilt != NULL) {
        rc = problems_report(source, problems, err);
        cel_program_destroy(program);
        return rc;
    }
    *ret_program = program;
    return 0;
}

const char *cel_failure(const char *problems)
{
    return strncmp(problems, "ERROR: ", strlen("ERROR: ")) == 0 ? "compilation failed" : "program instantiation failed";
}

void cel_program_destroy(struct cel_program *program)
{
    if (program == NULL)
        return;
    arena_fini(&program->arena);
    free(program);
}

const struct cel_type *cel_program_type(const struct cel_program *program)
{
    return program->root->type;
}

struct cel_cost cel_program_cost(const struct cel_program *program)
{
    return program->cost;
}

bool cel_program_uses(const struct cel_program *program, const char *variable)
{
    for (size_t i = 0; i < program->variable_count; i++)
        if (strcmp(program->variables[i], variable) == 0)
            return program->used[i];
    return false;
}

int cel_evaluate(const struct cel_program *program, const struct cel_value *values, uint64_t limit, struct arena *arena,
                 struct cel_value *ret_value, uint64_t *ret_cost, struct error *err)
{
    struct cel_state state = {
        .arena = arena,
        .variables = values,
        .locals = arena_new_array(arena, struct cel_value, (size_t)program->locals + 1),
        .limit = limit,
        .work = CEL_WORK_MAX,
        .used_before = arena->used,
    };
    struct cel_value value = cel_evaluate_node(&state, program->root);

    if (ret_cost != NULL)
        *ret_cost = state.cost;
    if (state.stopped)
        return error_set(err, ERROR_LIMIT, "operation cancelled: actual cost limit exceeded");
    if (cel_is_error(&value))
        return error_set(err, ERROR_INVALID, STR_FMT, STR_ARG(value.text));
    *ret_value = value;
    return 0;
}
