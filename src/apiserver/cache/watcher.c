/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* watcher.c - those who walk along the chain of changes.
 *
 * A watcher is due, paused or idle. Who has been told everything is idle: it holds no place in the chain, and the next
 * change that may concern it gives it one. The pump tells those who are due, some of them in each turn of the loop: so
 * what is told is sent while it is still near the processor, other work gets its share, and peers read the first
 * events while the last are not yet written. */
#include "apiserver/cache/internal.h"

#define PUMP_SLICE 256 /* deliveries to one watcher before the next is told */
#define PUMP_TURN  512 /* deliveries to all of them, and watchers looked at, in one turn of the loop */

static void cache_pump(struct loop_task *task);

void watchers_init(struct watch_cache *cache)
{
    cache->pump.callback = cache_pump;
    list_init(&cache->due);
    list_init(&cache->paused);
    list_init(&cache->idle);
    interest_index_init(&cache->interests);
}

/* ---------------------------------------------------------------- due */

static void become_due(struct watch_cache *cache, struct cache_watcher *watcher)
{
    list_remove(&watcher->node);
    list_append(&cache->due, &watcher->node);
    loop_defer(cache->loop, &cache->pump);
}

static void wake_idle(struct watch_cache *cache, struct list *idle)
{
    struct list_node *node;
    while ((node = list_first(idle)) != NULL) {
        struct cache_watcher *watcher = container_of(node, struct cache_watcher, node);
        watcher->position = cache->newest;
        watcher->position->references++;
        become_due(cache, watcher);
    }
}

static void wake_group(void *context, struct interest_group *group)
{
    wake_idle(context, &group->idle);
}

void watchers_wake(struct watch_cache *cache, const struct cache_event *event)
{
    wake_idle(cache, &cache->idle);
    interest_find(&cache->interests, event->object, wake_group, cache);
    if (event->before != NULL)
        interest_find(&cache->interests, event->before, wake_group, cache);
    if (!list_empty(&cache->paused))
        loop_defer(cache->loop, &cache->pump); /* they may be too late now */
}

static void become_idle(struct cache_watcher *watcher)
{
    cache_event_unref(watcher->position);
    watcher->position = NULL;
    list_append(watcher->group == NULL ? &watcher->cache->idle : &watcher->group->idle, &watcher->node);
}

/* ---------------------------------------------------------------- from outside */

int cache_watcher_start(struct cache_watcher *watcher, struct watch_cache *cache, uint64_t revision, struct error *err)
{
    watch_cache_recall(cache, revision);
    if (revision < cache->oldest->revision)
        return error_set(err, ERROR_EXPIRED, "too old resource version: %llu (%llu)", (unsigned long long)revision,
                         (unsigned long long)cache->oldest->revision);
    struct cache_event *position = revision >= cache->newest->revision ? cache->newest : cache->oldest;
    while (position->next != NULL && position->next->revision <= revision)
        position = position->next;
    position->references++;
    watcher->position = position;
    watcher->after = revision;
    watcher->cache = cache;
    watcher->paused = false;
    watcher->group =
        watcher->interest.kind == INTEREST_ALL ? NULL : interest_join(&cache->interests, &watcher->interest);
    cache->n_watchers++;
    become_due(cache, watcher);
    return 0;
}

void cache_watcher_pause(struct cache_watcher *watcher)
{
    watcher->paused = true;
}

void cache_watcher_resume(struct cache_watcher *watcher)
{
    if (!watcher->paused || watcher->cache == NULL)
        return;
    watcher->paused = false;
    if (watcher->position != NULL)
        become_due(watcher->cache, watcher);
}

void cache_watcher_stop(struct cache_watcher *watcher)
{
    if (watcher->cache == NULL)
        return;
    list_remove(&watcher->node);
    watcher->cache->n_watchers--;
    watcher->cache = NULL;
    if (watcher->group != NULL)
        interest_leave(watcher->group);
    watcher->group = NULL;
    cache_event_unref(watcher->position);
    watcher->position = NULL;
}

bool cache_watcher_current(const struct cache_watcher *watcher)
{
    return watcher->cache != NULL && (watcher->position == NULL || watcher->position->next == NULL);
}

/* ---------------------------------------------------------------- the pump */

/* What an event means for somebody who sees only a selection of the objects. */
static bool event_for(struct cache_watcher *watcher, struct cache_event *event, enum client_watch_event *ret_type,
                      const struct object **ret_object)
{
    bool now = event->type != CLIENT_DELETED && (watcher->selects == NULL || watcher->selects(watcher, event->object));
    bool then = event->before != NULL && (watcher->selects == NULL || watcher->selects(watcher, event->before));
    if (!now && !then)
        return false;
    *ret_type = !then ? CLIENT_ADDED : now ? CLIENT_MODIFIED : CLIENT_DELETED;
    *ret_object = now || event->type == CLIENT_DELETED ? event->object : cache_event_left(event);
    return true;
}

/* One step along the chain. False: the watcher has stopped, or was stopped and started anew. */
static bool step(struct cache_watcher *watcher)
{
    struct cache_event *event = watcher->position->next;
    event->references++;
    cache_event_unref(watcher->position);
    watcher->position = event;
    enum client_watch_event type;
    const struct object *object;
    if (event->object == NULL || event->revision <= watcher->after || !event_for(watcher, event, &type, &object))
        return true;
    bool more = watcher->deliver(watcher, event, type, object);
    if (watcher->cache == NULL || list_linked(&watcher->node))
        return false;
    watcher->paused |= !more;
    return true;
}

/* One that is in no list; in the end it is in the right one. How much work it was. */
static int pump_watcher(struct cache_watcher *watcher)
{
    struct watch_cache *cache = watcher->cache;
    int steps = 0;
    while (!watcher->paused && steps < PUMP_SLICE && watcher->position->next != NULL) {
        steps++;
        if (!step(watcher))
            return steps;
    }
    bool told = !watcher->paused && watcher->position->next == NULL;
    if (told && watcher->caught_up != NULL)
        watcher->caught_up(watcher);
    if (watcher->cache == NULL || list_linked(&watcher->node))
        return steps;
    if (watcher->paused)
        list_append(&cache->paused, &watcher->node);
    else if (watcher->position->next == NULL)
        become_idle(watcher);
    else
        list_append(&cache->due, &watcher->node);
    return steps;
}

/* Paused for so long that what it has not seen is forgotten, but for its sake. */
static void drop_late(struct watch_cache *cache)
{
    if (cache->oldest->number == cache->oldest_checked)
        return;
    cache->oldest_checked = cache->oldest->number;
    struct list turn; /* whom they tell may stop others */
    list_init(&turn);
    list_move_all(&turn, &cache->paused);
    struct list_node *node;
    while ((node = list_pop(&turn)) != NULL) {
        struct cache_watcher *watcher = container_of(node, struct cache_watcher, node);
        list_append(&cache->paused, node);
        if (watcher->position->number >= cache->oldest->number)
            continue;
        cache_watcher_stop(watcher);
        watcher->dropped(watcher);
    }
}

static void cache_pump(struct loop_task *task)
{
    struct watch_cache *cache = container_of(task, struct watch_cache, pump);
    struct list_node *node;
    for (int work = 0; work < PUMP_TURN && (node = list_pop(&cache->due)) != NULL;)
        work += 1 + pump_watcher(container_of(node, struct cache_watcher, node));
    drop_late(cache);
    if (!list_empty(&cache->due))
        loop_defer(cache->loop, &cache->pump);
}
