/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "scheduler/outlook.h"

#include <stdlib.h>

#include "base/memory.h"
#include "scheduler/framework.h"

void outlooks_init(struct outlooks *outlooks, const struct cache *cache)
{
    *outlooks = (struct outlooks){ .cache = cache };
    list_init(&outlooks->by_use);
}

static void drop_scores(struct outlook *outlook)
{
    free(outlook->scores);
    outlook->scores = NULL;
    for (size_t i = 0; i < SCALED_MAX; i++) {
        free(outlook->raw[i]);
        outlook->raw[i] = NULL;
    }
}

static void forget(struct outlooks *outlooks, struct outlook *outlook)
{
    autofree char *key = (char *)outlook->by_key.key.data;
    map_remove(&outlooks->by_key, &outlook->by_key);
    list_remove(&outlook->by_use);
    drop_scores(outlook);
    free(outlook);
}

void outlooks_fini(struct outlooks *outlooks)
{
    struct outlook *outlook = NULL;
    list_for_each (&outlooks->by_use, outlook, by_use)
        forget(outlooks, outlook);
    map_fini(&outlooks->by_key);
    buffer_fini(&outlooks->key);
    free(outlooks->ruled_out);
    free(outlooks->plugin_scores);
    free(outlooks->totals);
    *outlooks = (struct outlooks){ 0 };
}

/* ---------------------------------------------------------------- bringing it up to date */

static void add_scores(const struct cycle *cycle, struct outlook *outlook, int weight)
{
    for (size_t row = cycle->first; row < cycle->end; row++)
        outlook->scores[row] = (int16_t)(outlook->scores[row] + cycle->plugin_scores[row] * weight);
}

/* Most plug-ins of this kind have nothing to say: then nothing is kept. */
static void keep_raw(const struct cycle *cycle, struct outlook *outlook, size_t scaled)
{
    bool any = outlook->raw[scaled] != NULL;
    for (size_t row = cycle->first; !any && row < cycle->end; row++)
        any = cycle->plugin_scores[row] != 0;
    if (!any)
        return;
    if (outlook->raw[scaled] == NULL)
        outlook->raw[scaled] = memory_zalloc(outlook->n_rows * sizeof(int32_t));
    memcpy(&outlook->raw[scaled][cycle->first], &cycle->plugin_scores[cycle->first],
           (cycle->end - cycle->first) * sizeof(int32_t));
}

/* Filters and scores the cycle's range of rows. */
static void look(struct cycle *cycle, struct outlook *outlook)
{
    cycle_filter(cycle);
    memset(&outlook->scores[cycle->first], 0, (cycle->end - cycle->first) * sizeof(int16_t));
    size_t scaled = 0;
    for (size_t i = 0; i < plugin_count; i++) {
        if (plugins[i].score == NULL)
            continue;
        memset(&cycle->plugin_scores[cycle->first], 0, (cycle->end - cycle->first) * sizeof(int32_t));
        plugins[i].score(cycle);
        if (plugins[i].scale == SCALE_NONE)
            add_scores(cycle, outlook, plugins[i].weight);
        else
            keep_raw(cycle, outlook, scaled++);
    }
    for (size_t row = cycle->first; row < cycle->end; row++)
        if (cycle->ruled_out[row])
            outlook->scores[row] = OUTLOOK_OUT;
}

static void look_at_all(struct cycle *cycle, struct outlook *outlook)
{
    drop_scores(outlook);
    outlook->n_rows = cycle->cache->n_rows;
    outlook->scores = memory_zalloc((outlook->n_rows + 1) * sizeof(int16_t));
    cycle->first = 0;
    cycle->end = outlook->n_rows;
    look(cycle, outlook);
}

static void refresh(struct cycle *cycle, struct outlook *outlook)
{
    const struct cache *cache = cycle->cache;
    if (outlook->scores == NULL || outlook->structure != cache->structure ||
        cache->changes - outlook->changes > CACHE_CHANGES_KEPT) {
        look_at_all(cycle, outlook);
    } else {
        for (uint64_t i = outlook->changes; i < cache->changes; i++) {
            cycle->first = cache->changed[i % CACHE_CHANGES_KEPT];
            cycle->end = cycle->first + 1;
            look(cycle, outlook);
        }
    }
    outlook->structure = cache->structure;
    outlook->changes = cache->changes;
}

static void grow(struct outlooks *outlooks)
{
    size_t rows = outlooks->cache->n_rows + 1;
    if (rows <= outlooks->capacity)
        return;
    outlooks->capacity = rows + rows / 2;
    outlooks->ruled_out = memory_resize(outlooks->ruled_out, outlooks->capacity, sizeof(bool));
    outlooks->plugin_scores = memory_resize(outlooks->plugin_scores, outlooks->capacity, sizeof(int32_t));
    outlooks->totals = memory_resize(outlooks->totals, outlooks->capacity, sizeof(int32_t));
}

struct outlook *outlooks_get(struct outlooks *outlooks, struct cycle *cycle)
{
    grow(outlooks);
    cycle->ruled_out = outlooks->ruled_out;
    cycle->plugin_scores = outlooks->plugin_scores;
    outlook_key(cycle->pod, &outlooks->key);
    struct str key = buffer_str(&outlooks->key);
    struct outlook *outlook = map_find_entry(&outlooks->by_key, key, struct outlook, by_key);
    if (outlook == NULL) {
        if (outlooks->by_key.size == OUTLOOKS_MAX)
            forget(outlooks, container_of(list_first(&outlooks->by_use), struct outlook, by_use));
        outlook = memory_new(struct outlook);
        map_insert(&outlooks->by_key, (struct str){ memory_copy(key.data, key.size), key.size }, &outlook->by_key);
    } else {
        list_remove(&outlook->by_use);
    }
    list_append(&outlooks->by_use, &outlook->by_use);
    refresh(cycle, outlook);
    return outlook;
}
