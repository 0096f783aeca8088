/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/apply/document.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"

#define SORT_BY_INSERTION_MAX 24

enum document_kind document_kind_of(yyjson_val *value)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_NONE:
        return DOCUMENT_ABSENT;
    case YYJSON_TYPE_NULL:
        return DOCUMENT_NULL;
    case YYJSON_TYPE_OBJ:
        return DOCUMENT_MAP;
    case YYJSON_TYPE_ARR:
        return DOCUMENT_LIST;
    default:
        return DOCUMENT_SCALAR;
    }
}

enum document_kind document_kind_at(const struct apply_shape *shape, yyjson_val *value)
{
    enum document_kind kind = document_kind_of(value);
    if (kind != DOCUMENT_NULL)
        return kind;
    if (shape->allowed & APPLY_MAP)
        return DOCUMENT_MAP;
    return shape->allowed & APPLY_LIST ? DOCUMENT_LIST : DOCUMENT_SCALAR;
}

bool document_equal(yyjson_val *a, yyjson_val *b)
{
    return yyjson_equals(a, b);
}

bool document_is_empty(yyjson_val *value)
{
    enum document_kind kind = document_kind_of(value);
    return kind <= DOCUMENT_NULL || (kind == DOCUMENT_MAP && yyjson_obj_size(value) == 0) ||
           (kind == DOCUMENT_LIST && yyjson_arr_size(value) == 0);
}

/* Values of a document lie in memory in the order they were read. */
static int by_key(const void *a, const void *b)
{
    const struct document_member *one = a, *other = b;
    int order = str_compare(one->key, other->key);
    return order != 0 ? order : (one->value > other->value) - (one->value < other->value);
}

static void sort_members(struct document_member *members, size_t count)
{
    if (count > SORT_BY_INSERTION_MAX) {
        qsort(members, count, sizeof(*members), by_key);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct document_member member = members[i];
        size_t at = i;
        for (; at > 0 && str_compare(members[at - 1].key, member.key) > 0; at--)
            members[at] = members[at - 1];
        members[at] = member;
    }
}

struct document_member *document_members(yyjson_val *map, struct arena *arena, size_t *ret_count)
{
    size_t size = yyjson_obj_size(map), kept = 0;
    *ret_count = 0;
    if (size == 0)
        return NULL;
    struct document_member *members = arena_alloc(arena, size * sizeof(*members));
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(map, index, count, key, value)
    {
        members[index].key = (struct str){ yyjson_get_str(key), yyjson_get_len(key) };
        members[index].value = value;
    }
    sort_members(members, size);
    for (size_t i = 0; i < size; i++) {
        if (i + 1 < size && str_equal(members[i].key, members[i + 1].key))
            continue;
        members[kept++] = members[i];
    }
    *ret_count = kept;
    return members;
}

static int by_name(const void *a, const void *b)
{
    const struct path_key *one = a, *other = b;
    return str_compare(one->name, other->name);
}

struct path_value document_default(struct str text)
{
    struct path_value value = { .kind = PATH_STRING };
    if (text.size >= 2 && text.data[0] == '"')
        value.text = (struct str){ text.data + 1, text.size - 2 };
    else if (str_is(text, "true") || str_is(text, "false"))
        value = (struct path_value){ .kind = PATH_BOOL, .integer = text.data[0] == 't' };
    else if (str_to_int64(text, &value.integer))
        value = (struct path_value){ PATH_INTEGER, value.integer, (double)value.integer, { 0 } };
    return value;
}

static int refuse(const char *why, const char **ret_why)
{
    *ret_why = why;
    return -ERROR_INVALID;
}

static int without_keys(const struct apply_shape *shape, struct arena *arena, const char **ret_why)
{
    auto_buffer struct buffer names = { 0 };
    for (size_t i = 0; i < shape->n_keys; i++) {
        buffer_append_text(&names, i > 0 ? " " : "");
        json_append_string(&names, shape->keys[i].name);
    }
    return refuse(arena_format(arena,
                               "associative list with keys has an element that omits all key fields [" STR_FMT
                               "] (and doesn't have default values for any key fields)",
                               STR_ARG(buffer_str(&names))),
                  ret_why);
}

static int element_of_keys(const struct apply_shape *shape, yyjson_val *item, struct arena *arena,
                           struct path_element *ret_element, const char **ret_why)
{
    if (yyjson_is_null(item))
        return refuse("associative list with keys may not have a null element", ret_why);
    if (!yyjson_is_obj(item))
        return refuse("associative list with keys may not have non-map elements", ret_why);
    struct path_key *keys = arena_alloc(arena, (shape->n_keys + 1) * sizeof(*keys));
    uint32_t count = 0;
    for (size_t i = 0; i < shape->n_keys; i++) {
        const struct apply_key *key = &shape->keys[i];
        yyjson_val *value = yyjson_obj_getn(item, key->name.data, key->name.size);
        if (value == NULL && key->default_json.data == NULL)
            continue; /* an item with it would be another one */
        keys[count].name = key->name;
        keys[count++].value = value != NULL ? path_value_of(value, arena) : document_default(key->default_json);
    }
    if (count == 0)
        return without_keys(shape, arena, ret_why);
    if (count > 1)
        qsort(keys, count, sizeof(*keys), by_name);
    *ret_element = (struct path_element){ .kind = PATH_KEYS, .n_keys = count, .keys = keys };
    return 0;
}

int document_element(const struct apply_shape *shape, yyjson_val *item, struct arena *arena,
                     struct path_element *ret_element, const char **ret_why)
{
    if (shape->list == APPLY_LIST_MAP)
        return element_of_keys(shape, item, arena, ret_element, ret_why);
    switch (document_kind_of(item)) {
    case DOCUMENT_MAP:
        return refuse("associative list without keys has an element that's a map type", ret_why);
    case DOCUMENT_LIST:
        return refuse("not supported: associative list with lists as elements", ret_why);
    case DOCUMENT_SCALAR:
        break;
    default:
        return refuse("associative list without keys has an element that's an explicit null", ret_why);
    }
    struct path_value *value = arena_alloc(arena, sizeof(*value));
    *value = path_value_of(item, arena);
    *ret_element = (struct path_element){ .kind = PATH_VALUE, .value = value };
    return 0;
}

static int by_element(const void *a, const void *b)
{
    const struct document_item *one = a, *other = b;
    int order = path_element_compare(&one->element, &other->element);
    return order != 0 ? order : (one->position > other->position) - (one->position < other->position);
}

struct document_item *document_items(const struct apply_shape *shape, yyjson_val *list, struct arena *arena,
                                     size_t *ret_count)
{
    size_t index, size, count = 0;
    yyjson_val *item;
    *ret_count = 0;
    if (yyjson_arr_size(list) == 0)
        return NULL;
    struct document_item *items = arena_alloc(arena, yyjson_arr_size(list) * sizeof(*items));
    bool sorted = true;
    yyjson_arr_foreach(list, index, size, item)
    {
        const char *why;
        items[count].value = item;
        items[count].position = index;
        if (document_element(shape, item, arena, &items[count].element, &why) < 0)
            continue;
        sorted = sorted && (count == 0 || path_element_compare(&items[count - 1].element, &items[count].element) <= 0);
        count++;
    }
    if (!sorted)
        qsort(items, count, sizeof(*items), by_element);
    *ret_count = count;
    return items;
}

size_t document_equal_items(const struct document_item *items, size_t count)
{
    size_t equal = count > 0 ? 1 : 0;
    while (equal < count && path_element_compare(&items[0].element, &items[equal].element) == 0)
        equal++;
    return equal;
}
