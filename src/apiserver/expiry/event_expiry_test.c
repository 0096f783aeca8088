/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/fixture.h"

#define EVENTS "/api/v1/namespaces/default/events"
#define MERGE  "content-type: application/merge-patch+json\r\n"

static void make(struct fixture *f, const char *name)
{
    char body[512];
    snprintf(
        body, sizeof(body),
        "{\"metadata\":{\"name\":\"%s\"},\"involvedObject\":{\"namespace\":\"default\",\"kind\":\"Pod\"},\"reason\":"
        "\"r\",\"message\":\"m\",\"count\":1,\"source\":{\"component\":\"s\"}}",
        name);
    expect(ask(f, "POST", EVENTS, body), "201 Created");
}

/* An idle connection does not live that long. */
static void pass(struct fixture *f, int minutes)
{
    connection_close(&f->main);
    loop_run_until(f->loop, loop_now(f->loop) + (usec_t)minutes * 60 * USEC_PER_SEC);
    connection_open(f, &f->main);
}

/* An hour counts from the last write. */
static void test_old_events_go(void **state)
{
    struct fixture *f = *state;
    make(f, "old");
    make(f, "written");
    pass(f, 40);
    expect(ask_with(f, "PATCH", EVENTS "/written", MERGE, "{\"count\":2}"), "200 OK");
    pass(f, 18);
    expect(ask(f, "GET", EVENTS "/old", ""), "200 OK");
    pass(f, 4);
    expect(ask(f, "GET", EVENTS "/old", ""), "404 Not Found");
    expect(ask(f, "GET", EVENTS "/written", ""), "200 OK");
    pass(f, 40);
    expect(ask(f, "GET", EVENTS "/written", ""), "404 Not Found");
}

/* More than are removed at once, and more than are looked at in one turn. */
static void test_many_events_go(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "e%d", i);
        make(f, name);
    }
    pass(f, 64);
    expect(ask(f, "GET", EVENTS, ""), "\"items\":[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_old_events_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_events_go, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
