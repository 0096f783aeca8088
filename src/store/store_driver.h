/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_driver.h - the part every store has, and what a driver adds: durability.
 *
 * All current records are in memory, ordered by key, with the writes that are not yet
 * durable hanging on their entry; reads and watches never reach a driver. Writes go
 *
 *   store_write_start -> decided, queued -> group -> driver->commit -> store_committed
 *     -> per write, in order: applied to the entry, history, watchers, done()
 *
 * with one group on its way at a time. When a group fails, everything that is not
 * durable is taken back and the writes queued behind it are decided anew. */
#ifndef STORE_STORE_DRIVER_H
#define STORE_STORE_DRIVER_H

#include <stdbool.h>

#include "base/container/tree.h"
#include "store/store.h"
#include "store/store_value.h"

/* An accepted write on its way; once applied, a piece of history. */
struct store_change {
    struct list_node by_age;   /* in store.history once applied */
    struct store_entry *entry; /* until applied */
    struct bytes *key;
    struct bytes *value;         /* NULL: deletion */
    struct store_value previous; /* what it replaced */
    const void *origin;          /* of its write, until the watchers are told */
    uint64_t create_revision;
    uint64_t revision;
    uint64_t previous_revision; /* 0: there was nothing */
    bool is_volatile;
    bool is_unlogged;       /* volatile, or an update that may lag */
    bool previous_unlogged; /* what it replaced is */
};

/* The newest state of a key. */
struct store_entry {
    struct tree_node node; /* in store.entries */
    struct bytes *key;
    struct store_value value; /* none: does not exist (any more, or yet) */
    uint64_t create_revision;
    uint64_t revision;
    struct store_change *newest; /* the last change that is not applied yet; NULL: none */
    struct list_node by_dirty;   /* for the driver: not in its checkpoint yet */
    bool is_volatile;
    bool is_unlogged; /* its newest change is; or it came from a checkpoint, and is not seen in the log */
};

struct store_driver {
    const char *name;

    /* Makes durable what store.committing holds (those with a change that is logged), then calls
     * store_committed(), from inside or later. */
    void (*commit)(struct store *store);

    /* A change became the entry's state, in a group or while loading. Its value is NULL after a deletion, and
     * the entry may be gone right after; 'previous_create' is the create_revision of the record that was
     * there before, 0 if none. NULL: no interest. */
    void (*applied)(struct store *store, struct store_entry *entry, uint64_t previous_create);

    /* Waits for the commit that is on its way, as far as it got; called until store_committed() was. NULL: commit
     * always calls it from inside. */
    void (*settle)(struct store *store);

    /* Nothing is pending. Releases the driver's own. */
    void (*close)(struct store *store);
};

struct store {
    const struct store_driver *driver;
    struct loop *loop;
    struct tree entries; /* store_entry.node */
    uint64_t revision;   /* newest durable */
    uint64_t assigned;   /* newest given to a change */
    uint64_t compact_revision;
    struct list queue;      /* store_write.node: decided, waiting for the next group */
    struct list committing; /* store_write.node: the group on its way */
    size_t pending_bytes;   /* of the changes in both */
    size_t group_bytes_max; /* a group holds no more than this, or one write */
    bool busy;              /* a group is on its way */
    bool closing;
    struct loop_task dispatch;
    struct list history; /* store_change.by_age, oldest first */
    size_t history_count, history_count_max;
    size_t history_bytes, history_bytes_max;
    struct loop_timer restored;   /* until then more than usual is kept: what was before a restart */
    struct list watches;          /* store_watch.node */
    struct list_node *next_watch; /* where telling the watchers goes on */
};

void store_init(struct store *store, const struct store_driver *driver, struct loop *loop);
void store_fini(struct store *store);

/* The group on its way is durable (rc 0) or failed as a whole. */
void store_committed(struct store *store, int rc, const struct error *err);

/* While opening: what was found on disk. Later calls win over earlier ones of the same key when their
 * revision is higher. A NULL value deletes. */
void store_load(struct store *store, struct str key, struct bytes *value, uint64_t create_revision, uint64_t revision,
                bool is_volatile, bool is_unlogged);
void store_loaded(struct store *store, uint64_t revision);                         /* the revision to go on from */
struct store_entry *store_loaded_entry(const struct store *store, struct str key); /* NULL: there is none now */

/* history.c */
void store_history_init(struct store *store);
/* Takes it over; tells the watchers, who may offer bytes for its value: a reference for the caller. */
void store_history_add(struct store *store, struct store_change *change, struct store_value *ret_offered);
void store_history_restore(struct store *store, struct store_change *change); /* while opening; in revision order */
void store_history_clear(struct store *store);

void store_change_free(struct store_change *change);

/* Bytes of a change in memory, without what it replaced: that is the value of an earlier one. */
static inline size_t store_change_size(const struct store_change *change)
{
    return 64 + change->key->size + (change->value != NULL ? change->value->size : 0);
}

/* Bytes of a change in a log, at the most. */
static inline size_t store_change_logged_size(const struct store_change *change)
{
    return store_change_size(change) + store_value_size(change->previous);
}

#endif
