/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* json.h - JSON text as Go's encoder writes it, byte for byte.
 *
 * Reading is yyjson's job (with json_read() below); these write what every encoder here needs. */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include <yyjson.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/str.h"

/* A quoted string. <, >, &, U+2028 and U+2029 are escaped; a byte that is no UTF-8 becomes \ufffd. */
void json_append_string(struct buffer *out, struct str text);

/* Shortest text that reads back as the same number; exponents only below 1e-6 and from 1e21. */
void json_append_double(struct buffer *out, double value);

/* A parsed value on one line, members in the order they were read, numbers as they were written
 * when the document was read by json_read(). */
void json_append_value(struct buffer *out, yyjson_val *value);

/* The same with the members of all objects sorted, the last of equal ones kept: as Go writes maps. */
void json_append_sorted(struct buffer *out, yyjson_val *value);
/* An object of the members with these keys, which are sorted in place. */
void json_append_sorted_members(struct buffer *out, yyjson_val **keys, size_t count);

/* A whole document; numbers stay text (yyjson_is_raw). Free with yyjson_doc_free(). Errors: -ERROR_SYNTAX
 * in the words of Go's decoder, also when it nests deeper than 'depth'. */
int json_read(struct str text, size_t depth, yyjson_doc **ret_doc, struct error *err) must_check;

DEFINE_CLEANUP(yyjson_doc *, yyjson_doc_free);

struct arena;
/* The same in an arena's memory: it needs no freeing, and takes the room of what it outgrew. */
int json_read_in(struct arena *arena, struct str text, size_t depth, yyjson_doc **ret_doc,
                 struct error *err) must_check;

#endif
