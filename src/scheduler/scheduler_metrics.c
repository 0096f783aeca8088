/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduler_metrics.c - see the header. */
#include "scheduler/scheduler_metrics.h"

#include <stdio.h>

static const double attempt_bounds[] = { 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128,
                                         0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384 };
static const double sli_bounds[] = { 0.01,  0.02,  0.04,  0.08,  0.16,   0.32,   0.64,   1.28,    2.56,    5.12,
                                     10.24, 20.48, 40.96, 81.92, 163.84, 327.68, 655.36, 1310.72, 2621.44, 5242.88 };
static const double try_bounds[] = { 1, 2, 4, 8, 16 };
static const char *const result_labels[] = { "profile", "result", NULL };
static const char *const queue_labels[] = { "queue", NULL };
static const char *const attempts_labels[] = { "attempts", NULL };

static const struct metric_family attempts = { "scheduler_schedule_attempts_total",
                                               "[STABLE] Attempts to place pods, by result.", METRIC_COUNTER,
                                               result_labels };
static const struct metric_family durations = { "scheduler_scheduling_attempt_duration_seconds",
                                                "[STABLE] Time of an attempt in seconds, binding included.",
                                                METRIC_HISTOGRAM,
                                                result_labels,
                                                attempt_bounds,
                                                countof(attempt_bounds) };
static const struct metric_family algorithm = { "scheduler_scheduling_algorithm_duration_seconds",
                                                "[ALPHA] Time to choose a node in seconds.",
                                                METRIC_HISTOGRAM,
                                                NULL,
                                                attempt_bounds,
                                                countof(attempt_bounds) };
static const struct metric_family tries = { "scheduler_pod_scheduling_attempts",
                                            "[STABLE] Attempts until a pod was placed.",
                                            METRIC_HISTOGRAM,
                                            NULL,
                                            try_bounds,
                                            countof(try_bounds) };
static const struct metric_family sli = { "scheduler_pod_scheduling_sli_duration_seconds",
                                          "[BETA] Time from the queue to a node in seconds, by attempts.",
                                          METRIC_HISTOGRAM,
                                          attempts_labels,
                                          sli_bounds,
                                          countof(sli_bounds) };
static const struct metric_family pending = { "scheduler_pending_pods", "[STABLE] Pods that wait, by queue.",
                                              METRIC_GAUGE, queue_labels };

static double seconds(usec_t from, usec_t to)
{
    return (double)(to - from) / (double)USEC_PER_SEC;
}

void scheduler_metrics_init(struct scheduler_metrics *own, struct metrics *metrics, const char *profile)
{
    static const char *const results[] = {
        [SCHEDULING_SCHEDULED] = "scheduled", [SCHEDULING_UNSCHEDULABLE] = "unschedulable", [SCHEDULING_ERROR] = "error"
    };
    static const char *const queues[] = {
        [QUEUE_ACTIVE] = "active", [QUEUE_BACKOFF] = "backoff", [QUEUE_UNSCHEDULABLE] = "unschedulable"
    };
    *own = (struct scheduler_metrics){ .metrics = metrics };
    for (size_t i = 0; i < countof(results); i++) {
        const char *const values[] = { profile, results[i] };
        own->attempts[i] = metrics_get(metrics, &attempts, values);
        own->durations[i] = metrics_get(metrics, &durations, values);
    }
    for (size_t i = 0; i < countof(queues); i++)
        own->pending[i] = metrics_get(metrics, &pending, &queues[i]);
    own->algorithm = metrics_get(metrics, &algorithm, NULL);
    own->tries = metrics_get(metrics, &tries, NULL);
}

void scheduler_metrics_fini(struct scheduler_metrics *own)
{
    for (size_t i = 0; i < countof(own->pending); i++)
        metric_set(own->pending[i], 0);
}

void scheduler_metrics_decided(struct scheduler_metrics *own, usec_t started, usec_t now)
{
    metric_observe(own->algorithm, seconds(started, now));
}

void scheduler_metrics_ended(struct scheduler_metrics *own, enum scheduling_result result, const struct queued_pod *pod,
                             usec_t started, usec_t now)
{
    metric_add(own->attempts[result], 1);
    metric_observe(own->durations[result], seconds(started, now));
    if (own->metrics == NULL || result != SCHEDULING_SCHEDULED)
        return;
    char count[16];
    snprintf(count, sizeof(count), "%u", pod->attempts);
    const char *const values[] = { pod->attempts > 15 ? "16+" : count }; /* as upstream: few values */
    metric_observe(own->tries, pod->attempts);
    metric_observe(metrics_get(own->metrics, &sli, values), seconds(pod->added, now));
}

void scheduler_metrics_queue(struct scheduler_metrics *own, const struct queue *queue)
{
    if (own->metrics == NULL)
        return;
    for (int place = QUEUE_ACTIVE; place < QUEUE_TAKEN; place++)
        metric_set(own->pending[place], (double)queue_count(queue, (enum queue_place)place));
}
