/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store.c - decides writes, groups them, applies what became durable; see store_driver.h for the road. */
#include "store/store.h"

#include "base/memory.h"
#include "store/store_driver.h"

#define GROUP_BYTES_MAX ((size_t)4 << 20)

static void dispatch(struct loop_task *task);

void store_init(struct store *store, const struct store_driver *driver, struct loop *loop)
{
    store->driver = driver;
    store->loop = loop;
    store->dispatch.callback = dispatch;
    store->group_bytes_max = GROUP_BYTES_MAX;
    /* etcd's first revision: 0 means "any" to Kubernetes. */
    store->revision = store->assigned = store->compact_revision = 1;
    list_init(&store->queue);
    list_init(&store->committing);
    store_history_init(store);
    list_init(&store->watches);
}

void store_fini(struct store *store)
{
    store_history_clear(store);
    struct store_entry *entry = NULL;
    tree_for_each (&store->entries, entry, node) {
        tree_remove(&store->entries, &entry->node);
        store_value_unref(entry->value);
        bytes_unref(entry->key);
        free(entry);
    }
}

/* --- entries --- */

static struct store_entry *find_entry(const struct store *store, struct str key)
{
    return tree_find_entry(&store->entries, key, struct store_entry, node);
}

static struct store_entry *seek_entry(const struct store *store, struct str key, struct tree_place *ret_place)
{
    struct tree_node *node = tree_seek(&store->entries, key, ret_place);
    return node == NULL ? NULL : container_of(node, struct store_entry, node);
}

static struct store_entry *add_entry(struct store *store, const struct tree_place *place, struct str key)
{
    struct store_entry *entry = memory_new(struct store_entry);
    entry->key = bytes_create(key.data, key.size);
    tree_insert_at(&store->entries, place, bytes_str(entry->key), &entry->node);
    return entry;
}

/* An entry stays as long as it has a value or a change on its way. */
static void drop_if_empty(struct store *store, struct store_entry *entry)
{
    if (entry->value.bytes != NULL || entry->newest != NULL)
        return;
    tree_remove(&store->entries, &entry->node);
    list_remove(&entry->by_dirty);
    bytes_unref(entry->key);
    free(entry);
}

void store_change_free(struct store_change *change)
{
    bytes_unref(change->key);
    bytes_unref(change->value);
    store_value_unref(change->previous);
    free(change);
}

/* --- deciding --- */

static int check_write(const struct store_write *write, struct error *err)
{
    if (write->key.size == 0 || write->key.size > STORE_KEY_MAX)
        return error_set(err, ERROR_TOO_LARGE, "a key has %zu bytes, allowed are 1 to %d", write->key.size,
                         STORE_KEY_MAX);
    if (write->operation == STORE_DELETE)
        return 0;
    if (write->value == NULL)
        return error_set(err, ERROR_BAD_REQUEST, STR_FMT ": a write needs a value", STR_ARG(write->key));
    if (write->value->size > STORE_VALUE_MAX)
        return error_set(err, ERROR_TOO_LARGE, STR_FMT ": a value of %zu bytes, allowed are %d", STR_ARG(write->key),
                         write->value->size, STORE_VALUE_MAX);
    return 0;
}

/* Against the newest state, durable or not. */
static int check_precondition(const struct store_write *write, bool exists, uint64_t revision, struct error *err)
{
    if (write->operation == STORE_CREATE)
        return exists ? error_set(err, ERROR_ALREADY_EXISTS, STR_FMT ": exists already", STR_ARG(write->key)) : 0;
    if (!exists)
        return error_set(err, ERROR_NOT_FOUND, STR_FMT ": not found", STR_ARG(write->key));
    if (write->expected != 0 && write->expected != revision)
        return error_set(err, ERROR_CONFLICT, STR_FMT ": is at revision %llu, not %llu", STR_ARG(write->key),
                         (unsigned long long)revision, (unsigned long long)write->expected);
    return 0;
}

