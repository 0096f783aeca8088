/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lists.c - functions on lists: Kubernetes' own and the extension of the language, version 3. */
#include <stdlib.h>

#include "cel/value/value.h"

#define RANGE_MAX 1000000 /* elements; the cost limit is lower, but counted afterwards */

#define LIST_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

LIST_FUNCTION(is_sorted)
{
    struct cel_list_reader reader;
    struct cel_value before, element;
    int order;

    (void)state;
    (void)count;
    cel_list_read(&args[0], &reader);
    for (bool first = true; cel_list_next(&reader, &element); first = false) {
        if (cel_is_error(&element))
            return element;
        if (!first && !cel_value_compare(&before, &element, &order))
            return cel_no_overload();
        if (!first && order > 0)
            return cel_value_bool(false);
        before = element;
    }
    return cel_value_bool(true);
}

/* The zero of what is summed, by the type of the elements. */
static struct cel_value sum_of(const struct cel_value *list, struct cel_value sum)
{
    struct cel_list_reader reader;
    struct cel_value element;
    struct cel_value total = sum;
    __int128 nanoseconds;

    if (cel_list_size(list) > 0) { /* behind dyn() the elements say what is summed */
        element = cel_list_at(list, 0);
        if (element.kind == CEL_INT || element.kind == CEL_UINT || element.kind == CEL_DOUBLE ||
            element.kind == CEL_DURATION)
            total.kind = sum.kind = element.kind;
    }
    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element)) {
        if (element.kind != sum.kind)
            return cel_is_error(&element) ? element : cel_no_overload();
        switch (sum.kind) {
        case CEL_INT:
            if (__builtin_add_overflow(total.integer, element.integer, &total.integer))
                return cel_error_text("integer overflow");
            break;
        case CEL_UINT:
            if (__builtin_add_overflow(total.uinteger, element.uinteger, &total.uinteger))
                return cel_error_text("unsigned integer overflow");
            break;
        case CEL_DOUBLE:
            total.number += element.number;
            break;
        default:
            nanoseconds = cel_nanoseconds(&total) + cel_nanoseconds(&element);
            if (!cel_duration_make(nanoseconds, &total))
                return cel_error_text("duration overflow");
            break;
        }
    }
    return total;
}

#define SUM_FUNCTION(name, zero)         \
    LIST_FUNCTION(name)                  \
    {                                    \
        (void)state;                     \
        (void)count;                     \
        return sum_of(&args[0], (zero)); \
    }
SUM_FUNCTION(sum_int, cel_value_int(0))
SUM_FUNCTION(sum_uint, cel_value_uint(0))
SUM_FUNCTION(sum_double, cel_value_double(0))
SUM_FUNCTION(sum_duration, cel_value_duration(0, 0))

static struct cel_value extreme(const struct cel_value *list, int wanted)
{
    struct cel_list_reader reader;
    struct cel_value best, element;
    int order;

    cel_list_read(list, &reader);
    if (!cel_list_next(&reader, &best))
        return cel_error_text(wanted < 0 ? "min called on empty list" : "max called on empty list");
    while (!cel_is_error(&best) && cel_list_next(&reader, &element)) {
        if (cel_is_error(&element))
            return element;
        if (!cel_value_compare(&element, &best, &order))
            return cel_no_overload();
        if (order == wanted)
            best = element;
    }
    return best;
}

LIST_FUNCTION(min)
{
    (void)state;
    (void)count;
    return extreme(&args[0], -1);
}

LIST_FUNCTION(max)
{
    (void)state;
    (void)count;
    return extreme(&args[0], 1);
}

static struct cel_value position(struct cel_state *state, const struct cel_value *args, bool last)
{
    struct cel_list_reader reader;
    struct cel_value element;
    int64_t found = -1;

    cel_list_read(&args[0], &reader);
    while ((last || found < 0) && cel_list_next(&reader, &element))
        if (cel_equal(&element, &args[1], &state->work))
            found = (int64_t)reader.at - 1;
    return cel_value_int(found);
}

LIST_FUNCTION(index_of)
{
    (void)count;
    return position(state, args, false);
}

LIST_FUNCTION(last_index_of)
{
    (void)count;
    return position(state, args, true);
}

LIST_FUNCTION(slice)
{
    int64_t start = args[1].integer, end = args[2].integer, size = (int64_t)cel_list_size(&args[0]);
    struct cel_value list;

    (void)count;
    if (start < 0 || end < 0)
        return cel_value_error(state->arena, "cannot slice(%lld, %lld), negative indexes not supported",
                               (long long)start, (long long)end);
    if (start > end)
        return cel_value_error(state->arena,
                               "cannot slice(%lld, %lld), start index must be less than or equal to end index",
                               (long long)start, (long long)end);
    if (size < end)
        return cel_value_error(state->arena, "cannot slice(%lld, %lld), list is length %lld", (long long)start,
                               (long long)end, (long long)size);
    list = cel_list_new(state->arena, (size_t)(end - start));
    for (int64_t i = start; i < end; i++)
        cel_list_push(state->arena, &list, cel_list_at(&args[0], (size_t)i));
    return list;
}

