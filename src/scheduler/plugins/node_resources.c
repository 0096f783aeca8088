/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_resources.c - NodeResourcesFit and NodeResourcesBalancedAllocation. */
#include <math.h>

#include "scheduler/plugins/plugins.h"

static const char *insufficient(struct cycle *cycle, unsigned column)
{
    if (!cycle->explaining)
        return NULL;
    if (column == COLUMN_PODS)
        return "Too many pods";
    const char *name = column < COLUMNS_MAX ? cycle->cache->column_names[column] : "extended resources";
    return arena_format(cycle->arena, "Insufficient %s", name);
}

static bool is_lacking(const struct cache *cache, const struct resource_request *request, size_t row)
{
    return request->column >= COLUMNS_MAX ||
           cache->requested[request->column][row] + request->amount > cache->allocatable[request->column][row];
}

/* Every lacking resource of a node is reported. */
void node_resources_fit_filter(struct cycle *cycle)
{
    const struct pod_info *pod = cycle->pod;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        if (cycle->ruled_out[row])
            continue;
        for (size_t i = 0; i < pod->n_requests; i++)
            if (is_lacking(cycle->cache, &pod->requests[i], row))
                cycle_rule_out(cycle, row, insufficient(cycle, pod->requests[i].column));
    }
}

static int64_t free_share(int64_t taken, int64_t capacity)
{
    return capacity <= 0 || taken > capacity ? 0 : (capacity - taken) * SCORE_MAX / capacity;
}

void node_resources_least_allocated_score(struct cycle *cycle)
{
    const struct cache *cache = cycle->cache;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        int64_t cpu = free_share(cache->score_cpu[row] + cycle->pod->score_cpu, cache->allocatable[COLUMN_CPU][row]);
        int64_t memory =
            free_share(cache->score_memory[row] + cycle->pod->score_memory, cache->allocatable[COLUMN_MEMORY][row]);
        cycle->plugin_scores[row] = (int32_t)((cpu + memory) / 2);
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
    for (size_t row = cycle->first; row < cycle->end; row++) {
        double cpu = used_share(cache->score_cpu[row] + cycle->pod->score_cpu, cache->allocatable[COLUMN_CPU][row]);
        double memory =
            used_share(cache->score_memory[row] + cycle->pod->score_memory, cache->allocatable[COLUMN_MEMORY][row]);
        cycle->plugin_scores[row] = (int32_t)((1 - fabs(cpu - memory) / 2) * SCORE_MAX);
    }
}
