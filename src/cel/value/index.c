/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* index.c - tables of large JSON containers, made once an evaluation. */
#include "cel/value/index.h"

#include "cel/value/value.h"

#define INDEX_LEAST 64 /* members or elements; fewer are walked */
#define INDEXES_MAX 64 /* containers; further ones are walked */

struct cel_index {
    const yyjson_val *container;
    yyjson_val **slots; /* of an object: its keys by hash, in a power of two of slots; of an array: its elements */
    size_t slot_count;
    struct cel_index *next;
    unsigned number;
};

static struct cel_index *index_new(struct cel_state *state, const yyjson_val *container, size_t slot_count)
{
    struct cel_index *index;

    if (state->indexes != NULL && state->indexes->number >= INDEXES_MAX)
        return NULL;
    index = arena_new(state->arena, struct cel_index);
    index->container = container;
    index->slots = arena_new_array(state->arena, yyjson_val *, slot_count);
    index->slot_count = slot_count;
    index->next = state->indexes;
    index->number = state->indexes == NULL ? 1 : state->indexes->number + 1;
    state->indexes = index;
    return index;
}

static struct cel_index *index_find(const struct cel_state *state, const yyjson_val *container)
{
    struct cel_index *index = state->indexes;

    while (index != NULL && index->container != container)
        index = index->next;
    return index;
}

static struct str key_text(yyjson_val *key)
{
    return (struct str){ yyjson_get_str(key), yyjson_get_len(key) };
}

static size_t slot_of(const struct cel_index *index, struct str name)
{
    size_t at = str_hash(name) & (index->slot_count - 1);

    while (index->slots[at] != NULL && !str_equal(key_text(index->slots[at]), name))
        at = (at + 1) & (index->slot_count - 1);
    return at;
}

static struct cel_index *index_of_object(struct cel_state *state, yyjson_val *object)
{
    size_t slots = 2 * INDEX_LEAST;
    struct cel_index *index = index_find(state, object);
    yyjson_obj_iter iter;
    yyjson_val *key;

    if (index != NULL)
        return index;
    while (slots < 2 * yyjson_obj_size(object))
        slots *= 2;
    index = index_new(state, object, slots);
    if (index == NULL)
        return NULL;
    yyjson_obj_iter_init(object, &iter);
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        size_t at = slot_of(index, key_text(key));

        if (index->slots[at] == NULL) /* of members that are given twice, the first counts, as when they are walked */
            index->slots[at] = key;
    }
    return index;
}

bool cel_index_find(struct cel_state *state, const struct cel_value *map, const struct cel_value *key,
                    struct cel_value *ret_value)
{
    struct cel_index *index;
    yyjson_val *found;

    if (map->kind != CEL_MAP || map->form != CEL_FORM_JSON || key->kind != CEL_STRING ||
        yyjson_obj_size(map->json) < INDEX_LEAST)
        return cel_map_find(state->arena, map, key, ret_value);
    index = index_of_object(state, map->json);
    if (index == NULL) {
        state->work -= (int64_t)yyjson_obj_size(map->json);
        return cel_map_find(state->arena, map, key, ret_value);
    }
    found = index->slots[slot_of(index, key->text)];
    if (found == NULL)
        return false;
    *ret_value = cel_value_json(yyjson_obj_iter_get_val(found), map->type->element);
    return true;
}

struct cel_value cel_index_at(struct cel_state *state, const struct cel_value *list, size_t at)
{
    struct cel_index *index;
    yyjson_arr_iter iter;

    if (list->form != CEL_FORM_JSON || yyjson_arr_size(list->json) < INDEX_LEAST)
        return cel_list_at(list, at);
    index = index_find(state, list->json);
    if (index == NULL) {
        index = index_new(state, list->json, yyjson_arr_size(list->json));
        if (index == NULL) {
            state->work -= (int64_t)at;
            return cel_list_at(list, at);
        }
        yyjson_arr_iter_init(list->json, &iter);
        for (size_t i = 0; i < index->slot_count; i++)
            index->slots[i] = yyjson_arr_iter_next(&iter);
    }
    return cel_value_json(index->slots[at], list->type->element);
}
