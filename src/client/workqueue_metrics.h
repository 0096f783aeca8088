/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workqueue_metrics.h - upstream's workqueue_* of one queue. Zeroed, it tells nobody. Moments are loop_monotonic(). */
#ifndef CLIENT_WORKQUEUE_METRICS_H
#define CLIENT_WORKQUEUE_METRICS_H

#include "base/metrics.h"

enum { WORKQUEUE_METRICS_STARTS_MAX = 32 /* of keys worked on at a time whose age is known */ };

struct workqueue_metrics {
    struct metric *adds, *depth, *retries;
    struct metric *queue_duration, *work_duration;
    struct metric *unfinished, *longest;
    usec_t starts[WORKQUEUE_METRICS_STARTS_MAX];
    size_t n_starts;
};

void workqueue_metrics_init(struct workqueue_metrics *own, struct metrics *metrics, const char *name);
void workqueue_metrics_fini(struct workqueue_metrics *own, uint64_t depth); /* what is in it is gone with it */
void workqueue_metrics_popped(struct workqueue_metrics *own, usec_t queued_at, usec_t now);
void workqueue_metrics_done(struct workqueue_metrics *own, usec_t popped_at, usec_t now);

#endif
