/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* metadata.c - ObjectMeta: names, labels, annotations, owners, finalizers, and what may change of it. */
#include "api/codec.h"
#include "api/validation/formats/names.h"
#include "api/validation/rules.h"
#include "codec/json.h"

#define ANNOTATIONS_SIZE_MAX (256 * 1024)
#define SUBRESOURCE_SIZE_MAX 256

static const char *const standard_finalizers[] = { "kubernetes", "orphan", "foregroundDeletion", NULL };

void validate_labels(const struct api_string_entry *labels, size_t count, const struct field_at *at,
                     struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++) {
        invalid_format(errors, at, format_qualified_name, labels[i].key);
        invalid_format(errors, at, format_label_value, labels[i].value);
    }
}

void validate_annotations(const struct api_string_entry *annotations, size_t count, const struct field_at *at,
                          struct api_invalid *errors)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        invalid_format(errors, at, format_qualified_name_caseless, annotations[i].key);
        total += strlen(text_or_empty(annotations[i].key)) + strlen(text_or_empty(annotations[i].value));
    }
    if (total > ANNOTATIONS_SIZE_MAX)
        invalid_too_long(errors, at, ANNOTATIONS_SIZE_MAX);
}

static const char *owners_as_json(const struct api_object_meta *meta, struct api_invalid *errors)
{
    auto_buffer struct buffer json = { .max = INVALID_VALUE_SIZE_MAX };

    for (size_t i = 0; i < meta->n_owner_references; i++) {
        buffer_append_char(&json, i == 0 ? '[' : ',');
        api_encode_json(&api_type_owner_reference, NULL, &meta->owner_references[i], &json);
    }
    buffer_append_char(&json, ']');
    return buffer_failed(&json) ? "[]" : arena_strdup(&errors->arena, json.data);
}

static void validate_owners(const struct api_object_meta *meta, const struct field_at *at, struct api_invalid *errors)
{
    static const char empty[] = "must not be empty";
    const struct api_owner_reference *controller = NULL;

    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        const char *version = text_or_empty(owner->api_version);
        const char *slash = strchr(version, '/');
        if (version[0] == '\0' || (slash != NULL && (slash[1] == '\0' || strchr(slash + 1, '/') != NULL)))
            invalid_string(errors, at_field(at, "apiVersion"), version, "version must not be empty");
        if (text_empty(owner->kind))
            invalid_string(errors, at_field(at, "kind"), owner->kind, empty);
        if (text_empty(owner->name))
            invalid_string(errors, at_field(at, "name"), owner->name, empty);
        if (text_empty(owner->uid))
            invalid_string(errors, at_field(at, "uid"), owner->uid, empty);
        if (text_equal(version, "v1") && text_equal(owner->kind, "Event"))
            invalid_object(errors, at, &api_type_owner_reference, owner,
                           "/v1, Kind=Event is disallowed from being an owner");
        if (owner->controller == NULL || !*owner->controller)
            continue;
        if (controller != NULL)
            invalid_raw(errors, at, owners_as_json(meta, errors),
                        "Only one reference can have Controller set to true. Found \"true\" in references for %s/%s "
                        "and %s/%s",
                        text_or_empty(controller->kind), text_or_empty(controller->name), text_or_empty(owner->kind),
                        text_or_empty(owner->name));
        else
            controller = owner;
    }
}

static bool is_standard_finalizer(const char *name)
{
    for (size_t i = 0; standard_finalizers[i] != NULL; i++)
        if (text_equal(name, standard_finalizers[i]))
            return true;
    return false;
}

static bool has_finalizer(const struct api_object_meta *meta, const char *name)
{
    for (size_t i = 0; i < meta->n_finalizers; i++)
        if (text_equal(meta->finalizers[i], name))
            return true;
    return false;
}

static const char *finalizers_as_json(const struct api_object_meta *meta, struct api_invalid *errors)
{
    auto_buffer struct buffer json = { .max = INVALID_VALUE_SIZE_MAX };

    for (size_t i = 0; i < meta->n_finalizers; i++) {
        buffer_append_char(&json, i == 0 ? '[' : ',');
        invalid_append_quoted(&json, meta->finalizers[i]);
    }
    buffer_append_char(&json, ']');
    return buffer_failed(&json) ? "[]" : arena_strdup(&errors->arena, json.data);
}