static void flatten_into(struct cel_state *state, const struct cel_value *from, int64_t depth, unsigned nesting,
                         struct cel_value *list)
{
    struct cel_list_reader reader;
    struct cel_value element;

    cel_list_read(from, &reader);
    while (cel_list_next(&reader, &element)) {
        if (element.kind == CEL_LIST && depth > 0 && nesting < CEL_DEPTH_MAX)
            flatten_into(state, &element, depth - 1, nesting + 1, list);
        else
            cel_list_push(state->arena, list, element);
    }
}

LIST_FUNCTION(flatten)
{
    struct cel_value list = cel_list_new(state->arena, 0);
    int64_t depth = count > 1 ? args[1].integer : 1;

    if (depth < 0)
        return cel_error_text("level must be non-negative");
    flatten_into(state, &args[0], depth, 0, &list);
    return list;
}

/* ---- sorting ---- */

struct sorting {
    struct cel_value key, value;
    size_t at; /* equal keys keep their order */
};

static int sorting_compare(const void *a, const void *b)
{
    const struct sorting *x = a, *y = b;
    int order = 0;

    if (cel_value_compare(&x->key, &y->key, &order) && (order == -1 || order == 1))
        return order;
    return x->at < y->at ? -1 : 1;
}

static struct cel_value sort_by(struct cel_state *state, const struct cel_value *list, const struct cel_value *keys)
{
    size_t size = cel_list_size(list), at = 0;
    struct sorting *rows;
    struct cel_list_reader key_reader, value_reader;
    struct cel_value sorted;
    int order;

    if (cel_list_size(keys) != size)
        return cel_value_error(state->arena,
                               "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, "
                               "but got %zu and %zu elements respectively",
                               size, cel_list_size(keys));
    rows = arena_new_array(state->arena, struct sorting, size + 1);
    cel_list_read(keys, &key_reader);
    cel_list_read(list, &value_reader);
    while (cel_list_next(&key_reader, &rows[at].key) && cel_list_next(&value_reader, &rows[at].value)) {
        if (cel_is_error(&rows[at].key))
            return rows[at].key;
        if (!cel_value_compare(&rows[at].key, &rows[at].key, &order))
            return cel_error_text("list elements must be comparable");
        if (rows[at].key.kind != rows[0].key.kind)
            return cel_error_text("list elements must have the same type");
        rows[at].at = at;
        at++;
    }
    if (size > 1)
        qsort(rows, size, sizeof(rows[0]), sorting_compare);
    sorted = cel_list_new(state->arena, size);
    for (size_t i = 0; i < size; i++)
        cel_list_push(state->arena, &sorted, rows[i].value);
    return sorted;
}

LIST_FUNCTION(sort)
{
    (void)count;
    return sort_by(state, &args[0], &args[0]);
}

LIST_FUNCTION(sort_by_keys)
{
    (void)count;
    return sort_by(state, &args[0], &args[1]);
}

LIST_FUNCTION(range)
{
    struct cel_value list = cel_list_new(state->arena, 0);

    (void)count;
    if (args[0].integer > RANGE_MAX) {
        state->stopped = true; /* it would cost more than any limit */
        return list;
    }
    for (int64_t i = 0; i < args[0].integer; i++)
        cel_list_push(state->arena, &list, cel_value_int(i));
    return list;
}

LIST_FUNCTION(reverse)
{
    size_t size = cel_list_size(&args[0]), at = 0;
    struct cel_value *items = arena_new_array(state->arena, struct cel_value, size + 1);
    struct cel_value list = cel_list_new(state->arena, size);
    struct cel_list_reader reader;

    (void)count;
    cel_list_read(&args[0], &reader);
    while (cel_list_next(&reader, &items[at]))
        at++;
    while (at-- > 0)
        cel_list_push(state->arena, &list, items[at]);
    return list;
}

LIST_FUNCTION(distinct)
{
    struct cel_value list = cel_list_new(state->arena, 0), element;
    struct cel_list_reader reader;
    double size = (double)cel_list_size(&args[0]);

    (void)count;
    if (size * size * 2 > (double)state->limit) {
        state->stopped = true;
        return list;
    }
    cel_list_read(&args[0], &reader);
    while (cel_list_next(&reader, &element))
        if (!cel_list_contains(&list, &element, &state->work))
            cel_list_push(state->arena, &list, element);
    return list;
}

