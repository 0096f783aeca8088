/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conversions.c - int(), uint(), double(), string(), bytes(), bool(), timestamp(), duration(). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text/utf8.h"
#include "cel/value/value.h"
#include "codec/decimal.h"

/* The shortest text that reads back as the same number, as Go's 'g' without a fixed precision has it. */
void cel_double_format(double number, struct buffer *out)
{
    struct decimal decimal;

    if (isnan(number) || isinf(number)) {
        buffer_append_text(out, isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
        return;
    }
    decimal = decimal_of(number);
    if (decimal.exponent < -4 || decimal.exponent >= 21) /* Go's %g switches at 21 when the precision is the shortest */
        decimal_append_scientific(&decimal, 2, out);
    else
        decimal_append_plain(&decimal, out);
}

static bool text_to_double(struct str text, double *ret_number)
{
    char space[400], *end;

    if (text.size == 0 || text.size >= sizeof(space) || (uint8_t)text.data[0] <= ' ')
        return false;
    memcpy(space, text.data, text.size);
    space[text.size] = '\0';
    errno = 0;
    *ret_number = strtod(space, &end);
    return *end == '\0' && end == space + text.size && !(errno == ERANGE && fabs(*ret_number) > 1);
}

static struct cel_value to_int(struct cel_state *state, const struct cel_value *args, size_t count)
{
    const struct cel_value *from = &args[0];
    int64_t integer;
    struct str text;

    (void)state;
    (void)count;
    switch (from->kind) {
    case CEL_UINT:
        return from->uinteger > INT64_MAX ? cel_error_text("integer overflow") : cel_value_int(from->integer);
    case CEL_DOUBLE:
        if (isnan(from->number) || from->number <= -9223372036854775808.0 || from->number >= 9223372036854775808.0)
            return cel_error_text("integer overflow");
        return cel_value_int((int64_t)from->number);
    case CEL_DURATION:
        return cel_value_int((int64_t)cel_nanoseconds(from));
    case CEL_TIMESTAMP:
        return cel_value_int(from->integer);
    case CEL_STRING:
        text = from->text;
        if (str_starts(text, STR("+")) && text.size > 1 && text.data[1] != '-')
            text = str_skip(text, 1);
        if (str_to_int64(text, &integer))
            return cel_value_int(integer);
        return cel_error_text("type conversion error from 'string' to 'int'");
    default:
        return *from;
    }
}

static struct cel_value to_uint(struct cel_state *state, const struct cel_value *args, size_t count)
{
    const struct cel_value *from = &args[0];
    uint64_t uinteger;

    (void)state;
    (void)count;
    switch (from->kind) {
    case CEL_INT:
        return from->integer < 0 ? cel_error_text("unsigned integer overflow") : cel_value_uint(from->uinteger);
    case CEL_DOUBLE:
        if (isnan(from->number) || from->number < 0 || from->number >= 18446744073709551616.0)
            return cel_error_text("unsigned integer overflow");
        return cel_value_uint((uint64_t)from->number);
    case CEL_STRING:
        if (str_to_uint64(from->text, &uinteger))
            return cel_value_uint(uinteger);
        return cel_error_text("type conversion error from 'string' to 'uint'");
    default:
        return *from;
    }
}

static struct cel_value to_double(struct cel_state *state, const struct cel_value *args, size_t count)
{
    const struct cel_value *from = &args[0];
    double number;

    (void)state;
    (void)count;
    switch (from->kind) {
    case CEL_INT:
        return cel_value_double((double)from->integer);
    case CEL_UINT:
        return cel_value_double((double)from->uinteger);
    case CEL_STRING:
        if (text_to_double(from->text, &number))
            return cel_value_double(number);
        return cel_error_text("type conversion error from 'string' to 'double'");
    default:
        return *from;
    }
}

static struct cel_value to_string(struct cel_state *state, const struct cel_value *args, size_t count)
{
    const struct cel_value *from = &args[0];
    auto_buffer struct buffer out = { .max = 512 };

    (void)count;
    switch (from->kind) {
    case CEL_BOOL:
        return cel_value_string(from->boolean ? STR("true") : STR("false"));
    case CEL_INT:
        buffer_append_int64(&out, from->integer);
        break;
    case CEL_UINT:
        buffer_append_uint64(&out, from->uinteger);
        break;
    case CEL_DOUBLE:
        cel_double_format(from->number, &out);
        break;
    case CEL_BYTES:
        return utf8_valid(from->text) ? cel_value_string(from->text)
                                      : cel_error_text("invalid UTF-8 in bytes, cannot convert to string");
    case CEL_TIMESTAMP:
        cel_timestamp_format(from, &out);
        break;
    case CEL_DURATION:
        cel_duration_format(from, &out);
        break;
    default:
        return *from;
    }
    return cel_string_copy(state->arena, &out);
}

static struct cel_value to_bytes(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return cel_value_bytes(args[0].text);
}

static struct cel_value to_bool(struct cel_state *state, const struct cel_value *args, size_t count)
{
    static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
    static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

    (void)state;
    (void)count;
    if (args[0].kind == CEL_BOOL)
        return args[0];
    for (size_t i = 0; i < countof(yes); i++) {
        if (str_is(args[0].text, yes[i]))
            return cel_value_bool(true);
        if (str_is(args[0].text, no[i]))
            return cel_value_bool(false);
    }
    return cel_error_text("type conversion error from 'string' to 'bool'");
}

static struct cel_value to_timestamp(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value value;

    (void)state;
    (void)count;
    if (args[0].kind == CEL_TIMESTAMP)
        return args[0];
    if (args[0].kind == CEL_INT)
        return cel_timestamp_make((__int128)args[0].integer * 1000000000, &value)
                   ? value
                   : cel_error_text("timestamp overflow");
    if (cel_timestamp_parse(args[0].text, &value))
        return value;
    return cel_error_text("type conversion error from 'string' to 'google.protobuf.Timestamp'");
}

static struct cel_value to_duration(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value value;

    (void)state;
    (void)count;
    if (args[0].kind == CEL_INT)
        return cel_duration_make(args[0].integer, &value) ? value : cel_error_text("duration overflow");
    if (args[0].kind == CEL_DURATION || cel_duration_parse(args[0].text, &value))
        return args[0].kind == CEL_DURATION ? args[0] : value;
    return cel_error_text("type conversion error from 'string' to 'google.protobuf.Duration'");
}

struct cel_functions cel_conversions(void)
{
    static const struct cel_overload rows[] = {
        { "bool", "b:b", to_bool, CEL_COST_UNIT, 0, 0 },
        { "bool", "s:b", to_bool, CEL_COST_UNIT, 0, 0 },
        { "bytes", "y:y", to_bytes, CEL_COST_UNIT, 0, 0 },
        { "bytes", "s:y", to_bytes, CEL_COST_TO_BYTES, 0, 0 },
        { "double", "d:d", to_double, CEL_COST_UNIT, 0, 0 },
        { "double", "i:d", to_double, CEL_COST_UNIT, 0, 0 },
        { "double", "s:d", to_double, CEL_COST_UNIT, 0, 0 },
        { "double", "u:d", to_double, CEL_COST_UNIT, 0, 0 },
        { "duration", "D:D", to_duration, CEL_COST_UNIT, 0, 0 },
        { "duration", "i:D", to_duration, CEL_COST_UNIT, 0, 0 },
        { "duration", "s:D", to_duration, CEL_COST_UNIT, 0, 0 },
        { "int", "i:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "int", "d:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "int", "D:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "int", "s:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "int", "t:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "int", "u:i", to_int, CEL_COST_UNIT, 0, 0 },
        { "string", "s:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "b:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "y:s", to_string, CEL_COST_TO_STRING, 0, 0 },
        { "string", "d:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "D:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "i:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "t:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "string", "u:s", to_string, CEL_COST_UNIT, 0, 0 },
        { "timestamp", "t:t", to_timestamp, CEL_COST_UNIT, 0, 0 },
        { "timestamp", "i:t", to_timestamp, CEL_COST_UNIT, 0, 0 },
        { "timestamp", "s:t", to_timestamp, CEL_COST_UNIT, 0, 0 },
        { "uint", "u:u", to_uint, CEL_COST_UNIT, 0, 0 },
        { "uint", "d:u", to_uint, CEL_COST_UNIT, 0, 0 },
        { "uint", "i:u", to_uint, CEL_COST_UNIT, 0, 0 },
        { "uint", "s:u", to_uint, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
