/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_info.c - what a pod asks for, worked out once from its specification. */
#include "base/memory.h"
#include "scheduler/cache.h"

/* Amounts by column while they are added up. */
struct amounts {
    int64_t value[COLUMNS_MAX];
    bool set[COLUMNS_MAX];
    bool unknown; /* a resource beyond the table: nothing has it */
};

static void amounts_add(struct amounts *sum, struct cache *cache, const struct api_quantity_entry *entries,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned column = cache_column(cache, entries[i].key);
        if (column == COLUMNS_MAX) {
            sum->unknown = true;
            continue;
        }
        sum->value[column] += cache_column_amount(column, &entries[i].value);
        sum->set[column] = true;
    }
}

static void amounts_max(struct amounts *most, const struct amounts *other)
{
    for (unsigned column = 0; column < COLUMNS_MAX; column++) {
        if (other->set[column] && (!most->set[column] || other->value[column] > most->value[column]))
            most->value[column] = other->value[column];
        most->set[column] |= other->set[column];
    }
    most->unknown |= other->unknown;
}

static void amounts_plus(struct amounts *sum, const struct amounts *other)
{
    for (unsigned column = 0; column < COLUMNS_MAX; column++) {
        sum->value[column] += other->value[column];
        sum->set[column] |= other->set[column];
    }
    sum->unknown |= other->unknown;
}

static bool is_sidecar(const struct api_container *container)
{
    return text_equal(container->restart_policy, "Always");
}

/* --- resizes --- */

static bool same_requests(const struct api_quantity_entry *a, size_t n_a, const struct api_quantity_entry *b,
                          size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++)
        if (!text_equal(a[i].key, b[i].key) || quantity_compare(&a[i].value, &b[i].value) != 0)
            return false;
    return true;
}

static bool is_infeasible(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod->status.n_conditions; i++)
        if (text_equal(pod->status.conditions[i].type, "PodResizePending"))
            return text_equal(pod->status.conditions[i].reason, "Infeasible");
    return false;
}

/* Statuses stand in the order of their containers, almost always. */
static const struct api_container_status *status_of(const struct api_container_status *statuses, size_t count,
                                                    size_t index, const char *name)
{
    if (index < count && text_equal(statuses[index].name, name))
        return &statuses[index];
    for (size_t i = 0; i < count; i++)
        if (text_equal(statuses[i].name, name))
            return &statuses[i];
    return NULL;
}

/* The most of what is asked for, what the node has promised and what is in force. What can never be there is not counted. */
static void resized_add(struct amounts *sum, struct cache *cache, const struct api_pod *pod,
                        const struct api_quantity_entry *asked, size_t n_asked,
                        const struct api_quantity_entry *allocated, size_t n_allocated,
                        const struct api_resource_requirements *in_force)
{
    if (in_force == NULL || (same_requests(asked, n_asked, allocated, n_allocated) &&
                             same_requests(asked, n_asked, in_force->requests, in_force->n_requests))) {
        amounts_add(sum, cache, asked, n_asked);
        return;
    }
    struct amounts most = { 0 }, other = { 0 };
    amounts_add(&most, cache, in_force->requests, in_force->n_requests);
    amounts_add(&other, cache, allocated, n_allocated);
    amounts_max(&most, &other);
    if (!is_infeasible(pod)) {
        other = (struct amounts){ 0 };
        amounts_add(&other, cache, asked, n_asked);
        amounts_max(&most, &other);
    }
    amounts_plus(sum, &most);
}

static void container_add(struct amounts *sum, struct cache *cache, const struct api_pod *pod,
                          const struct api_container *container, const struct api_container_status *status)
{
    const struct api_resource_requirements *own = &container->resources;
    resized_add(sum, cache, pod, own->requests, own->n_requests, status != NULL ? status->allocated_resources : NULL,
                status != NULL ? status->n_allocated_resources : 0, status != NULL ? status->resources : NULL);
}

