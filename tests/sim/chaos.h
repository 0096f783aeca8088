/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* chaos.h - crashes components of a cluster at random moments, from a seed. */
#ifndef SIM_CHAOS_H
#define SIM_CHAOS_H

#include "cluster.h"

struct chaos {
    struct cluster *cluster;
    struct random random;
    struct loop_timer timer;
    usec_t pause;  /* mean time between two crashes */
    usec_t outage; /* the longest */
};

void chaos_start(struct chaos *chaos, struct cluster *cluster, uint64_t seed, usec_t pause, usec_t outage);
void chaos_stop(struct chaos *chaos);

#endif
