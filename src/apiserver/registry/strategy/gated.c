/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Fields whose feature gates are off: dropped, unless the stored object has them already. And what a few kinds set
 * of themselves. */

#include "api/codec.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/registry/strategy/strategies.h"

/* ---------------------------------------------------------------- MaxUnavailableStatefulSet */

static bool limits_unavailable(const struct api_apps_stateful_set *set)
{
    const struct api_apps_rolling_update_stateful_set_strategy *rolling = set->spec.update_strategy.rolling_update;
    return rolling != NULL && rolling->max_unavailable != NULL;
}

void stateful_set_prepare_create(struct request *request, void *object)
{
    struct api_apps_stateful_set *set = object;
    (void)request;
    if (limits_unavailable(set))
        set->spec.update_strategy.rolling_update->max_unavailable = NULL;
}

void stateful_set_prepare_update(struct request *request, void *object, const void *old)
{
    if (!limits_unavailable(old))
        stateful_set_prepare_create(request, object);
}

/* ---------------------------------------------------------------- CoordinatedLeaderElection */

void lease_prepare_create(struct request *request, void *object)
{
    struct api_coordination_lease_spec *spec = &((struct api_coordination_lease *)object)->spec;
    (void)request;
    spec->strategy = NULL;
    spec->preferred_holder = NULL;
}

void lease_prepare_update(struct request *request, void *object, const void *old)
{
    const struct api_coordination_lease_spec *before = &((const struct api_coordination_lease *)old)->spec;
    if (before->strategy == NULL && before->preferred_holder == NULL)
        lease_prepare_create(request, object);
}

/* ---------------------------------------------------------------- VolumeLimitScaling */

void csi_driver_prepare_create(struct request *request, void *object)
{
    struct api_storage_csi_driver *driver = object;
    (void)request;
    driver->spec.prevent_pod_scheduling_if_missing = NULL;
    driver->metadata.generation = 0; /* upstream counts updates of the spec only */
}

void csi_driver_prepare_update(struct request *request, void *object, const void *old)
{
    (void)request;
    if (((const struct api_storage_csi_driver *)old)->spec.prevent_pod_scheduling_if_missing == NULL)
        ((struct api_storage_csi_driver *)object)->spec.prevent_pod_scheduling_if_missing = NULL;
}

/* ---------------------------------------------------------------- DRANodeAllocatableResources, DRAListTypeAttributes */

static bool has_mappings(const struct api_resource_resource_slice *slice)
{
    for (size_t i = 0; i < slice->spec.n_devices; i++)
        if (slice->spec.devices[i].n_node_allocatable_resource_mappings > 0)
            return true;
    return false;
}

static bool has_lists(const struct api_resource_device *device)
{
    for (size_t i = 0; i < device->n_attributes; i++) {
        const struct api_resource_device_attribute *value = &device->attributes[i].value;
        if (value->ints != NULL || value->bools != NULL || value->strings != NULL || value->versions != NULL)
            return true;
    }
    return false;
}

static void drop_from_devices(struct api_resource_resource_slice *slice, bool mappings, bool lists)
{
    for (size_t i = 0; i < slice->spec.n_devices; i++) {
        struct api_resource_device *device = &slice->spec.devices[i];
        if (mappings) {
            device->node_allocatable_resource_mappings = NULL;
            device->n_node_allocatable_resource_mappings = 0;
        }
        for (size_t k = 0; lists && k < device->n_attributes; k++) {
            struct api_resource_device_attribute *value = &device->attributes[k].value;
            value->ints = NULL, value->bools = NULL, value->strings = NULL, value->versions = NULL;
            value->n_ints = value->n_bools = value->n_strings = value->n_versions = 0;
        }
    }
}

void resource_slice_prepare_create(struct request *request, void *object)
{
    (void)request;
    drop_from_devices(object, true, true);
}

void resource_slice_prepare_update(struct request *request, void *object, const void *old)
{
    const struct api_resource_resource_slice *before = old;
    bool lists = false;
    (void)request;
    for (size_t i = 0; i < before->spec.n_devices; i++)
        lists = lists || has_lists(&before->spec.devices[i]);
    drop_from_devices(object, !has_mappings(before), !lists);
}

/* ---------------------------------------------------------------- other things that are set */

/* Devices that a claim does not have any more say nothing of themselves. */
void resource_claim_prepare_status(struct request *request, void *object, const void *old)
{
    struct api_resource_resource_claim_status *status = &((struct api_resource_resource_claim *)object)->status;
    const struct api_resource_resource_claim_status *before =
        &((const struct api_resource_resource_claim *)old)->status;
    (void)request;
    if (before->allocation == NULL || status->allocation != NULL || status->devices == NULL)
        return;
    status->devices = NULL;
    status->n_devices = 0;
}

/* Topology is for zones and node names, which have members of their own now. */
void endpoint_slice_prepare_create(struct request *request, void *object)
{
    struct api_discovery_endpoint_slice *slice = object;
    (void)request;
    for (size_t i = 0; i < slice->n_endpoints; i++) {
        slice->endpoints[i].deprecated_topology = NULL;
        slice->endpoints[i].n_deprecated_topology = 0;
    }
}

void endpoint_slice_prepare_update(struct request *request, void *object, const void *old)
{
    const struct api_discovery_endpoint_slice *slice = object, *before = old;
    bool same = slice->n_endpoints == before->n_endpoints;
    for (size_t i = 0; same && i < slice->n_endpoints; i++)
        same = api_equal(&api_type_discovery_endpoint, &slice->endpoints[i], &before->endpoints[i]);
    if (!same)
        endpoint_slice_prepare_create(request, object);
}

bool never_changed(const void *object, const void *old)
{
    (void)object, (void)old;
    return false;
}

/* What the server serves itself is there. */
void api_service_prepare_create(struct request *request, void *object)
{
    struct api_apiregistration_api_service *service = object;
    if (service->spec.service != NULL)
        return;
    struct api_apiregistration_api_service_condition *condition =
        arena_new(&request->arena, struct api_apiregistration_api_service_condition);
    condition->type = "Available";
    condition->status = "True";
    condition->reason = "Local";
    condition->message = "Local APIServices are always available";
    condition->last_transition_time = prepare_now(request);
    service->status.conditions = condition;
    service->status.n_conditions = 1;
}
