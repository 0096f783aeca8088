/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* queue.h - pods that wait for a node.
 *
 * active: to be tried now, by priority, then by age. backoff: tried lately, tried again when
 * the delay is over. unschedulable: no node fits; waits for an event that could change that
 * (or for UNSCHEDULABLE_MAX). Time is an argument: nothing here asks a clock. */
#ifndef SCHEDULER_QUEUE_H
#define SCHEDULER_QUEUE_H

#include "api/object.h"
#include "base/container/heap.h"
#include "base/container/list.h"
#include "base/container/map.h"
#include "base/time.h"

#define BACKOFF_FIRST     (1 * USEC_PER_SEC)   /* upstream's podInitialBackoffSeconds */
#define BACKOFF_MAX       (10 * USEC_PER_SEC)  /* podMaxBackoffSeconds */
#define UNSCHEDULABLE_MAX (300 * USEC_PER_SEC) /* podMaxInUnschedulablePodsDuration */

enum queue_place { QUEUE_ACTIVE, QUEUE_BACKOFF, QUEUE_UNSCHEDULABLE, QUEUE_TAKEN };

struct queued_pod {
    struct map_node by_key;
    struct heap_node by_order; /* in active or backoff */
    struct list_node waiting;  /* in unschedulable */
    const struct object *object;
    enum queue_place place;
    int32_t priority;
    usec_t added;  /* first time, for the order and the latency metric */
    usec_t due;    /* end of the back-off */
    usec_t parked; /* since when unschedulable */
    unsigned attempts;
    unsigned waits_for; /* enum cluster_event */
    bool gone;          /* removed while it was taken */
};

struct queue {
    struct map pods; /* by namespace/name, wherever they are */
    struct heap active;
    struct heap backoff;
    struct list unschedulable;
    size_t n_unschedulable;
};

void queue_init(struct queue *queue);
void queue_fini(struct queue *queue);

/* New, or a newer version of a pod that waits; one that is unschedulable is tried again when 'changed'. */
void queue_put(struct queue *queue, const struct object *pod, bool changed, usec_t now);
void queue_remove(struct queue *queue, const char *key); /* fine when absent */

/* The next to try, NULL when there is none. It stays known as taken until one of the three below. */
struct queued_pod *queue_take(struct queue *queue, usec_t now);
void queue_done(struct queue *queue, struct queued_pod *pod);                                 /* bound */
void queue_park(struct queue *queue, struct queued_pod *pod, unsigned waits_for, usec_t now); /* no node fits */
void queue_retry(struct queue *queue, struct queued_pod *pod, usec_t now); /* an error: after back-off */

/* Something happened: unschedulable pods that wait for it go on. */
void queue_event(struct queue *queue, unsigned events, usec_t now);

/* When queue_take() may next have something though it has nothing now; 0: only an event can change that. */
usec_t queue_next_due(const struct queue *queue);

size_t queue_count(const struct queue *queue, enum queue_place place);

#endif
