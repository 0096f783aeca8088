/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/member.h"

const max_align_t member_empty;

size_t member_size(const struct api_field *field)
{
    static const size_t sizes[] = {
        [API_BOOL] = sizeof(bool),
        [API_INT32] = sizeof(int32_t),
        [API_INT64] = sizeof(int64_t),
        [API_UINT32] = sizeof(uint32_t),
        [API_UINT64] = sizeof(uint64_t),
        [API_FLOAT64] = sizeof(double),
        [API_STRING] = sizeof(const char *),
        [API_BYTES] = sizeof(struct str),
        [API_TIME] = sizeof(usec_t),
        [API_MICRO_TIME] = sizeof(usec_t),
        [API_DURATION] = sizeof(int64_t),
        [API_QUANTITY] = sizeof(struct quantity),
        [API_INT_OR_STRING] = sizeof(struct int_or_string),
        [API_RAW] = sizeof(struct str),
    };
    return field->value == API_MESSAGE ? field->type->size : sizes[field->value];
}
