/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What the durable driver promises beyond store_test.c: restarts, volatile records, history. */
#include <sys/wait.h>

#include "store/fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_volatile_writes_stay_out_of_the_log, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lagging_updates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_survives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history_of_lagging_updates, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
