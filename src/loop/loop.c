/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop.c - tasks and timers, the same for every driver; the rest is passed on to it. */
#include "loop/loop.h"

#include <sched.h>

#include "base/memory.h"
#include "loop/loop_driver.h"

/* What tasks defer runs after them, so often before descriptors and timers get their share: an answer that goes from its
 * request to its connection, to TLS and to the socket does not ask for descriptors at every step. */
#define TASK_ROUNDS 4

static bool fires_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct loop_timer *left = container_of(a, struct loop_timer, node);
    const struct loop_timer *right = container_of(b, struct loop_timer, node);
    return left->due != right->due ? left->due < right->due : left->order < right->order;
}

void loop_init(struct loop *loop, const struct loop_driver *driver, uint64_t seed)
{
    loop->driver = driver;
    heap_init(&loop->timers, fires_before);
    list_init(&loop->tasks);
    list_init(&loop->ends);
    list_init(&loop->posted);
    pthread_mutex_init(&loop->lock, NULL);
    random_init(&loop->random, seed);
}

void loop_fini(struct loop *loop)
{
    pthread_mutex_destroy(&loop->lock);
    heap_fini(&loop->timers);
}

void loop_destroy(struct loop *loop)
{
    if (loop == NULL)
        return;
    for (struct list_node *node; (node = list_pop(&loop->ends)) != NULL;) {
        struct loop_task *task = container_of(node, struct loop_task, node);
        task->callback(task);
    }
    while (atomic_load(&loop->wakers) > 0)
        sched_yield();
    loop->driver->destroy(loop);
}

