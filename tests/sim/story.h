/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* story.h - what happens to the simulated cluster: a Deployment comes up, a node vanishes, a new version rolls out,
 * and everything comes to rest; all the while messages and components suffer. */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

struct story_options {
    uint64_t seed;
    size_t nodes;
    size_t replicas;
    bool calm;    /* no faults: for figures */
    bool verbose; /* each step on standard output */
};

enum { STORY_STEPS_MAX = 8 };

struct story_step {
    const char *name;
    usec_t virtual_time, wall_time;
};

struct story_result {
    char failure[512]; /* empty: all is well */
    uint64_t digest;   /* of every change, with its moment */
    uint64_t revisions, calls, events, crashes, lost, broken;
    usec_t virtual_time;
    struct story_step steps[STORY_STEPS_MAX];
    size_t n_steps;
};

void story_run(const struct story_options *options, struct story_result *ret_result);

#endif
