/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workqueue.c - see the header. An item exists while it is queued, worked on, delayed or has failures to remember. */
#include "client/workqueue.h"

#include "base/container/list.h"
#include "base/container/map.h"
#include "base/memory.h"
#include "client/workqueue_metrics.h"

struct workqueue {
    struct loop *loop;
    struct map items;
    struct list ready;
    struct loop_task tell;
    void (*on_ready)(void *context);
    void *context;
    struct workqueue_counters counters;
    struct workqueue_metrics metrics;
};

struct item {
    struct map_node node;     /* in workqueue.items */
    struct list_node waiting; /* in workqueue.ready */
    struct loop_timer delay;
    struct workqueue *queue;
    usec_t rest_until; /* monotonic; so are the next two */
    usec_t queued_at;
    usec_t popped_at;
    unsigned failures;
    bool working;
    bool resting; /* the delay is only there to remember the rest */
    bool again;   /* added while it was worked on */
    char key[];
};

static void tell_ready(struct loop_task *task)
{
    struct workqueue *queue = container_of(task, struct workqueue, tell);
    if (!list_empty(&queue->ready))
        queue->on_ready(queue->context);
}

struct workqueue *workqueue_create(struct loop *loop, void (*ready)(void *context), void *context)
{
    struct workqueue *queue = memory_new(struct workqueue);
    queue->loop = loop;
    queue->on_ready = ready;
    queue->context = context;
    queue->tell.callback = tell_ready;
    map_init(&queue->items);
    list_init(&queue->ready);
    return queue;
}

void workqueue_set_metrics(struct workqueue *queue, struct metrics *metrics, const char *name)
{
    workqueue_metrics_init(&queue->metrics, metrics, name);
}

static void item_destroy(struct item *item)
{
    list_remove(&item->waiting);
    loop_timer_stop(&item->delay);
    map_remove(&item->queue->items, &item->node);
    free(item);
}

void workqueue_destroy(struct workqueue *queue)
{
    if (queue == NULL)
        return;
    struct item *item;
    map_for_each (&queue->items, item, node)
        item_destroy(item);
    map_fini(&queue->items);
    workqueue_metrics_fini(&queue->metrics, queue->counters.depth);
    loop_cancel(queue->loop, &queue->tell);
    free(queue);
}

/* True: its delay lasts at least as long as its rest. */
static bool item_rests(struct item *item)
{
    usec_t now = loop_monotonic(item->queue->loop);
    if (item->rest_until <= now)
        return false;
    loop_timer_start(item->queue->loop, &item->delay, item->rest_until - now);
    return true;
}

static void item_release(struct item *item)
{
    if (item->working || list_linked(&item->waiting) || loop_timer_running(&item->delay) || item->failures > 0)
        return;
    item->resting = item_rests(item);
    if (!item->resting)
        item_destroy(item);
}

static void item_queue(struct item *item)
{
    loop_timer_stop(&item->delay);
    item->resting = false;
    if (item->working) {
        item->again = true;
        return;
    }
    if (list_linked(&item->waiting) || item_rests(item))
        return;
    struct workqueue *queue = item->queue;
    queue->counters.adds++;
    queue->counters.depth++;
    item->queued_at = loop_monotonic(queue->loop);
    metric_add(queue->metrics.adds, 1);
    metric_add(queue->metrics.depth, 1);
    list_append(&queue->ready, &item->waiting);
    loop_defer(queue->loop, &queue->tell);
}

static void delay_over(struct loop_timer *timer)
{
    struct item *item = container_of(timer, struct item, delay);
    if (item->resting)
        item_release(item);
    else
        item_queue(item);
}

static struct item *item_find(const struct workqueue *queue, struct str key)
{
    return map_find_entry(&queue->items, key, struct item, node);
}

static struct item *item_get(struct workqueue *queue, struct str key)
{
    struct item *item = item_find(queue, key);
    if (item != NULL)
        return item;
    item = memory_zalloc(sizeof(*item) + key.size + 1);
    memcpy(item->key, key.data, key.size);
    item->queue = queue;
    item->delay.callback = delay_over;
    map_insert(&queue->items, (struct str){ item->key, key.size }, &item->node);
    return item;
}

void workqueue_add(struct workqueue *queue, struct str key)
{
    item_queue(item_get(queue, key));
}

void workqueue_add_after(struct workqueue *queue, struct str key, usec_t delay)
{
    struct item *item = item_get(queue, key);
    if (delay <= 0) {
        item_queue(item);
        return;
    }
    if (list_linked(&item->waiting) || item->again)
        return;
    if (!item->resting && loop_timer_running(&item->delay) && item->delay.due <= loop_monotonic(queue->loop) + delay)
        return;
    item->resting = false;
    loop_timer_start(queue->loop, &item->delay, delay);
}

void workqueue_rest(struct workqueue *queue, struct str key, usec_t until)
{
    struct item *item = item_get(queue, key);
    item->rest_until = until;
    item_release(item);
}

void workqueue_retry(struct workqueue *queue, struct str key)
{
    struct item *item = item_get(queue, key);
    usec_t delay = WORKQUEUE_BACKOFF_FIRST;
    for (unsigned i = 0; i < item->failures && delay < WORKQUEUE_BACKOFF_MAX; i++)
        delay *= 2;
    item->failures++;
    queue->counters.retries++;
    metric_add(queue->metrics.retries, 1);
    workqueue_add_after(queue, key, delay > WORKQUEUE_BACKOFF_MAX ? WORKQUEUE_BACKOFF_MAX : delay);
}

void workqueue_forget(struct workqueue *queue, struct str key)
{
    struct item *item = item_find(queue, key);
    if (item == NULL)
        return;
    item->failures = 0;
    item_release(item);
}

unsigned workqueue_failures(const struct workqueue *queue, struct str key)
{
    struct item *item = item_find(queue, key);
    return item == NULL ? 0 : item->failures;
}

const char *workqueue_pop(struct workqueue *queue)
{
    struct list_node *node = list_pop(&queue->ready);
    if (node == NULL)
        return NULL;
    struct item *item = container_of(node, struct item, waiting);
    item->working = true;
    queue->counters.depth--;
    queue->counters.unfinished++;
    item->popped_at = loop_monotonic(queue->loop);
    workqueue_metrics_popped(&queue->metrics, item->queued_at, item->popped_at);
    return item->key;
}

void workqueue_done(struct workqueue *queue, const char *key)
{
    struct item *item = item_find(queue, str_of(key));
    if (item == NULL || !item->working)
        return;
    item->working = false;
    queue->counters.unfinished--;
    workqueue_metrics_done(&queue->metrics, item->popped_at, loop_monotonic(queue->loop));
    if (item->again) {
        item->again = false;
        item_queue(item);
    } else {
        item_release(item);
    }
}

struct workqueue_counters workqueue_counters(const struct workqueue *queue)
{
    return queue->counters;
}
