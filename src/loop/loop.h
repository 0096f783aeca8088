/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop.h - where time, randomness, readiness and other threads' results come from.
 *
 * A loop and everything on it belong to the thread that calls loop_run(); the one call
 * allowed from any other thread is loop_post(). No component calls time(), sleep(),
 * rand() or a blocking system call: it asks the loop it was given.
 *
 * Two drivers: loop_create_real() on libuv, and loop_create_virtual(), whose clock jumps
 * to the next timer when nothing is left to do, whose randomness comes from a seed and
 * which has no descriptors: a whole cluster runs on it in one thread, repeatably. */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/container/heap.h"
#include "base/container/list.h"
#include "base/error.h"
#include "base/random.h"
#include "base/str.h"
#include "base/time.h"

struct loop;

int loop_create_real(struct loop **ret_loop, struct error *err) must_check;

/* The clock starts at 'start' (Unix microseconds). */
struct loop *loop_create_virtual(usec_t start, uint64_t seed);

/* Everything started on it must be stopped or closed first, but for what loop_at_end() ends. NULL is fine. */
void loop_destroy(struct loop *loop);

/* Runs until loop_stop(), or until nothing is left that could ever happen: no task, timer, wanted
 * descriptor, work, process or signal. A loop that waits for nothing but posts holds itself open. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /* from its own thread; before loop_run() it makes that return at once */
void loop_hold(struct loop *loop); /* real loops: loop_run() does not return for want of work; counts */
void loop_release(struct loop *loop);

/* Virtual loops: runs what is due up to and including that moment (Unix time), then sets the clock to it. */
void loop_run_until(struct loop *loop, usec_t when);

usec_t loop_now(struct loop *loop);       /* Unix time, for people and API objects; cached once per turn */
usec_t loop_monotonic(struct loop *loop); /* never jumps back; for intervals */
/* The same clock asked anew, also within a turn: for what a piece of work takes. Other readings of the turn stay. */
usec_t loop_stopwatch(struct loop *loop);
struct random *loop_random(struct loop *loop);
uint64_t loop_wakeups(struct loop *loop); /* turns since start, for the idle budget */

/* --- timers: embedded, one shot; restart it in its own callback for a period --- */

struct loop_timer {
    void (*callback)(struct loop_timer *timer);
    struct loop *loop;     /* private from here on */
    usec_t due;            /* monotonic */
    uint64_t order;        /* equal times fire in the order they were set */
    struct heap_node node; /* in loop.timers while it runs */
};

/* (Re)starts. A zeroed struct with 'callback' set is ready for it. Negative delays count as 0.
 * Real loops fire up to a millisecond late, never early. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, usec_t delay);
void loop_timer_stop(struct loop_timer *timer); /* fine when it is not running */
bool loop_timer_running(const struct loop_timer *timer);

/* --- tasks: run once, soon, on the loop's thread, in order; what they defer runs behind those that wait already --- */

struct loop_task {
    void (*callback)(struct loop_task *task);
    struct list_node node; /* private; a task may be queued once at a time: deferring it again does nothing */
};

void loop_defer(struct loop *loop, struct loop_task *task);  /* from the loop's own thread */
void loop_cancel(struct loop *loop, struct loop_task *task); /* a deferred task that has not run; fine otherwise */
/* From any thread; cannot be cancelled. It may be posted again once it runs, by a thread that knows that. */
void loop_post(struct loop *loop, struct loop_task *task);

/* Runs in loop_destroy(), unless it was cancelled: what goes on without an owner (a closing stream's last bytes) is cut
 * off there. */
void loop_at_end(struct loop *loop, struct loop_task *task);
/* Before it: runs on until all of these have ended by themselves, at most that long. */
void loop_settle(struct loop *loop, usec_t limit);

/* --- descriptors (real loops only) --- */

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };

struct loop_poll; /* level triggered */

/* The descriptor stays the caller's and must stay open until loop_poll_close(). */
int loop_poll_open(struct loop *loop, int fd, void (*callback)(void *context, int events), void *context,
                   struct loop_poll **ret_poll, struct error *err) must_check;

/* LOOP_READABLE | LOOP_WRITABLE, or 0 (as after open) for none. Errors and hang-ups are told as what is
 * wanted: the read or write that follows meets them. */
void loop_poll_want(struct loop_poll *poll, int events);
void loop_poll_close(struct loop_poll *poll); /* no callback after it; NULL is fine */

/* --- work that may block: done(…) runs on the loop's thread --- */

struct loop_work {
    void (*work)(struct loop_work *work); /* on a worker thread; touches only its own struct */
    void (*done)(struct loop_work *work); /* on the loop */
    struct loop *loop;                    /* private from here on */
    struct list_node node;                /* among those that wait for a thread */
    struct loop_task end;                 /* comes back from it */
};

/* Virtual loops run 'work' at once and 'done' as a task. Works are never cancelled. */
void loop_work_start(struct loop *loop, struct loop_work *work);

/* --- subprocesses and signals (real loops only) --- */

struct loop_process;

struct loop_process_options {
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH */
    const char *const *env;  /* NULL: inherit */
    const char *directory;   /* NULL: inherit */
    int stdio[3];            /* descriptors for 0, 1, 2; -1: /dev/null; stay the caller's */
    bool new_session;        /* setsid: survives our terminal, and our end */
    void (*exited)(void *context, int exit_status, int signal); /* exactly once, unless closed before */
    void *context;
};

int loop_process_start(struct loop *loop, const struct loop_process_options *options, struct loop_process **ret_process,
                       struct error *err) must_check;
pid_t loop_process_pid(const struct loop_process *process);
int loop_process_signal(struct loop_process *process, int signal, struct error *err);
void loop_process_close(struct loop_process *process); /* forgets it, does not end it; NULL is fine */

struct loop_signal;
int loop_signal_open(struct loop *loop, int signal, void (*callback)(void *context, int signal), void *context,
                     struct loop_signal **ret_signal, struct error *err) must_check;
void loop_signal_close(struct loop_signal *signal); /* NULL is fine */

#endif
