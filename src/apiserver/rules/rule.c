/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/rules/rule.h"

#include "api/structural/path.h"
#include "generated/types.h"

#define PROBLEMS_MAX ((size_t)1 << 16)

static void drop_program(void *program)
{
    cel_program_destroy(program);
}

static struct cel_program *compile(const struct cel_environment *environment, const char *text, enum cel_kind wanted,
                                   const char *what, const char *must, struct arena *arena, const char **ret_error)
{
    struct cel_program *program = NULL;
    auto_buffer struct buffer problems = { .max = PROBLEMS_MAX };
    struct error err = { 0 };
    if (cel_compile(environment, str_of(text), &program, &problems, &err) < 0) {
        const char *said = problems.size > 0 ? problems.data : err.message;
        const char *failure = cel_failure(said);
        if (what[0] != '\0') /* "messageExpression instantiation failed" */
            failure = strstr(failure, failure[0] == 'p' ? "instantiation" : "compilation");
        *ret_error = arena_format(arena, "%s%s: %s", what, failure, said);
        return NULL;
    }
    if (cel_program_type(program)->kind != wanted) {
        cel_program_destroy(program);
        *ret_error = arena_strdup(arena, must);
        return NULL;
    }
    arena_hold(arena, drop_program, program);
    return program;
}

static bool is_blank(const char *text)
{
    return str_trim(str_of(text_or_empty(text))).size == 0;
}

static const char *path_text(const struct structural_node *node, const char *text, struct arena *arena)
{
    struct structural_path path;
    auto_buffer struct buffer shown = { 0 };
    if (text_empty(text) || structural_path_resolve(node, str_of(text), true, arena, &path, NULL) < 0)
        return NULL;
    structural_path_format(&path, &shown);
    return arena_strdup(arena, text_or_empty(shown.data));
}

void rule_compile(const struct structural_node *node, const struct cel_type *self,
                  const struct api_apiextensions_validation_rule *text, struct arena *arena, struct rule *ret_rule)
{
    bool optional = text->optional_old_self != NULL && *text->optional_old_self;
    struct cel_variable variables[] = {
        { "self", self, .sized = true },
        { "oldSelf", optional ? cel_type_optional(arena, self) : self, .sized = true },
    };
    struct cel_environment environment = { variables, countof(variables), 0 };
    struct rule rule = { .text = text };
    if (!is_blank(text->rule))
        rule.program = compile(&environment, text->rule, CEL_BOOL, "", "cel expression must evaluate to a bool", arena,
                               &rule.error);
    if (rule.program != NULL) {
        rule.uses_old = cel_program_uses(rule.program, "oldSelf");
        rule.field_path = path_text(node, text->field_path, arena);
        if (!is_blank(text->message_expression))
            rule.message = compile(&environment, text->message_expression, CEL_STRING, "messageExpression ",
                                   "messageExpression must evaluate to a string", arena, &rule.message_error);
    }
    *ret_rule = rule;
}
