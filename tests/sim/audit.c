/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* audit.c - informers of an onlooker without faults, and counts that follow them. */
#include "audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container/map.h"
#include "base/memory.h"
#include "client/informer.h"
#include "controllers/workload/ownership.h"
#include "generated/types.h"

#define DIGEST_START 14695981039346656037u /* FNV-1a */
#define DIGEST_PRIME 1099511628211u

/* A ReplicaSet never has more active pods than it was ever meant to have. */
struct set {
    struct map_node node; /* in audit.sets, by uid */
    char *uid;
    char *name;
    size_t wanted; /* spec.replicas */
    size_t most;   /* it ever was */
    size_t active;
};

struct audit {
    struct cluster *cluster;
    const char *namespace_;
    struct client *client;
    struct informer_set *informers;
    struct informer *nodes, *pods, *sets_informer, *deployments, *slices, *endpoints;
    struct informer_listener pod_listener, set_listener;
    struct map sets;
    struct loop_task check;
    size_t active, ready;
    const char *gone; /* the node that vanished */
    size_t on_gone, active_on_gone;
    size_t pods_max, ready_min;
    uint64_t digest;
    char violation[256];
};

static bool is_active(const struct object *object)
{
    if (object == NULL)
        return false;
    const struct api_pod *pod = api_pod_of(object);
    return pod->metadata.deletion_timestamp == 0 && !text_equal(pod->status.phase, "Failed") &&
           !text_equal(pod->status.phase, "Succeeded");
}

static bool is_ready(const struct object *object)
{
    if (object == NULL)
        return false;
    const struct api_pod *pod = api_pod_of(object);
    for (size_t i = 0; i < pod->status.n_conditions; i++) {
        if (text_equal(pod->status.conditions[i].type, "Ready"))
            return text_equal(pod->status.conditions[i].status, "True");
    }
    return false;
}

static bool is_on(const struct object *object, const char *node)
{
    return object != NULL && node != NULL && text_equal(api_pod_of(object)->spec.node_name, node);
}

static void count_gone(struct audit *audit, const struct object *object, int by)
{
    if (!is_on(object, audit->gone))
        return;
    audit->on_gone += (size_t)by;
    audit->active_on_gone += is_active(object) ? (size_t)by : 0;
}

static void digest_bytes(struct audit *audit, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        audit->digest = (audit->digest ^ ((const unsigned char *)bytes)[i]) * DIGEST_PRIME;
}

static void violate(struct audit *audit, const char *format, ...) printf_like(2, 3);
static void violate(struct audit *audit, const char *format, ...)
{
    if (audit->violation[0] != '\0')
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(audit->violation, sizeof(audit->violation), format, arguments);
    va_end(arguments);
}

static void check_node(struct audit *audit, const struct object *before, const struct object *after)
{
    if (before == NULL || after == NULL || strcmp(object_uid(before), object_uid(after)) != 0)
        return;
    const char *old = api_pod_of(before)->spec.node_name, *new = api_pod_of(after)->spec.node_name;
    if (!text_empty(old) && !text_equal(old, new))
        violate(audit, "pod %s moved from node %s to %s", object_name(after), old, text_or_empty(new));
}

/* Runs when all that arrived at one moment is counted: a list comes in the order of keys, and shows what nobody saw
 * before it is whole. */
static void check_bounds(struct loop_task *task)
{
    struct audit *audit = container_of(task, struct audit, check);
    if (!informer_sees(audit->pods) || !informer_sees(audit->sets_informer))
        return; /* one may be newer than the other */
    size_t wanted = 0;
    struct set *set;
    map_for_each (&audit->sets, set, node) {
        wanted += set->wanted;
        if (set->active > set->most)
            violate(audit, "ReplicaSet %s has %zu active pods and never wanted more than %zu", set->name, set->active,
                    set->most);
    }
    if (audit->pods_max > 0 && wanted > audit->pods_max)
        violate(audit, "ReplicaSets want %zu pods together, more than the %zu allowed", wanted, audit->pods_max);
    if (audit->pods_max > 0 && audit->active > audit->pods_max)
        violate(audit, "%zu pods, more than the %zu allowed", audit->active, audit->pods_max);
    if (audit->ready < audit->ready_min)
        violate(audit, "%zu ready pods, fewer than the %zu promised", audit->ready, audit->ready_min);
}

static struct set *set_get(struct audit *audit, const char *uid, const char *name)
{
    struct set *set = map_find_entry(&audit->sets, str_of(uid), struct set, node);
    if (set != NULL)
        return set;
    set = memory_new(struct set);
    set->uid = memory_strdup(uid);
    set->name = memory_strdup(name);
    map_insert(&audit->sets, str_of(set->uid), &set->node);
    return set;
}

