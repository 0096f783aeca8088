/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* PATCH: the document of the moment, changed, and then an update like any other. */

#include "api/patch/patch.h"

#include <string.h>

#include "api/codec.h"
#include "apiserver/failure.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/patch_refusal.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

#define PATCHED_MAX ((size_t)16 << 20)

static int patch_document(struct request *request, const struct api_type *type, struct str document, struct buffer *out,
                          struct error *err)
{
    switch (request->patch_type) {
    case CLIENT_PATCH_JSON:
        return patch_json(document, request->body, out, err);
    case CLIENT_PATCH_MERGE:
        return patch_merge(document, request->body, out, err);
    case CLIENT_PATCH_STRATEGIC:
        return patch_strategic(type, document, request->body, out, err);
    case CLIENT_PATCH_APPLY:
        break;
    }
    return error_set(err, ERROR_UNSUPPORTED_MEDIA_TYPE,
                     "server-side apply (application/apply-patch+yaml) is not implemented");
}

static const char *json_type_name(yyjson_val *value)
{
    return yyjson_is_arr(value)    ? "array"
           : yyjson_is_obj(value)  ? "object"
           : yyjson_is_str(value)  ? "string"
           : yyjson_is_bool(value) ? "bool"
                                   : "number";
}

/* A JSON or merge patch that is no such thing is said so before anything of it is tried. 0: the patch itself is good. */
static int check_patch(struct request *request, struct error *err)
{
    static const char not_a[] = "error decoding patch: json: cannot unmarshal %s into Go value of type %s";
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    struct error problem = { 0 };
    if (json_read(request->body, API_DEPTH_MAX, &doc, &problem) < 0)
        return error_set(err, ERROR_BAD_REQUEST, "error decoding patch: %s", problem.message);
    yyjson_val *root = yyjson_doc_get_root(doc), *operation;
    if (yyjson_is_null(root))
        return 0;
    if (request->patch_type == CLIENT_PATCH_MERGE)
        return yyjson_is_obj(root)
                   ? 0
                   : error_set(err, ERROR_BAD_REQUEST, not_a, json_type_name(root), "map[string]interface {}");
    if (!yyjson_is_arr(root))
        return error_set(err, ERROR_BAD_REQUEST, not_a, json_type_name(root), "[]handlers.jsonPatchOp");
    size_t i, count;
    yyjson_arr_foreach(root, i, count, operation) if (!yyjson_is_obj(operation)) return error_set(
        err, ERROR_BAD_REQUEST, not_a, json_type_name(operation), "handlers.jsonPatchOp");
    return 0;
}

int request_patch(struct request *request, const struct api_kind *kind, struct str document, void **ret_value,
                  struct error *err)
{
    auto_buffer struct buffer json = { .max = PATCHED_MAX };
    int rc = patch_document(request, kind->type, document, &json, err);
    if (rc == -ERROR_BAD_REQUEST && request->patch_type != CLIENT_PATCH_STRATEGIC)
        (void)check_patch(request, err);
    if (rc < 0)
        return rc;
    if (buffer_failed(&json))
        return error_set(err, ERROR_TOO_LARGE, "the patched object is too large");
    /* What is decoded may borrow from the text. */
    struct str patched = arena_str(&request->arena, buffer_str(&json));
    rc = request_decode_json(request, kind, patched, ret_value, err);
    return rc == -ERROR_BAD_REQUEST ? patch_refusal(request, patched, err) : rc;
}

/* Does the patch certainly not look at who owns what? JSON Patch may move and test whole objects; directives may replace
 * them; and what is escaped may say anything. */
static bool passes_over_owners(const struct request *request)
{
    struct str body = request->body;
    return request->patch_type != CLIENT_PATCH_JSON && body.size > 0 && memchr(body.data, '\\', body.size) == NULL &&
           !str_contains(body, STR("managedFields")) && !str_contains(body, STR("\"$"));
}

/* Who owns what is half of many documents: it is not parsed, copied, written and decoded again where it stays as it is. False:
 * not done; refusals show the whole document. */
static bool patch_unmanaged(struct update *update, const struct object *current, void **ret_object)
{
    struct request *request = update->request;
    struct str document = { 0 };
    struct error refused;
    if (passes_over_owners(request))
        document = object_json_unmanaged(current, &request->arena);
    if (document.data == NULL ||
        request_patch(request, update->registry->resource->kind, document, ret_object, &refused) < 0)
        return false;
    const struct api_object_meta *before = object_meta(current);
    struct api_object_meta *meta = *ret_object;
    meta->managed_fields = before->managed_fields; /* lent: the update holds 'current' */
    meta->n_managed_fields = before->n_managed_fields;
    return true;
}

static int change_by_patch(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    if (patch_unmanaged(update, current, ret_object))
        return 0;
    return request_patch(update->request, update->registry->resource->kind, object_json(current), ret_object, err);
}

static int change_by_apply(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    void *object = NULL;
    int rc = ownership_apply(request, update->registry, current, NULL, &object, err);
    if (rc < 0)
        return rc;
    const struct api_object_meta *meta = object;
    if (text_empty(meta->name))
        return error_set(err, ERROR_BAD_REQUEST,
                         "the name of the object (%s based on URL) was undeterminable: name must be provided",
                         request->name);
    if (!text_equal(meta->name, request->name))
        return error_set(err, ERROR_BAD_REQUEST, "the name of the object (%s) does not match the name on the URL (%s)",
                         meta->name, request->name);
    *ret_object = object;
    return 0;
}

static void registry_apply(struct request *request)
{
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = strcmp(request->subresource, "status") == 0 ? UPDATE_STATUS : UPDATE_OBJECT;
    update->apply = true;
    update->create_missing = text_empty(request->subresource);
    update->change = change_by_apply;
    update_start(update);
}

bool request_patch_refused(struct request *request)
{
    struct error err = { 0 };
    bool apply = request->patch_type_known && request->patch_type == CLIENT_PATCH_APPLY;
    if (apply && text_empty(request->options.field_manager))
        error_set(&err, ERROR_INVALID, "fieldManager: Required value: is required for apply patch");
    else if (!apply && request->patch_type_known && request->options.force)
        error_set(&err, ERROR_INVALID, "force: Forbidden: may not be specified for non-apply patch");
    if (err.code == 0)
        return false;
    (void)failure_options(request, "PatchOptions", &err);
    request_fail(request, &err);
    return true;
}

void registry_patch(struct request *request)
{
    if (request_patch_refused(request))
        return;
    if (request->patch_type_known && request->patch_type == CLIENT_PATCH_APPLY) {
        registry_apply(request);
        return;
    }
    if (!request->patch_type_known || request->body.size == 0) {
        bool decoded = request->patch_type != CLIENT_PATCH_STRATEGIC;
        request_refuse(request, ERROR_BAD_REQUEST, "%sunexpected end of JSON input",
                       decoded ? "error decoding patch: " : "");
        return;
    }
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = strcmp(request->subresource, "status") == 0 ? UPDATE_STATUS : UPDATE_OBJECT;
    update->change = change_by_patch;
    update_start(update);
}
