/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_driver.h - what the real and the virtual loop share, and where they differ.
 *
 * Tasks and timers are kept here, in loop.c, so that both drivers run them in the same
 * order; a driver adds the clock, the waiting, and what comes from outside. */
#ifndef LOOP_LOOP_DRIVER_H
#define LOOP_LOOP_DRIVER_H

#include <pthread.h>
#include <stdatomic.h>

#include "loop/loop.h"

struct loop_driver {
    const char *name;
    void (*destroy)(struct loop *loop);
    void (*run)(struct loop *loop);
    void (*hold)(struct loop *loop, bool held); /* NULL: holding has no meaning */
    void (*read_clock)(struct loop *loop);      /* sets loop->now and loop->monotonic */
    void (*wake)(struct loop *loop);            /* from any thread, after loop_begin_wait(); may be NULL */
    void (*work_start)(struct loop *loop, struct loop_work *work);

    /* NULL where there is no outside world. */
    int (*poll_open)(struct loop *loop, int fd, void (*callback)(void *context, int events), void *context,
                     struct loop_poll **ret_poll, struct error *err);
    int (*process_start)(struct loop *loop, const struct loop_process_options *options,
                         struct loop_process **ret_process, struct error *err);
    int (*signal_open)(struct loop *loop, int signal, void (*callback)(void *context, int signal), void *context,
                       struct loop_signal **ret_signal, struct error *err);
};

struct loop {
    const struct loop_driver *driver;
    struct heap timers; /* loop_timer.node */
    uint64_t next_order;
    struct list tasks;    /* loop_task.node: deferred, and posted ones that have arrived */
    struct list ends;     /* loop_task.node: of loop_at_end() */
    pthread_mutex_t lock; /* guards 'posted' */
    struct list posted;   /* loop_task.node */
    atomic_bool waits;    /* the driver does, or is about to: the next post has to wake it */
    atomic_uint wakers;   /* threads that are about it: the loop cannot go yet */
    struct random random;
    usec_t now; /* valid while clock_read */
    usec_t monotonic;
    bool clock_read; /* in this turn */
    bool running;
    bool stopped;
    bool settling; /* to be stopped when 'ends' is empty */
    unsigned held;
    uint64_t wakeups;
};

void loop_init(struct loop *loop, const struct loop_driver *driver, uint64_t seed);
void loop_fini(struct loop *loop);

/* One turn's own part: posted tasks arrive, the tasks queued by now run, then the timers due by now.
 * Returns early when a callback stops the loop. */
void loop_turn(struct loop *loop);

/* Tasks are waiting, or were posted: the driver must not wait. */
bool loop_has_tasks(struct loop *loop);

/* The same, negated. When it is true the first post from then on calls wake(), once; until the next turn, or until
 * 'waits' is cleared by a driver that knows that it has stopped waiting. */
bool loop_begin_wait(struct loop *loop);

/* When the next timer is due on the monotonic clock; -1: none. */
usec_t loop_next_due(const struct loop *loop);

#endif
