/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* container.c - lists and maps, made by expressions or read in place from JSON. */
#include <math.h>

#include "cel/value/value.h"

#define VECTOR_FIRST 8
#define INDEX_LEAST  16 /* maps of fewer entries are searched */

static struct cel_vector *vector_new(struct arena *arena, size_t capacity)
{
    struct cel_vector *vector = arena_new(arena, struct cel_vector);

    vector->capacity = capacity;
    vector->items = arena_alloc(arena, (capacity + 1) * sizeof(vector->items[0]));
    return vector;
}

static void vector_reserve(struct arena *arena, struct cel_vector *vector, size_t more)
{
    size_t capacity = vector->capacity < VECTOR_FIRST ? VECTOR_FIRST : vector->capacity;
    struct cel_value *items;

    if (vector->capacity - vector->count >= more)
        return;
    while (capacity - vector->count < more)
        capacity *= 2;
    items = arena_alloc(arena, capacity * sizeof(items[0]));
    if (vector->count > 0)
        memcpy(items, vector->items, vector->count * sizeof(items[0]));
    vector->items = items;
    vector->capacity = capacity;
}

/* The vector counts one more than the value has: so it is not the end of it that the value sees. */
void cel_value_freeze(struct cel_value *value)
{
    if (value->kind == CEL_LIST && value->form == CEL_FORM_MADE)
        value->list->vector->count++;
    else if (value->kind == CEL_MAP && value->form == CEL_FORM_MADE)
        value->map->vector->count++;
}

/* ---- lists ---- */

static const struct cel_type *element_type(const struct cel_value *container)
{
    return container->type->element != NULL ? container->type->element : cel_type_of(CEL_DYN);
}

const struct cel_type *cel_list_unique(const struct cel_value *list)
{
    const struct cel_type *type = list->form == CEL_FORM_JSON ? list->type : list->list->type;

    return type == NULL || type->list_type == CEL_LIST_ATOMIC ? NULL : type;
}

size_t cel_list_size(const struct cel_value *list)
{
    return list->form == CEL_FORM_JSON ? yyjson_arr_size(list->json) : list->list->count;
}

struct cel_value cel_list_at(const struct cel_value *list, size_t index)
{
    if (list->form == CEL_FORM_JSON)
        return cel_value_json(yyjson_arr_get(list->json, index), element_type(list));
    return list->list->vector->items[list->list->first + index];
}

void cel_list_read(const struct cel_value *list, struct cel_list_reader *reader)
{
    *reader = (struct cel_list_reader){ .list = list, .size = cel_list_size(list) };
    if (list->form == CEL_FORM_JSON)
        yyjson_arr_iter_init(list->json, &reader->json);
}

bool cel_list_next(struct cel_list_reader *reader, struct cel_value *ret_value)
{
    if (reader->at == reader->size)
        return false;
    if (reader->list->form == CEL_FORM_JSON)
        *ret_value = cel_value_json(yyjson_arr_iter_next(&reader->json), element_type(reader->list));
    else
        *ret_value = cel_list_at(reader->list, reader->at);
    reader->at++;
    return true;
}

bool cel_list_contains(const struct cel_value *list, const struct cel_value *value, int64_t *work)
{
    struct cel_list_reader reader;
    struct cel_value element;

    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element))
        if (cel_equal(&element, value, work))
            return true;
    return false;
}

static struct cel_value list_of(struct arena *arena, struct cel_vector *vector, size_t count)
{
    struct cel_list *list = arena_new(arena, struct cel_list);

    list->vector = vector;
    list->count = count;
    return (struct cel_value){ .kind = CEL_LIST, .form = CEL_FORM_MADE, .list = list };
}

struct cel_value cel_list_new(struct arena *arena, size_t capacity)
{
    return list_of(arena, vector_new(arena, capacity), 0);
}

void cel_list_push(struct arena *arena, struct cel_value *list, struct cel_value value)
{
    struct cel_list *made = (struct cel_list *)list->list; /* being made: nobody else has it yet */

    vector_reserve(arena, made->vector, 1);
    made->vector->items[made->vector->count++] = value;
    made->count++;
}

static void vector_append(struct arena *arena, struct cel_vector *vector, const struct cel_value *list)
{
    struct cel_list_reader reader;

    cel_list_read(list, &reader);
    vector_reserve(arena, vector, reader.size);
    while (cel_list_next(&reader, &vector->items[vector->count]))
        vector->count++;
}

struct cel_value cel_list_add(struct arena *arena, const struct cel_value *a, const struct cel_value *b)
{
    size_t count = cel_list_size(a) + cel_list_size(b);
    struct cel_vector *vector;

    if (cel_list_unique(a) != NULL)
        return cel_unique_add(arena, cel_list_unique(a), a, b);
    if (cel_list_size(b) == 0)
        return *a;
    if (a->form == CEL_FORM_MADE && a->list->first == 0 && a->list->vector->count == a->list->count) {
        vector_append(arena, a->list->vector, b); /* the one before stays as long as it was */
        return list_of(arena, a->list->vector, count);
    }
    vector = vector_new(arena, count + VECTOR_FIRST);
    vector_append(arena, vector, a);
    vector_append(arena, vector, b);
    return list_of(arena, vector, count);
}

