/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* proxy.c - from informer events to transactions.
 *
 *   event -> service is dirty -> (next turn of the loop) render all dirty ones -> transaction on a worker
 *         -> done: stale UDP flows are found and forgotten, then what became dirty meanwhile is next
 *
 * A refused transaction means that the kernel's state is not what we believe (somebody flushed
 * our tables): everything is written anew after a delay. */
#include "node/proxy/proxy.h"

#include <string.h>

#include "base/container/map.h"
#include "base/log.h"
#include "base/memory.h"
#include "net/namespace.h"
#include "node/proxy/apply.h"
#include "node/proxy/render.h"
#include "node/proxy/service_health.h"
#include "node/proxy/table.h"

#define TRANSACTION_MAX   ((size_t)256 << 20) /* about two million elements */
#define HEALTH_TIMEOUT    (60 * USEC_PER_SEC) /* upstream's: twice the sync period */
#define RETRY_DELAY_FIRST (100 * USEC_PER_MSEC)
#define RETRY_DELAY_MAX   (30 * USEC_PER_SEC)

static const char *const service_label = "kubernetes.io/service-name";
static const char *const headless_label = "service.kubernetes.io/headless"; /* endpoints that only DNS is for */
static const char *const deletion_taint = "ToBeDeletedByClusterAutoscaler";
static const char *const zone_label = "topology.kubernetes.io/zone";

struct slice {
    struct list_node by_service; /* in entry.slices */
    const struct object *object;
};

/* One service, or slices whose service is not there (yet). */
struct entry {
    struct map_node by_key;   /* in proxy.entries */
    struct list_node by_dirt; /* in proxy.dirty */
    const struct object *service;
    struct list slices;
    size_t n_slices;
    char key[];
};

struct proxy {
    struct loop *loop;
    struct informer *services, *slices, *nodes; /* of nodes only ours */
    struct informer_listener service_listener, slice_listener, node_listener;
    int network_namespace;
    char *node_name;
    char *zone; /* NULL: none known */
    struct ip_prefix inside[PROXY_INSIDE_MAX];
    size_t n_inside;
    struct ip answered_here[PROXY_ANSWERED_MAX];
    size_t n_answered_here;
    struct map entries;
    struct list dirty;
    struct ruleset *v4, *v6;
    struct apply *apply;
    struct loop_task sync;
    struct loop_timer retry;
    usec_t retry_delay;
    bool sync_queued, running;
    bool check_flows; /* a UDP service is part of the changes */
    void (*stopped)(void *context);
    void *stopped_context;
    struct service_health *health;
    usec_t pending_since; /* monotonic: the oldest change that no transaction has had yet; 0: none */
    struct proxy_status status;
};

/* ---------------------------------------------------------------- what is known */

static struct entry *find_or_make(struct proxy *proxy, const char *key)
{
    struct entry *entry = map_find_entry(&proxy->entries, str_of(key), struct entry, by_key);
    if (entry != NULL)
        return entry;
    size_t size = strlen(key);
    entry = memory_zalloc(sizeof(*entry) + size + 1);
    memcpy(entry->key, key, size);
    list_init(&entry->slices);
    map_insert(&proxy->entries, (struct str){ entry->key, size }, &entry->by_key);
    return entry;
}

static void free_entry(struct proxy *proxy, struct entry *entry)
{
    struct slice *slice;
    list_for_each (&entry->slices, slice, by_service) {
        object_unref(slice->object);
        free(slice);
    }
    object_unref(entry->service);
    list_remove(&entry->by_dirt);
    map_remove(&proxy->entries, &entry->by_key);
    free(entry);
}

static void queue_sync(struct proxy *proxy)
{
    if (!proxy->sync_queued && proxy->running && !apply_busy(proxy->apply) && !loop_timer_running(&proxy->retry)) {
        proxy->sync_queued = true;
        loop_defer(proxy->loop, &proxy->sync);
    }
}

static void mark_dirty(struct proxy *proxy, struct entry *entry)
{
    proxy->status.last_queued = loop_now(proxy->loop);
    if (proxy->pending_since == 0)
        proxy->pending_since = loop_monotonic(proxy->loop);
    if (!list_linked(&entry->by_dirt))
        list_append(&proxy->dirty, &entry->by_dirt);
    queue_sync(proxy);
}

