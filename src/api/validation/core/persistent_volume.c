/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage.c - volumes and claims. Sources other than those a pod can have are only counted. */
#include "api/codec.h"
#include "api/validation/core/core_rules.h"

static const char *const access_modes[] = { "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod",
                                            NULL };
static const char *const volume_modes[] = { "Block", "Filesystem", NULL };
static const char *const reclaim_policies[] = { "Delete", "Recycle", "Retain", NULL };

static void validate_access_modes(const char *const *modes, size_t count, const struct field_at *at,
                                  struct api_invalid *errors)
{
    bool one_pod = false;

    if (count == 0)
        invalid_required(errors, at, "at least 1 access mode is required");
    for (size_t i = 0; i < count; i++) {
        invalid_one_of(errors, at, modes[i], access_modes, false);
        one_pod = one_pod || text_equal(modes[i], "ReadWriteOncePod");
    }
    if (one_pod && count > 1)
        invalid_forbidden(errors, at, "may not use ReadWriteOncePod with other access modes");
}

static const struct quantity *storage_of(const struct api_quantity_entry *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i].key, "storage"))
            return &list[i].value;
    return NULL;
}

static void validate_positive(const struct quantity *amount, const struct field_at *at, struct api_invalid *errors)
{
    char text[QUANTITY_TEXT_SIZE];

    if (quantity_sign(amount) > 0)
        return;
    quantity_format(amount, text);
    invalid_string(errors, at, text, "must be greater than zero");
}

void validate_claim_create(const void *object, struct api_invalid *errors)
{
    const struct api_persistent_volume_claim_spec *spec = &((const struct api_persistent_volume_claim *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct field_at *storage = at_key(at_field(at, "resources"), "storage");
    const struct quantity *amount = storage_of(spec->resources.requests, spec->resources.n_requests);

    validate_access_modes(spec->access_modes, spec->n_access_modes, at_field(at, "accessModes"), errors);
    validate_label_selector(spec->selector, at_field(at, "selector"), errors);
    if (amount == NULL)
        invalid_missing(errors, storage);
    else
        validate_positive(amount, storage, errors);
    if (!text_empty(spec->storage_class_name))
        invalid_format(errors, at_field(at, "storageClassName"), format_dns1123_subdomain, spec->storage_class_name);
    if (spec->volume_mode != NULL)
        invalid_one_of(errors, at_field(at, "volumeMode"), spec->volume_mode, volume_modes, false);
    if (!text_empty(spec->volume_attributes_class_name))
        invalid_format(errors, at_field(at, "volumeAttributesClassName"), format_dns1123_subdomain,
                       spec->volume_attributes_class_name);
}

/* A claim is bound once, and may grow; nothing else of it changes. */
void validate_claim_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_persistent_volume_claim *claim = object;
    const struct api_persistent_volume_claim *old = old_object;
    struct api_persistent_volume_claim_spec same = claim->spec;

    validate_claim_create(object, errors);
    if (text_empty(old->spec.volume_name))
        same.volume_name = old->spec.volume_name;
    if (old->spec.storage_class_name == NULL)
        same.storage_class_name = NULL;
    if (text_equal(old->status.phase, "Bound")) {
        same.resources = old->spec.resources;
        same.volume_attributes_class_name = old->spec.volume_attributes_class_name;
    }
    if (!api_equal(&api_type_persistent_volume_claim_spec, &same, &old->spec))
        invalid_forbidden(
            errors, at_field(NULL, "spec"),
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for "
            "bound claims");
}

static void validate_source_count(const struct api_persistent_volume_spec *spec, const struct field_at *at,
                                  struct api_invalid *errors)
{
    const struct api_type *type = &api_type_persistent_volume_source;
    int count = 0;

    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        const char *base = (const char *)&spec->persistent_volume_source;
        if (*(const void *const *)(const void *)(base + field->offset) != NULL && count++ > 0)
            invalid_forbidden(errors, at_field(at, field->name), "may not specify more than 1 volume type");
    }
    if (count == 0)
        invalid_required(errors, at, "must specify a volume type");
}

void validate_volume_create(const void *object, struct api_invalid *errors)
{
    const struct api_persistent_volume_spec *spec = &((const struct api_persistent_volume *)object)->spec;
    const struct field_at *at = at_field(NULL, "spec");
    const struct quantity *amount = storage_of(spec->capacity, spec->n_capacity);

    validate_access_modes(spec->access_modes, spec->n_access_modes, at_field(at, "accessModes"), errors);
    if (spec->n_capacity == 0)
        invalid_missing(errors, at_field(at, "capacity"));
    else if (amount != NULL)
        validate_positive(amount, at_key(at_field(at, "capacity"), "storage"), errors);
    if (!text_empty(spec->persistent_volume_reclaim_policy))
        invalid_one_of(errors, at_field(at, "persistentVolumeReclaimPolicy"), spec->persistent_volume_reclaim_policy,
                       reclaim_policies, false);
    validate_source_count(spec, at, errors);
    if (!text_empty(spec->storage_class_name))
        invalid_format(errors, at_field(at, "storageClassName"), format_dns1123_subdomain, spec->storage_class_name);
    if (spec->volume_mode != NULL)
        invalid_one_of(errors, at_field(at, "volumeMode"), spec->volume_mode, volume_modes, false);
}

void validate_volume_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_persistent_volume_spec *spec = &((const struct api_persistent_volume *)object)->spec;
    const struct api_persistent_volume_spec *old = &((const struct api_persistent_volume *)old_object)->spec;

    validate_volume_create(object, errors);
    if (!api_equal(&api_type_persistent_volume_source, &spec->persistent_volume_source, &old->persistent_volume_source))
        invalid_forbidden(errors, at_field(at_field(NULL, "spec"), "persistentvolumesource"),
                          "spec.persistentvolumesource is immutable after creation");
    validate_immutable_string(spec->volume_mode, old->volume_mode, at_field(at_field(NULL, "spec"), "volumeMode"),
                              errors);
}
