/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* statefulset_test.c */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &statefulset_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put_set(struct fixture *f, int replicas, const char *image, const char *more)
{
    fixture_put(
        f, &api_resource_apps_stateful_set,
        "{\"metadata\":{\"namespace\":\"a\",\"name\":\"db\",\"generation\":%d},\"spec\":{\"replicas\":%d,"
        "\"serviceName\":"
        "\"dbs\",%s\"selector\":{\"matchLabels\":{\"s\":\"db\"}},\"volumeClaimTemplates\":[{\"metadata\":{\"name\":"
        "\"data\"}}],\"template\":{\"metadata\":{\"labels\":{\"s\":\"db\"}},\"spec\":{\"containers\":[{\"name\":\"c\","
        "\"image\":\"%s\"}]}}}}",
        replicas, replicas, more, image);
    fixture_run(f, 1);
}

static void patch_set(struct fixture *f, const char *patch)
{
    fixture_patch(f, &api_resource_apps_stateful_set, "a", "db", patch);
    fixture_run(f, 1);
}

static const struct api_apps_stateful_set_status *status(struct fixture *f)
{
    return &api_apps_stateful_set_of(fake_server_get(f->server, &api_resource_apps_stateful_set, "a", "db"))->status;
}

static const struct api_pod *pod(struct fixture *f, const char *name)
{
    const struct object *object = fake_server_get(f->server, &api_resource_pod, "a", name);
    return object == NULL ? NULL : api_pod_of(object);
}

static void live(struct fixture *f, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        fixture_kubelet(f, "n1");
        fixture_run(f, 0.5);
    }
}

static void starts_and_stops_in_order(void **state)
{
    struct fixture *f = *state;
    put_set(f, 3, "v1", "");
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 1);
    const struct api_pod *first = pod(f, "db-0");
    assert_string_equal(first->spec.hostname, "db-0");
    assert_string_equal(first->spec.subdomain, "dbs");
    assert_string_equal(first->spec.volumes[0].persistent_volume_claim->claim_name, "data-db-0");
    assert_non_null(fake_server_get(f->server, &api_resource_persistent_volume_claim, "a", "data-db-0"));
    live(f, 1);
    assert_non_null(pod(f, "db-1"));
    live(f, 3);
    assert_non_null(pod(f, "db-2"));
    assert_int_equal(status(f)->ready_replicas, 3);
    assert_string_equal(status(f)->current_revision, status(f)->update_revision);
    patch_set(f, "{\"spec\":{\"replicas\":1}}");
    assert_int_not_equal(pod(f, "db-2")->metadata.deletion_timestamp, 0);
    assert_int_equal(pod(f, "db-1")->metadata.deletion_timestamp, 0);
    live(f, 4);
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 1);
    assert_int_equal(fake_server_count(f->server, &api_resource_persistent_volume_claim), 3);
}

static void set_ready(struct fixture *f, const char *name, bool ready)
{
    char when[TIME_TEXT_SIZE], patch[256];
    time_format(loop_now(f->loop), false, when);
    snprintf(patch, sizeof(patch),
             "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\",\"lastTransitionTime\":\"%s\"}]}}",
             ready ? "True" : "False", when);
    fixture_patch_pod_status(f, "a", name, patch);
    fixture_run(f, 0.5);
}

static void stops_at_a_pod_that_is_not_healthy(void **state)
{
    struct fixture *f = *state;
    put_set(f, 3, "v1", "");
    live(f, 5);
    for (int i = 0; i < 3; i++)
        set_ready(f, (const char *[]){ "db-0", "db-1", "db-2" }[i], false);
    patch_set(f, "{\"spec\":{\"replicas\":0}}");
    assert_int_equal(pod(f, "db-2")->metadata.deletion_timestamp, 0);
    set_ready(f, "db-2", true);
    fixture_run(f, 1);
    assert_int_not_equal(pod(f, "db-2")->metadata.deletion_timestamp, 0);
    live(f, 2);
    assert_null(pod(f, "db-2"));
    assert_int_equal(pod(f, "db-1")->metadata.deletion_timestamp, 0);
    set_ready(f, "db-1", true);
    live(f, 4);
    assert_null(pod(f, "db-1"));
    assert_null(pod(f, "db-0")); /* nobody waits for more than the broken one: it goes as it is */
}

static void rolls_from_the_highest_to_the_partition(void **state)
{
    struct fixture *f = *state;
    put_set(f, 3, "v1", "");
    live(f, 5);
    patch_set(
        f,
        "{\"spec\":{\"updateStrategy\":{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":1}},\"template\":"
        "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"v2\"}]}}}}");
    assert_int_not_equal(pod(f, "db-2")->metadata.deletion_timestamp, 0);
    assert_int_equal(pod(f, "db-1")->metadata.deletion_timestamp, 0);
    live(f, 8);
    assert_string_equal(pod(f, "db-2")->spec.containers[0].image, "v2");
    assert_string_equal(pod(f, "db-1")->spec.containers[0].image, "v2");
    assert_string_equal(pod(f, "db-0")->spec.containers[0].image, "v1");
    assert_int_equal(status(f)->updated_replicas, 2);
    /* One below the partition comes back as it was. */
    fake_server_remove(f->server, &api_resource_pod, "a", "db-0");
    fixture_run(f, 1);
    live(f, 2);
    assert_string_equal(pod(f, "db-0")->spec.containers[0].image, "v1");
    patch_set(f, "{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":0}}}}");
    live(f, 5);
    assert_string_equal(pod(f, "db-0")->spec.containers[0].image, "v2");
    assert_string_equal(status(f)->current_revision, status(f)->update_revision);
}

static void parallel_does_not_wait(void **state)
{
    struct fixture *f = *state;
    put_set(f, 4, "v1", "\"podManagementPolicy\":\"Parallel\",");
    assert_int_equal(fake_server_count(f->server, &api_resource_pod), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_and_stops_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(stops_at_a_pod_that_is_not_healthy, setup, teardown),
        cmocka_unit_test_setup_teardown(rolls_from_the_highest_to_the_partition, setup, teardown),
        cmocka_unit_test_setup_teardown(parallel_does_not_wait, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
