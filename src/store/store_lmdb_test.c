/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What the durable driver promises beyond store_test.c: restarts, crashes, failing disks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "store/store_lmdb.h"

struct fixture {
    struct loop *loop;
    struct store *store;
    struct store_lmdb_options options;
    char directory[64];
};

static int try_reopen(struct fixture *fixture, struct error *err)
{
    fixture->loop = loop_create_virtual(USEC_PER_SEC, 1);
    return store_open_lmdb_with(fixture->loop, fixture->directory, &fixture->options, &fixture->store, err);
}

static void reopen(struct fixture *fixture)
{
    struct error err = { 0 };
    int rc = try_reopen(fixture, &err);
    if (rc < 0)
        fail_msg("%s", err.message);
}

static void close_store(struct fixture *fixture)
{
    store_close(take_pointer(&fixture->store));
    loop_run(fixture->loop);
    loop_destroy(fixture->loop);
    fixture->loop = NULL;
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .directory = "/tmp/store-test-XXXXXX", .options.segment_size = (size_t)64 << 10 };
    assert_non_null(mkdtemp(fixture.directory));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->store != NULL)
        close_store(fixture);
    return file_remove_tree(AT_FDCWD, fixture->directory, NULL);
}

static void on_done(struct store_write *write)
{
    write->done = NULL;
}

/* A value that tells whether it is whole: size bytes of one letter. */
static struct bytes *value_of(uint64_t number, size_t size)
{
    struct bytes *value = bytes_create(NULL, size < 24 ? 24 : size);
    memset(value->data, 'a' + (int)(number % 26), value->size);
    snprintf(value->data, 24, "%020llu", (unsigned long long)number);
    return value;
}

static uint64_t number_of(const struct bytes *value)
{
    assert_true(value->size >= 24);
    uint64_t number = strtoull(value->data, NULL, 10);
    for (size_t i = 24; i < value->size; i++)
        assert_int_equal(value->data[i], 'a' + (int)(number % 26));
    return number;
}

/* The code or the revision. */
static int64_t put(struct fixture *fixture, enum store_operation operation, const char *key, uint64_t number,
                   size_t size, bool is_volatile)
{
    struct bytes *value = operation == STORE_DELETE ? NULL : value_of(number, size);
    struct store_write write = {
        .operation = operation, .key = str_of(key), .value = value, .is_volatile = is_volatile, .done = on_done
    };
    store_write_start(fixture->store, &write);
    while (write.done != NULL)
        loop_run_until(fixture->loop, loop_now(fixture->loop));
    bytes_unref(value);
    return write.rc < 0 ? write.rc : (int64_t)write.revision;
}

/* -1: not there. */
static int64_t get(struct fixture *fixture, const char *key, uint64_t *ret_revision)
{
    struct store_record record;
    if (store_get(fixture->store, str_of(key), &record, NULL) < 0)
        return -1;
    int64_t number = (int64_t)number_of(record.value);
    if (ret_revision != NULL)
        *ret_revision = record.revision;
    bytes_unref(record.value);
    return number;
}

static void test_restart(void **state)
{
    struct fixture *fixture = *state;
    reopen(fixture);
    char key[32];
    for (int i = 0; i < 300; i++) { /* through several log files */
        snprintf(key, sizeof(key), "/pods/%d", i % 50);
        assert_true(put(fixture, i < 50 ? STORE_CREATE : STORE_UPDATE, key, (uint64_t)i, 900, false) == i + 2);
    }
    assert_true(put(fixture, STORE_DELETE, "/pods/7", 0, 0, false) == 302);
    assert_true(put(fixture, STORE_DELETE, "/pods/8", 0, 0, false) == 303);
    assert_true(put(fixture, STORE_CREATE, "/pods/8", 1000, 0, false) == 304);
    for (int round = 0; round < 3; round++) {
        close_store(fixture);
        reopen(fixture);
        assert_true(store_revision(fixture->store) == 304);        /* a clean end skips no revision */
        assert_true(store_compact_revision(fixture->store) < 304); /* nor does it forget what happened */
        for (int i = 0; i < 50; i++) {
            uint64_t revision = 0;
            snprintf(key, sizeof(key), "/pods/%d", i);
            assert_int_equal(get(fixture, key, &revision), i == 7 ? -1 : i == 8 ? 1000 : 250 + i);
            assert_true(i == 7 || revision == (i == 8 ? 304U : 252U + (unsigned)i));
        }
    }
    struct store_record record;
    assert_int_equal(store_get(fixture->store, STR("/pods/3"), &record, NULL), 0);
    assert_true(record.create_revision == 5);
    bytes_unref(record.value);
    struct store *second = NULL;
    struct error err;
    assert_int_equal(store_open_lmdb(fixture->loop, fixture->directory, &second, &err), -ERROR_CONFLICT);
}

