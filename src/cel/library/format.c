/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* format.c - texts with places for values: %s %d %f %e %b %x %X %o, a precision for %f and %e. */
#include "cel/library/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text/utf8.h"
#include "cel/check/infer.h"
#include "cel/value/value.h"

#define FORMAT_MAX        ((size_t)CEL_REQUEST_SIZE_MAX * 4)
#define PRECISION_DEFAULT 6
#define PRECISION_MAX     1000 /* upstream: any; a text of a million digits says no more */

struct formatting {
    struct cel_state *state;
    struct buffer *out;
    struct cel_value error;
    unsigned depth;
};

static bool format_value(struct formatting *formatting, const struct cel_value *value, bool inside);

static bool format_fail(struct formatting *formatting, const char *verb, const struct cel_value *value)
{
    formatting->error =
        cel_value_error(formatting->state->arena, "error during formatting: %s clause cannot be used on %s", verb,
                        cel_type_runtime_name(cel_value_type(value)));
    return false;
}

/* As Go quotes it. */
static void append_quoted(struct buffer *out, struct str text)
{
    static const char escaped[] = "\aa\bb\ff\nn\rr\tt\vv\\\\\"\"";

    buffer_append_char(out, '"');
    for (size_t at = 0; at < text.size;) {
        struct str rest = str_skip(text, at);
        uint32_t point = utf8_decode(rest);
        const char *found = NULL;

        for (size_t i = 0; i + 1 < sizeof(escaped); i += 2)
            if (escaped[i] == rest.data[0])
                found = &escaped[i + 1];
        if (found != NULL)
            buffer_format(out, "\\%c", *found);
        else if (point == UTF8_INVALID && utf8_size(rest) == 1)
            buffer_format(out, "\\x%02x", (uint8_t)rest.data[0]);
        else if (point < ' ' || point == 0x7f)
            buffer_format(out, "\\x%02x", point);
        else
            buffer_append(out, rest.data, utf8_size(rest));
        at += utf8_size(rest);
    }
    buffer_append_char(out, '"');
}

static bool format_list(struct formatting *formatting, const struct cel_value *list)
{
    struct cel_list_reader reader;
    struct cel_value element;

    buffer_append_char(formatting->out, '[');
    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element)) {
        if (reader.at > 1)
            buffer_append_text(formatting->out, ", ");
        if (!format_value(formatting, &element, true))
            return false;
    }
    buffer_append_char(formatting->out, ']');
    return true;
}

struct entry {
    struct str key;
    struct cel_value value;
};

