/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* member.h - getting at a struct's members through the tables; for what is written over the tables. */
#ifndef API_MEMBER_H
#define API_MEMBER_H

#include "api/schema.h"

/* Value of an empty list or map: not NULL, never written to. */
extern const max_align_t member_empty;

/* Of the value itself, as a list's element or behind a pointer. */
size_t member_size(const struct api_field *field);

/* The member is a pointer to its value. Strings, bytes, raw JSON and times tell absence by their own value. */
static inline bool member_is_indirect(const struct api_field *field)
{
    if ((field->flags & API_POINTER) == 0 || field->shape != API_SINGLE)
        return false;
    switch (field->value) {
    case API_STRING:
    case API_BYTES:
    case API_RAW:
    case API_TIME:
    case API_MICRO_TIME:
        return false;
    default:
        return true;
    }
}

static inline void *member_of(const struct api_field *field, void *value)
{
    return (char *)value + field->offset;
}

static inline const void *member_of_const(const struct api_field *field, const void *value)
{
    return (const char *)value + field->offset;
}

static inline size_t *member_count(const struct api_field *field, void *value)
{
    return (size_t *)(void *)((char *)value + field->count_offset);
}

/* API_TYPED lists. */
static inline bool *member_typed(const struct api_field *field, void *value)
{
    return (bool *)((char *)value + field->typed_offset);
}

/* Lists and maps. */
static inline size_t member_length(const struct api_field *field, const void *value)
{
    return *(const size_t *)(const void *)((const char *)value + field->count_offset);
}

static inline const void *member_elements(const struct api_field *field, const void *value)
{
    return *(const void *const *)member_of_const(field, value);
}

/* The value of a single member, NULL when it is absent; strings, times and the like answer themselves. */
static inline const void *member_single(const struct api_field *field, const void *value)
{
    const void *member = member_of_const(field, value);
    return member_is_indirect(field) ? *(const void *const *)member : member;
}

/* Of a single one that is no pointer. Every walk over an object asks it of most members. */
static inline bool member_scalar_is_set(const struct api_field *field, const void *value)
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

/* False for what JSON with omitempty leaves out; a message in place is always there. */
static inline bool member_is_set(const struct api_field *field, const void *value)
{
    if (field->shape != API_SINGLE)
        return member_length(field, value) > 0;
    if (member_is_indirect(field))
        return *(const void *const *)member_of_const(field, value) != NULL;
    return member_scalar_is_set(field, value);
}

#endif
