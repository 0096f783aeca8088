/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deployment_test.c - with the replica set controller, since sizes only mean something with pods. */
#include "controllers/fixture.h"

static int setup(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &deployment_controller, &replicaset_controller };
    fixture_init(&fixture, controllers, 2, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    fixture_fini(*state);
    return 0;
}

static void put(struct fixture *f, int replicas, const char *image, const char *strategy, const char *more)
{
    fixture_put(f, &api_resource_apps_deployment,
                "{\"metadata\":{\"namespace\":\"a\",\"name\":\"web\"},\"spec\":{\"replicas\":%d,\"selector\":"
                "{\"matchLabels\":{\"app\":\"web\"}},\"strategy\":%s,\"progressDeadlineSeconds\":600,"
                "\"revisionHistoryLimit\":2,%s\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":"
                "{\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}}}",
                replicas, strategy, more, image);
}

#define ROLLING  "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1,\"maxUnavailable\":0}}"
#define RECREATE "{\"type\":\"Recreate\"}"

static void set_image(struct fixture *f, const char *image)
{
    char patch[256];
    snprintf(patch, sizeof(patch),
             "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"%s\"}]}}}}", image);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", patch);
    fixture_run(f, 0.5);
}

static const struct api_apps_deployment *web(struct fixture *f)
{
    return api_apps_deployment_of(fake_server_get(f->server, &api_resource_apps_deployment, "a", "web"));
}

static const struct api_apps_deployment_condition *condition(struct fixture *f, const char *type)
{
    const struct api_apps_deployment_status *status = &web(f)->status;
    for (size_t i = 0; i < status->n_conditions; i++) {
        if (text_equal(status->conditions[i].type, type))
            return &status->conditions[i];
    }
    return NULL;
}

static const struct api_apps_replica_set *set_of(struct fixture *f, const char *image)
{
    for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_apps_replica_set, o)) != NULL;) {
        const struct api_apps_replica_set *set = api_apps_replica_set_of(o);
        if (text_equal(set->spec.template.spec.containers[0].image, image))
            return set;
    }
    return NULL;
}

static int size_of(struct fixture *f, const char *image)
{
    const struct api_apps_replica_set *set = set_of(f, image);
    return set == NULL ? -1 : *set->spec.replicas;
}

static const char *annotation(const struct api_object_meta *meta, const char *key)
{
    struct str text = { 0 };
    return entries_find(meta->annotations, meta->n_annotations, key, &text) ? text.data : NULL;
}

/* Nodes work, up to 'seconds'; at no time fewer pods than 'least' are ready or more than 'most' exist. */
static void live(struct fixture *f, int seconds, size_t least, size_t most)
{
    for (int i = 0; i < seconds * 2; i++) {
        fixture_kubelet(f, "n1");
        fixture_run(f, 0.5);
        size_t ready = 0, active = 0;
        for (const struct object *o = NULL; (o = fake_server_next(f->server, &api_resource_pod, o)) != NULL;) {
            const struct api_pod *pod = api_pod_of(o);
            active += pod->metadata.deletion_timestamp == 0;
            ready += pod->metadata.deletion_timestamp == 0 && text_equal(pod->status.phase, "Running");
        }
        assert_true(ready >= least);
        assert_true(active <= most);
    }
}

static void makes_its_first_set(void **state)
{
    struct fixture *f = *state;
    put(f, 3, "v1", ROLLING, "");
    fixture_run(f, 1);
    const struct api_apps_replica_set *set = set_of(f, "v1");
    assert_int_equal(size_of(f, "v1"), 3);
    const char *hash = NULL;
    for (size_t i = 0; i < set->metadata.n_labels; i++)
        hash = text_equal(set->metadata.labels[i].key, "pod-template-hash") ? set->metadata.labels[i].value : hash;
    assert_non_null(hash);
    char name[64];
    snprintf(name, sizeof(name), "web-%s", hash);
    assert_string_equal(set->metadata.name, name);
    assert_string_equal(set->spec.selector->match_labels[1].value, hash);
    assert_string_equal(annotation(&set->metadata, "deployment.kubernetes.io/revision"), "1");
    assert_string_equal(annotation(&set->metadata, "deployment.kubernetes.io/desired-replicas"), "3");
    assert_string_equal(annotation(&set->metadata, "deployment.kubernetes.io/max-replicas"), "4");
    assert_string_equal(annotation(&web(f)->metadata, "deployment.kubernetes.io/revision"), "1");
    assert_string_equal(condition(f, "Available")->status, "False");
    assert_string_equal(condition(f, "Available")->reason, "MinimumReplicasUnavailable");
    assert_string_equal(condition(f, "Progressing")->status, "True");
    live(f, 2, 0, 3);
    assert_int_equal(web(f)->status.available_replicas, 3);
    assert_int_equal(web(f)->status.updated_replicas, 3);
    assert_int_equal(web(f)->status.unavailable_replicas, 0);
    assert_string_equal(condition(f, "Available")->status, "True");
    assert_string_equal(condition(f, "Progressing")->reason, "NewReplicaSetAvailable");
    snprintf(name, sizeof(name), "ReplicaSet \"web-%s\" has successfully progressed.", hash);
    assert_string_equal(condition(f, "Progressing")->message, name);
    assert_int_equal(fixture_events(f, "ScalingReplicaSet"), 1);
}

