/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* operators.c - logic, equality, order, membership, and the operators that the evaluator does itself. */
#include "cel/value/index.h"
#include "cel/value/value.h"

static struct cel_value op_not(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return cel_value_bool(!args[0].boolean);
}

static struct cel_value op_equal(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    if (args[0].kind == CEL_OPAQUE && (args[1].kind != CEL_OPAQUE || args[1].form != args[0].form))
        return cel_no_overload(); /* libraries' types compare with their own alone; not so inside of lists, nor by != */
    return cel_value_bool(cel_equal(&args[0], &args[1], &state->work));
}

static struct cel_value op_not_equal(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_bool(!cel_equal(&args[0], &args[1], &state->work));
}

/* Order 2: one of them is NaN. */
#define ORDER_FUNCTION(name, condition)                                                                 \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)   \
    {                                                                                                   \
        int order;                                                                                      \
        (void)state;                                                                                    \
        (void)count;                                                                                    \
        if (!cel_value_compare(&args[0], &args[1], &order))                                             \
            return cel_no_overload();                                                                   \
        return order == 2 ? cel_error_text("NaN values cannot be ordered") : cel_value_bool(condition); \
    }
ORDER_FUNCTION(op_less, order == -1)
ORDER_FUNCTION(op_less_equal, order == -1 || order == 0)
ORDER_FUNCTION(op_greater, order == 1)
ORDER_FUNCTION(op_greater_equal, order == 1 || order == 0)

static struct cel_value op_in_list(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_bool(cel_list_contains(&args[1], &args[0], &state->work));
}

static struct cel_value op_in_map(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_value found;

    (void)count;
    return cel_value_bool(cel_index_find(state, &args[1], &args[0], &found));
}

static struct cel_value fn_type(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return (struct cel_value){ .kind = CEL_TYPE, .of = cel_value_type(&args[0]) };
}

static struct cel_value fn_same(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return args[0];
}

static struct cel_value fn_size(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)state;
    (void)count;
    return cel_value_int((int64_t)cel_value_size(&args[0]));
}

static struct cel_value fn_map_insert(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_map_reader reader;
    struct cel_value map = args[0], key, value;

    if (count == 3)
        return cel_map_insert(state->arena, &args[0], &args[1], &args[2]);
    cel_map_read(&args[1], &reader);
    while (cel_map_next(&reader, &key, &value) && !cel_is_error(&map))
        map = cel_map_insert(state->arena, &map, &key, &value);
    return map;
}

/* Order between kinds: of one kind, and between numbers of different ones. */
#define ORDER_ROWS(name, function)                                                                              \
    { name, "bb:b", function, CEL_COST_UNIT, 0, 0 }, { name, "ii:b", function, CEL_COST_UNIT, 0, 0 },           \
        { name, "id:b", function, CEL_COST_UNIT, 0, 0 }, { name, "iu:b", function, CEL_COST_UNIT, 0, 0 },       \
        { name, "uu:b", function, CEL_COST_UNIT, 0, 0 }, { name, "ud:b", function, CEL_COST_UNIT, 0, 0 },       \
        { name, "ui:b", function, CEL_COST_UNIT, 0, 0 }, { name, "dd:b", function, CEL_COST_UNIT, 0, 0 },       \
        { name, "di:b", function, CEL_COST_UNIT, 0, 0 }, { name, "du:b", function, CEL_COST_UNIT, 0, 0 },       \
        { name, "ss:b", function, CEL_COST_COMPARE, 0, 0 }, { name, "yy:b", function, CEL_COST_COMPARE, 0, 0 }, \
        { name, "tt:b", function, CEL_COST_UNIT, 0, 0 },                                                        \
    {                                                                                                           \
        name, "DD:b", function, CEL_COST_UNIT, 0, 0                                                             \
    }

struct cel_functions cel_operators(void)
{
    static const struct cel_overload rows[] = {
        { CEL_OP_AND, "bb:b", NULL, CEL_COST_LOGICAL, CEL_OPERATOR_AND, 0 },
        { CEL_OP_OR, "bb:b", NULL, CEL_COST_LOGICAL, CEL_OPERATOR_OR, 0 },
        { CEL_OP_IF, "bAA:A", NULL, CEL_COST_IF, CEL_OPERATOR_IF, 0 },
        { "@not_strictly_false", "b:b", NULL, CEL_COST_UNIT, CEL_OPERATOR_NOT_STRICTLY_FALSE, 0 },
        { "!_", "b:b", op_not, CEL_COST_UNIT, 0, 0 },
        { "_==_", "AA:b", op_equal, CEL_COST_EQUAL, 0, 0 },
        { "_!=_", "AA:b", op_not_equal, CEL_COST_COMPARE, 0, 0 },
        ORDER_ROWS("_<_", op_less),
        ORDER_ROWS("_<=_", op_less_equal),
        ORDER_ROWS("_>_", op_greater),
        ORDER_ROWS("_>=_", op_greater_equal),
        { "@in", "ALA:b", op_in_list, CEL_COST_IN_LIST, 0, 0 },
        { "@in", "AMAB:b", op_in_map, CEL_COST_UNIT, 0, 0 },
        { CEL_OP_INDEX, "LAi:A", NULL, CEL_COST_INDEX_LIST, CEL_OPERATOR_INDEX, 0 },
        { CEL_OP_INDEX, "MABA:B", NULL, CEL_COST_INDEX_MAP, CEL_OPERATOR_INDEX, 0 },
        { CEL_OP_INDEX, "OLAi:OA", NULL, CEL_COST_UNIT, CEL_OPERATOR_INDEX, 0 },
        { CEL_OP_INDEX, "OMABA:OB", NULL, CEL_COST_UNIT, CEL_OPERATOR_INDEX, 0 },
        { CEL_OP_OPT_INDEX, "LAi:OA", NULL, CEL_COST_UNIT, CEL_OPERATOR_OPT_INDEX, 0 },
        { CEL_OP_OPT_INDEX, "OLAi:OA", NULL, CEL_COST_UNIT, CEL_OPERATOR_OPT_INDEX, 0 },
        { CEL_OP_OPT_INDEX, "MABA:OB", NULL, CEL_COST_UNIT, CEL_OPERATOR_OPT_INDEX, 0 },
        { CEL_OP_OPT_INDEX, "OMABA:OB", NULL, CEL_COST_UNIT, CEL_OPERATOR_OPT_INDEX, 0 },
        { "type", "A:YA", fn_type, CEL_COST_UNIT, 0, 0 },
        { "dyn", "A:*", fn_same, CEL_COST_DYN, 0, 0 },
        { "size", "y:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "y.:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "LA:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "LA.:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "MAB:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "MAB.:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "s:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "size", "s.:i", fn_size, CEL_COST_UNIT, 0, 0 },
        { "cel.@mapInsert", "MABAB:MAB", fn_map_insert, CEL_COST_UNIT, 0, 0 },
        { "cel.@mapInsert", "MABMAB:MAB", fn_map_insert, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
