/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* store_lmdb.c - the durable driver: a group is a frame of the write-ahead log; LMDB follows behind.
 *
 *   commit: frame built on the loop -> appended and synced by a worker -> store_committed()
 *   log file full: the other one goes on, and what changed since the last checkpoint is
 *   written to LMDB by a worker; then the full file may be written over
 *   both full: the group waits for the checkpoint; if that fails, it fails
 *
 * Volatile changes, and those that may lag, are in no frame: they reach the disk with a checkpoint. Their revisions
 * are covered by a mark in the frames that is ahead of all given out, where a start after
 * a crash goes on; only when they overtake it is a frame written for them alone.
 *
 * Threads: everything belongs to the loop, except what a running job points to. */
#include "store/store_lmdb.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "store/checkpoint.h"
#include "store/history_load.h"
#include "store/store_driver.h"

#define SEGMENT_SIZE     ((size_t)16 << 20)
#define MAP_SIZE         ((size_t)64 << 30)
#define FRAME_MAX        ((size_t)16 << 20)
#define FRAME_KEEP       ((size_t)64 << 10) /* bytes that the buffer of frames may always keep */
#define RESERVE          100000 /* revisions: what a crash may skip, and volatile writes between two frames for them */
#define TOMBSTONES_MAX   ((size_t)1 << 18)
#define CHECKPOINT_RETRY USEC_PER_SEC
#define VOLATILE_PERIOD  (3600 * USEC_PER_SEC) /* an idle cluster's leases, a few pages each time */

struct commit_job;
struct checkpoint_job;

struct lmdb_store {
    struct store base;
    char *checkpoint_path;
    size_t map_size;
    int directory; /* locked: one store at a time */
    struct wal *wal;
    struct buffer frame; /* of the commit on its way */
    uint64_t frame_reserved;
    uint64_t file_first;       /* the first change in the log's current file */
    uint64_t reserved;         /* what the durable frames or the checkpoint reserve */
    struct commit_job *commit; /* running; NULL: none */
    bool waiting;              /* the group waits for a checkpoint */
    bool loading;              /* from the checkpoint: what it holds is not dirty */
    struct list dirty;         /* store_entry.by_dirty: newer than in the checkpoint */
    uint64_t *tombstones;      /* create revisions of records that the checkpoint may still hold */
    size_t tombstone_count;
    size_t tombstone_capacity;
    struct checkpoint_job *checkpoint; /* running; NULL: none */
    usec_t checkpoint_failed;          /* when the last one did; 0: it did not */
    struct error checkpoint_error;
    struct loop_timer volatile_timer;
};

/* Jobs outlive a store that is closed while their done() is still to come. */
struct commit_job {
    struct loop_work work;
    struct lmdb_store *store; /* NULL: dealt with already */
    sem_t finished;
    struct wal *wal;
    struct buffer *frame; /* the store's, which leaves it alone meanwhile */
    int rc;
    struct error err;
};

struct checkpoint_job {
    struct loop_work work;
    struct lmdb_store *store;
    sem_t finished;
    const char *path;
    size_t map_size;
    struct checkpoint_item *items;
    size_t count;
    struct checkpoint_state state;
    int rc;
    struct error err;
};

static struct lmdb_store *lmdb_of(struct store *store)
{
    return container_of(store, struct lmdb_store, base);
}

static void try_commit(struct lmdb_store *store);

/* --- checkpoints --- */

/* What changed since the last one, as shared references that a worker may read. */
static struct checkpoint_job *take_snapshot(struct lmdb_store *store)
{
    struct checkpoint_job *job = memory_new(struct checkpoint_job);
    size_t dirty = 0;
    for (struct list_node *node = store->dirty.head.next; node != &store->dirty.head; node = node->next)
        dirty++;
    job->items = memory_resize(NULL, dirty + store->tombstone_count + 1, sizeof(*job->items));
    for (size_t i = 0; i < store->tombstone_count; i++)
        job->items[job->count++] = (struct checkpoint_item){ .create_revision = store->tombstones[i] };
    for (struct list_node *node; (node = list_pop(&store->dirty)) != NULL;) {
        struct store_entry *entry = container_of(node, struct store_entry, by_dirty);
        job->items[job->count++] = (struct checkpoint_item){ .create_revision = entry->create_revision,
                                                             .revision = entry->revision,
                                                             .key = bytes_ref(entry->key),
                                                             .value = store_value_ref(entry->value),
                                                             .is_volatile = entry->is_volatile };
    }
    store->tombstone_count = 0;
    job->path = store->checkpoint_path;
    job->map_size = store->map_size;
    job->state =
        (struct checkpoint_state){ .sequence = wal_next_sequence(store->wal) - 1, .revision = store->reserved };
    return job;
}

