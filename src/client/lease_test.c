/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* lease_test.c - two instances on virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/client_fake.h"
#include "client/events.h"
#include "client/lease.h"
#include "generated/types.h"

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *clients[2];
    struct lease_election *elections[2];
    int started[2], stopped[2];
    int cut; /* the instance that cannot reach the server; -1: none */
};

struct instance {
    struct fixture *f;
    int number;
};

static void on_started(void *context)
{
    struct instance *instance = context;
    instance->f->started[instance->number]++;
}

static void on_stopped(void *context)
{
    struct instance *instance = context;
    instance->f->stopped[instance->number]++;
}

static int setup(void **state)
{
    static struct fixture fixture;
    static struct instance instances[2];
    struct fixture *f = &fixture;
    *f = (struct fixture){ .loop = loop_create_virtual(1000 * USEC_PER_SEC, 5), .cut = -1 };
    f->server = fake_server_create(f->loop);
    for (int i = 0; i < 2; i++) {
        instances[i] = (struct instance){ f, i };
        f->clients[i] = fake_server_client(f->server, i == 0 ? "a" : "b");
        f->elections[i] = lease_election_start(f->clients[i], &(struct lease_options){ .name = "scheduler",
                                                                                       .identity = i == 0 ? "a" : "b",
                                                                                       .started = on_started,
                                                                                       .stopped = on_stopped,
                                                                                       .context = &instances[i] });
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        lease_election_stop(f->elections[i], false);
        client_destroy(f->clients[i]);
    }
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
    return 0;
}

static void run(struct fixture *f, int seconds)
{
    for (int i = 0; i < seconds * 10; i++) {
        loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_SEC / 10);
        assert_false(f->elections[0] != NULL && f->elections[1] != NULL && lease_election_leads(f->elections[0]) &&
                     lease_election_leads(f->elections[1]));
    }
}

static int cut(void *context, const struct client_request *request, struct error *err)
{
    struct fixture *f = context;
    (void)request;
    return f->cut >= 0 ? error_set(err, ERROR_UNAVAILABLE, "cut off") : 0;
}

static void one_leads(void **state)
{
    struct fixture *f = *state;
    run(f, 60);
    assert_int_equal(f->started[0] + f->started[1], 1);
    assert_int_equal(f->stopped[0] + f->stopped[1], 0);
    const struct api_coordination_lease *lease = api_coordination_lease_of(
        fake_server_get(f->server, &api_resource_coordination_lease, "kube-system", "scheduler"));
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    assert_string_equal(lease->spec.holder_identity, leader == 0 ? "a" : "b");
    assert_string_equal(lease_election_leader(f->elections[1 - leader]), lease->spec.holder_identity);
    assert_int_equal(*lease->spec.lease_duration_seconds, 15);
}

static void a_silent_leader_is_followed(void **state)
{
    struct fixture *f = *state;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    lease_election_stop(f->elections[leader], false); /* as if it had crashed */
    f->elections[leader] = NULL;
    run(f, 10);
    assert_false(lease_election_leads(f->elections[1 - leader]));
    run(f, 12);
    assert_true(lease_election_leads(f->elections[1 - leader]));
}

static void a_released_lease_is_free_at_once(void **state)
{
    struct fixture *f = *state;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    lease_election_stop(f->elections[leader], true);
    f->elections[leader] = NULL;
    run(f, 4);
    assert_true(lease_election_leads(f->elections[1 - leader]));
}

static void count_release(void *context)
{
    ++*(int *)context;
}

static void a_release_is_told(void **state)
{
    struct fixture *f = *state;
    int told = 0;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    lease_election_release(f->elections[1 - leader], count_release, &told);
    assert_int_equal(told, 1); /* it had nothing */
    lease_election_release(f->elections[leader], count_release, &told);
    assert_int_equal(told, 1);
    f->elections[0] = f->elections[1] = NULL;
    run(f, 1);
    assert_int_equal(told, 2);
}

static void who_cannot_renew_stops(void **state)
{
    struct fixture *f = *state;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    f->cut = leader;
    fake_server_set_fault(f->server, cut, f);
    run(f, 11);
    assert_int_equal(f->stopped[leader], 1);
    f->cut = -1;
    run(f, 20);
    assert_int_equal(lease_election_leads(f->elections[0]) + lease_election_leads(f->elections[1]), 1);
}

struct requests {
    int reads, writes;
};

static int count(void *context, const struct client_request *request, struct error *err)
{
    struct requests *requests = context;
    (void)err;
    requests->reads += request->verb == API_GET;
    requests->writes += request->verb == API_UPDATE;
    return 0;
}

/* Two seconds lie between renewals, and each is one write. */
static void renewing_reads_nothing(void **state)
{
    struct fixture *f = *state;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    lease_election_stop(f->elections[1 - leader], false);
    f->elections[1 - leader] = NULL;
    struct requests requests = { 0 };
    fake_server_set_fault(f->server, count, &requests);
    run(f, 20);
    assert_int_equal(requests.reads, 0);
    assert_in_range(requests.writes, 9, 10);
    assert_true(lease_election_leads(f->elections[leader]));
}

static void a_stranger_who_writes_the_lease_is_noticed(void **state)
{
    struct fixture *f = *state;
    run(f, 10);
    int leader = lease_election_leads(f->elections[0]) ? 0 : 1;
    fake_server_put(f->server, &api_resource_coordination_lease,
                    "{\"metadata\":{\"name\":\"scheduler\",\"namespace\":\"kube-system\"},\"spec\":{\"holderIdentity\":"
                    "\"stranger\",\"leaseDurationSeconds\":15}}");
    run(f, 3);
    assert_int_equal(f->stopped[leader], 1);
    assert_string_equal(lease_election_leader(f->elections[leader]), "stranger");
    run(f, 20);
    assert_int_equal(lease_election_leads(f->elections[0]) + lease_election_leads(f->elections[1]), 1);
}

static void leaders_are_told_of(void **state)
{
    struct fixture *f = *state;
    struct event_recorder *events = event_recorder_create(f->clients[0], "kube-scheduler", NULL);
    struct instance instance = { f, 0 };
    struct lease_election *election =
        lease_election_start(f->clients[0], &(struct lease_options){ .name = "other",
                                                                     .identity = "host_1",
                                                                     .events = events,
                                                                     .started = on_started,
                                                                     .stopped = on_stopped,
                                                                     .context = &instance });
    run(f, 3);
    const struct object *object = fake_server_next(f->server, &api_resource_event, NULL);
    assert_non_null(object);
    const struct api_event *event = api_event_of(object);
    assert_string_equal(event->reason, "LeaderElection");
    assert_string_equal(event->message, "host_1 became leader");
    assert_string_equal(event->involved_object.kind, "Lease");
    assert_string_equal(event->involved_object.name, "other");
    assert_string_equal(event->source.component, "kube-scheduler");
    lease_election_stop(election, false);
    event_recorder_destroy(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_leads, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_leader_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_released_lease_is_free_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_release_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(who_cannot_renew_stops, setup, teardown),
        cmocka_unit_test_setup_teardown(renewing_reads_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stranger_who_writes_the_lease_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(leaders_are_told_of, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
