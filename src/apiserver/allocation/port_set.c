/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/allocation/port_set.h"

#define BAND_STEP  32
#define BAND_LEAST 16
#define BAND_MOST  128

uint64_t static_band(uint64_t size, uint64_t step, uint64_t least, uint64_t most)
{
    if (size <= least)
        return 0;
    uint64_t band = size / step;
    return band < least ? least : band > most ? most : band;
}

static bool is_taken(const struct port_set *set, uint64_t port)
{
    return set->taken[port / 64] >> (port % 64) & 1;
}

bool port_set_contains(const struct port_set *set, int32_t port)
{
    return port >= set->first && port <= set->last;
}

bool port_set_take(struct port_set *set, int32_t port)
{
    if (is_taken(set, (uint64_t)port))
        return false;
    set->taken[port / 64] |= (uint64_t)1 << (port % 64);
    return true;
}

void port_set_give(struct port_set *set, int32_t port)
{
    if (port_set_contains(set, port))
        set->taken[port / 64] &= ~((uint64_t)1 << (port % 64));
}

/* From a random place on, going round between first and last. */
static int32_t next_between(struct port_set *set, uint64_t first, uint64_t last, struct random *random)
{
    uint64_t span = last - first + 1, start = random_below(random, span);
    for (uint64_t i = 0; i < span; i++) {
        int32_t port = (int32_t)(first + (start + i) % span);
        if (port_set_take(set, port))
            return port;
    }
    return 0;
}

int32_t port_set_next(struct port_set *set, struct random *random)
{
    uint64_t size = (uint64_t)set->last - set->first + 1;
    uint64_t dynamic = set->first + static_band(size, BAND_STEP, BAND_LEAST, BAND_MOST);
    int32_t port = next_between(set, dynamic, set->last, random);
    if (port == 0 && dynamic > set->first)
        port = next_between(set, set->first, dynamic - 1, random);
    return port;
}
