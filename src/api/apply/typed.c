/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Differences of decoded objects. */
#include <string.h>

#include "api/apply/apply.h"
#include "api/codec.h"
#include "codec/json.h"
#include "generated/types.h"

static yyjson_val *document_of(const struct api_type *type, const void *value, struct arena *arena)
{
    auto_buffer struct buffer json = { 0 };
    struct api_object_meta *bare = arena_alloc(arena, type->size);
    memcpy(bare, value, type->size);
    bare->managed_fields = NULL;
    bare->n_managed_fields = 0;
    api_encode_json(type, NULL, bare, &json);
    yyjson_doc *doc = NULL;
    if (json_read(buffer_str(&json), API_DEPTH_MAX, &doc, NULL) < 0)
        return NULL;
    arena_hold(arena, (void (*)(void *))yyjson_doc_free, doc);
    return yyjson_doc_get_root(doc);
}

void apply_compare_typed(const struct api_type *type, const void *old, const void *new, struct arena *arena,
                         struct apply_difference *ret_difference)
{
    struct apply_place root = apply_schema_of_type(type);
    apply_compare(&root, document_of(type, old, arena), document_of(type, new, arena), arena, ret_difference);
}
