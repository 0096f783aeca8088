/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* informer_test.c - against the fake server, on virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/client_fake.h"
#include "client/informer.h"
#include "generated/types.h"

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct informer *informer;
    struct informer_listener listener;
    int added, changed, removed, synced;
};

static void count_change(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct fixture *f = container_of(listener, struct fixture, listener);
    f->added += before == NULL;
    f->removed += after == NULL;
    f->changed += before != NULL && after != NULL;
}

static void count_synced(struct informer_listener *listener)
{
    container_of(listener, struct fixture, listener)->synced++;
}

static int setup(void **state)
{
    static struct fixture fixture;
    fixture = (struct fixture){ .loop = loop_create_virtual(1000 * USEC_PER_SEC, 7) };
    struct fixture *f = &fixture;
    f->server = fake_server_create(f->loop);
    f->client = fake_server_client(f->server, "test");
    f->informer = informer_create(f->client, &(struct informer_options){ .resource = &api_resource_config_map });
    f->listener = (struct informer_listener){ .changed = count_change, .synced = count_synced };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    informer_destroy(f->informer);
    client_destroy(f->client);
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
    return 0;
}

static void put(struct fixture *f, const char *json)
{
    fake_server_put(f->server, &api_resource_config_map, json);
}

#define CONFIG(namespace_, name, data) \
    "{\"metadata\":{\"namespace\":\"" namespace_ "\",\"name\":\"" name "\"},\"data\":{\"k\":\"" data "\"}}"

static void lists_then_watches(void **state)
{
    struct fixture *f = *state;
    put(f, CONFIG("a", "one", "1"));
    put(f, CONFIG("b", "two", "1"));
    informer_listen(f->informer, &f->listener);
    informer_start(f->informer);
    assert_false(informer_synced(f->informer));
    loop_run(f->loop);
    assert_true(informer_synced(f->informer));
    assert_int_equal(f->synced, 1);
    assert_int_equal(f->added, 2);
    put(f, CONFIG("a", "one", "2"));
    fake_server_remove(f->server, &api_resource_config_map, "b", "two");
    put(f, CONFIG("c", "three", "1"));
    loop_run(f->loop);
    assert_int_equal(f->added, 3);
    assert_int_equal(f->changed, 1);
    assert_int_equal(f->removed, 1);
    assert_int_equal(informer_count(f->informer), 2);
    assert_int_equal(informer_revision(f->informer), fake_server_revision(f->server));
    const struct object *one = informer_find(f->informer, "a", "one");
    assert_string_equal(api_config_map_of(one)->data[0].value, "2");
    assert_null(informer_find(f->informer, "b", "two"));
    const struct object *next = informer_next(f->informer, one);
    assert_string_equal(object_key(next), "c/three");
    assert_null(informer_next(f->informer, next));
    assert_ptr_equal(informer_next_in(f->informer, "c", NULL), next);
    assert_null(informer_next_in(f->informer, "b", NULL));
}

static void expired_watch_lists_again(void **state)
{
    struct fixture *f = *state;
    put(f, CONFIG("a", "one", "1"));
    put(f, CONFIG("a", "two", "1"));
    informer_listen(f->informer, &f->listener);
    informer_start(f->informer);
    loop_run(f->loop);
    loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_SEC);
    usec_t age = loop_now(f->loop) - informer_seen(f->informer, "a/one");
    usec_t arrived = informer_arrived(f->informer, "a/one");
    assert_int_equal(arrived, loop_now(f->loop) - age);
    fake_server_set_delay(f->server, USEC_PER_SEC);
    fake_server_compact(f->server);
    fake_server_remove(f->server, &api_resource_config_map, "a", "two");
    put(f, CONFIG("a", "three", "1"));
    fake_server_compact(f->server);
    loop_run(f->loop);
    assert_int_equal(informer_count(f->informer), 2);
    assert_null(informer_find(f->informer, "a", "two"));
    assert_non_null(informer_find(f->informer, "a", "three"));
    assert_int_equal(f->synced, 1);
    assert_int_equal(f->added, 3);
    assert_int_equal(f->removed, 1);
    assert_true(age >= USEC_PER_SEC && loop_now(f->loop) - informer_seen(f->informer, "a/one") >= age);
    assert_int_equal(informer_arrived(f->informer, "a/one"), arrived); /* whatever the watch went through */
    assert_int_equal(informer_arrived(f->informer, "a/none"), 0);
}

static void go_on(struct fixture *f, usec_t time)
{
    loop_run_until(f->loop, loop_now(f->loop) + time);
}

static void lose_connection(struct fixture *f, usec_t time)
{
    fake_server_set_blind(f->server, NULL, true);
    go_on(f, time);
    fake_server_set_blind(f->server, NULL, false);
}