/* --- a disk that can be told to fail --- */

enum fault { FAULT_NONE, FAULT_FULL, FAULT_TORN_CRASH, FAULT_SYNC_ERROR };

struct disk {
    enum fault fault;
    int countdown; /* of writes, or of syncs */
    int writes;
};

static ssize_t disk_write(void *context, int fd, const void *bytes, size_t size, off_t offset)
{
    struct disk *disk = context;
    disk->writes++;
    if (disk->fault == FAULT_NONE || disk->fault == FAULT_SYNC_ERROR || --disk->countdown > 0)
        return pwrite(fd, bytes, size, offset);
    if (disk->fault == FAULT_TORN_CRASH) {
        (void)!pwrite(fd, bytes, size * (size_t)(disk->writes % 5) / 5 / 512 * 512, offset);
        _exit(0);
    }
    disk->fault = FAULT_NONE;
    (void)!pwrite(fd, bytes, size / 2, offset);
    errno = ENOSPC;
    return -1;
}

static int disk_sync(void *context, int fd)
{
    struct disk *disk = context;
    if (disk->fault != FAULT_SYNC_ERROR || --disk->countdown > 0)
        return fdatasync(fd);
    errno = EIO;
    return -1;
}

static int disk_allocate(void *context, int fd, off_t size)
{
    (void)context;
    return fallocate(fd, 0, 0, size);
}

static struct wal_io io_of(struct disk *disk)
{
    return (struct wal_io){ disk_write, disk_sync, disk_allocate, disk };
}

/* --- volatile records --- */

static void test_volatile_writes_stay_out_of_the_log(void **state)
{
    struct fixture *fixture = *state;
    struct disk disk = { 0 };
    struct wal_io io = io_of(&disk);
    fixture->options.io = &io;
    reopen(fixture);
    assert_true(put(fixture, STORE_CREATE, "/leases/a", 0, 0, true) > 0);
    int before = disk.writes;
    for (uint64_t i = 1; i <= 2000; i++)
        assert_true(put(fixture, STORE_UPDATE, "/leases/a", i, 0, true) > 0);
    assert_int_equal(disk.writes, before);
    close_store(fixture);
    reopen(fixture);
    assert_int_equal(get(fixture, "/leases/a", NULL), 2000);

    /* A durable record stays durable, whoever writes it; an hour later the volatile ones are on disk. */
    assert_true(put(fixture, STORE_CREATE, "/pods/a", 1, 0, false) > 0);
    before = disk.writes;
    assert_true(put(fixture, STORE_UPDATE, "/pods/a", 2, 0, true) > 0);
    assert_true(disk.writes > before);
    assert_true(put(fixture, STORE_UPDATE, "/leases/a", 2001, 0, true) > 0);
    loop_run_until(fixture->loop, loop_now(fixture->loop) + 3601 * USEC_PER_SEC);
    assert_true(put(fixture, STORE_UPDATE, "/leases/a", 2002, 0, true) > 0);
    uint64_t given = store_revision(fixture->store);

    pid_t child = fork(); /* a copy of the files as a crash now would leave them */
    if (child == 0) {
        char command[256];
        snprintf(command, sizeof(command), "cp -r %s %s.crash", fixture->directory, fixture->directory);
        _exit(system(command) == 0 ? 0 : 1);
    }
    int status = 1;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    close_store(fixture);
    struct fixture crashed = *fixture;
    snprintf(crashed.directory, sizeof(crashed.directory), "%.40s.crash", fixture->directory);
    reopen(&crashed);
    assert_int_equal(get(&crashed, "/pods/a", NULL), 2);
    assert_int_equal(get(&crashed, "/leases/a", NULL), 2001);
    assert_true(store_revision(crashed.store) >= given); /* never given out twice */
    close_store(&crashed);
    assert_int_equal(file_remove_tree(AT_FDCWD, crashed.directory, NULL), 0);
}

/* --- updates that may lag --- */