static void service_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct proxy *proxy = container_of(listener, struct proxy, service_listener);
    struct entry *entry = find_or_make(proxy, object_key(after != NULL ? after : before));
    object_unref(entry->service);
    entry->service = object_ref(after);
    proxy->status.service_changes++;
    proxy->status.services += (before == NULL) - (after == NULL);
    mark_dirty(proxy, entry);
}

/* The entry of the slice's service; NULL when it names none, or is not for proxies. */
static struct entry *entry_of_slice(struct proxy *proxy, const struct object *slice)
{
    struct str service, headless;
    if (slice == NULL || !object_label(slice, str_of(service_label), &service) || service.size == 0 ||
        object_label(slice, str_of(headless_label), &headless))
        return NULL;
    autofree char *key = memory_format("%s/" STR_FMT, object_namespace(slice), STR_ARG(service));
    return find_or_make(proxy, key);
}

static void remove_slice(struct entry *entry, const char *key)
{
    struct slice *slice;
    list_for_each (&entry->slices, slice, by_service)
        if (strcmp(object_key(slice->object), key) == 0) {
            list_remove(&slice->by_service);
            object_unref(slice->object);
            free(slice);
            entry->n_slices--;
            return;
        }
}

static void slice_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct proxy *proxy = container_of(listener, struct proxy, slice_listener);
    proxy->status.endpoint_changes++;
    struct entry *entry = entry_of_slice(proxy, before);
    if (entry != NULL) {
        remove_slice(entry, object_key(before));
        mark_dirty(proxy, entry);
    }
    entry = entry_of_slice(proxy, after);
    if (entry != NULL) {
        struct slice *slice = memory_new(struct slice);
        slice->object = object_ref(after);
        list_append(&entry->slices, &slice->by_service);
        entry->n_slices++;
        mark_dirty(proxy, entry);
    }
}

static bool is_eligible(const struct object *node)
{
    if (node == NULL)
        return false;
    const struct api_node *typed = api_node_of(node);
    for (size_t i = 0; i < typed->spec.n_taints; i++)
        if (text_equal(typed->spec.taints[i].key, deletion_taint))
            return false;
    return typed->metadata.deletion_timestamp == 0;
}

/* In another zone the hints say other things. */
static void node_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    (void)before;
    struct proxy *proxy = container_of(listener, struct proxy, node_listener);
    proxy->status.node_eligible = is_eligible(after);
    struct str zone = { 0 };
    if (after != NULL)
        object_label(after, str_of(zone_label), &zone);
    if (str_is(zone, text_or_empty(proxy->zone)))
        return;
    free(proxy->zone);
    proxy->zone = zone.size > 0 ? memory_strndup(zone.data, zone.size) : NULL;
    struct entry *entry;
    map_for_each (&proxy->entries, entry, by_key)
        mark_dirty(proxy, entry);
}

static void node_synced(struct informer_listener *listener)
{
    queue_sync(container_of(listener, struct proxy, node_listener));
}

static void service_synced(struct informer_listener *listener)
{
    queue_sync(container_of(listener, struct proxy, service_listener));
}

static void slice_synced(struct informer_listener *listener)
{
    queue_sync(container_of(listener, struct proxy, slice_listener));
}

/* ---------------------------------------------------------------- rendering */

static bool has_udp(const struct api_service *service)
{
    for (size_t i = 0; i < service->spec.n_ports; i++)
        if (text_equal(service->spec.ports[i].protocol, "UDP"))
            return true;
    return false;
}