/* Sets write->rc; a write that is fine gets a change with the next revision. */
static void decide(struct store *store, struct store_write *write)
{
    write->change = NULL;
    write->revision = 0;
    write->rc = check_write(write, &write->err);
    if (write->rc < 0)
        return;
    struct tree_place place;
    struct store_entry *entry = seek_entry(store, write->key, &place);
    const struct store_change *newest = entry == NULL ? NULL : entry->newest;
    bool exists = newest != NULL ? newest->value != NULL : entry != NULL;
    uint64_t revision = newest != NULL ? newest->revision : entry != NULL ? entry->revision : 0;
    uint64_t create = newest != NULL ? newest->create_revision : entry != NULL ? entry->create_revision : 0;
    bool was_volatile = newest != NULL ? newest->is_volatile : entry == NULL || entry->is_volatile;
    write->rc = check_precondition(write, exists, revision, &write->err);
    if (write->rc < 0)
        return;
    if (store->pending_bytes > STORE_PENDING_MAX) {
        write->rc = error_set(&write->err, ERROR_TOO_MANY_REQUESTS, "too many writes are waiting for the disk");
        return;
    }
    if (entry == NULL)
        entry = add_entry(store, &place, write->key);
    struct store_change *change = memory_new(struct store_change);
    change->entry = entry;
    change->key = bytes_ref(entry->key);
    change->previous = newest != NULL ? store_value_of(newest->value) : store_value_ref(entry->value);
    change->previous_revision = change->previous.bytes == NULL ? 0 : revision;
    change->previous_unlogged = newest != NULL ? newest->is_unlogged : entry->is_unlogged;
    change->value = write->operation == STORE_DELETE ? NULL : bytes_ref(write->value);
    change->origin = write->origin;
    change->revision = ++store->assigned;
    change->create_revision = write->operation == STORE_CREATE ? change->revision : create;
    change->is_volatile = write->is_volatile && was_volatile;
    change->is_unlogged = change->is_volatile || (write->may_lag && write->operation == STORE_UPDATE);
    entry->newest = change;
    write->change = change;
    store->pending_bytes += store_change_size(change);
}

void store_write_start(struct store *store, struct store_write *write)
{
    if (store->closing) {
        write->change = NULL;
        write->rc = error_set(&write->err, ERROR_CLOSED, STR_FMT ": the store is closing", STR_ARG(write->key));
    } else {
        decide(store, write);
    }
    list_append(&store->queue, &write->node);
    if (!store->busy)
        loop_defer(store->loop, &store->dispatch); /* what else this turn brings goes along */
}

/* --- groups --- */

static struct store_write *first_write(const struct list *list)
{
    struct list_node *node = list_first(list);
    return node == NULL ? NULL : container_of(node, struct store_write, node);
}

static void commit_next(struct store *store)
{
    struct store_write *write;
    size_t bytes = 0;
    while ((write = first_write(&store->queue)) != NULL) {
        size_t size = write->change == NULL ? 0 : store_change_logged_size(write->change);
        if (bytes > 0 && bytes + size > store->group_bytes_max)
            break;
        bytes += size;
        list_remove(&write->node);
        list_append(&store->committing, &write->node);
    }
    if (list_empty(&store->committing))
        return;
    store->busy = true;
    store->driver->commit(store);
}

static void dispatch(struct loop_task *task)
{
    struct store *store = container_of(task, struct store, dispatch);
    if (!store->busy)
        commit_next(store);
}

/* Takes the reference. Nobody is believed: what is not the value is not taken. */
static void adopt(struct store_entry *entry, struct store_value offered)
{
    if (offered.bytes == NULL)
        return;
    if (!store_value_equal(entry->value, offered)) {
        store_value_unref(offered);
        return;
    }
    store_value_unref(entry->value);
    entry->value = offered;
}

static void apply(struct store *store, struct store_change *change)
{
    struct store_entry *entry = change->entry;
    uint64_t previous_create = entry->value.bytes != NULL ? entry->create_revision : 0;
    bool exists = change->value != NULL;
    struct store_value offered;
    store->pending_bytes -= store_change_size(change);
    store->revision = change->revision;
    if (entry->newest == change)
        entry->newest = NULL;
    change->entry = NULL;
    store_value_unref(entry->value);
    entry->value = store_value_of(change->value);
    entry->create_revision = change->create_revision;
    entry->revision = change->revision;
    entry->is_volatile = change->is_volatile;
    entry->is_unlogged = change->is_unlogged;
    if (store->driver->applied != NULL)
        store->driver->applied(store, entry, previous_create);
    if (!exists)
        drop_if_empty(store, entry);
    store_history_add(store, change, &offered);
    if (exists)
        adopt(entry, offered);
    else
        store_value_unref(offered);
}

static void finish_group(struct store *store)
{
    struct list group;
    list_init(&group);
    list_move_all(&group, &store->committing);
    for (struct list_node *node; (node = list_pop(&group)) != NULL;) {
        struct store_write *write = container_of(node, struct store_write, node);
        if (write->change != NULL) {
            write->revision = write->change->revision;
            apply(store, take_pointer(&write->change));
        }
        write->done(write); /* may be gone now */
    }
}

static void take_back(struct store *store, struct list *writes)
{
    for (struct list_node *node = list_first(writes); node != NULL && node != &writes->head; node = node->next) {
        struct store_write *write = container_of(node, struct store_write, node);
        struct store_change *change = take_pointer(&write->change);
        if (change == NULL)
            continue;
        store->pending_bytes -= store_change_size(change);
        struct store_entry *entry = change->entry;
        /* The entry may carry later changes: those are taken back too, and the last one finds it unused. */
        if (entry->newest == change) {
            entry->newest = NULL;
            drop_if_empty(store, entry);
        }
        store_change_free(change);
    }
}

