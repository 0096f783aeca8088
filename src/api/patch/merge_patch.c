/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* merge_patch.c - JSON Merge Patch, RFC 7386: objects merge, null removes, all else replaces. */
#include "api/patch/document.h"

static yyjson_mut_val *merge(struct patch_document *document, yyjson_mut_val *target, yyjson_val *patch)
{
    yyjson_val *key, *value;
    size_t i, count;

    if (!yyjson_is_obj(patch))
        return yyjson_val_mut_copy(document->target, patch);
    if (!yyjson_mut_is_obj(target))
        target = yyjson_mut_obj(document->target);
    yyjson_obj_foreach(patch, i, count, key, value)
    {
        struct str name = json_str(key);
        if (yyjson_is_null(value)) {
            yyjson_mut_obj_remove_keyn(target, name.data, name.size);
            continue;
        }
        yyjson_mut_val *merged = merge(document, yyjson_mut_obj_getn(target, name.data, name.size), value);
        yyjson_mut_obj_put(target, patch_document_key(document, name), merged);
    }
    return target;
}

int patch_merge(struct str document, struct str patch, struct buffer *out, struct error *err)
{
    struct patch_document both;
    int rc = patch_document_open(document, patch, &both, err);

    if (rc < 0)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(both.patch);
    if (yyjson_is_obj(root))
        yyjson_mut_doc_set_root(both.target, merge(&both, yyjson_mut_doc_get_root(both.target), root));
    else
        rc = error_set(err, ERROR_BAD_REQUEST, "Invalid JSON Patch");
    return patch_document_finish(&both, rc, out);
}
