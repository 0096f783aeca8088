/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* unique.c - lists whose elements are unique: sets, and objects that are told apart by keys.
 *
 * They are equal in any order, and adding replaces what is there already. Elements are found by a key: of a set the element itself,
 * of an object the texts of its key members. */
#include "cel/value/value.h"
#include "codec/json.h"

#define KEY_TEXT_MAX 65536
#define KEY_STEPS    16 /* of work, to find an element by its key */

/* What the element is found by; an error where it has no such key. */
static struct cel_value element_key(struct arena *arena, const struct cel_type *type, const struct cel_value *element)
{
    auto_buffer struct buffer text = { .max = KEY_TEXT_MAX };

    if (type->list_type == CEL_LIST_SET) {
        if (cel_is_map(element) || element->kind == CEL_LIST || element->kind == CEL_NULL) {
            if (cel_value_to_json(element, &text, NULL) != 0)
                return cel_no_overload();
            buffer_append_char(&text, '\n'); /* no text in JSON ends so */
            return cel_string_copy(arena, &text);
        }
        return *element;
    }
    if (!cel_is_map(element) || type->list_keys == NULL)
        return cel_no_overload();
    for (const char *const *key = type->list_keys; *key != NULL; key++) {
        const char *escaped;
        struct cel_value name, value;

        name = cel_value_string(str_of(*key));
        if (element->form == CEL_FORM_JSON) {
            yyjson_val *member = yyjson_obj_get(element->json, *key);

            if (member != NULL)
                json_append_value(&text, member);
        } else if ((cel_escape(arena, name.text, &escaped) &&
                    cel_map_select(arena, element, str_of(escaped), &value)) ||
                   cel_map_select(arena, element, name.text, &value)) {
            if (cel_value_to_json(&value, &text, NULL) != 0)
                return cel_no_overload();
        }
        buffer_append_char(&text, '\n');
    }
    return cel_string_copy(arena, &text);
}

/* Keys to positions in the list. False: an element has no key. */
static bool positions(struct arena *arena, const struct cel_type *type, const struct cel_value *list,
                      struct cel_value *ret_map)
{
    struct cel_value map = cel_map_new(arena), element, found;
    struct cel_list_reader reader;

    cel_list_read(list, &reader);
    while (cel_list_next(&reader, &element)) {
        struct cel_value key = element_key(arena, type, &element), at = cel_value_int((int64_t)reader.at - 1);

        if (cel_is_error(&key))
            return false;
        if (cel_map_find(arena, &map, &key, &found))
            continue;
        map = cel_map_insert(arena, &map, &key, &at);
        if (cel_is_error(&map))
            return false;
    }
    *ret_map = map;
    return true;
}

bool cel_unique_equal(const struct cel_type *type, const struct cel_value *a, const struct cel_value *b, int64_t *work)
{
    auto_arena struct arena scratch = { 0 };
    struct cel_value map, element, at;
    struct cel_list_reader reader;
    struct cel_value *others;

    *work -= KEY_STEPS * (int64_t)(cel_list_size(a) + cel_list_size(b));
    if (!positions(&scratch, type, a, &map))
        return false;
    others = arena_new_array(&scratch, struct cel_value, cel_list_size(a) + 1);
    cel_list_read(a, &reader);
    while (cel_list_next(&reader, &element))
        others[reader.at - 1] = element;
    cel_list_read(b, &reader);
    while (cel_list_next(&reader, &element)) {
        struct cel_value key = element_key(&scratch, type, &element);

        if (cel_is_error(&key) || !cel_map_find(&scratch, &map, &key, &at) ||
            !cel_equal(&others[at.integer], &element, work))
            return false;
    }
    return true;
}

/* What of 'b' is new comes behind; what is not takes the place of its like. */
struct cel_value cel_unique_add(struct arena *arena, const struct cel_type *type, const struct cel_value *a,
                                const struct cel_value *b)
{
    struct cel_value sum = cel_list_new(arena, cel_list_size(a) + cel_list_size(b)), map, element, at;
    struct cel_vector *vector = sum.list->vector;
    struct cel_list_reader reader;

    if (!positions(arena, type, a, &map))
        return cel_no_overload();
    cel_list_read(a, &reader);
    while (cel_list_next(&reader, &element))
        cel_list_push(arena, &sum, element);
    cel_list_read(b, &reader);
    while (cel_list_next(&reader, &element)) {
        struct cel_value key = element_key(arena, type, &element);

        if (cel_is_error(&key))
            return cel_no_overload();
        if (cel_map_find(arena, &map, &key, &at)) {
            vector->items[at.integer] = element;
            continue;
        }
        at = cel_value_int((int64_t)vector->count);
        map = cel_map_insert(arena, &map, &key, &at);
        if (cel_is_error(&map))
            return cel_no_overload();
        cel_list_push(arena, &sum, element);
    }
    ((struct cel_list *)sum.list)->type = type;
    return sum;
}
