/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* value.h - what evaluating does with values: sizes, elements, order, text.
 *
 * A list or map is either made by an expression (in the arena) or a part of a JSON document with its type; everything
 * here sees through that. */
#ifndef CEL_VALUE_VALUE_H
#define CEL_VALUE_VALUE_H

#include "cel/function.h"

/* Elements made by expressions. Lists never change, but one that is as long as its vector may be continued in it: so a
 * fold that adds an element at a time does not copy all of them each time. */
struct cel_vector {
    struct cel_value *items;
    size_t count, capacity;
    uint32_t *index; /* of a map: an open hash of the numbers of keys, 0 is free */
    size_t index_size;
};

struct cel_list {
    struct cel_vector *vector;
    size_t first, count;
    const struct cel_type *type; /* of what a set or a list with keys was added to; else NULL */
};

/* Keys and values in turn. */
struct cel_map {
    struct cel_vector *vector;
    size_t count;                /* of entries */
    const struct cel_type *type; /* of an object that was made; else NULL */
};

/* The value of "no such overload", which is an error like others. */
struct cel_value cel_no_overload(void);
struct cel_value cel_error_text(const char *text); /* static */

static inline bool cel_is_error(const struct cel_value *value)
{
    return value->kind == CEL_ERROR;
}

static inline bool cel_is_map(const struct cel_value *value)
{
    return value->kind == CEL_MAP || value->kind == CEL_OBJECT;
}

/* An object that an expression made of a type. */
static inline bool cel_is_made(const struct cel_value *value)
{
    return value->kind == CEL_OBJECT && value->form == CEL_FORM_MADE;
}

/* ---- lists ---- */

const struct cel_type *cel_list_unique(const struct cel_value *list); /* its type where elements are unique, or NULL */
size_t cel_list_size(const struct cel_value *list);
struct cel_value cel_list_at(const struct cel_value *list, size_t index); /* index < size */
bool cel_list_contains(const struct cel_value *list, const struct cel_value *value, int64_t *work);

/* An empty list with room, to be filled by cel_list_push(). */
struct cel_value cel_list_new(struct arena *arena, size_t capacity);
void cel_list_push(struct arena *arena, struct cel_value *list, struct cel_value value);
struct cel_value cel_list_add(struct arena *arena, const struct cel_value *a, const struct cel_value *b);

/* Faster than cel_list_at() for each: JSON arrays have no index. */
struct cel_list_reader {
    const struct cel_value *list;
    size_t at, size;
    yyjson_arr_iter json;
};
void cel_list_read(const struct cel_value *list, struct cel_list_reader *reader);
bool cel_list_next(struct cel_list_reader *reader, struct cel_value *ret_value);

/* Sets and lists with keys, see unique.c; sizes are equal. */
bool cel_unique_equal(const struct cel_type *type, const struct cel_value *a, const struct cel_value *b, int64_t *work);
struct cel_value cel_unique_add(struct arena *arena, const struct cel_type *type, const struct cel_value *a,
                                const struct cel_value *b);

/* ---- maps and objects ---- */

size_t cel_map_size(const struct cel_value *map);
bool cel_map_find(struct arena *arena, const struct cel_value *map, const struct cel_value *key,
                  struct cel_value *ret_value);
bool cel_map_select(struct arena *arena, const struct cel_value *map, struct str name, struct cel_value *ret_value);

/* For comparing whole objects: also finds members that their type does not know. */
bool cel_map_find_member(const struct cel_value *map, const struct cel_value *key, struct cel_value *ret_value);

bool cel_map_json_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work); /* equal in size */

struct cel_value cel_map_new(struct arena *arena);

/* Returns the map with one more entry, or an error: "insert failed: key already exists". */
struct cel_value cel_map_insert(struct arena *arena, const struct cel_value *map, const struct cel_value *key,
                                const struct cel_value *value);

/* While it is made: adds the entry, or replaces the one of that key. */
void cel_map_put(struct arena *arena, struct cel_value *map, const struct cel_value *key,
                 const struct cel_value *value);

/* The map, which nobody else has, as an object of that type. */
struct cel_value cel_object_of(struct arena *arena, const struct cel_value *map, const struct cel_type *type);

struct cel_map_reader {
    const struct cel_value *map;
    size_t at, size;
    yyjson_obj_iter json;
};
void cel_map_read(const struct cel_value *map, struct cel_map_reader *reader);
bool cel_map_next(struct cel_map_reader *reader, struct cel_value *ret_key, struct cel_value *ret_value);

/* ---- all values ---- */

/* Decodes what cel_value_json() left as it stands in the document. */
struct cel_value cel_value_settle(struct arena *arena, struct cel_value value);

/* Units of length that costs count: code points, bytes, elements, entries; 1 for what has no size. */
uint64_t cel_value_size(const struct cel_value *value);
uint64_t cel_value_traversal(const struct cel_value *value); /* cost of looking at all of it */

/* Takes steps from *work, and is false when there are none left. */
bool cel_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work);

/* -1, 0, 1; false where there is no order between them. NaN is below nothing and above nothing: order 2. */
bool cel_value_compare(const struct cel_value *a, const struct cel_value *b, int *ret_order);

const struct cel_type *cel_value_type(const struct cel_value *value);
bool cel_value_zero(const struct cel_value *value);
uint64_t cel_format_pattern_size(const struct cel_value *format); /* of a named format, for costs */
uint64_t cel_opaque_size(const struct cel_value *value);
bool cel_opaque_equal(const struct cel_value *a, const struct cel_value *b);

/* Numbers as text that Go writes: "1e+06", "-3.14". */
void cel_double_format(double number, struct buffer *out);

/* RFC 3339 and Go's durations, nanoseconds kept. */
#define CEL_TIMESTAMP_MIN (-62135596800) /* 0001-01-01T00:00:00Z */
#define CEL_TIMESTAMP_MAX 253402300799   /* 9999-12-31T23:59:59Z */
#define CEL_DURATION_MAX  9223372036     /* seconds of Go's int64 nanoseconds */

bool cel_timestamp_parse(struct str text, struct cel_value *ret_value);
bool cel_date_parse(struct str text, struct cel_value *ret_value);
bool cel_duration_parse(struct str text, struct cel_value *ret_value);
void cel_timestamp_format(const struct cel_value *value, struct buffer *out);
void cel_duration_format(const struct cel_value *value, struct buffer *out);

/* Seconds and nanoseconds, of which the latter may be out of range; false when the result is. */
bool cel_timestamp_make(__int128 nanoseconds, struct cel_value *ret_value);
bool cel_duration_make(__int128 nanoseconds, struct cel_value *ret_value);

static inline __int128 cel_nanoseconds(const struct cel_value *value)
{
    return (__int128)value->integer * 1000000000 + value->nanos;
}

/* A list or map that evaluations share is never continued in place. */
void cel_value_freeze(struct cel_value *value);

/* A text in the evaluation's arena. */
struct cel_value cel_string_copy(struct arena *arena, const struct buffer *text);

#endif