static int64_t put_lagging(struct fixture *fixture, const char *key, uint64_t number)
{
    struct bytes *value = value_of(number, 0);
    struct store_write write = {
        .operation = STORE_UPDATE, .key = str_of(key), .value = value, .may_lag = true, .done = on_done
    };
    store_write_start(fixture->store, &write);
    while (write.done != NULL)
        loop_run_until(fixture->loop, loop_now(fixture->loop));
    bytes_unref(value);
    return write.rc < 0 ? write.rc : (int64_t)write.revision;
}

/* The files as a crash at this moment would leave them, opened. */
static void crash(const struct fixture *fixture, struct fixture *crashed)
{
    char command[256];
    snprintf(command, sizeof(command), "cp -r %s %s.crash", fixture->directory, fixture->directory);
    assert_int_equal(system(command), 0);
    *crashed = *fixture;
    snprintf(crashed->directory, sizeof(crashed->directory), "%.40s.crash", fixture->directory);
    crashed->store = NULL;
    crashed->options.io = NULL;
    reopen(crashed);
}

static void end_crashed(struct fixture *crashed)
{
    close_store(crashed);
    assert_int_equal(file_remove_tree(AT_FDCWD, crashed->directory, NULL), 0);
}

static void test_lagging_updates(void **state)
{
    struct fixture *fixture = *state, crashed;
    struct disk disk = { 0 };
    struct wal_io io = io_of(&disk);
    fixture->options.io = &io;
    reopen(fixture);
    assert_true(put(fixture, STORE_CREATE, "/nodes/a", 1, 0, false) > 0);
    int before = disk.writes;
    for (uint64_t i = 2; i <= 100; i++)
        assert_true(put_lagging(fixture, "/nodes/a", i) > 0);
    assert_int_equal(disk.writes, before);
    assert_int_equal(get(fixture, "/nodes/a", NULL), 100);
    uint64_t given = store_revision(fixture->store);
    crash(fixture, &crashed); /* takes the record back, not away */
    assert_int_equal(get(&crashed, "/nodes/a", NULL), 1);
    assert_true(store_revision(crashed.store) >= given);
    end_crashed(&crashed);

    /* What is written after it in the usual way is as durable as ever; so is its end. */
    assert_true(put(fixture, STORE_UPDATE, "/nodes/a", 101, 0, false) > 0);
    assert_true(disk.writes > before);
    crash(fixture, &crashed);
    assert_int_equal(get(&crashed, "/nodes/a", NULL), 101);
    end_crashed(&crashed);
    assert_true(put_lagging(fixture, "/nodes/a", 102) > 0);
    assert_true(put(fixture, STORE_DELETE, "/nodes/a", 0, 0, false) > 0);
    crash(fixture, &crashed);
    assert_int_equal(get(&crashed, "/nodes/a", NULL), -1);
    end_crashed(&crashed);

    /* An hour later the newest is on disk; an orderly end writes it at once. */
    assert_true(put(fixture, STORE_CREATE, "/nodes/b", 1, 0, false) > 0);
    assert_true(put_lagging(fixture, "/nodes/b", 2) > 0);
    loop_run_until(fixture->loop, loop_now(fixture->loop) + 3601 * USEC_PER_SEC);
    crash(fixture, &crashed);
    assert_int_equal(get(&crashed, "/nodes/b", NULL), 2);
    end_crashed(&crashed);
    assert_true(put_lagging(fixture, "/nodes/b", 3) > 0);
    close_store(fixture);
    reopen(fixture);
    assert_int_equal(get(fixture, "/nodes/b", NULL), 3);
}

/* --- history over restarts --- */

enum { NOTES_MAX = 4096 };

struct note {
    char key[32];
    int64_t number, previous; /* of the values; -1: none */
    uint64_t revision, previous_revision;
};

struct notes {
    struct store_watch watch;
    struct note notes[NOTES_MAX];
    size_t count;
};

static void take_note(struct store_watch *watch, const struct store_record *record)
{
    struct bytes *previous = store_record_previous(record);
    struct notes *notes = container_of(watch, struct notes, watch);
    assert_true(notes->count < NOTES_MAX);
    struct note *note = &notes->notes[notes->count++];
    *note = (struct note){ .number = record->value == NULL ? -1 : (int64_t)number_of(record->value),
                           .previous = previous == NULL ? -1 : (int64_t)number_of(previous),
                           .revision = record->revision,
                           .previous_revision = record->previous_revision };
    snprintf(note->key, sizeof(note->key), STR_FMT, STR_ARG(record->key));
    bytes_unref(previous);
}

