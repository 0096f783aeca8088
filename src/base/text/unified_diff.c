/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/text/unified_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define AROUND      3
#define POPULAR_MIN 200      /* lines from which on popular ones begin no run */
#define STEPS_MAX   20000000 /* of comparing: what is left then counts as changed */

struct lines {
    struct str *list; /* without their ends */
    size_t count;
};

struct run {
    size_t before, after, size;
};

struct span {
    size_t before, before_end, after, after_end;
};

struct change {
    bool equal;
    struct span span;
};

struct diff {
    struct arena arena;
    struct lines before, after;
    size_t *order; /* positions of the lines of 'after' by text, then by place */
    size_t *lengths, *next_lengths;
    size_t *touched, *next_touched;
    size_t steps;
    struct run *runs;
    size_t n_runs;
};

static struct lines split(struct arena *arena, struct str text)
{
    struct lines lines = { .count = 1 };
    for (size_t i = 0; i < text.size; i++)
        lines.count += text.data[i] == '\n';
    lines.list = arena_new_array(arena, struct str, lines.count);
    for (size_t i = 0; i < lines.count; i++) {
        size_t size = str_find(text, '\n');
        lines.list[i] = (struct str){ text.data, size };
        text = size < text.size ? str_skip(text, size + 1) : (struct str){ 0 };
    }
    return lines;
}

static int compare_lines(struct str a, struct str b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_places(const void *a, const void *b, void *context)
{
    const struct str *list = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = compare_lines(list[x], list[y]);
    return order != 0 ? order : (x > y) - (x < y);
}

/* Where the places of lines like this one begin in the order; the count is 0 when they begin no run. */
static size_t places_of(const struct diff *diff, struct str line, size_t *ret_count)
{
    size_t low = 0, high = diff->after.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_lines(diff->after.list[diff->order[middle]], line) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low, most = diff->after.count >= POPULAR_MIN ? diff->after.count / 100 + 1 : diff->after.count;
    while (end < diff->after.count && str_equal(diff->after.list[diff->order[end]], line) && end - low <= most)
        end++;
    *ret_count = end - low > most ? 0 : end - low;
    return low;
}

static bool same_line(const struct diff *diff, size_t before, size_t after)
{
    return str_equal(diff->before.list[before], diff->after.list[after]);
}

/* The runs that end at a line of 'before', from those that ended one line earlier. */
static void extend_runs(struct diff *diff, size_t line, const struct span *span, size_t n_touched, size_t *ret_touched,
                        struct run *best)
{
    size_t count, at = places_of(diff, diff->before.list[line], &count), touched = 0;
    for (size_t i = 0; i < count; i++) {
        size_t place = diff->order[at + i];
        diff->steps++;
        if (place < span->after || place >= span->after_end)
            continue;
        size_t size = (place > span->after ? diff->lengths[place - 1] : 0) + 1;
        diff->next_lengths[place] = size;
        diff->next_touched[touched++] = place;
        if (size > best->size)
            *best = (struct run){ line + 1 - size, place + 1 - size, size };
    }
    for (size_t i = 0; i < n_touched; i++)
        diff->lengths[diff->touched[i]] = 0;
    size_t *lengths = diff->lengths, *list = diff->touched;
    diff->lengths = diff->next_lengths;
    diff->next_lengths = lengths;
    diff->touched = diff->next_touched;
    diff->next_touched = list;
    *ret_touched = touched;
}

static struct run longest_run(struct diff *diff, const struct span *span)
{
    struct run best = { span->before, span->after, 0 };
    size_t touched = 0;
    for (size_t i = span->before; i < span->before_end && diff->steps < STEPS_MAX; i++)
        extend_runs(diff, i, span, touched, &touched, &best);
    for (size_t i = 0; i < touched; i++)
        diff->lengths[diff->touched[i]] = 0;
    while (best.before > span->before && best.after > span->after && same_line(diff, best.before - 1, best.after - 1))
        best = (struct run){ best.before - 1, best.after - 1, best.size + 1 };
    while (best.before + best.size < span->before_end && best.after + best.size < span->after_end &&
           same_line(diff, best.before + best.size, best.after + best.size))
        best.size++;
    return best;
}

static int compare_runs(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return (x->before > y->before) - (x->before < y->before);
}

/* All runs, in order, neighbours joined, and an empty one at the end. */
static void find_runs(struct diff *diff)
{
    size_t most = (diff->before.count < diff->after.count ? diff->before.count : diff->after.count) + 2;
    struct span *stack = arena_new_array(&diff->arena, struct span, 2 * most);
    size_t depth = 0, kept = 0;
    diff->runs = arena_new_array(&diff->arena, struct run, most);
    stack[depth++] = (struct span){ 0, diff->before.count, 0, diff->after.count };
    while (depth > 0) {
        struct span span = stack[--depth];
        struct run run = longest_run(diff, &span);
        if (run.size == 0)
            continue;
        diff->runs[diff->n_runs++] = run;
        if (span.before < run.before && span.after < run.after)
            stack[depth++] = (struct span){ span.before, run.before, span.after, run.after };
        if (run.before + run.size < span.before_end && run.after + run.size < span.after_end)
            stack[depth++] =
                (struct span){ run.before + run.size, span.before_end, run.after + run.size, span.after_end };
    }
    qsort(diff->runs, diff->n_runs, sizeof(*diff->runs), compare_runs);
    for (size_t i = 0; i < diff->n_runs; i++) {
        struct run *last = kept > 0 ? &diff->runs[kept - 1] : NULL, run = diff->runs[i];
        if (last != NULL && last->before + last->size == run.before && last->after + last->size == run.after)
            last->size += run.size;
        else
            diff->runs[kept++] = run;
    }
    diff->runs[kept++] = (struct run){ diff->before.count, diff->after.count, 0 };
    diff->n_runs = kept;
}

static void append_range(struct buffer *out, size_t begin, size_t end)
{
    size_t size = end - begin;
    if (size == 1)
        buffer_format(out, "%zu", begin + 1);
    else
        buffer_format(out, "%zu,%zu", size == 0 ? begin : begin + 1, size);
}

static void append_lines(struct buffer *out, char mark, const struct lines *lines, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        buffer_append_char(out, mark);
        buffer_append_str(out, lines->list[i]);
        buffer_append_char(out, '\n');
    }
}

