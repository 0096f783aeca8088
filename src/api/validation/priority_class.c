/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* priority_class.c - PriorityClasses. That only one is the default is for admission to see. */
#include <stdio.h>

#include "api/validation/kind_rules.h"

#define USER_PRIORITY_MAX 1000000000
#define REASON_SIZE       200

struct built_in {
    const char *name;
    int32_t value;
};

static const struct built_in built_ins[] = { { "system-node-critical", 2000001000 },
                                             { "system-cluster-critical", 2000000000 } };
static const char *const preemption_policies[] = { "PreemptLowerPriority", "Never", NULL };

/* False and why when it is none of the system's own. */
static bool is_built_in(const struct api_scheduling_priority_class *class, char reason[REASON_SIZE])
{
    const char *name = text_or_empty(class->metadata.name);

    for (size_t i = 0; i < countof(built_ins); i++) {
        if (strcmp(built_ins[i].name, name) != 0)
            continue;
        if (built_ins[i].value != class->value)
            snprintf(reason, REASON_SIZE, "value of %s PriorityClass must be %d", name, built_ins[i].value);
        else if (class->global_default)
            snprintf(reason, REASON_SIZE, "globalDefault of %s PriorityClass must be false", name);
        else
            return true;
        return false;
    }
    snprintf(reason, REASON_SIZE, "%.120s is not a known system priority class", name);
    return false;
}

void validate_priority_class_create(const void *object, struct api_invalid *errors)
{
    const struct api_scheduling_priority_class *class = object;
    char reason[REASON_SIZE];

    if (strncmp(text_or_empty(class->metadata.name), "system-", 7) == 0) {
        if (!is_built_in(class, reason))
            invalid_forbidden(errors, at_field(at_field(NULL, "metadata"), "name"),
                              "priority class names with 'system-' prefix are reserved for system use only. error: %s",
                              reason);
    } else if (class->value > USER_PRIORITY_MAX) {
        invalid_forbidden(errors, at_field(NULL, "value"), "maximum allowed value of a user defined priority is %d",
                          USER_PRIORITY_MAX);
    }
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