static struct notes *watch_all(struct fixture *fixture, uint64_t revision)
{
    struct notes *notes = calloc(1, sizeof(*notes));
    notes->watch = (struct store_watch){ .prefix = STR("/pods/"), .event = take_note };
    assert_int_equal(store_watch_start(fixture->store, &notes->watch, revision, NULL), 0);
    return notes;
}

/* A watch after that revision is told what the one from the beginning was. */
static void expect_history(struct fixture *fixture, const struct notes *all, uint64_t revision)
{
    struct notes *notes = watch_all(fixture, revision);
    size_t first = 0;
    while (first < all->count && all->notes[first].revision <= revision)
        first++;
    assert_int_equal(notes->count, all->count - first);
    assert_memory_equal(notes->notes, all->notes + first, notes->count * sizeof(*notes->notes));
    store_watch_stop(&notes->watch);
    free(notes);
}

static void write_some(struct fixture *fixture, unsigned *seed, int count)
{
    char key[32];
    for (int i = 0; i < count; i++) {
        *seed = *seed * 1103515245 + 12345;
        snprintf(key, sizeof(key), "/pods/%u", *seed / 65536 % 30);
        bool there = get(fixture, key, NULL) >= 0;
        enum store_operation operation = !there ? STORE_CREATE : *seed / 65536 % 7 == 0 ? STORE_DELETE : STORE_UPDATE;
        assert_true(put(fixture, operation, key, *seed / 16 % 100000, *seed % 1000, false) > 0);
    }
}

static void test_history_survives(void **state)
{
    struct fixture *fixture = *state, crashed;
    unsigned seed = 7;
    reopen(fixture);
    struct notes *all = watch_all(fixture, 0);
    for (int round = 0; round < 12; round++) {
        write_some(fixture, &seed, 3 + 13 * (round % 4)); /* through the log's files now and then */
        uint64_t now = store_revision(fixture->store);
        crash(fixture, &crashed);
        uint64_t oldest = store_compact_revision(crashed.store);
        assert_true(oldest < now || round == 0);
        for (uint64_t revision = oldest; revision <= now; revision += 1 + revision % 5)
            expect_history(&crashed, all, revision);
        struct store_watch watch = { .prefix = STR("/"), .event = take_note };
        if (oldest > 1)
            assert_int_equal(store_watch_start(crashed.store, &watch, oldest - 1, NULL), -ERROR_EXPIRED);
        end_crashed(&crashed);
        if (round % 3 == 2) { /* an orderly restart, or two: what is known does not shrink by it */
            store_watch_stop(&all->watch);
            for (int times = 0; times < 2; times++) {
                close_store(fixture);
                reopen(fixture);
                assert_true(store_compact_revision(fixture->store) == oldest);
                expect_history(fixture, all, oldest);
            }
            assert_int_equal(store_watch_start(fixture->store, &all->watch, now, NULL), 0);
        }
        assert_true(now - oldest >= 12 || now < 13); /* a file of the log holds 15 of them */
    }
    store_watch_stop(&all->watch);
    free(all);
}

/* What lagged behind is told as one change; whoever follows it knows what it replaced. */
static void test_history_of_lagging_updates(void **state)
{
    struct fixture *fixture = *state, crashed;
    reopen(fixture);
    uint64_t created = (uint64_t)put(fixture, STORE_CREATE, "/pods/a", 1, 0, false);
    assert_true(put(fixture, STORE_CREATE, "/pods/l", 1, 0, true) > 0);
    for (uint64_t i = 2; i <= 10; i++)
        assert_true(put_lagging(fixture, "/pods/a", i) > 0);
    uint64_t lagged = store_revision(fixture->store);
    uint64_t other = (uint64_t)put(fixture, STORE_CREATE, "/pods/b", 1, 0, false);
    close_store(fixture);
    reopen(fixture);
    struct notes *notes = watch_all(fixture, created);
    assert_int_equal(notes->count, 2);
    assert_true(notes->notes[0].revision == lagged && notes->notes[0].number == 10 && notes->notes[0].previous == 1);
    assert_true(notes->notes[1].revision == other);
    store_watch_stop(&notes->watch);
    free(notes);
    assert_true(put_lagging(fixture, "/pods/a", 11) > 0);
    uint64_t last = (uint64_t)put(fixture, STORE_UPDATE, "/pods/a", 12, 0, false);
    crash(fixture, &crashed);
    notes = watch_all(&crashed, other);
    assert_int_equal(notes->count, 1);
    assert_true(notes->notes[0].revision == last && notes->notes[0].previous == 11 &&
                notes->notes[0].previous_revision == last - 1);
    store_watch_stop(&notes->watch);
    free(notes);
    end_crashed(&crashed);
}

