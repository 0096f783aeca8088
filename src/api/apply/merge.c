/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* A document with an applied configuration over it, and a document without some of its fields. */
#include "api/apply/apply.h"
#include "api/apply/document.h"
#include "codec/json.h"

static void append_key(struct buffer *out, bool *first, struct str key)
{
    buffer_append_text(out, *first ? "" : ",");
    *first = false;
    json_append_string(out, key);
    buffer_append_char(out, ':');
}

/* Merging ------------------------------------------------------------------------------------------ */

static void merge(const struct apply_place *place, yyjson_val *live, yyjson_val *config, size_t depth,
                  struct arena *arena, struct buffer *out);

/* Members that live has keep their places, new ones follow. */
static void merge_maps(const struct apply_place *place, yyjson_val *live, yyjson_val *config, size_t depth,
                       struct arena *arena, struct buffer *out)
{
    bool first = true;
    size_t index, count;
    yyjson_val *key, *value;
    buffer_append_char(out, '{');
    yyjson_obj_foreach(live, index, count, key, value)
    {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        struct apply_place below = { 0 };
        (void)apply_member(place, name, &below);
        append_key(out, &first, name);
        merge(&below, value, yyjson_obj_getn(config, name.data, name.size), depth, arena, out);
    }
    yyjson_obj_foreach(config, index, count, key, value)
    {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        if (yyjson_obj_getn(live, name.data, name.size) != NULL)
            continue;
        append_key(out, &first, name);
        json_append_value(out, value);
    }
    buffer_append_char(out, '}');
}

/* An item of one of two lists that are merged. */
struct merge_item {
    yyjson_val *value;        /* NULL: it cannot be told from others by its keys, and has no place in the merge */
    struct merge_item *other; /* the same element's first item in the other list */
    bool repeated;            /* the list has the element more than once */
    bool done;                /* of the configuration: written */
};

struct merge_list {
    const struct apply_place *place; /* of the items */
    size_t depth;
    struct arena *arena;
    struct merge_item *live, *config;
    size_t n_live, n_config;
    bool first;
};

/* Matches what is the same item on both sides; 'sorted' as document_items() has them. */
static void link_items(struct merge_list *list, struct document_item *lives, size_t n_lives,
                       struct document_item *configs, size_t n_configs)
{
    for (size_t i = 0; i < n_lives; i++)
        list->live[lives[i].position].value = lives[i].value;
    for (size_t i = 0; i < n_configs; i++)
        list->config[configs[i].position].value = configs[i].value;
    while (n_lives > 0 && n_configs > 0) {
        int order = path_element_compare(&lives->element, &configs->element);
        size_t from_live = order <= 0 ? document_equal_items(lives, n_lives) : 0;
        size_t from_config = order >= 0 ? document_equal_items(configs, n_configs) : 0;
        for (size_t i = 0; order == 0 && i < from_live; i++) {
            list->live[lives[i].position].other = &list->config[configs->position];
            list->live[lives[i].position].repeated = from_live > 1;
        }
        for (size_t i = 0; order == 0 && i < from_config; i++)
            list->config[configs[i].position].other = &list->live[lives->position];
        lives += from_live;
        n_lives -= from_live;
        configs += from_config;
        n_configs -= from_config;
    }
}

static void put(struct merge_list *list, yyjson_val *live, yyjson_val *config, struct buffer *out)
{
    buffer_append_text(out, list->first ? "" : ",");
    list->first = false;
    merge(list->place, live, config, list->depth, list->arena, out);
}

static void put_config(struct merge_list *list, size_t at, struct buffer *out)
{
    struct merge_item *item = &list->config[at];
    struct merge_item *live = item->other;
    if (item->value != NULL)
        put(list, live != NULL && !live->repeated ? live->value : NULL, item->value, out);
    item->done = true;
}

/* The first item of the configuration from 'at' on that is in the live list too; n_config: none. */
static size_t next_shared(const struct merge_list *list, size_t at)
{
    while (at < list->n_config && list->config[at].other == NULL)
        at++;
    return at;
}

/* The configuration's items come in its order, what only live has stays where it stood among what is around it. */
static void merge_items(struct merge_list *list, struct buffer *out)
{
    size_t at_live = 0, at_config = 0, shared = next_shared(list, 0);
    while (at_live < list->n_live || at_config < list->n_config) {
        struct merge_item *live = at_live < list->n_live ? &list->live[at_live] : NULL;
        if (live != NULL && live->other == NULL) {
            if (live->value != NULL)
                put(list, live->value, NULL, out);
            at_live++;
            continue;
        }
        if (live != NULL && shared < list->n_config && live->other != &list->config[shared]) {
            at_live++; /* its turn is later, or was before */
            continue;
        }
        bool past = live != NULL && live->other->done;
        bool met = live != NULL && !past && live->other == &list->config[at_config];
        if (at_config < list->n_config)
            put_config(list, at_config++, out);
        if (shared < at_config)
            shared = next_shared(list, at_config);
        at_live += past || met;
    }
}

