/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* check.c - expressions of objects that are written: do they compile, and to what. */
#include <stdlib.h>

#include "apiserver/policies/expression.h"
#include "apiserver/policies/policies.h"
#include "base/memory.h"

static struct expression_scope *open_scope(bool params, bool composed)
{
    struct expression_scope *scope = memory_new(struct expression_scope);

    expression_scope_init(scope, params, composed);
    return scope;
}

static void close_scope(struct expression_scope *scope)
{
    expression_scope_fini(scope);
    free(scope);
}

static const char *check(struct expression_scope *scope, enum expression_sort sort, const char *name, const char *text,
                         struct arena *arena)
{
    struct policy_expression expression;

    policy_expression_compile(scope, sort, text, arena, &expression);
    if (sort == EXPRESSION_VARIABLE)
        expression_scope_declare(scope, name, expression.program != NULL ? cel_program_type(expression.program) : NULL);
    return expression.problem;
}

const struct expression_compiler policies_compiler = {
    .open = open_scope,
    .close = close_scope,
    .check = check,
    .check_device = device_selector_check,
};