static void rolls_within_its_bounds_and_back(void **state)
{
    struct fixture *f = *state;
    put(f, 3, "v1", ROLLING, "");
    live(f, 3, 0, 4);
    set_image(f, "v2");
    live(f, 10, 3, 4);
    assert_int_equal(size_of(f, "v1"), 0);
    assert_int_equal(size_of(f, "v2"), 3);
    assert_string_equal(annotation(&web(f)->metadata, "deployment.kubernetes.io/revision"), "2");
    assert_int_equal(web(f)->status.updated_replicas, 3);
    set_image(f, "v1");
    live(f, 10, 3, 4);
    assert_int_equal(size_of(f, "v1"), 3);
    assert_int_equal(size_of(f, "v2"), 0);
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 2);
    assert_string_equal(annotation(&web(f)->metadata, "deployment.kubernetes.io/revision"), "3");
    assert_string_equal(annotation(&set_of(f, "v1")->metadata, "deployment.kubernetes.io/revision"), "3");
    assert_string_equal(annotation(&set_of(f, "v1")->metadata, "deployment.kubernetes.io/revision-history"), "1");
}

static void recreates_after_the_last_old_pod(void **state)
{
    struct fixture *f = *state;
    put(f, 3, "v1", RECREATE, "");
    live(f, 3, 0, 3);
    set_image(f, "v2");
    fixture_run(f, 5);
    assert_int_equal(size_of(f, "v1"), 0);
    assert_int_equal(size_of(f, "v2"), -1); /* old pods are still ending */
    live(f, 5, 0, 3);
    assert_int_equal(size_of(f, "v2"), 3);
    assert_int_equal(web(f)->status.available_replicas, 3);
}

static void scales_also_in_the_middle_of_a_roll_out(void **state)
{
    struct fixture *f = *state;
    put(f, 10, "v1", "{\"rollingUpdate\":{\"maxSurge\":3,\"maxUnavailable\":2}}", "");
    live(f, 3, 0, 13);
    set_image(f, "broken"); /* nobody makes its pods ready */
    fixture_run(f, 2);
    assert_int_equal(size_of(f, "v1"), 8);
    assert_int_equal(size_of(f, "broken"), 5);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"replicas\":15}}");
    fixture_run(f, 2);
    assert_int_equal(size_of(f, "v1"), 11); /* 8 * 18/13, 5 * 18/13 */
    assert_int_equal(size_of(f, "broken"), 7);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"replicas\":2}}");
    live(f, 10, 0, 18);
    assert_int_equal(size_of(f, "v1"), 0);
    assert_int_equal(size_of(f, "broken"), 2);
}

static void paused_scales_but_does_not_roll(void **state)
{
    struct fixture *f = *state;
    put(f, 2, "v1", ROLLING, "");
    live(f, 3, 0, 3);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"paused\":true}}");
    fixture_run(f, 1);
    assert_string_equal(condition(f, "Progressing")->reason, "DeploymentPaused");
    set_image(f, "v2");
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"replicas\":4}}");
    live(f, 3, 2, 5);
    assert_int_equal(size_of(f, "v2"), -1);
    assert_int_equal(size_of(f, "v1"), 4);
    fixture_patch(f, &api_resource_apps_deployment, "a", "web", "{\"spec\":{\"paused\":false}}");
    live(f, 10, 4, 5);
    assert_int_equal(size_of(f, "v2"), 4);
    assert_string_equal(condition(f, "Progressing")->reason, "NewReplicaSetAvailable");
}

