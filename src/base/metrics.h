/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* metrics.h - what a process counts and measures, told in the Prometheus text format.
 *
 * Families are static descriptions, one place each; a metric is one combination of its label values. From any thread:
 * looking a metric up takes a lock, changing one does not, so those that change often keep the pointer. All functions
 * take NULL for metrics that nobody wants to see. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/time.h"

struct metrics;
struct metric;

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* Lives as long as the process. */
struct metric_family {
    const char *name;
    const char *help; /* upstream's stability in front: "[STABLE] ..." */
    enum metric_kind kind;
    const char *const *labels; /* NULL-terminated; NULL: none */
    const double *bounds;      /* of a histogram's buckets, ascending, without infinity */
    size_t n_bounds;
};

#define METRICS_MAX 20000 /* combinations in all; beyond them nothing new is kept: labels may come from clients */

struct metrics *metrics_create(void);
void metrics_destroy(struct metrics *metrics); /* with all its metrics */

/* One value for each label. Made when it is not there; NULL beyond the maximum. */
struct metric *metrics_get(struct metrics *metrics, const struct metric_family *family, const char *const *values);

void metric_add(struct metric *metric, double amount); /* counters only upwards */
void metric_set(struct metric *metric, double value);
void metric_observe(struct metric *metric, double value);

/* A gauge that grows with time: the seconds that 'count' moments, whose sum is given, lie behind the moment of writing.
 * Moments are loop_monotonic(). */
void metric_set_age(struct metric *metric, uint64_t count, usec_t sum);

double metric_value(const struct metric *metric);   /* of a histogram: its sum */
uint64_t metric_count(const struct metric *metric); /* of a histogram's observations */

/* 'now' is loop_monotonic(). Families in the order in which they were first asked for. */
void metrics_write(struct metrics *metrics, usec_t now, struct buffer *text);

#endif
