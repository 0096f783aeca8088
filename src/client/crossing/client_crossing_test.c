/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "client/client_crossing.h"
#include "client/client_fake.h"
#include "generated/types.h"
#include "loop/loop_thread.h"

#define START ((usec_t)1790000000 * USEC_PER_SEC)

/* ---------------------------------------------------------------- two loops in one thread, turned by hand */

struct pair {
    struct loop *here, *there;
    struct fake_server *server;
    struct client *client;
};

static void pair_turn(struct pair *pair)
{
    for (int i = 0; i < 8; i++) {
        loop_run_until(pair->there, loop_now(pair->there));
        loop_run_until(pair->here, loop_now(pair->here));
    }
}

static void pair_open(struct pair *pair)
{
    pair->here = loop_create_virtual(START, 1);
    pair->there = loop_create_virtual(START, 2);
    pair->server = fake_server_create(pair->there);
    pair->client = client_crossing_create(pair->here, fake_server_client(pair->server, "tester"));
}

static void pair_close(struct pair *pair)
{
    client_destroy(pair->client);
    pair_turn(pair);
    fake_server_destroy(pair->server);
    loop_destroy(pair->here);
    loop_destroy(pair->there);
}

struct ask {
    struct client_call call;
    int calls, rc;
    char message[200];
    const struct object *object;
};

static void ask_done(struct client_call *call, const struct client_result *result)
{
    struct ask *ask = container_of(call, struct ask, call);
    ask->calls++;
    ask->rc = result->rc;
    if (result->rc < 0)
        snprintf(ask->message, sizeof(ask->message), "%s", result->err.message);
    ask->object = object_ref(result->object);
}

static void ask_for(struct pair *pair, struct ask *ask, const char *name)
{
    ask->call.done = ask_done;
    const struct client_request request = {
        .verb = API_GET, .resource = &api_resource_config_map, .namespace_ = "default", .name = name
    };
    client_call_start(pair->client, &ask->call, &request);
}

static const struct object *put(struct fake_server *server, const char *name, const char *value)
{
    autofree char *json = memory_format("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\","
                                        "\"namespace\":\"default\"},\"data\":{\"v\":\"%s\"}}",
                                        name, value);
    return fake_server_put(server, &api_resource_config_map, json);
}

static void test_calls_cross_and_share_objects(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    const struct object *object = put(pair.server, "a", "1");
    struct ask found = { 0 }, missing = { 0 }, cancelled = { 0 };
    ask_for(&pair, &found, "a");
    ask_for(&pair, &missing, "b");
    ask_for(&pair, &cancelled, "a");
    client_call_cancel(&cancelled.call);
    assert_int_equal(found.calls, 0);
    pair_turn(&pair);
    assert_int_equal(found.rc, 0);
    assert_ptr_equal(found.object, object);
    assert_int_equal(missing.rc, -ERROR_NOT_FOUND);
    assert_non_null(strstr(missing.message, "\"b\" not found"));
    assert_int_equal(cancelled.calls, 0);
    object_unref(found.object);
    pair_close(&pair);
}

static void test_writes_cross_with_their_bodies(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    struct ask made = { .call = { .done = ask_done } };
    struct api_config_map map = { .metadata = { .name = memory_strdup("m"), .namespace = "default" } };
    const struct client_request request = {
        .verb = API_CREATE, .resource = &api_resource_config_map, .namespace_ = "default", .body = &map
    };
    client_call_start(pair.client, &made.call, &request);
    memset((char *)map.metadata.name, 'x', 1); /* the body was only lent */
    free((char *)map.metadata.name);
    pair_turn(&pair);
    assert_int_equal(made.rc, 0);
    assert_string_equal(object_name(made.object), "m");
    object_unref(made.object);
    pair_close(&pair);
}

struct seen {
    char text[128];
    int rc;
    int ended;
    size_t count;
    struct client_watch *watch;
    bool close_at_first;
};

static void seen_event(void *context, enum client_watch_event type, const struct object *object, uint64_t revision)
{
    struct seen *seen = context;
    (void)revision;
    seen->count++;
    size_t used = strlen(seen->text);
    snprintf(seen->text + used, sizeof(seen->text) - used, "%c%.4s ", "AMDB"[type],
             object == NULL ? "" : object_name(object));
    if (seen->close_at_first)
        client_watch_close(take_pointer(&seen->watch));
}

static void seen_ended(void *context, int rc, const struct error *err)
{
    struct seen *seen = context;
    (void)err;
    seen->rc = rc;
    seen->ended++;
}

static const struct client_watch_events seen_events = { .event = seen_event, .ended = seen_ended };

