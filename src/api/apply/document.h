/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document.h - walking documents beside their schema: members in order, items by what tells them apart. For this folder's
 * own files. Documents come from json_read(): numbers are text. */
#ifndef API_APPLY_DOCUMENT_H
#define API_APPLY_DOCUMENT_H

#include "api/apply/apply.h"
#include "api/apply/schema.h"

enum document_kind { DOCUMENT_ABSENT, DOCUMENT_NULL, DOCUMENT_MAP, DOCUMENT_LIST, DOCUMENT_SCALAR };

enum document_kind document_kind_of(yyjson_val *value); /* NULL: absent */

/* What the schema lets stand there takes part in a merge as this: a null as the map, scalar or list it stands for. */
enum document_kind document_kind_at(const struct apply_shape *shape, yyjson_val *value);

bool document_equal(yyjson_val *a, yyjson_val *b); /* deeply; both present */
bool document_is_empty(yyjson_val *value);         /* absent, null, or without members or items */

struct document_member {
    struct str key;
    yyjson_val *value;
};

/* Sorted by key; of members that are there twice the last. NULL or no map: none. */
struct document_member *document_members(yyjson_val *map, struct arena *arena, size_t *ret_count);

struct document_item {
    struct path_element element;
    yyjson_val *value;
    size_t position;
};

/* How an item of a set or a list of maps is told from the others: 0, or -ERROR_INVALID with upstream's reason. The
 * element borrows from the item. */
int document_element(const struct apply_shape *shape, yyjson_val *item, struct arena *arena,
                     struct path_element *ret_element, const char **ret_why);

/* All items that can be told apart, sorted by element, then by position. Equal ones stand side by side. */
struct document_item *document_items(const struct apply_shape *shape, yyjson_val *list, struct arena *arena,
                                     size_t *ret_count);
/* How many items at the front have the same element. */
size_t document_equal_items(const struct document_item *items, size_t count);

/* What a key's default says. */
struct path_value document_default(struct str json);

/* One place of two documents; either may be NULL: absent. */
struct document_outcome {
    bool changed, removed; /* the place itself */
    struct apply_difference below;
};
struct document_outcome document_compare(const struct apply_place *place, yyjson_val *old, yyjson_val *new,
                                         struct arena *arena);

#endif