/* --- faults --- */

struct group_write {
    struct store_write write;
    bool finished;
};

static void on_group_done(struct store_write *write)
{
    container_of(write, struct group_write, write)->finished = true;
}

static void test_full_disk_takes_the_group_back(void **state)
{
    struct fixture *fixture = *state;
    struct disk disk = { 0 };
    struct wal_io io = io_of(&disk);
    fixture->options.io = &io;
    reopen(fixture);
    assert_true(put(fixture, STORE_CREATE, "/a", 1, 0, false) == 2);

    /* Two in the group that fails; one behind it that stood on it, one that did not. */
    struct bytes *value = value_of(5, 0);
    struct group_write writes[4] = {
        { .write = { .operation = STORE_UPDATE, .key = STR("/a"), .value = value, .expected = 2 } },
        { .write = { .operation = STORE_CREATE, .key = STR("/b"), .value = value } },
        { .write = { .operation = STORE_UPDATE, .key = STR("/b"), .value = value } },
        { .write = { .operation = STORE_UPDATE, .key = STR("/a"), .value = value, .expected = 2 } },
    };
    disk.fault = FAULT_FULL;
    disk.countdown = 1;
    for (size_t i = 0; i < countof(writes); i++) {
        writes[i].write.done = on_group_done;
        if (i == 2) /* the loop starts the commit of the first two */
            loop_run_until(fixture->loop, loop_now(fixture->loop));
        store_write_start(fixture->store, &writes[i].write);
    }
    loop_run_until(fixture->loop, loop_now(fixture->loop));
    bytes_unref(value);
    assert_int_equal(writes[0].write.rc, -ERROR_STORAGE_FULL);
    assert_int_equal(writes[1].write.rc, -ERROR_STORAGE_FULL);
    assert_int_equal(writes[2].write.rc, -ERROR_NOT_FOUND);
    assert_int_equal(writes[3].write.rc, 0);
    assert_true(writes[3].write.revision == 3);
    assert_int_equal(get(fixture, "/b", NULL), -1);
    close_store(fixture);
    reopen(fixture);
    assert_int_equal(get(fixture, "/a", NULL), 5);
    assert_int_equal(get(fixture, "/b", NULL), -1);
    assert_true(store_revision(fixture->store) == 3);
}

static void test_failed_sync_ends_writing(void **state)
{
    struct fixture *fixture = *state;
    struct disk disk = { 0 };
    struct wal_io io = io_of(&disk);
    fixture->options.io = &io;
    reopen(fixture);
    assert_true(put(fixture, STORE_CREATE, "/a", 1, 0, false) == 2);
    disk.fault = FAULT_SYNC_ERROR;
    disk.countdown = 1;
    assert_int_equal(put(fixture, STORE_UPDATE, "/a", 2, 0, false), -ERROR_SYSTEM);
    disk.fault = FAULT_NONE;
    assert_int_equal(put(fixture, STORE_UPDATE, "/a", 3, 0, false), -ERROR_UNAVAILABLE);
    assert_int_equal(get(fixture, "/a", NULL), 1);
}

/* Shared with the child that dies: what it was told is durable. */
struct promise {
    uint64_t number[8];
    uint64_t revision[8];
    uint64_t started[8];
    bool complete;
};

