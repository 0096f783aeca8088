/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rules.h - x-kubernetes-validations of custom resources: compiled once with their schema, run at each write.
 *
 * A rule sees the value at its place as 'self', typed by the schema, and the value that was there as 'oldSelf'. One that uses
 * oldSelf runs only where there is an old value to compare with, unless it says optionalOldSelf. Errors are worded as upstream
 * does. Compiled rules are immutable and may be used by any number of threads at once. */
#ifndef APISERVER_RULES_RULES_H
#define APISERVER_RULES_RULES_H

#include "api/structural/structural.h"

struct rule_set;

/* NULL when the schema has no rules. A reference to the schema is kept. What does not compile (it did once, when the definition was
 * written) is said by each run. */
struct rule_set *rule_set_create(const struct structural *schema);
void rule_set_destroy(struct rule_set *rules); /* NULL is fine */
DEFINE_CLEANUP(struct rule_set *, rule_set_destroy);

/* Adds what the rules refuse; 'old' is NULL on create. Nothing is run when errors are there already of a sort that rules could
 * stumble over (types, required, lengths); a last error then says so. What a rule refuses but did not change is tolerated.
 * 'rules' NULL: nothing. */
void rule_set_validate(const struct rule_set *rules, yyjson_val *value, yyjson_val *old, struct api_invalid *errors);

struct cel_type;

/* What expressions see of a custom resource: the type of its schema's root, in the arena. */
const struct cel_type *rules_type(const struct structural *schema, struct arena *arena);

struct api_apiextensions_custom_resource_definition;

/* Compiles the rules of a definition that is written: what does not compile, costs too much, or uses oldSelf where nothing can be
 * compared. Only asked when the definition is in order otherwise. 'old' is NULL on create. */
void rules_check_definition(const struct api_apiextensions_custom_resource_definition *definition,
                            const struct api_apiextensions_custom_resource_definition *old, struct api_invalid *errors);

#endif
