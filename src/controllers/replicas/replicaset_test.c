/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replicaset_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &replicaset_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_set(struct fixture *f, int replicas, int min_ready)
{
    fixture_put(f, &api_resource_apps_replica_set,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\"},\"spec\":{\"replicas\":%d,\"minReadySeconds\":%d,"
                "\"selector\":{\"matchLabels\":{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web"
                "\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
                replicas, min_ready);
}

static const struct api_apps_replica_set_status *status(struct fixture *f)
{
    return &api_apps_replica_set_of(fake_server_get(f->server, &api_resource_apps_replica_set, "a", "web"))->status;
}

static void makes_missing_pods(void **state)
{
    struct fixture *f = *state;
    put_set(f, 3, 0);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    const struct object *object = fake_server_next(f->server, &api_resource_pod, NULL);
    const struct api_pod *pod = api_pod_of(object);
    assert_int_equal(strncmp(pod->metadata.name, "web-", 4), 0);
    assert_string_equal(pod->metadata.generate_name, "web-");
    const struct api_owner_reference *owner = ownership_controller(&pod->metadata);
    assert_string_equal(owner->kind, "ReplicaSet");
    assert_string_equal(owner->api_version, "apps/v1");
    assert_true(*owner->block_owner_deletion);
    assert_int_equal(fixture_events(f, "SuccessfulCreate"), 3);
    assert_int_equal(status(f)->replicas, 3);
    assert_int_equal(status(f)->fully_labeled_replicas, 3);
    assert_int_equal(status(f)->ready_replicas, 0);
    fixture_kubelet(f, "n1");
    fixture_run(f, 1);
    assert_int_equal(status(f)->ready_replicas, 3);
    assert_int_equal(status(f)->available_replicas, 3);
}

static void never_makes_too_many_however_late_the_caches(void **state)
{
    struct fixture *f = *state;
    fake_server_set_delay(f->server, 3 * USEC_PER_SEC);
    put_set(f, 10, 0);
    for (int i = 0; i < 100; i++) {
        fixture_run(f, 1);
        assert_true(fake_server_count(f->server, &api_resource_pod) <= 10);
    }
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 10);
}

/* The answers to the last two creations are lost, and the watch that would tell of them breaks. */
static int lose_the_last(void *context, const struct client_request *request, struct error *err)
{
    struct fixture *f = context;
    (void)err;
    if (request->verb == API_CREATE && request->resource == &api_resource_pod &&
        fake_server_count(f->server, &api_resource_pod) == 8) {
        fake_server_lose_answers(f->server, &api_resource_pod, API_CREATE, 2);
        fake_server_set_blind(f->server, &api_resource_pod, true);
    }
    return 0;
}

/* The server acted and nobody heard of it: still no pod is made twice. */
static void lost_answers_make_no_pod_twice(void **state)
{
    struct fixture *f = *state;
    fake_server_set_delay(f->server, USEC_PER_SEC / 10);
    fake_server_set_fault(f->server, lose_the_last, f);
    put_set(f, 10, 0);
    for (int i = 0; i < 600; i++) {
        fixture_run(f, 0.1);
        assert_true(fake_server_count(f->server, &api_resource_pod) <= 10);
        if (i == 200)
            fake_server_set_blind(f->server, NULL, false);
    }
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 10);
    assert_int_equal(status(f)->replicas, 10);
}

static int go_blind(void *context, const struct client_request *request, struct error *err)
{
    (void)err;
    if (request->verb == API_CREATE && request->resource == &api_resource_pod)
        fake_server_set_blind(context, &api_resource_pod, true);
    return 0;
}

/* The watch breaks before it tells of the pods that were just made, and is down for two minutes. */
static void a_blind_controller_makes_nothing_again(void **state)
{
    struct fixture *f = *state;
    fake_server_set_fault(f->server, go_blind, f->server);
    put_set(f, 3, 0);
    fixture_run(f, 120);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    fake_server_set_fault(f->server, NULL, NULL);
    fake_server_set_blind(f->server, NULL, false);
    fixture_run(f, 120);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    assert_int_equal(status(f)->replicas, 3);
}

