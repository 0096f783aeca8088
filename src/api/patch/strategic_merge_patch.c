/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* strategic_merge_patch.c - Merge Patch that knows the types: kubectl's way to change what it applied.
 *
 * Objects merge member by member. A list whose field says patchStrategy=merge merges item by item, matched
 * by the patch merge key (or by value, when items are scalars); any other list is replaced. Directives are members of
 * the patch:
 *   $patch: replace | delete | merge      of the object it stands in, or (in a list item) of list or item
 *   $retainKeys: [a, b]                   members of the object that stay
 *   $setElementOrder/x: [...]             order of list x: keys of items, or scalars
 *   $deleteFromPrimitiveList/x: [...]     scalars to take out of list x
 * strategic_list.c does the lists. */
#include "api/field_path.h"
#include "api/patch/strategic.h"

static struct patch_schema schema_of(const struct patch_schema *parent, struct str key)
{
    struct patch_schema schema = { 0 };

    if (parent->type == NULL)
        return schema;
    if (parent->is_map)
        return (struct patch_schema){ .type = parent->type };
    const struct api_field *field = api_field_find(parent->type, key, NULL);
    if (field == NULL)
        return schema;
    schema.field = field;
    schema.type = field->value == API_MESSAGE ? field->type : NULL;
    schema.is_map = field->shape == API_MAP;
    return schema;
}

static bool is_directive(struct str key)
{
    return str_is(key, "$patch") || str_is(key, "$retainKeys") || str_starts(key, STR("$setElementOrder/")) ||
           str_starts(key, STR("$deleteFromPrimitiveList/"));
}

yyjson_mut_val *patch_take_over(struct patch_document *document, yyjson_val *value)
{
    yyjson_val *key, *item;
    size_t i, count;

    if (yyjson_is_arr(value)) {
        yyjson_mut_val *list = yyjson_mut_arr(document->target);
        yyjson_arr_foreach(value, i, count, item)
        {
            yyjson_val *directive = yyjson_obj_get(item, "$patch");
            /* What is to be deleted or marks the list as a replacement is no item. */
            if (directive == NULL || yyjson_equals_str(directive, "merge"))
                yyjson_mut_arr_append(list, patch_take_over(document, item));
        }
        return list;
    }
    if (!yyjson_is_obj(value))
        return yyjson_val_mut_copy(document->target, value);

    yyjson_mut_val *map = yyjson_mut_obj(document->target);
    if (yyjson_equals_str(yyjson_obj_get(value, "$patch"), "delete"))
        return map;
    yyjson_obj_foreach(value, i, count, key, item)
    {
        if (yyjson_is_null(item) || is_directive(json_str(key)))
            continue;
        yyjson_mut_obj_put(map, patch_document_key(document, json_str(key)), patch_take_over(document, item));
    }
    return map;
}

static bool list_has(yyjson_val *list, struct str text)
{
    yyjson_val *item;
    size_t i, count;

    yyjson_arr_foreach(list, i, count, item)
    {
        if (yyjson_is_str(item) && str_equal(json_str(item), text))
            return true;
    }
    return false;
}

/* Members that are not to be retained go; a patch that sets one of those contradicts itself. */
static int retain_keys(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch)
{
    yyjson_val *retained = yyjson_obj_get(patch, "$retainKeys");
    yyjson_val *key, *value;
    size_t i, count;

    if (retained == NULL)
        return 0;
    if (!yyjson_is_arr(retained))
        goto bad;
    yyjson_obj_foreach(patch, i, count, key, value)
    {
        if (!is_directive(json_str(key)) && !yyjson_is_null(value) && !list_has(retained, json_str(key)))
            goto bad;
    }

    yyjson_mut_obj_iter iter = yyjson_mut_obj_iter_with(target);
    yyjson_mut_val *own;
    while ((own = yyjson_mut_obj_iter_next(&iter)) != NULL)
        if (!list_has(retained, json_mut_str(own)))
            yyjson_mut_obj_iter_remove(&iter);
    return 0;

bad:
    return error_set(document->err, ERROR_BAD_REQUEST, "invalid patch format of retainKeys");
}

static int merge_member(struct patch_document *document, yyjson_mut_val *target, const struct patch_schema *parent,
                        struct str key, yyjson_val *patch, yyjson_val *patch_map)
{
    yyjson_mut_val *old = yyjson_mut_obj_getn(target, key.data, key.size);
    struct patch_schema schema = schema_of(parent, key);
    unsigned flags = schema.field == NULL ? 0 : schema.field->flags;

