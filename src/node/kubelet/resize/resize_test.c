/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resize_test.c - pods that ask for other resources while they run, with a runtime that exists only in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/codec.h"
#include "base/buffer.h"
#include "client/client_fake.h"
#include "generated/cri.h"
#include "generated/types.h"
#include "node/cri/cri_fake.h"
#include "node/kubelet/kubelet.h"
#include "node/kubelet/resize/allocation.h"
#include "node/kubelet/resize/change.h"

#define START  (1700000000 * USEC_PER_SEC)
#define MEBI   ((int64_t)1 << 20)
#define REFUSE (77 * MEBI)

struct fixture {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct cri *cri;
    struct kubelet *kubelet;
};

static void start_kubelet(struct fixture *f)
{
    static const char *const addresses[] = { "10.99.0.1", NULL };
    const struct kubelet_options options = { .client = f->client,
                                             .cri = f->cri,
                                             .node_name = "node1",
                                             .addresses = addresses,
                                             .cpu_milli = 4000,
                                             .memory = 8LL << 30 };
    f->kubelet = kubelet_create(&options);
    struct error err = { 0 };
    assert_int_equal(0, kubelet_start(f->kubelet, &err));
}

static void run_seconds(struct fixture *f, int64_t seconds)
{
    loop_run_until(f->loop, loop_now(f->loop) + seconds * USEC_PER_SEC);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->loop = loop_create_virtual(START, 1);
    f->server = fake_server_create(f->loop);
    f->client = fake_server_client(f->server, "kubelet");
    const struct cri_fake_options options = { .call_time = 10 * USEC_PER_MSEC,
                                              .stop_time = 200 * USEC_PER_MSEC,
                                              .refuse_memory = REFUSE };
    f->cri = cri_fake_create(f->loop, &options);
    cri_fake_add_image(f->cri, "web");
    start_kubelet(f);
    run_seconds(f, 5);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    kubelet_destroy(f->kubelet);
    client_destroy(f->client);
    cri_destroy(f->cri);
    fake_server_destroy(f->server);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static const struct api_pod *pod(struct fixture *f, const char *name)
{
    const struct object *object = fake_server_get(f->server, &api_resource_pod, "default", name);
    assert_non_null(object);
    return api_pod_of(object);
}

struct asked {
    const char *cpu, *memory; /* requests and limits alike */
    const char *policy;       /* of a resize of memory; NULL: NotRequired */
    int generation, priority;
};

/* The spec is the test's; the status stays the kubelet's. */
static void put(struct fixture *f, const char *name, struct asked asked)
{
    const struct object *old = fake_server_get(f->server, &api_resource_pod, "default", name);
    auto_buffer struct buffer json = { .max = 1 << 20 };
    buffer_format(&json,
                  "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\",\"uid\":\"uid-%s\",\"generation\":%d},"
                  "\"spec\":{\"nodeName\":\"node1\",\"priority\":%d,\"restartPolicy\":\"OnFailure\",\"containers\":[{"
                  "\"name\":\"%s\",\"image\":\"web\",\"imagePullPolicy\":\"IfNotPresent\","
                  "\"resizePolicy\":[{\"resourceName\":\"memory\",\"restartPolicy\":\"%s\"}],"
                  "\"resources\":{\"requests\":{\"cpu\":\"%s\",\"memory\":\"%s\"},"
                  "\"limits\":{\"cpu\":\"%s\",\"memory\":\"%s\"}}}]}",
                  name, name, asked.generation, asked.priority, name,
                  asked.policy != NULL ? asked.policy : "NotRequired", asked.cpu, asked.memory, asked.cpu,
                  asked.memory);
    if (old != NULL) {
        buffer_format(&json, ",\"status\":");
        api_encode_json(&api_type_pod_status, NULL, &api_pod_of(old)->status, &json);
    }
    buffer_format(&json, "}");
    assert_false(buffer_failed(&json));
    fake_server_put(f->server, &api_resource_pod, json.data);
}

static const struct api_pod_condition *condition(const struct api_pod *one, const char *type)
{
    for (size_t i = 0; i < one->status.n_conditions; i++) {
        if (strcmp(one->status.conditions[i].type, type) == 0)
            return &one->status.conditions[i];
    }
    return NULL;
}

static int count_events(struct fixture *f, const char *name, const char *reason, const char *message)
{
    int count = 0;
    const struct object *object = NULL;
    while ((object = fake_server_next(f->server, &api_resource_event, object)) != NULL) {
        const struct api_event *event = api_event_of(object);
        if (strcmp(event->reason, reason) == 0 && strcmp(event->involved_object.name, name) == 0 &&
            (message == NULL || strstr(event->message, message) != NULL))
            count += event->count > 0 ? event->count : 1;
    }
    return count;
}

static void assert_amounts(const struct api_pod *one, const char *memory_in_force, const char *memory_allocated)
{
    const struct api_container_status *status = &one->status.container_statuses[0];
    char text[QUANTITY_TEXT_SIZE];
    quantity_format(&status->resources->limits[1].value, text);
    assert_string_equal("memory", status->resources->limits[1].key);
    assert_string_equal(memory_in_force, text);
    quantity_format(&status->allocated_resources[1].value, text);
    assert_string_equal(memory_allocated, text);
}

static void assert_settled(struct fixture *f, const char *name, const char *memory, int64_t generation)
{
    const struct api_pod *one = pod(f, name);
    assert_null(condition(one, "PodResizePending"));
    assert_null(condition(one, "PodResizeInProgress"));
    assert_int_equal(generation, one->status.observed_generation);
    assert_amounts(one, memory, memory);
}

static void a_running_container_gets_other_limits(void **state)
{
    struct fixture *f = *state;
    put(f, "a", (struct asked){ "500m", "100Mi", .generation = 1 });
    run_seconds(f, 3);
    assert_string_equal("Running", pod(f, "a")->status.phase);
    assert_settled(f, "a", "100Mi", 1);
    assert_int_equal(512, cri_fake_resources(f->cri, "a")->cpu_shares);
    put(f, "a", (struct asked){ "1", "200Mi", .generation = 2 });
    const struct api_pod_condition *progress = NULL;
    for (int i = 0; i < 50 && progress == NULL; i++) {
        loop_run_until(f->loop, loop_now(f->loop) + USEC_PER_MSEC);
        progress = condition(pod(f, "a"), "PodResizeInProgress");
    }
    assert_non_null(progress);
    assert_string_equal("True", progress->status);
    assert_null(progress->reason);
    assert_int_equal(2, progress->observed_generation);
    run_seconds(f, 3);
    assert_settled(f, "a", "200Mi", 2);
    assert_int_equal(1024, cri_fake_resources(f->cri, "a")->cpu_shares);
    assert_int_equal(100000, cri_fake_resources(f->cri, "a")->cpu_quota);
    assert_int_equal(200 * MEBI, cri_fake_resources(f->cri, "a")->memory_limit_in_bytes);
    assert_int_equal(0, pod(f, "a")->status.container_statuses[0].restart_count);
#define SAYS(what)                                                                                       \
    "Pod resize " what                                                                                   \
    ": {\"containers\":[{\"name\":\"a\",\"resources\":{\"limits\":{\"cpu\":\"1\",\"memory\":\"200Mi\"}," \
    "\"requests\":{\"cpu\":\"1\",\"memory\":\"200Mi\"}}}],\"generation\":2}"
    assert_int_equal(1, count_events(f, "a", "ResizeStarted", SAYS("started")));
    assert_int_equal(1, count_events(f, "a", "ResizeCompleted", SAYS("completed")));
#undef SAYS
    put(f, "a", (struct asked){ "500m", "100Mi", .generation = 3 });
    run_seconds(f, 3);
    assert_settled(f, "a", "100Mi", 3);
    assert_int_equal(50000, cri_fake_resources(f->cri, "a")->cpu_quota);
}

static void a_policy_may_ask_for_a_restart(void **state)
{
    struct fixture *f = *state;
    put(f, "a", (struct asked){ "500m", "100Mi", .policy = "RestartContainer", .generation = 1 });
    run_seconds(f, 3);
    put(f, "a", (struct asked){ "1", "100Mi", .policy = "RestartContainer", .generation = 2 });
    run_seconds(f, 3);
    assert_int_equal(0, pod(f, "a")->status.container_statuses[0].restart_count);
    put(f, "a", (struct asked){ "1", "200Mi", .policy = "RestartContainer", .generation = 3 });
    run_seconds(f, 3);
    /* It exits with 0, which alone would end a pod of that restart policy, and starts again at once. */
    assert_string_equal("Running", pod(f, "a")->status.phase);
    assert_int_equal(1, pod(f, "a")->status.container_statuses[0].restart_count);
    assert_int_equal(200 * MEBI, cri_fake_resources(f->cri, "a")->memory_limit_in_bytes);
    assert_settled(f, "a", "200Mi", 3);
    assert_int_equal(1, count_events(f, "a", "Killing", "Container a resize requires restart"));
    assert_int_equal(2, count_events(f, "a", "ResizeCompleted", NULL));
}

static void assert_pending(struct fixture *f, const char *name, const char *reason, const char *message)
{
    const struct api_pod *one = pod(f, name);
    const struct api_pod_condition *pending = condition(one, "PodResizePending");
    assert_non_null(pending);
    assert_string_equal(reason, pending->reason);
    assert_string_equal(message, pending->message);
    assert_int_equal(one->metadata.generation, pending->observed_generation);
    assert_int_equal(one->metadata.generation, one->status.observed_generation);
    assert_null(condition(one, "PodResizeInProgress"));
}

static void room_is_given_in_turn(void **state)
{
    struct fixture *f = *state;
    put(f, "a", (struct asked){ "2", "100Mi", .generation = 1 });
    put(f, "low", (struct asked){ "500m", "100Mi", .generation = 1 });
    put(f, "high", (struct asked){ "500m", "100Mi", .generation = 1, .priority = 5 });
    run_seconds(f, 3);
    put(f, "low", (struct asked){ "2500m", "150Mi", .generation = 2 });
    run_seconds(f, 1);
    put(f, "high", (struct asked){ "2500m", "150Mi", .generation = 2, .priority = 5 });
    run_seconds(f, 1);
    static const char full[] = "Node didn't have enough resource: cpu, requested: 2500, used: 2500, capacity: 4000";
    assert_pending(f, "low", "Deferred", full);
    assert_pending(f, "high", "Deferred", full);
    assert_amounts(pod(f, "low"), "100Mi", "100Mi");
    assert_int_equal(1, count_events(f, "low", "ResizeDeferred", "Pod resize Deferred: {"));
    assert_int_equal(1, count_events(f, "low", "ResizeDeferred", full));

    put(f, "a", (struct asked){ "8", "100Mi", .generation = 2 });
    run_seconds(f, 1);
    assert_pending(f, "a", "Infeasible", "Node didn't have enough capacity: cpu, requested: 8000, capacity: 4000");
    assert_int_equal(1, count_events(f, "a", "ResizeInfeasible", "Pod resize Infeasible: {"));

    /* The next kubelet goes on with what was promised and does not say all of it again. */
    kubelet_destroy(f->kubelet);
    start_kubelet(f);
    run_seconds(f, 5);
    assert_pending(f, "high", "Deferred", full);
    assert_int_equal(1, count_events(f, "high", "ResizeDeferred", NULL));
    assert_int_equal(512, cri_fake_resources(f->cri, "high")->cpu_shares);

    put(f, "a", (struct asked){ "1", "100Mi", .generation = 3 });
    run_seconds(f, 3);
    assert_settled(f, "a", "100Mi", 3);
    assert_settled(f, "high", "150Mi", 2);
    assert_pending(f, "low", "Deferred",
                   "Node didn't have enough resource: cpu, requested: 2500, used: 3500, capacity: 4000");
    fake_server_remove(f->server, &api_resource_pod, "default", "high");
    run_seconds(f, 3);
    assert_settled(f, "low", "150Mi", 2);
    assert_int_equal(2560, cri_fake_resources(f->cri, "low")->cpu_shares);
}

static void what_the_runtime_refuses_is_told_and_tried_again(void **state)
{
    struct fixture *f = *state;
    put(f, "a", (struct asked){ "500m", "100Mi", .generation = 1 });
    run_seconds(f, 3);
    put(f, "a", (struct asked){ "500m", "77Mi", .generation = 2 });
    run_seconds(f, 3);
    const struct api_pod_condition *progress = condition(pod(f, "a"), "PodResizeInProgress");
    assert_non_null(progress);
    assert_string_equal("Error", progress->reason);
    assert_non_null(strstr(progress->message, "failed to update resources"));
    assert_amounts(pod(f, "a"), "100Mi", "77Mi");
    run_seconds(f, 30);
    assert_int_equal(1, count_events(f, "a", "ResizeError", "failed to update resources"));
    put(f, "a", (struct asked){ "500m", "100Mi", .generation = 3 });
    run_seconds(f, 3);
    assert_settled(f, "a", "100Mi", 3);
}

/* --- the parts --- */

static void decode(const char *json, struct arena *arena, struct api_pod *ret_pod)
{
    struct error err = { 0 };
    *ret_pod = (struct api_pod){ 0 };
    assert_int_equal(0, api_decode_json(&api_type_pod, str_of(json), arena, ret_pod, NULL, &err));
}

#define POD(cpu, memory, whole)                                     \
    "{\"metadata\":{\"generation\":4},\"spec\":{" whole             \
    "\"containers\":[{\"name\":\"a\",\"resources\":{\"requests\":{" \
    "\"cpu\":\"" cpu "\"},\"limits\":{\"memory\":\"" memory "\"}}},{\"name\":\"b\",\"resources\":{}}]}}"

static void a_promise_survives_its_kubelet(void **state)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod before, after;
    struct error err = { 0 };
    char directory[] = "/tmp/resize_test.XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/u", directory);
    assert_int_equal(0, mkdir(path, 0700));
    struct pod_allocation one = { 0 }, other = { 0 };
    assert_int_equal(-ERROR_NOT_FOUND, pod_allocation_load(&other, directory, "u", &err));
    decode(POD("1", "64Mi", ""), &arena, &before);
    decode(POD("2", "64Mi", "\"resources\":{\"limits\":{\"memory\":\"1Gi\"}},"), &arena, &after);
    pod_allocation_take(&one, &before);
    assert_true(pod_allocation_is_current(&one, &before));
    assert_false(pod_allocation_is_current(&one, &after));
    assert_ptr_equal(&before, pod_allocation_view(&one, &before, &arena));
    pod_allocation_accept(&one, &after);
    assert_int_equal(0, pod_allocation_save(&one, directory, "u", &err));

    assert_int_equal(0, pod_allocation_load(&other, directory, "u", &err));
    assert_true(pod_allocation_in_progress(&other));
    assert_true(pod_allocation_is_current(&other, &after));
    const struct api_pod *actuated = pod_allocation_actuated_view(&other, &after, &arena);
    assert_true(requirements_equal(&before.spec.containers[0].resources, &actuated->spec.containers[0].resources));
    assert_true(requirements_equal(NULL, actuated->spec.resources));
    assert_false(pod_allocation_settle(&other, "b"));
    assert_true(pod_allocation_settle(&other, "a"));
    assert_false(pod_allocation_settle(&other, "a"));
    actuated = pod_allocation_actuated_view(&other, &after, &arena);
    assert_true(requirements_equal(&after.spec.containers[0].resources, &actuated->spec.containers[0].resources));
    pod_allocation_finish(&other);
    assert_false(pod_allocation_in_progress(&other));
    assert_int_equal(0, pod_allocation_save(&other, directory, "u", &err));
    pod_allocation_fini(&one);
    pod_allocation_fini(&other);
    char file[128];
    snprintf(file, sizeof(file), "%s/" ALLOCATION_FILE, path);
    unlink(file);
    rmdir(path);
    rmdir(directory);
}

