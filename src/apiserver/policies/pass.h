/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pass.h - the expressions of a policy evaluated one after the other within one budget. Only for this folder's own files.
 *
 * Variables are computed when they are first asked for, once in a pass, and what they cost is the pass's. */
#ifndef APISERVER_POLICIES_PASS_H
#define APISERVER_POLICIES_PASS_H

#include "apiserver/policies/expression.h"
#include "apiserver/policies/policy.h"
#include "generated/types.h"

/* A policy's environment and variables, compiled. */
struct composition {
    struct expression_scope scope;
    struct arena arena; /* of the programs; texts are borrowed from the policy */
    struct policy_expression *variables;
    const char **names;
    size_t count;
};

void composition_init(struct composition *composition, bool params,
                      const struct api_admissionregistration_variable *variables, size_t count);
void composition_fini(struct composition *composition);
void composition_compile(struct composition *composition, enum expression_sort sort, const char *text,
                         struct policy_expression *ret_expression);

struct pass {
    const struct composition *composition;
    struct arena *arena;
    struct cel_value values[POLICY_SLOTS];
    struct cel_value *computed; /* of variables; see 'known' */
    bool *known;
    uint64_t budget; /* left */
    uint64_t spent;  /* on variables, by the expression that is being evaluated */
};

void pass_init(struct pass *pass, const struct composition *composition, const struct policy_request *request,
               uint64_t budget, struct arena *arena);

/* Errors: -ERROR_INVALID is the expression's own; -ERROR_LIMIT when the budget is spent, and nothing more is evaluated. The problem
 * is in the arena. */
int pass_evaluate(struct pass *pass, const struct policy_expression *expression, struct cel_value *ret_value,
                  const char **ret_problem) must_check;

#endif
