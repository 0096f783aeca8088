/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* disruption_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &disruption_controller, &replicaset_controller };
    fixture_init(&fixture, controllers, 2, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static const struct api_policy_pod_disruption_budget_status *status_of(struct fixture *f, const char *bound)
{
    fixture_put(
        f, &api_resource_policy_pod_disruption_budget,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"pdb\"},\"spec\":{%s,\"selector\":{\"matchLabels\":{\"app\":"
        "\"web\"}}}}",
        bound);
    fixture_run(f, 1);
    return &api_policy_pod_disruption_budget_of(
                fake_server_get(f->server, &api_resource_policy_pod_disruption_budget, "a", "pdb"))
                ->status;
}

static void budgets(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *bound;
        int desired, allowed;
    } cases[] = {
        { "\"minAvailable\":3", 3, 1 },         { "\"minAvailable\":\"50%\"", 2, 2 }, { "\"maxUnavailable\":1", 3, 1 },
        { "\"maxUnavailable\":\"30%\"", 2, 2 }, { "\"maxUnavailable\":0", 4, 0 },     { "\"minAvailable\":10", 10, 0 },
    };
    fixture_put(
        f, &api_resource_apps_replica_set,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\"},\"spec\":{\"replicas\":4,\"selector\":{\"matchLabels\":"
        "{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":{\"containers\":"
        "[{\"name\":\"c\",\"image\":\"i\"}]}}}}");
    fixture_run(f, 1);
    fixture_kubelet(f, "n1");
    for (size_t i = 0; i < countof(cases); i++) {
        const struct api_policy_pod_disruption_budget_status *status = status_of(f, cases[i].bound);
        assert_int_equal(status->expected_pods, 4);
        assert_int_equal(status->current_healthy, 4);
        assert_int_equal(status->desired_healthy, cases[i].desired);
        assert_int_equal(status->disruptions_allowed, cases[i].allowed);
        assert_string_equal(status->conditions[0].status, cases[i].allowed > 0 ? "True" : "False");
    }
    const struct object *pod = fake_server_next(f->server, &api_resource_pod, NULL);
    fixture_delete(f, &api_resource_pod, "a", object_name(pod), CLIENT_PROPAGATION_DEFAULT);
    fixture_run(f, 1);
    assert_int_equal(status_of(f, "\"minAvailable\":\"75%\"")->disruptions_allowed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(budgets, setup, teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
