/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What every driver promises, asked of each of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/system/file.h"
#include "store/store.h"

struct fixture {
    struct loop *loop;
    struct store *store;
    char directory[64];
};

static int setup_memory(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .loop = loop_create_virtual(USEC_PER_SEC, 1) };
    *state = &fixture;
    return store_open_memory(fixture.loop, &fixture.store, NULL);
}

static int open_lmdb(struct loop *loop, void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .loop = loop, .directory = "/tmp/store-test-XXXXXX" };
    assert_non_null(mkdtemp(fixture.directory));
    *state = &fixture;
    return store_open_lmdb(fixture.loop, fixture.directory, &fixture.store, NULL);
}

static int setup_lmdb(void **state)
{
    return open_lmdb(loop_create_virtual(USEC_PER_SEC, 1), state);
}

/* With real worker threads. */
static int setup_lmdb_real(void **state)
{
    struct loop *loop = NULL;
    assert_int_equal(loop_create_real(&loop, NULL), 0);
    return open_lmdb(loop, state);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    store_close(fixture->store);
    loop_run(fixture->loop);
    loop_destroy(fixture->loop);
    return fixture->directory[0] == '\0' ? 0 : file_remove_tree(AT_FDCWD, fixture->directory, NULL);
}

struct put {
    struct store_write write;
    bool finished;
};

static void on_done(struct store_write *write)
{
    struct put *put = container_of(write, struct put, write);
    assert_false(put->finished);
    put->finished = true;
}

static void start(struct fixture *fixture, struct put *put, enum store_operation operation, const char *key,
                  const char *value, uint64_t expected)
{
    *put =
        (struct put){ .write = { .operation = operation, .key = str_of(key), .expected = expected, .done = on_done } };
    put->write.value = value == NULL ? NULL : bytes_create(value, strlen(value));
    store_write_start(fixture->store, &put->write);
    bytes_unref(put->write.value);
    assert_false(put->finished);
}

/* The code, or the revision when it went well. */
static int64_t write_one(struct fixture *fixture, enum store_operation operation, const char *key, const char *value,
                         uint64_t expected)
{
    struct put put;
    start(fixture, &put, operation, key, value, expected);
    while (!put.finished)
        loop_run(fixture->loop);
    return put.write.rc < 0 ? put.write.rc : (int64_t)put.write.revision;
}

static void assert_value(struct fixture *fixture, const char *key, const char *value, uint64_t create,
                         uint64_t revision)
{
    struct store_record record;
    struct error err;
    int rc = store_get(fixture->store, str_of(key), &record, &err);
    if (value == NULL) {
        assert_int_equal(rc, -ERROR_NOT_FOUND);
        return;
    }
    assert_int_equal(rc, 0);
    assert_true(str_is(bytes_str(record.value), value));
    assert_true(record.create_revision == create);
    assert_true(record.revision == revision);
    bytes_unref(record.value);
}

static void test_preconditions(void **state)
{
    struct fixture *fixture = *state;
    assert_true(store_revision(fixture->store) == 1);
    assert_int_equal(write_one(fixture, STORE_UPDATE, "/a", "x", 0), -ERROR_NOT_FOUND);
    assert_int_equal(write_one(fixture, STORE_DELETE, "/a", NULL, 0), -ERROR_NOT_FOUND);
    assert_int_equal(write_one(fixture, STORE_CREATE, "/a", "one", 0), 2);
    assert_int_equal(write_one(fixture, STORE_CREATE, "/a", "two", 0), -ERROR_ALREADY_EXISTS);
    assert_int_equal(write_one(fixture, STORE_UPDATE, "/a", "two", 1), -ERROR_CONFLICT);
    assert_int_equal(write_one(fixture, STORE_UPDATE, "/a", "two", 2), 3);
    assert_value(fixture, "/a", "two", 2, 3);
    assert_int_equal(write_one(fixture, STORE_UPDATE, "/a", "three", 0), 4);
    assert_int_equal(write_one(fixture, STORE_DELETE, "/a", NULL, 3), -ERROR_CONFLICT);
    assert_int_equal(write_one(fixture, STORE_DELETE, "/a", NULL, 4), 5);
    assert_value(fixture, "/a", NULL, 0, 0);
    assert_int_equal(write_one(fixture, STORE_CREATE, "/a", "again", 0), 6);
    assert_value(fixture, "/a", "again", 6, 6);
    assert_true(store_revision(fixture->store) == 6);
    assert_int_equal(write_one(fixture, STORE_CREATE, "", "x", 0), -ERROR_TOO_LARGE);
    assert_int_equal(write_one(fixture, STORE_CREATE, "/b", NULL, 0), -ERROR_BAD_REQUEST);
}

