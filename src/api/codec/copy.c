/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* copy.c - deep copies and comparison along the tables. */
#include <string.h>

#include "api/codec.h"
#include "api/member.h"

#define TEXT_BLOCK 256

struct copier {
    struct arena *arena;
    char *room; /* of a block for texts, which lie one behind the other */
    size_t left;
};

static void copy_members(struct copier *copier, const struct api_type *type, const void *from, void *to);

static const char *copy_text(struct copier *copier, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return text == NULL ? NULL : "";
    size_t size = strlen(text) + 1;
    if (size > copier->left) {
        if (size > TEXT_BLOCK / 4)
            return arena_strndup(copier->arena, text, size - 1);
        copier->room = arena_alloc(copier->arena, TEXT_BLOCK);
        copier->left = TEXT_BLOCK;
    }
    char *copy = memcpy(copier->room, text, size);
    copier->room += size;
    copier->left -= size;
    return copy;
}

/* 'to' holds a shallow copy already. */
static void copy_value(struct copier *copier, const struct api_field *field, const void *from, void *to)
{
    switch (field->value) {
    case API_STRING:
        *(const char **)to = copy_text(copier, *(const char *const *)from);
        break;
    case API_BYTES:
    case API_RAW: {
        const struct str *bytes = from;
        if (bytes->data != NULL)
            *(struct str *)to = arena_str(copier->arena, *bytes);
        break;
    }
    case API_INT_OR_STRING:
        ((struct int_or_string *)to)->text = copy_text(copier, ((const struct int_or_string *)from)->text);
        break;
    case API_TIME: /* as it would be written; the first second is there so that 0 can be absence */
        if (*(const usec_t *)from >= USEC_PER_SEC)
            *(usec_t *)to = *(const usec_t *)from / USEC_PER_SEC * USEC_PER_SEC;
        break;
    case API_MESSAGE:
        copy_members(copier, field->type, from, to);
        break;
    default:
        break;
    }
}

static void copy_elements(struct copier *copier, const struct api_field *field, const void *from, void *to)
{
    const char *elements = member_elements(field, from);
    size_t count = member_length(field, from);
    if (elements == NULL || count == 0)
        return; /* NULL, or the shared empty value */
    size_t size = count * field->element_size;
    char *copies = memcpy(arena_alloc(copier->arena, size), elements, size);
    for (size_t at = 0; at < size; at += field->element_size) {
        if (field->shape == API_MAP)
            *(const char **)(void *)(copies + at) =
                copy_text(copier, *(const char *const *)(const void *)(elements + at));
        copy_value(copier, field, elements + at + field->value_offset, copies + at + field->value_offset);
    }
    *(void **)member_of(field, to) = copies;
}

static void copy_single(struct copier *copier, const struct api_field *field, const void *from, void *to)
{
    const void *source = member_single(field, from);
    if (!member_is_indirect(field)) {
        copy_value(copier, field, source, member_of(field, to));
    } else if (source != NULL) {
        void *target = memcpy(arena_alloc(copier->arena, member_size(field)), source, member_size(field));
        copy_value(copier, field, source, target);
        *(void **)member_of(field, to) = target;
    }
}

/* Most members are absent, and most others are plain: what a shallow copy has said about them is all. */
static void copy_members(struct copier *copier, const struct api_type *type, const void *from, void *to)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->shape != API_SINGLE) {
            if (member_length(field, from) > 0)
                copy_elements(copier, field, from, to);
            continue;
        }
        bool holds = field->value >= API_STRING && field->value != API_MICRO_TIME && field->value != API_DURATION &&
                     field->value != API_QUANTITY;
        if ((field->flags & API_POINTER) != 0) { /* a pointer, a text or a time: one that is absent begins with zeros */
            uint64_t beginning;
            memcpy(&beginning, member_of_const(field, from), sizeof(beginning));
            holds = beginning != 0;
        }
        if (holds)
            copy_single(copier, field, from, to);
    }
}

void *api_copy(const struct api_type *type, const void *value, struct arena *arena)
{
    struct copier copier = { .arena = arena };
    void *copy = memcpy(arena_alloc(arena, type->size), value, type->size);
    copy_members(&copier, type, value, copy);
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
