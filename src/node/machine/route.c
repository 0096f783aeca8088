/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* route.c - nodes -> wanted routes -> (worker) compared with what the kernel has of ours.
 *
 * Always the whole comparison: a few hundred nodes at most change rarely, and nothing that
 * somebody else did to the table in the meantime can be missed. */
#include "node/machine/route.h"

#include <netinet/in.h> /* before the kernel's headers of netfilter */

#include <linux/netfilter_ipv4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "generated/types.h"
#include "net/netlink.h"
#include "net/nft_rule.h"

#define OUR_PROTOCOL   98 /* of routes; free in rt_protos */
#define ROUTES_MAX     4096
#define MASQUERADE_MAX 65536 /* bytes of its messages */
#define RETRY_DELAY    (2 * USEC_PER_SEC)

struct routes {
    struct loop *loop;
    char *node_name;
    int network_namespace;
    struct ip_prefix cluster_ranges[ROUTES_RANGES_MAX];
    size_t n_cluster_ranges;
    void (*own_ranges)(void *context, const struct ip_prefix *ranges, size_t count);
    void *context;
    struct informer *nodes;
    struct informer_listener listener;
    struct loop_task sync;
    struct loop_timer retry;
    bool running, sync_queued, busy, dirty, synced;
    struct ip_prefix told[ROUTES_RANGES_MAX]; /* own_ranges() was told these */
    size_t n_told;
    void (*stopped)(void *context);
    void *stopped_context;

    /* Of the work under way: the worker's until done. */
    struct loop_work work;
    struct netlink_route *wanted;
    size_t n_wanted, wanted_size;
    struct ip_prefix own[ROUTES_RANGES_MAX];
    size_t n_own;
    bool masquerade; /* write the table */
    struct netlink *netlink;
    int rc;
    struct error err;
};

/* ---------------------------------------------------------------- wishes, on the loop */

static bool internal_address(const struct api_node *node, uint8_t family, struct ip *ret_ip)
{
    for (size_t i = 0; i < node->status.n_addresses; i++)
        if (text_equal(node->status.addresses[i].type, "InternalIP") &&
            ip_parse(str_of(node->status.addresses[i].address), ret_ip) && ret_ip->family == family)
            return true;
    return false;
}

/* spec.podCIDRs, or spec.podCIDR of those who only know that. */
static size_t pod_ranges(const struct api_node *node, struct ip_prefix ranges[ROUTES_RANGES_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < node->spec.n_pod_cidrs && count < ROUTES_RANGES_MAX; i++)
        count += ip_prefix_parse(str_of(node->spec.pod_cidrs[i]), &ranges[count]);
    if (count == 0)
        count += ip_prefix_parse(str_of(node->spec.pod_cidr), &ranges[0]);
    return count;
}

static void want_routes_to(struct routes *routes, const struct api_node *node)
{
    struct ip_prefix ranges[ROUTES_RANGES_MAX];
    size_t count = pod_ranges(node, ranges);
    for (size_t i = 0; i < count; i++) {
        struct netlink_route route = { .destination = ranges[i], .protocol = OUR_PROTOCOL };
        route.destination.address = ip_prefix_network(&ranges[i]);
        if (routes->n_wanted == ROUTES_MAX || !internal_address(node, ranges[i].address.family, &route.gateway))
            continue;
        if (routes->n_wanted == routes->wanted_size) {
            routes->wanted_size = routes->wanted_size == 0 ? 16 : 2 * routes->wanted_size;
            routes->wanted = memory_resize(routes->wanted, routes->wanted_size, sizeof(route));
        }
        routes->wanted[routes->n_wanted++] = route;
    }
}

static bool same_ranges(const struct ip_prefix *a, size_t n_a, const struct ip_prefix *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; i < n_a && same; i++)
        same = a[i].length == b[i].length && ip_equal(&a[i].address, &b[i].address);
    return same;
}

static void gather(struct routes *routes)
{
    const struct object *object = NULL;
    routes->n_wanted = routes->n_own = 0;
    while ((object = informer_next(routes->nodes, object)) != NULL) {
        if (strcmp(object_name(object), routes->node_name) == 0)
            routes->n_own = pod_ranges(api_node_of(object), routes->own);
        else
            want_routes_to(routes, api_node_of(object));
    }
}

/* ---------------------------------------------------------------- comparison, on the worker */

