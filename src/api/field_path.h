/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* field_path.h - reading one field of a decoded object by its JSON path, such as spec.nodeName.
 *
 * A path is resolved once against a type and then read from any value of that type. Only single
 * fields can be on a path: no list items, no map keys. */
#ifndef API_FIELD_PATH_H
#define API_FIELD_PATH_H

#include "api/schema.h"
#include "base/str.h"

#define FIELD_PATH_MAX 8

struct field_path {
    const struct api_field *fields[FIELD_PATH_MAX];
    size_t count;
};

#define FIELD_PATH_TEXT_SIZE 64

/* The field of that JSON key, also of embedded messages (then ret_embedding, which may be NULL, is the
 * embedding field, else NULL). NULL when there is none. */
const struct api_field *api_field_find(const struct api_type *type, struct str name,
                                       const struct api_field **ret_embedding);

/* False when the type has no such path. */
bool field_path_resolve(const struct api_type *type, struct str text, struct field_path *ret_path);

/* The member that the path ends at: a pointer into 'value', or NULL when something on the way is absent.
 * For API_POINTER fields what the pointer points at. */
const void *field_path_member(const struct field_path *path, const void *value);

/* Its text: strings as they are, booleans "true" and "false", numbers in decimal; absent strings are "",
 * absent booleans "false", absent numbers "0". Valid as long as the value and 'space' are. */
struct str field_path_text(const struct field_path *path, const void *value, char space[FIELD_PATH_TEXT_SIZE]);

#endif
