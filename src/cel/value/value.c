/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* value.c - making, comparing and measuring values. */
#include "cel/value/value.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text/utf8.h"
#include "cel/check/infer.h"

struct cel_value cel_value_null(void)
{
    return (struct cel_value){ .kind = CEL_NULL };
}

struct cel_value cel_value_bool(bool value)
{
    return (struct cel_value){ .kind = CEL_BOOL, .boolean = value };
}

struct cel_value cel_value_int(int64_t value)
{
    return (struct cel_value){ .kind = CEL_INT, .integer = value };
}

struct cel_value cel_value_uint(uint64_t value)
{
    return (struct cel_value){ .kind = CEL_UINT, .uinteger = value };
}

struct cel_value cel_value_double(double value)
{
    return (struct cel_value){ .kind = CEL_DOUBLE, .number = value };
}

struct cel_value cel_value_string(struct str text)
{
    return (struct cel_value){ .kind = CEL_STRING, .text = text };
}

struct cel_value cel_value_bytes(struct str bytes)
{
    return (struct cel_value){ .kind = CEL_BYTES, .text = bytes };
}

struct cel_value cel_value_timestamp(int64_t seconds, int32_t nanos)
{
    return (struct cel_value){ .kind = CEL_TIMESTAMP, .nanos = nanos, .integer = seconds };
}

struct cel_value cel_value_duration(int64_t seconds, int32_t nanos)
{
    return (struct cel_value){ .kind = CEL_DURATION, .nanos = nanos, .integer = seconds };
}

struct cel_value cel_value_object(const struct cel_object_driver *driver, void *context)
{
    return (struct cel_value){ .kind = CEL_OBJECT, .form = CEL_FORM_DRIVER, .driver = driver, .context = context };
}

struct cel_value cel_value_optional(struct arena *arena, const struct cel_value *value)
{
    struct cel_value optional = { .kind = CEL_OPTIONAL };

    if (value != NULL) {
        struct cel_value *held = arena_alloc(arena, sizeof(*held));

        *held = *value;
        optional.optional = held;
    }
    return optional;
}

struct cel_value cel_error_text(const char *text)
{
    return (struct cel_value){ .kind = CEL_ERROR, .text = str_of(text) };
}

struct cel_value cel_no_overload(void)
{
    return cel_error_text("no such overload");
}

struct cel_value cel_value_error(struct arena *arena, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return cel_error_text(arena_strdup(arena, text));
}

struct cel_value cel_string_copy(struct arena *arena, const struct buffer *text)
{
    if (buffer_failed(text))
        return cel_error_text("string too large");
    return cel_value_string(arena_str(arena, buffer_str(text)));
}

/* ---- sizes ---- */

uint64_t cel_value_size(const struct cel_value *value)
{
    switch (value->kind) {
    case CEL_STRING:
        return utf8_count(value->text);
    case CEL_BYTES:
        return value->text.size;
    case CEL_LIST:
        return cel_list_size(value);
    case CEL_MAP:
    case CEL_OBJECT: /* what was made of a type has no size */
        return cel_is_made(value) ? 1 : cel_map_size(value);
    case CEL_OPTIONAL:
        return value->optional == NULL ? 1 : cel_value_size(value->optional);
    case CEL_OPAQUE:
        return cel_opaque_size(value);
    default:
        return 1;
    }
}

uint64_t cel_value_traversal(const struct cel_value *value)
{
    uint64_t cost = 0;
    struct cel_value key, element;

    if (value->kind == CEL_STRING || value->kind == CEL_BYTES)
        return (uint64_t)((double)value->text.size * CEL_FACTOR_TEXT);
    if (value->kind == CEL_LIST) {
        struct cel_list_reader reader;

        cel_list_read(value, &reader);
        while (cel_list_next(&reader, &element))
            cost += cel_value_traversal(&element);
        return cost;
    }
    if (cel_is_map(value)) {
        struct cel_map_reader reader;

        cel_map_read(value, &reader);
        while (cel_map_next(&reader, &key, &element))
            cost += cel_value_traversal(&key) + cel_value_traversal(&element);
        return cost;
    }
    return 1;
}

bool cel_value_zero(const struct cel_value *value)
{
    switch (value->kind) {
    case CEL_NULL:
        return true;
    case CEL_BOOL:
        return !value->boolean;
    case CEL_INT:
    case CEL_UINT:
        return value->integer == 0;
    case CEL_DURATION:
        return value->integer == 0 && value->nanos == 0;
    case CEL_TIMESTAMP:
        return value->integer == CEL_TIMESTAMP_MIN && value->nanos == 0;
    case CEL_DOUBLE:
        return value->number == 0;
    case CEL_STRING:
    case CEL_BYTES:
        return value->text.size == 0;
    case CEL_LIST:
        return cel_list_size(value) == 0;
    case CEL_MAP:
    case CEL_OBJECT:
        return cel_map_size(value) == 0;
    case CEL_OPTIONAL:
        return value->optional == NULL;
    default:
        return false;
    }
}

const struct cel_type *cel_value_type(const struct cel_value *value)
{
    switch (value->kind) {
    case CEL_LIST:
        return cel_type_named(STR("list"));
    case CEL_MAP:
        return cel_type_named(STR("map"));
    case CEL_OPTIONAL:
        return cel_type_named(STR("optional_type"));
    case CEL_OPAQUE:
        return cel_type_opaque((enum cel_opaque)value->form);
    case CEL_OBJECT:
        return value->form == CEL_FORM_JSON ? value->type
               : cel_is_made(value)         ? value->map->type
                                            : cel_type_named(STR("map"));
    default:
        return cel_type_of((enum cel_kind)value->kind);
    }
}

