/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* claim_status.c - what was allocated for a claim, for whom, and how those devices are. */
#include <ctype.h>

#include "api/validation/conditions.h"
#include "api/validation/formats/names.h"
#include "api/validation/kind_rules.h"
#include "api/validation/pod/pod_rules.h"
#include "api/validation/resource/device_rules.h"

/* Upstream's */
#define RESULTS_MAX        32
#define RESERVED_MAX       256
#define INTERFACE_SIZE_MAX 256
#define HARDWARE_SIZE_MAX  128
#define IPS_MAX            16
#define UUID_SIZE          36

typedef struct api_resource_resource_claim_status claim_status;
typedef struct api_resource_allocated_device_status device_status;

static const char *const sources[] = { "FromClaim", "FromClass", NULL };

static void validate_share_id(const char *id, const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer lower = { 0 };
    size_t size = id != NULL ? strlen(id) : 0;

    if (id == NULL)
        return;
    for (size_t i = 0; i < size; i++)
        buffer_append_char(&lower, (char)tolower((unsigned char)id[i]));
    if (size != UUID_SIZE)
        invalid_string(errors, at, id, "error validating uid: invalid UUID length: %zu", size);
    else if (!format_ok(format_uuid, buffer_str(&lower)))
        invalid_string(errors, at, id, "error validating uid: invalid UUID format");
    else if (!str_is(buffer_str(&lower), id))
        invalid_string(errors, at, id,
                       "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase "
                       "hexadecimal characters");
}

static void append_device(struct buffer *out, const char *driver, const char *pool, const char *device,
                          const char *share)
{
    buffer_format(out, "%s/%s/%s", text_or_empty(driver), text_or_empty(pool), text_or_empty(device));
    if (share != NULL)
        buffer_format(out, "/%s", share);
    buffer_append_char(out, '\0');
}

static bool is_allocated(const claim_status *status, const char *name)
{
    for (size_t i = 0; status->allocation != NULL && i < status->allocation->devices.n_results; i++) {
        const struct api_resource_device_request_allocation_result *result = &status->allocation->devices.results[i];
        auto_buffer struct buffer other = { 0 };
        append_device(&other, result->driver, result->pool, result->device, result->share_id);
        if (!buffer_failed(&other) && strcmp(other.data, name) == 0)
            return true;
    }
    return false;
}

static void validate_network(const struct api_resource_network_device_data *data, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct field_at *ips = at_field(at, "ips");
    auto_text_set struct text_set seen = { 0 };

    if (strlen(text_or_empty(data->interface_name)) > INTERFACE_SIZE_MAX)
        invalid_too_long(errors, at_field(at, "interfaceName"), INTERFACE_SIZE_MAX);
    if (strlen(text_or_empty(data->hardware_address)) > HARDWARE_SIZE_MAX)
        invalid_too_long(errors, at_field(at, "hardwareAddress"), HARDWARE_SIZE_MAX);
    if (!device_list_fits(data->n_ips, IPS_MAX, ips, errors))
        return;
    for (size_t i = 0; i < data->n_ips; i++)
        invalid_format(errors, at_index(ips, i), format_interface_address, text_or_empty(data->ips[i]));
    for (size_t i = 0; i < data->n_ips; i++)
        invalid_repeated(errors, at_index(ips, i), &seen, data->ips[i]);
}

static void validate_device_status(const claim_status *status, const device_status *device, const struct field_at *at,
                                   struct api_invalid *errors)
{
    const struct field_at *conditions = at_field(at, "conditions");
    auto_buffer struct buffer name = { 0 };

    validate_csi_driver_name(device->driver, at_field(at, "driver"), errors);
    validate_resource_pool_name(device->pool, at_field(at, "pool"), errors);
    invalid_format(errors, at_field(at, "device"), format_dns1123_label, text_or_empty(device->device));
    validate_share_id(device->share_id, at_field(at, "shareID"), errors);
    append_device(&name, device->driver, device->pool, device->device, device->share_id);
    if (!buffer_failed(&name) && !is_allocated(status, name.data))
        invalid_string(errors, at, name.data, "must be an allocated device in the claim");
    if (device->n_conditions > DEVICE_CONDITIONS_MAX)
        invalid_too_many(errors, conditions, device->n_conditions, DEVICE_CONDITIONS_MAX);
    validate_conditions(device->conditions, device->n_conditions, conditions, errors);
    if (device->data.size > 0)
        validate_device_parameters(device->data, false, at_field(at, "data"), errors);
    if (device->network_data != NULL)
        validate_network(device->network_data, at_field(at, "networkData"), errors);
}

static void validate_device_statuses(const claim_status *status, const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set seen = { 0 };
    auto_arena struct arena arena = { 0 };

    for (size_t i = 0; i < status->n_devices; i++)
        validate_device_status(status, &status->devices[i], at_index(at, i), errors);
    for (size_t i = 0; i < status->n_devices; i++) {
        const device_status *device = &status->devices[i];
        auto_buffer struct buffer name = { 0 };
        append_device(&name, device->driver, device->pool, device->device, device->share_id);
        if (!buffer_failed(&name))
            invalid_repeated(errors, at_index(at, i), &seen, arena_strdup(&arena, name.data));
    }
}

