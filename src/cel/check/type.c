/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* type.c - building type descriptions, finding fields, what messages call a type.
 *
 * The worst cases are those of upstream's schema conversion (apiserver/pkg/cel/common/schemas.go): a request has at most
 * CEL_REQUEST_SIZE_MAX bytes, so an unbounded list has as many items as fit, each of its shortest text and a comma. */
#include "cel/cel.h"

#include <limits.h>
#include <stdlib.h>

/* Bytes of the shortest JSON text, k8s.io/apiserver/pkg/cel/limits.go. */
#define MIN_NUMBER      1
#define MIN_STRING      2
#define MIN_DURATION    3
#define MIN_BOOL        4
#define MIN_DATE        12
#define MIN_DATE_TIME   21
#define MIN_CONTAINER   2
#define MAX_DURATION    32
#define MAX_DATE_TIME   32
#define MAX_DATE        12
#define BYTES_PER_POINT 4 /* maxLength counts code points, worst cases count bytes */

/* What no schema bounds: upstream's list and map of anything. */
#define MAX_UNBOUNDED INT64_MAX

static const struct cel_type static_types[CEL_KIND_COUNT] = {
    [CEL_ERROR] = { .kind = CEL_ERROR },
    [CEL_DYN] = { .kind = CEL_DYN, .nullable = true, .min_json = 1 },
    [CEL_NULL] = { .kind = CEL_NULL, .nullable = true, .min_json = 4 },
    [CEL_BOOL] = { .kind = CEL_BOOL, .min_json = MIN_BOOL },
    [CEL_INT] = { .kind = CEL_INT, .min_json = MIN_NUMBER },
    [CEL_UINT] = { .kind = CEL_UINT, .min_json = MIN_NUMBER },
    [CEL_DOUBLE] = { .kind = CEL_DOUBLE, .min_json = MIN_NUMBER },
    [CEL_STRING] = { .kind = CEL_STRING, .min_json = MIN_STRING },
    [CEL_BYTES] = { .kind = CEL_BYTES, .min_json = MIN_STRING },
    [CEL_TIMESTAMP] = { .kind = CEL_TIMESTAMP, .min_json = MIN_DATE },
    [CEL_DURATION] = { .kind = CEL_DURATION, .min_json = MIN_DURATION },
    [CEL_LIST] = { .kind = CEL_LIST,
                   .element = &static_types[CEL_DYN],
                   .max = MAX_UNBOUNDED,
                   .min_json = MIN_CONTAINER },
    [CEL_MAP] = { .kind = CEL_MAP,
                  .key = &static_types[CEL_STRING],
                  .element = &static_types[CEL_DYN],
                  .max = MAX_UNBOUNDED,
                  .min_json = MIN_CONTAINER },
    [CEL_TYPE] = { .kind = CEL_TYPE },
};

const struct cel_type *cel_type_of(enum cel_kind kind)
{
    return &static_types[kind];
}

static struct cel_type *type_new(struct arena *arena, enum cel_kind kind, uint64_t max, uint64_t min_json)
{
    struct cel_type *type = arena_new(arena, struct cel_type);

    type->kind = (uint8_t)kind;
    type->max = max;
    type->min_json = min_json;
    return type;
}

struct cel_type *cel_type_string(struct arena *arena, int64_t max)
{
    uint64_t bytes = max < 0                             ? CEL_REQUEST_SIZE_MAX - 2
                     : max > INT64_MAX / BYTES_PER_POINT ? (uint64_t)INT64_MAX
                                                         : (uint64_t)max * BYTES_PER_POINT;

    return type_new(arena, CEL_STRING, bytes, MIN_STRING);
}

struct cel_type *cel_type_enum(struct arena *arena, size_t longest)
{
    return type_new(arena, CEL_STRING, longest, MIN_STRING);
}

struct cel_type *cel_type_bytes(struct arena *arena, int64_t max)
{
    return type_new(arena, CEL_BYTES, max < 0 ? CEL_REQUEST_SIZE_MAX - 2 : (uint64_t)max, MIN_STRING);
}

struct cel_type *cel_type_timestamp(struct arena *arena, bool date)
{
    return type_new(arena, CEL_TIMESTAMP, date ? MAX_DATE : MAX_DATE_TIME, date ? MIN_DATE : MIN_DATE_TIME);
}

struct cel_type *cel_type_duration(struct arena *arena)
{
    return type_new(arena, CEL_DURATION, MAX_DURATION, MIN_DURATION);
}

struct cel_type *cel_type_bool(struct arena *arena)
{
    return type_new(arena, CEL_BOOL, 0, MIN_BOOL);
}

struct cel_type *cel_type_int(struct arena *arena)
{
    return type_new(arena, CEL_INT, 0, MIN_NUMBER);
}

struct cel_type *cel_type_double(struct arena *arena)
{
    return type_new(arena, CEL_DOUBLE, 0, MIN_NUMBER);
}