/* Containers run together; an init container runs alone beside the sidecars that started before it. */
static struct amounts pod_amounts(struct cache *cache, const struct api_pod *pod)
{
    const struct api_pod_spec *spec = &pod->spec;
    const struct api_pod_status *status = &pod->status;
    struct amounts running = { 0 }, sidecars = { 0 }, peak = { 0 };
    for (size_t i = 0; i < spec->n_containers; i++)
        container_add(&running, cache, pod, &spec->containers[i],
                      status_of(status->container_statuses, status->n_container_statuses, i, spec->containers[i].name));
    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *container = &spec->init_containers[i];
        struct amounts own = { 0 };
        container_add(
            &own, cache, pod, container,
            status_of(status->init_container_statuses, status->n_init_container_statuses, i, container->name));
        if (is_sidecar(container)) {
            amounts_plus(&sidecars, &own);
            amounts_max(&peak, &sidecars);
        } else {
            amounts_plus(&own, &sidecars);
            amounts_max(&peak, &own);
        }
    }
    amounts_plus(&running, &sidecars);
    amounts_max(&running, &peak);
    if (spec->resources != NULL) { /* pod-level requests replace the sum of the containers' */
        struct amounts pod_level = { 0 };
        resized_add(&pod_level, cache, pod, spec->resources->requests, spec->resources->n_requests,
                    status->allocated_resources, status->n_allocated_resources, status->resources);
        for (unsigned column = 0; column < COLUMNS_MAX; column++)
            if (pod_level.set[column]) {
                running.value[column] = pod_level.value[column];
                running.set[column] = true;
            }
    }
    amounts_add(&running, cache, spec->overhead, spec->n_overhead);
    running.value[COLUMN_PODS] = 1;
    running.set[COLUMN_PODS] = true;
    return running;
}

static void set_requests(struct pod_info *info, struct cache *cache)
{
    struct amounts amounts = pod_amounts(cache, info->pod);
    info->requests = arena_new_array(&info->arena, struct resource_request, COLUMNS_MAX + 1);
    for (unsigned column = 0; column < COLUMNS_MAX; column++)
        if (amounts.set[column] && amounts.value[column] > 0)
            info->requests[info->n_requests++] = (struct resource_request){ column, amounts.value[column] };
    if (amounts.unknown)
        info->requests[info->n_requests++] = (struct resource_request){ COLUMNS_MAX, 1 };
    info->score_cpu = amounts.set[COLUMN_CPU] ? amounts.value[COLUMN_CPU] : SCORE_DEFAULT_CPU;
    info->score_memory = amounts.set[COLUMN_MEMORY] ? amounts.value[COLUMN_MEMORY] : SCORE_DEFAULT_MEMORY;
}

static size_t count_ports(const struct api_container *containers, size_t count)
{
    size_t ports = 0;
    for (size_t i = 0; i < count; i++)
        ports += containers[i].n_ports;
    return ports;
}

static void add_ports(struct pod_info *info, const struct api_container *containers, size_t count, bool only_sidecars)
{
    for (size_t i = 0; i < count; i++) {
        if (only_sidecars && !is_sidecar(&containers[i]))
            continue;
        for (size_t j = 0; j < containers[i].n_ports; j++) {
            const struct api_container_port *port = &containers[i].ports[j];
            if (port->host_port <= 0)
                continue;
            info->ports[info->n_ports++] = (struct host_port){
                .protocol = text_empty(port->protocol) ? "TCP" : port->protocol,
                .ip = text_empty(port->host_ip) ? "0.0.0.0" : port->host_ip,
                .port = port->host_port,
            };
        }
    }
}

static const char *controller_uid(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_owner_references; i++)
        if (meta->owner_references[i].controller != NULL && *meta->owner_references[i].controller)
            return text_or_empty(meta->owner_references[i].uid);
    return "";
}

struct pod_info *pod_info_create(struct cache *cache, const struct object *object)
{
    struct pod_info *info = memory_new(struct pod_info);
    info->object = object_ref(object);
    info->pod = api_pod_of(object);
    info->owner_uid = controller_uid(&info->pod->metadata);
    const struct api_pod_spec *spec = &info->pod->spec;
    info->priority = spec->priority != NULL ? *spec->priority : 0;
    set_requests(info, cache);
    size_t ports =
        count_ports(spec->containers, spec->n_containers) + count_ports(spec->init_containers, spec->n_init_containers);
    info->ports = arena_new_array(&info->arena, struct host_port, ports + 1);
    add_ports(info, spec->containers, spec->n_containers, false);
    add_ports(info, spec->init_containers, spec->n_init_containers, true);
    return info;
}

bool pod_info_gives_back(const struct pod_info *before, const struct pod_info *after)
{
    for (size_t i = 0; i < before->n_requests; i++) {
        int64_t amount = 0;
        for (size_t j = 0; j < after->n_requests; j++)
            if (after->requests[j].column == before->requests[i].column)
                amount = after->requests[j].amount;
        if (amount < before->requests[i].amount)
            return true;
    }
    return false;
}

void pod_info_destroy(struct pod_info *info)
{
    if (info == NULL)
        return;
    object_unref(info->object);
    arena_fini(&info->arena);
    free(info);
}
