/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_list.h - references to objects, as many as it takes, for as long as an arena lives. */
#ifndef APISERVER_LISTING_OBJECT_LIST_H
#define APISERVER_LISTING_OBJECT_LIST_H

#include "api/object.h"
#include "base/arena.h"

/* In the arena's memory; zeroed, it is empty. */
struct object_list {
    const struct object **objects;
    size_t count, capacity;
};

/* Takes a reference of its own; always with the same arena. */
void object_list_add(struct object_list *list, struct arena *arena, const struct object *object);

#endif
