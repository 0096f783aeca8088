/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cluster.c - the parts, put together as the control plane's process does, and how each dies and begins again. */
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client/events.h"
#include "client/informer.h"
#include "controllers/controllers.h"
#include "controllers/runtime/identity.h"
#include "node/cri/cri_fake.h"
#include "node/kubelet/kubelet.h"
#include "scheduler/scheduler.h"
#include "store/store.h"

#define START ((usec_t)1790000000 * USEC_PER_SEC)
#define SERVER_LAST_WORD \
    (10 * USEC_PER_MSEC) /* between cutting a server's connections and its end: its writes settle */

#define NODE_MONITOR_GRACE       (40 * USEC_PER_SEC)
#define TERMINATED_POD_THRESHOLD 12500

#define NODE_CPU_MILLI 16000
#define NODE_MEMORY    ((int64_t)64 << 30)

enum { COMPONENT_SERVER, COMPONENT_MANAGER, COMPONENT_SCHEDULER, COMPONENT_NODES };

static const char *const masters[] = { "system:masters", NULL };
static const char *const authenticated[] = { "system:authenticated", NULL };
static const char *const nodes[] = { "system:nodes", "system:authenticated", NULL };

struct component_kind {
    void (*start)(struct component *component);
    void (*stop)(struct component *component);
};

struct component {
    const struct component_kind *kind;
    struct cluster *cluster;
    bool running;
    bool gone; /* for good */
    struct loop_timer restart;
    struct client *client;
    struct informer_set *informers;
    struct controller_manager *manager;
    struct controller_identities *identities;
    struct event_recorder *events;
    struct scheduler *scheduler;
    struct kubelet *kubelet;
    struct cri *cri; /* outlives the kubelet */
    char name[32];
    char user[64];
    char address[32];
};

struct cluster {
    struct loop *loop;
    struct store *store;
    struct api_server *server, *dying_server;
    struct loop_timer burial;
    struct fault_network *network;
    struct client *user;
    size_t n_components;
    struct component *components;
    uint64_t crashes;
};

/* ---------------------------------------------------------------- API server */

static void bury_server(struct loop_timer *timer)
{
    struct cluster *cluster = container_of(timer, struct cluster, burial);
    loop_timer_stop(timer);
    api_server_destroy(cluster->dying_server);
    cluster->dying_server = NULL;
}

static void check(int rc, const struct error *err, const char *what)
{
    if (rc == 0)
        return;
    fprintf(stderr, "sim: %s: %s\n", what, err->message);
    abort();
}

/* Roles are there from now on, as when the components of a control plane begin. */
static void server_ready(void *context)
{
    struct cluster *cluster = context;
    fault_network_connect(cluster->network, cluster->server);
}

static void server_start(struct component *component)
{
    struct cluster *cluster = component->cluster;
    struct error err = { 0 };
    const struct api_server_options options = { .loop = cluster->loop,
                                                .store = cluster->store,
                                                .bootstrap = true,
                                                .ready = server_ready,
                                                .ready_context = cluster };
    check(api_server_create(&options, &cluster->server, &err), &err, "API server");
    check(api_server_start(cluster->server, &err), &err, "API server");
}

static void server_stop(struct component *component)
{
    struct cluster *cluster = component->cluster;
    fault_network_connect(cluster->network, NULL);
    if (cluster->dying_server != NULL)
        bury_server(&cluster->burial);
    cluster->dying_server = cluster->server;
    cluster->server = NULL;
    cluster->burial.callback = bury_server;
    loop_timer_start(cluster->loop, &cluster->burial, SERVER_LAST_WORD);
}

/* ---------------------------------------------------------------- controllers and scheduler */

static struct client *connect_controller(void *context, const char *user, const char *const *groups)
{
    struct component *component = context;
    return fault_network_client(component->cluster->network, CONTROLLER_MANAGER_NAME, user, groups, false);
}