/* Nothing of what is not durable happened; what waits behind is decided anew. */
static void fail_group(struct store *store, int rc, const struct error *err)
{
    struct list failed;
    list_init(&failed);
    take_back(store, &store->committing);
    take_back(store, &store->queue);
    store->assigned = store->revision;
    list_move_all(&failed, &store->committing);
    for (struct list_node *node = list_first(&store->queue); node != NULL && node != &store->queue.head;
         node = node->next) {
        struct store_write *write = container_of(node, struct store_write, node);
        if (write->rc != -ERROR_CLOSED)
            decide(store, write);
    }
    for (struct list_node *node; (node = list_pop(&failed)) != NULL;) {
        struct store_write *write = container_of(node, struct store_write, node);
        if (write->rc == 0) {
            write->rc = rc;
            write->err = *err;
        }
        write->done(write);
    }
}

void store_committed(struct store *store, int rc, const struct error *err)
{
    if (rc < 0)
        fail_group(store, rc, err);
    else
        finish_group(store);
    store->busy = false;
    if (!list_empty(&store->queue) && !store->closing)
        loop_defer(store->loop, &store->dispatch);
}

/* --- reading --- */

/* With a reference to the value. */
static struct store_record record_of(const struct store_entry *entry)
{
    return (struct store_record){ .key = bytes_str(entry->key),
                                  .value = store_value_bytes(entry->value),
                                  .create_revision = entry->create_revision,
                                  .revision = entry->revision };
}

struct bytes *store_record_previous(const struct store_record *record)
{
    return record->previous == NULL ? NULL : store_value_bytes(*record->previous);
}

void store_record_share(const struct store_record *record, const struct store_share *share)
{
    bool fits = share->size <= share->bytes->size && share->gap <= share->size &&
                share->gap_size <= share->size - share->gap && share->size <= UINT32_MAX;
    if (record->offered == NULL || record->offered->bytes != NULL || !fits)
        return;
    *record->offered = (struct store_value){ .bytes = bytes_ref(share->bytes),
                                             .size = (uint32_t)share->size,
                                             .gap = (uint32_t)share->gap,
                                             .gap_size = (uint32_t)share->gap_size };
}

int store_get(struct store *store, struct str key, struct store_record *ret_record, struct error *err)
{
    struct store_entry *entry = find_entry(store, key);
    if (entry == NULL || entry->value.bytes == NULL)
        return error_set(err, ERROR_NOT_FOUND, STR_FMT ": not found", STR_ARG(key));
    *ret_record = record_of(entry);
    ret_record->key = key;
    return 0;
}

static bool tell_record(struct store_entry *entry, bool (*each)(void *context, const struct store_record *record),
                        void *context)
{
    struct store_value offered = { 0 };
    struct store_record record = record_of(entry);
    record.offered = &offered;
    bool more = each(context, &record);
    bytes_unref(record.value);
    adopt(entry, offered);
    return more;
}

uint64_t store_range(struct store *store, struct str prefix, struct str start,
                     bool (*each)(void *context, const struct store_record *record), void *context)
{
    struct str from = str_compare(start, prefix) > 0 ? start : prefix;
    struct tree_node *node = tree_lower_bound(&store->entries, from);
    for (; node != NULL && str_starts(node->key, prefix); node = tree_next(node)) {
        struct store_entry *entry = container_of(node, struct store_entry, node);
        if (entry->value.bytes != NULL && !tell_record(entry, each, context))
            break;
    }
    return store->revision;
}

uint64_t store_revision(struct store *store)
{
    return store->revision;
}

uint64_t store_compact_revision(struct store *store)
{
    return store->compact_revision;
}

/* --- opening and closing --- */

void store_load(struct store *store, struct str key, struct bytes *value, uint64_t create_revision, uint64_t revision,
                bool is_volatile, bool is_unlogged)
{
    struct tree_place place;
    struct store_entry *entry = seek_entry(store, key, &place);
    if (entry == NULL)
        entry = add_entry(store, &place, key);
    if (entry->revision < revision) {
        uint64_t previous_create = entry->create_revision;
        store_value_unref(entry->value);
        entry->value = store_value_of(value);
        entry->create_revision = create_revision;
        entry->revision = revision;
        entry->is_volatile = is_volatile;
        entry->is_unlogged = is_unlogged;
        if (store->driver->applied != NULL)
            store->driver->applied(store, entry, previous_create);
    }
    drop_if_empty(store, entry);
}

struct store_entry *store_loaded_entry(const struct store *store, struct str key)
{
    return find_entry(store, key);
}

void store_loaded(struct store *store, uint64_t revision)
{
    if (revision > store->revision)
        store->revision = revision;
    store->assigned = store->compact_revision = store->revision;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    store->closing = true;
    loop_cancel(store->loop, &store->dispatch);
    while (store->busy || !list_empty(&store->queue)) {
        if (!store->busy)
            commit_next(store);
        if (store->busy && store->driver->settle != NULL)
            store->driver->settle(store);
    }
    store->driver->close(store);
}
