/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/listing/object_list.h"

static void drop_all(void *pointer)
{
    struct object_list *list = pointer;
    for (size_t i = 0; i < list->count; i++)
        object_unref(list->objects[i]);
}

void object_list_add(struct object_list *list, struct arena *arena, const struct object *object)
{
    if (list->count == list->capacity) {
        if (list->capacity == 0)
            arena_hold(arena, drop_all, list);
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 4;
        const struct object **grown = arena_alloc(arena, list->capacity * sizeof(*grown));
        if (list->count > 0)
            memcpy(grown, list->objects, list->count * sizeof(*grown));
        list->objects = grown;
    }
    list->objects[list->count++] = object_ref(object);
}