static void test_watches_cross_in_order(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    put(pair.server, "a", "1");
    put(pair.server, "b", "1");
    struct seen seen = { 0 }, closing = { .close_at_first = true };
    const struct client_watch_request request = { .resource = &api_resource_config_map };
    seen.watch = client_watch_open(pair.client, &request, &seen_events, &seen);
    closing.watch = client_watch_open(pair.client, &request, &seen_events, &closing);
    pair_turn(&pair);
    put(pair.server, "a", "2");
    fake_server_remove(pair.server, &api_resource_config_map, "default", "b");
    pair_turn(&pair);
    assert_string_equal(seen.text, "Aa Ab B Ma Db ");
    assert_string_equal(closing.text, "Aa ");
    put(pair.server, "c", "1"); /* on its way when the watch is closed */
    loop_run_until(pair.there, loop_now(pair.there));
    client_watch_close(seen.watch);
    pair_turn(&pair);
    assert_string_equal(seen.text, "Aa Ab B Ma Db ");
    assert_int_equal(seen.ended, 0);
    pair_close(&pair);
}

static void test_an_end_crosses(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair);
    put(pair.server, "a", "1");
    struct seen seen = { 0 };
    const struct client_watch_request request = { .resource = &api_resource_config_map };
    seen.watch = client_watch_open(pair.client, &request, &seen_events, &seen);
    pair_turn(&pair);
    fake_server_compact(pair.server);
    pair_turn(&pair);
    assert_int_equal(seen.ended, 1);
    client_watch_close(seen.watch);
    pair_close(&pair);
}

/* ---------------------------------------------------------------- a watcher that does not keep up */

struct stub {
    struct client client;
    struct client_watch watch;
    struct client_watch_events events;
    void *context;
    int closed, destroyed;
};

static struct client_watch *stub_open(struct client *client, const struct client_watch_request *request,
                                      const struct client_watch_events *events, void *context)
{
    struct stub *stub = container_of(client, struct stub, client);
    (void)request;
    stub->events = *events;
    stub->context = context;
    return &stub->watch;
}

static void stub_close(struct client_watch *watch)
{
    container_of(watch, struct stub, watch)->closed++;
}

static void stub_destroy(struct client *client)
{
    container_of(client, struct stub, client)->destroyed++;
}

static void test_a_slow_watch_expires(void **state)
{
    (void)state;
    static const struct client_driver driver = { .watch_open = stub_open,
                                                 .watch_close = stub_close,
                                                 .destroy = stub_destroy };
    struct pair pair = { .here = loop_create_virtual(START, 1), .there = loop_create_virtual(START, 2) };
    struct stub stub = { .client = { &driver, pair.there, "stub" } };
    pair.client = client_crossing_create(pair.here, &stub.client);
    struct seen seen = { 0 };
    const struct client_watch_request request = { .resource = &api_resource_config_map };
    seen.watch = client_watch_open(pair.client, &request, &seen_events, &seen);
    loop_run_until(pair.there, START);
    for (int i = 0; i < CLIENT_CROSSING_LAG_MAX * 2; i++) /* the beginning may be large */
        stub.events.event(stub.context, CLIENT_ADDED, NULL, 1);
    stub.events.event(stub.context, CLIENT_BOOKMARK, NULL, 1);
    for (int i = 0; i < CLIENT_CROSSING_LAG_MAX; i++) {
        stub.events.event(stub.context, CLIENT_MODIFIED, NULL, 2);
        if (i % 10000 == 0)
            loop_run_until(pair.there, START);
    }
    assert_int_equal(stub.closed, 0);
    stub.events.event(stub.context, CLIENT_MODIFIED, NULL, 3);
    assert_int_equal(stub.closed, 1);
    pair_turn(&pair);
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.rc, -ERROR_EXPIRED);
    assert_int_equal(seen.count, CLIENT_CROSSING_LAG_MAX * 3 + 2);
    client_watch_close(seen.watch);
    client_destroy(pair.client);
    pair_turn(&pair);
    assert_int_equal(stub.destroyed, 1);
    loop_destroy(pair.here);
    loop_destroy(pair.there);
}

static void test_one_loop_needs_no_crossing(void **state)
{
    (void)state;
    struct loop *loop = loop_create_virtual(START, 1);
    struct fake_server *server = fake_server_create(loop);
    struct client *client = fake_server_client(server, "tester");
    assert_ptr_equal(client_crossing_create(loop, client), client);
    client_destroy(client);
    fake_server_destroy(server);
    loop_destroy(loop);
}

/* ---------------------------------------------------------------- two threads, for the thread sanitizer */

enum { READS = 300, CHANGES = 300 };

