/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* decode_problem.h - what upstream's decoder says of documents that do not fit their type.
 *
 * People read these sentences and some programs parse them, so they follow Go's wording: names of Go types,
 * the layout of its time package. All set err (which may be NULL) and return the negative code. */
#ifndef API_DECODE_PROBLEM_H
#define API_DECODE_PROBLEM_H

#include <yyjson.h>

#include "api/codec/document_path.h"
#include "api/schema.h"
#include "base/error.h"

/* "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container". 'element': a
 * list's or map's element is wrong, not the whole. */
int decode_problem_type(const struct document_path *path, const struct api_type *owner, const struct api_field *field,
                        yyjson_val *json, bool element, struct error *err);

/* The same for a whole document. */
int decode_problem_root(const struct api_type *type, yyjson_val *json, struct error *err);

/* A text that time_parse() does not take. */
int decode_problem_time(struct str text, bool micros, struct error *err);

/* A text that is not base64. */
int decode_problem_base64(struct str text, struct error *err);

/* The text in quotes, escaped as Go's %q does. */
void decode_problem_quote(struct str text, struct buffer *out);

#endif
