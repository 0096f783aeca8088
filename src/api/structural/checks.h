/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* checks.h - what a structural schema asks of values beside their type. Only for this folder's own files. */
#ifndef API_STRUCTURAL_CHECKS_H
#define API_STRUCTURAL_CHECKS_H

#include "api/structural/structural.h"
#include "base/text/regex.h"

#define CHECK_UNSET INT64_MIN

/* formats.c: whether a text has the format. */
typedef bool structural_format_check(struct str text);

struct structural_format {
    const char *name; /* without dashes, as upstream looks it up */
    structural_format_check *check;
};

/* NULL when upstream knows no format of that name for strings (dashes do not count). */
const struct structural_format *structural_format_find(struct str name);

enum structural_number_format { NUMBER_FORMAT_NONE, NUMBER_INT32, NUMBER_INT64, NUMBER_FLOAT, NUMBER_DOUBLE };

struct structural_checks {
    const struct structural_format *format; /* of strings */
    const char *format_name;                /* as the schema says it, when upstream knows it for the type; else NULL */
    uint8_t number_format;
    bool has_maximum, has_minimum, has_multiple;
    bool exclusive_maximum, exclusive_minimum;
    double maximum, minimum, multiple;
    int64_t max_length, min_length; /* CHECK_UNSET: none, also of the next */
    int64_t max_items, min_items;
    int64_t max_properties, min_properties;
    const char *pattern;
    const struct regex *regex; /* NULL when the pattern is none */
    const char *regex_problem;
    yyjson_val *enumeration; /* an array, NULL: none */
    struct str *required;
    uint32_t n_required;
    uint32_t n_all_of, n_any_of, n_one_of;
    const struct structural_node *const *all_of, *const *any_of, *const *one_of;
    const struct structural_node * not ;
};

/* coerce.c: the default of a node as it is filled in, of which the nodes below are complete. */
int structural_write_fill(const struct structural_node *node, yyjson_val *value, struct buffer *out,
                          struct error *err) must_check;

/* Any value with members sorted by name and numbers as Go writes them. */
int structural_write_canonical(yyjson_val *value, struct buffer *out, struct error *err) must_check;

/* The value without what the schema does not know; nothing is filled in. */
int structural_write_pruned(const struct structural_node *node, yyjson_val *value, struct buffer *out,
                            struct error *err) must_check;

/* A number as upstream reads it: a 64 bit integer, else a double. */
struct structural_number {
    bool is_integer;
    int64_t integer;
    double real; /* of integers too */
};

/* False for what is no number, or infinite. */
bool structural_number_of(yyjson_val *value, struct structural_number *ret_number);

#endif