/* Nothing came through a watch for long, but it was there: the next break is a first one again. */
static void back_off_ends_with_a_good_time(void **state)
{
    struct fixture *f = *state;
    informer_listen(f->informer, &f->listener);
    informer_start(f->informer);
    go_on(f, USEC_PER_SEC);
    for (int i = 0; i < 8; i++) {
        lose_connection(f, 1);
        go_on(f, 300 * USEC_PER_SEC);
    }
    lose_connection(f, 1);
    put(f, CONFIG("a", "one", "1"));
    go_on(f, 2 * USEC_PER_SEC);
    assert_int_equal(f->added, 1);
}

static void blind_time_does_not_count(void **state)
{
    struct fixture *f = *state;
    put(f, CONFIG("a", "one", "1"));
    informer_start(f->informer);
    go_on(f, 10 * USEC_PER_SEC);
    usec_t age = loop_now(f->loop) - informer_seen(f->informer, "a/one");
    assert_true(informer_sees(f->informer));
    put(f, CONFIG("a", "two", "1"));
    go_on(f, 1);
    lose_connection(f, 100 * USEC_PER_SEC);
    assert_in_range(loop_now(f->loop) - informer_seen(f->informer, "a/one"), age, age + 10);
    assert_false(informer_sees(f->informer));
    put(f, CONFIG("a", "two", "2"));
    go_on(f, 100 * USEC_PER_SEC); /* it connects, and sees */
    usec_t seen = loop_now(f->loop) - informer_seen(f->informer, "a/two");
    assert_in_range(seen, 40 * USEC_PER_SEC, 100 * USEC_PER_SEC);
    assert_in_range(loop_now(f->loop) - informer_seen(f->informer, "a/one"), age + seen, age + seen + 10);
    assert_int_equal(informer_seen(f->informer, "a/none"), 0);
}

static void finds_what_an_owner_has(void **state)
{
    struct fixture *f = *state;
    put(f, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"x\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":"
           "\"Pod\",\"name\":\"p\",\"uid\":\"u1\"}]}}");
    put(f, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"y\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":"
           "\"Pod\",\"name\":\"p\",\"uid\":\"u1\"},{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"q\",\"uid\":"
           "\"u2\"}]}}");
    informer_start(f->informer);
    loop_run(f->loop);
    const struct object *x = informer_next_owned(f->informer, "u1", NULL);
    assert_string_equal(object_name(x), "x");
    const struct object *y = informer_next_owned(f->informer, "u1", x);
    assert_string_equal(object_name(y), "y");
    assert_null(informer_next_owned(f->informer, "u1", y));
    assert_ptr_equal(informer_next_owned(f->informer, "u2", NULL), y);
    assert_ptr_equal(informer_next_orphan(f->informer, "a", NULL), x); /* owned, but by no controller */
    assert_ptr_equal(informer_next_orphan(f->informer, "a", x), y);
    put(f, CONFIG("a", "y", "free"));
    put(f, CONFIG("b", "z", "free"));
    put(f, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"x\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":"
           "\"Pod\",\"name\":\"p\",\"uid\":\"u1\",\"controller\":true}]}}");
    loop_run(f->loop);
    assert_null(informer_next_owned(f->informer, "u2", NULL));
    y = informer_next_orphan(f->informer, "a", NULL);
    assert_string_equal(object_name(y), "y");
    assert_null(informer_next_orphan(f->informer, "a", y));
    assert_string_equal(object_name(informer_next_owned(f->informer, "u1", NULL)), "x");
}

static void set_shares_informers(void **state)
{
    struct fixture *f = *state;
    struct informer_set *set = informer_set_create(f->client);
    struct informer *first = informer_set_get(set, &(struct informer_options){ .resource = &api_resource_pod });
    struct informer_options chosen = { .resource = &api_resource_pod, .field_selector = "spec.nodeName=n1" };
    struct informer *second = informer_set_get(set, &chosen);
    assert_ptr_equal(first, informer_set_get(set, &(struct informer_options){ .resource = &api_resource_pod }));
    assert_ptr_not_equal(first, second);
    assert_false(informer_set_synced(set));
    fake_server_put(f->server, &api_resource_pod,
                    "{\"metadata\":{\"namespace\":\"a\",\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\"}}");
    fake_server_put(f->server, &api_resource_pod, "{\"metadata\":{\"namespace\":\"a\",\"name\":\"q\"}}");
    loop_run(f->loop);
    assert_true(informer_set_synced(set));
    assert_int_equal(informer_count(first), 2);
    assert_int_equal(informer_count(second), 1);
    informer_set_destroy(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_then_watches, setup, teardown),
        cmocka_unit_test_setup_teardown(expired_watch_lists_again, setup, teardown),
        cmocka_unit_test_setup_teardown(back_off_ends_with_a_good_time, setup, teardown),
        cmocka_unit_test_setup_teardown(blind_time_does_not_count, setup, teardown),
        cmocka_unit_test_setup_teardown(finds_what_an_owner_has, setup, teardown),
        cmocka_unit_test_setup_teardown(set_shares_informers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
