/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* foreground.h - runs something on a loop until SIGTERM or SIGINT, then lets it end politely. */
#ifndef CMD_FOREGROUND_H
#define CMD_FOREGROUND_H

#include "base/error.h"
#include "loop/loop.h"

struct foreground {
    /* Begins on the loop. */
    int (*start)(void *context, struct loop *loop, struct error *err);
    /* Asked once to end; calls done(done_context) when it has. */
    void (*stop)(void *context, void (*done)(void *done_context), void *done_context);
    void (*destroy)(void *context); /* also after a start that failed */
    void *context;
};

/* Returns when it has ended; the error is start's. */
int foreground_run(const struct foreground *what, struct error *err) must_check;

#endif
