/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "store/history_load.h"

#include <stdlib.h>

#include "base/memory.h"

/* What a key held, as far as the log tells. */
struct key_state {
    struct map_node node;
    struct bytes *key;
    struct bytes *value; /* NULL: nothing */
    uint64_t revision;   /* of the change that left it so */
};

void history_load_init(struct history_load *load, struct store *store)
{
    *load = (struct history_load){ .store = store, .file_first = UINT64_MAX };
    map_init(&load->states);
}

void history_load_fini(struct history_load *load)
{
    struct key_state *state;
    map_for_each (&load->states, state, node) {
        map_remove(&load->states, &state->node);
        bytes_unref(state->key);
        bytes_unref(state->value);
        free(state);
    }
    map_fini(&load->states);
}

/* --- records --- */

static struct key_state *state_of(struct history_load *load, struct str key)
{
    struct key_state *state = map_find_entry(&load->states, key, struct key_state, node);
    if (state == NULL) {
        struct store_entry *entry = store_loaded_entry(load->store, key);
        state = memory_new(struct key_state);
        state->key = entry != NULL ? bytes_ref(entry->key) : bytes_create(key.data, key.size);
        map_insert(&load->states, bytes_str(state->key), &state->node);
    }
    return state;
}

/* The store's own bytes where it has them. The caller's reference. */
static struct bytes *value_of(struct history_load *load, const struct wal_record *record)
{
    struct store_entry *entry = store_loaded_entry(load->store, record->key);
    if (entry != NULL && entry->revision == record->revision) {
        entry->is_unlogged = false;
        return store_value_bytes(entry->value);
    }
    return record->is_deletion ? NULL : bytes_create(record->value.data, record->value.size);
}

/* What the change replaced: false when nobody knows. */
static bool find_previous(const struct key_state *state, const struct wal_record *record, struct bytes **ret_previous)
{
    *ret_previous = NULL;
    if (record->previous_revision == 0)
        return true;
    if (record->previous.data != NULL)
        *ret_previous = bytes_create(record->previous.data, record->previous.size);
    else if (state->revision == record->previous_revision)
        *ret_previous = bytes_ref(state->value);
    return *ret_previous != NULL;
}

/* From here on nothing is missing. */
static void begin_after(struct history_load *load, uint64_t revision)
{
    store_history_clear(load->store);
    load->any = true;
    load->store->compact_revision = revision;
}

static void add_change(struct history_load *load, const struct wal_record *record, bool says_previous, bool is_new)
{
    struct key_state *state = state_of(load, record->key);
    struct bytes *value = value_of(load, record), *previous;
    if (is_new)
        store_load(load->store, record->key, value, record->create_revision, record->revision, false, false);
    if (!load->any)
        begin_after(load, record->revision - 1);
    if (!says_previous || !find_previous(state, record, &previous)) {
        begin_after(load, record->revision);
    } else {
        struct store_change *change = memory_new(struct store_change);
        change->key = bytes_ref(state->key);
        change->value = bytes_ref(value);
        change->previous = store_value_of(previous);
        bytes_unref(previous);
        change->previous_revision = record->previous_revision;
        change->create_revision = record->create_revision;
        change->revision = record->revision;
        store_history_restore(load->store, change);
    }
    bytes_unref(state->value);
    state->value = value;
    state->revision = record->revision;
}

int history_load_frame(struct history_load *load, struct wal_frame *frame, bool is_new, bool begins, struct error *err)
{
    struct wal_record record;
    uint32_t count = 0;
    if (begins)
        load->file_first = UINT64_MAX;
    for (; wal_frame_next(frame, &record); count++) {
        if (load->file_first == UINT64_MAX)
            load->file_first = record.revision;
        add_change(load, &record, frame->says_previous, is_new);
    }
    if (frame->records.size > 0 || count != frame->count)
        return error_set(err, ERROR_INVALID, "record %u is malformed", count);
    return 0;
}

/* --- updates that lag: only the last of a record is known, and that it replaced something much like it --- */

static void insert_by_revision(struct store *store, struct store_change *change)
{
    struct list_node *before = &store->history.head; /* stands behind the newest */
    while (before->previous != &store->history.head &&
           container_of(before->previous, struct store_change, by_age)->revision > change->revision)
        before = before->previous;
    list_insert_before(before, &change->by_age);
    store->history_count++;
    store->history_bytes += store_change_size(change);
}

static void add_lagging(struct history_load *load, const struct store_entry *entry)
{
    const struct key_state *state = map_find_entry(&load->states, bytes_str(entry->key), struct key_state, node);
    bool known = state != NULL && state->value != NULL && state->revision < entry->revision;
    struct store_change *change = memory_new(struct store_change);
    change->key = bytes_ref(entry->key);
    change->value = store_value_bytes(entry->value);
    change->previous = known ? store_value_of(state->value) : store_value_ref(entry->value);
    change->previous_revision = known ? state->revision : load->store->compact_revision;
    change->create_revision = entry->create_revision;
    change->revision = entry->revision;
    change->is_unlogged = true;
    insert_by_revision(load->store, change);
}

void history_load_end(struct history_load *load, uint64_t revision)
{
    struct store *store = load->store;
    struct store_entry *entry;
    uint64_t from = store->compact_revision;
    tree_for_each (&store->entries, entry, node)
        if (load->any && entry->is_unlogged && !entry->is_volatile && entry->revision > from)
            add_lagging(load, entry);
    store_loaded(store, revision);
    if (load->any)
        store->compact_revision = from;
}
