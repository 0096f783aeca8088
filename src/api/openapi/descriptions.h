/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* descriptions.h - what types and fields are, in a sentence: the texts of api/descriptions, read when a document is
 * written and not kept. */
#ifndef API_OPENAPI_DESCRIPTIONS_H
#define API_OPENAPI_DESCRIPTIONS_H

#include "api/schema.h"

struct descriptions;

struct descriptions *descriptions_create(void); /* of the texts that the binary carries, unpacked here */
void descriptions_destroy(struct descriptions *descriptions);

/* Empty when there is none; they live as long as 'descriptions'. 'key' is the field's JSON key. */
struct str descriptions_of_type(const struct descriptions *descriptions, const struct api_type *type);
struct str descriptions_of_field(const struct descriptions *descriptions, const struct api_type *type, const char *key);

/* Each line in turn, for tests: the type's package and name, the field's key (empty for the type itself). False at the end. */
struct description_line {
    struct str package, type, field, text;
    struct str like; /* the type whose fields are the same; empty: none */
    struct str rest;
};
struct description_line descriptions_lines(const struct descriptions *descriptions);
bool descriptions_next(struct description_line *line);

#endif
