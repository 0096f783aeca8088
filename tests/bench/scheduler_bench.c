/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scheduler_bench - pods a second that get a node, every node filtered and scored, with the shapes of upstream's
 * scheduler_perf: nodes of 4 CPUs and 32 GiB, pods of 100m and 500 MiB.
 *
 * Two figures for each shape. "decided": the framework and its cache alone, pod after pod. "bound": the whole way in one
 * process: the pods appear in the (memory) store, the API server's watch tells the scheduler, bindings and events are
 * written through the API server's direct client, all on one thread. By the seconds of CPU that it takes. */
#include <string.h>

#include "api/codec.h"
#include "apiserver/apiserver.h"
#include "base/memory.h"
#include "client/events.h"
#include "client/informer.h"
#include "generated/types.h"
#include "report.h"
#include "scheduler/framework.h"
#include "scheduler/scheduler.h"

enum { PODS = 10000, OWNERS = 100 };

struct world {
    struct loop *loop;
    struct store *store;
    struct api_server *server;
    struct client *client;
    struct informer_set *informers;
    struct event_recorder *events;
    struct scheduler *scheduler;
    size_t nodes;
    bool owned; /* the pods belong to ReplicaSets, so each is kept away from its siblings */
    struct loop_timer look;
    double began, bound;
};

struct put {
    struct store_write write;
    char key[96];
};

static void die(const char *what, const struct error *err)
{
    fprintf(stderr, "scheduler_bench: %s: %s\n", what, err->message);
    exit(1);
}

/* ---------------------------------------------------------------- objects */

static struct bytes *node_json(size_t number)
{
    char *text = memory_format(
        "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"node-%05zu\",\"uid\":\"node-%05zu\","
        "\"creationTimestamp\":\"2026-11-21T12:00:00Z\",\"labels\":{\"kubernetes.io/hostname\":\"node-%05zu\","
        "\"kubernetes.io/os\":\"linux\",\"topology.kubernetes.io/zone\":\"zone-%zu\"}},\"spec\":{},\"status\":{"
        "\"capacity\":{\"cpu\":\"4\",\"memory\":\"32Gi\",\"pods\":\"110\"},"
        "\"allocatable\":{\"cpu\":\"4\",\"memory\":\"32Gi\",\"pods\":\"110\"}}}",
        number, number, number, number % 3);
    struct bytes *bytes = bytes_create(text, strlen(text));
    free(text);
    return bytes;
}

static struct bytes *pod_json(size_t number, bool owned)
{
    size_t owner = number % OWNERS;
    char *owners = owned ? memory_format("\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\","
                                         "\"name\":\"web-%zu\",\"uid\":\"web-%zu\",\"controller\":true}],",
                                         owner, owner)
                         : memory_strdup("");
    char *text = memory_format(
        "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"pod-%05zu\",\"namespace\":\"default\","
        "\"uid\":\"pod-%05zu\",\"generation\":1,\"creationTimestamp\":\"2026-11-21T12:00:00Z\",%s\"labels\":{"
        "\"app\":\"web\"}},\"spec\":{\"containers\":[{\"name\":\"pause\",\"image\":\"registry.k8s.io/pause:3.10\","
        "\"ports\":[{\"containerPort\":80,\"protocol\":\"TCP\"}],\"resources\":{\"requests\":{\"cpu\":\"100m\","
        "\"memory\":\"500Mi\"}},\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":"
        "\"File\",\"imagePullPolicy\":\"IfNotPresent\"}],\"restartPolicy\":\"Always\","
        "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\",\"securityContext\":{},"
        "\"schedulerName\":\"default-scheduler\",\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\","
        "\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300},{\"key\":"
        "\"node.kubernetes.io/"
        "unreachable\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}],"
        "\"priority\":0,\"enableServiceLinks\":true,\"preemptionPolicy\":\"PreemptLowerPriority\"},"
        "\"status\":{\"phase\":\"Pending\",\"qosClass\":\"Burstable\"}}",
        number, number, owners);
    struct bytes *bytes = bytes_create(text, strlen(text));
    free(text);
    free(owners);
    return bytes;
}

static struct object *object_of(const struct api_resource *resource, struct bytes *json, size_t revision)
{
    struct object *object;
    struct error err;
    if (object_from_stored(resource, bytes_str(json), revision + 1, &object, &err) < 0)
        die("object", &err);
    bytes_unref(json);
    return object;
}

/* ---------------------------------------------------------------- the framework alone */

