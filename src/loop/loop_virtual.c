/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_virtual.c - a clock that jumps: when no task is left, the next timer's moment is now.
 *
 * Nothing here waits or asks the system, so a run with the same seed repeats exactly. */
#include "base/memory.h"
#include "loop/loop.h"
#include "loop/loop_driver.h"

/* The monotonic clock starts here, not at 0, which means "not set" in many structs. */
#define MONOTONIC_START USEC_PER_SEC

struct virtual_loop {
    struct loop base;
    usec_t start;   /* Unix time when the monotonic clock stood at MONOTONIC_START */
    usec_t elapsed; /* since then */
};

static struct virtual_loop *virtual_of(struct loop *loop)
{
    return container_of(loop, struct virtual_loop, base);
}

static void virtual_destroy(struct loop *loop)
{
    loop_fini(loop);
    free(virtual_of(loop));
}

static void virtual_read_clock(struct loop *loop)
{
    struct virtual_loop *virtual = virtual_of(loop);
    loop->now = virtual->start + virtual->elapsed;
    loop->monotonic = MONOTONIC_START + virtual->elapsed;
}

static void set_monotonic(struct loop *loop, usec_t monotonic)
{
    virtual_of(loop)->elapsed = monotonic - MONOTONIC_START;
    loop->clock_read = false;
}

/* Runs what happens up to 'limit' on the monotonic clock. */
static void run_up_to(struct loop *loop, usec_t limit)
{
    while (!loop->stopped) {
        usec_t due = loop_next_due(loop);
        bool has_timer = due >= 0 && due <= limit;
        if (!loop_has_tasks(loop)) {
            if (!has_timer)
                break;
            if (due > loop_monotonic(loop))
                set_monotonic(loop, due);
        }
        loop_turn(loop);
    }
}

static void virtual_run(struct loop *loop)
{
    run_up_to(loop, INT64_MAX - 1);
}

void loop_run_until(struct loop *loop, usec_t when)
{
    struct virtual_loop *virtual = virtual_of(loop);
    usec_t limit = when - virtual->start + MONOTONIC_START;
    loop->running = true;
    run_up_to(loop, limit);
    if (!loop->stopped && limit > loop_monotonic(loop))
        set_monotonic(loop, limit);
    loop->running = false;
    loop->stopped = false;
}

static void tell_done(struct loop_task *task)
{
    struct loop_work *work = container_of(task, struct loop_work, end);
    work->done(work);
}

static void virtual_work_start(struct loop *loop, struct loop_work *work)
{
    work->end.callback = tell_done;
    work->work(work);
    loop_defer(loop, &work->end);
}

static const struct loop_driver virtual_driver = {
    .name = "virtual",
    .destroy = virtual_destroy,
    .run = virtual_run,
    .read_clock = virtual_read_clock,
    .work_start = virtual_work_start,
};

struct loop *loop_create_virtual(usec_t start, uint64_t seed)
{
    struct virtual_loop *virtual = memory_new(struct virtual_loop);
    loop_init(&virtual->base, &virtual_driver, seed);
    virtual->start = start;
    return &virtual->base;
}