/* A manager that takes over must have seen what the one before has made. */
static void a_new_manager_makes_nothing_again(void **state)
{
    struct fixture *f = *state;
    static const struct controller *const controllers[] = { &replicaset_controller };
    fake_server_set_delay(f->server, 3 * USEC_PER_SEC);
    put_set(f, 10, 0);
    for (int i = 0; i < 40; i++) {
        fixture_run(f, 1.3);
        controller_manager_destroy(f->manager);
        f->manager = controller_manager_create(&(struct controller_manager_options){
            .client = f->client, .controllers = controllers, .n_controllers = 1 });
        controller_manager_start(f->manager);
        assert_true(fake_server_count(f->server, &api_resource_pod) <= 10);
    }
    fixture_run(f, 60);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 10);
}

static void deletes_the_surplus_worst_first(void **state)
{
    struct fixture *f = *state;
    put_set(f, 3, 0);
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    fixture_put(f, &api_resource_pod,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"stray\",\"labels\":{\"app\":\"web\"}}}");
    fixture_run(f, 1);
    assert_null(fake_server_get(f->server, &api_resource_pod, "a", "stray")); /* adopted, then the worst */
    assert_int_equal(fixture_events(f, "SuccessfulDelete"), 1);
    put_set(f, 1, 0);
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 1);
}

static void releases_what_it_no_longer_selects(void **state)
{
    struct fixture *f = *state;
    put_set(f, 1, 0);
    fixture_run(f, 1);
    autofree char *name = strdup(object_name(fake_server_next(f->server, &api_resource_pod, NULL)));
    fixture_patch(f, &api_resource_pod, "a", name, "{\"metadata\":{\"labels\":{\"app\":\"debug\"}}}");
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    assert_null(ownership_controller(object_meta(fake_server_get(f->server, &api_resource_pod, "a", name))));
}

static void available_after_min_ready_seconds(void **state)
{
    struct fixture *f = *state;
    put_set(f, 2, 10);
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    fixture_run(f, 5);
    assert_int_equal(status(f)->ready_replicas, 2);
    assert_int_equal(status(f)->available_replicas, 0);
    fixture_run(f, 6);
    assert_int_equal(status(f)->available_replicas, 2);
}

static void says_when_it_cannot(void **state)
{
    struct fixture *f = *state;
    fake_server_set_fault(f->server, fixture_refuse_pods, NULL);
    put_set(f, 5, 0);
    fixture_run(f, 2);
    assert_true(fixture_events(f, "FailedCreate") > 1);
    assert_int_equal(status(f)->n_conditions, 1);
    assert_string_equal(status(f)->conditions[0].type, "ReplicaFailure");
    assert_string_equal(status(f)->conditions[0].reason, "FailedCreate");
    assert_string_equal(status(f)->conditions[0].message, "exceeded quota");
    fake_server_set_fault(f->server, NULL, NULL);
    fixture_run(f, 10);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 5);
    assert_int_equal(status(f)->n_conditions, 0);
}

static void replaces_failed_and_deleted_pods(void **state)
{
    struct fixture *f = *state;
    put_set(f, 2, 0);
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    autofree char *name = strdup(object_name(fake_server_next(f->server, &api_resource_pod, NULL)));
    fixture_delete(f, &api_resource_pod, "a", name, CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    assert_int_equal(*status(f)->terminating_replicas, 1);
    fixture_kubelet(f, "n1");
    fixture_run(f, 1);
    assert_int_equal(status(f)->available_replicas, 2);
    assert_int_equal(*status(f)->terminating_replicas, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_missing_pods, setup, teardown),
        cmocka_unit_test_setup_teardown(never_makes_too_many_however_late_the_caches, setup, teardown),
        cmocka_unit_test_setup_teardown(lost_answers_make_no_pod_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(a_blind_controller_makes_nothing_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_manager_makes_nothing_again, setup, teardown),
        cmocka_unit_test_setup_teardown(deletes_the_surplus_worst_first, setup, teardown),
        cmocka_unit_test_setup_teardown(releases_what_it_no_longer_selects, setup, teardown),
        cmocka_unit_test_setup_teardown(available_after_min_ready_seconds, setup, teardown),
        cmocka_unit_test_setup_teardown(says_when_it_cannot, setup, teardown),
        cmocka_unit_test_setup_teardown(replaces_failed_and_deleted_pods, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
