/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* csi.c - what drivers of storage say of themselves: CSIDrivers, CSINodes, CSIStorageCapacities. */
#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/formats/text_set.h"
#include "api/validation/kind_rules.h"

#define NODE_ID_SIZE_MAX  256
#define EXPIRATION_MIN    600
#define EXPIRATION_MAX    ((int64_t)1 << 32)
#define UPDATE_PERIOD_MIN 10

static const char *const group_policies[] = { "File", "None", "ReadWriteOnceWithFSType", NULL };
static const char *const lifecycle_modes[] = { "Persistent", "Ephemeral", NULL };

static void validate_given(const bool *flag, const struct field_at *at, struct api_invalid *errors)
{
    if (flag == NULL)
        invalid_missing(errors, at);
}

static void validate_token_requests(const struct api_storage_csi_driver_spec *spec, const struct field_at *at,
                                    struct api_invalid *errors)
{
    auto_text_set struct text_set audiences = { 0 };

    for (size_t i = 0; i < spec->n_token_requests; i++) {
        const struct api_storage_token_request *request = &spec->token_requests[i];
        const struct field_at *expiration = at_field(at_index(at, i), "expirationSeconds");
        if (!invalid_repeated(errors, at_field(at_index(at, i), "audience"), &audiences, request->audience) ||
            request->expiration_seconds == NULL)
            continue;
        if (*request->expiration_seconds < EXPIRATION_MIN)
            invalid_number(errors, expiration, *request->expiration_seconds,
                           "may not specify a duration less than 10 minutes");
        if (*request->expiration_seconds > EXPIRATION_MAX)
            invalid_number(errors, expiration, *request->expiration_seconds,
                           "may not specify a duration larger than 2^32 seconds");
    }
}

void validate_csi_driver_create(const void *object, struct api_invalid *errors)
{
    const struct api_storage_csi_driver_spec *spec = &((const struct api_storage_csi_driver *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *tokens = at_field(at, "serviceAccountTokenInSecrets");

    validate_given(spec->attach_required, at_field(at, "attachedRequired"), errors); /* spelled so upstream */
    validate_given(spec->pod_info_on_mount, at_field(at, "podInfoOnMount"), errors);
    validate_given(spec->storage_capacity, at_field(at, "storageCapacity"), errors);
    if (spec->fs_group_policy != NULL)
        invalid_one_of(errors, at_field(at, "fsGroupPolicy"), spec->fs_group_policy, group_policies, false);
    validate_token_requests(spec, at_field(at, "tokenRequests"), errors);
    for (size_t i = 0; i < spec->n_volume_lifecycle_modes; i++)
        invalid_one_of(errors, at_field(at, "volumeLifecycleModes"), spec->volume_lifecycle_modes[i], lifecycle_modes,
                       false);
    validate_given(spec->se_linux_mount, at_field(at, "seLinuxMount"), errors);
    if (spec->node_allocatable_update_period_seconds != NULL &&
        *spec->node_allocatable_update_period_seconds < UPDATE_PERIOD_MIN)
        invalid_number(errors, at_field(at, "nodeAllocatableUpdatePeriodSeconds"),
                       *spec->node_allocatable_update_period_seconds, "must be greater than or equal to %d seconds",
                       UPDATE_PERIOD_MIN);
    if (spec->service_account_token_in_secrets != NULL && spec->n_token_requests == 0)
        invalid_raw(errors, tokens, *spec->service_account_token_in_secrets ? "true" : "false",
                    "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
}

static bool same_flag(const bool *a, const bool *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || *a == *b);
}

static bool same_texts(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++)
        if (!text_equal(a[i], b[i]))
            return false;
    return n_a == n_b;
}

void validate_csi_driver_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_csi_driver_spec *spec = &((const struct api_storage_csi_driver *)object)->spec;
    const struct api_storage_csi_driver_spec *old = &((const struct api_storage_csi_driver *)old_object)->spec;
    const struct field_at *at = at_field(NULL, "spec");

    validate_csi_driver_create(object, errors);
    if (!same_flag(spec->attach_required, old->attach_required))
        invalid_raw(errors, at_field(at, "attachedRequired"),
                    spec->attach_required == NULL ? "null" : (*spec->attach_required ? "true" : "false"),
                    INVALID_IMMUTABLE);
    if (!same_texts(spec->volume_lifecycle_modes, spec->n_volume_lifecycle_modes, old->volume_lifecycle_modes,
                    old->n_volume_lifecycle_modes))
        invalid_string_list(errors, at_field(at, "volumeLifecycleModes"), spec->volume_lifecycle_modes,
                            spec->n_volume_lifecycle_modes, INVALID_IMMUTABLE);
}