static void count_of_set(struct audit *audit, const struct object *object, int by)
{
    const struct api_owner_reference *owner = is_active(object) ? ownership_controller(object_meta(object)) : NULL;
    if (owner != NULL)
        set_get(audit, owner->uid, owner->name)->active += (size_t)by;
}

static void set_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct audit *audit = container_of(listener, struct audit, set_listener);
    const struct object *object = after != NULL ? after : before;
    struct set *set = set_get(audit, object_uid(object), object_name(object));
    const int32_t *replicas = after == NULL ? NULL : api_apps_replica_set_of(after)->spec.replicas;
    set->wanted = replicas == NULL || *replicas < 0 ? 0 : (size_t)*replicas;
    set->most = set->wanted > set->most ? set->wanted : set->most;
    loop_defer(cluster_loop(audit->cluster), &audit->check);
}

static void pod_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct audit *audit = container_of(listener, struct audit, pod_listener);
    const struct object *object = after != NULL ? after : before;
    uint64_t facts[] = { after != NULL ? object_revision(after) : 0, (uint64_t)cluster_age(audit->cluster) };
    digest_bytes(audit, object_key(object), strlen(object_key(object)));
    digest_bytes(audit, object_uid(object), strlen(object_uid(object)));
    digest_bytes(audit, facts, sizeof(facts));
    audit->active = audit->active - is_active(before) + is_active(after);
    audit->ready = audit->ready - (is_active(before) && is_ready(before)) + (is_active(after) && is_ready(after));
    count_of_set(audit, before, -1);
    count_of_set(audit, after, 1);
    count_gone(audit, before, -1);
    count_gone(audit, after, 1);
    check_node(audit, before, after);
    loop_defer(cluster_loop(audit->cluster), &audit->check);
}

static struct informer *follow(struct audit *audit, const struct api_resource *resource)
{
    const struct informer_options options = { .resource = resource, .namespace_ = audit->namespace_ };
    return informer_set_get(audit->informers, &options);
}

struct audit *audit_create(struct cluster *cluster, const char *namespace_)
{
    static const char *const masters[] = { "system:masters", NULL };
    struct audit *audit = memory_new(struct audit);
    audit->cluster = cluster;
    audit->namespace_ = namespace_;
    audit->digest = DIGEST_START;
    audit->client = fault_network_client(cluster_network(cluster), "audit", "auditor", masters, true);
    audit->informers = informer_set_create(audit->client);
    const struct informer_options nodes = { .resource = &api_resource_node };
    audit->nodes = informer_set_get(audit->informers, &nodes);
    audit->pods = follow(audit, &api_resource_pod);
    audit->sets_informer = follow(audit, &api_resource_apps_replica_set);
    audit->deployments = follow(audit, &api_resource_apps_deployment);
    audit->slices = follow(audit, &api_resource_discovery_endpoint_slice);
    audit->endpoints = follow(audit, &api_resource_endpoints);
    audit->check.callback = check_bounds;
    audit->pod_listener.changed = pod_changed;
    audit->set_listener.changed = set_changed;
    map_init(&audit->sets);
    informer_listen(audit->pods, &audit->pod_listener);
    informer_listen(audit->sets_informer, &audit->set_listener);
    return audit;
}

void audit_destroy(struct audit *audit)
{
    if (audit == NULL)
        return;
    loop_cancel(cluster_loop(audit->cluster), &audit->check);
    informer_unlisten(audit->pods, &audit->pod_listener);
    informer_unlisten(audit->sets_informer, &audit->set_listener);
    struct set *set;
    map_for_each (&audit->sets, set, node) {
        map_remove(&audit->sets, &set->node);
        free(set->uid);
        free(set->name);
        free(set);
    }
    map_fini(&audit->sets);
    informer_set_destroy(audit->informers);
    client_destroy(audit->client);
    free(audit);
}

void audit_bound(struct audit *audit, size_t pods_max, size_t ready_min)
{
    audit->pods_max = pods_max;
    audit->ready_min = ready_min;
}

void audit_vanished(struct audit *audit, const char *node)
{
    audit->gone = node;
    audit->on_gone = audit->active_on_gone = 0;
    for (const struct object *o = NULL; (o = informer_next(audit->pods, o)) != NULL;)
        count_gone(audit, o, 1);
}

const char *audit_violation(const struct audit *audit)
{
    const char *order = fault_network_violation(cluster_network(audit->cluster));
    return audit->violation[0] != '\0' ? audit->violation : order;
}

uint64_t audit_digest(const struct audit *audit)
{
    return audit->digest;
}

/* ---------------------------------------------------------------- pictures */

