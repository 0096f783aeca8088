/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/resize/allocation.h"

#include <fcntl.h>
#include <stdio.h>

#include "api/codec.h"
#include "api/value/entry.h"
#include "base/buffer.h"
#include "base/system/file.h"
#include "generated/core_v1.h"

#define RECORD_MAX  ((size_t)1 << 20)
#define IN_PROGRESS "InProgress"

static const struct api_resource_requirements nothing = { 0 };

static bool amounts_equal(const struct api_quantity_entry *a, size_t n_a, const struct api_quantity_entry *b,
                          size_t n_b)
{
    if (n_a != n_b)
        return false;
    for (size_t i = 0; i < n_a; i++) {
        const struct quantity *other = quantity_entry_value(b, n_b, a[i].key);
        if (other == NULL || quantity_compare(&a[i].value, other) != 0)
            return false;
    }
    return true;
}

bool requirements_equal(const struct api_resource_requirements *a, const struct api_resource_requirements *b)
{
    a = a != NULL ? a : &nothing;
    b = b != NULL ? b : &nothing;
    return amounts_equal(a->requests, a->n_requests, b->requests, b->n_requests) &&
           amounts_equal(a->limits, a->n_limits, b->limits, b->n_limits);
}

void pod_allocation_fini(struct pod_allocation *allocation)
{
    arena_fini(&allocation->arena);
    *allocation = (struct pod_allocation){ 0 };
}

/* --- finding --- */

static struct api_container *find_container(struct api_container *list, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (text_equal(list[i].name, name))
            return &list[i];
    }
    return NULL;
}

static const struct api_container_status *find_status(const struct api_pod_status *status, const char *name)
{
    for (size_t i = 0; i < status->n_init_container_statuses; i++) {
        if (text_equal(status->init_container_statuses[i].name, name))
            return &status->init_container_statuses[i];
    }
    for (size_t i = 0; i < status->n_container_statuses; i++) {
        if (text_equal(status->container_statuses[i].name, name))
            return &status->container_statuses[i];
    }
    return NULL;
}

static const struct api_resource_requirements *allocated_of(const struct pod_allocation *allocation,
                                                            const struct api_container *container)
{
    const struct api_pod_spec *spec = &allocation->record->spec;
    const struct api_container *found = find_container(spec->containers, spec->n_containers, container->name);
    if (found == NULL)
        found = find_container(spec->init_containers, spec->n_init_containers, container->name);
    return found != NULL ? &found->resources : &container->resources;
}

static const struct api_resource_requirements *actuated_of(const struct pod_allocation *allocation,
                                                           const struct api_container *container)
{
    const struct api_container_status *kept = find_status(&allocation->record->status, container->name);
    return kept != NULL && kept->resources != NULL ? kept->resources : allocated_of(allocation, container);
}

static const struct api_resource_requirements *pod_level(const struct pod_allocation *allocation, bool actuated)
{
    const struct api_pod *record = allocation->record;
    return actuated && record->status.resources != NULL ? record->status.resources : record->spec.resources;
}

/* --- making records --- */

static struct api_container *skeleton(const struct api_container *list, size_t n, struct arena *arena)
{
    struct api_container *out = arena_new_array(arena, struct api_container, n + 1);
    for (size_t i = 0; i < n; i++) {
        out[i].name = list[i].name;
        out[i].resources = list[i].resources;
    }
    return out;
}

/* The new record may borrow from the old one. */
static void keep(struct pod_allocation *allocation, const struct api_pod *record)
{
    struct arena arena = { 0 };
    struct api_pod *copy = api_copy(&api_type_pod, record, &arena);
    arena_fini(&allocation->arena);
    allocation->arena = arena;
    allocation->record = copy;
}

static struct api_pod record_of(const struct api_pod *pod, struct arena *arena)
{
    struct api_pod record = { 0 };
    record.metadata.generation = pod->metadata.generation;
    record.spec.resources = pod->spec.resources;
    record.spec.init_containers = skeleton(pod->spec.init_containers, pod->spec.n_init_containers, arena);
    record.spec.n_init_containers = pod->spec.n_init_containers;
    record.spec.containers = skeleton(pod->spec.containers, pod->spec.n_containers, arena);
    record.spec.n_containers = pod->spec.n_containers;
    return record;
}

void pod_allocation_take(struct pod_allocation *allocation, const struct api_pod *pod)
{
    auto_arena struct arena arena = { 0 };
    const struct api_pod record = record_of(pod, &arena);
    keep(allocation, &record);
}

static void recall(struct api_container *list, size_t n, const struct api_pod_status *status)
{
    for (size_t i = 0; i < n; i++) {
        const struct api_container_status *told = find_status(status, list[i].name);
        if (told == NULL || told->resources == NULL)
            continue;
        list[i].resources.requests = told->allocated_resources;
        list[i].resources.n_requests = told->n_allocated_resources;
        list[i].resources.limits = told->resources->limits;
        list[i].resources.n_limits = told->resources->n_limits;
    }
}

void pod_allocation_recall(struct pod_allocation *allocation, const struct api_pod *pod)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod record = record_of(pod, &arena);
    recall(record.spec.init_containers, record.spec.n_init_containers, &pod->status);
    recall(record.spec.containers, record.spec.n_containers, &pod->status);
    struct api_resource_requirements whole = { 0 };
    if (record.spec.resources != NULL && pod->status.resources != NULL) {
        whole = *pod->status.resources;
        whole.requests = pod->status.allocated_resources;
        whole.n_requests = pod->status.n_allocated_resources;
        record.spec.resources = &whole;
    }
    keep(allocation, &record);
}

