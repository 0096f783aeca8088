/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* math.c - the math extension; no part of what Kubernetes gives to every expression. */
#include <math.h>

#include "cel/value/value.h"

#define MATH_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static struct cel_value extreme(const struct cel_value *args, size_t count, int wanted)
{
    struct cel_value best = args[0];
    int order;

    for (size_t i = 1; i < count; i++)
        if (cel_value_compare(&args[i], &best, &order) && order == wanted)
            best = args[i];
    return best;
}

/* Of a list, where there are more numbers than arguments. */
static struct cel_value extreme_of_list(const struct cel_value *list, int wanted)
{
    struct cel_list_reader reader;
    struct cel_value best, element;
    int order;

    cel_list_read(list, &reader);
    if (!cel_list_next(&reader, &best))
        return cel_error_text("math.@min(list) argument must not be empty");
    while (cel_list_next(&reader, &element)) {
        if (!cel_value_compare(&element, &best, &order))
            return cel_no_overload();
        if (order == wanted)
            best = element;
    }
    return best;
}

MATH_FUNCTION(greatest)
{
    (void)state;
    return args[0].kind == CEL_LIST ? extreme_of_list(&args[0], 1) : extreme(args, count, 1);
}

MATH_FUNCTION(least)
{
    (void)state;
    return args[0].kind == CEL_LIST ? extreme_of_list(&args[0], -1) : extreme(args, count, -1);
}

#define DOUBLE_FUNCTION(name, result) \
    MATH_FUNCTION(name)               \
    {                                 \
        double x = args[0].number;    \
        (void)state;                  \
        (void)count;                  \
        return (result);              \
    }
DOUBLE_FUNCTION(ceil_of, cel_value_double(ceil(x)))
DOUBLE_FUNCTION(floor_of, cel_value_double(floor(x)))
DOUBLE_FUNCTION(round_of, cel_value_double(round(x)))
DOUBLE_FUNCTION(trunc_of, cel_value_double(trunc(x)))
DOUBLE_FUNCTION(is_inf, cel_value_bool(isinf(x) != 0))
DOUBLE_FUNCTION(is_nan, cel_value_bool(isnan(x) != 0))
DOUBLE_FUNCTION(is_finite, cel_value_bool(isfinite(x) != 0))

MATH_FUNCTION(absolute)
{
    (void)state;
    (void)count;
    if (args[0].kind == CEL_DOUBLE)
        return cel_value_double(fabs(args[0].number));
    if (args[0].kind == CEL_UINT || args[0].integer >= 0)
        return args[0];
    return args[0].integer == INT64_MIN ? cel_error_text("integer overflow") : cel_value_int(-args[0].integer);
}

MATH_FUNCTION(sign)
{
    (void)state;
    (void)count;
    if (args[0].kind == CEL_DOUBLE)
        return isnan(args[0].number) ? args[0] : cel_value_double((args[0].number > 0) - (args[0].number < 0));
    if (args[0].kind == CEL_UINT)
        return cel_value_uint(args[0].uinteger > 0);
    return cel_value_int((args[0].integer > 0) - (args[0].integer < 0));
}

MATH_FUNCTION(square_root)
{
    double x = args[0].kind == CEL_DOUBLE ? args[0].number
               : args[0].kind == CEL_INT  ? (double)args[0].integer
                                          : (double)args[0].uinteger;

    (void)state;
    (void)count;
    return cel_value_double(sqrt(x));
}

#define BIT_FUNCTION(name, expression)                     \
    MATH_FUNCTION(name)                                    \
    {                                                      \
        struct cel_value value = { .kind = args[0].kind }; \
        (void)state;                                       \
        (void)count;                                       \
        value.uinteger = (expression);                     \
        return value;                                      \
    }
BIT_FUNCTION(bit_and, args[0].uinteger &args[1].uinteger)
BIT_FUNCTION(bit_or, args[0].uinteger | args[1].uinteger)
BIT_FUNCTION(bit_xor, args[0].uinteger ^ args[1].uinteger)
BIT_FUNCTION(bit_not, ~args[0].uinteger)

