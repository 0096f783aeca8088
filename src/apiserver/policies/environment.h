/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* environment.h - what expressions of policies and match conditions see. Only for this folder's own files.
 *
 * The objects are of any type; the request and the namespace have upstream's types, and 'variables' has a field for each variable
 * that was declared before. */
#ifndef APISERVER_POLICIES_ENVIRONMENT_H
#define APISERVER_POLICIES_ENVIRONMENT_H

#include "api/validation/expressions.h"
#include "cel/cel.h"

enum policy_slot {
    POLICY_OBJECT,
    POLICY_OLD_OBJECT,
    POLICY_NAMESPACE,
    POLICY_REQUEST,
    POLICY_PARAMS,
    POLICY_AUTHORIZER,
    POLICY_REQUEST_RESOURCE,
    POLICY_VARIABLES,
    POLICY_SLOTS
};

/* The expressions of one policy. */
struct expression_scope {
    struct arena arena;
    bool params;
    bool composed; /* there are variables */
    const struct cel_type *types[POLICY_SLOTS];
    struct cel_type *variables;
    struct cel_field *fields; /* of 'variables', by name */
    size_t n_fields, capacity;
};

void expression_scope_init(struct expression_scope *scope, bool params, bool composed);
void expression_scope_fini(struct expression_scope *scope);

/* What is compiled from now on sees the variable. 'type' NULL: it did not compile, so anything may be done with it. */
void expression_scope_declare(struct expression_scope *scope, const char *name, const struct cel_type *type);

struct policy_environment {
    struct cel_environment cel;
    struct cel_variable variables[POLICY_SLOTS];
    uint8_t slots[POLICY_SLOTS]; /* enum policy_slot of each */
};

/* Borrows from the scope. */
void expression_scope_environment(const struct expression_scope *scope, enum expression_sort sort,
                                  struct policy_environment *ret_environment);

#endif
