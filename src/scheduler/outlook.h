/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* outlook.h - what every node is worth to one sort of pod, kept between cycles.
 *
 * Pods that ask for the same (a Deployment's, say) get the same verdict on a node as long as that node and the
 * pods on it stay as they are. So a node is filtered and scored for a sort of pod once, and again when it changed: after a
 * pod is placed that is one node of five thousand. What compares nodes with each other (plug-in scores that are
 * scaled by the best one) is kept as it was before the comparison, which is made in every cycle.
 *
 * Two pods are of one sort when all that plug-ins read of them is equal; see outlook_key.c. A plug-in whose verdict on a
 * row depends on anything but the pod's sort, that row's node and the pods on it cannot be kept this way and has to go
 * through plugin.score_some. */
#ifndef SCHEDULER_OUTLOOK_H
#define SCHEDULER_OUTLOOK_H

#include "base/buffer.h"
#include "scheduler/cache.h"

enum {
    OUTLOOKS_MAX = 64, /* sorts of pods remembered; the one not used for longest goes */
    SCALED_MAX = 8,    /* plug-ins whose scores are compared */
};

#define OUTLOOK_OUT (-1) /* in place of a score: the row is ruled out */

struct outlook {
    struct map_node by_key;
    struct list_node by_use;
    uint64_t structure, changes; /* of the cache, as far as is known here */
    size_t n_rows;
    int16_t *scores; /* by row: weighted sum of the plug-ins that look at one node at a time, or OUTLOOK_OUT */
    /* By row, by plug-in in the table's order of those that are scaled; NULL: 0 for every row. */
    int32_t *raw[SCALED_MAX];
};

struct outlooks {
    const struct cache *cache;
    struct map by_key;
    struct list by_use; /* least recently used first */
    struct buffer key;
    /* For one cycle at a time, by row. */
    size_t capacity;
    bool *ruled_out;
    int32_t *plugin_scores;
    int32_t *totals;
};

void outlooks_init(struct outlooks *outlooks, const struct cache *cache);
void outlooks_fini(struct outlooks *outlooks);

struct cycle;

/* For the cycle's pod, up to date with the cache; valid until the next call. */
struct outlook *outlooks_get(struct outlooks *outlooks, struct cycle *cycle);

/* The bytes that pods of one sort have in common. */
void outlook_key(const struct pod_info *pod, struct buffer *key);

#endif