static void a_limit_of_the_pod_is_one_of_its_containers(void **state)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod before, after;
    (void)state;
    decode(POD("1", "64Mi", "\"resources\":{\"limits\":{\"memory\":\"1Gi\"}},"), &arena, &before);
    decode(POD("1", "64Mi", "\"resources\":{\"limits\":{\"memory\":\"512Mi\"}},"), &arena, &after);
    struct resize_change own = resize_change_of(&after, &before, 0), none = resize_change_of(&after, &before, 1);
    assert_false(own.cpu || own.memory);
    assert_true(none.memory);
    assert_false(none.cpu);
    assert_true(resize_shrinks_memory(&after, &before, 1));
    assert_false(resize_shrinks_memory(&before, &after, 1));

    struct cgroup_limits a = { .cpu_shares = 2, .cpu_quota = -1, .memory = 5 };
    struct cgroup_limits b = { .cpu_shares = 4, .cpu_quota = 1000, .memory = 0 };
    struct cgroup_limits wide = resize_limits_between(&a, &b);
    assert_int_equal(4, wide.cpu_shares);
    assert_int_equal(-1, wide.cpu_quota);
    assert_int_equal(0, wide.memory);
    wide = resize_limits_between(&b, &a);
    assert_int_equal(-1, wide.cpu_quota);
    assert_int_equal(0, wide.memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_running_container_gets_other_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_policy_may_ask_for_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(room_is_given_in_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_the_runtime_refuses_is_told_and_tried_again, set_up, tear_down),
        cmocka_unit_test(a_promise_survives_its_kubelet),
        cmocka_unit_test(a_limit_of_the_pod_is_one_of_its_containers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