static void render_entry(struct proxy *proxy, struct entry *entry)
{
    const struct api_discovery_endpoint_slice **slices = memory_resize(NULL, entry->n_slices + 1, sizeof(void *));
    size_t count = 0;
    struct slice *slice;
    list_for_each (&entry->slices, slice, by_service)
        slices[count++] = api_discovery_endpoint_slice_of(slice->object);
    struct render_input input = {
        .owner = entry->key,
        .service = entry->service != NULL ? api_service_of(entry->service) : NULL,
        .slices = slices,
        .n_slices = count,
        .node_name = proxy->node_name,
        .zone = proxy->zone,
        .inside = proxy->inside,
        .n_inside = proxy->n_inside,
        .answered_here = proxy->answered_here,
        .n_answered_here = proxy->n_answered_here,
    };
    bool checked = input.service != NULL && text_equal(input.service->spec.type, "LoadBalancer") &&
                   text_equal(input.service->spec.external_traffic_policy, "Local") && !render_ignores(input.service);
    service_health_set(proxy->health, entry->key, checked ? (uint16_t)input.service->spec.health_check_node_port : 0,
                       render_count_local(&input));
    bool was_conflicted = ruleset_conflicted(proxy->v4, entry->key) || ruleset_conflicted(proxy->v6, entry->key);
    render_service(&input, proxy->v4, proxy->v6);
    free(slices);
    if (!was_conflicted && (ruleset_conflicted(proxy->v4, entry->key) || ruleset_conflicted(proxy->v6, entry->key)))
        log_warning("an address and port of this service belong to another service already",
                    LOG_TEXT("service", entry->key));
    proxy->check_flows |= input.service == NULL || has_udp(input.service);
}

/* What somebody gave up may be what a conflicted service is waiting for. */
static void render_conflicted(struct proxy *proxy)
{
    struct entry *entry;
    map_for_each (&proxy->entries, entry, by_key)
        if (ruleset_conflicted(proxy->v4, entry->key) || ruleset_conflicted(proxy->v6, entry->key))
            render_entry(proxy, entry);
}

static void render_dirty(struct proxy *proxy)
{
    struct list_node *node;
    while ((node = list_pop(&proxy->dirty)) != NULL) {
        struct entry *entry = container_of(node, struct entry, by_dirt);
        render_entry(proxy, entry);
        if (entry->service == NULL && entry->n_slices == 0)
            free_entry(proxy, entry);
    }
    if (ruleset_any_conflict(proxy->v4) || ruleset_any_conflict(proxy->v6))
        render_conflicted(proxy);
}

/* ---------------------------------------------------------------- transactions */

static void schedule_retry(struct proxy *proxy)
{
    proxy->retry_delay = proxy->retry_delay == 0 ? RETRY_DELAY_FIRST : 2 * proxy->retry_delay;
    if (proxy->retry_delay > RETRY_DELAY_MAX)
        proxy->retry_delay = RETRY_DELAY_MAX;
    loop_timer_start(proxy->loop, &proxy->retry, proxy->retry_delay);
}

static void transaction_done(void *context, int rc, const struct error *err, usec_t duration)
{
    struct proxy *proxy = context;
    if (rc < 0) {
        log_error("service rules could not be changed", LOG_TEXT("error", err->message));
        proxy->status.failures++;
        ruleset_forget(proxy->v4);
        ruleset_forget(proxy->v6);
        proxy->check_flows = true;
    } else {
        proxy->status.transactions++;
        proxy->status.last_sync = loop_now(proxy->loop);
        proxy->status.last_duration = duration;
        proxy->status.total_duration += duration;
        size_t bucket = 0;
        while (bucket < PROXY_DURATION_BUCKETS && duration > USEC_PER_MSEC << bucket)
            bucket++;
        if (bucket < PROXY_DURATION_BUCKETS)
            proxy->status.durations[bucket]++;
        if (list_empty(&proxy->dirty))
            proxy->pending_since = 0;
        proxy->retry_delay = 0;
    }
    if (proxy->stopped != NULL) {
        proxy->stopped(proxy->stopped_context);
        return;
    }
    if (rc < 0)
        schedule_retry(proxy);
    else
        queue_sync(proxy);
}

static void sync_rules(struct loop_task *task)
{
    struct proxy *proxy = container_of(task, struct proxy, sync);
    proxy->sync_queued = false;
    if (!informer_synced(proxy->services) || !informer_synced(proxy->slices) || !informer_synced(proxy->nodes))
        return;
    render_dirty(proxy);
    struct nft_batch *batch = nft_batch_create(TRANSACTION_MAX);
    bool any = table_write_changes(batch, proxy->v4);
    any |= table_write_changes(batch, proxy->v6);
    if (!any) {
        proxy->pending_since = 0;
        nft_batch_destroy(batch);
        return;
    }
    apply_start(proxy->apply, batch, proxy->check_flows);
    proxy->check_flows = false;
}