static void test_decided_against_earlier_writes(void **state)
{
    struct fixture *fixture = *state;
    struct put puts[6];
    start(fixture, &puts[0], STORE_CREATE, "/a", "one", 0);
    start(fixture, &puts[1], STORE_CREATE, "/a", "two", 0);
    start(fixture, &puts[2], STORE_UPDATE, "/a", "three", 2);
    start(fixture, &puts[3], STORE_DELETE, "/a", NULL, 3);
    start(fixture, &puts[4], STORE_UPDATE, "/a", "four", 0);
    start(fixture, &puts[5], STORE_CREATE, "/a", "five", 0);
    assert_value(fixture, "/a", NULL, 0, 0); /* nothing is durable yet */
    loop_run(fixture->loop);
    const int expected[] = { 0, -ERROR_ALREADY_EXISTS, 0, 0, -ERROR_NOT_FOUND, 0 };
    for (size_t i = 0; i < countof(puts); i++) {
        assert_true(puts[i].finished);
        assert_int_equal(puts[i].write.rc, expected[i]);
    }
    assert_value(fixture, "/a", "five", 5, 5);
}

/* --- ranges --- */

struct listing {
    char text[256];
    int limit;
};

static bool collect(void *context, const struct store_record *record)
{
    struct listing *listing = context;
    size_t used = strlen(listing->text);
    snprintf(listing->text + used, sizeof(listing->text) - used, STR_FMT "=%s ", STR_ARG(record->key),
             record->value->data);
    return --listing->limit != 0;
}

static void test_range(void **state)
{
    struct fixture *fixture = *state;
    const char *keys[] = { "/pods/b", "/pods/a", "/podsx", "/pods/c", "/nodes/n" };
    for (size_t i = 0; i < countof(keys); i++)
        write_one(fixture, STORE_CREATE, keys[i], "v", 0);
    write_one(fixture, STORE_DELETE, "/pods/b", NULL, 0);
    struct put pending;
    start(fixture, &pending, STORE_CREATE, "/pods/aa", "v", 0);
    struct listing listing = { .limit = 10 };
    assert_true(store_range(fixture->store, STR("/pods/"), STR(""), collect, &listing) == 7);
    assert_string_equal(listing.text, "/pods/a=v /pods/c=v ");
    listing = (struct listing){ .limit = 10 };
    store_range(fixture->store, STR("/pods/"), STR("/pods/a0"), collect, &listing);
    assert_string_equal(listing.text, "/pods/c=v ");
    listing = (struct listing){ .limit = 2 };
    store_range(fixture->store, STR("/"), STR(""), collect, &listing);
    assert_string_equal(listing.text, "/nodes/n=v /pods/a=v ");
    while (!pending.finished)
        loop_run(fixture->loop);
}

/* --- watches --- */

struct watcher {
    struct store_watch watch;
    struct store *store;
    char text[512];
    struct store_watch *stops; /* at the first event */
};

static void on_event(struct store_watch *watch, const struct store_record *record)
{
    struct bytes *previous_value = store_record_previous(record);
    struct watcher *watcher = container_of(watch, struct watcher, watch);
    size_t used = strlen(watcher->text);
    snprintf(watcher->text + used, sizeof(watcher->text) - used, "%llu:" STR_FMT "=%s<%s ",
             (unsigned long long)record->revision, STR_ARG(record->key),
             record->value == NULL ? "-" : record->value->data, previous_value == NULL ? "-" : previous_value->data);
    bytes_unref(previous_value);
    assert_true(store_revision(watcher->store) >= record->revision);
    if (watcher->stops != NULL)
        store_watch_stop(watcher->stops);
}

static struct watcher watcher_of(struct fixture *fixture, const char *prefix)
{
    return (struct watcher){ .watch = { .prefix = str_of(prefix), .event = on_event }, .store = fixture->store };
}

