/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cmd/foreground.h"

#include <signal.h>

#include "base/log.h"
#include "base/memory.h"

/* Starting and bursts leave free memory behind, spread over the threads' arenas. One look a minute costs nothing. */
#define RELEASE_FIRST  (5 * USEC_PER_SEC)
#define RELEASE_PERIOD (60 * USEC_PER_SEC)

#define SETTLE_TIME (300 * USEC_PER_MSEC) /* for what was said last to go out */

struct run {
    const struct foreground *what;
    struct loop *loop;
    bool stopping;
    bool settled;
    struct loop_timer release;
};

static void release_due(struct loop_timer *timer)
{
    struct run *run = container_of(timer, struct run, release);
    if (run->settled)
        memory_release();
    else
        memory_settle();
    run->settled = true;
    loop_timer_start(run->loop, timer, RELEASE_PERIOD);
}

static void stopped(void *context)
{
    struct run *run = context;
    loop_stop(run->loop);
}

static void on_signal(void *context, int signal_number)
{
    struct run *run = context;
    if (run->stopping)
        return;
    run->stopping = true;
    log_info("stopping", LOG_INT("signal", signal_number));
    run->what->stop(run->what->context, stopped, run);
}

int foreground_run(const struct foreground *what, struct error *err)
{
    struct run run = { .what = what, .release = { .callback = release_due } };
    struct loop_signal *terminate = NULL, *interrupt = NULL;
    int rc = loop_create_real(&run.loop, err);
    if (rc < 0)
        return rc;
    rc = loop_signal_open(run.loop, SIGTERM, on_signal, &run, &terminate, err);
    if (rc == 0)
        rc = loop_signal_open(run.loop, SIGINT, on_signal, &run, &interrupt, err);
    if (rc == 0)
        rc = what->start(what->context, run.loop, err);
    if (rc == 0) {
        loop_timer_start(run.loop, &run.release, RELEASE_FIRST);
        loop_run(run.loop);
    }
    loop_timer_stop(&run.release);
    loop_signal_close(terminate);
    loop_signal_close(interrupt);
    what->destroy(what->context);
    loop_settle(run.loop, SETTLE_TIME);
    loop_destroy(run.loop);
    return rc;
}