static int entry_compare(const void *a, const void *b)
{
    return str_compare(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

/* Sorted by the text of the keys. */
static bool format_map(struct formatting *formatting, const struct cel_value *map)
{
    size_t count = cel_map_size(map), at = 0;
    struct arena *arena = formatting->state->arena;
    struct entry *entries = arena_new_array(arena, struct entry, count + 1);
    struct buffer *out = formatting->out;
    struct cel_map_reader reader;
    struct cel_value key;

    cel_map_read(map, &reader);
    while (cel_map_next(&reader, &key, &entries[at].value)) {
        auto_buffer struct buffer text = { .max = FORMAT_MAX };

        bool good;

        formatting->out = &text;
        good = format_value(formatting, &key, true);
        formatting->out = out;
        if (!good)
            return false;
        entries[at++].key = arena_str(arena, buffer_str(&text));
    }
    if (count > 1)
        qsort(entries, count, sizeof(entries[0]), entry_compare);
    buffer_append_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        buffer_append_str(out, entries[i].key);
        buffer_append_char(out, ':');
        if (!format_value(formatting, &entries[i].value, true))
            return false;
    }
    buffer_append_char(out, '}');
    return true;
}

/* Numbers, texts, times; inside of lists and maps as the expressions that make them. False: it is something else. */
static bool format_scalar(const struct cel_value *value, bool inside, struct buffer *out)
{
    switch (value->kind) {
    case CEL_NULL:
        buffer_append_text(out, "null");
        return true;
    case CEL_BOOL:
        buffer_append_text(out, value->boolean ? "true" : "false");
        return true;
    case CEL_INT:
        buffer_append_int64(out, value->integer);
        return true;
    case CEL_UINT:
        buffer_append_uint64(out, value->uinteger);
        return true;
    case CEL_DOUBLE:
        if (!inside)
            cel_double_format(value->number, out);
        else if (isfinite(value->number))
            buffer_format(out, "%.6f", value->number);
        else
            buffer_format(out, "\"%s\"", isnan(value->number) ? "NaN" : value->number > 0 ? "+Inf" : "-Inf");
        return true;
    case CEL_STRING:
    case CEL_BYTES:
        if (inside && value->kind == CEL_BYTES)
            buffer_append_char(out, 'b');
        if (inside)
            append_quoted(out, value->text);
        else
            buffer_append_str(out, value->text);
        return true;
    case CEL_TIMESTAMP:
        buffer_append_text(out, inside ? "timestamp(\"" : "");
        cel_timestamp_format(value, out);
        buffer_append_text(out, inside ? "\")" : "");
        return true;
    case CEL_DURATION:
        buffer_append_text(out, inside ? "duration(\"" : "");
        cel_duration_format(value, out);
        buffer_append_text(out, inside ? "\")" : "");
        return true;
    case CEL_TYPE:
        buffer_append_text(out, cel_type_runtime_name(value->of));
        return true;
    default:
        return false;
    }
}

/* A value for %s; inside of lists and maps as the expression that makes it. */
static bool format_value(struct formatting *formatting, const struct cel_value *value, bool inside)
{
    bool good = true;

    if (format_scalar(value, inside, formatting->out))
        return true;
    if (formatting->depth == CEL_DEPTH_MAX)
        return format_fail(formatting, "string", value);
    formatting->depth++;
    switch (value->kind) {
    case CEL_LIST:
        good = format_list(formatting, value);
        break;
    case CEL_MAP:
    case CEL_OBJECT:
        good = format_map(formatting, value);
        break;
    default:
        formatting->error = cel_value_error(
            formatting->state->arena,
            "error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, "
            "lists, types, durations, and timestamps, was given %s",
            cel_type_runtime_name(cel_value_type(value)));
        good = false;
        break;
    }
    formatting->depth--;
    return good;
}

/* As upstream prints in English: 1,234.5 */
static void append_fixed(struct buffer *out, double number, int precision)
{
    char text[PRECISION_MAX + 400];
    int size = snprintf(text, sizeof(text), "%.*f", precision, number);
    int begin = text[0] == '-', point = precision > 0 ? size - precision - 1 : size;

    for (int i = 0; i < size; i++) {
        if (i > begin && i < point && (point - i) % 3 == 0)
            buffer_append_char(out, ',');
        buffer_append_char(out, text[i]);
    }
}

/* 3.14×10⁰⁰ */
static void append_scientific(struct buffer *out, double number, int precision)
{
    static const char *const raised[] = { "\xe2\x81\xb0", "\xc2\xb9",     "\xc2\xb2",     "\xc2\xb3",
                                          "\xe2\x81\xb4", "\xe2\x81\xb5", "\xe2\x81\xb6", "\xe2\x81\xb7",
                                          "\xe2\x81\xb8", "\xe2\x81\xb9" };
    char text[PRECISION_MAX + 32];
    const char *exponent;

    snprintf(text, sizeof(text), "%.*e", precision, number);
    exponent = strchr(text, 'e');
    buffer_append(out, text, (size_t)(exponent - text));
    buffer_append_text(out, "\xc3\x97"
                            "10");
    for (exponent++; *exponent != '\0'; exponent++) {
        if (*exponent == '-')
            buffer_append_text(out, "\xe2\x81\xbb");
        else if (*exponent != '+')
            buffer_append_text(out, raised[*exponent - '0']);
    }
}

static bool format_float(struct formatting *formatting, const struct cel_value *value, char verb, int precision)
{
    double number;

    if (value->kind == CEL_DOUBLE)
        number = value->number;
    else if (value->kind == CEL_STRING && str_is(value->text, "NaN"))
        number = NAN;
    else if (value->kind == CEL_STRING && str_is(value->text, "Infinity"))
        number = INFINITY;
    else if (value->kind == CEL_STRING && str_is(value->text, "-Infinity"))
        number = -INFINITY;
    else {
        formatting->error = cel_value_error(
            formatting->state->arena, "error during formatting: %s clause can only be used on doubles, was given %s",
            verb == 'f' ? "fixed-point" : "scientific", cel_type_runtime_name(cel_value_type(value)));
        return false;
    }
    if (isnan(number))
        buffer_append_text(formatting->out, "NaN");
    else if (isinf(number))
        buffer_append_text(formatting->out, number > 0 ? "\xe2\x88\x9e" : "-\xe2\x88\x9e");
    else if (verb == 'f')
        append_fixed(formatting->out, number, precision);
    else
        append_scientific(formatting->out, number, precision);
    return true;
}

static void append_base(struct buffer *out, uint64_t number, unsigned base, bool upper)
{
    char digits[64];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[number % base];
        number /= base;
    } while (number > 0);
    buffer_append(out, digits + at, sizeof(digits) - at);
}

