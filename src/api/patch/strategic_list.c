/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strategic_list.c - merging lists: by key, or by value for scalars, and putting the result in order.
 *
 * Items that the patch (or its $setElementOrder) names come in that order; an item that only the target has stays in
 * front of the first of them that followed it in the target. New items therefore come first, as
 * upstream has it. */
#include <stdlib.h>

#include "api/patch/strategic.h"

struct item {
    yyjson_mut_val *value;
    size_t position; /* in the target before the patch, SIZE_MAX when new */
    bool named;      /* by the order list */
};

struct items {
    struct item *list;
    size_t count;
    size_t capacity;
};

static void items_add(struct items *items, yyjson_mut_val *value, size_t position)
{
    if (items->count == items->capacity) {
        items->capacity = items->capacity == 0 ? 16 : 2 * items->capacity;
        struct item *grown = realloc(items->list, items->capacity * sizeof(*grown));
        if (grown == NULL)
            abort();
        items->list = grown;
    }
    items->list[items->count++] = (struct item){ .value = value, .position = position };
}

static int too_much_work(struct patch_document *document)
{
    return error_set(document->err, ERROR_TOO_LARGE, "Request entity too large: the lists to be merged are too long");
}

static bool same_scalar(yyjson_mut_val *a, yyjson_val *b)
{
    if (yyjson_mut_get_type(a) != yyjson_get_type(b))
        return false;
    if (yyjson_mut_is_bool(a))
        return yyjson_mut_get_bool(a) == yyjson_get_bool(b);
    if (yyjson_mut_is_raw(a))
        return str_equal((struct str){ yyjson_mut_get_raw(a), yyjson_mut_get_len(a) },
                         (struct str){ yyjson_get_raw(b), yyjson_get_len(b) });
    return yyjson_mut_is_str(a) && str_equal(json_mut_str(a), json_str(b));
}

/* Whether an item of the target and one of the patch (or of the order list) are the same one. */
static bool same_item(yyjson_mut_val *target, yyjson_val *patch, const char *merge_key)
{
    if (merge_key == NULL)
        return same_scalar(target, patch);
    yyjson_mut_val *left = yyjson_mut_obj_get(target, merge_key);
    yyjson_val *right = yyjson_obj_get(patch, merge_key);
    return left != NULL && right != NULL && same_scalar(left, right);
}

static struct item *items_find(struct patch_document *document, struct items *items, yyjson_val *patch,
                               const char *merge_key)
{
    for (size_t i = 0; i < items->count; i++)
        if (document->work++ < PATCH_WORK_MAX && same_item(items->list[i].value, patch, merge_key))
            return &items->list[i];
    return NULL;
}

static int no_merge_key(struct patch_document *document, yyjson_val *item, const char *merge_key)
{
    autofree char *text = yyjson_val_write(item, YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL);

    return error_set(document->err, ERROR_INVALID, "map: %s does not contain declared merge key: %s",
                     text_or_empty(text), merge_key);
}

static void items_delete(struct patch_document *document, struct items *items, yyjson_val *patch, const char *merge_key)
{
    size_t kept = 0;

    for (size_t i = 0; i < items->count; i++) {
        document->work++;
        if (!same_item(items->list[i].value, patch, merge_key))
            items->list[kept++] = items->list[i];
    }
    items->count = kept;
}

static bool has_replace(yyjson_val *patch)
{
    yyjson_val *item;
    size_t i, count;

    yyjson_arr_foreach(patch, i, count, item)
    {
        if (yyjson_equals_str(yyjson_obj_get(item, "$patch"), "replace"))
            return true;
    }
    return false;
}