/* ---- maps ---- */

/* Equal keys have equal hashes, whatever kind of number they are. */
static uint64_t key_hash(const struct cel_value *key)
{
    struct cel_value number = *key;

    switch (key->kind) {
    case CEL_STRING:
        return str_hash(key->text);
    case CEL_BOOL:
        return 1 + key->boolean;
    case CEL_DOUBLE:
        number.integer = fabs(key->number) < 9e18 ? (int64_t)key->number : 0;
        __attribute__((fallthrough));
    case CEL_INT:
    case CEL_UINT:
        return str_hash((struct str){ (const char *)&number.integer, sizeof(number.integer) });
    default:
        return 0;
    }
}

static void index_put(struct cel_vector *vector, size_t entry)
{
    size_t at = key_hash(&vector->items[2 * entry]) & (vector->index_size - 1);

    while (vector->index[at] != 0)
        at = (at + 1) & (vector->index_size - 1);
    vector->index[at] = (uint32_t)entry + 1;
}

static void index_grow(struct arena *arena, struct cel_vector *vector)
{
    size_t entries = vector->count / 2;

    if (entries < INDEX_LEAST || entries * 2 < vector->index_size)
        return;
    vector->index_size = vector->index_size == 0 ? 64 : vector->index_size * 2;
    while (vector->index_size < entries * 2)
        vector->index_size *= 2;
    vector->index = arena_new_array(arena, uint32_t, vector->index_size);
    for (size_t i = 0; i < entries; i++)
        index_put(vector, i);
}

/* Entry of the key among the first 'count', or 'count'. */
static size_t vector_find(const struct cel_vector *vector, size_t count, const struct cel_value *key)
{
    if (vector->index == NULL) {
        for (size_t i = 0; i < count; i++)
            if (cel_value_equal(&vector->items[2 * i], key))
                return i;
        return count;
    }
    for (size_t at = key_hash(key) & (vector->index_size - 1); vector->index[at] != 0;
         at = (at + 1) & (vector->index_size - 1)) {
        size_t entry = vector->index[at] - 1;

        if (entry < count && cel_value_equal(&vector->items[2 * entry], key))
            return entry;
    }
    return count;
}

size_t cel_map_size(const struct cel_value *map)
{
    if (map->form == CEL_FORM_DRIVER)
        return 0;
    return map->form == CEL_FORM_JSON ? yyjson_obj_size(map->json) : map->map->count;
}

/* A field that is null is only seen when whole objects are compared; then it is null whatever its type. */
static struct cel_value member_value(const struct cel_value *map, yyjson_val *value, const struct cel_type *type)
{
    return map->type->kind == CEL_OBJECT && yyjson_is_null(value) ? cel_value_null() : cel_value_json(value, type);
}

/* A member of JSON by the name that expressions know it by. 'hidden': also those that they do not know. */
static bool json_find(const struct cel_value *map, struct str name, bool hidden, struct cel_value *ret_value)
{
    const struct cel_type *type = map->type->kind == CEL_MAP ? element_type(map) : cel_type_of(CEL_DYN);
    yyjson_val *value;

    if (map->type->kind == CEL_OBJECT) {
        const struct cel_field *field = cel_type_field(map->type, name);

        if (field == NULL && !map->type->open && !hidden)
            return false;
        if (field != NULL) {
            name = str_of(field->json);
            type = field->type;
        }
    }
    value = yyjson_obj_getn(map->json, name.data, name.size);
    if (value == NULL || (!hidden && map->type->kind == CEL_OBJECT && yyjson_is_null(value)))
        return false; /* a field that is null is not there; a null element of a map is */
    *ret_value = member_value(map, value, type);
    return true;
}

bool cel_map_find_member(const struct cel_value *map, const struct cel_value *key, struct cel_value *ret_value)
{
    if (map->form == CEL_FORM_JSON)
        return key->kind == CEL_STRING && json_find(map, key->text, true, ret_value);
    return cel_map_find(NULL, map, key, ret_value);
}

bool cel_map_select(struct arena *arena, const struct cel_value *map, struct str name, struct cel_value *ret_value)
{
    struct cel_value key;

    switch (map->form) {
    case CEL_FORM_JSON:
        return json_find(map, name, false, ret_value);
    case CEL_FORM_DRIVER:
        return map->driver->field(map->context, name, arena, ret_value);
    default:
        key = cel_value_string(name);
        return cel_map_find(arena, map, &key, ret_value);
    }
}

bool cel_map_find(struct arena *arena, const struct cel_value *map, const struct cel_value *key,
                  struct cel_value *ret_value)
{
    size_t entry;

    if (map->form != CEL_FORM_MADE)
        return key->kind == CEL_STRING && cel_map_select(arena, map, key->text, ret_value);
    entry = vector_find(map->map->vector, map->map->count, key);
    if (entry == map->map->count)
        return false;
    *ret_value = map->map->vector->items[2 * entry + 1];
    return true;
}

static struct cel_value map_of(struct arena *arena, struct cel_vector *vector, size_t count)
{
    struct cel_map *map = arena_new(arena, struct cel_map);

