/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* A server with controllers and scheduler on their threads, as `coracle server` runs them; for the thread sanitizer, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/codec.h"
#include "cluster/deciders.h"

#define PATIENCE (60 * USEC_PER_SEC)

struct cluster {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct deciders *deciders;
    struct client *client;
    struct client_watch *watch;
    struct client_call calls[2];
    struct loop_timer patience;
    int bound;
};

static void answered(struct client_call *call, const struct client_result *result)
{
    (void)call;
    if (result->rc < 0)
        print_error("%s\n", result->err.message);
}

static void create(struct cluster *cluster, int index, const struct api_resource *resource, const char *namespace_,
                   const char *json)
{
    struct arena arena = { 0 };
    struct error err;
    void *value = arena_zalloc(&arena, resource->kind->type->size);
    assert_int_equal(api_decode_json(resource->kind->type, str_of(json), &arena, value, NULL, &err), 0);
    cluster->calls[index].done = answered;
    const struct client_request request = {
        .verb = API_CREATE, .resource = resource, .namespace_ = namespace_, .body = value
    };
    client_call_start(cluster->client, &cluster->calls[index], &request);
    arena_fini(&arena);
}

static void stopped(void *context)
{
    loop_stop(((struct cluster *)context)->loop);
}

static void deciders_stopped(void *context)
{
    struct cluster *cluster = context;
    client_destroy(cluster->client);
    api_server_stop(cluster->server, USEC_PER_SEC, stopped, cluster);
}

static void pod_event(void *context, enum client_watch_event type, const struct object *object, uint64_t revision)
{
    struct cluster *cluster = context;
    (void)revision;
    if (type != CLIENT_MODIFIED || cluster->watch == NULL)
        return;
    const struct api_pod *pod = object_typed(object);
    cluster->bound += !text_empty(pod->spec.node_name);
    if (cluster->bound < 3)
        return;
    client_watch_close(take_pointer(&cluster->watch));
    loop_timer_stop(&cluster->patience);
    deciders_stop(cluster->deciders, deciders_stopped, cluster);
}

static void pod_watch_ended(void *context, int rc, const struct error *err)
{
    (void)context;
    (void)rc;
    print_error("the watch ended: %s\n", err == NULL ? "" : err->message);
}

static void ready(void *context)
{
    static const struct client_watch_events events = { .event = pod_event, .ended = pod_watch_ended };
    static const char *const masters[] = { "system:masters", NULL };
    struct cluster *cluster = context;
    deciders_start(cluster->deciders, cluster->server);
    cluster->client = api_server_client(cluster->server, "tester", "tester", masters);
    const struct client_watch_request request = { .resource = &api_resource_pod };
    cluster->watch = client_watch_open(cluster->client, &request, &events, cluster);
    create(cluster, 0, &api_resource_node, NULL,
           "{\"metadata\":{\"name\":\"n1\"},\"status\":{\"allocatable\":{\"cpu\":\"4\",\"memory\":\"8Gi\",\"pods\":"
           "\"110\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}");
    create(cluster, 1, &api_resource_apps_deployment, "default",
           "{\"metadata\":{\"name\":\"web\",\"namespace\":\"default\"},\"spec\":{\"replicas\":3,\"selector\":"
           "{\"matchLabels\":{\"app\":\"web\"}},\"template\":{\"metadata\":{\"labels\":{\"app\":\"web\"}},\"spec\":"
           "{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}],\"tolerations\":[{\"operator\":\"Exists\"}]}}}}");
}

static void out_of_patience(struct loop_timer *timer)
{
    loop_stop(timer->loop);
}

static void test_threads_bring_a_deployment_to_nodes(void **state)
{
    (void)state;
    struct cluster cluster = { .patience = { .callback = out_of_patience } };
    struct error err;
    assert_int_equal(loop_create_real(&cluster.loop, &err), 0);
    assert_int_equal(store_open_memory(cluster.loop, &cluster.store, &err), 0);
    const struct deciders_options options = { .loop = cluster.loop,
                                              .settings = { .cluster_cidr = "10.244.0.0/16",
                                                            .node_cidr_mask = 24,
                                                            .root_ca_pem = STR("x"),
                                                            .node_monitor_grace = 40 * USEC_PER_SEC,
                                                            .terminated_pod_threshold = 100 },
                                              .election = { .on = true, .identity = "host_1" } };
    assert_int_equal(deciders_create(&options, &cluster.deciders, &err), 0);
    const struct api_server_options server = {
        .loop = cluster.loop, .store = cluster.store, .bootstrap = true, .ready = ready, .ready_context = &cluster
    };
    assert_int_equal(api_server_create(&server, &cluster.server, &err), 0);
    assert_int_equal(api_server_start(cluster.server, &err), 0);
    loop_timer_start(cluster.loop, &cluster.patience, PATIENCE);
    loop_run(cluster.loop);
    assert_int_equal(cluster.bound, 3);
    deciders_destroy(cluster.deciders);
    api_server_destroy(cluster.server);
    store_close(cluster.store);
    loop_destroy(cluster.loop);
}

static void test_threads_that_never_began(void **state)
{
    (void)state;
    struct loop *loop;
    struct deciders *deciders;
    struct error err;
    assert_int_equal(loop_create_real(&loop, &err), 0);
    assert_int_equal(deciders_create(&(struct deciders_options){ .loop = loop }, &deciders, &err), 0);
    deciders_destroy(deciders);
    loop_destroy(loop);
}

static void stop_at_once(void *context)
{
    struct cluster *cluster = context;
    deciders_start(cluster->deciders, cluster->server);
    deciders_stop(cluster->deciders, deciders_stopped, cluster); /* while the start is on its way */
}

static void test_threads_that_begin_and_end_at_once(void **state)
{
    (void)state;
    struct cluster cluster = { .patience = { .callback = out_of_patience } };
    struct error err;
    assert_int_equal(loop_create_real(&cluster.loop, &err), 0);
    assert_int_equal(store_open_memory(cluster.loop, &cluster.store, &err), 0);
    assert_int_equal(deciders_create(&(struct deciders_options){ .loop = cluster.loop }, &cluster.deciders, &err), 0);
    const struct api_server_options server = { .loop = cluster.loop,
                                               .store = cluster.store,
                                               .bootstrap = true,
                                               .ready = stop_at_once,
                                               .ready_context = &cluster };
    assert_int_equal(api_server_create(&server, &cluster.server, &err), 0);
    assert_int_equal(api_server_start(cluster.server, &err), 0);
    loop_timer_start(cluster.loop, &cluster.patience, PATIENCE);
    loop_run(cluster.loop);
    assert_true(loop_timer_running(&cluster.patience));
    loop_timer_stop(&cluster.patience);
    deciders_destroy(cluster.deciders);
    api_server_destroy(cluster.server);
    store_close(cluster.store);
    loop_destroy(cluster.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_that_never_began),
        cmocka_unit_test(test_threads_that_begin_and_end_at_once),
        cmocka_unit_test(test_threads_bring_a_deployment_to_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
