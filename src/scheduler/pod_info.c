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

/* Containers run together; an init container runs alone beside the sidecars that started before it. */
static struct amounts pod_amounts(struct cache *cache, const struct api_pod_spec *spec)
{
    struct amounts running = { 0 }, sidecars = { 0 }, peak = { 0 };
    for (size_t i = 0; i < spec->n_containers; i++)
        amounts_add(&running, cache, spec->containers[i].resources.requests, spec->containers[i].resources.n_requests);
    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *container = &spec->init_containers[i];
        struct amounts own = { 0 };
        amounts_add(&own, cache, container->resources.requests, container->resources.n_requests);
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
        amounts_add(&pod_level, cache, spec->resources->requests, spec->resources->n_requests);
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
    struct amounts amounts = pod_amounts(cache, &info->pod->spec);
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

void pod_info_destroy(struct pod_info *info)
{
    if (info == NULL)
        return;
    object_unref(info->object);
    arena_fini(&info->arena);
    free(info);
}
