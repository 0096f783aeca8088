/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fixture.h - for the tests of the durable driver: a store in a directory of its own on virtual time, values that tell whether they
 * are whole, and a disk that fails when told to. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "store/store_lmdb.h"

struct fixture {
    struct loop *loop;
    struct store *store;
    struct store_lmdb_options options;
    char directory[64];
};

static inline int try_reopen(struct fixture *fixture, struct error *err)
{
    fixture->loop = loop_create_virtual(USEC_PER_SEC, 1);
    return store_open_lmdb_with(fixture->loop, fixture->directory, &fixture->options, &fixture->store, err);
}

static inline void reopen(struct fixture *fixture)
{
    struct error err = { 0 };
    int rc = try_reopen(fixture, &err);
    if (rc < 0)
        fail_msg("%s", err.message);
}

static inline void close_store(struct fixture *fixture)
{
    store_close(take_pointer(&fixture->store));
    loop_run(fixture->loop);
    loop_destroy(fixture->loop);
    fixture->loop = NULL;
}

static inline int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .directory = "/tmp/store-test-XXXXXX", .options.segment_size = (size_t)64 << 10 };
    assert_non_null(mkdtemp(fixture.directory));
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *fixture = *state;
    if (fixture->store != NULL)
        close_store(fixture);
    return file_remove_tree(AT_FDCWD, fixture->directory, NULL);
}

static inline void on_done(struct store_write *write)
{
    write->done = NULL;
}

/* A value that tells whether it is whole: size bytes of one letter. */
static inline struct bytes *value_of(uint64_t number, size_t size)
{
    struct bytes *value = bytes_create(NULL, size < 24 ? 24 : size);
    memset(value->data, 'a' + (int)(number % 26), value->size);
    snprintf(value->data, 24, "%020llu", (unsigned long long)number);
    return value;
}

static inline uint64_t number_of(const struct bytes *value)
{
    assert_true(value->size >= 24);
    uint64_t number = strtoull(value->data, NULL, 10);
    for (size_t i = 24; i < value->size; i++)
        assert_int_equal(value->data[i], 'a' + (int)(number % 26));
    return number;
}

/* The code or the revision. */
static inline int64_t put(struct fixture *fixture, enum store_operation operation, const char *key, uint64_t number,
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
static inline int64_t get(struct fixture *fixture, const char *key, uint64_t *ret_revision)
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

/* --- a disk that can be told to fail --- */

enum fault { FAULT_NONE, FAULT_FULL, FAULT_TORN_CRASH, FAULT_SYNC_ERROR };

struct disk {
    enum fault fault;
    int countdown; /* of writes, or of syncs */
    int writes;
};

static inline ssize_t disk_write(void *context, int fd, const void *bytes, size_t size, off_t offset)
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

static inline int disk_sync(void *context, int fd)
{
    struct disk *disk = context;
    if (disk->fault != FAULT_SYNC_ERROR || --disk->countdown > 0)
        return fdatasync(fd);
    errno = EIO;
    return -1;
}

static inline int disk_allocate(void *context, int fd, off_t size)
{
    (void)context;
    return fallocate(fd, 0, 0, size);
}

static inline struct wal_io io_of(struct disk *disk)
{
    return (struct wal_io){ disk_write, disk_sync, disk_allocate, disk };
}

#endif
