/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* structure.h - what makes a schema structural: every place that something is said of is there outside of allOf, anyOf,
 * oneOf and not, and says its type. */
#ifndef API_STRUCTURAL_STRUCTURE_H
#define API_STRUCTURAL_STRUCTURE_H

#include "api/validation/invalid.h"

struct api_apiextensions_json_schema_props;

/* Adds what is not structural, sorted as upstream does: what the condition NonStructuralSchema says. The schema is the root of
 * a resource. One that structural_create() refuses says what it can. */
void structural_check_structure(const struct api_apiextensions_json_schema_props *schema, const struct field_at *at,
                                struct api_invalid *errors);

/* Called for a schema and every schema in it; true ends the walk, and is returned. */
typedef bool structural_predicate(const struct api_apiextensions_json_schema_props *schema, void *context);
bool structural_any(const struct api_apiextensions_json_schema_props *schema, structural_predicate *predicate,
                    void *context);

/* Is the format one that values of that type are checked for? Others say nothing. */
bool structural_format_known(const char *type, const char *format);

#endif
