/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_real.c - the driver on libuv: the clock, the waiting, and posts.
 *
 * A turn: our tasks and due timers, then one uv_run() that waits for the nearest timer,
 * a descriptor, a finished work or a post. libuv sees one timer, however many we have. */
#include "loop/loop_real.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

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

/* Waking up was the point: loop_turn() fetches the posted tasks. */
static void on_wake(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    uint64_t count;
    struct loop_real *real = container_of(handle, struct loop_real, wake);
    if (read(real->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
        log_error("a loop cannot be woken", LOG_TEXT("error", strerror(errno)));
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
        bool alive = uv_run(&real->uv, loop_begin_wait(loop) ? UV_RUN_ONCE : UV_RUN_NOWAIT) != 0;
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
        uv_ref((uv_handle_t *)&real->wake);
    else
        uv_unref((uv_handle_t *)&real->wake);
}

/* Not uv_async_send(): its receiver turns round and round while the sender, whom it has just displaced from the
 * processor, has not come back from its write. */
static void real_wake(struct loop *loop)
{
    const uint64_t one = 1;
    while (write(loop_real_of(loop)->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
}

static void real_work_start(struct loop *loop, struct loop_work *work)
{
    loop_workers_start(&loop_real_of(loop)->workers, loop, work);
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
    loop_workers_fini(&real->workers);
    loop_real_forget_orphans(real);
    uv_close((uv_handle_t *)&real->timer, NULL);
    uv_close((uv_handle_t *)&real->wake, NULL);
    uv_run(&real->uv, UV_RUN_NOWAIT); /* close callbacks, where the handles' memory is freed */
    if (uv_loop_close(&real->uv) < 0) {
        uv_walk(&real->uv, report_leak, NULL);
        return; /* leaked on purpose: libuv would still touch it */
    }
    close(real->wake_fd);
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

static int open_wake(struct loop_real *real, struct error *err)
{
    real->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (real->wake_fd < 0)
        return error_errno(err, "create an event loop's wake-up descriptor");
    int rc = uv_poll_init(&real->uv, &real->wake, real->wake_fd);
    if (rc < 0) {
        close(real->wake_fd);
        return loop_real_error(rc, err, "create an event loop's wake-up descriptor");
    }
    uv_poll_start(&real->wake, UV_READABLE, on_wake);
    uv_unref((uv_handle_t *)&real->wake);
    return 0;
}

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
    rc = open_wake(real, err);
    if (rc < 0) {
        uv_loop_close(&real->uv);
        free(real);
        return rc;
    }
    uv_timer_init(&real->uv, &real->timer);
    real->timer.data = &real->base;
    real->armed_due = -1;
    list_init(&real->orphans);
    loop_workers_init(&real->workers);
    loop_init(&real->base, &real_driver, seed);
    *ret_loop = &real->base;
    return 0;
}
