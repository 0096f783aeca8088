/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* settle_test.h - runs a real loop until what was started has come to rest, however slow the machine is: for tests whose
 * peers all live on the same loop. Rest is a span in which the process hardly computes. */
#ifndef NET_SETTLE_TEST_H
#define NET_SETTLE_TEST_H

#include <time.h>

#include "loop/loop.h"

#define SETTLE_SLICE  (4 * USEC_PER_MSEC)
#define SETTLE_SLICES 2000
#define SETTLE_QUIET  400 /* microseconds of computing that the timer itself may cost */

struct settle {
    struct loop_timer timer;
    struct loop *loop;
};

static inline void settle_stop(struct loop_timer *timer)
{
    loop_stop(container_of(timer, struct settle, timer)->loop);
}

/* Microseconds of processor time so far. */
static inline int64_t settle_computed(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

/* At least that long. */
static inline void settle_loop(struct loop *loop, usec_t least)
{
    struct settle settle = { .timer.callback = settle_stop, .loop = loop };
    int quiet = 0;
    for (int i = 0; i < SETTLE_SLICES && (least > 0 || quiet < 2); i++) {
        int64_t before = settle_computed();
        usec_t began = loop_monotonic(loop);
        loop_timer_start(loop, &settle.timer, SETTLE_SLICE);
        loop_run(loop);
        loop_timer_stop(&settle.timer);
        least -= loop_monotonic(loop) - began;
        quiet = settle_computed() - before <= SETTLE_QUIET ? quiet + 1 : 0;
    }
}

#endif
