/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/machine/nodeports.h"

#include <stdio.h>
#include <string.h>

#include "base/container/map.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text/ip.h"
#include "generated/types.h"
#include "node/machine/forward.h"

#define RETRY_DELAY (5 * USEC_PER_SEC) /* of a port that somebody else on the host has */

struct port {
    struct map_node by_number; /* in nodeports.ports */
    struct nodeports *owner;
    struct forwarder *forwarder; /* NULL: could not listen yet */
    int32_t number;
    bool wanted; /* during a sync */
    bool complained;
    char key[8];
};

struct nodeports {
    struct loop *loop;
    int fabric_namespace;
    char *listen_host;
    struct informer *services, *nodes;
    struct informer_listener service_listener;
    struct map ports;
    struct loop_task sync;
    struct loop_timer retry;
    bool running, sync_queued;
    unsigned turn; /* which node is first for the next connection */
};

/* ---------------------------------------------------------------- nodes */

static bool node_ready(const struct api_node *node)
{
    for (size_t i = 0; i < node->status.n_conditions; i++)
        if (text_equal(node->status.conditions[i].type, "Ready"))
            return text_equal(node->status.conditions[i].status, "True");
    return false;
}

static const char *node_address(const struct api_node *node)
{
    for (size_t i = 0; i < node->status.n_addresses; i++)
        if (text_equal(node->status.addresses[i].type, "InternalIP"))
            return node->status.addresses[i].address;
    return NULL;
}

/* The index'th ready node, counted around; NULL when there are none. */
static const char *ready_address(const struct nodeports *nodeports, unsigned index, unsigned *ret_count)
{
    const char *addresses[256];
    unsigned count = 0;
    const struct object *object = NULL;
    while ((object = informer_next(nodeports->nodes, object)) != NULL && count < countof(addresses)) {
        const struct api_node *node = api_node_of(object);
        const char *address = node_address(node);
        if (address != NULL && node_ready(node))
            addresses[count++] = address;
    }
    *ret_count = count;
    return count > 0 ? addresses[index % count] : NULL;
}

static bool target_of(void *context, unsigned attempt, char address[FORWARD_ADDRESS_SIZE])
{
    struct port *port = context;
    struct nodeports *nodeports = port->owner;
    if (attempt == 0)
        nodeports->turn++;
    unsigned count;
    const char *ip = ready_address(nodeports, nodeports->turn + attempt, &count);
    if (ip == NULL || attempt >= count)
        return false;
    bool v6 = strchr(ip, ':') != NULL;
    snprintf(address, FORWARD_ADDRESS_SIZE, "tcp:%s%s%s:%d", v6 ? "[" : "", ip, v6 ? "]" : "", (int)port->number);
    return true;
}

/* ---------------------------------------------------------------- ports */

static void close_port(struct nodeports *nodeports, struct port *port)
{
    forwarder_close(port->forwarder);
    map_remove(&nodeports->ports, &port->by_number);
    free(port);
}

static void want_port(struct nodeports *nodeports, int32_t number)
{
    char key[16];
    snprintf(key, sizeof(key), "%d", (int)number);
    struct port *port = map_find_entry(&nodeports->ports, str_of(key), struct port, by_number);
    if (port == NULL) {
        port = memory_new(struct port);
        port->owner = nodeports;
        port->number = number;
        snprintf(port->key, sizeof(port->key), "%d", (int)number);
        map_insert(&nodeports->ports, str_of(port->key), &port->by_number);
    }
    port->wanted = true;
}

static void want_service(struct nodeports *nodeports, const struct api_service *service)
{
    for (size_t i = 0; i < service->spec.n_ports; i++) {
        const struct api_service_port *port = &service->spec.ports[i];
        bool tcp = text_empty(port->protocol) || text_equal(port->protocol, "TCP");
        if (tcp && port->node_port > 0 && port->node_port <= 65535)
            want_port(nodeports, port->node_port);
    }
}

/* False: the port is somebody else's at the moment. */
static bool open_port(struct nodeports *nodeports, struct port *port)
{
    char listen[FORWARD_ADDRESS_SIZE];
    struct error err = { 0 };
    snprintf(listen, sizeof(listen), "tcp:%s:%d", nodeports->listen_host, (int)port->number);
    struct forwarder_options options = {
        .listen = listen,
        .network_namespace = nodeports->fabric_namespace,
        .target = target_of,
        .context = port,
    };
    if (forwarder_open(nodeports->loop, &options, &port->forwarder, &err) == 0)
        return true;
    if (!port->complained)
        log_warning("a node port is not reachable from this host", LOG_INT("port", port->number),
                    LOG_TEXT("error", err.message));
    port->complained = true;
    return false;
}

static void sync_ports(struct loop_task *task)
{
    struct nodeports *nodeports = container_of(task, struct nodeports, sync);
    nodeports->sync_queued = false;
    struct port *port;
    map_for_each (&nodeports->ports, port, by_number)
        port->wanted = false;
    const struct object *object = NULL;
    while ((object = informer_next(nodeports->services, object)) != NULL)
        want_service(nodeports, api_service_of(object));
    bool all = true;
    map_for_each (&nodeports->ports, port, by_number) {
        if (!port->wanted)
            close_port(nodeports, port);
        else if (port->forwarder == NULL)
            all &= open_port(nodeports, port);
    }
    if (!all)
        loop_timer_start(nodeports->loop, &nodeports->retry, RETRY_DELAY);
}

static void queue_sync(struct nodeports *nodeports)
{
    if (nodeports->running && !nodeports->sync_queued) {
        nodeports->sync_queued = true;
        loop_defer(nodeports->loop, &nodeports->sync);
    }
}

static void service_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    (void)before;
    (void)after;
    queue_sync(container_of(listener, struct nodeports, service_listener));
}

static void retry_due(struct loop_timer *timer)
{
    queue_sync(container_of(timer, struct nodeports, retry));
}

/* ---------------------------------------------------------------- life */

struct nodeports *nodeports_create(struct loop *loop, struct informer_set *informers,
                                   const struct nodeports_options *options)
{
    struct nodeports *nodeports = memory_new(struct nodeports);
    nodeports->loop = loop;
    nodeports->fabric_namespace = options->fabric_namespace;
    nodeports->listen_host = memory_strdup(options->listen_host != NULL ? options->listen_host : "127.0.0.1");
    nodeports->services = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_service });
    nodeports->nodes = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_node });
    nodeports->service_listener.changed = service_changed;
    nodeports->sync.callback = sync_ports;
    nodeports->retry.callback = retry_due;
    return nodeports;
}

void nodeports_start(struct nodeports *nodeports)
{
    nodeports->running = true;
    informer_listen(nodeports->services, &nodeports->service_listener);
}

void nodeports_destroy(struct nodeports *nodeports)
{
    if (nodeports == NULL)
        return;
    if (nodeports->running)
        informer_unlisten(nodeports->services, &nodeports->service_listener);
    loop_cancel(nodeports->loop, &nodeports->sync);
    loop_timer_stop(&nodeports->retry);
    struct port *port;
    map_for_each (&nodeports->ports, port, by_number)
        close_port(nodeports, port);
    map_fini(&nodeports->ports);
    free(nodeports->listen_host);
    free(nodeports);
}

size_t nodeports_open_count(const struct nodeports *nodeports)
{
    size_t count = 0;
    const struct port *port;
    map_for_each (&nodeports->ports, port, by_number)
        count += port->forwarder != NULL;
    return count;
}
