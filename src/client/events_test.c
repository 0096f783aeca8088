/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* events_test.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/client_fake.h"
#include "client/events.h"

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct event_recorder *recorder;
};

static const struct api_object_reference web = {
    .kind = "Pod", .api_version = "v1", .namespace = "a", .name = "web", .uid = "u"
};

static int setup(void **state)
{
    static struct fixture fixture;
    fixture.loop = loop_create_virtual(1000 * USEC_PER_SEC, 7);
    fixture.server = fake_server_create(fixture.loop);
    fixture.client = fake_server_client(fixture.server, "test");
    fixture.recorder = event_recorder_create(fixture.client, "kubelet", "node-1");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    event_recorder_destroy(f->recorder);
    client_destroy(f->client);
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
    return 0;
}

static void same_event_is_counted(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        event_recordf(f->recorder, &web, EVENT_WARNING, "BackOff", "back-off %s", "restarting");
        loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_SEC);
    }
    event_record(f->recorder, &web, EVENT_NORMAL, "Started", "started");
    loop_run(f->loop);
    assert_int_equal(fake_server_count(f->server, &api_resource_event), 2);
    const struct object *object = fake_server_next(f->server, &api_resource_event, NULL);
    const struct api_event *event = api_event_of(object);
    assert_int_equal(event->count, 3);
    assert_string_equal(event->reason, "BackOff");
    assert_string_equal(event->message, "back-off restarting");
    assert_string_equal(event->source.component, "kubelet");
    assert_string_equal(event->source.host, "node-1");
    assert_string_equal(event->reporting_component, "kubelet");
    assert_string_equal(event->involved_object.uid, "u");
    assert_int_equal(event->first_timestamp, 1000 * USEC_PER_SEC);
    assert_int_equal(event->last_timestamp, 1002 * USEC_PER_SEC);
    assert_int_equal(strncmp(object_name(object), "web.", 4), 0);
}

static void flood_is_combined_and_limited(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++)
        event_recordf(f->recorder, &web, EVENT_WARNING, "Failed", "failure %d", i);
    loop_run(f->loop);
    assert_int_equal(fake_server_count(f->server, &api_resource_event), 10);
    int combined = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_event, o)) != NULL;) {
        const struct api_event *event = api_event_of(o);
        if (event->count > 1) {
            combined++;
            assert_int_equal(event->count, 16); /* 25 were let through */
            assert_string_equal(event->message, "(combined from similar events): failure 24");
        }
    }
    assert_int_equal(combined, 1);
}

static int refuse(void *context, const struct client_request *request, struct error *err)
{
    (void)request;
    return (*(int *)context)-- > 0 ? error_set(err, ERROR_UNAVAILABLE, "down") : 0;
}

static void written_after_an_outage(void **state)
{
    struct fixture *f = *state;
    int failures = 3;
    fake_server_set_fault(f->server, refuse, &failures);
    event_record(f->recorder, &web, EVENT_NORMAL, "Started", "started");
    event_record(f->recorder, &web, EVENT_NORMAL, "Started", "started");
    loop_run(f->loop);
    assert_int_equal(fake_server_count(f->server, &api_resource_event), 1);
    assert_int_equal(api_event_of(fake_server_next(f->server, &api_resource_event, NULL))->count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_event_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(flood_is_combined_and_limited, setup, teardown),
        cmocka_unit_test_setup_teardown(written_after_an_outage, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
