/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* loop_workers.h - the threads of a real loop that do what may block; for the loop's own files.
 *
 * A thread is started when work comes and none is idle, up to WORKERS_MAX; then it stays. The end of a work is posted
 * like anything else that comes from another thread. */
#ifndef LOOP_LOOP_WORKERS_H
#define LOOP_LOOP_WORKERS_H

#include <pthread.h>

#include "loop/loop.h"

#define WORKERS_MAX 4

struct loop_workers {
    pthread_mutex_t lock; /* guards all of this */
    pthread_cond_t due;
    struct list waiting; /* loop_work.node */
    size_t n_waiting;
    size_t n_idle;
    pthread_t threads[WORKERS_MAX];
    size_t n_threads;
    bool ending;
};

void loop_workers_init(struct loop_workers *workers);
/* Holds the loop until done() was called. */
void loop_workers_start(struct loop_workers *workers, struct loop *loop, struct loop_work *work);
void loop_workers_fini(struct loop_workers *workers); /* waits for what is being done; drops what is not begun */

#endif
