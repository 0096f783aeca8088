/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controller_revision.c - ControllerRevisions, the history of DaemonSets and StatefulSets. */
#include "api/validation/kind_rules.h"

void validate_controller_revision_create(const void *object, struct api_invalid *errors)
{
    const struct api_apps_controller_revision *revision = object;

    invalid_not_negative(errors, at_field(NULL, "revision"), revision->revision);
    if (revision->data.data == NULL || !str_starts(revision->data, STR("{")))
        invalid_required(errors, at_field(NULL, "data"), "data is mandatory");
}

void validate_controller_revision_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_apps_controller_revision *revision = object;
    const struct api_apps_controller_revision *old = old_object;
    auto_buffer struct buffer text = { .max = 2 * INVALID_VALUE_SIZE_MAX };

    invalid_not_negative(errors, at_field(NULL, "revision"), revision->revision);
    if (str_equal(revision->data, old->data))
        return;
    buffer_append_str(&text, revision->data);
    invalid_raw(errors, at_field(NULL, "data"), text.size == 0 ? "null" : text_or_empty(text.data), INVALID_IMMUTABLE);
}