    map->vector = vector;
    map->count = count;
    return (struct cel_value){ .kind = CEL_MAP, .form = CEL_FORM_MADE, .map = map };
}

struct cel_value cel_map_new(struct arena *arena)
{
    return map_of(arena, vector_new(arena, 0), 0);
}

static struct cel_vector *vector_of_map(struct arena *arena, const struct cel_value *map)
{
    size_t count = cel_map_size(map);
    struct cel_vector *vector = vector_new(arena, 2 * count + VECTOR_FIRST);
    struct cel_map_reader reader;

    cel_map_read(map, &reader);
    while (cel_map_next(&reader, &vector->items[vector->count], &vector->items[vector->count + 1]))
        vector->count += 2;
    index_grow(arena, vector);
    return vector;
}

struct cel_value cel_map_insert(struct arena *arena, const struct cel_value *map, const struct cel_value *key,
                                const struct cel_value *value)
{
    struct cel_value found;
    struct cel_vector *vector;

    if (key->kind != CEL_STRING && key->kind != CEL_BOOL && key->kind != CEL_INT && key->kind != CEL_UINT &&
        key->kind != CEL_DOUBLE)
        return cel_error_text("unsupported key type");
    if (cel_map_find(arena, map, key, &found))
        return cel_error_text("insert failed: key already exists");
    if (map->form == CEL_FORM_MADE && map->map->vector->count == 2 * map->map->count)
        vector = map->map->vector;
    else
        vector = vector_of_map(arena, map);
    vector_reserve(arena, vector, 2);
    vector->items[vector->count++] = *key;
    vector->items[vector->count++] = *value;
    if (vector->index != NULL && vector->count < vector->index_size)
        index_put(vector, vector->count / 2 - 1);
    else
        index_grow(arena, vector);
    return map_of(arena, vector, vector->count / 2);
}

void cel_map_put(struct arena *arena, struct cel_value *map, const struct cel_value *key, const struct cel_value *value)
{
    size_t entry = vector_find(map->map->vector, map->map->count, key);

    if (entry < map->map->count)
        map->map->vector->items[2 * entry + 1] = *value;
    else
        *map = cel_map_insert(arena, map, key, value);
}

struct cel_value cel_object_of(struct arena *arena, const struct cel_value *map, const struct cel_type *type)
{
    struct cel_map *object = arena_new(arena, struct cel_map);

    *object = *map->map;
    object->type = type;
    return (struct cel_value){ .kind = CEL_OBJECT, .form = CEL_FORM_MADE, .map = object };
}

void cel_map_read(const struct cel_value *map, struct cel_map_reader *reader)
{
    *reader = (struct cel_map_reader){ .map = map, .size = cel_map_size(map) };
    if (map->form == CEL_FORM_JSON)
        yyjson_obj_iter_init(map->json, &reader->json);
}

static const struct cel_type *member_type(const struct cel_value *map, struct str name, struct str *ret_key)
{
    const struct cel_field *field = NULL;

    *ret_key = name;
    if (map->type->kind == CEL_MAP)
        return element_type(map);
    if (map->type->kind == CEL_OBJECT)
        field = cel_type_member(map->type, name);
    if (field == NULL)
        return cel_type_of(CEL_DYN);
    *ret_key = str_of(field->name);
    return field->type;
}

bool cel_map_next(struct cel_map_reader *reader, struct cel_value *ret_key, struct cel_value *ret_value)
{
    const struct cel_value *map = reader->map;
    yyjson_val *key;
    struct str name;
    const struct cel_type *type;

    if (reader->at == reader->size)
        return false;
    if (map->form == CEL_FORM_MADE) {
        *ret_key = map->map->vector->items[2 * reader->at];
        *ret_value = map->map->vector->items[2 * reader->at + 1];
    } else {
        key = yyjson_obj_iter_next(&reader->json);
        type = member_type(map, (struct str){ yyjson_get_str(key), yyjson_get_len(key) }, &name);
        *ret_key = cel_value_string(name);
        *ret_value = member_value(map, yyjson_obj_iter_get_val(key), type);
    }
    reader->at++;
    return true;
}

/* Members mostly stand in the same order in both, and are then found at once. */
bool cel_map_json_equal(const struct cel_value *a, const struct cel_value *b, int64_t *work)
{
    yyjson_obj_iter left, right;
    yyjson_val *key;

    yyjson_obj_iter_init(a->json, &left);
    yyjson_obj_iter_init(b->json, &right);
    while ((key = yyjson_obj_iter_next(&left)) != NULL) {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) }, shown;
        size_t before = right.idx;
        yyjson_val *other = yyjson_obj_iter_getn(&right, name.data, name.size);
        struct cel_value x, y;

        *work -= (int64_t)((right.idx + right.max - before) % right.max / CEL_BYTES_PER_STEP);
        if (other == NULL)
            return false;
        x = member_value(a, yyjson_obj_iter_get_val(key), member_type(a, name, &shown));
        y = member_value(b, other, member_type(b, name, &shown));
        if (!cel_equal(&x, &y, work))
            return false;
    }
    return true;
}