static void test_watch(void **state)
{
    struct fixture *fixture = *state;
    struct watcher live = watcher_of(fixture, "/a"), late = live, other = watcher_of(fixture, "/b"), future = live;
    struct error err;
    assert_int_equal(store_watch_start(fixture->store, &live.watch, 0, &err), 0);
    assert_int_equal(store_watch_start(fixture->store, &future.watch, 3, &err), 0);
    assert_int_equal(store_watch_start(fixture->store, &other.watch, 0, &err), 0);
    write_one(fixture, STORE_CREATE, "/a/1", "x", 0);
    write_one(fixture, STORE_UPDATE, "/a/1", "y", 0);
    write_one(fixture, STORE_CREATE, "/b/1", "x", 0);
    write_one(fixture, STORE_DELETE, "/a/1", NULL, 0);
    assert_string_equal(live.text, "2:/a/1=x<- 3:/a/1=y<x 5:/a/1=-<y ");
    assert_string_equal(future.text, "5:/a/1=-<y ");
    assert_string_equal(other.text, "4:/b/1=x<- ");
    assert_int_equal(store_watch_start(fixture->store, &late.watch, 2, &err), 0);
    assert_string_equal(late.text, "3:/a/1=y<x 5:/a/1=-<y ");
    store_watch_stop(&live.watch);
    store_watch_stop(&live.watch);
    write_one(fixture, STORE_CREATE, "/a/1", "z", 0);
    assert_string_equal(late.text, "3:/a/1=y<x 5:/a/1=-<y 6:/a/1=z<- ");
    assert_null(strstr(live.text, "6:"));

    store_compact(fixture->store, 4);
    assert_true(store_compact_revision(fixture->store) == 4);
    struct watcher expired = watcher_of(fixture, "/"), edge = expired;
    assert_int_equal(store_watch_start(fixture->store, &expired.watch, 3, &err), -ERROR_EXPIRED);
    assert_int_equal(store_watch_start(fixture->store, &edge.watch, 4, &err), 0);
    assert_string_equal(edge.text, "5:/a/1=-<y 6:/a/1=z<- ");
}

/* Keeps the value within longer bytes, as a server that puts a version into what it serves; every third time it offers
 * something else. */
struct keeper {
    struct store_watch watch;
    struct bytes *kept[8];
    size_t count, offers;
};

static void keep(struct store_watch *watch, const struct store_record *record)
{
    struct keeper *keeper = container_of(watch, struct keeper, watch);
    if (record->value == NULL)
        return;
    bool lie = ++keeper->offers % 3 == 0;
    char text[64];
    int size =
        snprintf(text, sizeof(text), "%c(version)%s\n", lie ? '?' : record->value->data[0], record->value->data + 1);
    struct bytes *bytes = bytes_create(text, (size_t)size);
    keeper->kept[keeper->count++] = bytes;
    store_record_share(record,
                       &(struct store_share){ .bytes = bytes, .size = bytes->size - 1, .gap = 1, .gap_size = 9 });
}

static void expect_stored(struct fixture *fixture, const char *key, const char *text)
{
    struct store_record record;
    assert_int_equal(store_get(fixture->store, str_of(key), &record, NULL), 0);
    assert_true(str_is(bytes_str(record.value), text));
    bytes_unref(record.value);
}

/* Whatever is shared, the store says what was written: now, as what was replaced, and after it was opened again. */
static void test_values_are_shared(void **state)
{
    struct fixture *fixture = *state;
    struct keeper keeper = { .watch = { .prefix = STR("/a"), .event = keep } };
    struct watcher live = watcher_of(fixture, "/a");
    assert_int_equal(store_watch_start(fixture->store, &keeper.watch, 0, NULL), 0);
    assert_int_equal(store_watch_start(fixture->store, &live.watch, 0, NULL), 0);
    write_one(fixture, STORE_CREATE, "/a/1", "one", 0);
    write_one(fixture, STORE_UPDATE, "/a/1", "two", 0);
    write_one(fixture, STORE_UPDATE, "/a/1", "three", 0); /* the lie */
    expect_stored(fixture, "/a/1", "three");
    write_one(fixture, STORE_UPDATE, "/a/1", "four", 0);
    write_one(fixture, STORE_CREATE, "/a/2", "five", 0);
    assert_string_equal(live.text, "2:/a/1=one<- 3:/a/1=two<one 4:/a/1=three<two 5:/a/1=four<three 6:/a/2=five<- ");
    expect_stored(fixture, "/a/1", "four");
    expect_stored(fixture, "/a/2", "five");
    store_watch_stop(&keeper.watch);
    store_watch_stop(&live.watch);
    if (fixture->directory[0] != '\0') {
        store_close(fixture->store);
        assert_int_equal(store_open_lmdb(fixture->loop, fixture->directory, &fixture->store, NULL), 0);
        expect_stored(fixture, "/a/1", "four");
        expect_stored(fixture, "/a/2", "five");
    }
    for (size_t i = 0; i < keeper.count; i++)
        bytes_unref(keeper.kept[i]);
}

