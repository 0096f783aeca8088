/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* count.c - numbers that must not be negative. */
#include "api/field_path.h"
#include "api/member.h"
#include "api/validation/rules.h"

void validate_optional_count(const int32_t *count, const struct field_at *at, struct api_invalid *errors)
{
    if (count != NULL)
        invalid_not_negative(errors, at, *count);
}

void validate_counts(const struct api_type *type, const void *message, const char *const *names,
                     const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        const struct api_field *field = api_field_find(type, str_of(names[i]), NULL);
        const void *value = member_single(field, message);
        if (value != NULL)
            invalid_not_negative(errors, at_field(at, names[i]),
                                 field->value == API_INT64 ? *(const int64_t *)value : *(const int32_t *)value);
    }
}