void audit_picture(const struct audit *audit, struct audit_picture *picture)
{
    *picture = (struct audit_picture){ .pods = informer_count(audit->pods),
                                       .active = audit->active,
                                       .ready = audit->ready,
                                       .on_gone = audit->on_gone,
                                       .active_on_gone = audit->active_on_gone };
}

size_t audit_ready_nodes(const struct audit *audit)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next(audit->nodes, o)) != NULL;) {
        const struct api_node *node = api_node_of(o);
        bool ready = false;
        for (size_t i = 0; i < node->status.n_conditions; i++)
            ready |= text_equal(node->status.conditions[i].type, "Ready") &&
                     text_equal(node->status.conditions[i].status, "True");
        count += ready && node->spec.n_taints == 0;
    }
    return count;
}

size_t audit_active_on(const struct audit *audit, const char *node)
{
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next(audit->pods, o)) != NULL;)
        count += is_active(o) && is_on(o, node);
    return count;
}

bool audit_rolled_out(const struct audit *audit, const char *name)
{
    const struct object *object = informer_find(audit->deployments, audit->namespace_, name);
    if (object == NULL)
        return false;
    const struct api_apps_deployment *deployment = api_apps_deployment_of(object);
    const struct api_apps_deployment_status *status = &deployment->status;
    int32_t wanted = deployment->spec.replicas != NULL ? *deployment->spec.replicas : 1;
    return status->observed_generation >= deployment->metadata.generation && status->replicas == wanted &&
           status->updated_replicas == wanted && status->ready_replicas == wanted &&
           status->available_replicas == wanted;
}

/* ---------------------------------------------------------------- endpoints */

struct names {
    const char **items;
    size_t count, room;
};

static void names_add(struct names *names, const char *name)
{
    if (names->count == names->room) {
        names->room = names->room == 0 ? 256 : names->room * 2;
        names->items = memory_resize(names->items, names->room, sizeof(*names->items));
    }
    names->items[names->count++] = name;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void names_sort(struct names *names)
{
    if (names->count > 0)
        qsort(names->items, names->count, sizeof(*names->items), by_text);
}

static bool names_equal(const struct names *wanted, const struct names *got, const char *what, char *why, size_t size)
{
    for (size_t i = 0; i < wanted->count || i < got->count; i++) {
        const char *a = i < wanted->count ? wanted->items[i] : "none", *b = i < got->count ? got->items[i] : "none";
        if (strcmp(a, b) != 0) {
            snprintf(why, size, "%s have %zu ready pods of %zu: %s where %s is expected", what, got->count,
                     wanted->count, b, a);
            return false;
        }
    }
    return true;
}

static void gather_slices(const struct audit *audit, const char *service, struct names *names)
{
    for (const struct object *o = NULL; (o = informer_next(audit->slices, o)) != NULL;) {
        struct str of = { 0 };
        if (!object_label(o, STR("kubernetes.io/service-name"), &of) || !str_equal(of, str_of(service)))
            continue;
        const struct api_discovery_endpoint_slice *slice = api_discovery_endpoint_slice_of(o);
        for (size_t i = 0; i < slice->n_endpoints; i++) {
            const struct api_discovery_endpoint *endpoint = &slice->endpoints[i];
            if (endpoint->conditions.ready != NULL && *endpoint->conditions.ready && endpoint->target_ref != NULL)
                names_add(names, endpoint->target_ref->name);
        }
    }
}

static void gather_endpoints(const struct audit *audit, const char *service, struct names *names)
{
    const struct object *object = informer_find(audit->endpoints, audit->namespace_, service);
    for (size_t i = 0; object != NULL && i < api_endpoints_of(object)->n_subsets; i++) {
        const struct api_endpoint_subset *subset = &api_endpoints_of(object)->subsets[i];
        for (size_t j = 0; j < subset->n_addresses; j++)
            names_add(names, subset->addresses[j].target_ref != NULL ? subset->addresses[j].target_ref->name : "?");
    }
}

bool audit_endpoints_right(const struct audit *audit, const char *service, char *why, size_t why_size)
{
    struct names ready = { 0 }, sliced = { 0 }, listed = { 0 };
    for (const struct object *o = NULL; (o = informer_next(audit->pods, o)) != NULL;) {
        if (is_active(o) && is_ready(o))
            names_add(&ready, object_name(o));
    }
    gather_slices(audit, service, &sliced);
    gather_endpoints(audit, service, &listed);
    names_sort(&ready);
    names_sort(&sliced);
    names_sort(&listed);
    bool right = names_equal(&ready, &sliced, "EndpointSlices", why, why_size) &&
                 names_equal(&ready, &listed, "Endpoints", why, why_size);
    free(ready.items);
    free(sliced.items);
    free(listed.items);
    return right;
}