static bool same_route(const struct netlink_route *a, const struct netlink_route *b)
{
    return a->destination.length == b->destination.length &&
           ip_equal(&a->destination.address, &b->destination.address) && ip_equal(&a->gateway, &b->gateway);
}

/* What is there and wanted is struck from the wishes; what is there and not wanted is deleted. */
static void compare(void *context, const struct netlink_route *present)
{
    struct routes *routes = context;
    if (present->protocol != OUR_PROTOCOL)
        return;
    bool destination_wanted = false;
    for (size_t i = 0; i < routes->n_wanted; i++) {
        struct netlink_route *wanted = &routes->wanted[i];
        if (same_route(wanted, present)) {
            routes->wanted[i] = routes->wanted[--routes->n_wanted];
            return;
        }
        destination_wanted |= wanted->destination.length == present->destination.length &&
                              ip_equal(&wanted->destination.address, &present->destination.address);
    }
    if (!destination_wanted) /* else it is replaced, without a moment in between */
        netlink_delete_route(routes->netlink, present);
}

static int change_routes(struct routes *routes)
{
    int rc = netlink_open(routes->network_namespace, &routes->netlink, &routes->err);
    if (rc < 0)
        return rc;
    rc = netlink_each_route(routes->netlink, IP_V4, compare, routes, &routes->err);
    if (rc == 0)
        rc = netlink_each_route(routes->netlink, IP_V6, compare, routes, &routes->err);
    if (rc == 0) {
        for (size_t i = 0; i < routes->n_wanted; i++)
            netlink_add_route(routes->netlink, &routes->wanted[i]);
        rc = netlink_commit(routes->netlink, &routes->err);
    }
    netlink_close(take_pointer(&routes->netlink));
    return rc;
}

/* The last one of that family, as the range of a node's pods or the cluster's. */
static const struct ip_prefix *range_of(const struct ip_prefix *ranges, size_t count, enum ip_family family)
{
    const struct ip_prefix *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (ranges[i].address.family == family)
            found = &ranges[i];
    return found;
}

