/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What is different between two documents: fields that are new or have another value, and fields that went. */
#include <assert.h>

#include "api/apply/apply.h"
#include "api/apply/document.h"

/* One place: does it change or go itself, and what below it. */
struct outcome {
    bool changed, removed;
    const struct field_set *changed_below, *removed_below;
};

struct sides {
    struct field_set_builder changed, removed;
};

static void compare(const struct apply_place *place, yyjson_val *old, yyjson_val *new, size_t depth,
                    struct arena *arena, struct outcome *outcome);

static void add(struct sides *sides, const struct path_element *element, const struct outcome *outcome,
                struct arena *arena)
{
    field_set_add(&sides->changed, arena, element, outcome->changed, outcome->changed_below);
    field_set_add(&sides->removed, arena, element, outcome->removed, outcome->removed_below);
}

static void finish(struct sides *sides, struct outcome *outcome, struct arena *arena)
{
    outcome->changed_below = field_set_finish(&sides->changed, arena);
    outcome->removed_below = field_set_finish(&sides->removed, arena);
}

static void compare_leaf(yyjson_val *old, yyjson_val *new, struct outcome *outcome)
{
    if (old == NULL)
        outcome->changed = true;
    else if (new == NULL)
        outcome->removed = true;
    else
        outcome->changed = !document_equal(old, new);
}

static void compare_maps(const struct apply_place *place, yyjson_val *old, yyjson_val *new, size_t depth,
                         struct arena *arena, struct outcome *outcome)
{
    size_t n_old, n_new, at_old = 0, at_new = 0;
    struct document_member *olds = document_members(old, arena, &n_old), *news = document_members(new, arena, &n_new);
    struct sides sides = { 0 };
    while (at_old < n_old || at_new < n_new) {
        struct document_member *one = at_old < n_old ? &olds[at_old] : NULL;
        struct document_member *other = at_new < n_new ? &news[at_new] : NULL;
        int order = one == NULL ? 1 : other == NULL ? -1 : str_compare(one->key, other->key);
        const struct document_member *either = order <= 0 ? one : other;
        assert(either != NULL);
        struct str key = either->key;
        struct path_element element = path_field(key);
        struct outcome inner = { 0 };
        struct apply_place below = { 0 };
        (void)apply_member(place, key, &below);
        compare(&below, one != NULL && order <= 0 ? one->value : NULL,
                other != NULL && order >= 0 ? other->value : NULL, depth, arena, &inner);
        add(&sides, &element, &inner, arena);
        at_old += order <= 0;
        at_new += order >= 0;
    }
    finish(&sides, outcome, arena);
}

/* Items with the same element on one or both sides count as one value, which has no fields. */
static void compare_equal_items(const struct apply_place *place, const struct document_item *olds, size_t n_old,
                                const struct document_item *news, size_t n_new, size_t depth, struct arena *arena,
                                struct outcome *outcome)
{
    if (n_old <= 1 && n_new <= 1) {
        compare(place, n_old > 0 ? olds->value : NULL, n_new > 0 ? news->value : NULL, depth, arena, outcome);
    } else if (n_old >= 2 && n_new >= 2) {
        outcome->changed = n_old != n_new;
        for (size_t i = 0; i < n_old && !outcome->changed; i++)
            outcome->changed = !document_equal(olds[i].value, news[i].value);
    } else if (n_old >= 2) {
        if (n_new > 0)
            compare(place, NULL, news->value, depth, arena, outcome);
        outcome->removed = true;
    } else {
        if (n_old > 0)
            compare(place, olds->value, NULL, depth, arena, outcome);
        outcome->changed = true;
    }
}

