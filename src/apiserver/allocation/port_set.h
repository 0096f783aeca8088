/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* port_set.h - a range of port numbers, each taken or not. */
#ifndef APISERVER_ALLOCATION_PORT_SET_H
#define APISERVER_ALLOCATION_PORT_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

struct port_set {
    uint16_t first, last;
    uint64_t taken[65536 / 64]; /* by port */
};

bool port_set_contains(const struct port_set *set, int32_t port); /* is it in the range? */
bool port_set_take(struct port_set *set, int32_t port);           /* false: somebody has it */
void port_set_give(struct port_set *set, int32_t port);           /* fine when nobody has it */
/* A free one, from the dynamic band while that has any; 0: all are taken. */
int32_t port_set_next(struct port_set *set, struct random *random);

/* How many numbers at the beginning of a range of 'size' are left to those who ask for one: its 'step'-th part, from 'least'
 * to 'most'; none of a range that is not larger than 'least' (upstream's calculateRangeOffset). */
uint64_t static_band(uint64_t size, uint64_t step, uint64_t least, uint64_t most);

#endif