static void add_tombstone(struct lmdb_store *store, uint64_t create_revision)
{
    if (store->tombstone_count == store->tombstone_capacity) {
        store->tombstone_capacity = store->tombstone_capacity == 0 ? 64 : 2 * store->tombstone_capacity;
        store->tombstones = memory_resize(store->tombstones, store->tombstone_capacity, sizeof(*store->tombstones));
    }
    store->tombstones[store->tombstone_count++] = create_revision;
}

/* What a failed checkpoint did not write is to be written by the next one. */
static void put_back(struct lmdb_store *store, const struct checkpoint_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        const struct checkpoint_item *item = &job->items[i];
        struct store_entry *entry =
            item->key == NULL ? NULL
                              : tree_find_entry(&store->base.entries, bytes_str(item->key), struct store_entry, node);
        if (entry == NULL || entry->value.bytes == NULL || entry->create_revision != item->create_revision)
            add_tombstone(store, item->create_revision);
        else if (!list_linked(&entry->by_dirty))
            list_append(&store->dirty, &entry->by_dirty);
    }
}

static void free_snapshot(struct checkpoint_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        bytes_unref(job->items[i].key);
        store_value_unref(job->items[i].value);
    }
    free(take_pointer(&job->items));
    job->count = 0;
}

static void do_checkpoint(struct loop_work *work)
{
    struct checkpoint_job *job = container_of(work, struct checkpoint_job, work);
    job->rc = checkpoint_write(job->path, job->map_size, job->items, job->count, &job->state, &job->err);
    sem_post(&job->finished);
}

static void finish_checkpoint(struct checkpoint_job *job)
{
    struct lmdb_store *store = take_pointer(&job->store);
    store->checkpoint = NULL;
    if (job->rc < 0) {
        put_back(store, job);
        store->checkpoint_failed = loop_monotonic(store->base.loop);
        store->checkpoint_error = job->err;
        log_warning("the store's checkpoint failed and will be tried again", LOG_TEXT("error", job->err.message));
    } else {
        store->checkpoint_failed = 0;
        wal_forget(store->wal, job->state.sequence);
    }
    free_snapshot(job);
    if (store->waiting) {
        store->waiting = false;
        try_commit(store);
    }
}

static void checkpoint_done(struct loop_work *work)
{
    struct checkpoint_job *job = container_of(work, struct checkpoint_job, work);
    if (job->store != NULL)
        finish_checkpoint(job);
    sem_destroy(&job->finished);
    free(job);
}

static void start_checkpoint(struct lmdb_store *store)
{
    struct checkpoint_job *job = take_snapshot(store);
    job->store = store;
    job->work.work = do_checkpoint;
    job->work.done = checkpoint_done;
    sem_init(&job->finished, 0, 0);
    store->checkpoint = job;
    loop_work_start(store->base.loop, &job->work);
}

static void on_volatile_timer(struct loop_timer *timer)
{
    struct lmdb_store *store = container_of(timer, struct lmdb_store, volatile_timer);
    /* While a commit runs, the log's sequence belongs to it. */
    if (store->commit != NULL)
        loop_timer_start(store->base.loop, timer, USEC_PER_SEC);
    else if (store->checkpoint == NULL)
        start_checkpoint(store);
}

/* --- commits --- */

static void do_commit(struct loop_work *work)
{
    struct commit_job *job = container_of(work, struct commit_job, work);
    wal_frame_seal(job->frame);
    job->rc = wal_append(job->wal, buffer_str(job->frame), &job->err);
    sem_post(&job->finished);
}

static void finish_commit(struct commit_job *job)
{
    struct lmdb_store *store = take_pointer(&job->store);
    store->commit = NULL;
    if (job->rc == 0)
        store->reserved = store->frame_reserved;
    store_committed(&store->base, job->rc, &job->err);
}

static void commit_done(struct loop_work *work)
{
    struct commit_job *job = container_of(work, struct commit_job, work);
    if (job->store != NULL)
        finish_commit(job);
    sem_destroy(&job->finished);
    free(job);
}

static void start_append(struct lmdb_store *store)
{
    struct commit_job *job = memory_new(struct commit_job);
    job->store = store;
    job->wal = store->wal;
    job->frame = &store->frame;
    job->work.work = do_commit;
    job->work.done = commit_done;
    sem_init(&job->finished, 0, 0);
    store->commit = job;
    loop_work_start(store->base.loop, &job->work);
}

static void add_previous(struct wal_record *record, struct store_value previous)
{
    struct store_value_parts parts = store_value_parts(previous);
    record->previous = parts.head;
    record->previous_tail = parts.tail;
}

