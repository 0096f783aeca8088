/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resize.c - the subresource that changes cpu and memory of a running pod, and nothing else. */
#include "api/codec.h"
#include "api/pod/pod_qos.h"
#include "api/validation/internal_form.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/validation.h"
#include "api/value/entry.h"

#define ONLY_RESOURCES "only cpu and memory resources are mutable"

static bool node_supports_resize(const struct api_pod *pod)
{
    for (size_t i = 0; i < pod->status.n_container_statuses; i++)
        if (pod->status.container_statuses[i].state.running != NULL)
            return pod->status.container_statuses[i].resources != NULL;
    return true; /* nothing runs: there is nothing to support */
}

/* Every key of the old list is still there. */
static bool keys_kept(const struct api_quantity_entry *list, size_t count, const struct api_quantity_entry *old,
                      size_t old_count)
{
    for (size_t i = 0; i < old_count; i++)
        if (quantity_entry_value(list, count, old[i].key) == NULL)
            return false;
    return true;
}

static void validate_kept(const struct api_resource_requirements *now, const struct api_resource_requirements *old,
                          const struct field_at *at, struct api_invalid *errors)
{
    if (!keys_kept(now->requests, now->n_requests, old->requests, old->n_requests))
        invalid_forbidden(errors, at_field(at, "requests"), "resource requests cannot be removed");
    if (!keys_kept(now->limits, now->n_limits, old->limits, old->n_limits))
        invalid_forbidden(errors, at_field(at, "limits"), "resource limits cannot be removed");
}

static bool is_resizable(const char *name)
{
    return text_equal(name, "cpu") || text_equal(name, "memory");
}

static bool others_kept(const struct api_quantity_entry *list, size_t count, const struct api_quantity_entry *old,
                        size_t old_count)
{
    for (size_t i = 0; i < count; i++) {
        const struct quantity *before = quantity_entry_value(old, old_count, list[i].key);
        if (!is_resizable(list[i].key) && (before == NULL || quantity_compare(before, &list[i].value) != 0))
            return false;
    }
    for (size_t i = 0; i < old_count; i++)
        if (!is_resizable(old[i].key) && quantity_entry_value(list, count, old[i].key) == NULL)
            return false;
    return true;
}

static bool only_resizable(const struct api_resource_requirements *now, const struct api_resource_requirements *old)
{
    bool same_claims = now->n_claims == old->n_claims;

    for (size_t i = 0; same_claims && i < now->n_claims; i++)
        same_claims = api_equal(&api_type_resource_claim, &now->claims[i], &old->claims[i]);
    return same_claims && others_kept(now->limits, now->n_limits, old->limits, old->n_limits) &&
           others_kept(now->requests, now->n_requests, old->requests, old->n_requests);
}

static bool same_resources(const struct api_resource_requirements *a, const struct api_resource_requirements *b)
{
    return api_equal(&api_type_resource_requirements, a, b);
}

static void validate_pod_level(const struct api_pod *pod, const struct api_pod *old, const struct field_at *at,
                               struct api_invalid *errors)
{
    const struct api_resource_requirements *now = pod->spec.resources, *before = old->spec.resources;

    if (before == NULL)
        return;
    if (now == NULL) {
        invalid_forbidden(errors, at_field(at, "resources"), "pod-level resources cannot be removed");
        return;
    }
    validate_kept(now, before, at_field(at, "resources"), errors);
    if (!only_resizable(now, before))
        invalid_forbidden(errors, at, ONLY_RESOURCES);
}

/* Same containers in the same order. */
static bool validate_order(const struct api_container *list, size_t count, const struct api_container *old,
                           size_t old_count, const char *name, const struct field_at *at, struct api_invalid *errors)
{
    bool same = true;

    if (count != old_count) {
        invalid_forbidden(errors, at_field(at, name), "%s may not be added or removed on resize", name);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (text_equal(list[i].name, old[i].name))
            continue;
        invalid_forbidden(errors, at_field(at_index(at_field(at, name), i), "name"),
                          "%s may not be renamed or reordered on resize", name);
        same = false;
    }
    return same;
}

static bool restarts_for_resize(const struct api_container *container)
{
    for (size_t i = 0; i < container->n_resize_policy; i++)
        if (text_equal(container->resize_policy[i].restart_policy, "RestartContainer"))
            return true;
    return false;
}

static void validate_init(const struct api_pod_spec *spec, const struct api_pod_spec *old, const struct field_at *at,
                          struct api_invalid *errors)
{
    bool good = true;

