/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* priority_class.c - PriorityClasses. */
#include "api/validation/kind_rules.h"

static const char *const preemption_policies[] = { "Never", "PreemptLowerPriority", NULL };
#define USER_PRIORITY_MAX 1000000000

void validate_priority_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_scheduling_priority_class *class = object;
    const char *name = text_or_empty(class->metadata.name);
    bool built_in = (strcmp(name, "system-node-critical") == 0 && class->value == 2000001000) ||
                    (strcmp(name, "system-cluster-critical") == 0 && class->value == 2000000000);

    if (strncmp(name, "system-", 7) == 0 && !built_in)
        invalid_forbidden(
            errors, at_field(at_field(NULL, "metadata"), "name"),
            "priority class names with 'system-' prefix are reserved for system use only. error: %s is not a "
            "known system priority class",
            name);
    else if (!built_in && class->value > USER_PRIORITY_MAX)
        invalid_forbidden(errors, at_field(NULL, "value"), "maximum allowed value of a user defined priority is %d",
                          USER_PRIORITY_MAX);
    if (class->preemption_policy != NULL)
        invalid_one_of(errors, at_field(NULL, "preemptionPolicy"), class->preemption_policy, preemption_policies, true);
}

void validate_priority_class_update(const void *object, const void *old_object, struct api_invalid *errors)
{
    const struct api_scheduling_priority_class *class = object;
    const struct api_scheduling_priority_class *old = old_object;

    if (class->value != old->value)
        invalid_forbidden(errors, at_field(NULL, "value"), "may not be changed in an update.");
    validate_immutable_string(class->preemption_policy, old->preemption_policy, at_field(NULL, "preemptionPolicy"),
                              errors);
}
