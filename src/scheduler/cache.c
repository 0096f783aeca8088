/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "scheduler/cache.h"

#include <stdlib.h>

#include "api/value/quantity.h"
#include "base/memory.h"

static void uncount_for_owner(struct cache *cache, struct pod_info *info);

void cache_init(struct cache *cache)
{
    *cache = (struct cache){ 0 };
    cache_column(cache, "cpu");
    cache_column(cache, "memory");
    cache_column(cache, "ephemeral-storage");
    cache_column(cache, "pods");
}

static void free_row_arrays(struct cache *cache)
{
    for (unsigned column = 0; column < cache->n_columns; column++) {
        free(cache->allocatable[column]);
        free(cache->requested[column]);
        free((char *)cache->column_names[column]);
    }
    free(cache->score_cpu);
    free(cache->score_memory);
    free(cache->rows);
}

void cache_fini(struct cache *cache)
{
    struct pod_info *info = NULL;
    map_for_each (&cache->pods, info, by_key) {
        map_remove(&cache->pods, &info->by_key);
        uncount_for_owner(cache, info);
        pod_info_destroy(info);
    }
    for (size_t row = 0; row < cache->n_rows; row++) {
        object_unref(cache->rows[row]->object);
        free((char *)cache->rows[row]->by_name.key.data);
        free(cache->rows[row]);
    }
    free_row_arrays(cache);
    map_fini(&cache->pods);
    map_fini(&cache->owners);
    map_fini(&cache->spots);
    map_fini(&cache->nodes);
    *cache = (struct cache){ 0 };
}

unsigned cache_column(struct cache *cache, const char *resource)
{
    for (unsigned column = 0; column < cache->n_columns; column++)
        if (strcmp(cache->column_names[column], resource) == 0)
            return column;
    if (cache->n_columns == COLUMNS_MAX)
        return COLUMNS_MAX;
    unsigned column = cache->n_columns++;
    cache->column_names[column] = memory_strdup(resource);
    cache->allocatable[column] = memory_zalloc((cache->rows_capacity + 1) * sizeof(int64_t));
    cache->requested[column] = memory_zalloc((cache->rows_capacity + 1) * sizeof(int64_t));
    return column;
}

/* ---------------------------------------------------------------- rows */

static void grow_rows(struct cache *cache)
{
    size_t capacity = cache->rows_capacity == 0 ? 64 : cache->rows_capacity * 2;
    cache->rows = memory_resize(cache->rows, capacity, sizeof(struct node_info *));
    for (unsigned column = 0; column < cache->n_columns; column++) {
        cache->allocatable[column] = memory_resize(cache->allocatable[column], capacity, sizeof(int64_t));
        cache->requested[column] = memory_resize(cache->requested[column], capacity, sizeof(int64_t));
    }
    cache->score_cpu = memory_resize(cache->score_cpu, capacity, sizeof(int64_t));
    cache->score_memory = memory_resize(cache->score_memory, capacity, sizeof(int64_t));
    cache->rows_capacity = capacity;
}

static void touch(struct cache *cache, size_t row)
{
    cache->changed[cache->changes++ % CACHE_CHANGES_KEPT] = (uint32_t)row;
}

static struct node_info *add_row(struct cache *cache, const char *name)
{
    if (cache->n_rows == cache->rows_capacity)
        grow_rows(cache);
    struct node_info *info = memory_new(struct node_info);
    list_init(&info->pods);
    info->row = cache->n_rows++;
    cache->structure++;
    cache->rows[info->row] = info;
    for (unsigned column = 0; column < cache->n_columns; column++)
        cache->allocatable[column][info->row] = cache->requested[column][info->row] = 0;
    cache->score_cpu[info->row] = cache->score_memory[info->row] = 0;
    map_insert(&cache->nodes, str_of(memory_strdup(name)), &info->by_name);
    return info;
}

static void move_row(struct cache *cache, size_t from, size_t to)
{
    struct node_info *info = cache->rows[from];
    struct pod_info *pod = NULL;
    cache->rows[to] = info;
    info->row = to;
    for (unsigned column = 0; column < cache->n_columns; column++) {
        cache->allocatable[column][to] = cache->allocatable[column][from];
        cache->requested[column][to] = cache->requested[column][from];
    }
    cache->score_cpu[to] = cache->score_cpu[from];
    cache->score_memory[to] = cache->score_memory[from];
    list_for_each (&info->pods, pod, on_node)
        pod->row = to;
}

/* A row stays while pods are counted on it, so that a node that comes back finds them. */
static void drop_row_if_unused(struct cache *cache, struct node_info *info)
{
    if (info->object != NULL || !list_empty(&info->pods))
        return;
    autofree char *name = (char *)info->by_name.key.data;
    map_remove(&cache->nodes, &info->by_name);
    cache->structure++;
    size_t last = --cache->n_rows;
    if (info->row != last)
        move_row(cache, last, info->row);
    free(info);
}

