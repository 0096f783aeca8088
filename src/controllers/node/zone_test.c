/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* zone_test.c - the rules, and what the node lifecycle controller makes of them. */
#include "controllers/fixture.h"
#include "controllers/node/zone.h"

static void states_and_rates(void **state)
{
    (void)state;
    static const struct {
        size_t ready, silent;
        enum zone_state state;
        usec_t pause;
    } cases[] = {
        { 0, 0, ZONE_NORMAL, 10 * USEC_PER_SEC },
        { 1, 0, ZONE_NORMAL, 10 * USEC_PER_SEC },
        { 0, 1, ZONE_FULL_DISRUPTION, 10 * USEC_PER_SEC },
        { 1, 2, ZONE_NORMAL, 10 * USEC_PER_SEC }, /* two are too few for a disruption */
        { 2, 3, ZONE_PARTIAL_DISRUPTION, ZONE_NEVER },
        { 3, 3, ZONE_NORMAL, 10 * USEC_PER_SEC },
        { 22, 28, ZONE_PARTIAL_DISRUPTION, ZONE_NEVER },
        { 22, 29, ZONE_PARTIAL_DISRUPTION, 100 * USEC_PER_SEC },
        { 0, 500, ZONE_FULL_DISRUPTION, 10 * USEC_PER_SEC },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        enum zone_state found = zone_state_of(&zone_limits_default, cases[i].ready, cases[i].silent);
        assert_int_equal(found, cases[i].state);
        assert_int_equal(zone_pause(&zone_limits_default, found, cases[i].ready + cases[i].silent), cases[i].pause);
    }
}

/* ---------------------------------------------------------------- with the controller */

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &node_lifecycle_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

/* Nodes n0, n1... in the zones by turns. */
static void create_nodes(struct fixture *f, int count, int zones)
{
    char when[TIME_TEXT_SIZE];
    time_format(loop_now(f->loop), false, when);
    for (int i = 0; i < count; i++)
        fixture_put(f, &api_resource_node,
                    "{\"metadata\":{\"name\":\"n%d\",\"labels\":{\"topology.kubernetes.io/region\":\"r\","
                    "\"topology.kubernetes.io/zone\":\"z%d\"}},\"status\":{\"conditions\":[{\"type\":\"Ready\","
                    "\"status\":\"True\",\"lastHeartbeatTime\":\"%s\"}]}}",
                    i, i % zones, when);
}

/* For a time, those of them renew their leases. */
static void live(struct fixture *f, int seconds, const char *alive)
{
    char when[TIME_TEXT_SIZE];
    for (int second = 0; second < seconds; second += 10) {
        time_format(loop_now(f->loop), true, when);
        for (int i = 0; alive[i] != '\0'; i++) {
            if (alive[i] == '+')
                fixture_put(f, &api_resource_coordination_lease,
                            "{\"metadata\":{\"namespace\":\"kube-node-lease\",\"name\":\"n%d\"},\"spec\":"
                            "{\"renewTime\":\"%s\"}}",
                            i, when);
        }
        fixture_run(f, 10);
    }
}

static size_t evicted(struct fixture *f)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_node, o)) != NULL;) {
        const struct api_node *node = api_node_of(o);
        for (size_t i = 0; i < node->spec.n_taints; i++)
            count += text_equal(node->spec.taints[i].effect, "NoExecute");
    }
    return count;
}

static void one_node_at_a_time(void **state)
{
    struct fixture *f = *state;
    create_nodes(f, 9, 1);
    live(f, 30, "+++++++++");
    live(f, 40, "+++++----"); /* silent for 50 s: the first is tainted after 40, others follow every 10 s */
    assert_in_range(evicted(f), 1, 2);
    live(f, 10, "+++++----");
    assert_in_range(evicted(f), 2, 3);
    live(f, 60, "+++++----");
    assert_int_equal(evicted(f), 4);
    live(f, 60, "+++++++++"); /* leases alone make no node ready: its kubelet writes its status */
    create_nodes(f, 9, 1);
    live(f, 20, "+++++++++");
    assert_int_equal(evicted(f), 0);
}

static void a_disrupted_zone_keeps_its_pods(void **state)
{
    struct fixture *f = *state;
    create_nodes(f, 10, 2);
    live(f, 30, "++++++++++");
    live(f, 200, "++-+-+-+++");   /* three of five in the first zone, too few nodes to be sure */
    assert_true(evicted(f) <= 2); /* what was tainted before the third fell silent */
    size_t before = evicted(f);
    live(f, 100, "++-+-+-+++");
    assert_int_equal(evicted(f), before);
}

static void a_silent_zone_moves_to_another(void **state)
{
    struct fixture *f = *state;
    create_nodes(f, 8, 2);
    live(f, 30, "++++++++");
    live(f, 200, "-+-+-+-+");
    assert_int_equal(evicted(f), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_and_rates),
        cmocka_unit_test_setup_teardown(one_node_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_disrupted_zone_keeps_its_pods, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_zone_moves_to_another, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