/* What pods send leaves with the node's address, unless it goes to pods or to many. */
static void write_masquerade(const struct routes *routes, enum ip_family family, struct nft_batch *batch)
{
    static const struct nft_hook hook = { "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC };
    const struct ip_prefix *own = range_of(routes->own, routes->n_own, family);
    const struct ip_prefix *cluster = range_of(routes->cluster_ranges, routes->n_cluster_ranges, family);
    struct ip_prefix multicast;
    ip_prefix_parse(family == IP_V6 ? STR("ff00::/8") : STR("224.0.0.0/4"), &multicast);
    nft_use_table(batch, family, "coracle_pods");
    nft_remove_table(batch);
    if (own == NULL || cluster == NULL)
        return;
    nft_replace_table(batch);
    nft_add_chain(batch, "postrouting", &hook);
    nft_begin_rule(batch, "postrouting");
    nft_load_source(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_EQ, own);
    nft_load_destination(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_NEQ, cluster);
    nft_load_destination(batch, 0);
    nft_require_prefix(batch, 0, NFT_CMP_NEQ, &multicast);
    nft_masquerade(batch);
    nft_end_rule(batch);
}

static int change_masquerade(struct routes *routes)
{
    struct nft_socket *socket = NULL;
    int rc = nft_socket_open(routes->network_namespace, &socket, &routes->err);
    if (rc < 0)
        return rc;
    struct nft_batch *batch = nft_batch_create(MASQUERADE_MAX);
    write_masquerade(routes, IP_V4, batch);
    write_masquerade(routes, IP_V6, batch);
    rc = nft_send(socket, batch, &routes->err);
    nft_batch_destroy(batch);
    nft_socket_close(socket);
    return rc;
}

static void work(struct loop_work *loop_work)
{
    struct routes *routes = container_of(loop_work, struct routes, work);
    int masquerade_rc = routes->masquerade ? change_masquerade(routes) : 0;
    routes->rc = change_routes(routes);
    if (routes->rc == 0)
        routes->rc = masquerade_rc;
}

/* ---------------------------------------------------------------- turns */

static void queue_sync(struct routes *routes)
{
    routes->dirty = true;
    if (routes->running && !routes->busy && !routes->sync_queued) {
        routes->sync_queued = true;
        loop_defer(routes->loop, &routes->sync);
    }
}

static void tell_own_ranges(struct routes *routes)
{
    memcpy(routes->told, routes->own, sizeof(routes->own));
    routes->n_told = routes->n_own;
    if (routes->own_ranges != NULL && routes->n_own > 0)
        routes->own_ranges(routes->context, routes->told, routes->n_told);
}

static void work_done(struct loop_work *loop_work)
{
    struct routes *routes = container_of(loop_work, struct routes, work);
    routes->busy = false;
    if (routes->rc < 0)
        log_warning("routes to the pods of other nodes could not be changed", LOG_TEXT("error", routes->err.message));
    if (routes->stopped != NULL) {
        routes->stopped(routes->stopped_context);
        return;
    }
    if (routes->rc < 0) {
        routes->n_told = 0; /* the table may be the one that failed */
        loop_timer_start(routes->loop, &routes->retry, RETRY_DELAY);
        return;
    }
    routes->synced = true;
    if (routes->masquerade)
        tell_own_ranges(routes);
    if (routes->dirty)
        queue_sync(routes);
}

static void start_work(struct loop_task *task)
{
    struct routes *routes = container_of(task, struct routes, sync);
    routes->sync_queued = false;
    if (!informer_synced(routes->nodes) || routes->busy)
        return;
    routes->dirty = false;
    gather(routes);
    routes->masquerade = !routes->synced || !same_ranges(routes->own, routes->n_own, routes->told, routes->n_told);
    routes->busy = true;
    error_clear(&routes->err);
    routes->work = (struct loop_work){ .work = work, .done = work_done };
    loop_work_start(routes->loop, &routes->work);
}

/* A heartbeat changes a node's status every few minutes; what matters here hardly ever changes. */
static bool matters(const struct object *before, const struct object *after)
{
    if (before == NULL || after == NULL)
        return true;
    struct ip_prefix old_ranges[ROUTES_RANGES_MAX], new_ranges[ROUTES_RANGES_MAX];
    const struct api_node *old_node = api_node_of(before), *new_node = api_node_of(after);
    size_t n_old = pod_ranges(old_node, old_ranges), n_new = pod_ranges(new_node, new_ranges);
    if (!same_ranges(old_ranges, n_old, new_ranges, n_new))
        return true;
    for (size_t i = 0; i < n_old; i++) {
        struct ip old_ip = { 0 }, new_ip = { 0 };
        internal_address(old_node, old_ranges[i].address.family, &old_ip);
        internal_address(new_node, old_ranges[i].address.family, &new_ip);
        if (!ip_equal(&old_ip, &new_ip))
            return true;
    }
    return false;
}

static void node_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    if (matters(before, after))
        queue_sync(container_of(listener, struct routes, listener));
}

static void nodes_synced(struct informer_listener *listener)
{
    queue_sync(container_of(listener, struct routes, listener));
}

static void retry_due(struct loop_timer *timer)
{
    queue_sync(container_of(timer, struct routes, retry));
}

/* ---------------------------------------------------------------- life */

struct routes *routes_create(struct loop *loop, struct informer_set *informers, const struct routes_options *options)
{
    struct routes *routes = memory_new(struct routes);
    routes->loop = loop;
    routes->node_name = memory_strdup(options->node_name);
    routes->network_namespace = options->network_namespace;
    for (size_t i = 0; i < options->n_cluster_ranges && i < ROUTES_RANGES_MAX; i++)
        routes->cluster_ranges[routes->n_cluster_ranges++] = options->cluster_ranges[i];
    routes->own_ranges = options->own_ranges;
    routes->context = options->context;
    routes->nodes = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_node });
    routes->listener = (struct informer_listener){ .changed = node_changed, .synced = nodes_synced };
    routes->sync.callback = start_work;
    routes->retry.callback = retry_due;
    return routes;
}

void routes_start(struct routes *routes)
{
    routes->running = true;
    informer_listen(routes->nodes, &routes->listener);
    queue_sync(routes);
}

void routes_stop(struct routes *routes, void (*stopped)(void *context), void *context)
{
    if (routes->running)
        informer_unlisten(routes->nodes, &routes->listener);
    routes->running = false;
    loop_cancel(routes->loop, &routes->sync);
    loop_timer_stop(&routes->retry);
    routes->stopped = stopped;
    routes->stopped_context = context;
    if (!routes->busy)
        stopped(context);
}

void routes_destroy(struct routes *routes)
{
    if (routes == NULL)
        return;
    free(routes->wanted);
    free(routes->node_name);
    free(routes);
}

bool routes_synced(const struct routes *routes)
{
    return routes->synced;
}