static void says_when_it_is_stuck(void **state)
{
    struct fixture *f = *state;
    put(f, 2, "v1", ROLLING, "");
    fixture_run(f, 590);
    assert_string_equal(condition(f, "Progressing")->status, "True");
    fixture_run(f, 15);
    assert_string_equal(condition(f, "Progressing")->status, "False");
    assert_string_equal(condition(f, "Progressing")->reason, "ProgressDeadlineExceeded");
    live(f, 3, 0, 2);
    assert_string_equal(condition(f, "Progressing")->reason, "NewReplicaSetAvailable");
}

static void keeps_a_short_history(void **state)
{
    struct fixture *f = *state;
    static const char *const images[] = { "v2", "v3", "v4", "v5" };
    put(f, 1, "v1", ROLLING, "");
    live(f, 3, 0, 2);
    for (size_t i = 0; i < countof(images); i++) {
        set_image(f, images[i]);
        live(f, 4, 1, 2);
    }
    assert_int_equal(fake_server_count(f->server, &api_resource_apps_replica_set), 3);
    assert_null(set_of(f, "v1"));
    assert_null(set_of(f, "v2"));
    assert_int_equal(size_of(f, "v5"), 1);
}

static void settles(void **state)
{
    struct fixture *f = *state;
    fake_server_set_delay(f->server, 200 * USEC_PER_MSEC);
    put(f, 3, "v1", ROLLING, "\"minReadySeconds\":2,");
    live(f, 10, 0, 4);
    uint64_t revision = fake_server_revision(f->server);
    fixture_run(f, 3600);
    assert_int_equal(fake_server_revision(f->server), revision); /* nothing is written when nothing changes */
}

static int setup_alone(void **state)
{
    static struct fixture fixture;
    static const struct controller *const controllers[] = { &deployment_controller };
    fixture_init(&fixture, controllers, 1, (struct controller_settings){ 0 });
    *state = &fixture;
    return 0;
}

static void set_status(struct fixture *f, const char *image, int pods)
{
    char patch[128];
    snprintf(patch, sizeof(patch), "{\"status\":{\"replicas\":%d,\"readyReplicas\":%d,\"availableReplicas\":%d}}", pods,
             pods, pods);
    f->call.done = fixture_done;
    client_call_start(f->user, &f->call,
                      &(struct client_request){ .verb = API_PATCH,
                                                .resource = &api_resource_apps_replica_set,
                                                .namespace_ = "a",
                                                .name = set_of(f, image)->metadata.name,
                                                .subresource = "status",
                                                .patch = str_of(patch) });
    fixture_run(f, 0.5);
}

/* A set's status tells of its pods a moment late: until then a set made smaller has all of them for the surge, and
 * only those it keeps for availability. */
static void waits_for_late_status(void **state)
{
    struct fixture *f = *state;
    put(f, 10, "v1", "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxSurge\":1,\"maxUnavailable\":2}}", "");
    fixture_run(f, 0.5);
    set_status(f, "v1", 10);
    set_image(f, "v2");
    assert_int_equal(size_of(f, "v1"), 8);
    assert_int_equal(size_of(f, "v2"), 1);
    set_status(f, "v2", 1);
    assert_int_equal(size_of(f, "v1"), 7);
    assert_int_equal(size_of(f, "v2"), 1);
    set_status(f, "v1", 7);
    assert_int_equal(size_of(f, "v2"), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(makes_its_first_set, setup, teardown),
        cmocka_unit_test_setup_teardown(rolls_within_its_bounds_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(recreates_after_the_last_old_pod, setup, teardown),
        cmocka_unit_test_setup_teardown(scales_also_in_the_middle_of_a_roll_out, setup, teardown),
        cmocka_unit_test_setup_teardown(paused_scales_but_does_not_roll, setup, teardown),
        cmocka_unit_test_setup_teardown(says_when_it_is_stuck, setup, teardown),
        cmocka_unit_test_setup_teardown(keeps_a_short_history, setup, teardown),
        cmocka_unit_test_setup_teardown(settles, setup, teardown),
        cmocka_unit_test_setup_teardown(waits_for_late_status, setup_alone, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
