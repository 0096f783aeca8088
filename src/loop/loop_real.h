/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_real.h - shared by the files of the real driver only. */
#ifndef LOOP_LOOP_REAL_H
#define LOOP_LOOP_REAL_H

#include <uv.h>

#include "loop/loop_driver.h"
#include "loop/loop_workers.h"

struct loop_real {
    struct loop base;
    uv_loop_t uv;
    uv_timer_t timer;    /* the nearest of base.timers */
    uv_poll_t wake;      /* of 'wake_fd' */
    int wake_fd;         /* an eventfd: somebody posted */
    usec_t armed_due;    /* what 'timer' is set to; -1: not running */
    struct list orphans; /* loop_process.by_loop: closed by their owners, not yet ended */
    struct loop_workers workers;
};

static inline struct loop_real *loop_real_of(struct loop *loop)
{
    return container_of(loop, struct loop_real, base);
}

/* From a libuv code (-errno): sets err and returns ours. */
int loop_real_error(int uv_code, struct error *err, const char *what);

int loop_real_poll_open(struct loop *loop, int fd, void (*callback)(void *context, int events), void *context,
                        struct loop_poll **ret_poll, struct error *err);
int loop_real_process_start(struct loop *loop, const struct loop_process_options *options,
                            struct loop_process **ret_process, struct error *err);
int loop_real_signal_open(struct loop *loop, int signal, void (*callback)(void *context, int signal), void *context,
                          struct loop_signal **ret_signal, struct error *err);

/* An unreferenced poll does not keep loop_run() going. */
void loop_real_poll_unref(struct loop_poll *poll);

/* Lets go of the children whose end nobody waits for any more. */
void loop_real_forget_orphans(struct loop_real *real);

#endif