struct cel_type *cel_type_int_or_string(struct arena *arena, int64_t max)
{
    struct cel_type *type = cel_type_string(arena, max);

    type->kind = CEL_DYN;
    type->min_json = MIN_NUMBER;
    return type;
}

struct cel_type *cel_type_list(struct arena *arena, const struct cel_type *element, int64_t max)
{
    uint64_t fitting = (CEL_REQUEST_SIZE_MAX - 2) / (element->min_json + 1);
    struct cel_type *type = type_new(arena, CEL_LIST, max < 0 ? fitting : (uint64_t)max, MIN_CONTAINER);

    type->element = element;
    return type;
}

struct cel_type *cel_type_map(struct arena *arena, const struct cel_type *element, int64_t max)
{
    uint64_t fitting = (CEL_REQUEST_SIZE_MAX - 2) / (element->min_json + 6); /* "k":v, and a comma */
    struct cel_type *type = type_new(arena, CEL_MAP, max < 0 ? fitting : (uint64_t)max, MIN_CONTAINER);

    type->key = cel_type_of(CEL_STRING);
    type->element = element;
    return type;
}

struct cel_type *cel_type_optional(struct arena *arena, const struct cel_type *element)
{
    struct cel_type *type = type_new(arena, CEL_OPTIONAL, element->max, element->min_json);

    type->element = element;
    return type;
}

static int field_compare(const void *a, const void *b)
{
    return strcmp(((const struct cel_field *)a)->name, ((const struct cel_field *)b)->name);
}

struct cel_type *cel_type_object(struct arena *arena, const char *name, const struct cel_field *fields, size_t count)
{
    struct cel_type *type = type_new(arena, CEL_OBJECT, 0, MIN_CONTAINER);
    struct cel_field *known = arena_new_array(arena, struct cel_field, count + 1);
    size_t known_count = 0;

    type->name = arena_strdup(arena, name);
    for (size_t i = 0; i < count; i++) {
        const char *escaped;

        if (fields[i].type == NULL)
            continue;
        if (fields[i].required && !fields[i].has_default) /* quotes, colon, comma */
            type->min_json += strlen(fields[i].json) + fields[i].type->min_json + 4;
        if (!cel_escape(arena, str_of(fields[i].json), &escaped))
            continue;
        known[known_count] = fields[i];
        known[known_count].name = escaped;
        known[known_count++].json = arena_strdup(arena, fields[i].json);
    }
    if (known_count > 1)
        qsort(known, known_count, sizeof(known[0]), field_compare);
    type->fields = known;
    type->field_count = known_count;
    return type;
}

const struct cel_field *cel_type_field(const struct cel_type *type, struct str name)
{
    size_t low = 0, high = type->field_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(str_of(type->fields[middle].name), name);

        if (order == 0)
            return &type->fields[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct cel_field *cel_type_member(const struct cel_type *type, struct str json)
{
    const struct cel_field *field = cel_type_field(type, json); /* few names are escaped */

    if (field != NULL && str_is(json, field->json))
        return field;
    for (size_t i = 0; i < type->field_count; i++)
        if (str_is(json, type->fields[i].json))
            return &type->fields[i];
    return NULL;
}

static const char *const kind_names[CEL_KIND_COUNT] = {
    [CEL_ERROR] = "!error!",     [CEL_DYN] = "dyn",       [CEL_NULL] = "null",
    [CEL_BOOL] = "bool",         [CEL_INT] = "int",       [CEL_UINT] = "uint",
    [CEL_DOUBLE] = "double",     [CEL_STRING] = "string", [CEL_BYTES] = "bytes",
    [CEL_LIST] = "list",         [CEL_MAP] = "map",       [CEL_TIMESTAMP] = "timestamp",
    [CEL_TYPE] = "type",         [CEL_OBJECT] = "",       [CEL_PARAM] = "",
    [CEL_DURATION] = "duration", [CEL_OPAQUE] = "",       [CEL_OPTIONAL] = "optional_type",
};

void cel_type_format(const struct cel_type *type, struct buffer *out)
{
    if (type->name != NULL) {
        buffer_append_text(out, type->name);
        return;
    }
    buffer_append_text(out, kind_names[type->kind]);
    if (type->key == NULL && type->element == NULL)
        return;
    buffer_append_char(out, '(');
    if (type->key != NULL) {
        cel_type_format(type->key, out);
        buffer_append_text(out, ", ");
    }
    cel_type_format(type->element, out);
    buffer_append_char(out, ')');
}

bool cel_type_equal(const struct cel_type *a, const struct cel_type *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL || a->kind != b->kind || !text_equal(a->name, b->name))
        return false;
    return cel_type_equal(a->key, b->key) && cel_type_equal(a->element, b->element);
}

uint64_t cel_type_cardinality(const struct cel_type *type)
{
    return CEL_REQUEST_SIZE_MAX / (type->min_json + 1);
}
