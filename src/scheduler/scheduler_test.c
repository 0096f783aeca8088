/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The scheduler as a whole against the API server in memory, on virtual time; and its plug-ins by what they decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "client/client_fake.h"
#include "scheduler/scheduler.h"

#define START ((usec_t)1800000000 * USEC_PER_SEC)

struct world {
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct informer_set *informers;
    struct event_recorder *events;
    struct scheduler *scheduler;
};

static void world_open(struct world *world)
{
    world->loop = loop_create_virtual(START, 7);
    world->server = fake_server_create(world->loop);
    world->client = fake_server_client(world->server, "scheduler");
    world->informers = informer_set_create(world->client);
    world->events = event_recorder_create(world->client, "default-scheduler", NULL);
    const struct scheduler_options options = {
        .client = world->client,
        .informers = world->informers,
        .events = world->events,
    };
    world->scheduler = scheduler_create(&options);
    scheduler_start(world->scheduler);
}

static void world_close(struct world *world)
{
    scheduler_destroy(world->scheduler);
    event_recorder_destroy(world->events);
    informer_set_destroy(world->informers);
    client_destroy(world->client);
    fake_server_destroy(world->server);
    loop_destroy(world->loop);
}

static void pass(struct world *world, int64_t seconds)
{
    loop_run_until(world->loop, loop_now(world->loop) + seconds * USEC_PER_SEC);
}

static void put_node(struct world *world, const char *name, const char *cpu, const char *extra)
{
    char json[1024];
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"zone\":\"%s\"}},\"spec\":{%s},\"status\":{\"allocatable\":{"
             "\"cpu\":\"%s\","
             "\"memory\":\"1Gi\",\"pods\":\"110\"}}}",
             name, name, extra, cpu);
    fake_server_put(world->server, &api_resource_node, json);
}

static void put_pod(struct world *world, const char *name, const char *spec)
{
    char json[2048];
    snprintf(json, sizeof(json), "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"default\"},\"spec\":{%s}}", name,
             spec);
    fake_server_put(world->server, &api_resource_pod, json);
}

#define CONTAINER(cpu) "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"" cpu "\"}}}]"

static const char *node_of(struct world *world, const char *name)
{
    const struct object *pod = fake_server_get(world->server, &api_resource_pod, "default", name);
    assert_non_null(pod);
    return text_or_empty(api_pod_of(pod)->spec.node_name);
}

static const char *why_waiting(struct world *world, const char *name)
{
    const struct api_pod *pod = api_pod_of(fake_server_get(world->server, &api_resource_pod, "default", name));
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (text_equal(pod->status.conditions[i].type, "PodScheduled"))
            return pod->status.conditions[i].message;
    return "";
}

static void test_full_nodes_make_a_pod_wait_until_there_is_room(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    put_node(&world, "a", "1", "");
    put_node(&world, "b", "1", "");
    put_pod(&world, "one", CONTAINER("800m"));
    put_pod(&world, "two", CONTAINER("800m"));
    pass(&world, 1);
    assert_string_not_equal(node_of(&world, "one"), "");
    assert_string_not_equal(node_of(&world, "two"), node_of(&world, "one"));

    put_pod(&world, "three", CONTAINER("800m"));
    pass(&world, 1);
    assert_string_equal(node_of(&world, "three"), "");
    assert_string_equal(why_waiting(&world, "three"), "0/2 nodes are available: 2 Insufficient cpu.");

    fake_server_remove(world.server, &api_resource_pod, "default", "one");
    pass(&world, 5);
    assert_string_not_equal(node_of(&world, "three"), "");
    struct scheduler_statistics statistics;
    scheduler_statistics(world.scheduler, &statistics);
    assert_int_equal(statistics.scheduled, 3);
    assert_int_equal(statistics.binding, 0);
    world_close(&world);
}

static void put_resized(struct world *world, const char *asked, const char *allocated, const char *in_force,
                        const char *conditions)
{
    char json[2048];
    snprintf(json, sizeof(json),
             "{\"metadata\":{\"name\":\"resized\",\"namespace\":\"default\"},\"spec\":{\"nodeName\":\"a\","
             "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"cpu\":\"%s\"}}}]},"
             "\"status\":{\"conditions\":[%s],\"containerStatuses\":[{\"name\":\"c\",\"allocatedResources\":{"
             "\"cpu\":\"%s\"},\"resources\":{\"requests\":{\"cpu\":\"%s\"}}}]}}",
             asked, conditions, allocated, in_force);
    fake_server_put(world->server, &api_resource_pod, json);
}

static void test_the_most_of_a_resize_counts(void **state)
{
    static const char infeasible[] = "{\"type\":\"PodResizePending\",\"status\":\"True\",\"reason\":\"Infeasible\"}";
    static const struct {
        const char *asked, *allocated, *in_force, *conditions;
        bool fits;
    } rows[] = {
        { "500m", "500m", "500m", "", true },      { "900m", "500m", "500m", "", false },
        { "500m", "900m", "500m", "", false },     { "500m", "500m", "900m", "", false },
        { "9", "500m", "500m", infeasible, true }, { "9", "500m", "900m", infeasible, false },
    };
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        struct world world;
        world_open(&world);
        put_node(&world, "a", "1", "");
        put_resized(&world, rows[i].asked, rows[i].allocated, rows[i].in_force, rows[i].conditions);
        put_pod(&world, "other", CONTAINER("400m"));
        pass(&world, 1);
        assert_string_equal(node_of(&world, "other"), rows[i].fits ? "a" : "");
        put_resized(&world, "500m", "500m", "500m", "");
        pass(&world, 5);
        assert_string_equal(node_of(&world, "other"), "a");
        world_close(&world);
    }
}

