/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document.h - a document being patched and the patch beside it. Only for the patch folder's own files. */
#ifndef API_PATCH_DOCUMENT_H
#define API_PATCH_DOCUMENT_H

#include <yyjson.h>

#include "api/patch/patch.h"

struct patch_document {
    yyjson_mut_doc *target; /* the root is replaced freely */
    yyjson_doc *patch;      /* only read; what is taken over is copied */
    size_t work;            /* comparisons made */
    size_t copied;          /* bytes that "copy" has made */
    struct error *err;
};

int patch_document_open(struct str document, struct str patch, struct patch_document *ret_document,
                        struct error *err) must_check;

/* Writes the target and frees everything; 'rc' < 0 only frees and is returned. */
int patch_document_finish(struct patch_document *document, int rc, struct buffer *out);

/* A key of the target's objects that lives as long as the target. */
yyjson_mut_val *patch_document_key(struct patch_document *document, struct str key);

/* What upstream answers, without details, when a patch does not apply. */
int patch_document_refuse(struct patch_document *document);

/* The text of a string; anything else has none. */
static inline struct str json_str(yyjson_val *value)
{
    if (!yyjson_is_str(value))
        return (struct str){ 0 };
    return (struct str){ yyjson_get_str(value), yyjson_get_len(value) };
}

static inline struct str json_mut_str(yyjson_mut_val *value)
{
    if (!yyjson_mut_is_str(value))
        return (struct str){ 0 };
    return (struct str){ yyjson_mut_get_str(value), yyjson_mut_get_len(value) };
}

#endif