static void merge_lists(const struct apply_place *place, const struct apply_shape *shape, yyjson_val *live,
                        yyjson_val *config, size_t depth, struct arena *arena, struct buffer *out)
{
    struct apply_place below;
    size_t n_lives, n_configs;
    apply_item(place, &below);
    struct merge_list list = { .place = &below, .depth = depth, .arena = arena, .first = true };
    list.n_live = yyjson_arr_size(live);
    list.n_config = yyjson_arr_size(config);
    list.live = arena_new_array(arena, struct merge_item, list.n_live + 1);
    list.config = arena_new_array(arena, struct merge_item, list.n_config + 1);
    struct document_item *lives = document_items(shape, live, arena, &n_lives);
    struct document_item *configs = document_items(shape, config, arena, &n_configs);
    link_items(&list, lives, n_lives, configs, n_configs);
    buffer_append_char(out, '[');
    merge_items(&list, out);
    buffer_append_char(out, ']');
}

static void merge(const struct apply_place *place, yyjson_val *live, yyjson_val *config, size_t depth,
                  struct arena *arena, struct buffer *out)
{
    struct apply_shape shape;
    if (live == NULL || config == NULL) {
        json_append_value(out, live != NULL ? live : config);
        return;
    }
    apply_describe(place, &shape);
    enum document_kind one = document_kind_at(&shape, live), other = document_kind_at(&shape, config);
    if (yyjson_is_null(live))
        one = other;
    if (yyjson_is_null(config))
        other = one;
    bool empty = document_is_empty(live) && document_is_empty(config);
    bool whole = one != other || one == DOCUMENT_SCALAR || empty || depth == 0 ||
                 (one == DOCUMENT_MAP ? shape.map_atomic : shape.list == APPLY_LIST_ATOMIC);
    if (whole)
        json_append_value(out, config);
    else if (one == DOCUMENT_MAP)
        merge_maps(place, live, config, depth - 1, arena, out);
    else
        merge_lists(place, &shape, live, config, depth - 1, arena, out);
}

void apply_merge(const struct apply_place *root, yyjson_val *live, yyjson_val *config, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    merge(root, live, config, FIELD_SET_DEPTH_MAX - 1, &arena, out);
}

/* Removing ----------------------------------------------------------------------------------------- */

static void remove_fields(const struct apply_place *place, yyjson_val *value, const struct field_set *set,
                          struct arena *arena, struct buffer *out);

static void remove_from_map(const struct apply_place *place, yyjson_val *map, const struct field_set *set,
                            struct arena *arena, struct buffer *out)
{
    size_t index, count, start = out->size;
    yyjson_val *key, *value;
    bool first = true;
    buffer_append_char(out, '{');
    yyjson_obj_foreach(map, index, count, key, value)
    {
        struct path_element element = path_field((struct str){ yyjson_get_str(key), yyjson_get_len(key) });
        const struct field_set_entry *entry = field_set_find(set, &element);
        if (entry != NULL && entry->member)
            continue;
        struct apply_place below = { 0 };
        (void)apply_member(place, element.name, &below);
        append_key(out, &first, element.name);
        remove_fields(&below, value, entry != NULL ? entry->below : NULL, arena, out);
    }
    buffer_append_char(out, '}');
    if (!first)
        return;
    buffer_truncate(out, start);
    buffer_append_str(out, STR("null"));
}

static void remove_from_list(const struct apply_place *place, const struct apply_shape *shape, yyjson_val *list,
                             const struct field_set *set, struct arena *arena, struct buffer *out)
{
    size_t index, count, start = out->size;
    yyjson_val *item;
    bool first = true;
    struct apply_place below;
    apply_item(place, &below);
    buffer_append_char(out, '[');
    yyjson_arr_foreach(list, index, count, item)
    {
        struct path_element element;
        const char *why;
        const struct field_set_entry *entry = NULL;
        if (document_element(shape, item, arena, &element, &why) == 0)
            entry = field_set_find(set, &element);
        if (entry != NULL && entry->member)
            continue;
        buffer_append_text(out, first ? "" : ",");
        first = false;
        remove_fields(&below, item, entry != NULL ? entry->below : NULL, arena, out);
    }
    buffer_append_char(out, ']');
    if (!first)
        return;
    buffer_truncate(out, start);
    buffer_append_str(out, STR("null"));
}

static void remove_fields(const struct apply_place *place, yyjson_val *value, const struct field_set *set,
                          struct arena *arena, struct buffer *out)
{
    struct apply_shape shape;
    if (set == NULL) {
        json_append_value(out, value);
        return;
    }
    apply_describe(place, &shape);
    enum document_kind kind = document_kind_of(value);
    bool atomic = kind == DOCUMENT_MAP ? shape.map_atomic : shape.list == APPLY_LIST_ATOMIC;
    if (kind == DOCUMENT_SCALAR)
        json_append_value(out, value);
    else if (atomic || document_is_empty(value))
        buffer_append_str(out, STR("null"));
    else if (kind == DOCUMENT_MAP)
        remove_from_map(place, value, set, arena, out);
    else
        remove_from_list(place, &shape, value, set, arena, out);
}

void apply_remove(const struct apply_place *root, yyjson_val *document, const struct field_set *set, struct buffer *out)
{
    auto_arena struct arena arena = { 0 };
    remove_fields(root, document, set, &arena, out);
}