/* What a change replaced goes along, unless it stands in the same file: so the file alone tells what happened. */
static void add_record(struct lmdb_store *store, const struct store_change *change)
{
    struct wal_record record = { .revision = change->revision,
                                 .create_revision = change->create_revision,
                                 .key = bytes_str(change->key),
                                 .value = bytes_str(change->value),
                                 .is_deletion = change->value == NULL,
                                 .previous_revision = change->previous_revision };
    if (change->previous_unlogged || change->previous_revision < store->file_first)
        add_previous(&record, change->previous);
    wal_frame_add(&store->frame, &record);
}

/* False: the group needs none. */
static bool build_frame(struct lmdb_store *store)
{
    uint64_t newest = 0;
    uint32_t count = 0;
    struct list *group = &store->base.committing;
    if (store->frame.capacity > FRAME_KEEP && store->frame.size < store->frame.capacity / 8) {
        buffer_fini(&store->frame); /* what a burst needed, the first objects among them, is no longer needed */
        buffer_init(&store->frame, FRAME_MAX);
    }
    wal_frame_begin(&store->frame);
    if (wal_begins(store->wal))
        store->file_first = UINT64_MAX;
    for (struct list_node *node = group->head.next; node != &group->head; node = node->next) {
        const struct store_change *change = container_of(node, struct store_write, node)->change;
        if (change == NULL)
            continue;
        newest = change->revision;
        if (change->is_unlogged)
            continue;
        if (store->file_first == UINT64_MAX)
            store->file_first = change->revision;
        add_record(store, change);
        count++;
    }
    if (count == 0 && newest <= store->reserved)
        return false;
    store->frame_reserved = newest + RESERVE;
    wal_frame_end(&store->frame, wal_next_sequence(store->wal), store->frame_reserved, count);
    return true;
}

static void fail_commit(struct lmdb_store *store, enum error_code code, const char *message)
{
    struct error err;
    int rc = error_set(&err, code, "%s", message);
    store_committed(&store->base, rc, &err);
}

/* Both log files are full of what no checkpoint has. */
static void wait_for_checkpoint(struct lmdb_store *store)
{
    bool failed_lately =
        store->checkpoint_failed != 0 && loop_monotonic(store->base.loop) - store->checkpoint_failed < CHECKPOINT_RETRY;
    if (store->checkpoint == NULL && failed_lately) {
        struct error err = store->checkpoint_error;
        store_committed(&store->base, error_wrap_code(&err, err.code, "the log is full"), &err);
        return;
    }
    store->waiting = true;
    if (store->checkpoint == NULL)
        start_checkpoint(store);
}

/* The frame is built; finds room for it. */
static void try_commit(struct lmdb_store *store)
{
    if (wal_fits(store->wal, store->frame.size)) {
        start_append(store);
        return;
    }
    if (!wal_can_switch(store->wal)) {
        wait_for_checkpoint(store);
        return;
    }
    wal_switch(store->wal);
    if (store->checkpoint == NULL)
        start_checkpoint(store);
    (void)build_frame(store); /* which file it goes into makes a difference */
    if (!buffer_failed(&store->frame) && wal_fits(store->wal, store->frame.size))
        start_append(store);
    else
        fail_commit(store, ERROR_TOO_LARGE, "the writes do not fit into the log");
}

static void lmdb_commit(struct store *base)
{
    struct lmdb_store *store = lmdb_of(base);
    if (!build_frame(store))
        store_committed(base, 0, NULL);
    else if (buffer_failed(&store->frame))
        fail_commit(store, ERROR_TOO_LARGE, "the writes do not fit into the log");
    else
        try_commit(store);
}

static void lmdb_applied(struct store *base, struct store_entry *entry, uint64_t previous_create)
{
    struct lmdb_store *store = lmdb_of(base);
    if (previous_create != 0 && (entry->value.bytes == NULL || previous_create != entry->create_revision))
        add_tombstone(store, previous_create);
    if (store->loading)
        return;
    if (entry->value.bytes == NULL)
        list_remove(&entry->by_dirty);
    else if (!list_linked(&entry->by_dirty))
        list_append(&store->dirty, &entry->by_dirty);
    if (entry->is_unlogged && !loop_timer_running(&store->volatile_timer))
        loop_timer_start(base->loop, &store->volatile_timer, VOLATILE_PERIOD);
    if (store->tombstone_count > TOMBSTONES_MAX && loop_timer_running(&store->volatile_timer))
        loop_timer_start(base->loop, &store->volatile_timer, 0);
}

/* --- closing --- */

static void wait_until(sem_t *finished)
{
    while (sem_wait(finished) < 0 && errno == EINTR)
        ;
}

static void lmdb_settle(struct store *base)
{
    struct lmdb_store *store = lmdb_of(base);
    if (store->commit != NULL) {
        wait_until(&store->commit->finished);
        finish_commit(store->commit);
    } else if (store->checkpoint != NULL) {
        wait_until(&store->checkpoint->finished);
        finish_checkpoint(store->checkpoint);
    }
}

