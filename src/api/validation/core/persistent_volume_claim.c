/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* persistent_volume_claim.c - PersistentVolumeClaims: bound once, then they may grow. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"
#include "api/validation/formats/resource_names.h"
#include "api/validation/internal_form.h"
#include "api/validation/volume/claim.h"
#include "api/value/entry.h"

#define CLASS_KEY "volume.beta.kubernetes.io/storage-class"

static const char *const storage_only[] = { "storage", NULL };
static const char *const resize_statuses[] = { "ControllerResizeInProgress", "ControllerResizeInfeasible",
                                               "NodeResizeInProgress",       "NodeResizeInfeasible",
                                               "NodeResizePending",          NULL };

void validate_claim_create(const void *object, struct api_invalid *errors)
{
    validate_claim_spec(&((const struct api_persistent_volume_claim *)object)->spec, NULL, at_field(NULL, "spec"),
                        errors);
}

static const char *annotated_class(const struct api_persistent_volume_claim *claim)
{
    return string_entry_value(claim->metadata.annotations, claim->metadata.n_annotations, CLASS_KEY);
}

/* The class moves from the annotation into its field. */
static bool moves_class(const struct api_persistent_volume_claim *claim, const struct api_persistent_volume_claim *old)
{
    const char *now = annotated_class(claim), *before = annotated_class(old);

    return before != NULL && (now == NULL || text_equal(now, before)) && old->spec.storage_class_name == NULL &&
           claim->spec.storage_class_name != NULL && text_equal(claim->spec.storage_class_name, before);
}

/* A claim without a class gets one, later. */
static bool gets_class(const struct api_persistent_volume_claim *claim, const struct api_persistent_volume_claim *old)
{
    const char *before = annotated_class(old);

    return old->spec.storage_class_name == NULL && claim->spec.storage_class_name != NULL &&
           (before == NULL || text_equal(before, claim->spec.storage_class_name));
}

static const struct quantity *request_of(const struct api_persistent_volume_claim_spec *spec)
{
    return quantity_entry_value(spec->resources.requests, spec->resources.n_requests, "storage");
}

/* The new spec with everything set back that may change: it must equal the old one then. */
static void validate_spec_kept(const struct api_persistent_volume_claim *claim,
                               const struct api_persistent_volume_claim *old, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    struct api_persistent_volume_claim_spec same = claim->spec;
    const struct quantity *before = request_of(&old->spec);

    if (text_empty(old->spec.volume_name))
        same.volume_name = old->spec.volume_name;
    if (moves_class(claim, old) || gets_class(claim, old))
        same.storage_class_name = old->spec.storage_class_name;
    if (text_equal(claim->status.phase, "Bound")) {
        size_t count = same.resources.n_requests;
        struct api_quantity_entry *requests = arena_new_array(&arena, struct api_quantity_entry, count + 1);
        for (size_t i = 0; i < count; i++) {
            requests[i] = claim->spec.resources.requests[i];
            if (before != NULL && text_equal(requests[i].key, "storage"))
                requests[i].value = *before;
        }
        if (claim->spec.resources.requests != NULL)
            same.resources.requests = requests;
        same.volume_attributes_class_name = old->spec.volume_attributes_class_name;
    }
    if (!api_equal(&api_type_persistent_volume_claim_spec, &same, &old->spec))
        invalid_forbidden_change(errors, at_field(NULL, "spec"), &api_type_persistent_volume_claim_spec, &old->spec,
                                 &same,
                                 "spec is immutable after creation except resources.requests and "
                                 "volumeAttributesClassName for bound claims");
}

static void validate_size_change(const struct api_persistent_volume_claim *claim,
                                 const struct api_persistent_volume_claim *old, struct api_invalid *errors)
{
    const struct quantity *now = request_of(&claim->spec), *before = request_of(&old->spec);
    const struct quantity *actual = quantity_entry_value(old->status.capacity, old->status.n_capacity, "storage");
    struct quantity none = { 0 };
    const struct field_at *at =
        at_field(at_field(at_field(at_field(NULL, "spec"), "resources"), "requests"), "storage");

    now = now != NULL ? now : &none;
    if (before != NULL && quantity_compare(now, before) < 0 &&
        quantity_compare(now, actual != NULL ? actual : &none) <= 0)
        invalid_forbidden(errors, at, "field can not be less than status.capacity");
}

