/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* quantities.c - kubernetes.Quantity. */
#include "api/value/quantity.h"

#include "cel/check/infer.h"
#include "cel/value/value.h"

#define QUANTITY_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

/* Upstream's amounts have two forms, and only short ones count as integers. */
struct made_quantity {
    struct quantity amount;
    bool is_long;
};

static const struct quantity *quantity_of_value(const struct cel_value *value)
{
    return &((const struct made_quantity *)value->opaque)->amount;
}

static bool is_long(const struct cel_value *value)
{
    return ((const struct made_quantity *)value->opaque)->is_long;
}

/* Digits that 18 places hold, and with a binary suffix so few that with it they fit into 15. */
static bool is_written_long(struct str text)
{
    size_t at = text.size > 0 && (text.data[0] == '+' || text.data[0] == '-') ? 1 : 0, digits = 0, behind = 0;
    bool point = false;
    static const char suffixes[] = "KMGTPE";
    const char *suffix;

    while (at < text.size && text.data[at] == '0')
        at++;
    for (; at < text.size && (text.data[at] == '.' || (text.data[at] >= '0' && text.data[at] <= '9')); at++) {
        point |= text.data[at] == '.';
        digits += text.data[at] != '.';
        behind += point && text.data[at] != '.';
    }
    if (text.size - at != 2 || text.data[at + 1] != 'i' || (suffix = strchr(suffixes, text.data[at])) == NULL)
        return digits > 18;
    return behind > 0 || digits + (size_t)((double)((suffix - suffixes + 1) * 10) * 3 / 10) + 1 > 15;
}

static struct cel_value quantity_make(struct arena *arena, const struct quantity *quantity, bool written_long)
{
    struct made_quantity *made = arena_new(arena, struct made_quantity);

    made->amount = *quantity;
    made->is_long = written_long;
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
    return quantity_make(state->arena, &parsed, is_written_long(args[0].text));
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
    if (is_long(&args[0]) || !quantity_is_integer(quantity_of_value(&args[0])))
        return cel_error_text("cannot convert value to integer");
    return cel_value_int(quantity_value(quantity_of_value(&args[0])));
}

QUANTITY_FUNCTION(is_integer)
{
    (void)state;
    (void)count;
    return cel_value_bool(!is_long(&args[0]) && quantity_is_integer(quantity_of_value(&args[0])));
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
    return quantity_make(state->arena, &sum, is_long(&args[0]) || (args[1].kind == CEL_OPAQUE && is_long(&args[1])));
}

QUANTITY_FUNCTION(sub)
{
    struct quantity difference = *quantity_of_value(&args[0]), other = operand(&args[1]);

    (void)count;
    quantity_sub(&difference, &other);
    return quantity_make(state->arena, &difference,
                         is_long(&args[0]) || (args[1].kind == CEL_OPAQUE && is_long(&args[1])));
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
