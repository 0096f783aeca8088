/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* arithmetic.c - numbers, times and durations computed, texts and lists joined. Overflow is an error. */
#include <math.h>

#include "cel/value/value.h"

#define LIST_MAX 1000000 /* elements */

#define BINARY(name) static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static struct cel_value overflow(enum cel_kind kind)
{
    return cel_error_text(kind == CEL_INT         ? "integer overflow"
                          : kind == CEL_UINT      ? "unsigned integer overflow"
                          : kind == CEL_TIMESTAMP ? "timestamp overflow"
                                                  : "duration overflow");
}

BINARY(add)
{
    struct cel_value value = { .kind = args[0].kind };
    auto_buffer struct buffer text = { .max = CEL_REQUEST_SIZE_MAX * 4 };

    (void)count;
    switch (args[0].kind) {
    case CEL_INT:
        return __builtin_add_overflow(args[0].integer, args[1].integer, &value.integer) ? overflow(CEL_INT) : value;
    case CEL_UINT:
        return __builtin_add_overflow(args[0].uinteger, args[1].uinteger, &value.uinteger) ? overflow(CEL_UINT) : value;
    case CEL_DOUBLE:
        return cel_value_double(args[0].number + args[1].number);
    case CEL_LIST:
        if (cel_list_size(&args[0]) + cel_list_size(&args[1]) > LIST_MAX)
            state->stopped = true; /* costs do not count how long lists become */
        return state->stopped ? args[0] : cel_list_add(state->arena, &args[0], &args[1]);
    default:
        buffer_append_str(&text, args[0].text);
        buffer_append_str(&text, args[1].text);
        value = cel_string_copy(state->arena, &text);
        if (!cel_is_error(&value))
            value.kind = args[0].kind;
        return value;
    }
}

BINARY(add_times)
{
    __int128 sum = cel_nanoseconds(&args[0]) + cel_nanoseconds(&args[1]);
    bool timestamp = args[0].kind == CEL_TIMESTAMP || args[1].kind == CEL_TIMESTAMP;
    struct cel_value value;

    (void)state;
    (void)count;
    if (timestamp)
        return cel_timestamp_make(sum, &value) ? value : overflow(CEL_TIMESTAMP);
    return cel_duration_make(sum, &value) ? value : overflow(CEL_INT);
}

BINARY(subtract_times)
{
    __int128 difference = cel_nanoseconds(&args[0]) - cel_nanoseconds(&args[1]);
    struct cel_value value;

    (void)state;
    (void)count;
    if (args[0].kind == CEL_TIMESTAMP && args[1].kind == CEL_DURATION)
        return cel_timestamp_make(difference, &value) ? value : overflow(CEL_TIMESTAMP);
    return cel_duration_make(difference, &value) ? value : overflow(CEL_INT);
}

BINARY(subtract)
{
    struct cel_value value = { .kind = args[0].kind };

    (void)state;
    (void)count;
    switch (args[0].kind) {
    case CEL_INT:
        return __builtin_sub_overflow(args[0].integer, args[1].integer, &value.integer) ? overflow(CEL_INT) : value;
    case CEL_UINT:
        return __builtin_sub_overflow(args[0].uinteger, args[1].uinteger, &value.uinteger) ? overflow(CEL_UINT) : value;
    default:
        return cel_value_double(args[0].number - args[1].number);
    }
}

BINARY(multiply)
{
    struct cel_value value = { .kind = args[0].kind };

    (void)state;
    (void)count;
    switch (args[0].kind) {
    case CEL_INT:
        return __builtin_mul_overflow(args[0].integer, args[1].integer, &value.integer) ? overflow(CEL_INT) : value;
    case CEL_UINT:
        return __builtin_mul_overflow(args[0].uinteger, args[1].uinteger, &value.uinteger) ? overflow(CEL_UINT) : value;
    default:
        return cel_value_double(args[0].number * args[1].number);
    }
}

BINARY(divide)
{
    (void)state;
    (void)count;
    if (args[0].kind == CEL_DOUBLE)
        return cel_value_double(args[0].number / args[1].number);
    if (args[1].integer == 0)
        return cel_error_text("division by zero");
    if (args[0].kind == CEL_UINT)
        return cel_value_uint(args[0].uinteger / args[1].uinteger);
    if (args[0].integer == INT64_MIN && args[1].integer == -1)
        return overflow(CEL_INT);
    return cel_value_int(args[0].integer / args[1].integer);
}

BINARY(modulo)
{
    (void)state;
    (void)count;
    if (args[1].integer == 0)
        return cel_error_text("modulus by zero");
    if (args[0].kind == CEL_UINT)
        return cel_value_uint(args[0].uinteger % args[1].uinteger);
    if (args[0].integer == INT64_MIN && args[1].integer == -1)
        return overflow(CEL_INT);
    return cel_value_int(args[0].integer % args[1].integer);
}

BINARY(negate)
{
    (void)state;
    (void)count;
    if (args[0].kind == CEL_DOUBLE)
        return cel_value_double(-args[0].number);
    return args[0].integer == INT64_MIN ? overflow(CEL_INT) : cel_value_int(-args[0].integer);
}

struct cel_functions cel_arithmetic(void)
{
    static const struct cel_overload rows[] = {
        { "_+_", "yy:y", add, CEL_COST_ADD_TEXT, 0, 0 },
        { "_+_", "dd:d", add, CEL_COST_UNIT, 0, 0 },
        { "_+_", "DD:D", add_times, CEL_COST_UNIT, 0, 0 },
        { "_+_", "Dt:t", add_times, CEL_COST_UNIT, 0, 0 },
        { "_+_", "tD:t", add_times, CEL_COST_UNIT, 0, 0 },
        { "_+_", "ii:i", add, CEL_COST_UNIT, 0, 0 },
        { "_+_", "LALA:LA", add, CEL_COST_ADD_LIST, 0, 0 },
        { "_+_", "ss:s", add, CEL_COST_ADD_TEXT, 0, 0 },
        { "_+_", "uu:u", add, CEL_COST_UNIT, 0, 0 },
        { "_-_", "dd:d", subtract, CEL_COST_UNIT, 0, 0 },
        { "_-_", "DD:D", subtract_times, CEL_COST_UNIT, 0, 0 },
        { "_-_", "ii:i", subtract, CEL_COST_UNIT, 0, 0 },
        { "_-_", "tD:t", subtract_times, CEL_COST_UNIT, 0, 0 },
        { "_-_", "tt:D", subtract_times, CEL_COST_UNIT, 0, 0 },
        { "_-_", "uu:u", subtract, CEL_COST_UNIT, 0, 0 },
        { "_*_", "dd:d", multiply, CEL_COST_UNIT, 0, 0 },
        { "_*_", "ii:i", multiply, CEL_COST_UNIT, 0, 0 },
        { "_*_", "uu:u", multiply, CEL_COST_UNIT, 0, 0 },
        { "_/_", "dd:d", divide, CEL_COST_UNIT, 0, 0 },
        { "_/_", "ii:i", divide, CEL_COST_UNIT, 0, 0 },
        { "_/_", "uu:u", divide, CEL_COST_UNIT, 0, 0 },
        { "_%_", "ii:i", modulo, CEL_COST_UNIT, 0, 0 },
        { "_%_", "uu:u", modulo, CEL_COST_UNIT, 0, 0 },
        { "-_", "d:d", negate, CEL_COST_UNIT, 0, 0 },
        { "-_", "i:i", negate, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