bool pod_allocation_is_current(const struct pod_allocation *allocation, const struct api_pod *pod)
{
    const struct api_pod_spec *spec = &pod->spec;
    if (!requirements_equal(spec->resources, pod_level(allocation, false)))
        return false;
    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *one = &spec->init_containers[i];
        if (!requirements_equal(&one->resources, allocated_of(allocation, one)))
            return false;
    }
    for (size_t i = 0; i < spec->n_containers; i++) {
        const struct api_container *one = &spec->containers[i];
        if (!requirements_equal(&one->resources, allocated_of(allocation, one)))
            return false;
    }
    return true;
}

static struct api_container_status *still(const struct pod_allocation *allocation, const struct api_container *list,
                                          size_t n, size_t *ret_count, struct arena *arena)
{
    struct api_container_status *out = arena_new_array(arena, struct api_container_status, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct api_resource_requirements *now = actuated_of(allocation, &list[i]);
        if (requirements_equal(now, &list[i].resources))
            continue;
        out[*ret_count].name = list[i].name;
        out[(*ret_count)++].resources = (struct api_resource_requirements *)(uintptr_t)now;
    }
    return out;
}

void pod_allocation_accept(struct pod_allocation *allocation, const struct api_pod *pod)
{
    auto_arena struct arena arena = { 0 };
    const struct api_pod_spec *spec = &pod->spec;
    struct api_pod record = record_of(pod, &arena);
    struct api_pod_status *status = &record.status;
    status->resize = IN_PROGRESS;
    status->init_container_statuses =
        still(allocation, spec->init_containers, spec->n_init_containers, &status->n_init_container_statuses, &arena);
    status->container_statuses =
        still(allocation, spec->containers, spec->n_containers, &status->n_container_statuses, &arena);
    const struct api_resource_requirements *whole = pod_level(allocation, true);
    if (!requirements_equal(whole, spec->resources))
        status->resources = (struct api_resource_requirements *)(uintptr_t)(whole != NULL ? whole : &nothing);
    keep(allocation, &record);
}

bool pod_allocation_in_progress(const struct pod_allocation *allocation)
{
    return allocation->record != NULL && text_equal(allocation->record->status.resize, IN_PROGRESS);
}

int64_t pod_allocation_generation(const struct pod_allocation *allocation)
{
    return allocation->record != NULL ? allocation->record->metadata.generation : 0;
}

bool pod_allocation_settle(struct pod_allocation *allocation, const char *container)
{
    struct api_container_status *kept =
        (struct api_container_status *)(uintptr_t)find_status(&allocation->record->status, container);
    if (kept == NULL || kept->resources == NULL)
        return false;
    kept->resources = NULL;
    return true;
}

void pod_allocation_finish(struct pod_allocation *allocation)
{
    if (allocation->record != NULL)
        allocation->record->status = (struct api_pod_status){ 0 };
}

/* --- views --- */

static struct api_container *overlay(const struct pod_allocation *allocation, const struct api_container *list,
                                     size_t n, bool actuated, struct arena *arena)
{
    struct api_container *out = arena_new_array(arena, struct api_container, n + 1);
    for (size_t i = 0; i < n; i++) {
        out[i] = list[i];
        out[i].resources = *(actuated ? actuated_of(allocation, &list[i]) : allocated_of(allocation, &list[i]));
    }
    return out;
}

static const struct api_pod *view(const struct pod_allocation *allocation, const struct api_pod *pod, bool actuated,
                                  struct arena *arena)
{
    if (allocation->record == NULL || (pod_allocation_is_current(allocation, pod) && !actuated))
        return pod;
    struct api_pod *out = arena_new(arena, struct api_pod);
    *out = *pod;
    out->spec.resources = (struct api_resource_requirements *)(uintptr_t)pod_level(allocation, actuated);
    out->spec.init_containers =
        overlay(allocation, pod->spec.init_containers, pod->spec.n_init_containers, actuated, arena);
    out->spec.containers = overlay(allocation, pod->spec.containers, pod->spec.n_containers, actuated, arena);
    return out;
}

const struct api_pod *pod_allocation_view(const struct pod_allocation *allocation, const struct api_pod *pod,
                                          struct arena *arena)
{
    return view(allocation, pod, false, arena);
}

const struct api_pod *pod_allocation_actuated_view(const struct pod_allocation *allocation, const struct api_pod *pod,
                                                   struct arena *arena)
{
    return view(allocation, pod, pod_allocation_in_progress(allocation), arena);
}

/* --- files --- */

static void path_of(const char *directory, const char *uid, char *path, size_t size)
{
    snprintf(path, size, "%s/%s/" ALLOCATION_FILE, directory, uid);
}

int pod_allocation_save(const struct pod_allocation *allocation, const char *directory, const char *uid,
                        struct error *err)
{
    char path[1024];
    auto_buffer struct buffer json = { .max = RECORD_MAX };
    path_of(directory, uid, path, sizeof(path));
    api_encode_json(&api_type_pod, &api_kind_pod, allocation->record, &json);
    if (buffer_failed(&json))
        return error_set(err, ERROR_LIMIT, "the allocation of pod %s is too large", uid);
    return file_write(AT_FDCWD, path, buffer_str(&json), 0600, err);
}

int pod_allocation_load(struct pod_allocation *allocation, const char *directory, const char *uid, struct error *err)
{
    char path[1024];
    auto_buffer struct buffer json = { .max = RECORD_MAX };
    auto_arena struct arena arena = { 0 };
    path_of(directory, uid, path, sizeof(path));
    int rc = file_read(AT_FDCWD, path, RECORD_MAX, &json, err);
    if (rc < 0)
        return rc;
    struct api_pod record = { 0 };
    rc = api_decode_json(&api_type_pod, buffer_str(&json), &arena, &record, NULL, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "read %s", path);
    keep(allocation, &record);
    return 0;
}
