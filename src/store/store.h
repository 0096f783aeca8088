/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store.h - keys, bytes and revisions; it never hears of a Pod.
 *
 * Every successful write gets the next revision, counted over the whole store like
 * etcd's. done() of a write comes on the loop after the write is durable, in revision
 * order, and the watchers are told in the same order, before done(). Reads see what is
 * durable. Drivers: memory (tests, simulation) and lmdb (write-ahead log + LMDB).
 * A store belongs to one loop. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/container/list.h"
#include "base/error.h"
#include "loop/loop.h"

struct store;

#define STORE_KEY_MAX   1024      /* bytes */
#define STORE_VALUE_MAX (3 << 20) /* what upstream accepts as a request body, 3 MiB */

/* Whoever is given a record and keeps its content anyway may say within which bytes: when these are the value, the store
 * keeps them instead of a copy of its own. 'bytes' is borrowed. */
struct store_share {
    struct bytes *bytes;
    size_t size;          /* of the bytes that belong to the value, the gap among them */
    size_t gap, gap_size; /* what lies in between and is not part of it */
};

struct store_record {
    struct str key;
    struct bytes *value; /* borrowed; NULL in a deletion */
    uint64_t create_revision;
    uint64_t revision;          /* of this write */
    uint64_t previous_revision; /* told to watches: of what it replaced; 0: nothing */
    const void *origin;         /* of the write, told to watches in its turn; NULL otherwise */
    /* private */
    const struct store_value *previous;
    struct store_value *offered;
};

/* What a record that is told to a watch replaced, or the last state of what was deleted. The caller's reference; NULL: nothing. */
struct bytes *store_record_previous(const struct store_record *record);
/* During the call in which the record was given: see struct store_share. Anything else than the value is not taken. */
void store_record_share(const struct store_record *record, const struct store_share *share);

enum store_operation {
    STORE_CREATE, /* -ERROR_ALREADY_EXISTS when the key is there */
    STORE_UPDATE, /* 'expected' must be its revision, else -ERROR_CONFLICT; absent: -ERROR_NOT_FOUND */
    STORE_DELETE, /* the same */
};
#define STORE_OPERATIONS 3

/* Embedded by the writer, who keeps it until done(). */
struct store_write {
    enum store_operation operation;
    struct str key;      /* must stay until done() */
    struct bytes *value; /* borrowed by start; the store takes its own reference */
    uint64_t expected;   /* 0 with UPDATE and DELETE: whatever is there */
    bool is_volatile;    /* memory and a rare checkpoint, no log: Events and Leases */
    bool
        may_lag; /* an update that a crash may take back, such as a heartbeat: like a volatile one, and the record stays durable */
    void (*done)(struct store_write *write);
    void *context; /* of who set done() */
    /* What the value was made of: opaque, for watches that know who writes. Stays and does not change until done(); NULL: not told. */
    const void *origin;
    /* results */
    int rc;
    struct error err;
    uint64_t revision;
    struct list_node node; /* private from here on */
    struct store_change *change;
};

/* Conflicts are decided at once against all earlier writes, durable or not; done() tells, never from inside
 * this call. A full disk is -ERROR_STORAGE_FULL for that write; reads and later writes go on. With more than
 * STORE_PENDING_MAX bytes waiting a write is -ERROR_TOO_MANY_REQUESTS. An is_volatile write of a record that
 * is durable already stays durable. */
#define STORE_PENDING_MAX (256 << 20)
void store_write_start(struct store *store, struct store_write *write);

/* Newest version. -ERROR_NOT_FOUND. ret_record->value is a reference for the caller to bytes_unref(). */
int store_get(struct store *store, struct str key, struct store_record *ret_record, struct error *err) must_check;

/* Calls each() for the newest versions under the prefix, in key order, from 'start' (inclusive; empty: the
 * beginning), until it returns false. Returns the store's revision that this is a picture of. */
uint64_t store_range(struct store *store, struct str prefix, struct str start,
                     bool (*each)(void *context, const struct store_record *record), void *context);

uint64_t store_revision(struct store *store); /* newest durable */
/* History before it is gone. A durable store keeps history over restarts, as far back as its log reaches, but for that of
 * volatile records: their newest state is all that is known of the time before. Of updates that may lag only the last. */
uint64_t store_compact_revision(struct store *store);

/* --- watch: every write under a prefix after a revision, in order --- */

struct store_watch {
    struct str prefix; /* must stay */
    void (*event)(struct store_watch *watch, const struct store_record *record);
    struct list_node node; /* private from here on */
    struct store *store;
    uint64_t after; /* the newest revision it has been told of */
};

/* Replays history after 'revision' before it returns (0: none, from now on; a revision to come: only what is
 * newer). -ERROR_EXPIRED when that history is compacted. A watch may be stopped inside any event(). The
 * record and its value are borrowed for the call. Stopping one that was never started is fine. */
int store_watch_start(struct store *store, struct store_watch *watch, uint64_t revision, struct error *err) must_check;
void store_watch_stop(struct store_watch *watch);

/* Forgets history before that revision. */
void store_compact(struct store *store, uint64_t revision);

int store_open_memory(struct loop *loop, struct store **ret_store, struct error *err) must_check;
/* 'directory' is made 0700 when absent. After a crash it holds every acknowledged write. */
int store_open_lmdb(struct loop *loop, const char *directory, struct store **ret_store, struct error *err) must_check;
void store_close(struct store *store); /* writes what is pending, then a checkpoint; NULL is fine */

#endif
