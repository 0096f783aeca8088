/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* default.c - walks a document and fills in what was not given.
 *
 * At each message first its own function runs (it sees what the user gave), then its fields are filled
 * from the table, then the messages inside it are visited: upstream's order. */
#include "api/codec.h"
#include "api/member.h"

static void default_message(const struct api_type *type, void *value, struct arena *arena);

/* Not given, as far as defaults go: nil pointers, zero scalars, empty lists. */
static bool is_missing(const struct api_field *field, const void *value)
{
    if (field->shape != API_SINGLE)
        return member_length(field, value) == 0;
    const void *member = member_of_const(field, value);
    if (member_is_indirect(field))
        return *(const void *const *)member == NULL;
    if (field->value == API_STRING && (field->flags & API_POINTER) != 0)
        return *(const char *const *)member == NULL;
    return !member_is_set(field, value);
}

static void fill(const struct api_field *field, void *value, struct arena *arena)
{
    struct str json = str_of(api_field_facts(field)->fill_json);
    struct error err = { 0 };
    if (field->value == API_STRING && field->shape == API_SINGLE) { /* none of them has escapes */
        *(const char **)member_of(field, value) = arena_strndup(arena, json.data + 1, json.size - 2);
        return;
    }
    if (api_decode_member_json(field, json, arena, value, &err) < 0)
        abort(); /* the table is wrong: tests decode every row */
}

/* Amounts finer than a thousandth are rounded up, in every list of resources. */
static void round_resources(const struct api_field *field, void *value)
{
    struct api_quantity_entry *entries = *(struct api_quantity_entry **)member_of(field, value);
    for (size_t i = 0; i < member_length(field, value); i++) {
        struct quantity *quantity = &entries[i].value;
        if (quantity->exponent10 < -3)
            *quantity = quantity_of_milli(quantity_milli_value(quantity), quantity->format);
    }
}

static void default_inside(const struct api_field *field, void *value, struct arena *arena)
{
    if (field->value == API_QUANTITY && field->shape == API_MAP) {
        if (api_field_facts(field)->named != NULL &&
            str_ends(str_of(api_field_facts(field)->named), STR("ResourceList")))
            round_resources(field, value);
        return;
    }
    if (field->value != API_MESSAGE)
        return;
    if (field->shape == API_SINGLE) {
        void *single = (void *)(uintptr_t)member_single(field, value);
        if (single != NULL)
            default_message(field->type, single, arena);
        return;
    }
    char *elements = *(char **)member_of(field, value);
    for (size_t i = 0; i < member_length(field, value); i++)
        default_message(field->type, elements + i * field->element_size + field->value_offset, arena);
}

static void default_message(const struct api_type *type, void *value, struct arena *arena)
{
    if (type->defaults != NULL)
        type->defaults(value, arena);
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (api_field_facts(field)->fill_json != NULL && is_missing(field, value))
            fill(field, value, arena);
        default_inside(field, value, arena);
    }
}

void api_default(const struct api_kind *kind, void *value, struct arena *arena)
{
    default_message(kind->type, value, arena);
}
