/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* report.h - how a bench tells a figure: one line of tab-separated fields that scripts/bench makes a table of.
 *
 * Anything else that a bench prints is a remark below its rows. The budget is a text:
 *   "<= N", ">= N"              our own figure
 *   "ratio <= N", "ratio >= N"  ours divided by the peer's or floor's, measured in the same run
 *   "over <= N"                 ours less the peer's
 *   ""                          none; the figure is only shown */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* 'peer' is 0 and its name "" where nothing stands beside. */
static inline void report(const char *what, double ours, const char *unit, const char *peer_name, double peer,
                          const char *budget)
{
    printf("row\t%s\t%.9g\t%s\t%s\t%.9g\t%s\n", what, ours, unit, peer_name, peer, budget);
    fflush(stdout);
}

static inline double bench_seconds(void) /* monotonic */
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* What this process has used: steadier than the clock on the wall where others use the machine too. */
static inline double bench_cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline int bench_compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

/* Sorts them. */
static inline double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), bench_compare);
    return count == 0 ? 0 : values[count / 2];
}

#endif