struct node_info *cache_node(const struct cache *cache, const char *name)
{
    return map_find_entry(&cache->nodes, str_of(name), struct node_info, by_name);
}

int64_t cache_column_amount(unsigned column, const struct quantity *quantity)
{
    return column == COLUMN_CPU ? quantity_milli_value(quantity) : quantity_value(quantity);
}

void cache_set_node(struct cache *cache, const struct object *object)
{
    struct node_info *info = cache_node(cache, object_name(object));
    if (info == NULL)
        info = add_row(cache, object_name(object));
    const struct object *old = info->object;
    info->object = object_ref(object);
    info->node = api_node_of(object);
    object_unref(old);

    const struct api_node_status *status = &info->node->status;
    for (unsigned column = 0; column < cache->n_columns; column++)
        cache->allocatable[column][info->row] = 0;
    for (size_t i = 0; i < status->n_allocatable; i++) {
        unsigned column = cache_column(cache, status->allocatable[i].key);
        if (column < COLUMNS_MAX)
            cache->allocatable[column][info->row] = cache_column_amount(column, &status->allocatable[i].value);
    }
    touch(cache, info->row);
}

void cache_remove_node(struct cache *cache, const char *name)
{
    struct node_info *info = cache_node(cache, name);
    if (info == NULL || info->object == NULL)
        return;
    object_unref(info->object);
    info->object = NULL;
    info->node = NULL;
    touch(cache, info->row);
    drop_row_if_unused(cache, info);
}

/* ---------------------------------------------------------------- pods */

static void count_pod(struct cache *cache, const struct pod_info *info, int sign)
{
    for (size_t i = 0; i < info->n_requests; i++)
        if (info->requests[i].column < COLUMNS_MAX)
            cache->requested[info->requests[i].column][info->row] += sign * info->requests[i].amount;
    cache->score_cpu[info->row] += sign * info->score_cpu;
    cache->score_memory[info->row] += sign * info->score_memory;
    touch(cache, info->row);
}

struct owner *cache_owner(const struct cache *cache, const char *uid)
{
    return map_find_entry(&cache->owners, str_of(uid), struct owner, by_uid);
}

static struct owner_spot *spot_of(struct cache *cache, struct owner *owner, struct node_info *node)
{
    struct owner_spot *spot = memory_new(struct owner_spot);
    spot->place.owner = owner;
    spot->place.node = node;
    const struct str key = { (const char *)&spot->place, sizeof(spot->place) };
    struct owner_spot *known = map_find_entry(&cache->spots, key, struct owner_spot, by_place);
    if (known != NULL) {
        free(spot);
        return known;
    }
    map_insert(&cache->spots, key, &spot->by_place);
    list_append(&owner->spots, &spot->of_owner);
    owner->n_spots++;
    return spot;
}

static void count_for_owner(struct cache *cache, struct pod_info *info, struct node_info *node)
{
    if (info->owner_uid[0] == '\0' || info->pod->metadata.deletion_timestamp != 0)
        return;
    struct owner *owner = cache_owner(cache, info->owner_uid);
    if (owner == NULL) {
        owner = memory_new(struct owner);
        list_init(&owner->spots);
        map_insert(&cache->owners, str_of(memory_strdup(info->owner_uid)), &owner->by_uid);
    }
    info->spot = spot_of(cache, owner, node);
    info->spot->pods++;
}

static void uncount_for_owner(struct cache *cache, struct pod_info *info)
{
    struct owner_spot *spot = info->spot;
    info->spot = NULL;
    if (spot == NULL || --spot->pods > 0)
        return;
    struct owner *owner = spot->place.owner;
    map_remove(&cache->spots, &spot->by_place);
    list_remove(&spot->of_owner);
    free(spot);
    if (--owner->n_spots > 0)
        return;
    autofree char *uid = (char *)owner->by_uid.key.data;
    map_remove(&cache->owners, &owner->by_uid);
    free(owner);
}

struct pod_info *cache_pod(const struct cache *cache, const char *key)
{
    return map_find_entry(&cache->pods, str_of(key), struct pod_info, by_key);
}

void cache_place(struct cache *cache, struct pod_info *info, const char *node_name, bool assumed)
{
    cache_remove_pod(cache, object_key(info->object));
    struct node_info *node = cache_node(cache, node_name);
    if (node == NULL)
        node = add_row(cache, node_name);
    info->row = node->row;
    info->assumed = assumed;
    list_append(&node->pods, &info->on_node);
    map_insert(&cache->pods, str_of(object_key(info->object)), &info->by_key);
    count_pod(cache, info, 1);
    count_for_owner(cache, info, node);
}

void cache_remove_pod(struct cache *cache, const char *key)
{
    struct pod_info *info = cache_pod(cache, key);
    if (info == NULL)
        return;
    struct node_info *node = cache->rows[info->row];
    count_pod(cache, info, -1);
    uncount_for_owner(cache, info);
    list_remove(&info->on_node);
    map_remove(&cache->pods, &info->by_key);
    pod_info_destroy(info);
    drop_row_if_unused(cache, node);
}
