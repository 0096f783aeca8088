/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workqueue.h - keys waiting to be reconciled.
 *
 * A key is queued at most once and worked on by at most one worker at a time: added while
 * it is worked on, it is queued again when that work is done. Failed keys come back after
 * a delay that doubles from 5 ms to 1000 s. Belongs to one loop. */
#ifndef CLIENT_WORKQUEUE_H
#define CLIENT_WORKQUEUE_H

#include "base/metrics.h"
#include "base/str.h"
#include "loop/loop.h"

struct workqueue;

#define WORKQUEUE_BACKOFF_FIRST (5 * USEC_PER_MSEC)
#define WORKQUEUE_BACKOFF_MAX   (1000 * USEC_PER_SEC)

/* Counted since it was made; upstream's workqueue_* metrics. */
struct workqueue_counters {
    uint64_t adds;
    uint64_t retries;
    uint64_t depth;      /* now */
    uint64_t unfinished; /* now: popped, not done */
};

/* ready() is called, never from inside another call, when there is something to pop. */
struct workqueue *workqueue_create(struct loop *loop, void (*ready)(void *context), void *context);
void workqueue_destroy(struct workqueue *queue); /* NULL is fine */

/* From now on it tells workqueue_* under that name (label "name"); the metrics must outlive it. */
void workqueue_set_metrics(struct workqueue *queue, struct metrics *metrics, const char *name);

void workqueue_add(struct workqueue *queue, struct str key);
void workqueue_add_after(struct workqueue *queue, struct str key, usec_t delay); /* the earlier of two delays wins */
void workqueue_retry(struct workqueue *queue, struct str key);                   /* after its back-off */
void workqueue_forget(struct workqueue *queue, struct str key);                  /* it worked: back-off starts anew */
/* Until then (loop_monotonic()) whoever adds the key waits; a second word replaces the first. */
void workqueue_rest(struct workqueue *queue, struct str key, usec_t until);
unsigned workqueue_failures(const struct workqueue *queue, struct str key); /* retries since it last worked */

/* NULL when nothing is ready. The text lives until workqueue_done(). */
const char *workqueue_pop(struct workqueue *queue);
void workqueue_done(struct workqueue *queue, const char *key); /* once per pop */

struct workqueue_counters workqueue_counters(const struct workqueue *queue);

#endif