static struct cel_value shift(const struct cel_value *args, bool left)
{
    struct cel_value value = { .kind = args[0].kind };

    if (args[1].integer < 0)
        return cel_error_text(left ? "math.bitShiftLeft() negative offset" : "math.bitShiftRight() negative offset");
    if (args[1].integer < 64)
        value.uinteger = left ? args[0].uinteger << args[1].integer : args[0].uinteger >> args[1].integer;
    return value;
}

MATH_FUNCTION(bit_shift_left)
{
    (void)state;
    (void)count;
    return shift(args, true);
}

MATH_FUNCTION(bit_shift_right)
{
    (void)state;
    (void)count;
    return shift(args, false);
}

#define MATH_ROW(name, signature, function)                           \
    {                                                                 \
        name, signature, function, CEL_COST_UNIT, 0, CEL_LIBRARY_MATH \
    }

/* Numbers of one or of different kinds. */
#define EXTREME_ROWS(name, function)                                                                              \
    MATH_ROW(name, "i:i", function), MATH_ROW(name, "u:u", function), MATH_ROW(name, "d:d", function),            \
        MATH_ROW(name, "ii:i", function), MATH_ROW(name, "uu:u", function), MATH_ROW(name, "dd:d", function),     \
        MATH_ROW(name, "iu:*", function), MATH_ROW(name, "id:*", function), MATH_ROW(name, "ui:*", function),     \
        MATH_ROW(name, "ud:*", function), MATH_ROW(name, "di:*", function), MATH_ROW(name, "du:*", function),     \
        MATH_ROW(name, "iii:i", function), MATH_ROW(name, "uuu:u", function), MATH_ROW(name, "ddd:d", function),  \
        MATH_ROW(name, "iiii:i", function), MATH_ROW(name, "dddd:d", function), MATH_ROW(name, "Li:i", function), \
        MATH_ROW(name, "Lu:u", function), MATH_ROW(name, "Ld:d", function)

struct cel_functions cel_math(void)
{
    static const struct cel_overload rows[] = {
        EXTREME_ROWS("math.greatest", greatest),
        EXTREME_ROWS("math.least", least),
        MATH_ROW("math.ceil", "d:d", ceil_of),
        MATH_ROW("math.floor", "d:d", floor_of),
        MATH_ROW("math.round", "d:d", round_of),
        MATH_ROW("math.trunc", "d:d", trunc_of),
        MATH_ROW("math.isInf", "d:b", is_inf),
        MATH_ROW("math.isNaN", "d:b", is_nan),
        MATH_ROW("math.isFinite", "d:b", is_finite),
        MATH_ROW("math.abs", "d:d", absolute),
        MATH_ROW("math.abs", "i:i", absolute),
        MATH_ROW("math.abs", "u:u", absolute),
        MATH_ROW("math.sign", "d:d", sign),
        MATH_ROW("math.sign", "i:i", sign),
        MATH_ROW("math.sign", "u:u", sign),
        MATH_ROW("math.sqrt", "d:d", square_root),
        MATH_ROW("math.sqrt", "i:d", square_root),
        MATH_ROW("math.sqrt", "u:d", square_root),
        MATH_ROW("math.bitAnd", "ii:i", bit_and),
        MATH_ROW("math.bitAnd", "uu:u", bit_and),
        MATH_ROW("math.bitOr", "ii:i", bit_or),
        MATH_ROW("math.bitOr", "uu:u", bit_or),
        MATH_ROW("math.bitXor", "ii:i", bit_xor),
        MATH_ROW("math.bitXor", "uu:u", bit_xor),
        MATH_ROW("math.bitNot", "i:i", bit_not),
        MATH_ROW("math.bitNot", "u:u", bit_not),
        MATH_ROW("math.bitShiftLeft", "ii:i", bit_shift_left),
        MATH_ROW("math.bitShiftLeft", "ui:u", bit_shift_left),
        MATH_ROW("math.bitShiftRight", "ii:i", bit_shift_right),
        MATH_ROW("math.bitShiftRight", "ui:u", bit_shift_right),
    };

    return (struct cel_functions){ rows, countof(rows) };
}
