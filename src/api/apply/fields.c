/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Sets made of a document, and sets seen through a schema. */
#include "api/apply/apply.h"
#include "api/apply/document.h"

/* What stands below a place; '*ret_leaf' when the place itself is what is owned. */
static const struct field_set *fields_of(const struct apply_place *place, yyjson_val *value, size_t depth,
                                         struct arena *arena, bool *ret_leaf);

static const struct field_set *fields_of_map(const struct apply_place *place, yyjson_val *map, size_t depth,
                                             struct arena *arena)
{
    struct field_set_builder builder = { 0 };
    size_t count;
    struct document_member *members = document_members(map, arena, &count);
    for (size_t i = 0; i < count; i++) {
        struct apply_place below = { 0 };
        bool leaf = false;
        bool named = apply_member(place, members[i].key, &below) == APPLY_MEMBER_FIELD;
        const struct field_set *inner = fields_of(&below, members[i].value, depth, arena, &leaf);
        struct path_element element = path_field(members[i].key);
        bool bare = yyjson_is_null(members[i].value) ||
                    (yyjson_is_obj(members[i].value) && yyjson_obj_size(members[i].value) == 0);
        field_set_add(&builder, arena, &element, leaf || bare || !named, inner);
    }
    return field_set_finish(&builder, arena);
}

static const struct field_set *fields_of_list(const struct apply_place *place, const struct apply_shape *shape,
                                              yyjson_val *list, size_t depth, struct arena *arena)
{
    struct field_set_builder builder = { 0 };
    struct apply_place below;
    size_t count;
    struct document_item *items = document_items(shape, list, arena, &count);
    apply_item(place, &below);
    while (count > 0) {
        size_t equal = document_equal_items(items, count);
        bool leaf = false;
        const struct field_set *inner = equal > 1 ? NULL : fields_of(&below, items->value, depth, arena, &leaf);
        field_set_add(&builder, arena, &items->element, true, inner);
        items += equal;
        count -= equal;
    }
    return field_set_finish(&builder, arena);
}

static const struct field_set *fields_of(const struct apply_place *place, yyjson_val *value, size_t depth,
                                         struct arena *arena, bool *ret_leaf)
{
    struct apply_shape shape;
    apply_describe(place, &shape);
    enum document_kind kind = document_kind_at(&shape, value);
    *ret_leaf = kind == DOCUMENT_SCALAR || (kind == DOCUMENT_MAP && shape.map_atomic) ||
                (kind == DOCUMENT_LIST && shape.list == APPLY_LIST_ATOMIC) || depth == 0;
    if (*ret_leaf)
        return NULL;
    return kind == DOCUMENT_MAP ? fields_of_map(place, value, depth - 1, arena)
                                : fields_of_list(place, &shape, value, depth - 1, arena);
}

const struct field_set *apply_fields(const struct apply_place *root, yyjson_val *document, struct arena *arena)
{
    bool leaf;
    return fields_of(root, document, FIELD_SET_DEPTH_MAX - 1, arena, &leaf);
}

/* The place of an element below a place; true when it is a named field. */
static bool descend(const struct apply_place *place, const struct path_element *element, struct apply_place *ret_place)
{
    *ret_place = (struct apply_place){ 0 };
    if (element->kind == PATH_FIELD)
        return apply_member(place, element->name, ret_place) == APPLY_MEMBER_FIELD;
    apply_item(place, ret_place);
    return false;
}

const struct field_set *apply_with_fields(const struct apply_place *root, const struct field_set *set,
                                          struct arena *arena)
{
    struct field_set_builder builder = { 0 };
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct field_set_entry *entry = &set->entries[i];
        if (entry->below == NULL) {
            field_set_add(&builder, arena, &entry->element, true, NULL);
            continue;
        }
        struct apply_place below;
        bool named = descend(root, &entry->element, &below);
        field_set_add(&builder, arena, &entry->element, entry->member || named,
                      apply_with_fields(&below, entry->below, arena));
    }
    return field_set_finish(&builder, arena);
}

static bool is_atomic(const struct apply_place *place, const struct field_set *below)
{
    struct apply_shape shape;
    apply_describe(place, &shape);
    if (place->schema == NULL || below == NULL)
        return false;
    if (below->entries[0].element.kind == PATH_FIELD)
        return shape.map_atomic && (shape.allowed & APPLY_MAP);
    return shape.list == APPLY_LIST_ATOMIC && (shape.allowed & APPLY_LIST);
}

const struct field_set *apply_reconcile(const struct apply_place *root, const struct field_set *set,
                                        struct arena *arena)
{
    struct field_set_builder builder = { 0 };
    bool same = true;
    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const struct field_set_entry *entry = &set->entries[i];
        struct apply_place below;
        (void)descend(root, &entry->element, &below);
        bool atomic = is_atomic(&below, entry->below);
        const struct field_set *inner =
            atomic || entry->below == NULL ? NULL : apply_reconcile(&below, entry->below, arena);
        same = same && inner == entry->below;
        field_set_add(&builder, arena, &entry->element, entry->member || atomic, inner);
    }
    return same ? set : field_set_finish(&builder, arena);
}
