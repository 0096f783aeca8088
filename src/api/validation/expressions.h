/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* expressions.h - the compiler that validation asks about expressions in objects that are written.
 *
 * This layer knows no expressions; who validates may bring their compiler with the list of errors
 * (api_invalid.expressions). Without one they are texts like others. */
#ifndef API_VALIDATION_EXPRESSIONS_H
#define API_VALIDATION_EXPRESSIONS_H

#include "api/validation/invalid.h"

enum expression_sort {
    EXPRESSION_MATCH,         /* of a match condition: a bool, sees no variables */
    EXPRESSION_CONDITION,     /* of a validation: a bool */
    EXPRESSION_MESSAGE,       /* a string; sees no authorizer */
    EXPRESSION_ANNOTATION,    /* a string or null */
    EXPRESSION_VARIABLE,      /* anything; those after it see it by its name */
    EXPRESSION_CONFIGURATION, /* an Object that is applied */
    EXPRESSION_JSON_PATCH,    /* a list of JSONPatch */
    EXPRESSION_SORTS
};

/* The expressions of one policy or webhook. */
struct expression_scope;

struct expression_compiler {
    /* 'params': the policy has parameters; 'composed': it has variables. */
    struct expression_scope *(*open)(bool params, bool composed);
    void (*close)(struct expression_scope *scope);
    /* NULL, or a sentence in the arena. 'name' is that of a variable. */
    const char *(*check)(struct expression_scope *scope, enum expression_sort sort, const char *name, const char *text,
                         struct arena *arena);
    /* The same of a selector of devices; *ret_costly when it compiles and may cost too much. */
    const char *(*check_device)(const char *text, struct arena *arena, bool *ret_costly);
};

/* The list's compiler and one scope of it; {0} checks nothing. */
struct expressions {
    const struct expression_compiler *compiler;
    struct expression_scope *scope;
};

struct expressions expressions_open(const struct api_invalid *errors, bool params, bool composed);
void expressions_close(struct expressions *expressions);
#define auto_expressions __attribute__((cleanup(expressions_close)))

/* Compiles the text as it stands, errors show 'shown'. */
void validate_expression(const struct expressions *expressions, enum expression_sort sort, const char *text,
                         const char *shown, const struct field_at *at, struct api_invalid *errors);
void validate_variable_expression(const struct expressions *expressions, const char *name, const char *text,
                                  const struct field_at *at, struct api_invalid *errors);
/* Without blanks at its ends. */
void validate_trimmed_expression(const struct expressions *expressions, enum expression_sort sort, const char *text,
                                 bool show_trimmed, const struct field_at *at, struct api_invalid *errors);
void validate_device_expression(const char *text, const struct field_at *at, struct api_invalid *errors);

#endif
