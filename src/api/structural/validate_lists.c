/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate_lists.c - lists that are sets, or maps by some keys of their items, have nothing twice. */
#include <stdlib.h>
#include <string.h>

#include "api/structural/validate.h"
#include "codec/json.h"

/* What identifies an item: its canonical text. */
struct identity {
    struct str text;
    size_t index;
};

static int compare_identities(const void *a, const void *b)
{
    const struct identity *left = a, *right = b;
    int order = str_compare(left->text, right->text);
    return order != 0 ? order : left->index < right->index ? -1 : 1;
}

static int compare_indexes(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return left < right ? -1 : left > right;
}

/* Canonical text of a value, members sorted by name. */
static struct str text_of(yyjson_val *value, struct arena *arena)
{
    auto_buffer struct buffer text = { 0 };
    struct error ignored;
    if (!yyjson_is_ctn(value))
        json_append_value(&text, value);
    else if (structural_write_canonical(value, &text, &ignored) < 0)
        return (struct str){ "", 0 };
    return arena_str(arena, buffer_str(&text));
}

/* {"name":"a","port":1} of an item of a list-map; members that it has not are left out. */
static struct str keys_of(const struct structural_node *node, yyjson_val *item, struct arena *arena)
{
    auto_buffer struct buffer text = { 0 };
    buffer_append_char(&text, '{');
    for (uint32_t i = 0; i < node->n_list_keys; i++) {
        yyjson_val *value = yyjson_is_obj(item) ? yyjson_obj_get(item, node->list_keys[i]) : NULL;
        if (value == NULL)
            continue;
        if (text.size > 1)
            buffer_append_char(&text, ',');
        json_append_string(&text, str_of(node->list_keys[i]));
        buffer_append_char(&text, ':');
        buffer_append_str(&text, text_of(value, arena));
    }
    buffer_append_char(&text, '}');
    return arena_str(arena, buffer_str(&text));
}

static bool only_objects(yyjson_val *list, const struct field_at *at, struct api_invalid *errors)
{
    yyjson_arr_iter items = yyjson_arr_iter_with(list);
    size_t index = 0;
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&items)) != NULL; index++) {
        if (yyjson_is_obj(item) || yyjson_is_null(item))
            continue;
        struct check check = { .errors = errors };
        check_fail(&check, at_index(at, index), item, "must be an object for an array of list-type map");
        return false;
    }
    return true;
}

/* Upstream names the second one of each that are equal. */
static void report_duplicates(struct identity *identities, size_t count, yyjson_val *list, bool set,
                              const struct field_at *at, struct api_invalid *errors, struct arena *arena)
{
    struct identity *in_order = arena_new_array(arena, struct identity, count);
    size_t *seconds = arena_new_array(arena, size_t, count), n_seconds = 0;
    memcpy(in_order, identities, count * sizeof(*in_order));
    qsort(identities, count, sizeof(*identities), compare_identities);
    for (size_t i = 1; i < count; i++) {
        bool same = str_equal(identities[i].text, identities[i - 1].text);
        bool third = i > 1 && str_equal(identities[i].text, identities[i - 2].text);
        if (same && !third)
            seconds[n_seconds++] = identities[i].index;
    }
    qsort(seconds, n_seconds, sizeof(*seconds), compare_indexes);
    for (size_t i = 0; i < n_seconds; i++) {
        yyjson_val *item = set ? yyjson_arr_get(list, seconds[i]) : NULL;
        if (yyjson_is_str(item))
            invalid_duplicate(errors, at_index(at, seconds[i]), yyjson_get_str(item));
        else
            invalid_duplicate_raw(errors, at_index(at, seconds[i]), in_order[seconds[i]].text.data);
    }
}

static void check_unique(const struct structural_node *node, yyjson_val *list, const struct field_at *at,
                         struct api_invalid *errors)
{
    size_t count = yyjson_arr_size(list), index = 0;
    bool set = node->list == STRUCTURAL_LIST_SET;
    if (!set && !only_objects(list, at, errors))
        return;
    if (count < 2)
        return;
    auto_arena struct arena scratch = { 0 };
    struct identity *identities = arena_new_array(&scratch, struct identity, count);
    yyjson_arr_iter items = yyjson_arr_iter_with(list);
    for (yyjson_val *item; (item = yyjson_arr_iter_next(&items)) != NULL; index++)
        identities[index] = (struct identity){ set ? text_of(item, &scratch) : keys_of(node, item, &scratch), index };
    report_duplicates(identities, count, list, set, at, errors, &scratch);
}

void structural_validate_lists(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                               struct api_invalid *errors)
{
    if (node == NULL || !node->unique_below)
        return;
    if (yyjson_is_arr(value)) {
        size_t index = 0;
        if (node->list != STRUCTURAL_LIST_ATOMIC)
            check_unique(node, value, at, errors);
        yyjson_arr_iter items = yyjson_arr_iter_with(value);
        for (yyjson_val *item; node->items != NULL && (item = yyjson_arr_iter_next(&items)) != NULL; index++)
            structural_validate_lists(node->items, item, at_index(at, index), errors);
        return;
    }
    if (!yyjson_is_obj(value))
        return;
    yyjson_obj_iter members = yyjson_obj_iter_with(value);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&members)) != NULL;) {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        const struct structural_node *property = structural_property_find(node, name);
        structural_validate_lists(property != NULL ? property : node->additional_node, yyjson_obj_iter_get_val(key),
                                  property != NULL ? at_field(at, name.data) : at_key(at, name.data), errors);
    }
}