static void validate_finalizers(const struct api_object_meta *meta, const struct field_at *at,
                                struct api_invalid *errors)
{
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        invalid_format(errors, at, format_qualified_name, meta->finalizers[i]);
    }
    if (has_finalizer(meta, "orphan") && has_finalizer(meta, "foregroundDeletion"))
        invalid_raw(errors, at, finalizers_as_json(meta, errors),
                    "finalizer orphan and foregroundDeletion cannot be both set");
}

void validate_finalizer_names(const struct api_object_meta *meta, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < meta->n_finalizers; i++) {
        const char *name = text_or_empty(meta->finalizers[i]);
        if (strchr(name, '/') == NULL && !is_standard_finalizer(name))
            invalid_string(errors, at_index(at_field(at, "finalizers"), i), name,
                           "name is neither a standard finalizer name nor is it fully qualified");
    }
}

static void validate_managed_fields(const struct api_object_meta *meta, const struct field_at *at,
                                    struct api_invalid *errors)
{
    for (size_t i = 0; i < meta->n_managed_fields; i++) {
        const struct api_managed_fields_entry *entry = &meta->managed_fields[i];
        const struct field_at *here = at_index(at, i);
        if (!text_equal(entry->operation, "Apply") && !text_equal(entry->operation, "Update"))
            invalid_string(errors, at_field(here, "operation"), entry->operation, "must be `Apply` or `Update`");
        if (!text_empty(entry->fields_type) && !text_equal(entry->fields_type, "FieldsV1"))
            invalid_string(errors, at_field(here, "fieldsType"), entry->fields_type, "must be `FieldsV1`");
        validate_field_manager(entry->manager, at_field(here, "manager"), errors);
        if (strlen(text_or_empty(entry->subresource)) > SUBRESOURCE_SIZE_MAX)
            invalid_too_long(errors, at_field(here, "subresource"), SUBRESOURCE_SIZE_MAX);
    }
}

/* What is checked of every object's metadata, whatever its kind. */
void validate_metadata(const struct api_object_meta *meta, bool namespaced, format_check *name,
                       const struct field_at *at, struct api_invalid *errors)
{
    if (!text_empty(meta->generate_name)) {
        struct format_errors found = { .count = 0 };
        format_name_prefix(name, str_of(meta->generate_name), &found);
        invalid_formats(errors, at_field(at, "generateName"), &found, meta->generate_name);
    }
    if (text_empty(meta->name))
        invalid_required(errors, at_field(at, "name"), "name or generateName is required");
    else
        invalid_format(errors, at_field(at, "name"), name, meta->name);
    if (namespaced && text_empty(meta->namespace))
        invalid_missing(errors, at_field(at, "namespace"));
    else if (namespaced)
        invalid_format(errors, at_field(at, "namespace"), format_dns1123_label, meta->namespace);
    else if (!text_empty(meta->namespace))
        invalid_forbidden(errors, at_field(at, "namespace"), "not allowed on this type");
    invalid_not_negative(errors, at_field(at, "generation"), meta->generation);
    validate_labels(meta->labels, meta->n_labels, at_field(at, "labels"), errors);
    validate_annotations(meta->annotations, meta->n_annotations, at_field(at, "annotations"), errors);
    validate_owners(meta, at_field(at, "ownerReferences"), errors);
    validate_finalizers(meta, at_field(at, "finalizers"), errors);
    validate_managed_fields(meta, at_field(at, "managedFields"), errors);
}

bool validate_immutable_string(const char *value, const char *old, const struct field_at *at,
                               struct api_invalid *errors)
{
    if (text_equal(value, old))
        return false;
    invalid_string(errors, at, value, INVALID_IMMUTABLE);
    return true;
}