/* ---- order ---- */

static bool is_number(const struct cel_value *value)
{
    return value->kind == CEL_INT || value->kind == CEL_UINT || value->kind == CEL_DOUBLE;
}

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b) ? 1 : 0)

/* As upstream: the integer becomes a double where it fits, though a double may not tell it from its neighbours. */
static int compare_double(double number, const struct cel_value *integer)
{
    bool is_unsigned = integer->kind == CEL_UINT;
    double least = is_unsigned ? 0 : -9223372036854775808.0;
    double most = is_unsigned ? 18446744073709551616.0 : 9223372036854775808.0;
    double other = is_unsigned ? (double)integer->uinteger : (double)integer->integer;

    if (isnan(number))
        return 2;
    return number < least ? -1 : number > most ? 1 : ORDER(number, other);
}

static int compare_numbers(const struct cel_value *a, const struct cel_value *b)
{
    int order;

    if (a->kind == CEL_DOUBLE && b->kind == CEL_DOUBLE)
        return isnan(a->number) || isnan(b->number) ? 2 : ORDER(a->number, b->number);
    if (a->kind == CEL_DOUBLE)
        return compare_double(a->number, b);
    if (b->kind == CEL_DOUBLE) {
        order = compare_double(b->number, a);
        return order == 2 ? 2 : -order;
    }
    if (a->kind == b->kind)
        return a->kind == CEL_INT ? ORDER(a->integer, b->integer) : ORDER(a->uinteger, b->uinteger);
    if (a->kind == CEL_INT)
        return a->integer < 0 ? -1 : ORDER((uint64_t)a->integer, b->uinteger);
    return b->integer < 0 ? 1 : ORDER(a->uinteger, (uint64_t)b->integer);
}

static int compare_text(struct str a, struct str b)
{
    int order = str_compare(a, b);

    return ORDER(order, 0);
}

static int compare_bytes(const struct cel_value *a, const struct cel_value *b)
{
    auto_arena struct arena scratch = { 0 };
    struct cel_value left = cel_value_settle(&scratch, *a), right = cel_value_settle(&scratch, *b);

    return compare_text(left.text, right.text);
}

bool cel_value_compare(const struct cel_value *a, const struct cel_value *b, int *ret_order)
{
    if (is_number(a) && is_number(b)) {
        *ret_order = compare_numbers(a, b);
        return true;
    }
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CEL_BOOL:
        *ret_order = (int)a->boolean - (int)b->boolean;
        return true;
    case CEL_STRING:
        *ret_order = compare_text(a->text, b->text);
        return true;
    case CEL_BYTES:
        *ret_order = compare_bytes(a, b);
        return true;
    case CEL_TIMESTAMP:
    case CEL_DURATION:
        *ret_order = a->integer != b->integer ? ORDER(a->integer, b->integer) : ORDER(a->nanos, b->nanos);
        return true;
    default:
        return false;
    }
}

/* ---- equality ---- */

static bool list_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work)
{
    struct cel_list_reader left, right;
    struct cel_value x, y;

    if (cel_list_size(a) != cel_list_size(b))
        return false;
    if (cel_list_unique(a) != NULL)
        return cel_unique_equal(cel_list_unique(a), a, b, work);
    cel_list_read(a, &left);
    cel_list_read(b, &right);
    while (cel_list_next(&left, &x) && cel_list_next(&right, &y))
        if (!cel_equal(&x, &y, work))
            return false;
    return true;
}

static bool type_value_equal(const struct cel_type *a, const struct cel_type *b)
{
    return strcmp(cel_type_runtime_name(a), cel_type_runtime_name(b)) == 0;
}

static bool map_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work)
{
    struct cel_map_reader reader;
    struct cel_value key, value, other;

    if (cel_is_made(a) != cel_is_made(b) || (cel_is_made(a) && !type_value_equal(a->map->type, b->map->type)))
        return false;
    if (a->form == CEL_FORM_DRIVER || b->form == CEL_FORM_DRIVER)
        return a->form == b->form && a->driver == b->driver && a->context == b->context;
    if (cel_map_size(a) != cel_map_size(b))
        return false;
    if (a->form == CEL_FORM_JSON && b->form == CEL_FORM_JSON)
        return cel_map_json_equal(a, b, work);
    cel_map_read(a, &reader);
    while (cel_map_next(&reader, &key, &value)) {
        *work -= b->form == CEL_FORM_JSON ? (int64_t)(reader.size / CEL_BYTES_PER_STEP) : 0; /* walked to be found */
        if (!cel_map_find_member(b, &key, &other) || !cel_equal(&value, &other, work))
            return false;
    }
    return true;
}

bool cel_value_equal(const struct cel_value *a, const struct cel_value *b)
{
    int64_t work = INT64_MAX;

    return cel_equal(a, b, &work);
}

bool cel_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work)
{
    int order;

    *work -= a->kind == CEL_STRING || a->kind == CEL_BYTES ? 1 + (int64_t)(a->text.size / CEL_BYTES_PER_STEP) : 1;
    if (*work < 0)
        return false;
    if (cel_value_compare(a, b, &order))
        return order == 0;
    if (cel_is_map(a) && cel_is_map(b))
        return map_equal(a, b, work);
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case CEL_NULL:
        return true;
    case CEL_LIST:
        return list_equal(a, b, work);
    case CEL_TYPE:
        return type_value_equal(a->of, b->of);
    case CEL_OPTIONAL:
        if (a->optional == NULL || b->optional == NULL)
            return a->optional == b->optional;
        return cel_equal(a->optional, b->optional, work);
    case CEL_OPAQUE:
        return a->form == b->form && cel_opaque_equal(a, b);
    default:
        return false;
    }
}
