/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduler_metrics.h - upstream's scheduler_* of one profile. Made with NULL, it tells nobody. Belongs to the scheduler's
 * loop; moments are loop_monotonic(). */
#ifndef SCHEDULER_SCHEDULER_METRICS_H
#define SCHEDULER_SCHEDULER_METRICS_H

#include "base/metrics.h"
#include "scheduler/queue.h"

enum scheduling_result { SCHEDULING_SCHEDULED, SCHEDULING_UNSCHEDULABLE, SCHEDULING_ERROR, SCHEDULING_RESULTS };

struct scheduler_metrics {
    struct metrics *metrics;
    struct metric *attempts[SCHEDULING_RESULTS];  /* schedule_attempts_total */
    struct metric *durations[SCHEDULING_RESULTS]; /* scheduling_attempt_duration_seconds */
    struct metric *algorithm;                     /* scheduling_algorithm_duration_seconds */
    struct metric *tries;                         /* pod_scheduling_attempts */
    struct metric *pending[QUEUE_TAKEN];          /* pending_pods by queue: active, backoff, unschedulable */
};

void scheduler_metrics_init(struct scheduler_metrics *own, struct metrics *metrics, const char *profile);
void scheduler_metrics_fini(struct scheduler_metrics *own); /* nobody waits here any more */

/* A node was looked for: since 'started' until 'now'. */
void scheduler_metrics_decided(struct scheduler_metrics *own, usec_t started, usec_t now);
/* An attempt ended that began then; of what was placed, 'pod' tells how long it waited and how often it was tried. */
void scheduler_metrics_ended(struct scheduler_metrics *own, enum scheduling_result result, const struct queued_pod *pod,
                             usec_t started, usec_t now);
void scheduler_metrics_queue(struct scheduler_metrics *own, const struct queue *queue);

#endif
