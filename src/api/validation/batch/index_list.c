/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index_list.c - see the header. */
#include "api/validation/batch/index_list.h"

struct interval {
    int32_t first, last;
};

static int refuse_order(int32_t before, int64_t now, struct error *err)
{
    return error_set(err, ERROR_SYNTAX, "non-increasing order, previous: %d, current: %lld", before, (long long)now);
}

static int read_index(struct str text, int32_t completions, int32_t *ret_index, struct error *err)
{
    int64_t value = 0;

    if (!str_to_int64(text, &value))
        return error_set(err, ERROR_SYNTAX, "cannot convert string to integer for index: \"" STR_FMT "\"",
                         STR_ARG(text));
    if (value >= completions)
        return error_set(err, ERROR_SYNTAX, "too large index: \"" STR_FMT "\"", STR_ARG(text));
    *ret_index = (int32_t)value;
    return 0;
}

static int read_interval(struct str text, int32_t completions, struct interval *ret_interval, struct error *err)
{
    size_t dash = str_find(text, '-');
    struct str last = str_skip(text, dash < text.size ? dash + 1 : dash);
    struct interval interval = { 0 };

    if (str_find(last, '-') < last.size)
        return error_set(err, ERROR_SYNTAX,
                         "the fragment \"" STR_FMT "\" violates the requirement that an index interval can have at "
                         "most two parts separated by '-'",
                         STR_ARG(text));
    int rc = read_index((struct str){ text.data, dash }, completions, &interval.first, err);
    interval.last = interval.first;
    if (rc == 0 && dash < text.size) {
        rc = read_index(last, completions, &interval.last, err);
        if (rc == 0 && interval.first >= interval.last)
            rc = refuse_order(interval.first, interval.last, err);
    }
    if (rc == 0)
        *ret_interval = interval;
    return rc;
}

int index_list_count(struct str list, int32_t completions, int32_t *ret_count, struct error *err)
{
    struct str piece;
    int32_t count = 0, before = -1;

    while (list.size > 0 && str_next(&list, ',', &piece)) {
        struct interval interval;
        int rc = read_interval(piece, completions, &interval, err);
        if (rc < 0)
            return rc;
        if (before >= interval.first)
            return refuse_order(before, interval.first, err);
        count += interval.last - interval.first + 1;
        before = interval.last;
    }
    *ret_count = count;
    return 0;
}

static bool next_interval(struct str *list, int32_t completions, struct interval *ret_interval)
{
    struct str piece;

    while (list->size > 0 && str_next(list, ',', &piece))
        if (read_interval(piece, completions, ret_interval, NULL) == 0)
            return true;
    return false;
}

bool index_lists_overlap(struct str a, struct str b, int32_t completions, int32_t *ret_index)
{
    struct interval one = { 0 }, other = { 0 };
    bool more = next_interval(&a, completions, &one) && next_interval(&b, completions, &other);

    while (more) {
        if (one.first <= other.last && other.first <= one.last) {
            *ret_index = one.first > other.first ? one.first : other.first;
            return true;
        }
        more = one.first <= other.first ? next_interval(&a, completions, &one) : next_interval(&b, completions, &other);
    }
    return false;
}