static void manager_start(struct component *component)
{
    component->client = connect_controller(component, CONTROLLER_MANAGER_USER, authenticated);
    component->identities = controller_identities_create(connect_controller, component);
    component->informers = informer_set_create(component->client);
    const struct controller_manager_options options = {
        .client = component->client,
        .informers = component->informers,
        .client_for = controller_identities_client,
        .context = component->identities,
        .settings = { .cluster_cidr = "10.128.0.0/9",
                      .node_cidr_mask = 24,
                      .root_ca_pem = STR("simulated"),
                      .node_monitor_grace = NODE_MONITOR_GRACE,
                      .terminated_pod_threshold = TERMINATED_POD_THRESHOLD },
        .controllers = controllers_all,
        .n_controllers = controllers_count,
    };
    component->manager = controller_manager_create(&options);
    controller_manager_start(component->manager);
}

static void scheduler_begin(struct component *component)
{
    component->client = fault_network_client(component->cluster->network, "kube-scheduler", "system:kube-scheduler",
                                             authenticated, false);
    component->informers = informer_set_create(component->client);
    component->events = event_recorder_create(component->client, "default-scheduler", NULL);
    const struct scheduler_options options = { .client = component->client,
                                               .informers = component->informers,
                                               .events = component->events };
    component->scheduler = scheduler_create(&options);
    scheduler_start(component->scheduler);
}

/* Of a component that keeps nothing. */
static void client_stop(struct component *component)
{
    scheduler_destroy(component->scheduler);
    event_recorder_destroy(component->events);
    controller_manager_destroy(component->manager);
    controller_identities_destroy(component->identities);
    informer_set_destroy(component->informers);
    client_destroy(component->client);
    component->scheduler = NULL;
    component->events = NULL;
    component->manager = NULL;
    component->identities = NULL;
    component->informers = NULL;
    component->client = NULL;
}

/* ---------------------------------------------------------------- hollow nodes */

static size_t node_number(const struct component *component)
{
    return (size_t)(component - component->cluster->components) - COMPONENT_NODES;
}

static void node_start(struct component *component)
{
    struct cluster *cluster = component->cluster;
    component->client = fault_network_client(cluster->network, "kubelet", component->user, nodes, false);
    const char *const addresses[] = { component->address, NULL };
    const struct kubelet_options options = {
        .client = component->client,
        .cri = component->cri,
        .node_name = component->name,
        .addresses = addresses,
        .cpu_milli = NODE_CPU_MILLI,
        .memory = NODE_MEMORY,
        .port = -1,
    };
    component->kubelet = kubelet_create(&options);
    struct error err = { 0 };
    check(kubelet_start(component->kubelet, &err), &err, component->name);
}

static void node_stop(struct component *component)
{
    kubelet_destroy(component->kubelet);
    client_destroy(component->client);
    component->kubelet = NULL;
    component->client = NULL;
}

static void node_prepare(struct component *component)
{
    size_t n = node_number(component);
    const struct cri_fake_options options = {
        .call_time = 5 * USEC_PER_MSEC, .stop_time = 100 * USEC_PER_MSEC, .has_events = true, .subnet = (unsigned)n + 1
    };
    component->cri = cri_fake_create(component->cluster->loop, &options);
    snprintf(component->name, sizeof(component->name), "node-%04zu", n);
    snprintf(component->user, sizeof(component->user), "system:node:%s", component->name);
    snprintf(component->address, sizeof(component->address), "192.168.%zu.%zu", n / 250, n % 250 + 1);
}

/* ---------------------------------------------------------------- life */

static const struct component_kind kinds[] = {
    [COMPONENT_SERVER] = { server_start, server_stop },
    [COMPONENT_MANAGER] = { manager_start, client_stop },
    [COMPONENT_SCHEDULER] = { scheduler_begin, client_stop },
    [COMPONENT_NODES] = { node_start, node_stop },
};