static struct cel_value end_of(struct cel_state *state, const struct cel_value *list, bool last)
{
    size_t size = cel_list_size(list);
    struct cel_value element;

    if (size == 0)
        return cel_value_optional(state->arena, NULL);
    element = cel_list_at(list, last ? size - 1 : 0);
    return cel_is_error(&element) ? element : cel_value_optional(state->arena, &element);
}

LIST_FUNCTION(first)
{
    (void)count;
    return end_of(state, &args[0], false);
}

LIST_FUNCTION(last)
{
    (void)count;
    return end_of(state, &args[0], true);
}

/* What has an order: a row for each type of elements. */
#define ELEMENT_ROWS(name, function)                                                                        \
    { name, "Li.:i", function, CEL_COST_LIST, 0, 0 }, { name, "Lu.:u", function, CEL_COST_LIST, 0, 0 },     \
        { name, "Ld.:d", function, CEL_COST_LIST, 0, 0 }, { name, "Lb.:b", function, CEL_COST_LIST, 0, 0 }, \
        { name, "LD.:D", function, CEL_COST_LIST, 0, 0 }, { name, "Lt.:t", function, CEL_COST_LIST, 0, 0 }, \
        { name, "Ls.:s", function, CEL_COST_LIST, 0, 0 },                                                   \
    {                                                                                                       \
        name, "Ly.:y", function, CEL_COST_LIST, 0, 0                                                        \
    }

#define SORTED_ROW(letter)                                           \
    {                                                                \
        "isSorted", "L" letter ".:b", is_sorted, CEL_COST_LIST, 0, 0 \
    }
#define SORT_ROW(letter, cost)                            \
    {                                                     \
        "sort", "L" letter ".:L" letter, sort, cost, 0, 0 \
    }
#define SORT_BY_ROW(letter, cost)                                              \
    {                                                                          \
        "@sortByAssociatedKeys", "LT.L" letter ":LT", sort_by_keys, cost, 0, 0 \
    }

struct cel_functions cel_lists(void)
{
    static const struct cel_overload rows[] = {
        SORTED_ROW("i"),
        SORTED_ROW("u"),
        SORTED_ROW("d"),
        SORTED_ROW("b"),
        SORTED_ROW("D"),
        SORTED_ROW("t"),
        SORTED_ROW("s"),
        SORTED_ROW("y"),
        { "sum", "Li.:i", sum_int, CEL_COST_LIST, 0, 0 },
        { "sum", "Lu.:u", sum_uint, CEL_COST_LIST, 0, 0 },
        { "sum", "Ld.:d", sum_double, CEL_COST_LIST, 0, 0 },
        { "sum", "LD.:D", sum_duration, CEL_COST_LIST, 0, 0 },
        ELEMENT_ROWS("min", min),
        ELEMENT_ROWS("max", max),
        { "indexOf", "LA.A:i", index_of, CEL_COST_LIST, 0, 0 },
        { "lastIndexOf", "LA.A:i", last_index_of, CEL_COST_LIST, 0, 0 },
        { "slice", "LT.ii:LT", slice, CEL_COST_SLICE, 0, 0 },
        { "flatten", "LLT.:LT", flatten, CEL_COST_FLATTEN, 0, 0 },
        { "flatten", "L*.i:L*", flatten, CEL_COST_FLATTEN, 0, 0 },
        SORT_ROW("i", CEL_COST_SORT),
        SORT_ROW("u", CEL_COST_SORT),
        SORT_ROW("d", CEL_COST_SORT),
        SORT_ROW("b", CEL_COST_SORT),
        SORT_ROW("D", CEL_COST_SORT),
        SORT_ROW("t", CEL_COST_SORT),
        SORT_ROW("s", CEL_COST_SORT_TEXT),
        SORT_ROW("y", CEL_COST_SORT_TEXT),
        SORT_BY_ROW("i", CEL_COST_SORT_BY),
        SORT_BY_ROW("u", CEL_COST_SORT_BY),
        SORT_BY_ROW("d", CEL_COST_SORT_BY),
        SORT_BY_ROW("b", CEL_COST_SORT_BY),
        SORT_BY_ROW("D", CEL_COST_SORT_BY),
        SORT_BY_ROW("t", CEL_COST_SORT_BY),
        SORT_BY_ROW("s", CEL_COST_SORT_BY_TEXT),
        SORT_BY_ROW("y", CEL_COST_SORT_BY_TEXT),
        { "lists.range", "i:Li", range, CEL_COST_RANGE, 0, 0 },
        { "reverse", "LT.:LT", reverse, CEL_COST_COPY, 0, 0 },
        { "distinct", "LT.:LT", distinct, CEL_COST_DISTINCT, 0, 0 },
        { "first", "LT.:OT", first, CEL_COST_UNIT, 0, 0 },
        { "last", "LT.:OT", last, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
