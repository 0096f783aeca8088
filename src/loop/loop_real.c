/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_real.c - the driver on libuv: the clock, the waiting, posts and works.
 *
 * A turn: our tasks and due timers, then one uv_run() that waits for the nearest timer,
 * a descriptor, a finished work or a post. libuv sees one timer, however many we have. */
#include "loop/loop_real.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"

struct work_request {
    uv_work_t uv;
    struct loop_work *work;
};

int loop_real_error(int uv_code, struct error *err, const char *what)
{
    errno = -uv_code;
    return error_errno(err, "%s", what);
}

static usec_t read_one_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (usec_t)time.tv_sec * USEC_PER_SEC + time.tv_nsec / 1000;
}

static void real_read_clock(struct loop *loop)
{
    loop->now = read_one_clock(CLOCK_REALTIME);
    loop->monotonic = read_one_clock(CLOCK_MONOTONIC);
}

static void on_timer(uv_timer_t *timer)
{
    loop_real_of((struct loop *)timer->data)->armed_due = -1; /* the turn that follows fires what is due */
    /* libuv also runs timers before it waits, and with none left that wait would be for ever. */
    uv_stop(timer->loop);
}

static void on_async(uv_async_t *async)
{
    (void)async; /* waking up was the point: loop_turn() fetches the posted tasks */
}

/* libuv counts whole milliseconds of the same clock from its cached time; rounding up never fires early. */
static void arm_timer(struct loop_real *real)
{
    usec_t due = loop_next_due(&real->base);
    if (due == real->armed_due)
        return;
    real->armed_due = due;
    if (due < 0) {
        uv_timer_stop(&real->timer);
        return;
    }
    uint64_t when = (uint64_t)due / 1000 + (due % 1000 != 0);
    uint64_t now = uv_now(&real->uv);
    uv_timer_start(&real->timer, on_timer, when > now ? when - now : 0, 0);
}

static void real_run(struct loop *loop)
{
    struct loop_real *real = loop_real_of(loop);
    for (;;) {
        loop_turn(loop);
        if (loop->stopped)
            break;
        arm_timer(real);
        loop->clock_read = false;
        bool alive = uv_run(&real->uv, loop_has_tasks(loop) ? UV_RUN_NOWAIT : UV_RUN_ONCE) != 0;
        if (loop->stopped)
            break;
        if (!alive && loop_next_due(loop) < 0 && !loop_has_tasks(loop))
            break;
    }
}

static void real_hold(struct loop *loop, bool held)
{
    struct loop_real *real = loop_real_of(loop);
    if (held)
        uv_ref((uv_handle_t *)&real->async);
    else
        uv_unref((uv_handle_t *)&real->async);
}

static void real_wake(struct loop *loop)
{
    uv_async_send(&loop_real_of(loop)->async);
}

static void on_work(uv_work_t *request)
{
    struct loop_work *work = container_of(request, struct work_request, uv)->work;
    work->work(work);
}

static void on_work_done(uv_work_t *request, int status)
{
    (void)status; /* only ever UV_ECANCELED, and we never cancel */
    struct work_request *ours = container_of(request, struct work_request, uv);
    struct loop_work *work = ours->work;
    free(ours);
    work->private_request = NULL;
    work->done(work);
}

static void real_work_start(struct loop *loop, struct loop_work *work)
{
    struct work_request *request = memory_new(struct work_request);
    request->work = work;
    work->private_request = request;
    uv_queue_work(&loop_real_of(loop)->uv, &request->uv, on_work, on_work_done); /* cannot fail with a callback */
}

static void report_leak(uv_handle_t *handle, void *context)
{
    (void)context;
    log_error("a loop was destroyed with something open on it",
              LOG_TEXT("handle", uv_handle_type_name(uv_handle_get_type(handle))));
}

static void real_destroy(struct loop *loop)
{
    struct loop_real *real = loop_real_of(loop);
    loop_real_forget_orphans(real);
    uv_close((uv_handle_t *)&real->timer, NULL);
    uv_close((uv_handle_t *)&real->async, NULL);
    uv_run(&real->uv, UV_RUN_NOWAIT); /* close callbacks, where the handles' memory is freed */
    if (uv_loop_close(&real->uv) < 0) {
        uv_walk(&real->uv, report_leak, NULL);
        return; /* leaked on purpose: libuv would still touch it */
    }
    loop_fini(loop);
    free(real);
}

static const struct loop_driver real_driver = {
    .name = "real",
    .destroy = real_destroy,
    .run = real_run,
    .hold = real_hold,
    .read_clock = real_read_clock,
    .wake = real_wake,
    .work_start = real_work_start,
    .poll_open = loop_real_poll_open,
    .process_start = loop_real_process_start,
    .signal_open = loop_real_signal_open,
};

int loop_create_real(struct loop **ret_loop, struct error *err)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        return error_errno(err, "seed the loop's random generator");
    struct loop_real *real = memory_new(struct loop_real);
    int rc = uv_loop_init(&real->uv);
    if (rc < 0) {
        free(real);
        return loop_real_error(rc, err, "create an event loop");
    }
    rc = uv_async_init(&real->uv, &real->async, on_async);
    if (rc < 0) {
        uv_loop_close(&real->uv);
        free(real);
        return loop_real_error(rc, err, "create an event loop's wake-up descriptor");
    }
    uv_unref((uv_handle_t *)&real->async);
    uv_timer_init(&real->uv, &real->timer);
    real->timer.data = &real->base;
    real->armed_due = -1;
    list_init(&real->orphans);
    loop_init(&real->base, &real_driver, seed);
    *ret_loop = &real->base;
    return 0;
}
