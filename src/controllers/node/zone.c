/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* zone.c - see the header. */
#include "controllers/node/zone.h"

#include "controllers/workload/ownership.h"

#define PARTIAL_LEAST 3 /* fewer silent nodes are never a disruption of the zone */

const struct zone_limits zone_limits_default = {
    .eviction_rate = 0.1,
    .secondary_eviction_rate = 0.01,
    .unhealthy_threshold = 0.55,
    .large_zone = 50,
};

enum zone_state zone_state_of(const struct zone_limits *limits, size_t ready, size_t silent)
{
    if (ready == 0 && silent > 0)
        return ZONE_FULL_DISRUPTION;
    if (silent >= PARTIAL_LEAST && (double)silent / (double)(silent + ready) >= limits->unhealthy_threshold)
        return ZONE_PARTIAL_DISRUPTION;
    return ZONE_NORMAL;
}

/* A zone that is silent as a whole is evicted at the full rate, for other zones still answer: its pods shall run there. A
 * small one of which the larger part is silent has nowhere to move its pods to. */
usec_t zone_pause(const struct zone_limits *limits, enum zone_state state, size_t nodes)
{
    double rate = limits->eviction_rate;
    if (state == ZONE_PARTIAL_DISRUPTION)
        rate = nodes > limits->large_zone ? limits->secondary_eviction_rate : 0;
    return rate <= 0 ? ZONE_NEVER : (usec_t)((double)USEC_PER_SEC / rate);
}

static bool same_label(const struct api_node *a, const struct api_node *b, const char *key)
{
    struct str x = { 0 }, y = { 0 };
    (void)entries_find(a->metadata.labels, a->metadata.n_labels, key, &x); /* absent is as good as empty */
    (void)entries_find(b->metadata.labels, b->metadata.n_labels, key, &y);
    return str_equal(x, y);
}

bool zone_same(const struct api_node *a, const struct api_node *b)
{
    return same_label(a, b, "topology.kubernetes.io/region") && same_label(a, b, "topology.kubernetes.io/zone");
}
