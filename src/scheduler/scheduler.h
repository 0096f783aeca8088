/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduler.h - gives every pod that has none a node.
 *
 * A client like any other: watches Pods and Nodes, writes Bindings, Events and the
 * PodScheduled condition. Belongs to the loop of its client; all decisions are made by the
 * pure parts (framework.h, cache.h, queue.h). */
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include "client/client.h"
#include "client/events.h"
#include "client/informer.h"

struct metrics; /* base/metrics.h */
struct scheduler;

struct scheduler_options {
    struct client *client;
    struct informer_set *informers; /* shared with other components of the process */
    struct event_recorder *events;  /* of component "default-scheduler" */
    struct metrics *metrics;        /* for scheduler_*; NULL: nobody looks */
    const char *name;               /* pods choose it by spec.schedulerName; NULL: "default-scheduler" */
};

struct scheduler *scheduler_create(const struct scheduler_options *options);
void scheduler_start(struct scheduler *scheduler);
void scheduler_destroy(struct scheduler *scheduler); /* NULL is fine */

/* Counters for /metrics (scheduler_schedule_attempts_total by result, scheduler_pending_pods by queue). */
struct scheduler_statistics {
    uint64_t scheduled, unschedulable, errors;
    size_t active, backoff, unschedulable_now, binding;
};
void scheduler_statistics(const struct scheduler *scheduler, struct scheduler_statistics *statistics);

#endif
