/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* history.c - what happened lately, for watches that begin in the past, and the watches themselves. */
#include "store/store_driver.h"

/* Enough for a client to list again and catch up on a busy cluster, and a bound on what old values cost. */
#define HISTORY_COUNT_MAX 10000
#define HISTORY_BYTES_MAX ((size_t)8 << 20)

/* After a restart all who were there before come back, with what they saw last: as long as upstream keeps history at least,
 * what the log knows is there for them. */
#define RESTORED_COUNT_MAX 65536
#define RESTORED_BYTES_MAX ((size_t)32 << 20)
#define RESTORED_TIME      (300 * USEC_PER_SEC)

static void trim_oldest(struct store *store)
{
    struct store_change *oldest = container_of(list_pop(&store->history), struct store_change, by_age);
    store->compact_revision = oldest->revision;
    store->history_count--;
    store->history_bytes -= store_change_size(oldest);
    store_change_free(oldest);
}

/* 'offered': see store_record_share(); NULL: nothing is taken. */
static void tell(struct store_watch *watch, const struct store_change *change, struct store_value *offered)
{
    struct store_record record = { .key = bytes_str(change->key),
                                   .value = change->value,
                                   .create_revision = change->create_revision,
                                   .revision = change->revision,
                                   .previous_revision = change->previous_revision,
                                   .previous = &change->previous,
                                   .origin = change->origin,
                                   .offered = offered };
    watch->after = change->revision;
    watch->event(watch, &record);
}

/* Every change is shown to the watches of every kind: most have their last slash elsewhere, which costs no call. */
static bool concerns(const struct store_watch *watch, const struct store_change *change)
{
    struct str key = bytes_str(change->key), prefix = watch->prefix;
    if (prefix.size == 0)
        return change->revision > watch->after;
    return key.size >= prefix.size && key.data[prefix.size - 1] == prefix.data[prefix.size - 1] &&
           change->revision > watch->after && str_starts(key, prefix);
}

static void append(struct store *store, struct store_change *change)
{
    list_append(&store->history, &change->by_age);
    store->history_count++;
    store->history_bytes += store_change_size(change);
}

static void trim(struct store *store)
{
    while (store->history_count > store->history_count_max || store->history_bytes > store->history_bytes_max)
        trim_oldest(store);
}

void store_history_init(struct store *store)
{
    list_init(&store->history);
    store->history_count_max = HISTORY_COUNT_MAX;
    store->history_bytes_max = HISTORY_BYTES_MAX;
}

static void all_are_back(struct loop_timer *timer)
{
    struct store *store = container_of(timer, struct store, restored);
    store->history_count_max = HISTORY_COUNT_MAX;
    store->history_bytes_max = HISTORY_BYTES_MAX;
    trim(store);
}

void store_history_restore(struct store *store, struct store_change *change)
{
    if (!loop_timer_running(&store->restored)) {
        store->history_count_max = RESTORED_COUNT_MAX;
        store->history_bytes_max = RESTORED_BYTES_MAX;
        store->restored.callback = all_are_back;
        loop_timer_start(store->loop, &store->restored, RESTORED_TIME);
    }
    append(store, change);
    trim(store);
}

void store_history_add(struct store *store, struct store_change *change, struct store_value *ret_offered)
{
    *ret_offered = (struct store_value){ 0 };
    append(store, change);
    /* A watcher may stop itself or any other, or start new ones: next_watch is moved by store_watch_stop(). */
    struct list_node *node = store->watches.head.next;
    while (node != &store->watches.head) {
        store->next_watch = node->next;
        struct store_watch *watch = container_of(node, struct store_watch, node);
        if (concerns(watch, change))
            tell(watch, change, ret_offered);
        node = store->next_watch;
    }
    store->next_watch = NULL;
    change->origin = NULL; /* its writer is told next */
    trim(store);
}

int store_watch_start(struct store *store, struct store_watch *watch, uint64_t revision, struct error *err)
{
    if (revision != 0 && revision < store->compact_revision)
        return error_set(err, ERROR_EXPIRED, "revision %llu is compacted, the oldest is %llu",
                         (unsigned long long)revision, (unsigned long long)store->compact_revision);
    watch->after = revision != 0 ? revision : store->revision;
    watch->store = store;
    list_append(&store->watches, &watch->node);
    struct list_node *node = store->history.head.next;
    if (watch->after >= store->revision) /* the usual: nothing has happened since */
        node = &store->history.head;
    for (; node != &store->history.head && list_linked(&watch->node); node = node->next) {
        const struct store_change *change = container_of(node, struct store_change, by_age);
        if (concerns(watch, change))
            tell(watch, change, NULL);
    }
    return 0;
}

void store_watch_stop(struct store_watch *watch)
{
    if (list_linked(&watch->node) && watch->store->next_watch == &watch->node)
        watch->store->next_watch = watch->node.next;
    list_remove(&watch->node);
}

void store_compact(struct store *store, uint64_t revision)
{
    for (struct list_node *node; (node = list_first(&store->history)) != NULL;) {
        if (container_of(node, struct store_change, by_age)->revision > revision)
            break;
        trim_oldest(store);
    }
    if (revision > store->compact_revision && revision <= store->revision)
        store->compact_revision = revision;
}

void store_history_clear(struct store *store)
{
    loop_timer_stop(&store->restored);
    while (!list_empty(&store->history))
        trim_oldest(store);
}
