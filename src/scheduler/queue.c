/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "scheduler/queue.h"

#include <stdlib.h>

#include "base/memory.h"
#include "generated/types.h"

static bool before_in_active(const struct heap_node *a, const struct heap_node *b)
{
    const struct queued_pod *left = container_of((struct heap_node *)a, struct queued_pod, by_order);
    const struct queued_pod *right = container_of((struct heap_node *)b, struct queued_pod, by_order);
    if (left->priority != right->priority)
        return left->priority > right->priority;
    if (left->added != right->added)
        return left->added < right->added;
    return strcmp(object_key(left->object), object_key(right->object)) < 0;
}

static bool before_in_backoff(const struct heap_node *a, const struct heap_node *b)
{
    const struct queued_pod *left = container_of((struct heap_node *)a, struct queued_pod, by_order);
    const struct queued_pod *right = container_of((struct heap_node *)b, struct queued_pod, by_order);
    return left->due != right->due ? left->due < right->due : before_in_active(a, b);
}

void queue_init(struct queue *queue)
{
    *queue = (struct queue){ 0 };
    heap_init(&queue->active, before_in_active);
    heap_init(&queue->backoff, before_in_backoff);
    list_init(&queue->unschedulable);
}

static void wait_for_event(struct queue *queue, struct queued_pod *pod)
{
    pod->place = QUEUE_UNSCHEDULABLE;
    list_append(&queue->unschedulable, &pod->waiting);
    queue->n_unschedulable++;
}

static void wait_no_more(struct queue *queue, struct queued_pod *pod)
{
    list_remove(&pod->waiting);
    queue->n_unschedulable--;
}

static void leave(struct queue *queue, struct queued_pod *pod)
{
    if (pod->place == QUEUE_ACTIVE)
        heap_remove(&queue->active, &pod->by_order);
    else if (pod->place == QUEUE_BACKOFF)
        heap_remove(&queue->backoff, &pod->by_order);
    else if (pod->place == QUEUE_UNSCHEDULABLE)
        wait_no_more(queue, pod);
    pod->place = QUEUE_TAKEN;
}

static void forget(struct queue *queue, struct queued_pod *pod)
{
    leave(queue, pod);
    map_remove(&queue->pods, &pod->by_key);
    object_unref(pod->object);
    free((char *)pod->by_key.key.data);
    free(pod);
}

void queue_fini(struct queue *queue)
{
    struct queued_pod *pod = NULL;
    map_for_each (&queue->pods, pod, by_key)
        forget(queue, pod);
    map_fini(&queue->pods);
    heap_fini(&queue->active);
    heap_fini(&queue->backoff);
}

static usec_t backoff_of(const struct queued_pod *pod)
{
    usec_t delay = BACKOFF_FIRST;
    for (unsigned i = 1; i < pod->attempts && delay < BACKOFF_MAX; i++)
        delay *= 2;
    return delay < BACKOFF_MAX ? delay : BACKOFF_MAX;
}

/* To active when its back-off is over, else to wait for that. */
static void go_on(struct queue *queue, struct queued_pod *pod, usec_t now)
{
    leave(queue, pod);
    if (pod->due <= now) {
        pod->place = QUEUE_ACTIVE;
        heap_insert(&queue->active, &pod->by_order);
    } else {
        pod->place = QUEUE_BACKOFF;
        heap_insert(&queue->backoff, &pod->by_order);
    }
}

static int32_t priority_of(const struct object *object)
{
    const struct api_pod *pod = api_pod_of(object);
    return pod->spec.priority != NULL ? *pod->spec.priority : 0;
}