static void test_taints_selectors_and_ports_decide(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    put_node(&world, "plain", "4", "");
    put_node(&world, "tainted", "4", "\"taints\":[{\"key\":\"gpu\",\"value\":\"yes\",\"effect\":\"NoSchedule\"}]");
    put_node(&world, "closed", "4", "\"unschedulable\":true");
    put_pod(&world, "simple", CONTAINER("1m"));
    put_pod(&world, "tolerant",
            CONTAINER("1m") ",\"nodeSelector\":{\"zone\":\"tainted\"},\"tolerations\":[{\"key\":\"gpu\","
                            "\"operator\":\"Exists\"}]");
    put_pod(&world, "nowhere", CONTAINER("1m") ",\"nodeSelector\":{\"zone\":\"moon\"}");
    put_pod(
        &world, "port1",
        "\"containers\":[{\"name\":\"c\",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}]}]");
    put_pod(&world, "affine",
            CONTAINER("1m") ",\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{"
                            "\"nodeSelectorTerms\":"
                            "[{\"matchExpressions\":[{\"key\":\"zone\",\"operator\":\"NotIn\",\"values\":[\"closed\","
                            "\"tainted\"]}]}]}}}");
    pass(&world, 1);
    assert_string_equal(node_of(&world, "simple"), "plain");
    assert_string_equal(node_of(&world, "tolerant"), "tainted");
    assert_string_equal(node_of(&world, "port1"), "plain");
    assert_string_equal(node_of(&world, "affine"), "plain");
    assert_string_equal(
        why_waiting(&world, "nowhere"),
        "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated "
        "taint {gpu: yes}, 1 node(s) were unschedulable.");
    put_pod(
        &world, "port2",
        "\"containers\":[{\"name\":\"c\",\"ports\":[{\"containerPort\":80,\"hostPort\":80,\"protocol\":\"TCP\"}]}]");
    pass(&world, 1);
    assert_string_equal(node_of(&world, "port2"), "");
    world_close(&world);
}

static void test_pods_of_one_owner_spread(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d", i);
        put_node(&world, name, "64", "");
    }
    for (int i = 0; i < 50; i++) {
        char json[512];
        snprintf(json, sizeof(json),
                 "{\"metadata\":{\"name\":\"p%d\",\"namespace\":\"default\",\"ownerReferences\":[{\"apiVersion\":"
                 "\"apps/v1\",\"kind\":"
                 "\"ReplicaSet\",\"name\":\"r\",\"uid\":\"u\",\"controller\":true}]},\"spec\":{\"containers\":[{"
                 "\"name\":\"c\"}]}}",
                 i);
        fake_server_put(world.server, &api_resource_pod, json);
    }
    pass(&world, 2);
    int counts[5] = { 0 };
    for (int i = 0; i < 50; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        counts[node_of(&world, name)[1] - '0']++;
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(counts[i], 10);
    world_close(&world);
}

static int refuse_first_bindings(void *context, const struct client_request *request, struct error *err)
{
    int *left = context;
    if (!text_equal(request->subresource, "binding") || *left == 0)
        return 0;
    (*left)--;
    return error_set(err, ERROR_UNAVAILABLE, "the server is busy");
}

static void test_refused_binding_is_tried_again(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    int left = 2;
    fake_server_set_fault(world.server, refuse_first_bindings, &left);
    put_node(&world, "a", "1", "");
    put_pod(&world, "one", CONTAINER("800m"));
    pass(&world, 10);
    assert_string_equal(node_of(&world, "one"), "a");
    struct scheduler_statistics statistics;
    scheduler_statistics(world.scheduler, &statistics);
    assert_int_equal(statistics.errors, 2);
    world_close(&world);
}

static void test_deleted_while_waiting(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    put_pod(&world, "one", CONTAINER("1"));
    pass(&world, 1);
    assert_string_equal(why_waiting(&world, "one"), "no nodes available to schedule pods");
    fake_server_remove(world.server, &api_resource_pod, "default", "one");
    put_node(&world, "a", "1", "");
    pass(&world, 20);
    struct scheduler_statistics statistics;
    scheduler_statistics(world.scheduler, &statistics);
    assert_int_equal(statistics.scheduled + statistics.active + statistics.backoff + statistics.unschedulable_now, 0);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_nodes_make_a_pod_wait_until_there_is_room),
        cmocka_unit_test(test_the_most_of_a_resize_counts),
        cmocka_unit_test(test_taints_selectors_and_ports_decide),
        cmocka_unit_test(test_pods_of_one_owner_spread),
        cmocka_unit_test(test_refused_binding_is_tried_again),
        cmocka_unit_test(test_deleted_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