bool validate_immutable(const struct api_type *type, const void *value, const void *old, const struct field_at *at,
                        struct api_invalid *errors)
{
    if (value == old || (value != NULL && old != NULL && api_equal(type, value, old)))
        return false;
    invalid_object(errors, at, type, value, INVALID_IMMUTABLE);
    return true;
}

static void validate_immutable_time(usec_t value, usec_t old, const struct field_at *at, struct api_invalid *errors)
{
    char text[TIME_TEXT_SIZE];

    if (value == old)
        return;
    time_format(value, false, text);
    if (value == 0)
        invalid_null(errors, at, INVALID_IMMUTABLE);
    else
        invalid_string(errors, at, text, INVALID_IMMUTABLE);
}

static void validate_new_finalizers(const struct api_object_meta *meta, const struct api_object_meta *old,
                                    const struct field_at *at, struct api_invalid *errors)
{
    auto_buffer struct buffer added = { .max = 8192 };

    if (old->deletion_timestamp == 0)
        return;
    for (size_t i = 0; i < meta->n_finalizers; i++)
        if (!has_finalizer(old, meta->finalizers[i]))
            buffer_format(&added, "%s\"%s\"", added.size > 0 ? ", " : "", text_or_empty(meta->finalizers[i]));
    if (added.size > 0)
        invalid_forbidden(errors, at,
                          "no new finalizers can be added if the object is being deleted, found new finalizers "
                          "[]string{%s}",
                          added.data);
}

static void validate_grace(const int64_t *grace, const int64_t *old, const struct field_at *at,
                           struct api_invalid *errors)
{
    if ((grace == NULL && old == NULL) || (grace != NULL && old != NULL && *grace == *old))
        return;
    if (grace == NULL)
        invalid_null(errors, at, INVALID_IMMUTABLE);
    else
        invalid_number(errors, at, *grace, INVALID_IMMUTABLE);
}

/* 'again': something is wrong, and may be what is looked at twice. */
static void validate_changes(const struct api_object_meta *meta, const struct api_object_meta *old, bool again,
                             const struct field_at *at, struct api_invalid *errors)
{
    validate_new_finalizers(meta, old, at_field(at, "finalizers"), errors);
    if (text_empty(meta->resource_version))
        invalid_string(errors, at_field(at, "resourceVersion"), "", "must be specified for an update");
    if (meta->generation < old->generation)
        invalid_number(errors, at_field(at, "generation"), meta->generation, "must not be decremented");
    validate_immutable_string(meta->name, old->name, at_field(at, "name"), errors);
    validate_immutable_string(meta->namespace, old->namespace, at_field(at, "namespace"), errors);
    validate_immutable_string(meta->uid, old->uid, at_field(at, "uid"), errors);
    validate_immutable_time(meta->creation_timestamp, old->creation_timestamp, at_field(at, "creationTimestamp"),
                            errors);
    validate_immutable_time(meta->deletion_timestamp, old->deletion_timestamp, at_field(at, "deletionTimestamp"),
                            errors);
    validate_grace(meta->deletion_grace_period_seconds, old->deletion_grace_period_seconds,
                   at_field(at, "deletionGracePeriodSeconds"), errors);
    if (!again)
        return;
    validate_labels(meta->labels, meta->n_labels, at_field(at, "labels"), errors);
    validate_annotations(meta->annotations, meta->n_annotations, at_field(at, "annotations"), errors);
    validate_owners(meta, at_field(at, "ownerReferences"), errors);
    validate_managed_fields(meta, at_field(at, "managedFields"), errors);
}

/* Upstream looks at most of it three times: in general, as an update, and as an update of the kind; each error is in the list
 * as often. When the first look finds nothing, the others would not either. */
void validate_metadata_update(const struct api_object_meta *meta, const struct api_object_meta *old, bool namespaced,
                              const struct field_at *at, struct api_invalid *errors)
{
    size_t before = errors->total;

    validate_metadata(meta, namespaced, format_path_segment, at, errors);
    validate_changes(meta, old, errors->total > before, at, errors);
    if (errors->total > before)
        validate_changes(meta, old, true, at, errors);
}