static bool format_integer(struct formatting *formatting, const struct cel_value *value, unsigned base, bool upper)
{
    bool negative = value->kind == CEL_INT && value->integer < 0;

    if (negative)
        buffer_append_char(formatting->out, '-');
    append_base(formatting->out, negative ? 0 - value->uinteger : value->uinteger, base, upper);
    return true;
}

static bool format_hex(struct formatting *formatting, const struct cel_value *value, bool upper)
{
    for (size_t i = 0; i < value->text.size; i++)
        buffer_format(formatting->out, upper ? "%02X" : "%02x", (uint8_t)value->text.data[i]);
    return true;
}

static bool format_verb(struct formatting *formatting, const struct cel_value *value, char verb, int precision)
{
    bool integer = value->kind == CEL_INT || value->kind == CEL_UINT;
    bool text = value->kind == CEL_STRING || value->kind == CEL_BYTES;
    static const char *const only[] = {
        ['b'] = "only integers and bools can be formatted as binary",
        ['d'] = "decimal clause can only be used on integers",
        ['o'] = "octal clause can only be used on integers",
        ['x'] = "only integers, byte buffers, and strings can be formatted as hex",
        ['X'] = "only integers, byte buffers, and strings can be formatted as hex",
    };

    if (verb == 's')
        return format_value(formatting, value, false);
    if (verb == 'f' || verb == 'e')
        return format_float(formatting, value, verb, precision);
    if (integer)
        return format_integer(formatting, value,
                              verb == 'b'   ? 2
                              : verb == 'o' ? 8
                              : verb == 'd' ? 10
                                            : 16,
                              verb == 'X');
    if (verb == 'b' && value->kind == CEL_BOOL) {
        buffer_append_char(formatting->out, value->boolean ? '1' : '0');
        return true;
    }
    if ((verb == 'x' || verb == 'X') && text)
        return format_hex(formatting, value, verb == 'X');
    formatting->error = cel_value_error(formatting->state->arena, "error during formatting: %s, was given %s",
                                        only[(uint8_t)verb], cel_type_runtime_name(cel_value_type(value)));
    return false;
}

/* ".3" behind a percent sign. */
static bool read_precision(struct str text, size_t *at, int *ret_precision)
{
    size_t begin = *at + 1;

    *ret_precision = PRECISION_DEFAULT;
    if (*at >= text.size || text.data[*at] != '.')
        return true;
    *ret_precision = 0;
    for (*at = begin; *at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9'; ++*at) {
        *ret_precision = *ret_precision * 10 + (text.data[*at] - '0');
        if (*ret_precision > PRECISION_MAX)
            return false;
    }
    return *at > begin;
}

static struct cel_value format_text(struct formatting *formatting, struct str text, const struct cel_value *list)
{
    size_t used = 0, given = cel_list_size(list);
    struct arena *arena = formatting->state->arena;

    for (size_t at = 0; at < text.size; at++) {
        int precision;
        struct cel_value value;

        if (text.data[at] != '%') {
            buffer_append_char(formatting->out, text.data[at]);
            continue;
        }
        at++;
        if (at < text.size && text.data[at] == '%') {
            buffer_append_char(formatting->out, '%');
            continue;
        }
        if (!read_precision(text, &at, &precision))
            return cel_error_text("error while parsing precision: invalid precision");
        if (at >= text.size)
            return cel_error_text("unexpected end of string");
        if (strchr("sdfebxXo", text.data[at]) == NULL)
            return cel_value_error(arena, "could not parse formatting clause: unrecognized formatting clause \"%c\"",
                                   text.data[at]);
        if (used >= given)
            return cel_value_error(arena, "index %zu out of range", used);
        value = cel_list_at(list, used++);
        if (cel_is_error(&value))
            return value;
        if (!format_verb(formatting, &value, text.data[at], precision))
            return formatting->error;
    }
    return cel_string_copy(arena, formatting->out);
}

struct cel_value cel_format_function(struct cel_state *state, const struct cel_value *args, size_t count)
{
    auto_buffer struct buffer out = { .max = FORMAT_MAX };
    struct formatting formatting = { .state = state, .out = &out };

    (void)count;
    return format_text(&formatting, args[0].text, &args[1]);
}
