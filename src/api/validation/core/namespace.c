/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace.c - Namespaces: what holds them back, and their phase. */
#include "api/validation/core/core_rules.h"
#include "api/validation/validation.h"

static void validate_finalizer(const char *name, const struct field_at *at, struct api_invalid *errors)
{
    invalid_format(errors, at, format_qualified_name, name);
    if (strchr(text_or_empty(name), '/') == NULL && !text_equal(name, "kubernetes") && !text_equal(name, "orphan") &&
        !text_equal(name, "foregroundDeletion"))
        invalid_string(errors, at, name, "name is neither a standard finalizer name nor is it fully qualified");
}

void validate_namespace_create(const void *object, struct api_invalid *errors)
{
    const struct api_namespace *namespace = object;

    for (size_t i = 0; i < namespace->spec.n_finalizers; i++)
        validate_finalizer(namespace->spec.finalizers[i], at_field(at_field(NULL, "spec"), "finalizers"), errors);
}

void validate_namespace_status(const void *object, const void *old, struct api_invalid *errors)
{
    const struct api_namespace *namespace = object;
    bool ending = namespace->metadata.deletion_timestamp != 0;
    const struct field_at *at = at_field(at_field(NULL, "status"), "Phase");

    (void)old;
    if (!ending && !text_equal(namespace->status.phase, "Active"))
        invalid_string(errors, at, namespace->status.phase, "may only be 'Active' if `deletionTimestamp` is empty");
    if (ending && !text_equal(namespace->status.phase, "Terminating"))
        invalid_string(errors, at, namespace->status.phase,
                       "may only be 'Terminating' if `deletionTimestamp` is not empty");
}

int api_validate_finalize(const void *old, const void *object, struct api_invalid *errors)
{
    const struct api_namespace *namespace = object, *before = old;
    const struct field_at *at = at_field(at_field(NULL, "spec"), "finalizers");

    validate_metadata_update(&namespace->metadata, &before->metadata, false, at_field(NULL, "metadata"), errors);
    for (size_t i = 0; i < namespace->spec.n_finalizers; i++)
        validate_finalizer(namespace->spec.finalizers[i], at_index(at, i), errors);
    return (int)errors->total;
}