static void component_start(struct component *component)
{
    loop_timer_stop(&component->restart);
    if (component->running || component->gone)
        return;
    component->running = true;
    component->kind->start(component);
}

static void component_stop(struct component *component)
{
    if (!component->running)
        return;
    component->running = false;
    component->kind->stop(component);
}

static void restart(struct loop_timer *timer)
{
    component_start(container_of(timer, struct component, restart));
}

struct cluster *cluster_create(const struct cluster_options *options)
{
    struct cluster *cluster = memory_new(struct cluster);
    struct error err = { 0 };
    cluster->loop = loop_create_virtual(START, options->seed);
    check(store_open_memory(cluster->loop, &cluster->store, &err), &err, "store");
    cluster->network = fault_network_create(cluster->loop, options->seed ^ 0x6661756c7473); /* "faults" */
    cluster->user = fault_network_client(cluster->network, "kubectl", "kubernetes-admin", masters, true);
    cluster->n_components = COMPONENT_NODES + options->nodes;
    cluster->components = memory_zalloc(cluster->n_components * sizeof(struct component));
    for (size_t i = 0; i < cluster->n_components; i++) {
        struct component *component = &cluster->components[i];
        component->cluster = cluster;
        component->kind = &kinds[i < COMPONENT_NODES ? i : COMPONENT_NODES];
        component->restart.callback = restart;
        if (i >= COMPONENT_NODES)
            node_prepare(component);
        component_start(component);
    }
    return cluster;
}

void cluster_destroy(struct cluster *cluster)
{
    if (cluster == NULL)
        return;
    for (size_t i = cluster->n_components; i-- > 0;) {
        struct component *component = &cluster->components[i];
        loop_timer_stop(&component->restart);
        component_stop(component);
    }
    client_destroy(cluster->user);
    loop_run_until(cluster->loop, loop_now(cluster->loop) + USEC_PER_SEC); /* the server's end, runtimes' last calls */
    for (size_t i = COMPONENT_NODES; i < cluster->n_components; i++)
        cri_destroy(cluster->components[i].cri);
    fault_network_destroy(cluster->network);
    store_close(cluster->store);
    loop_destroy(cluster->loop);
    free(cluster->components);
    free(cluster);
}

struct loop *cluster_loop(struct cluster *cluster)
{
    return cluster->loop;
}

struct fault_network *cluster_network(struct cluster *cluster)
{
    return cluster->network;
}

struct client *cluster_user(struct cluster *cluster)
{
    return cluster->user;
}

usec_t cluster_age(struct cluster *cluster)
{
    return loop_now(cluster->loop) - START;
}

uint64_t cluster_revision(struct cluster *cluster)
{
    return store_revision(cluster->store);
}

/* ---------------------------------------------------------------- disasters */

size_t cluster_component_count(const struct cluster *cluster)
{
    return cluster->n_components;
}

void cluster_crash(struct cluster *cluster, size_t index, usec_t outage)
{
    struct component *component = &cluster->components[index];
    if (!component->running)
        return;
    cluster->crashes++;
    component_stop(component);
    loop_timer_start(cluster->loop, &component->restart, outage);
}

uint64_t cluster_crashes(const struct cluster *cluster)
{
    return cluster->crashes;
}

void cluster_heal(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_components; i++)
        component_start(&cluster->components[i]);
}

const char *cluster_node_name(const struct cluster *cluster, size_t node)
{
    return cluster->components[COMPONENT_NODES + node].name;
}

void cluster_vanish(struct cluster *cluster, size_t node)
{
    struct component *component = &cluster->components[COMPONENT_NODES + node];
    component->gone = true;
    loop_timer_stop(&component->restart);
    component_stop(component);
}

size_t cluster_sandboxes(const struct cluster *cluster)
{
    size_t count = 0;
    for (size_t i = COMPONENT_NODES; i < cluster->n_components; i++) {
        if (!cluster->components[i].gone)
            count += cri_fake_sandbox_count(cluster->components[i].cri);
    }
    return count;
}
