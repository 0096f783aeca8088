/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workqueue_metrics.c - see the header. Ages of unfinished work are told as moments, so that nothing has to look at the
 * clock while a key is worked on. */
#include "client/workqueue_metrics.h"

static const char *const labels[] = { "name", NULL };
static const double bounds[] = { 1e-08, 1e-07, 1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1, 10 };

static const struct metric_family adds = { "workqueue_adds_total", "[BETA] Keys that were queued.", METRIC_COUNTER,
                                           labels };
static const struct metric_family depth = { "workqueue_depth", "[BETA] Keys that wait.", METRIC_GAUGE, labels };
static const struct metric_family retries = { "workqueue_retries_total", "[BETA] Keys that were queued again.",
                                              METRIC_COUNTER, labels };
static const struct metric_family queue_duration = { "workqueue_queue_duration_seconds",
                                                     "[BETA] Time that a key waits in seconds.",
                                                     METRIC_HISTOGRAM,
                                                     labels,
                                                     bounds,
                                                     countof(bounds) };
static const struct metric_family work_duration = { "workqueue_work_duration_seconds",
                                                    "[BETA] Time that a key is worked on in seconds.",
                                                    METRIC_HISTOGRAM,
                                                    labels,
                                                    bounds,
                                                    countof(bounds) };
static const struct metric_family unfinished = { "workqueue_unfinished_work_seconds",
                                                 "[BETA] Seconds of work that is not done yet, of all keys.",
                                                 METRIC_GAUGE, labels };
static const struct metric_family longest = { "workqueue_longest_running_processor_seconds",
                                              "[BETA] Seconds that the longest of them has been worked on.",
                                              METRIC_GAUGE, labels };

static double seconds(usec_t from, usec_t to)
{
    return (double)(to - from) / (double)USEC_PER_SEC;
}

void workqueue_metrics_init(struct workqueue_metrics *own, struct metrics *metrics, const char *name)
{
    const char *const values[] = { name };
    *own = (struct workqueue_metrics){
        .adds = metrics_get(metrics, &adds, values),
        .depth = metrics_get(metrics, &depth, values),
        .retries = metrics_get(metrics, &retries, values),
        .queue_duration = metrics_get(metrics, &queue_duration, values),
        .work_duration = metrics_get(metrics, &work_duration, values),
        .unfinished = metrics_get(metrics, &unfinished, values),
        .longest = metrics_get(metrics, &longest, values),
    };
}

static void tell_ages(struct workqueue_metrics *own)
{
    usec_t sum = 0, first = own->n_starts == 0 ? 0 : own->starts[0];
    for (size_t i = 0; i < own->n_starts; i++) {
        sum += own->starts[i];
        first = own->starts[i] < first ? own->starts[i] : first;
    }
    metric_set_age(own->unfinished, own->n_starts, sum);
    metric_set_age(own->longest, own->n_starts > 0, first);
}

void workqueue_metrics_fini(struct workqueue_metrics *own, uint64_t left)
{
    own->n_starts = 0;
    tell_ages(own);
    metric_add(own->depth, -(double)left);
}

void workqueue_metrics_popped(struct workqueue_metrics *own, usec_t queued_at, usec_t now)
{
    if (own->adds == NULL)
        return;
    metric_add(own->depth, -1);
    metric_observe(own->queue_duration, seconds(queued_at, now));
    if (own->n_starts < WORKQUEUE_METRICS_STARTS_MAX)
        own->starts[own->n_starts++] = now;
    tell_ages(own);
}

void workqueue_metrics_done(struct workqueue_metrics *own, usec_t popped_at, usec_t now)
{
    if (own->adds == NULL)
        return;
    metric_observe(own->work_duration, seconds(popped_at, now));
    for (size_t i = 0; i < own->n_starts; i++) {
        if (own->starts[i] != popped_at)
            continue;
        own->starts[i] = own->starts[--own->n_starts];
        break;
    }
    tell_ages(own);
}
