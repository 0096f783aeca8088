/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* quantities.c - kubernetes.Quantity. */
#include "api/value/quantity.h"

#include "cel/check/infer.h"
#include "cel/value/value.h"

#define QUANTITY_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static const struct quantity *quantity_of_value(const struct cel_value *value)
{
    return value->opaque;
}

static struct cel_value quantity_make(struct arena *arena, const struct quantity *quantity)
{
    struct quantity *made = arena_new(arena, struct quantity);

    *made = *quantity;
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_QUANTITY, .opaque = made };
}

const struct cel_type *cel_type_quantity(void)
{
    return cel_type_opaque(CEL_OPAQUE_QUANTITY);
}

QUANTITY_FUNCTION(quantity)
{
    struct quantity parsed;
    struct error err = { 0 };

    (void)count;
    if (quantity_parse(args[0].text, &parsed, &err) != 0)
        return cel_value_error(state->arena, "%s", err.message);
    return quantity_make(state->arena, &parsed);
}

QUANTITY_FUNCTION(is_quantity)
{
    struct quantity parsed;

    (void)state;
    (void)count;
    return cel_value_bool(quantity_parse(args[0].text, &parsed, NULL) == 0);
}

QUANTITY_FUNCTION(sign)
{
    (void)state;
    (void)count;
    return cel_value_int(quantity_sign(quantity_of_value(&args[0])));
}

static int compare(const struct cel_value *args)
{
    return quantity_compare(quantity_of_value(&args[0]), quantity_of_value(&args[1]));
}

QUANTITY_FUNCTION(is_greater_than)
{
    (void)state;
    (void)count;
    return cel_value_bool(compare(args) > 0);
}

QUANTITY_FUNCTION(is_less_than)
{
    (void)state;
    (void)count;
    return cel_value_bool(compare(args) < 0);
}

QUANTITY_FUNCTION(compare_to)
{
    (void)state;
    (void)count;
    return cel_value_int(compare(args));
}

QUANTITY_FUNCTION(as_approximate_float)
{
    (void)state;
    (void)count;
    return cel_value_double(quantity_double(quantity_of_value(&args[0])));
}

QUANTITY_FUNCTION(as_integer)
{
    (void)state;
    (void)count;
    if (!quantity_is_integer(quantity_of_value(&args[0])))
        return cel_error_text("cannot convert value to integer");
    return cel_value_int(quantity_value(quantity_of_value(&args[0])));
}

QUANTITY_FUNCTION(is_integer)
{
    (void)state;
    (void)count;
    return cel_value_bool(quantity_is_integer(quantity_of_value(&args[0])));
}

/* The second one may be a number. */
static struct quantity operand(const struct cel_value *value)
{
    return value->kind == CEL_INT ? quantity_of(value->integer, QUANTITY_DECIMAL_EXPONENT) : *quantity_of_value(value);
}

QUANTITY_FUNCTION(add)
{
    struct quantity sum = *quantity_of_value(&args[0]), other = operand(&args[1]);

    (void)count;
    quantity_add(&sum, &other);
    return quantity_make(state->arena, &sum);
}

QUANTITY_FUNCTION(sub)
{
    struct quantity difference = *quantity_of_value(&args[0]), other = operand(&args[1]);

    (void)count;
    quantity_sub(&difference, &other);
    return quantity_make(state->arena, &difference);
}

struct cel_functions cel_quantities(void)
{
    static const struct cel_overload rows[] = {
        { "quantity", "s:Q", quantity, CEL_COST_PARSE, 0, 0 },
        { "isQuantity", "s:b", is_quantity, CEL_COST_PARSE, 0, 0 },
        { "sign", "Q:i", sign, CEL_COST_UNIT, 0, 0 },
        { "isGreaterThan", "Q.Q:b", is_greater_than, CEL_COST_UNIT, 0, 0 },
        { "isLessThan", "Q.Q:b", is_less_than, CEL_COST_UNIT, 0, 0 },
        { "compareTo", "Q.Q:i", compare_to, CEL_COST_UNIT, 0, 0 },
        { "asApproximateFloat", "Q.:d", as_approximate_float, CEL_COST_UNIT, 0, 0 },
        { "asInteger", "Q.:i", as_integer, CEL_COST_UNIT, 0, 0 },
        { "isInteger", "Q.:b", is_integer, CEL_COST_UNIT, 0, 0 },
        { "add", "Q.Q:Q", add, CEL_COST_UNIT, 0, 0 },
        { "add", "Q.i:Q", add, CEL_COST_UNIT, 0, 0 },
        { "sub", "Q.Q:Q", sub, CEL_COST_UNIT, 0, 0 },
        { "sub", "Q.i:Q", sub, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
