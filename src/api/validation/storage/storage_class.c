/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage_class.c - StorageClasses. */
#include "api/validation/kind_rules.h"

static const char *const class_reclaim_policies[] = { "Delete", "Retain", NULL };
static const char *const binding_modes[] = { "Immediate", "WaitForFirstConsumer", NULL };

void validate_storage_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_storage_storage_class *class = object;

    if (text_empty(class->provisioner))
        invalid_missing(errors, at_field(NULL, "provisioner"));
    else
        invalid_format(errors, at_field(NULL, "provisioner"), format_qualified_name, class->provisioner);
    if (!text_empty(class->reclaim_policy))
        invalid_one_of(errors, at_field(NULL, "reclaimPolicy"), class->reclaim_policy, class_reclaim_policies, false);
    invalid_one_of(errors, at_field(NULL, "volumeBindingMode"), class->volume_binding_mode, binding_modes, true);
}

void validate_storage_class_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_storage_storage_class *class = object;
    const struct api_storage_storage_class *old = old_object;

    validate_storage_class_create(object, errors);
    validate_immutable_string(class->provisioner, old->provisioner, at_field(NULL, "provisioner"), errors);
    validate_immutable_string(class->reclaim_policy, old->reclaim_policy, at_field(NULL, "reclaimPolicy"), errors);
    validate_immutable_string(class->volume_binding_mode, old->volume_binding_mode, at_field(NULL, "volumeBindingMode"),
                              errors);
}
