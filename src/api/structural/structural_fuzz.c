/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* structural_fuzz.c - a schema, a newline, a document: coercing twice is coercing once, and checks say the same of both. */
#include <stdlib.h>

#include "api/structural/structural.h"
#include "codec/json.h"
#include "generated/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct structural *make_schema(struct str text, struct arena *arena)
{
    struct api_apiextensions_json_schema_props props;
    struct structural *schema = NULL;
    if (api_decode_json(&api_type_apiextensions_json_schema_props, text, arena, &props, NULL, NULL) < 0)
        return NULL;
    return structural_create(&props, &schema, NULL) < 0 ? NULL : schema;
}

static void validate(const struct structural *schema, yyjson_val *root, struct buffer *text)
{
    auto_invalid struct api_invalid errors = { 0 };
    const struct structural_node *node = structural_root(schema);
    structural_validate(node, root, NULL, NULL, &errors);
    structural_validate(node, root, root, NULL, &errors);
    structural_validate_embedded(node, root, NULL, &errors);
    structural_validate_lists(node, root, NULL, &errors);
    api_invalid_format(&errors, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    struct str all = { (const char *)data, size };
    size_t end = str_find(all, '\n');
    auto_arena struct arena arena = { 0 };
    auto_with(structural_unref_cleanup) const struct structural *schema =
        make_schema((struct str){ all.data, end }, &arena);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL, *once = NULL;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *unicode = yyjson_read(all.data, size, YYJSON_READ_STOP_WHEN_DONE);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *unicode_too =
        end < size ? yyjson_read(all.data + end, size - end, 0) : NULL;
    if (unicode == NULL || unicode_too == NULL)
        return 0; /* what is no UTF-8 is replaced, and then something else */
    if (schema == NULL || json_read(str_skip(all, end), 200, &doc, NULL) < 0)
        return 0;
    auto_buffer struct buffer first = { .max = 1 << 20 }, second = { .max = 1 << 20 }, errors = { 0 }, same = { 0 };
    struct api_strict_errors strict = { 0 };
    if (structural_coerce(schema, yyjson_doc_get_root(doc), 0, &arena, &strict, &first, NULL, NULL) < 0)
        return 0;
    if (json_read(buffer_str(&first), 1000, &once, NULL) < 0)
        abort();
    strict = (struct api_strict_errors){ 0 };
    if (structural_coerce(schema, yyjson_doc_get_root(once), 0, &arena, &strict, &second, NULL, NULL) < 0 ||
        strict.count > 0 || !str_equal(buffer_str(&first), buffer_str(&second)))
        abort();
    validate(schema, yyjson_doc_get_root(once), &errors);
    validate(schema, yyjson_doc_get_root(once), &same);
    if (!str_equal(buffer_str(&errors), buffer_str(&same)))
        abort();
    return 0;
}
