/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* replication_controller_test.c - what replicaset_test.c does not see: the other words of the same thing. */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &replicationcontroller_controller, &disruption_controller };
    fixture_init(&fixture, controllers, 2, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_controller(struct fixture *f, int replicas)
{
    fixture_put(f, &api_resource_replication_controller,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\",\"generation\":7},\"spec\":{\"replicas\":%d,"
                "\"selector\":{\"app\":\"web\"},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{"
                "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
                replicas);
}

static const struct api_replication_controller_status *status(struct fixture *f)
{
    return &api_replication_controller_of(fake_server_get(f->server, &api_resource_replication_controller, "a", "web"))
                ->status;
}

static void keeps_as_many_pods_as_asked_for(void **state)
{
    struct fixture *f = *state;
    put_controller(f, 3);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    const struct api_pod *pod = api_pod_of(fake_server_next(f->server, &api_resource_pod, NULL));
    const struct api_owner_reference *owner = ownership_controller(&pod->metadata);
    assert_string_equal(owner->kind, "ReplicationController");
    assert_string_equal(owner->api_version, "v1");
    assert_int_equal(fixture_events(f, "SuccessfulCreate"), 3);
    fixture_kubelet(f, "n1");
    fixture_run(f, 1);
    assert_int_equal(status(f)->replicas, 3);
    assert_int_equal(status(f)->fully_labeled_replicas, 3);
    assert_int_equal(status(f)->ready_replicas, 3);
    assert_int_equal(status(f)->available_replicas, 3);
    assert_int_equal(status(f)->observed_generation, 7);
    put_controller(f, 1);
    fixture_run(f, 1);
    assert_int_equal(fixture_events(f, "SuccessfulDelete"), 2);
}

static void adopts_and_releases(void **state)
{
    struct fixture *f = *state;
    fixture_put(f, &api_resource_pod,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"stray\",\"uid\":\"u1\",\"labels\":{\"app\":\"web\"}}}");
    put_controller(f, 1);
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 1);
    const struct object *stray = fake_server_get(f->server, &api_resource_pod, "a", "stray");
    assert_string_equal(ownership_controller(object_meta(stray))->name, "web");
    fixture_patch(f, &api_resource_pod, "a", "stray", "{\"metadata\":{\"labels\":{\"app\":\"debug\"}}}");
    fixture_run(f, 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    stray = fake_server_get(f->server, &api_resource_pod, "a", "stray");
    assert_null(ownership_controller(object_meta(stray)));
}

static void says_when_it_cannot(void **state)
{
    struct fixture *f = *state;
    fake_server_set_fault(f->server, fixture_refuse_pods, NULL);
    put_controller(f, 3);
    fixture_run(f, 2);
    assert_int_equal(status(f)->n_conditions, 1);
    assert_string_equal(status(f)->conditions[0].type, "ReplicaFailure");
    assert_string_equal(status(f)->conditions[0].status, "True");
    assert_string_equal(status(f)->conditions[0].message, "exceeded quota");
    fake_server_set_fault(f->server, NULL, NULL);
    fixture_run(f, 10);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 3);
    assert_int_equal(status(f)->n_conditions, 0);
}

static void counts_for_disruption_budgets(void **state)
{
    struct fixture *f = *state;
    put_controller(f, 4);
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    fixture_put(f, &api_resource_policy_pod_disruption_budget,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"pdb\"},\"spec\":{\"maxUnavailable\":1,"
                "\"selector\":{\"matchLabels\":{\"app\":\"web\"}}}}");
    fixture_run(f, 1);
    const struct object *budget = fake_server_get(f->server, &api_resource_policy_pod_disruption_budget, "a", "pdb");
    assert_int_equal(api_policy_pod_disruption_budget_of(budget)->status.expected_pods, 4);
    assert_int_equal(api_policy_pod_disruption_budget_of(budget)->status.disruptions_allowed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_as_many_pods_as_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(adopts_and_releases, setup, teardown),
        cmocka_unit_test_setup_teardown(says_when_it_cannot, setup, teardown),
        cmocka_unit_test_setup_teardown(counts_for_disruption_budgets, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
