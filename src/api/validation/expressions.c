/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/validation/expressions.h"

struct expressions expressions_open(const struct api_invalid *errors, bool params, bool composed)
{
    struct expressions expressions = { .compiler = errors->expressions };

    if (expressions.compiler != NULL)
        expressions.scope = expressions.compiler->open(params, composed);
    return expressions;
}

void expressions_close(struct expressions *expressions)
{
    if (expressions->scope != NULL)
        expressions->compiler->close(expressions->scope);
}

static void check(const struct expressions *expressions, enum expression_sort sort, const char *name, const char *text,
                  const char *shown, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const char *problem;

    if (expressions->scope == NULL)
        return;
    problem = expressions->compiler->check(expressions->scope, sort, name, text, &arena);
    if (problem != NULL)
        invalid_string(errors, at, shown, "%s", problem);
}

void validate_expression(const struct expressions *expressions, enum expression_sort sort, const char *text,
                         const char *shown, const struct field_at *at, struct api_invalid *errors)
{
    check(expressions, sort, NULL, text, shown, at, errors);
}

void validate_variable_expression(const struct expressions *expressions, const char *name, const char *text,
                                  const struct field_at *at, struct api_invalid *errors)
{
    check(expressions, EXPRESSION_VARIABLE, name, text, text, at, errors);
}

void validate_trimmed_expression(const struct expressions *expressions, enum expression_sort sort, const char *text,
                                 bool show_trimmed, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const char *trimmed = arena_str(&arena, str_trim(str_of(text))).data;

    check(expressions, sort, NULL, trimmed, show_trimmed ? trimmed : text, at, errors);
}

void validate_device_expression(const char *text, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    bool costly = false;
    const char *problem;

    if (errors->expressions == NULL)
        return;
    problem = errors->expressions->check_device(text, &arena, &costly);
    if (problem != NULL)
        invalid_string(errors, at, text, "%s", problem);
    else if (costly)
        invalid_forbidden(errors, at, "too complex, exceeds cost limit");
}