static void validate_result(const struct api_resource_device_claim *claim,
                            const struct api_resource_device_request_allocation_result *result,
                            const struct field_at *at, struct api_invalid *errors)
{
    validate_request_reference(claim, result->request, at_field(at, "request"), errors);
    validate_csi_driver_name(result->driver, at_field(at, "driver"), errors);
    validate_resource_pool_name(result->pool, at_field(at, "pool"), errors);
    invalid_format(errors, at_field(at, "device"), format_dns1123_label, text_or_empty(result->device));
    validate_binding_conditions(result->binding_conditions, result->n_binding_conditions,
                                result->binding_failure_conditions, result->n_binding_failure_conditions, at, errors);
    validate_device_tolerations(result->tolerations, result->n_tolerations, at_field(at, "tolerations"), errors);
    validate_share_id(result->share_id, at_field(at, "shareID"), errors);
}

static void validate_allocation(const struct api_resource_device_claim *claim,
                                const struct api_resource_allocation_result *allocation, const struct field_at *at,
                                struct api_invalid *errors)
{
    const struct api_resource_device_allocation_result *devices = &allocation->devices;
    const struct field_at *results = at_field(at_field(at, "devices"), "results");
    const struct field_at *config = at_field(at_field(at, "devices"), "config");

    if (device_list_fits(devices->n_results, RESULTS_MAX, results, errors))
        for (size_t i = 0; i < devices->n_results; i++)
            validate_result(claim, &devices->results[i], at_index(results, i), errors);
    if (device_list_fits(devices->n_config, 2 * DEVICE_CONFIG_MAX, config, errors)) /* of class and of claim */
        for (size_t i = 0; i < devices->n_config; i++) {
            const struct field_at *one = at_index(config, i);
            invalid_one_of(errors, at_field(one, "source"), devices->config[i].source, sources, true);
            validate_request_references(claim, devices->config[i].requests, devices->config[i].n_requests,
                                        at_field(one, "requests"), errors);
            validate_device_configuration(devices->config[i].opaque, false, one, errors);
        }
    if (allocation->node_selector != NULL)
        validate_node_selector(allocation->node_selector, false, at_field(at, "nodeSelector"), errors);
}

static bool reserves(const claim_status *status, const struct api_resource_resource_claim_consumer_reference *consumer)
{
    for (size_t i = 0; i < status->n_reserved_for; i++) {
        const struct api_resource_resource_claim_consumer_reference *other = &status->reserved_for[i];
        if (text_equal(other->uid, consumer->uid) && text_equal(other->name, consumer->name) &&
            text_equal(other->resource, consumer->resource) && text_equal(other->api_group, consumer->api_group))
            return true;
    }
    return false;
}

static void validate_reserved(const claim_status *status, const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set uids = { 0 };

    if (!device_list_fits(status->n_reserved_for, RESERVED_MAX, at, errors))
        return;
    for (size_t i = 0; i < status->n_reserved_for; i++) {
        const struct api_resource_resource_claim_consumer_reference *consumer = &status->reserved_for[i];
        if (text_empty(consumer->resource))
            invalid_missing(errors, at_field(at_index(at, i), "resource"));
        if (text_empty(consumer->name))
            invalid_missing(errors, at_field(at_index(at, i), "name"));
        if (text_empty(consumer->uid))
            invalid_missing(errors, at_field(at_index(at, i), "uid"));
    }
    for (size_t i = 0; i < status->n_reserved_for; i++)
        invalid_repeated(errors, at_index(at, i), &uids, status->reserved_for[i].uid);
}

/* Nobody joins without an allocation, or while the claim is going. */
static void validate_consumers(const struct api_resource_resource_claim *claim, const claim_status *old,
                               const struct field_at *at, struct api_invalid *errors)
{
    const claim_status *status = &claim->status;

    if (status->n_reserved_for > 0 && status->allocation == NULL) {
        invalid_forbidden(errors, at, "may not be specified when `allocated` is not set");
        return;
    }
    if (claim->metadata.deletion_timestamp == 0)
        return;
    for (size_t i = 0; i < status->n_reserved_for; i++)
        if (!reserves(old, &status->reserved_for[i])) {
            invalid_forbidden(errors, at,
                              "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are "
                              "set");
            return;
        }
}

void validate_resource_claim_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_resource_resource_claim *claim = object;
    const claim_status *status = &claim->status, *stored = &((const struct api_resource_resource_claim *)old)->status;
    const struct field_at *at = at_field(NULL, "status");

    validate_reserved(status, at_field(at, "reservedFor"), errors);
    validate_device_statuses(status, at_field(at, "devices"), errors);
    validate_consumers(claim, stored, at_field(at, "reservedFor"), errors);
    if (status->allocation != NULL && stored->allocation != NULL)
        validate_immutable(&api_type_resource_allocation_result, status->allocation, stored->allocation,
                           at_field(at, "allocation"), errors);
    else if (status->allocation != NULL)
        validate_allocation(&claim->spec.devices, status->allocation, at_field(at, "allocation"), errors);
}
