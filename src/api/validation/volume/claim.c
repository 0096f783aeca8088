/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* claim.c - specs of PersistentVolumeClaims. */
#include "api/validation/volume/claim.h"

#include "api/member.h"
#include "api/validation/formats/resource_names.h"
#include "api/value/entry.h"

static const char *const access_modes[] = { "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod",
                                            NULL };
static const char *const volume_modes[] = { "Block", "Filesystem", NULL };

void validate_access_modes(const char *const *modes, size_t count, const struct field_at *at,
                           struct api_invalid *errors)
{
    bool one_pod = false, others = false;

    if (count == 0)
        invalid_required(errors, at, "at least 1 access mode is required");
    for (size_t i = 0; i < count; i++) {
        if (!invalid_one_of(errors, at, modes[i], access_modes, false))
            continue;
        if (text_equal(modes[i], "ReadWriteOncePod"))
            one_pod = true;
        else
            others = true;
    }
    if (one_pod && others)
        invalid_forbidden(errors, at, "may not use ReadWriteOncePod with other access modes");
}

void validate_volume_mode(const char *mode, const struct field_at *at, struct api_invalid *errors)
{
    if (mode != NULL)
        invalid_one_of(errors, at, mode, volume_modes, false);
}

static void validate_source_reference(const char *group, const char *kind, const char *name, bool check_group,
                                      const struct field_at *at, struct api_invalid *errors)
{
    if (text_empty(name))
        invalid_missing(errors, at_field(at, "name"));
    if (text_empty(kind))
        invalid_missing(errors, at_field(at, "kind"));
    if (text_empty(group) && !text_equal(kind, "PersistentVolumeClaim"))
        invalid_string(errors, at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
    if (check_group)
        invalid_optional_format(errors, at_field(at, "apiGroup"), format_dns1123_subdomain, group);
}

static void validate_sources(const struct api_persistent_volume_claim_spec *spec,
                             const struct api_persistent_volume_claim_spec *old, const struct field_at *at,
                             struct api_invalid *errors)
{
    const struct api_typed_local_object_reference *source = spec->data_source;
    const struct api_typed_object_reference *ref = spec->data_source_ref;
    bool check_group = old == NULL || ((old->data_source == NULL || old->data_source->api_group == NULL) &&
                                       (old->data_source_ref == NULL || old->data_source_ref->api_group == NULL));

    if (source != NULL)
        validate_source_reference(source->api_group, source->kind, source->name, check_group,
                                  at_field(at, "dataSource"), errors);
    if (ref != NULL) {
        validate_source_reference(ref->api_group, ref->kind, ref->name, check_group, at_field(at, "dataSourceRef"),
                                  errors);
        if (!text_empty(ref->namespace))
            invalid_format(errors, at_field(at_field(at, "dataSourceRef"), "namespace"), format_dns1123_label,
                           ref->namespace);
    }
    if (ref != NULL && !text_empty(ref->namespace)) {
        if (source != NULL)
            invalid_raw(errors, at, "{}", "may not be specified when dataSourceRef.namespace is specified");
    } else if (source != NULL && ref != NULL &&
               (!text_equal(text_or_empty(source->api_group), text_or_empty(ref->api_group)) ||
                !text_equal(source->kind, ref->kind) || !text_equal(source->name, ref->name))) {
        invalid_raw(errors, at, "{}", "must match dataSourceRef"); /* upstream shows a path that has no JSON */
    }
}

static void validate_size(const struct api_persistent_volume_claim_spec *spec, const struct field_at *at,
                          struct api_invalid *errors)
{
    const struct field_at *here = at_key(at_field(at, "resources"), "storage");
    const struct quantity *amount =
        quantity_entry_value(spec->resources.requests, spec->resources.n_requests, "storage");

    if (amount == NULL) {
        invalid_missing(errors, here);
        return;
    }
    if (quantity_sign(amount) <= 0)
        invalid_quantity(errors, here, amount, "must be greater than zero");
    validate_resource_amount("storage", amount, here, errors);
}

void validate_claim_spec(const struct api_persistent_volume_claim_spec *spec,
                         const struct api_persistent_volume_claim_spec *old, const struct field_at *at,
                         struct api_invalid *errors)
{
    validate_access_modes(spec->access_modes, spec->n_access_modes, at_field(at, "accessModes"), errors);
    validate_label_selector_update(spec->selector, old != NULL ? old->selector : NULL, at_field(at, "selector"),
                                   errors);
    validate_size(spec, at, errors);
    invalid_optional_format(errors, at_field(at, "storageClassName"), format_dns1123_subdomain,
                            spec->storage_class_name);
    validate_volume_mode(spec->volume_mode, at_field(at, "volumeMode"), errors);
    validate_sources(spec, old, at, errors);
    invalid_optional_format(errors, at_field(at, "volumeAttributesClassName"), format_dns1123_subdomain,
                            spec->volume_attributes_class_name);
}

void validate_template_metadata(const struct api_object_meta *meta, const struct field_at *at,
                                struct api_invalid *errors)
{
    static const struct api_object_meta empty;
    const struct api_type *type = &api_type_object_meta;

    validate_labels(meta->labels, meta->n_labels, at_field(at, "labels"), errors);
    validate_annotations(meta->annotations, meta->n_annotations, at_field(at, "annotations"), errors);
    if (memcmp(meta, &empty, offsetof(struct api_object_meta, labels)) == 0 && meta->n_owner_references == 0 &&
        meta->n_finalizers == 0 && meta->n_managed_fields == 0)
        return;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        const char *name = field->name;
        if (text_equal(name, "labels") || text_equal(name, "annotations") || !member_is_set(field, meta))
            continue;
        /* The path is made of Go's name with a small first letter. */
        invalid_forbidden(errors, at_field(at, text_equal(name, "uid") ? "uID" : name), "cannot be set");
    }
}

void validate_claim_template(const struct api_persistent_volume_claim_template *template, const struct field_at *at,
                             struct api_invalid *errors)
{
    validate_template_metadata(&template->metadata, at_field(at, "metadata"), errors);
    validate_claim_spec(&template->spec, NULL, at_field(at, "spec"), errors);
}
