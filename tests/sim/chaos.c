/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* chaos.c - the control plane's three parts crash as often as all kubelets together. */
#include "chaos.h"

enum { CONTROL_PLANE_PARTS = 3 };

static void strike(struct loop_timer *timer)
{
    struct chaos *chaos = container_of(timer, struct chaos, timer);
    size_t nodes = cluster_component_count(chaos->cluster) - CONTROL_PLANE_PARTS;
    size_t victim = random_below(&chaos->random, CONTROL_PLANE_PARTS);
    if (nodes > 0 && random_below(&chaos->random, 2) == 0)
        victim = CONTROL_PLANE_PARTS + random_below(&chaos->random, nodes);
    cluster_crash(chaos->cluster, victim, (usec_t)random_below(&chaos->random, (uint64_t)chaos->outage));
    loop_timer_start(cluster_loop(chaos->cluster), timer,
                     (usec_t)random_below(&chaos->random, 2 * (uint64_t)chaos->pause));
}

void chaos_start(struct chaos *chaos, struct cluster *cluster, uint64_t seed, usec_t pause, usec_t outage)
{
    *chaos = (struct chaos){ .cluster = cluster, .pause = pause, .outage = outage, .timer.callback = strike };
    random_init(&chaos->random, seed ^ 0x6368616f73); /* "chaos" */
    loop_timer_start(cluster_loop(cluster), &chaos->timer, pause);
}

void chaos_stop(struct chaos *chaos)
{
    loop_timer_stop(&chaos->timer);
}