void loop_run(struct loop *loop)
{
    loop->running = true;
    loop->clock_read = false;
    loop->driver->run(loop);
    loop->running = false;
    loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

void loop_hold(struct loop *loop)
{
    if (loop->held++ == 0 && loop->driver->hold != NULL)
        loop->driver->hold(loop, true);
}

void loop_release(struct loop *loop)
{
    if (--loop->held == 0 && loop->driver->hold != NULL)
        loop->driver->hold(loop, false);
}

/* Outside of loop_run() there are no turns, so the clock is asked each time. */
static void read_clock(struct loop *loop)
{
    if (loop->clock_read && loop->running)
        return;
    loop->driver->read_clock(loop);
    loop->clock_read = true;
}

usec_t loop_now(struct loop *loop)
{
    read_clock(loop);
    return loop->now;
}

usec_t loop_monotonic(struct loop *loop)
{
    read_clock(loop);
    return loop->monotonic;
}

usec_t loop_stopwatch(struct loop *loop)
{
    read_clock(loop);
    usec_t now = loop->now, monotonic = loop->monotonic;
    loop->driver->read_clock(loop);
    usec_t reading = loop->monotonic;
    loop->now = now;
    loop->monotonic = monotonic;
    return reading;
}

struct random *loop_random(struct loop *loop)
{
    return &loop->random;
}

uint64_t loop_wakeups(struct loop *loop)
{
    return loop->wakeups;
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, usec_t delay)
{
    loop_timer_stop(timer);
    usec_t start = loop_monotonic(loop);
    if (delay < 0)
        delay = 0;
    timer->loop = loop;
    timer->due = delay > INT64_MAX - start ? INT64_MAX : start + delay;
    timer->order = loop->next_order++;
    heap_insert(&loop->timers, &timer->node);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (loop_timer_running(timer))
        heap_remove(&timer->loop->timers, &timer->node);
}

bool loop_timer_running(const struct loop_timer *timer)
{
    return heap_linked(&timer->node);
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    if (!list_linked(&task->node))
        list_append(&loop->tasks, &task->node);
}

void loop_cancel(struct loop *loop, struct loop_task *task)
{
    list_remove(&task->node);
    if (loop->settling && list_empty(&loop->ends))
        loop_stop(loop);
}

void loop_at_end(struct loop *loop, struct loop_task *task)
{
    if (!list_linked(&task->node))
        list_append(&loop->ends, &task->node);
}

static void settle_limit(struct loop_timer *timer)
{
    loop_stop(timer->loop);
}

void loop_settle(struct loop *loop, usec_t limit)
{
    if (list_empty(&loop->ends))
        return;
    struct loop_timer timer = { .callback = settle_limit };
    loop_timer_start(loop, &timer, limit);
    loop->settling = true;
    loop_run(loop);
    loop->settling = false;
    loop_timer_stop(&timer);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    pthread_mutex_lock(&loop->lock);
    list_append(&loop->posted, &task->node);
    bool wake = atomic_exchange(&loop->waits, false);
    if (wake)
        atomic_fetch_add(&loop->wakers, 1); /* once the task is seen the loop may run it, end, and be destroyed */
    pthread_mutex_unlock(&loop->lock);
    if (!wake)
        return;
    loop->driver->wake(loop); /* not under the lock, which is what the loop asks for first */
    atomic_fetch_sub(&loop->wakers, 1);
}

static void run_round(struct loop *loop)
{
    struct list batch;
    list_init(&batch);
    list_move_all(&batch, &loop->tasks);
    for (struct list_node *node; !loop->stopped && (node = list_pop(&batch)) != NULL;) {
        struct loop_task *task = container_of(node, struct loop_task, node);
        task->callback(task);
    }
    list_move_all(&batch, &loop->tasks);
    list_move_all(&loop->tasks, &batch);
}

static void run_tasks(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    atomic_store(&loop->waits, false);
    list_move_all(&loop->tasks, &loop->posted);
    pthread_mutex_unlock(&loop->lock);

    for (int round = 0; round < TASK_ROUNDS && !loop->stopped && !list_empty(&loop->tasks); round++)
        run_round(loop);
}

static void run_timers(struct loop *loop)
{
    if (heap_first(&loop->timers) == NULL)
        return;
    usec_t now = loop_monotonic(loop);
    uint64_t limit = loop->next_order; /* a timer started with no delay by these waits for the next turn */
    for (struct heap_node *node; !loop->stopped && (node = heap_first(&loop->timers)) != NULL;) {
        struct loop_timer *timer = container_of(node, struct loop_timer, node);
        if (timer->due > now || timer->order >= limit)
            break;
        heap_remove(&loop->timers, node);
        timer->callback(timer);
    }
}

void loop_turn(struct loop *loop)
{
    loop->wakeups++;
    run_tasks(loop);
    run_timers(loop);
}

bool loop_has_tasks(struct loop *loop)
{
    if (!list_empty(&loop->tasks))
        return true;
    pthread_mutex_lock(&loop->lock);
    bool posted = !list_empty(&loop->posted);
    pthread_mutex_unlock(&loop->lock);
    return posted;
}

bool loop_begin_wait(struct loop *loop)
{
    if (!list_empty(&loop->tasks))
        return false;
    pthread_mutex_lock(&loop->lock);
    bool nothing = list_empty(&loop->posted);
    atomic_store(&loop->waits, nothing);
    pthread_mutex_unlock(&loop->lock);
    return nothing;
}

usec_t loop_next_due(const struct loop *loop)
{
    struct heap_node *node = heap_first(&loop->timers);
    return node == NULL ? -1 : container_of(node, struct loop_timer, node)->due;
}

void loop_work_start(struct loop *loop, struct loop_work *work)
{
    loop->driver->work_start(loop, work);
}

int loop_poll_open(struct loop *loop, int fd, void (*callback)(void *context, int events), void *context,
                   struct loop_poll **ret_poll, struct error *err)
{
    if (loop->driver->poll_open == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "a %s loop has no descriptors", loop->driver->name);
    return loop->driver->poll_open(loop, fd, callback, context, ret_poll, err);
}

int loop_process_start(struct loop *loop, const struct loop_process_options *options, struct loop_process **ret_process,
                       struct error *err)
{
    if (loop->driver->process_start == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "a %s loop has no subprocesses: %s", loop->driver->name,
                         options->argv[0]);
    return loop->driver->process_start(loop, options, ret_process, err);
}

int loop_signal_open(struct loop *loop, int signal, void (*callback)(void *context, int signal), void *context,
                     struct loop_signal **ret_signal, struct error *err)
{
    if (loop->driver->signal_open == NULL)
        return error_set(err, ERROR_UNSUPPORTED, "a %s loop has no signals", loop->driver->name);
    return loop->driver->signal_open(loop, signal, callback, context, ret_signal, err);
}
