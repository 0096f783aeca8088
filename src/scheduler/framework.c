/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "scheduler/framework.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/random.h"

void cycle_init(struct cycle *cycle, struct outlooks *outlooks, const struct pod_info *pod, struct arena *arena)
{
    *cycle = (struct cycle){ .cache = outlooks->cache, .outlooks = outlooks, .pod = pod, .arena = arena };
}

void cycle_rule_out(struct cycle *cycle, size_t row, const char *reason)
{
    cycle->ruled_out[row] = true;
    if (!cycle->explaining)
        return;
    for (size_t i = 0; i < cycle->n_reasons; i++)
        if (strcmp(cycle->reasons[i].text, reason) == 0) {
            cycle->reasons[i].nodes++;
            return;
        }
    if (cycle->n_reasons == REASONS_MAX)
        return; /* the message is long enough */
    cycle->reasons[cycle->n_reasons].text = reason;
    cycle->reasons[cycle->n_reasons++].nodes = 1;
}

static size_t count_feasible(const struct cycle *cycle)
{
    size_t count = 0;
    for (size_t row = cycle->first; row < cycle->end; row++)
        count += !cycle->ruled_out[row];
    return count;
}

void cycle_filter(struct cycle *cycle)
{
    for (size_t row = cycle->first; row < cycle->end; row++)
        cycle->ruled_out[row] = cycle->cache->rows[row]->node == NULL; /* only pods were seen of it */
    size_t before = cycle->explaining ? count_feasible(cycle) : 0;
    for (size_t i = 0; i < plugin_count; i++) {
        if (plugins[i].filter == NULL)
            continue;
        plugins[i].filter(cycle);
        if (!cycle->explaining)
            continue;
        size_t after = count_feasible(cycle);
        if (after < before)
            cycle->waits_for |= plugins[i].events;
        before = after;
    }
}

/* Filters all rows once more to say why none fits. */
static void find_reasons(struct cycle *cycle)
{
    cycle->first = 0;
    cycle->end = cycle->cache->n_rows;
    cycle->explaining = true;
    cycle_filter(cycle);
    cycle->waits_for |= EVENT_NODE_ADDED | EVENT_POD_UPDATED;
}

static int32_t scaled(int64_t score, int64_t most, enum plugin_scale scale)
{
    int64_t share = most == 0 ? 0 : score * SCORE_MAX / most;
    return (int32_t)(scale == SCALE_REVERSED ? SCORE_MAX - share : scale == SCALE_BEST ? share : score);
}

/* Where no row has a score, all get the same: nothing to add. */
static void add_raw(const struct plugin *plugin, const int32_t *raw, int32_t *totals, size_t n_rows)
{
    int32_t most = 0;
    for (size_t row = 0; row < n_rows; row++)
        if (totals[row] >= 0 && raw[row] > most)
            most = raw[row];
    for (size_t row = 0; most > 0 && row < n_rows; row++)
        if (totals[row] >= 0)
            totals[row] += plugin->weight * scaled(raw[row], most, plugin->scale);
}

/* Rows that are not among 'some' have the same, which is left out of all: only the distance to it is added. A row's
 * total stays 0 or more by a base that is given to all. */
static void add_some(const struct cycle *cycle, const struct plugin *plugin, int32_t *totals)
{
    int32_t most = 0;
    for (size_t i = 0; i < cycle->n_some; i++)
        if (totals[cycle->some[i].row] >= 0 && cycle->some[i].score > most)
            most = cycle->some[i].score;
    if (most == 0)
        return;
    int32_t others = plugin->weight * scaled(0, most, plugin->scale);
    for (size_t row = 0; others > 0 && row < cycle->cache->n_rows; row++)
        totals[row] += totals[row] >= 0 ? others : 0;
    for (size_t i = 0; i < cycle->n_some; i++)
        if (totals[cycle->some[i].row] >= 0)
            totals[cycle->some[i].row] += plugin->weight * scaled(cycle->some[i].score, most, plugin->scale) - others;
}

static const int32_t *sum_scores(struct cycle *cycle, const struct outlook *outlook)
{
    int32_t *totals = cycle->outlooks->totals;
    size_t index = 0;
    for (size_t row = 0; row < outlook->n_rows; row++)
        totals[row] = outlook->scores[row];
    for (size_t i = 0; i < plugin_count; i++) {
        if (plugins[i].score != NULL && plugins[i].scale != SCALE_NONE) {
            const int32_t *raw = outlook->raw[index++];
            if (raw != NULL)
                add_raw(&plugins[i], raw, totals, outlook->n_rows);
        }
        if (plugins[i].score_some != NULL) {
            cycle->n_some = 0;
            plugins[i].score_some(cycle);
            add_some(cycle, &plugins[i], totals);
        }
    }
    return totals;
}

/* One of the best rows; each of them is equally likely. */
static size_t pick_best(const int32_t *totals, size_t n_rows, struct random *random)
{
    int32_t best = 0;
    size_t ties = 0;
    for (size_t row = 0; row < n_rows; row++)
        best = totals[row] > best ? totals[row] : best;
    for (size_t row = 0; row < n_rows; row++)
        ties += totals[row] == best;
    if (ties == 0)
        return n_rows;
    uint64_t chosen = ties == 1 ? 0 : random_below(random, ties);
    size_t row = 0;
    while (totals[row] != best || chosen-- > 0)
        row++;
    return row;
}

size_t cycle_run(struct cycle *cycle, struct random *random)
{
    const struct outlook *outlook = outlooks_get(cycle->outlooks, cycle);
    size_t row = pick_best(sum_scores(cycle, outlook), outlook->n_rows, random);
    if (row == outlook->n_rows)
        find_reasons(cycle);
    return row;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *cycle_explain(struct cycle *cycle)
{
    size_t nodes = 0;
    for (size_t row = 0; row < cycle->cache->n_rows; row++)
        nodes += cycle->cache->rows[row]->node != NULL;
    if (nodes == 0)
        return "no nodes available to schedule pods";

    const char *texts[REASONS_MAX];
    for (size_t i = 0; i < cycle->n_reasons; i++)
        texts[i] = arena_format(cycle->arena, "%zu %s", cycle->reasons[i].nodes, cycle->reasons[i].text);
    qsort(texts, cycle->n_reasons, sizeof(texts[0]), compare_texts); /* upstream sorts the finished texts too */
    auto_buffer struct buffer message = { 0 };
    buffer_format(&message, "0/%zu nodes are available: ", nodes);
    for (size_t i = 0; i < cycle->n_reasons; i++)
        buffer_format(&message, "%s%s", i > 0 ? ", " : "", texts[i]);
    buffer_append_char(&message, '.');
    return arena_strndup(cycle->arena, message.data, message.size);
}