/* On the other thread: reads while it watches, and looks at the typed form that both threads share. */
struct reader {
    struct loop *home, *loop;
    struct client *client;
    struct client_watch *watch;
    struct client_call call;
    struct loop_task start, done_task;
    int reads, changes, wrong;
    bool done;
};

static void reader_look(struct reader *reader, const struct object *object)
{
    const struct api_config_map *map = object_typed(object);
    reader->wrong += map->n_data != 1;
}

static void reader_check(struct reader *reader)
{
    if (reader->reads < READS || reader->changes < CHANGES || reader->watch == NULL)
        return;
    client_watch_close(take_pointer(&reader->watch));
    client_destroy(reader->client);
    loop_post(reader->home, &reader->done_task);
}

static void reader_ask(struct reader *reader)
{
    const struct client_request request = {
        .verb = API_GET, .resource = &api_resource_config_map, .namespace_ = "default", .name = "a"
    };
    client_call_start(reader->client, &reader->call, &request);
}

static void reader_answer(struct client_call *call, const struct client_result *result)
{
    struct reader *reader = container_of(call, struct reader, call);
    reader->wrong += result->rc != 0;
    if (result->rc == 0)
        reader_look(reader, result->object);
    if (++reader->reads < READS)
        reader_ask(reader);
    else
        reader_check(reader);
}

static void reader_event(void *context, enum client_watch_event type, const struct object *object, uint64_t revision)
{
    struct reader *reader = context;
    (void)revision;
    reader->changes += type == CLIENT_MODIFIED;
    if (object != NULL)
        reader_look(reader, object);
    reader_check(reader);
}

static void reader_ended(void *context, int rc, const struct error *err)
{
    (void)rc;
    (void)err;
    ((struct reader *)context)->wrong++;
}

static void reader_start(struct loop_task *task)
{
    static const struct client_watch_events events = { .event = reader_event, .ended = reader_ended };
    struct reader *reader = container_of(task, struct reader, start);
    const struct client_watch_request request = { .resource = &api_resource_config_map };
    reader->watch = client_watch_open(reader->client, &request, &events, reader);
    reader->call.done = reader_answer;
    reader_ask(reader);
}

static void reader_done(struct loop_task *task)
{
    container_of(task, struct reader, done_task)->done = true;
}

struct home {
    struct fake_server *server;
    struct loop_thread *thread;
    struct reader *reader;
    struct loop_timer timer;
    struct loop *loop;
    int changes;
    bool stopping;
};

static void home_stopped(void *context)
{
    loop_stop(((struct home *)context)->loop);
}

static void home_tick(struct loop_timer *timer)
{
    struct home *home = container_of(timer, struct home, timer);
    if (home->changes < CHANGES + 50) { /* some may happen before the watch is there */
        autofree char *value = memory_format("%d", home->changes++);
        (void)object_typed(put(home->server, "a", value));
    }
    if (home->reader->done && !home->stopping) {
        home->stopping = true;
        loop_thread_stop(home->thread, home_stopped, home);
    }
    if (home->changes == CHANGES + 50 && !home->reader->done)
        home->changes--; /* until the reader has seen enough */
    loop_timer_start(home->loop, timer, 50);
}

static void test_two_threads_share_objects(void **state)
{
    (void)state;
    struct loop *loop;
    struct error err;
    assert_int_equal(loop_create_real(&loop, &err), 0);
    struct home home = { .loop = loop, .server = fake_server_create(loop), .timer = { .callback = home_tick } };
    assert_int_equal(loop_thread_create(loop, "reader", &home.thread, &err), 0);
    struct reader reader = { .home = loop,
                             .loop = loop_thread_loop(home.thread),
                             .start = { .callback = reader_start },
                             .done_task = { .callback = reader_done } };
    home.reader = &reader;
    put(home.server, "a", "first");
    reader.client = client_crossing_create(reader.loop, fake_server_client(home.server, "reader"));
    loop_post(reader.loop, &reader.start);
    loop_timer_start(loop, &home.timer, 0);
    loop_run(loop);
    loop_timer_stop(&home.timer);
    assert_int_equal(reader.wrong, 0);
    assert_int_equal(reader.reads, READS);
    loop_thread_destroy(home.thread);
    fake_server_destroy(home.server);
    loop_destroy(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_cross_and_share_objects), cmocka_unit_test(test_writes_cross_with_their_bodies),
        cmocka_unit_test(test_watches_cross_in_order),        cmocka_unit_test(test_an_end_crosses),
        cmocka_unit_test(test_a_slow_watch_expires),          cmocka_unit_test(test_one_loop_needs_no_crossing),
        cmocka_unit_test(test_two_threads_share_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