static void validate_node_driver(const struct api_storage_csi_node_driver *driver, struct text_set *names,
                                 const struct field_at *at, struct api_invalid *errors)
{
    auto_text_set struct text_set keys = { 0 };
    const struct field_at *id = at_field(at, "nodeID");

    validate_csi_driver_name(driver->name, at_field(at, "name"), errors);
    if (text_empty(driver->node_id))
        invalid_missing(errors, id);
    if (strlen(text_or_empty(driver->node_id)) > NODE_ID_SIZE_MAX)
        invalid_string(errors, id, driver->node_id, "must be %d characters or less", NODE_ID_SIZE_MAX);
    if (driver->allocatable != NULL)
        validate_optional_count(driver->allocatable->count, at_field(at_field(at, "allocatable"), "count"), errors);
    invalid_repeated(errors, at_field(at, "name"), names, driver->name);
    for (size_t i = 0; i < driver->n_topology_keys; i++) {
        if (text_empty(driver->topology_keys[i]))
            invalid_missing(errors, at);
        invalid_repeated(errors, at, &keys, driver->topology_keys[i]);
        invalid_format(errors, at, format_qualified_name, driver->topology_keys[i]);
    }
}

void validate_csi_node_create(const void *object, struct api_invalid *errors)
{
    auto_text_set struct text_set names = { 0 };
    const struct api_storage_csi_node_spec *spec = &((const struct api_storage_csi_node *)object)->spec;

    for (size_t i = 0; i < spec->n_drivers; i++)
        validate_node_driver(&spec->drivers[i], &names, at_index(at_field(at_field(NULL, "spec"), "drivers"), i),
                             errors);
}

/* Drivers come and go; what one said of the node stays, but for how much it can attach. */
void validate_csi_node_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_csi_node_spec *spec = &((const struct api_storage_csi_node *)object)->spec;
    const struct api_storage_csi_node_spec *old = &((const struct api_storage_csi_node *)old_object)->spec;

    validate_csi_node_create(object, errors);
    for (size_t i = 0; i < old->n_drivers; i++) {
        for (size_t k = 0; k < spec->n_drivers; k++) {
            struct api_storage_csi_node_driver before = old->drivers[i], after = spec->drivers[k];
            if (!text_equal(before.name, after.name))
                continue;
            before.allocatable = NULL;
            after.allocatable = NULL;
            validate_immutable(&api_type_storage_csi_node_driver, &after, &before,
                               at_field(at_field(NULL, "spec"), "drivers"), errors);
        }
    }
}

static void validate_capacity(const struct api_storage_csi_storage_capacity *capacity,
                              const struct api_storage_csi_storage_capacity *old, struct api_invalid *errors)
{
    char text[QUANTITY_TEXT_SIZE];

    validate_label_selector_update(capacity->node_topology, old == NULL ? NULL : old->node_topology,
                                   at_field(NULL, "nodeTopology"), errors);
    invalid_format(errors, at_field(NULL, "storageClassName"), format_dns1123_subdomain, capacity->storage_class_name);
    if (capacity->capacity != NULL && quantity_sign(capacity->capacity) < 0) {
        quantity_format(capacity->capacity, text);
        invalid_string(errors, at_field(NULL, "capacity"), text, "must be greater than or equal to 0");
    }
}

void validate_csi_storage_capacity_create(const void *object, struct api_invalid *errors)
{
    validate_capacity(object, NULL, errors);
}

void validate_csi_storage_capacity_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_csi_storage_capacity *capacity = object;
    const struct api_storage_csi_storage_capacity *old = old_object;

    validate_capacity(capacity, old, errors);
    validate_immutable(&api_type_label_selector, capacity->node_topology, old->node_topology,
                       at_field(NULL, "nodeTopology"), errors);
    validate_immutable_string(capacity->storage_class_name, old->storage_class_name, at_field(NULL, "storageClassName"),
                              errors);
}