    if (yyjson_is_null(patch)) {
        yyjson_mut_obj_remove_keyn(target, key.data, key.size);
        return 0;
    }
    if (yyjson_is_obj(patch) && yyjson_mut_is_obj(old) && !(flags & API_PATCH_REPLACE))
        return patch_merge_map(document, old, patch, &schema);
    if (yyjson_is_arr(patch) && yyjson_mut_is_arr(old) && flags & API_PATCH_MERGE)
        return patch_merge_list(document, old, patch, patch_element_order(patch_map, key), &schema);
    yyjson_mut_obj_put(target, patch_document_key(document, key), patch_take_over(document, patch));
    return 0;
}

/* "$setElementOrder/x" without x only sorts; "$deleteFromPrimitiveList/x" only removes. */
static int apply_directive(struct patch_document *document, yyjson_mut_val *target, const struct patch_schema *parent,
                           struct str key, yyjson_val *patch, yyjson_val *patch_map)
{
    struct str name = str_skip(key, str_find(key, '/') + 1);
    yyjson_mut_val *list = yyjson_mut_obj_getn(target, name.data, name.size);

    if (!yyjson_is_arr(patch))
        return error_set(document->err, ERROR_BAD_REQUEST,
                         "The patch format is not supported: " STR_FMT " must be a list", STR_ARG(key));
    if (!yyjson_mut_is_arr(list))
        return 0;
    if (str_starts(key, STR("$deleteFromPrimitiveList/")))
        return patch_delete_scalars(document, list, patch);
    if (yyjson_obj_getn(patch_map, name.data, name.size) != NULL)
        return 0;
    struct patch_schema schema = schema_of(parent, name);
    return patch_merge_list(document, list, NULL, patch, &schema);
}

int patch_merge_map(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch,
                    const struct patch_schema *schema)
{
    yyjson_val *directive = yyjson_obj_get(patch, "$patch");
    yyjson_val *key, *value;
    size_t i, count;

    if (directive != NULL && !yyjson_equals_str(directive, "merge")) {
        bool replace = yyjson_equals_str(directive, "replace");
        if (!replace && !yyjson_equals_str(directive, "delete"))
            return error_set(document->err, ERROR_BAD_REQUEST, "unknown patch type: " STR_FMT,
                             STR_ARG(json_str(directive)));
        yyjson_mut_obj_clear(target);
        yyjson_obj_foreach(patch, i, count, key, value)
        {
            if (replace && !is_directive(json_str(key)) && !yyjson_is_null(value))
                yyjson_mut_obj_put(target, patch_document_key(document, json_str(key)),
                                   patch_take_over(document, value));
        }
        return 0;
    }

    int rc = retain_keys(document, target, patch);
    /* Removals come before merges, whatever the order of the members. */
    for (int round = 0; rc == 0 && round < 2; round++) {
        yyjson_obj_foreach(patch, i, count, key, value)
        {
            struct str name = json_str(key);
            bool list_directive = is_directive(name) && str_find(name, '/') < name.size;
            if (rc == 0 && list_directive && str_starts(name, STR("$delete")) == (round == 0))
                rc = apply_directive(document, target, schema, name, value, patch);
            else if (rc == 0 && round == 1 && !is_directive(name))
                rc = merge_member(document, target, schema, name, value, patch);
        }
    }
    return rc;
}

int patch_strategic(const struct api_type *type, struct str document, struct str patch, struct buffer *out,
                    struct error *err)
{
    struct patch_document both;
    struct patch_schema schema = { .type = type };
    int rc = patch_document_open(document, patch, &both, err);

    if (rc < 0)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(both.patch);
    yyjson_mut_val *target = yyjson_mut_doc_get_root(both.target);
    if (!yyjson_is_obj(root))
        rc =
            error_set(err, ERROR_BAD_REQUEST, "json: cannot unmarshal %s into Go value of type map[string]interface {}",
                      yyjson_is_arr(root)   ? "array"
                      : yyjson_is_raw(root) ? "number"
                                            : yyjson_get_type_desc(root));
    else if (!yyjson_mut_is_obj(target))
        rc = error_set(err, ERROR_SYNTAX, "invalid JSON document");
    else
        rc = patch_merge_map(&both, target, root, &schema);
    return patch_document_finish(&both, rc, out);
}
