/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_resources.c - NodeResourcesFit and NodeResourcesBalancedAllocation. */
#include <math.h>

#include "scheduler/plugins/plugins.h"

static const char *insufficient(struct cycle *cycle, unsigned column)
{
    if (column == COLUMN_PODS)
        return "Too many pods";
    const char *name = column < COLUMNS_MAX ? cycle->cache->column_names[column] : "extended resources";
    return arena_format(cycle->arena, "Insufficient %s", name);
}

/* Every lacking resource of a node is reported, so rows that this plug-in took out itself are looked at again. */
void node_resources_fit_filter(struct cycle *cycle)
{
    const struct cache *cache = cycle->cache;
    bool *others = arena_new_array(cycle->arena, bool, cache->n_rows + 1);
    memcpy(others, cycle->ruled_out, cache->n_rows * sizeof(bool));
    for (size_t i = 0; i < cycle->pod->n_requests; i++) {
        unsigned column = cycle->pod->requests[i].column;
        int64_t amount = cycle->pod->requests[i].amount;
        const char *reason = NULL;
        for (size_t row = 0; row < cache->n_rows; row++) {
            if (others[row] ||
                (column < COLUMNS_MAX && cache->requested[column][row] + amount <= cache->allocatable[column][row]))
                continue;
            if (reason == NULL)
                reason = insufficient(cycle, column);
            cycle_rule_out(cycle, row, reason);
        }
    }
}

static int64_t free_share(int64_t taken, int64_t capacity)
{
    return capacity <= 0 || taken > capacity ? 0 : (capacity - taken) * SCORE_MAX / capacity;
}

void node_resources_least_allocated_score(struct cycle *cycle)
{
    const struct cache *cache = cycle->cache;
    for (size_t row = 0; row < cache->n_rows; row++) {
        int64_t cpu = free_share(cache->score_cpu[row] + cycle->pod->score_cpu, cache->allocatable[COLUMN_CPU][row]);
        int64_t memory =
            free_share(cache->score_memory[row] + cycle->pod->score_memory, cache->allocatable[COLUMN_MEMORY][row]);
        cycle->plugin_scores[row] = (cpu + memory) / 2;
    }
}

static double used_share(int64_t taken, int64_t capacity)
{
    double share = capacity <= 0 ? 1 : (double)taken / (double)capacity;
    return share > 1 ? 1 : share;
}

/* The standard deviation of two shares is half their distance. */
void node_resources_balanced_allocation_score(struct cycle *cycle)
{
    const struct cache *cache = cycle->cache;
    for (size_t row = 0; row < cache->n_rows; row++) {
        double cpu = used_share(cache->score_cpu[row] + cycle->pod->score_cpu, cache->allocatable[COLUMN_CPU][row]);
        double memory =
            used_share(cache->score_memory[row] + cycle->pod->score_memory, cache->allocatable[COLUMN_MEMORY][row]);
        cycle->plugin_scores[row] = (int64_t)((1 - fabs(cpu - memory) / 2) * SCORE_MAX);
    }
}