static double decide(size_t nodes, bool owned)
{
    struct cache cache;
    struct outlooks outlooks;
    struct random random;
    random_init(&random, 1);
    cache_init(&cache);
    outlooks_init(&outlooks, &cache);
    for (size_t i = 0; i < nodes; i++) {
        struct object *node = object_of(&api_resource_node, node_json(i), i);
        cache_set_node(&cache, node);
        object_unref(node);
    }
    struct object **pods = memory_zalloc(PODS * sizeof(struct object *));
    for (size_t i = 0; i < PODS; i++) {
        pods[i] = object_of(&api_resource_pod, pod_json(i, owned), i);
        object_typed(pods[i]);
    }
    double began = bench_cpu_seconds();
    for (size_t i = 0; i < PODS; i++) {
        auto_arena struct arena arena = { 0 };
        struct cycle cycle;
        struct pod_info *info = pod_info_create(&cache, pods[i]);
        cycle_init(&cycle, &outlooks, info, &arena);
        size_t row = cycle_run(&cycle, &random);
        if (row == cache.n_rows)
            exit(1);
        cache_place(&cache, info, object_name(cache.rows[row]->object), true);
    }
    double rate = PODS / (bench_cpu_seconds() - began);
    for (size_t i = 0; i < PODS; i++)
        object_unref(pods[i]);
    free(pods);
    outlooks_fini(&outlooks);
    cache_fini(&cache);
    return rate;
}

/* ---------------------------------------------------------------- the whole way */

static void put_done(struct store_write *write)
{
    if (write->rc < 0)
        die("put", &write->err);
    free(container_of(write, struct put, write));
}

static void put(struct world *world, const struct api_resource *resource, struct str name, struct bytes *json)
{
    struct put *put = memory_new(struct put);
    snprintf(put->key, sizeof(put->key), "%s/" STR_FMT, resource->storage_prefix, STR_ARG(name));
    put->write =
        (struct store_write){ .operation = STORE_CREATE, .key = str_of(put->key), .value = json, .done = put_done };
    store_write_start(world->store, &put->write);
    bytes_unref(json);
}

static void put_pods(struct world *world)
{
    char name[64];
    for (size_t i = 0; i < PODS; i++) {
        snprintf(name, sizeof(name), "default/pod-%05zu", i);
        put(world, &api_resource_pod, str_of(name), pod_json(i, world->owned));
    }
}

static void look(struct loop_timer *timer)
{
    struct world *world = container_of(timer, struct world, look);
    struct scheduler_statistics statistics;
    scheduler_statistics(world->scheduler, &statistics);
    if (statistics.unschedulable > 0 || statistics.errors > 0) {
        fprintf(stderr, "scheduler_bench: a pod found no node\n");
        exit(1);
    }
    if (world->began == 0 && informer_set_synced(world->informers)) {
        put_pods(world);
        world->began = bench_cpu_seconds();
    } else if (statistics.scheduled == PODS) {
        world->bound = bench_cpu_seconds();
        loop_stop(world->loop);
        return;
    }
    loop_timer_start(world->loop, timer, 10 * USEC_PER_MSEC);
}

static void start_scheduler(void *context)
{
    struct world *world = context;
    static const char *const groups[] = { "system:authenticated", NULL };
    world->client = api_server_client(world->server, "kube-scheduler", "system:kube-scheduler", groups);
    world->informers = informer_set_create(world->client);
    world->events = event_recorder_create(world->client, "default-scheduler", NULL);
    const struct scheduler_options options = { .client = world->client,
                                               .informers = world->informers,
                                               .events = world->events };
    world->scheduler = scheduler_create(&options);
    scheduler_start(world->scheduler);
    loop_timer_start(world->loop, &world->look, 0);
}

static void open_world(struct world *world)
{
    struct error err = { 0 };
    char name[64];
    if (loop_create_real(&world->loop, &err) < 0 || store_open_memory(world->loop, &world->store, &err) < 0)
        die("store", &err);
    for (size_t i = 0; i < world->nodes; i++) {
        snprintf(name, sizeof(name), "node-%05zu", i);
        put(world, &api_resource_node, str_of(name), node_json(i));
    }
    loop_run(world->loop); /* until they are there */
    const struct api_server_options options = {
        .loop = world->loop, .store = world->store, .bootstrap = true, .ready = start_scheduler, .ready_context = world
    };
    world->look.callback = look;
    if (api_server_create(&options, &world->server, &err) < 0 || api_server_start(world->server, &err) < 0)
        die("API server", &err);
}

static double bind_all(size_t nodes, bool owned)
{
    struct world world = { .nodes = nodes, .owned = owned };
    open_world(&world);
    loop_run(world.loop);
    scheduler_destroy(world.scheduler);
    event_recorder_destroy(world.events);
    informer_set_destroy(world.informers);
    client_destroy(world.client);
    api_server_destroy(world.server);
    store_close(world.store);
    loop_run(world.loop);
    loop_destroy(world.loop);
    return PODS / (world.bound - world.began);
}

static void measure(size_t nodes, bool owned)
{
    char what[64];
    double decided = decide(nodes, owned), bound = bind_all(nodes, owned);
    const char *kind = owned ? "pods of 100 owners" : "plain pods";
    snprintf(what, sizeof(what), "scheduler, %zu nodes, %s: decided", nodes, kind);
    report(what, decided, "/s CPU", "", 0, ">= 15000");
    snprintf(what, sizeof(what), "scheduler, %zu nodes, %s: bound", nodes, kind);
    report(what, bound, "/s CPU", "decided", decided, owned ? "" : ">= 15000");
}

int main(void)
{
    measure(1000, false);
    measure(5000, false);
    measure(5000, true);
    return 0;
}
