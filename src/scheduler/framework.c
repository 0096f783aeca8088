/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "scheduler/framework.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/random.h"

void cycle_init(struct cycle *cycle, const struct cache *cache, const struct pod_info *pod, struct arena *arena)
{
    *cycle = (struct cycle){ .cache = cache, .pod = pod, .arena = arena };
    size_t rows = cache->n_rows;
    cycle->ruled_out = arena_new_array(arena, bool, rows + 1);
    cycle->scores = arena_new_array(arena, int64_t, rows + 1);
    cycle->plugin_scores = arena_new_array(arena, int64_t, rows + 1);
    for (size_t row = 0; row < rows; row++) {
        cycle->ruled_out[row] = cache->rows[row]->node == NULL; /* only pods were seen of it */
        cycle->n_feasible += !cycle->ruled_out[row];
    }
}

void cycle_rule_out(struct cycle *cycle, size_t row, const char *reason)
{
    if (!cycle->ruled_out[row]) {
        cycle->ruled_out[row] = true;
        cycle->n_feasible--;
    }
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

static void run_filters(struct cycle *cycle)
{
    for (size_t i = 0; i < plugin_count; i++) {
        if (plugins[i].filter == NULL)
            continue;
        size_t before = cycle->n_feasible;
        plugins[i].filter(cycle);
        if (cycle->n_feasible < before)
            cycle->waits_for |= plugins[i].events;
    }
    if (cycle->n_feasible == 0)
        cycle->waits_for |= EVENT_NODE_ADDED | EVENT_POD_UPDATED;
}

static void run_scores(struct cycle *cycle)
{
    for (size_t i = 0; i < plugin_count; i++) {
        if (plugins[i].score == NULL)
            continue;
        memset(cycle->plugin_scores, 0, cycle->cache->n_rows * sizeof(int64_t));
        plugins[i].score(cycle);
        for (size_t row = 0; row < cycle->cache->n_rows; row++)
            cycle->scores[row] += cycle->plugin_scores[row] * plugins[i].weight;
    }
}

/* Reservoir sampling: every best row is equally likely, in one pass. */
static size_t pick_best(const struct cycle *cycle, struct random *random)
{
    size_t chosen = cycle->cache->n_rows;
    uint64_t ties = 0;
    for (size_t row = 0; row < cycle->cache->n_rows; row++) {
        if (cycle->ruled_out[row])
            continue;
        if (chosen == cycle->cache->n_rows || cycle->scores[row] > cycle->scores[chosen]) {
            chosen = row;
            ties = 1;
        } else if (cycle->scores[row] == cycle->scores[chosen] && random_below(random, ++ties) == 0) {
            chosen = row;
        }
    }
    return chosen;
}

size_t cycle_run(struct cycle *cycle, struct random *random)
{
    run_filters(cycle);
    if (cycle->n_feasible == 0)
        return cycle->cache->n_rows;
    if (cycle->n_feasible > 1)
        run_scores(cycle);
    return pick_best(cycle, random);
}

void cycle_normalize(struct cycle *cycle, bool reversed)
{
    int64_t most = 0;
    for (size_t row = 0; row < cycle->cache->n_rows; row++)
        if (!cycle->ruled_out[row] && cycle->plugin_scores[row] > most)
            most = cycle->plugin_scores[row];
    for (size_t row = 0; row < cycle->cache->n_rows; row++) {
        int64_t score = most == 0 ? 0 : cycle->plugin_scores[row] * SCORE_MAX / most;
        cycle->plugin_scores[row] = reversed ? SCORE_MAX - score : score;
    }
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