static struct promise *share_promise(void)
{
    struct promise *promise = mmap(NULL, sizeof(*promise), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(promise != MAP_FAILED);
    memset(promise, 0, sizeof(*promise));
    return promise;
}

static void check_promise(struct fixture *fixture, const struct promise *promise)
{
    for (int i = 0; i < 8; i++) {
        char key[16];
        uint64_t revision = 0;
        snprintf(key, sizeof(key), "/w/%d", i);
        int64_t number = get(fixture, key, &revision);
        uint64_t got = number < 0 ? 0 : (uint64_t)number;
        assert_true(got >= promise->number[i]);
        assert_true(got <= promise->started[i]);
        assert_true(revision >= promise->revision[i]);
        assert_true(store_revision(fixture->store) >= promise->revision[i]);
    }
}

static void write_until_it_crashes(struct fixture *fixture, struct promise *promise, int countdown)
{
    struct disk disk = { .fault = FAULT_TORN_CRASH, .countdown = countdown };
    struct wal_io io = io_of(&disk);
    fixture->options.io = &io;
    reopen(fixture);
    for (uint64_t number = 1; number <= 5; number++)
        for (int i = 0; i < 8; i++) {
            char key[16];
            snprintf(key, sizeof(key), "/w/%d", i);
            promise->started[i] = number;
            int64_t revision = put(fixture, number == 1 ? STORE_CREATE : STORE_UPDATE, key, number, 3000, false);
            if (revision < 0)
                _exit(1);
            promise->number[i] = number;
            promise->revision[i] = (uint64_t)revision;
        }
    promise->complete = true;
    _exit(0);
}

/* Dies in the middle of the 1st, 2nd, ... write to the log, until a run meets no death. */
static void test_torn_writes(void **state)
{
    struct fixture *fixture = *state;
    struct promise *promise = share_promise();
    for (int countdown = 1; !promise->complete; countdown++) {
        assert_true(countdown < 1000);
        memset(promise, 0, sizeof(*promise));
        pid_t child = fork();
        if (child == 0)
            write_until_it_crashes(fixture, promise, countdown);
        int status = 1;
        assert_true(waitpid(child, &status, 0) == child && status == 0);
        reopen(fixture);
        check_promise(fixture, promise);
        close_store(fixture);
        assert_int_equal(file_remove_tree(AT_FDCWD, fixture->directory, NULL), 0);
        assert_int_equal(mkdir(fixture->directory, 0700), 0);
    }
    munmap(promise, sizeof(*promise));
}

static void test_damage_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct promise *promise = share_promise();
    pid_t child = fork();
    if (child == 0)
        write_until_it_crashes(fixture, promise, 10);
    int status = 1;
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    char path[96];
    snprintf(path, sizeof(path), "%s/wal-0", fixture->directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "X", 1, 2 * WAL_BLOCK + 100), 1);
    close(fd);
    struct error err;
    assert_int_equal(try_reopen(fixture, &err), -ERROR_INVALID);
    assert_non_null(strstr(err.message, "damaged"));
    loop_destroy(fixture->loop);
    munmap(promise, sizeof(*promise));
}

/* --- kill -9 at any moment --- */

struct writer {
    struct store_write write;
    struct store *store;
    struct promise *promise;
    int index;
    char key[16];
};

static void write_next(struct writer *writer)
{
    uint64_t number = ++writer->promise->started[writer->index];
    struct store_write *write = &writer->write;
    struct bytes *value = value_of(number, 200 + number % 3000);
    struct store_record record;
    bool exists = store_get(writer->store, write->key, &record, NULL) == 0;
    if (exists)
        bytes_unref(record.value);
    write->operation = exists ? STORE_UPDATE : STORE_CREATE;
    write->value = value;
    store_write_start(writer->store, write);
    bytes_unref(value);
}

static void on_written(struct store_write *write)
{
    struct writer *writer = container_of(write, struct writer, write);
    if (write->rc < 0)
        _exit(1);
    writer->promise->revision[writer->index] = write->revision;
    writer->promise->number[writer->index] = writer->promise->started[writer->index];
    write_next(writer);
}

static void run_writers(struct fixture *fixture, struct promise *promise)
{
    static struct writer writers[8];
    if (loop_create_real(&fixture->loop, NULL) < 0 ||
        store_open_lmdb_with(fixture->loop, fixture->directory, &fixture->options, &fixture->store, NULL) < 0)
        _exit(1);
    for (int i = 0; i < 8; i++) {
        writers[i] = (struct writer){ .store = fixture->store, .promise = promise, .index = i };
        snprintf(writers[i].key, sizeof(writers[i].key), "/w/%d", i);
        writers[i].write = (struct store_write){ .key = str_of(writers[i].key), .done = on_written };
        write_next(&writers[i]);
    }
    loop_run(fixture->loop);
    _exit(1);
}