static void test_watchers_stop_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct watcher a = watcher_of(fixture, "/"), b = a, c = a, self = a;
    a.stops = &b.watch;
    self.stops = &self.watch;
    struct error err;
    assert_int_equal(store_watch_start(fixture->store, &a.watch, 0, &err), 0);
    assert_int_equal(store_watch_start(fixture->store, &b.watch, 0, &err), 0);
    assert_int_equal(store_watch_start(fixture->store, &self.watch, 0, &err), 0);
    assert_int_equal(store_watch_start(fixture->store, &c.watch, 0, &err), 0);
    write_one(fixture, STORE_CREATE, "/1", "x", 0);
    write_one(fixture, STORE_CREATE, "/2", "x", 0);
    assert_string_equal(a.text, "2:/1=x<- 3:/2=x<- ");
    assert_string_equal(b.text, "");
    assert_string_equal(self.text, "2:/1=x<- ");
    assert_string_equal(c.text, a.text);
    self.text[0] = '\0'; /* during its replay, too */
    assert_int_equal(store_watch_start(fixture->store, &self.watch, 1, &err), 0);
    assert_string_equal(self.text, "2:/1=x<- ");
}

static void test_history_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    write_one(fixture, STORE_CREATE, "/a", "x", 0);
    for (int i = 0; i < 10100; i++)
        write_one(fixture, STORE_UPDATE, "/a", "x", 0);
    uint64_t compacted = store_compact_revision(fixture->store);
    assert_true(compacted > 50 && compacted < store_revision(fixture->store) - 9000);
    struct watcher watcher = watcher_of(fixture, "/nothing");
    struct error err;
    assert_int_equal(store_watch_start(fixture->store, &watcher.watch, compacted - 1, &err), -ERROR_EXPIRED);
    assert_int_equal(store_watch_start(fixture->store, &watcher.watch, compacted, &err), 0);
}

/* --- chains and the end --- */

struct chain {
    struct store_write write;
    struct store *store;
    struct bytes *value;
    int left;
    int last_rc;
};

static void on_link(struct store_write *write)
{
    struct chain *chain = container_of(write, struct chain, write);
    chain->last_rc = write->rc;
    if (chain->left-- == 0 || write->rc < 0)
        return;
    write->operation = STORE_UPDATE;
    write->expected = write->revision;
    store_write_start(chain->store, write);
}

static void test_done_starts_the_next(void **state)
{
    struct fixture *fixture = *state;
    struct chain chain = { .store = fixture->store, .left = 20, .value = bytes_create("v", 1) };
    chain.write =
        (struct store_write){ .operation = STORE_CREATE, .key = STR("/c"), .value = chain.value, .done = on_link };
    store_write_start(fixture->store, &chain.write);
    loop_run(fixture->loop);
    assert_int_equal(chain.left, -1);
    assert_int_equal(chain.last_rc, 0);
    assert_value(fixture, "/c", "v", 2, 22);

    chain.left = 1000; /* closing ends it, and tells */
    chain.write.operation = STORE_UPDATE;
    chain.write.expected = 0;
    store_write_start(fixture->store, &chain.write);
    store_close(take_pointer(&fixture->store));
    assert_int_equal(chain.left, 998);
    assert_int_equal(chain.last_rc, -ERROR_CLOSED);
    bytes_unref(chain.value);
}

#define TESTS(setup)                                                                           \
    cmocka_unit_test_setup_teardown(test_preconditions, setup, teardown),                      \
        cmocka_unit_test_setup_teardown(test_decided_against_earlier_writes, setup, teardown), \
        cmocka_unit_test_setup_teardown(test_range, setup, teardown),                          \
        cmocka_unit_test_setup_teardown(test_watch, setup, teardown),                          \
        cmocka_unit_test_setup_teardown(test_values_are_shared, setup, teardown),              \
        cmocka_unit_test_setup_teardown(test_watchers_stop_each_other, setup, teardown),       \
        cmocka_unit_test_setup_teardown(test_done_starts_the_next, setup, teardown)

int main(void)
{
    const struct CMUnitTest memory[] = {
        TESTS(setup_memory),
        cmocka_unit_test_setup_teardown(test_history_is_bounded, setup_memory, teardown),
    };
    const struct CMUnitTest lmdb[] = { TESTS(setup_lmdb) };
    const struct CMUnitTest lmdb_real[] = { TESTS(setup_lmdb_real) };
    return cmocka_run_group_tests_name("memory", memory, NULL, NULL) +
           cmocka_run_group_tests_name("lmdb", lmdb, NULL, NULL) +
           cmocka_run_group_tests_name("lmdb on a real loop", lmdb_real, NULL, NULL);
}