void validate_claim_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_persistent_volume_claim *claim = object, *old = old_object;
    const struct field_at *annotations = at_field(at_field(NULL, "metadata"), "annotations");
    const char *class = claim->spec.volume_attributes_class_name;

    validate_claim_spec(&claim->spec, &old->spec, at_field(NULL, "spec"), errors);
    if (!moves_class(claim, old) &&
        !text_equal(text_or_empty(annotated_class(claim)), text_or_empty(annotated_class(old))))
        invalid_string(errors, at_field(annotations, CLASS_KEY), text_or_empty(annotated_class(claim)),
                       INVALID_IMMUTABLE);
    validate_spec_kept(claim, old, errors);
    validate_size_change(claim, old, errors);
    if (!text_equal(claim->spec.volume_mode, old->spec.volume_mode)) {
        if (claim->spec.volume_mode == NULL)
            invalid_null(errors, at_field(NULL, "volumeMode"), INVALID_IMMUTABLE);
        else
            invalid_string(errors, at_field(NULL, "volumeMode"), claim->spec.volume_mode, INVALID_IMMUTABLE);
    }
    if (!text_equal(class, old->spec.volume_attributes_class_name) && text_empty(class) &&
        old->status.current_volume_attributes_class_name != NULL)
        invalid_forbidden(errors, at_field(at_field(NULL, "spec"), "volumeAttributesClassName"),
                          class == NULL ? "update from non-nil value to nil is forbidden"
                                        : "update from non-nil value to an empty string is forbidden");
}

static bool validate_status_key(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    if (!invalid_format(errors, at, format_qualified_name, name))
        return false;
    if (!resource_is_native(str_of(name)) || text_equal(name, "storage"))
        return true;
    invalid_not_supported(errors, at, name, storage_only);
    return false;
}

static void validate_basic_amount(const struct quantity *amount, const struct field_at *at, struct api_invalid *errors)
{
    if (quantity_sign(amount) < 0)
        invalid_number(errors, at, quantity_value(amount), "must be a valid resource quantity");
}

static bool is_resize_status(const char *value)
{
    for (size_t i = 0; resize_statuses[i] != NULL; i++)
        if (text_equal(value, resize_statuses[i]))
            return true;
    return false;
}

void validate_claim_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_persistent_volume_claim *claim = object;
    const struct api_persistent_volume_claim_status *status = &claim->status;
    const struct field_at *at = at_field(NULL, "status");

    (void)old;
    if (text_empty(claim->metadata.resource_version))
        invalid_missing(errors, at_field(NULL, "resourceVersion"));
    if (claim->spec.n_access_modes == 0)
        invalid_missing(errors, at_field(at_field(NULL, "Spec"), "accessModes"));
    for (size_t i = 0; i < status->n_capacity; i++)
        validate_basic_amount(&status->capacity[i].value,
                              at_key(at_field(at, "capacity"), text_or_empty(status->capacity[i].key)), errors);
    for (size_t i = 0; i < status->n_allocated_resource_statuses; i++) {
        const struct api_string_entry *entry = &status->allocated_resource_statuses[i];
        const struct field_at *here = at_field(at, "allocatedResourceStatuses");
        validate_status_key(entry->key, here, errors);
        if (!is_resize_status(entry->value))
            invalid_not_supported(errors, here, entry->key, resize_statuses);
    }
    for (size_t i = 0; i < status->n_allocated_resources; i++) {
        const char *name = text_or_empty(status->allocated_resources[i].key);
        const struct field_at *here = at_field(at, "allocatedResources");
        if (validate_status_key(name, here, errors))
            validate_basic_amount(&status->allocated_resources[i].value, at_key(here, name), errors);
    }
}
