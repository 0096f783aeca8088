/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* optionals.c - values that may be there or not. */
#include "cel/value/value.h"

static struct cel_value optional_of(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_optional(state->arena, &args[0]);
}

static struct cel_value optional_of_non_zero(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_optional(state->arena, cel_value_zero(&args[0]) ? NULL : &args[0]);
}

static struct cel_value optional_none(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)args;
    (void)count;
    return cel_value_optional(state->arena, NULL);
}

static struct cel_value optional_value(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return args[0].optional == NULL ? cel_error_text("optional.none() dereference") : *args[0].optional;
}

static struct cel_value optional_has_value(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return cel_value_bool(args[0].optional != NULL);
}

static struct cel_value optional_unwrap(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value list = cel_list_new(state->arena, 0), element;
    struct cel_list_reader reader;

    (void)count;
    cel_list_read(&args[0], &reader);
    while (cel_list_next(&reader, &element)) {
        if (element.kind != CEL_OPTIONAL)
            return cel_error_text("value is not optional");
        if (element.optional != NULL)
            cel_list_push(state->arena, &list, *element.optional);
    }
    return list;
}

struct cel_functions cel_optionals(void)
{
    static const struct cel_overload rows[] = {
        { "optional.of", "A:OA", optional_of, CEL_COST_UNIT, 0, 0 },
        { "optional.ofNonZeroValue", "A:OA", optional_of_non_zero, CEL_COST_UNIT, 0, 0 },
        { "optional.none", ":OA", optional_none, CEL_COST_UNIT, 0, 0 },
        { "value", "OA.:A", optional_value, CEL_COST_UNIT, 0, 0 },
        { "hasValue", "OA.:b", optional_has_value, CEL_COST_UNIT, 0, 0 },
        { "or", "OA.OA:OA", NULL, CEL_COST_OPTIONAL, CEL_OPERATOR_OR_OPTIONAL, 0 },
        { "orValue", "OA.A:A", NULL, CEL_COST_OPTIONAL, CEL_OPERATOR_OR_VALUE, 0 },
        { "optional.unwrap", "LOA:LA", optional_unwrap, CEL_COST_UNIT, 0, 0 },
        { "unwrapOpt", "LOA.:LA", optional_unwrap, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
