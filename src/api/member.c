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

bool member_scalar_is_set(const struct api_field *field, const void *value)
{
    const void *member = member_of_const(field, value);
    bool pointer = field->flags & API_POINTER;
    switch (field->value) {
    case API_BOOL:
        return *(const bool *)member;
    case API_INT32:
    case API_UINT32:
        return *(const uint32_t *)member != 0;
    case API_INT64:
    case API_UINT64:
        return *(const uint64_t *)member != 0;
    case API_FLOAT64:
        return *(const double *)member != 0;
    case API_STRING: {
        const char *text = *(const char *const *)member;
        return pointer ? text != NULL : !text_empty(text);
    }
    case API_BYTES:
        return ((const struct str *)member)->size != 0;
    case API_TIME:
    case API_MICRO_TIME: /* a struct in Go: only a nil pointer or omitzero drops it */
        return *(const usec_t *)member != 0 || (!pointer && (field->flags & API_OMIT_ZERO) == 0);
    case API_RAW:
        return ((const struct str *)member)->data != NULL || !pointer;
    default: /* structs in Go */
        return true;
    }
}
