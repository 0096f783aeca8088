/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What the durable driver promises when the disk fails and when its process is killed. */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/log.h"
#include "store/fixture.h"

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
        cmocka_unit_test_setup_teardown(test_full_disk_takes_the_group_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_sync_ends_writing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_torn_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_at_any_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_file_system, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
