/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* copy.c - deep copies and comparison along the tables. */
#include "api/codec.h"
#include "api/member.h"

static void copy_members(const struct api_type *type, const void *from, void *to, struct arena *arena);

/* 'to' holds a shallow copy already. */
static void copy_value(const struct api_field *field, const void *from, void *to, struct arena *arena)
{
    switch (field->value) {
    case API_STRING:
        *(const char **)to = arena_strdup(arena, *(const char *const *)from);
        break;
    case API_BYTES:
    case API_RAW: {
        const struct str *bytes = from;
        if (bytes->data != NULL)
            *(struct str *)to = arena_str(arena, *bytes);
        break;
    }
    case API_INT_OR_STRING:
        ((struct int_or_string *)to)->text = arena_strdup(arena, ((const struct int_or_string *)from)->text);
        break;
    case API_MESSAGE:
        copy_members(field->type, from, to, arena);
        break;
    default:
        break;
    }
}

static void copy_elements(const struct api_field *field, const void *from, void *to, struct arena *arena)
{
    const char *elements = member_elements(field, from);
    size_t count = member_length(field, from);
    if (elements == NULL || count == 0)
        return; /* NULL, or the shared empty value */
    char *copies = arena_array(arena, count, field->element_size);
    memcpy(copies, elements, count * field->element_size);
    for (size_t i = 0; i < count; i++) {
        size_t at = i * field->element_size;
        if (field->shape == API_MAP)
            *(const char **)(void *)(copies + at) =
                arena_strdup(arena, *(const char *const *)(const void *)(elements + at));
        copy_value(field, elements + at + field->value_offset, copies + at + field->value_offset, arena);
    }
    *(void **)member_of(field, to) = copies;
}

static void copy_members(const struct api_type *type, const void *from, void *to, struct arena *arena)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->shape != API_SINGLE) {
            copy_elements(field, from, to, arena);
        } else if (!member_is_indirect(field)) {
            copy_value(field, member_of_const(field, from), member_of(field, to), arena);
        } else if (member_single(field, from) != NULL) {
            const void *source = member_single(field, from);
            void *target = arena_alloc(arena, member_size(field));
            memcpy(target, source, member_size(field));
            copy_value(field, source, target, arena);
            *(void **)member_of(field, to) = target;
        }
    }
}

void *api_copy(const struct api_type *type, const void *value, struct arena *arena)
{
    void *copy = arena_alloc(arena, type->size);
    memcpy(copy, value, type->size);
    copy_members(type, value, copy, arena);
    return copy;
}

static bool value_equal(const struct api_field *field, const void *a, const void *b)
{
    bool pointer = field->flags & API_POINTER && field->shape == API_SINGLE;
    switch (field->value) {
    case API_STRING: {
        const char *x = *(const char *const *)a, *y = *(const char *const *)b;
        return text_equal(x, y) && (!pointer || (x == NULL) == (y == NULL));
    }
    case API_BYTES:
    case API_RAW:
        return str_equal(*(const struct str *)a, *(const struct str *)b);
    case API_INT_OR_STRING: {
        const struct int_or_string *x = a, *y = b;
        if (x->text == NULL || y->text == NULL)
            return x->text == y->text && x->number == y->number;
        return strcmp(x->text, y->text) == 0;
    }
    case API_QUANTITY:
        return quantity_compare(a, b) == 0;
    case API_FLOAT64:
        return *(const double *)a == *(const double *)b;
    case API_TIME: /* whole seconds are all that is ever written of it */
        return *(const usec_t *)a / USEC_PER_SEC == *(const usec_t *)b / USEC_PER_SEC;
    case API_MESSAGE:
        return api_equal(field->type, a, b);
    default:
        return memcmp(a, b, member_size(field)) == 0;
    }
}

/* As upstream's semantic equality: an absent list equals an empty one. */
static bool elements_equal(const struct api_field *field, const void *a, const void *b)
{
    size_t count = member_length(field, a);
    if (count != member_length(field, b))
        return false;
    const char *x = member_elements(field, a), *y = member_elements(field, b);
    for (size_t i = 0; i < count; i++, x += field->element_size, y += field->element_size) {
        if (field->shape == API_MAP &&
            !text_equal(*(const char *const *)(const void *)x, *(const char *const *)(const void *)y))
            return false;
        if (!value_equal(field, x + field->value_offset, y + field->value_offset))
            return false;
    }
    return true;
}

bool api_member_equal(const struct api_field *field, const void *a, const void *b)
{
    if (field->shape != API_SINGLE)
        return elements_equal(field, a, b);
    const void *x = member_single(field, a), *y = member_single(field, b);
    return x == NULL || y == NULL ? x == y : value_equal(field, x, y);
}

bool api_value_equal(const struct api_field *field, const void *a, const void *b)
{
    return value_equal(field, a, b);
}

bool api_equal(const struct api_type *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->n_fields; i++)
        if (!api_member_equal(&type->fields[i], a, b))
            return false;
    return true;
}