void queue_put(struct queue *queue, const struct object *object, bool changed, usec_t now)
{
    struct queued_pod *pod = map_find_entry(&queue->pods, str_of(object_key(object)), struct queued_pod, by_key);
    if (pod == NULL) {
        pod = memory_new(struct queued_pod);
        pod->added = now;
        pod->place = QUEUE_TAKEN;
        map_insert(&queue->pods, str_of(memory_strdup(object_key(object))), &pod->by_key);
        pod->object = object_ref(object);
        pod->priority = priority_of(object);
        go_on(queue, pod, now);
        return;
    }
    enum queue_place place = pod->place;
    if (place != QUEUE_TAKEN)
        leave(queue, pod); /* the order may depend on what changes now */
    const struct object *old = pod->object;
    pod->object = object_ref(object);
    pod->priority = priority_of(object);
    object_unref(old);
    if (place == QUEUE_UNSCHEDULABLE && !changed) {
        wait_for_event(queue, pod);
    } else if (place != QUEUE_TAKEN) {
        go_on(queue, pod, now);
    }
}

void queue_remove(struct queue *queue, const char *key)
{
    struct queued_pod *pod = map_find_entry(&queue->pods, str_of(key), struct queued_pod, by_key);
    if (pod == NULL)
        return;
    if (pod->place == QUEUE_TAKEN)
        pod->gone = true; /* whoever took it still holds the pointer */
    else
        forget(queue, pod);
}

static void release_due(struct queue *queue, usec_t now)
{
    struct queued_pod *pod = NULL;
    while (queue->backoff.size > 0) {
        pod = container_of(heap_first(&queue->backoff), struct queued_pod, by_order);
        if (pod->due > now)
            break;
        go_on(queue, pod, now);
    }
    /* The list is in the order of parking. */
    while (!list_empty(&queue->unschedulable)) {
        pod = container_of(list_first(&queue->unschedulable), struct queued_pod, waiting);
        if (pod->parked + UNSCHEDULABLE_MAX > now)
            break;
        go_on(queue, pod, now);
    }
}

struct queued_pod *queue_take(struct queue *queue, usec_t now)
{
    release_due(queue, now);
    struct heap_node *first = heap_first(&queue->active);
    if (first == NULL)
        return NULL;
    struct queued_pod *pod = container_of(first, struct queued_pod, by_order);
    leave(queue, pod);
    pod->attempts++;
    return pod;
}

void queue_done(struct queue *queue, struct queued_pod *pod)
{
    forget(queue, pod);
}

void queue_park(struct queue *queue, struct queued_pod *pod, unsigned waits_for, usec_t now)
{
    if (pod->gone) {
        forget(queue, pod);
        return;
    }
    pod->waits_for = waits_for;
    pod->parked = now;
    pod->due = now + backoff_of(pod);
    wait_for_event(queue, pod);
}

void queue_retry(struct queue *queue, struct queued_pod *pod, usec_t now)
{
    pod->due = now + backoff_of(pod);
    if (pod->gone)
        forget(queue, pod);
    else
        go_on(queue, pod, now);
}

void queue_event(struct queue *queue, unsigned events, usec_t now)
{
    struct queued_pod *pod = NULL;
    list_for_each (&queue->unschedulable, pod, waiting)
        if (pod->waits_for & events)
            go_on(queue, pod, now);
}

usec_t queue_next_due(const struct queue *queue)
{
    usec_t due = 0;
    if (queue->backoff.size > 0)
        due = container_of(heap_first(&queue->backoff), struct queued_pod, by_order)->due;
    if (!list_empty(&queue->unschedulable)) {
        usec_t parked = container_of(list_first(&queue->unschedulable), struct queued_pod, waiting)->parked;
        if (due == 0 || parked + UNSCHEDULABLE_MAX < due)
            due = parked + UNSCHEDULABLE_MAX;
    }
    return due;
}

size_t queue_count(const struct queue *queue, enum queue_place place)
{
    switch (place) {
    case QUEUE_ACTIVE:
        return queue->active.size;
    case QUEUE_BACKOFF:
        return queue->backoff.size;
    case QUEUE_UNSCHEDULABLE:
        return queue->n_unschedulable;
    case QUEUE_TAKEN:
        break;
    }
    return queue->pods.size - queue->active.size - queue->backoff.size - queue->n_unschedulable;
}