static void last_checkpoint(struct lmdb_store *store)
{
    struct checkpoint_job *job = take_snapshot(store);
    job->state.revision = store->base.revision; /* nothing has a newer one, and nothing will */
    do_checkpoint(&job->work);
    if (job->rc < 0) /* the log has it all, but for the volatile records */
        log_warning("the store was closed without a checkpoint", LOG_TEXT("error", job->err.message));
    free_snapshot(job);
    free(job);
}

static void destroy(struct lmdb_store *store)
{
    loop_timer_stop(&store->volatile_timer);
    wal_close(store->wal);
    buffer_fini(&store->frame);
    store_fini(&store->base);
    if (store->directory >= 0)
        close(store->directory);
    free(store->tombstones);
    free(store->checkpoint_path);
    free(store);
}

static void lmdb_close(struct store *base)
{
    struct lmdb_store *store = lmdb_of(base);
    if (store->checkpoint != NULL)
        lmdb_settle(base);
    last_checkpoint(store);
    destroy(store);
}

static const struct store_driver lmdb_driver = {
    .name = "lmdb",
    .commit = lmdb_commit,
    .applied = lmdb_applied,
    .settle = lmdb_settle,
    .close = lmdb_close,
};

/* --- opening --- */

static void load_record(void *context, struct str key, struct bytes *value, uint64_t create_revision, uint64_t revision,
                        bool is_volatile)
{
    store_load(context, key, value, create_revision, revision, is_volatile, true); /* until the log says otherwise */
}

struct log_reader {
    struct lmdb_store *store;
    struct history_load history;
};

static int read_frame(void *context, struct wal_frame *frame, bool is_new, bool begins, struct error *err)
{
    struct log_reader *reader = context;
    uint64_t reserved = frame->reserved;
    int rc = history_load_frame(&reader->history, frame, is_new, begins, err);
    if (rc == 0 && is_new)
        reader->store->reserved = reserved;
    return rc;
}

static int read_log(struct lmdb_store *store, const struct store_lmdb_options *options, uint64_t after,
                    struct error *err)
{
    size_t segment_size = options->segment_size != 0 ? options->segment_size : SEGMENT_SIZE;
    if (store->base.group_bytes_max > segment_size / 2)
        store->base.group_bytes_max = segment_size / 2;
    struct log_reader reader = { .store = store };
    history_load_init(&reader.history, &store->base);
    int rc = wal_open(store->directory, segment_size, options->io != NULL ? options->io : &wal_system_io,
                      &(struct wal_reader){ .after = after, .each = read_frame, .context = &reader }, &store->wal, err);
    if (rc == 0) {
        store->file_first = reader.history.file_first;
        history_load_end(&reader.history, store->reserved);
    }
    history_load_fini(&reader.history);
    return rc;
}

static int open_directory(struct lmdb_store *store, const char *directory, struct error *err)
{
    int rc = file_make_directories(AT_FDCWD, directory, 0700, err);
    if (rc < 0)
        return rc;
    store->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory < 0)
        return error_errno(err, "open %s", directory);
    if (flock(store->directory, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return error_set(err, ERROR_CONFLICT, "another process uses the store in %s", directory);
    return error_errno(err, "lock %s", directory);
}

static int load(struct lmdb_store *store, const struct store_lmdb_options *options, struct error *err)
{
    struct checkpoint_state state;
    store->loading = true;
    int rc = checkpoint_read(store->checkpoint_path, store->map_size, load_record, &store->base, &state, err);
    store->loading = false;
    if (rc < 0)
        return rc;
    store->reserved = state.revision;
    return read_log(store, options, state.sequence, err);
}

int store_open_lmdb_with(struct loop *loop, const char *directory, const struct store_lmdb_options *options,
                         struct store **ret_store, struct error *err)
{
    struct lmdb_store *store = memory_new(struct lmdb_store);
    store_init(&store->base, &lmdb_driver, loop);
    store->directory = -1;
    store->map_size = options->map_size != 0 ? options->map_size : MAP_SIZE;
    store->checkpoint_path = memory_format("%s/checkpoint.mdb", directory);
    store->volatile_timer.callback = on_volatile_timer;
    list_init(&store->dirty);
    buffer_init(&store->frame, FRAME_MAX);
    int rc = open_directory(store, directory, err);
    if (rc == 0)
        rc = load(store, options, err);
    if (rc < 0) {
        destroy(store);
        return error_wrap_code(err, rc, "store %s", directory);
    }
    *ret_store = &store->base;
    return 0;
}

int store_open_lmdb(struct loop *loop, const char *directory, struct store **ret_store, struct error *err)
{
    return store_open_lmdb_with(loop, directory, &(struct store_lmdb_options){ 0 }, ret_store, err);
}
