/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* binding.c - Bindings: which node a pod is to run on. */
#include "api/validation/core/core_rules.h"

void validate_binding_create(const void *object, struct api_invalid *errors)
{
    static const char *const kinds[] = { "Node", "<empty>", NULL };
    const struct api_object_reference *target = &((const struct api_binding *)object)->target;
    const struct field_at *at = at_field(NULL, "target");

    if (!text_empty(target->kind) && !text_equal(target->kind, "Node"))
        invalid_not_supported(errors, at_field(at, "kind"), target->kind, kinds);
    if (text_empty(target->name))
        invalid_missing(errors, at_field(at, "name"));
}
