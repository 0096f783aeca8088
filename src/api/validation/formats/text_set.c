/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* text_set.c - see the header. */
#include "api/validation/formats/text_set.h"

#include <stdlib.h>

#define CAPACITY_FIRST 16

void text_set_fini(struct text_set *set)
{
    free(set->slots);
    *set = (struct text_set){ 0 };
}

/* The text's slot: its own, or the free one where it belongs. */
static const char **slot_of(const char **slots, size_t capacity, const char *text)
{
    size_t at = str_hash(str_of(text)) & (capacity - 1);

    while (slots[at] != NULL && strcmp(slots[at], text) != 0)
        at = (at + 1) & (capacity - 1);
    return &slots[at];
}

static void grow(struct text_set *set)
{
    size_t capacity = set->capacity == 0 ? CAPACITY_FIRST : 2 * set->capacity;
    const char **slots = calloc(capacity, sizeof(*slots));

    if (slots == NULL)
        abort();
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i] != NULL)
            *slot_of(slots, capacity, set->slots[i]) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
}

bool text_set_add(struct text_set *set, const char *text)
{
    text = text_or_empty(text);
    if (2 * set->count >= set->capacity)
        grow(set);
    const char **slot = slot_of(set->slots, set->capacity, text);
    if (*slot != NULL)
        return false;
    *slot = text;
    set->count++;
    return true;
}

bool text_set_has(const struct text_set *set, const char *text)
{
    return set->count > 0 && *slot_of(set->slots, set->capacity, text_or_empty(text)) != NULL;
}

bool invalid_repeated(struct api_invalid *errors, const struct field_at *at, struct text_set *set, const char *text)
{
    if (text_set_add(set, text))
        return true;
    invalid_duplicate(errors, at, text);
    return false;
}
