/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Members of decoded structs by their schema field: spec and status, whatever the kind. */

#include <string.h>

#include "api/codec.h"
#include "apiserver/registry/registry.h"

void *field_of(const struct api_field *field, const void *object)
{
    return (char *)object + field->offset;
}

/* A list or map member has its count in another place; spec and status are messages or pointers to them. */
static size_t member_size(const struct api_field *field)
{
    if (field->shape != API_SINGLE || (field->flags & API_POINTER))
        return field->value == API_RAW ? sizeof(struct str) : sizeof(void *);
    return field->value == API_RAW ? sizeof(struct str) : field->type->size;
}

void field_copy(const struct api_field *field, void *to, const void *from)
{
    if (field != NULL)
        memcpy(field_of(field, to), field_of(field, from), member_size(field));
}

void field_clear(const struct api_field *field, void *object)
{
    if (field != NULL)
        memset(field_of(field, object), 0, member_size(field));
}

bool field_equal(const struct api_field *field, const void *a, const void *b)
{
    const void *one = field_of(field, a), *other = field_of(field, b);
    if (field->value == API_RAW)
        return str_equal(*(const struct str *)one, *(const struct str *)other);
    if (field->flags & API_POINTER) {
        one = *(void *const *)one;
        other = *(void *const *)other;
        if (one == NULL || other == NULL)
            return one == other;
    }
    return api_equal(field->type, one, other);
}