static void append_hunk(const struct diff *diff, const struct change *changes, size_t count, struct buffer *out)
{
    const struct span *first = &changes[0].span, *last = &changes[count - 1].span;
    if (count == 0 || (count == 1 && changes[0].equal))
        return;
    buffer_append_text(out, "@@ -");
    append_range(out, first->before, last->before_end);
    buffer_append_text(out, " +");
    append_range(out, first->after, last->after_end);
    buffer_append_text(out, " @@\n");
    for (size_t i = 0; i < count; i++) {
        const struct span *span = &changes[i].span;
        append_lines(out, changes[i].equal ? ' ' : '-', &diff->before, span->before, span->before_end);
        if (!changes[i].equal)
            append_lines(out, '+', &diff->after, span->after, span->after_end);
    }
}

/* What stays between two changes: its end belongs to the hunk behind it, its beginning to the one before it. */
static struct change leading(struct span span)
{
    size_t size = span.before_end - span.before;
    size_t skipped = size > AROUND ? size - AROUND : 0;
    return (struct change){ true, { span.before + skipped, span.before_end, span.after + skipped, span.after_end } };
}

static struct change trailing(struct span span)
{
    size_t size = span.before_end - span.before;
    size_t kept = size < AROUND ? size : AROUND;
    return (struct change){ true, { span.before, span.before + kept, span.after, span.after + kept } };
}

static void append_hunks(struct diff *diff, struct buffer *out)
{
    struct change *hunk = arena_new_array(&diff->arena, struct change, 2 * diff->n_runs + 2);
    size_t count = 0, before = 0, after = 0;
    for (size_t i = 0; i < diff->n_runs; i++) {
        const struct run *run = &diff->runs[i];
        bool first = i == 0 && run->before == 0 && run->after == 0, last = run->size == 0;
        if (before < run->before || after < run->after)
            hunk[count++] = (struct change){ false, { before, run->before, after, run->after } };
        before = run->before + run->size;
        after = run->after + run->size;
        struct span kept = { run->before, before, run->after, after };
        bool at_end = before == diff->before.count && after == diff->after.count;
        if (last)
            continue;
        if (first && at_end)
            return;
        if (first) {
            hunk[count++] = leading(kept);
        } else if (at_end) {
            hunk[count++] = trailing(kept);
        } else if (run->size > 2 * AROUND) {
            hunk[count++] = trailing(kept);
            append_hunk(diff, hunk, count, out);
            count = 0;
            hunk[count++] = leading(kept);
        } else {
            hunk[count++] = (struct change){ true, kept };
        }
    }
    if (count > 0)
        append_hunk(diff, hunk, count, out);
}

void unified_diff(struct str before, struct str after, struct buffer *out)
{
    struct diff diff = { 0 };
    diff.before = split(&diff.arena, before);
    diff.after = split(&diff.arena, after);
    if (diff.before.count > UNIFIED_DIFF_LINES_MAX || diff.after.count > UNIFIED_DIFF_LINES_MAX) {
        buffer_append_text(out, "too long to be compared\n");
        arena_fini(&diff.arena);
        return;
    }
    size_t count = diff.after.count;
    diff.order = arena_new_array(&diff.arena, size_t, count);
    diff.lengths = arena_new_array(&diff.arena, size_t, count);
    diff.next_lengths = arena_new_array(&diff.arena, size_t, count);
    diff.touched = arena_new_array(&diff.arena, size_t, count);
    diff.next_touched = arena_new_array(&diff.arena, size_t, count);
    for (size_t i = 0; i < count; i++)
        diff.order[i] = i;
    qsort_r(diff.order, count, sizeof(size_t), compare_places, diff.after.list);
    find_runs(&diff);
    append_hunks(&diff, out);
    arena_fini(&diff.arena);
}
