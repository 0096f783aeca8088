/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* random.h - a seeded generator (xoshiro256**, public domain algorithm by Blackman and
 * Vigna). Every loop owns one; the simulator's replays rest on nobody using another.
 * Not for keys and tokens: those come from crypto/. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4];
};

void random_init(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound); /* 0 <= result < bound; bound > 0 */
double random_unit(struct random *random);                    /* 0 <= result < 1 */

#endif
