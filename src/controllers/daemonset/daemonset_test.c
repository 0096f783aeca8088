/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* daemonset_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &daemonset_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_node(struct fixture *f, const char *name, const char *label, const char *taints)
{
    fixture_put(f, &api_resource_node,
                "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"disk\":\"%s\"}},\"spec\":{\"taints\":[%s]}}", name, label,
                taints);
}

static void put_set(struct fixture *f, const char *image, const char *more)
{
    fixture_put(
        f, &api_resource_apps_daemon_set,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"log\"},\"spec\":{\"selector\":{\"matchLabels\":{\"d\":\"log\"}},"
        "\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":1}},\"template\":"
        "{\"metadata\":{\"labels\":{\"d\":\"log\"}},\"spec\":{%s\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}}}",
        more, image);
    fixture_run(f, 1);
}

static const struct api_apps_daemon_set_status *status(struct fixture *f)
{
    return &api_apps_daemon_set_of(fake_server_get(f->server, &api_resource_apps_daemon_set, "a", "log"))->status;
}

static const char *bound_to(const struct api_pod *pod)
{
    const struct api_node_selector *required =
        pod->spec.affinity->node_affinity->required_during_scheduling_ignored_during_execution;
    return required->node_selector_terms[0].match_fields[0].values[0];
}

static const struct object *pod_on(struct fixture *f, const char *node)
{
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;) {
        if (text_equal(bound_to(api_pod_of(o)), node))
            return o;
    }
    return NULL;
}

static void live(struct fixture *f, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        fixture_kubelet(f, "");
        fixture_run(f, 0.5);
    }
}

static void one_on_each_node(void **state)
{
    struct fixture *f = *state;
    put_node(f, "n1", "ssd", "");
    put_node(f, "n2", "ssd", "{\"key\":\"dedicated\",\"effect\":\"NoSchedule\"}");
    put_node(f, "n3", "hdd", "");
    put_node(f, "n4", "ssd", "{\"key\":\"node.kubernetes.io/unschedulable\",\"effect\":\"NoSchedule\"}");
    put_set(f, "v1", "\"nodeSelector\":{\"disk\":\"ssd\"},");
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 2);
    assert_non_null(pod_on(f, "n1"));
    assert_non_null(pod_on(f, "n4"));
    assert_int_equal(status(f)->desired_number_scheduled, 2);
    assert_int_equal(status(f)->number_unavailable, 2);
    put_node(f, "n2", "ssd", "");
    fixture_run(f, 1);
    assert_non_null(pod_on(f, "n2"));
    live(f, 3);
    assert_int_equal(status(f)->number_available, 3);
    put_node(f, "n1", "hdd", "");
    fixture_run(f, 1);
    live(f, 3);
    assert_null(pod_on(f, "n1"));
    assert_int_equal(status(f)->desired_number_scheduled, 2);
}

static void rolls_one_at_a_time_and_keeps_revisions(void **state)
{
    struct fixture *f = *state;
    put_node(f, "n1", "ssd", "");
    put_node(f, "n2", "ssd", "");
    put_node(f, "n3", "ssd", "");
    put_set(f, "v1", "");
    live(f, 4);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_controller_revision), 1);
    const struct object *only = fake_server_next(f->server, &api_resource_apps_controller_revision, NULL);
    struct str data = api_apps_controller_revision_of(only)->data; /* clients compare it: members are sorted */
    assert_true(str_starts(data, STR("{\"spec\":{\"template\":{\"$patch\":\"replace\",\"metadata\":{\"labels\":")));
    assert_true(str_contains(data, STR("{\"image\":\"v1\",\"name\":")));
    put_set(f, "v2", "");
    for (int i = 0; i < 20; i++) {
        live(f, 1);
        assert_true(status(f)->number_available >= 2);
    }
    assert_int_equal(status(f)->updated_number_scheduled, 3);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_controller_revision), 2);
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;)
        assert_string_equal(api_pod_of(o)->spec.containers[0].image, "v2");
    put_set(f, "v1", "");
    live(f, 20);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_controller_revision), 2);
    int64_t newest = 0;
    for (const struct object *o = NULL;
         (o = fake_server_next(f->server, &api_resource_apps_controller_revision, o)) != NULL;)
        newest = api_apps_controller_revision_of(o)->revision > newest ? api_apps_controller_revision_of(o)->revision
                                                                       : newest;
    assert_int_equal(newest, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_on_each_node, setup, teardown),
        cmocka_unit_test_setup_teardown(rolls_one_at_a_time_and_keeps_revisions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