static void retry_due(struct loop_timer *timer)
{
    queue_sync(container_of(timer, struct proxy, retry));
}

/* ---------------------------------------------------------------- life */

static bool is_healthy(void *context)
{
    return proxy_healthy(context);
}

struct proxy *proxy_create(struct loop *loop, struct informer_set *informers, const struct proxy_options *options)
{
    struct proxy *proxy = memory_new(struct proxy);
    proxy->loop = loop;
    proxy->services = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_service });
    proxy->slices =
        informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_discovery_endpoint_slice });
    autofree char *selector = memory_format("metadata.name=%s", options->node_name);
    proxy->nodes = informer_set_get(
        informers, &(struct informer_options){ .resource = &api_resource_node, .field_selector = selector });
    proxy->node_listener = (struct informer_listener){ .changed = node_changed, .synced = node_synced };
    proxy->service_listener = (struct informer_listener){ .changed = service_changed, .synced = service_synced };
    proxy->slice_listener = (struct informer_listener){ .changed = slice_changed, .synced = slice_synced };
    proxy->node_name = memory_strdup(options->node_name);
    for (size_t i = 0; i < options->n_answered_here && i < PROXY_ANSWERED_MAX; i++)
        proxy->answered_here[proxy->n_answered_here++] = options->answered_here[i];
    for (size_t i = 0; i < options->n_inside && i < PROXY_INSIDE_MAX; i++)
        proxy->inside[proxy->n_inside++] = options->inside[i];
    proxy->network_namespace = options->network_namespace;
    list_init(&proxy->dirty);
    proxy->v4 = ruleset_create(IP_V4);
    proxy->v6 = ruleset_create(IP_V6);
    proxy->apply = apply_create(loop, options->network_namespace, proxy->v4, proxy->v6, transaction_done, proxy);
    proxy->health = service_health_create(loop, options->network_namespace, is_healthy, proxy);
    proxy->status.node_eligible = true; /* until something says otherwise */
    proxy->sync.callback = sync_rules;
    proxy->retry.callback = retry_due;
    return proxy;
}

void proxy_start(struct proxy *proxy)
{
    struct error err = { 0 };
    if (namespace_sysctl(proxy->network_namespace, "ipv4/conf/all/route_localnet", "1", &err) < 0)
        log_warning("node ports do not work on 127.0.0.1", LOG_TEXT("error", err.message));
    proxy->running = true;
    informer_listen(proxy->nodes, &proxy->node_listener);
    informer_listen(proxy->services, &proxy->service_listener);
    informer_listen(proxy->slices, &proxy->slice_listener);
    queue_sync(proxy);
}

void proxy_stop(struct proxy *proxy, void (*stopped)(void *context), void *context)
{
    if (proxy->running) {
        informer_unlisten(proxy->services, &proxy->service_listener);
        informer_unlisten(proxy->slices, &proxy->slice_listener);
        informer_unlisten(proxy->nodes, &proxy->node_listener);
    }
    proxy->running = false;
    loop_cancel(proxy->loop, &proxy->sync);
    loop_timer_stop(&proxy->retry);
    proxy->stopped = stopped;
    proxy->stopped_context = context;
    if (!apply_busy(proxy->apply))
        stopped(context);
}

void proxy_destroy(struct proxy *proxy)
{
    if (proxy == NULL)
        return;
    struct entry *entry;
    map_for_each (&proxy->entries, entry, by_key)
        free_entry(proxy, entry);
    map_fini(&proxy->entries);
    apply_destroy(proxy->apply);
    service_health_destroy(proxy->health);
    ruleset_destroy(proxy->v4);
    ruleset_destroy(proxy->v6);
    free(proxy->node_name);
    free(proxy->zone);
    free(proxy);
}

bool proxy_synced(const struct proxy *proxy)
{
    return proxy->status.transactions > 0;
}

bool proxy_healthy(const struct proxy *proxy)
{
    return proxy->pending_since == 0 || loop_monotonic(proxy->loop) - proxy->pending_since < HEALTH_TIMEOUT;
}

void proxy_status(const struct proxy *proxy, struct proxy_status *ret_status)
{
    *ret_status = proxy->status;
    ret_status->rules = ruleset_count(proxy->v4) + ruleset_count(proxy->v6);
}
