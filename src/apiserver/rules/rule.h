/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rule.h - one rule compiled, and the type of what it sees. Only for this folder's own files. */
#ifndef APISERVER_RULES_RULE_H
#define APISERVER_RULES_RULE_H

#include "api/structural/structural.h"
#include "cel/cel.h"

/* The type of the values at a node; NULL: expressions do not see it. 'root' adds what every resource has. The arena keeps it. */
const struct cel_type *rule_type_of(const struct structural_node *node, bool root, struct arena *arena);

struct rule {
    const struct api_apiextensions_validation_rule *text;
    struct cel_program *program; /* NULL: empty, or see 'error' */
    struct cel_program *message; /* NULL: none, or see 'message_error' */
    const char *error;           /* in the arena */
    const char *message_error;
    const char *field_path; /* below the place, without the leading point; NULL: none */
    bool uses_old;
};

/* Programs are the arena's. */
void rule_compile(const struct structural_node *node, const struct cel_type *self,
                  const struct api_apiextensions_validation_rule *text, struct arena *arena, struct rule *ret_rule);

/* rules.c: runs the rules at a node and below over one value, such as a default: as if it were created, and as if it were there
 * before. */
void rule_run_alone(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                    struct api_invalid *errors);

#endif