static void test_kill_at_any_moment(void **state)
{
    struct fixture *fixture = *state;
    struct promise *promise = share_promise();
    uint64_t last_total = 0, last_revision = 0;
    for (int round = 0; round < 12; round++) {
        pid_t child = fork();
        if (child == 0)
            run_writers(fixture, promise);
        uint64_t before = promise->revision[0];
        for (int i = 0; i < 5000 && *(volatile uint64_t *)&promise->revision[0] == before; i++)
            nanosleep(&(struct timespec){ .tv_nsec = 1000000L }, NULL); /* it may be slow to start */
        nanosleep(&(struct timespec){ .tv_nsec = 1000000L + round * 3300000L }, NULL);
        kill(child, SIGKILL);
        int status = 0;
        assert_true(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
        reopen(fixture);
        check_promise(fixture, promise);
        assert_true(store_revision(fixture->store) > last_revision || round == 0);
        last_revision = store_revision(fixture->store);
        close_store(fixture);
        /* Started but not told counts as started again. */
        for (int i = 0; i < 8; i++)
            last_total += promise->number[i];
    }
    assert_true(last_total > 0);
    munmap(promise, sizeof(*promise));
}

/* --- a disk that is really full --- */

static int fill_and_free(struct fixture *fixture)
{
    char ballast[96], key[32];
    if (mount("none", fixture->directory, "tmpfs", 0, "size=1m") < 0)
        return 77;
    fixture->options.segment_size = (size_t)64 << 10;
    snprintf(ballast, sizeof(ballast), "%s/ballast", fixture->directory);
    int fd = open(ballast, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fallocate(fd, 0, 0, 700 << 10) < 0)
        return 77;
    close(fd);
    reopen(fixture);
    log_configure(LOG_ERROR, LOG_FORMAT_TEXT); /* the failing checkpoints would be told */
    int64_t revision = 0;
    int count = 0;
    for (; revision >= 0 && count < 1000; count++) {
        snprintf(key, sizeof(key), "/k/%d", count);
        revision = put(fixture, STORE_CREATE, key, (uint64_t)count, 3000, false);
    }
    count--;
    assert_int_equal(revision, -ERROR_STORAGE_FULL);
    assert_true(count > 20);
    assert_int_equal(put(fixture, STORE_CREATE, "/k/x", 1, 3000, false), -ERROR_STORAGE_FULL);
    assert_int_equal(get(fixture, "/k/5", NULL), 5);
    unlink(ballast);
    loop_run_until(fixture->loop, loop_now(fixture->loop) + 2 * USEC_PER_SEC);
    assert_true(put(fixture, STORE_CREATE, "/k/x", 77, 3000, false) > 0);
    close_store(fixture);
    reopen(fixture);
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof(key), "/k/%d", i);
        assert_int_equal(get(fixture, key, NULL), i);
    }
    assert_int_equal(get(fixture, "/k/x", NULL), 77);
    close_store(fixture);
    return 0;
}

static void test_full_file_system(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
            _exit(77);
        _exit(fill_and_free(fixture));
    }
    int status = 1;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* needs root */
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* In a process that ends without a word; a new log's files are still on their way to the disk then. */
static void open_and_die(struct fixture *fixture, int writes)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error err;
        bool fine = try_reopen(fixture, &err) == 0;
        for (int i = 0; fine && i < writes; i++)
            fine = put(fixture, i == 0 ? STORE_CREATE : STORE_UPDATE, "/pods/a", (uint64_t)i + 1, 0, false) > 0;
        if (fine)
            raise(SIGKILL);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_end_before_the_first_write(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.segment_size = 0; /* as it is used: with room made ahead */
    open_and_die(fixture, 0);
    open_and_die(fixture, 2);
    open_and_die(fixture, 0);
    reopen(fixture);
    assert_int_equal(get(fixture, "/pods/a", NULL), 2);
    close_store(fixture);
    reopen(fixture);
    close_store(fixture); /* nothing was written: the thread is waited for */
    reopen(fixture);
    assert_true(put(fixture, STORE_UPDATE, "/pods/a", 3, 0, false) > 0);
    close_store(fixture);
    reopen(fixture);
    assert_int_equal(get(fixture, "/pods/a", NULL), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_end_before_the_first_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_volatile_writes_stay_out_of_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lagging_updates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_survives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_of_lagging_updates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_takes_the_group_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_sync_ends_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_at_any_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_file_system, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
