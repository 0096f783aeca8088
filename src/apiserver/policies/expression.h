/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* expression.h - one expression of a policy, compiled. Only for this folder's own files. */
#ifndef APISERVER_POLICIES_EXPRESSION_H
#define APISERVER_POLICIES_EXPRESSION_H

#include "apiserver/policies/environment.h"

struct policy_expression {
    const char *text;            /* borrowed */
    struct cel_program *program; /* NULL: it does not compile */
    const char *problem;         /* why, in upstream's words; in the arena */
    uint8_t slots[POLICY_SLOTS]; /* enum policy_slot of the program's variables */
    uint8_t n_slots;
};

/* The program is the arena's. */
void policy_expression_compile(const struct expression_scope *scope, enum expression_sort sort, const char *text,
                               struct arena *arena, struct policy_expression *ret_expression);

/* Compiles in any environment: the program, or what is wrong with the text; both the arena's. */
struct cel_program *policy_compile(const struct cel_environment *environment, struct str text, struct arena *arena,
                                   const char **ret_problem);

#endif