    for (size_t i = 0; i < spec->n_init_containers; i++) {
        const struct api_container *container = &spec->init_containers[i];
        good = good && only_resizable(&container->resources, &old->init_containers[i].resources);
        if (!text_equal(container->restart_policy, "Always") && restarts_for_resize(container) &&
            !same_resources(&container->resources, &old->init_containers[i].resources))
            invalid_forbidden(errors, at_index(at_field(at, "initContainers"), i),
                              "non-sidecar init containers with a RestartContainer resize policy cannot be resized");
    }
    if (!good)
        invalid_forbidden(errors, at, ONLY_RESOURCES);
}

static struct api_container *with_resources(const struct api_container *list, const struct api_container *old,
                                            size_t count, struct arena *arena)
{
    struct api_container *copy = arena_new_array(arena, struct api_container, count);

    for (size_t i = 0; i < count; i++) {
        copy[i] = list[i];
        copy[i].resources = old[i].resources;
        copy[i].resize_policy = old[i].resize_policy;
        copy[i].n_resize_policy = old[i].n_resize_policy;
    }
    return copy;
}

static void validate_nothing_else(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                  const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct api_pod_spec same = *spec;

    if (spec->n_containers > 0)
        same.containers = with_resources(spec->containers, old->containers, spec->n_containers, &arena);
    if (spec->n_init_containers > 0)
        same.init_containers =
            with_resources(spec->init_containers, old->init_containers, spec->n_init_containers, &arena);
    same.resources = old->resources;
    if (!api_equal(&api_type_pod_spec, &same, old))
        invalid_forbidden_change(errors, at, &api_type_pod_spec, old, &same, ONLY_RESOURCES);
}

static void validate_containers_resize(const struct api_pod_spec *spec, const struct api_pod_spec *old,
                                       const struct field_at *at, struct api_invalid *errors)
{
    bool good = true;

    for (size_t i = 0; i < spec->n_containers; i++)
        validate_kept(&spec->containers[i].resources, &old->containers[i].resources,
                      at_field(at_index(at_field(at, "containers"), i), "resources"), errors);
    for (size_t i = 0; i < spec->n_init_containers; i++)
        validate_kept(&spec->init_containers[i].resources, &old->init_containers[i].resources,
                      at_field(at_index(at_field(at, "initContainers"), i), "resources"), errors);
    for (size_t i = 0; i < spec->n_containers; i++)
        good = good && only_resizable(&spec->containers[i].resources, &old->containers[i].resources);
    if (!good)
        invalid_forbidden(errors, at, ONLY_RESOURCES);
    validate_init(spec, old, at, errors);
}

int api_validate_resize(const void *old_object, const void *object, struct api_invalid *errors)
{
    const struct api_pod *pod = object, *old = old_object;
    const struct field_at *at = at_field(NULL, "spec");

    if (pod_meta_is_mirror(&old->metadata)) {
        invalid_forbidden(errors, NULL, "static pods cannot be resized");
        return (int)errors->total;
    }
    if (old->spec.os != NULL && text_equal(old->spec.os->name, "windows")) {
        invalid_forbidden(errors, NULL, "windows pods cannot be resized");
        return (int)errors->total;
    }
    validate_pod(pod, old, errors);
    const char *qos = text_empty(old->status.qos_class) ? api_pod_qos_class(&old->spec) : old->status.qos_class;
    if (!text_equal(qos, api_pod_qos_class(&pod->spec)))
        invalid_string(errors, at, pod->status.qos_class, "Pod QOS Class may not change as a result of resizing");
    if (!node_supports_resize(old))
        invalid_forbidden(errors, at, "Pod running on node without support for resize");
    validate_pod_level(pod, old, at, errors);
    if (old->status.n_node_allocatable_resource_claim_statuses > 0)
        invalid_forbidden(errors, at, "pods with node allocatable resource claims cannot be resized");
    if (!validate_order(pod->spec.containers, pod->spec.n_containers, old->spec.containers, old->spec.n_containers,
                        "containers", at, errors) ||
        !validate_order(pod->spec.init_containers, pod->spec.n_init_containers, old->spec.init_containers,
                        old->spec.n_init_containers, "initContainers", at, errors))
        return (int)errors->total;
    validate_containers_resize(&pod->spec, &old->spec, at, errors);
    if (errors->total == 0)
        validate_nothing_else(&pod->spec, &old->spec, at, errors);
    return (int)errors->total;
}
