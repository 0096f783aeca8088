/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* sets.c - lists as sets. Each element is compared with each: costly pairs are refused before the work is done. */
#include "cel/value/value.h"

/* Too much to do within the limit: says so as the cost would, afterwards. */
static bool too_costly(struct cel_state *state, const struct cel_value *args)
{
    double product = (double)cel_list_size(&args[0]) * (double)cel_list_size(&args[1]);

    if (product > (double)state->limit)
        state->stopped = true;
    return state->stopped;
}

static bool contains_all(struct cel_state *state, const struct cel_value *list, const struct cel_value *part)
{
    struct cel_list_reader reader;
    struct cel_value element;

    cel_list_read(part, &reader);
    while (cel_list_next(&reader, &element))
        if (!cel_list_contains(list, &element, &state->work))
            return false;
    return true;
}

static struct cel_value sets_contains(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_bool(!too_costly(state, args) && contains_all(state, &args[0], &args[1]));
}

static struct cel_value sets_equivalent(struct cel_state *state, const struct cel_value *args, size_t count)
{
    (void)count;
    return cel_value_bool(!too_costly(state, args) && contains_all(state, &args[0], &args[1]) &&
                          contains_all(state, &args[1], &args[0]));
}

static struct cel_value sets_intersects(struct cel_state *state, const struct cel_value *args, size_t count)
{
    struct cel_list_reader reader;
    struct cel_value element;

    (void)count;
    if (too_costly(state, args))
        return cel_value_bool(false);
    cel_list_read(&args[0], &reader);
    while (cel_list_next(&reader, &element))
        if (cel_list_contains(&args[1], &element, &state->work))
            return cel_value_bool(true);
    return cel_value_bool(false);
}

struct cel_functions cel_sets(void)
{
    static const struct cel_overload rows[] = {
        { "sets.contains", "LTLT:b", sets_contains, CEL_COST_SETS, 0, 0 },
        { "sets.equivalent", "LTLT:b", sets_equivalent, CEL_COST_SETS_TWICE, 0, 0 },
        { "sets.intersects", "LTLT:b", sets_intersects, CEL_COST_SETS, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
