/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document.c - reading the two documents, writing the result. */
#include "api/patch/document.h"

#include "api/codec.h"
#include "codec/json.h"

int patch_document_open(struct str document, struct str patch, struct patch_document *ret_document, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *patch_doc = NULL;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *target_doc = NULL;

    int rc = json_read(patch, API_DEPTH_MAX, &patch_doc, err);
    if (rc < 0) {
        if (err != NULL)
            err->code = -ERROR_BAD_REQUEST;
        return -ERROR_BAD_REQUEST;
    }
    rc = json_read(document, API_DEPTH_MAX, &target_doc, err);
    if (rc < 0)
        return rc;
    yyjson_mut_doc *target = yyjson_doc_mut_copy(target_doc, NULL);
    if (target == NULL)
        return error_set(err, ERROR_LIMIT, "out of memory while patching");
    *ret_document = (struct patch_document){ .target = target, .patch = take_pointer(&patch_doc), .err = err };
    return 0;
}

int patch_document_finish(struct patch_document *document, int rc, struct buffer *out)
{
    if (rc >= 0) {
        size_t size = 0;
        autofree char *text = yyjson_mut_write(document->target, YYJSON_WRITE_ALLOW_INVALID_UNICODE, &size);
        if (text != NULL)
            buffer_append(out, text, size);
        if (text == NULL || buffer_failed(out))
            rc = error_set(document->err, ERROR_TOO_LARGE, "Request entity too large: the patched object is too large");
    }
    yyjson_mut_doc_free(document->target);
    yyjson_doc_free(document->patch);
    return rc;
}

yyjson_mut_val *patch_document_key(struct patch_document *document, struct str key)
{
    return yyjson_mut_strncpy(document->target, key.data, key.size);
}

int patch_document_refuse(struct patch_document *document)
{
    return error_set(document->err, ERROR_INVALID, "the server rejected our request due to an error in our request");
}
