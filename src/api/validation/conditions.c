/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* conditions.c - see the header. */
#include "api/validation/conditions.h"

#include "api/validation/formats/text_set.h"

#define REASON_SIZE_MAX  1024
#define MESSAGE_SIZE_MAX 32768

static const char *const statuses[] = { "False", "True", "Unknown", NULL };

static void validate_condition(const struct api_condition *condition, const struct field_at *at,
                               struct api_invalid *errors)
{
    invalid_format(errors, at_field(at, "type"), format_qualified_name, condition->type);
    invalid_one_of(errors, at_field(at, "status"), condition->status, statuses, false);
    if (condition->observed_generation < 0)
        invalid_number(errors, at_field(at, "observedGeneration"), condition->observed_generation,
                       "must be greater than or equal to zero");
    if (condition->last_transition_time == 0)
        invalid_missing(errors, at_field(at, "lastTransitionTime"));
    if (text_empty(condition->reason)) {
        invalid_missing(errors, at_field(at, "reason"));
    } else {
        invalid_format(errors, at_field(at, "reason"), format_condition_reason, condition->reason);
        if (strlen(condition->reason) > REASON_SIZE_MAX)
            invalid_too_long(errors, at_field(at, "reason"), REASON_SIZE_MAX);
    }
    if (strlen(text_or_empty(condition->message)) > MESSAGE_SIZE_MAX)
        invalid_too_long(errors, at_field(at, "message"), MESSAGE_SIZE_MAX);
}

void validate_conditions(const struct api_condition *conditions, size_t count, const struct field_at *at,
                         struct api_invalid *errors)
{
    auto_text_set struct text_set types = { 0 };

    for (size_t i = 0; i < count; i++) {
        invalid_repeated(errors, at_field(at_index(at, i), "type"), &types, conditions[i].type);
        validate_condition(&conditions[i], at_index(at, i), errors);
    }
}