/* First what is deleted, then what is merged or added. */
static int apply_items(struct patch_document *document, struct items *items, yyjson_val *patch,
                       const struct patch_schema *schema, const char *merge_key)
{
    struct patch_schema item_schema = { .type = schema->type };
    yyjson_val *item;
    size_t i, count;

    yyjson_arr_foreach(patch, i, count, item)
    {
        if (merge_key != NULL && yyjson_obj_get(item, merge_key) == NULL)
            return no_merge_key(document, item, merge_key);
        yyjson_val *directive = yyjson_obj_get(item, "$patch");
        if (yyjson_equals_str(directive, "delete"))
            items_delete(document, items, item, merge_key);
        else if (directive != NULL && !yyjson_equals_str(directive, "merge"))
            return error_set(document->err, ERROR_BAD_REQUEST, "unknown patch type: " STR_FMT,
                             STR_ARG(json_str(directive)));
    }
    yyjson_arr_foreach(patch, i, count, item)
    {
        if (yyjson_equals_str(yyjson_obj_get(item, "$patch"), "delete"))
            continue;
        struct item *found = items_find(document, items, item, merge_key);
        if (document->work >= PATCH_WORK_MAX)
            return too_much_work(document);
        if (found == NULL) {
            items_add(items, patch_take_over(document, item), SIZE_MAX);
        } else if (merge_key != NULL) {
            int rc = patch_merge_map(document, found->value, item, &item_schema);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* Every item of the patch must stand in the order list, in the same order. */
static int check_order(struct patch_document *document, yyjson_val *patch, yyjson_val *order, const char *merge_key)
{
    yyjson_val *item;
    size_t i, count, at = 0, length = yyjson_arr_size(order);

    if (patch == NULL)
        return 0;
    yyjson_arr_foreach(patch, i, count, item)
    {
        yyjson_val *wanted = merge_key == NULL ? item : yyjson_obj_get(item, merge_key);
        if (yyjson_obj_get(item, "$patch") != NULL)
            continue;
        bool found = false;
        for (; at < length && !found; at++) {
            yyjson_val *named = yyjson_arr_get(order, at);
            found = yyjson_equals(merge_key == NULL ? named : yyjson_obj_get(named, merge_key), wanted);
            if (++document->work >= PATCH_WORK_MAX)
                return too_much_work(document);
        }
        if (!found)
            return error_set(document->err, ERROR_BAD_REQUEST,
                             "invalid patch format of setElementOrder list: the order in patch list doesn't match it");
    }
    return 0;
}

/* Splits off the items that the order list names, in its order. */
static int take_named(struct patch_document *document, struct items *items, yyjson_val *order, const char *merge_key,
                      struct items *named)
{
    yyjson_val *wanted;
    size_t i, count;

    yyjson_arr_foreach(order, i, count, wanted)
    {
        struct item *found = items_find(document, items, wanted, merge_key);
        if (document->work >= PATCH_WORK_MAX)
            return too_much_work(document);
        if (found == NULL || found->named)
            continue;
        found->named = true;
        items_add(named, found->value, found->position);
    }
    return 0;
}

static void write_in_order(const struct items *items, const struct items *named, yyjson_mut_val *target)
{
    size_t left = 0, right = 0;

    yyjson_mut_arr_clear(target);
    for (;;) {
        while (left < items->count && items->list[left].named)
            left++;
        bool has_left = left < items->count;
        bool has_right = right < named->count;
        if (!has_left && !has_right)
            return;
        /* Only what both sides had before can be compared. */
        bool take_left = has_left && (!has_right || (named->list[right].position != SIZE_MAX &&
                                                     items->list[left].position < named->list[right].position));
        yyjson_mut_arr_append(target, take_left ? items->list[left++].value : named->list[right++].value);
    }
}

static int replace_list(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch)
{
    yyjson_val *item;
    size_t i, count;

    yyjson_mut_arr_clear(target);
    yyjson_arr_foreach(patch, i, count, item)
    {
        if (yyjson_obj_get(item, "$patch") == NULL)
            yyjson_mut_arr_append(target, patch_take_over(document, item));
    }
    return 0;
}

int patch_merge_list(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch, yyjson_val *order,
                     const struct patch_schema *schema)
{
    const char *merge_key = schema->field == NULL ? NULL : api_field_facts(schema->field)->patch_key;
    struct items items = { 0 }, named = { 0 };
    yyjson_mut_val *value;
    size_t i, count;
    int rc = 0;

    if (patch != NULL && has_replace(patch))
        return replace_list(document, target, patch);
    if (schema->type != NULL && merge_key == NULL)
        return patch_document_refuse(document);
    if (order != NULL)
        rc = check_order(document, patch, order, merge_key);
    yyjson_mut_arr_foreach(target, i, count, value)
    {
        items_add(&items, value, i);
    }
    if (rc == 0 && patch != NULL)
        rc = apply_items(document, &items, patch, schema, merge_key);
    if (rc == 0)
        rc = take_named(document, &items, order != NULL ? order : patch, merge_key, &named);
    if (rc == 0)
        write_in_order(&items, &named, target);
    free(items.list);
    free(named.list);
    return rc;
}

int patch_delete_scalars(struct patch_document *document, yyjson_mut_val *target, yyjson_val *scalars)
{
    yyjson_mut_arr_iter iter = yyjson_mut_arr_iter_with(target);
    yyjson_mut_val *value;

    while ((value = yyjson_mut_arr_iter_next(&iter)) != NULL) {
        yyjson_val *scalar;
        size_t i, count;
        bool found = false;
        yyjson_arr_foreach(scalars, i, count, scalar)
        {
            if (++document->work >= PATCH_WORK_MAX)
                return too_much_work(document);
            found = found || same_scalar(value, scalar);
        }
        if (found)
            yyjson_mut_arr_iter_remove(&iter);
    }
    return 0;
}

yyjson_val *patch_element_order(yyjson_val *patch, struct str key)
{
    char name[256];
    struct str prefix = STR("$setElementOrder/");

    if (prefix.size + key.size > sizeof(name))
        return NULL;
    memcpy(name, prefix.data, prefix.size);
    memcpy(name + prefix.size, key.data, key.size);
    yyjson_val *order = yyjson_obj_getn(patch, name, prefix.size + key.size);
    return yyjson_is_arr(order) ? order : NULL;
}