static void compare_lists(const struct apply_place *place, const struct apply_shape *shape, yyjson_val *old,
                          yyjson_val *new, size_t depth, struct arena *arena, struct outcome *outcome)
{
    size_t n_old, n_new;
    struct document_item *olds = document_items(shape, old, arena, &n_old);
    struct document_item *news = document_items(shape, new, arena, &n_new);
    struct apply_place below;
    struct sides sides = { 0 };
    apply_item(place, &below);
    while (n_old > 0 || n_new > 0) {
        int order = n_old == 0 ? 1 : n_new == 0 ? -1 : path_element_compare(&olds->element, &news->element);
        const struct path_element *element = order <= 0 ? &olds->element : &news->element;
        size_t from_old = order <= 0 ? document_equal_items(olds, n_old) : 0;
        size_t from_new = order >= 0 ? document_equal_items(news, n_new) : 0;
        struct outcome inner = { 0 };
        compare_equal_items(&below, olds, from_old, news, from_new, depth, arena, &inner);
        add(&sides, element, &inner, arena);
        olds = from_old > 0 ? olds + from_old : olds;
        news = from_new > 0 ? news + from_new : news;
        n_old -= from_old;
        n_new -= from_new;
    }
    finish(&sides, outcome, arena);
}

/* Both sides as maps, lists or scalars alike; either may be absent. */
static void compare_alike(const struct apply_place *place, const struct apply_shape *shape, enum document_kind kind,
                          yyjson_val *old, yyjson_val *new, size_t depth, struct arena *arena, struct outcome *outcome)
{
    bool empty = document_is_empty(old) && document_is_empty(new);
    bool whole = kind == DOCUMENT_MAP    ? shape->map_atomic
                 : kind == DOCUMENT_LIST ? shape->list == APPLY_LIST_ATOMIC
                                         : true;
    if (whole || empty || depth == 0) {
        compare_leaf(old, new, outcome);
        return;
    }
    if (kind == DOCUMENT_MAP)
        compare_maps(place, old, new, depth - 1, arena, outcome);
    else
        compare_lists(place, shape, old, new, depth - 1, arena, outcome);
    outcome->changed = old == NULL;
    outcome->removed = new == NULL;
}

static void compare(const struct apply_place *place, yyjson_val *old, yyjson_val *new, size_t depth,
                    struct arena *arena, struct outcome *outcome)
{
    struct apply_shape shape;
    apply_describe(place, &shape);
    enum document_kind before = document_kind_of(old), after = document_kind_of(new);
    if (before == DOCUMENT_ABSENT || after == DOCUMENT_ABSENT || before == after || before == DOCUMENT_NULL ||
        after == DOCUMENT_NULL) {
        enum document_kind kind = after == DOCUMENT_ABSENT || after == DOCUMENT_NULL ? before : after;
        if (kind <= DOCUMENT_NULL)
            kind = document_kind_at(&shape, old != NULL ? old : new);
        compare_alike(place, &shape, kind, old, new, depth, arena, outcome);
        return;
    }
    /* From one form to another: all that was below is gone, all below is new, and the value is another. */
    struct outcome gone = { 0 }, come = { 0 };
    compare_alike(place, &shape, before, old, NULL, depth, arena, &gone);
    compare_alike(place, &shape, after, NULL, new, depth, arena, &come);
    *outcome = (struct outcome){ true, false, come.changed_below, gone.removed_below };
}

struct document_outcome document_compare(const struct apply_place *place, yyjson_val *old, yyjson_val *new,
                                         struct arena *arena)
{
    struct outcome outcome = { 0 };
    if (old != NULL || new != NULL)
        compare(place, old, new, FIELD_SET_DEPTH_MAX - 1, arena, &outcome);
    return (
        struct document_outcome){ outcome.changed, outcome.removed, { outcome.changed_below, outcome.removed_below } };
}

void apply_compare(const struct apply_place *root, yyjson_val *old, yyjson_val *new, struct arena *arena,
                   struct apply_difference *ret_difference)
{
    struct outcome outcome = { 0 };
    compare(root, old, new, FIELD_SET_DEPTH_MAX - 1, arena, &outcome);
    *ret_difference = (struct apply_difference){ outcome.changed_below, outcome.removed_below };
}
