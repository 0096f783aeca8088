/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema_defaults.c - defaults are what their schema asks for, and have nothing that it does not know. */
#include <string.h>

#include "api/structural/checks.h"
#include "api/validation/apiextensions/definition.h"
#include "codec/json.h"

/* Whether pruning leaves the value as it is. */
static bool is_pruned(const struct structural_node *node, yyjson_val *value)
{
    auto_buffer struct buffer before = { 0 }, after = { 0 };
    return structural_write_canonical(value, &before, NULL) == 0 &&
           structural_write_pruned(node, value, &after, NULL) == 0 &&
           str_equal(buffer_str(&before), buffer_str(&after));
}

static void check_value(const struct structural_node *node, yyjson_val *value, struct str json, bool pruned,
                        bool in_meta, const struct field_at *at, struct api_invalid *errors)
{
    size_t before = errors->total;
    if (!in_meta) {
        if (pruned && !is_pruned(node, value)) {
            auto_buffer struct buffer shown = { 0 };
            buffer_append_str(&shown, json);
            invalid_raw(errors, at, shown.data, "must not have unknown fields");
        }
        structural_validate_embedded(node, value, at, errors);
    }
    if (errors->total == before || in_meta)
        structural_validate(node, value, NULL, at, errors);
}

static void check_place(const schema_props *schema, const struct structural_node *node, bool pruned, bool in_meta,
                        const struct field_at *at, struct api_invalid *errors)
{
    if (node->embedded)
        in_meta = false;
    if (schema->default_.data != NULL && !str_is(schema->default_, "null")) {
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
        if (json_read(schema->default_, API_DEPTH_MAX, &doc, NULL) == 0)
            check_value(node, yyjson_doc_get_root(doc), schema->default_, pruned, in_meta, at_field(at, "default"),
                        errors);
    }
    if (node->additional_node != NULL)
        check_place(schema->additional_properties->schema, node->additional_node, pruned, in_meta,
                    at_field(at, "additionalProperties"), errors);
    if (node->items != NULL)
        check_place(schema->items->schema, node->items, pruned, in_meta, at_field(at, "items"), errors);
    for (uint32_t i = 0; i < node->n_properties; i++) {
        const char *name = schema->properties[i].key;
        bool meta = node->embedded &&
                    (text_equal(name, "metadata") || text_equal(name, "kind") || text_equal(name, "apiVersion"));
        check_place(&schema->properties[i].value, node->properties[i].node, pruned, in_meta || meta,
                    at_key(at_field(at, "properties"), name), errors);
    }
}

void validate_schema_defaults(const schema_props *schema, const struct structural_node *node, bool pruned,
                              const struct field_at *at, struct api_invalid *errors)
{
    if (node->fills)
        check_place(schema, node, pruned, false, at, errors);
}

bool schema_has_unpruned_defaults(const schema_props *schema)
{
    struct structural *compiled = NULL;
    auto_invalid struct api_invalid errors = { 0 };
    if (!schema_has_defaults(schema) || !schema_is_structural(schema) || structural_create(schema, &compiled, NULL) < 0)
        return false;
    validate_schema_defaults(schema, structural_root(compiled), true, NULL, &errors);
    bool unpruned = false;
    for (size_t i = 0; i < errors.count; i++)
        unpruned = unpruned || strstr(errors.errors[i].message, "must not have unknown fields") != NULL;
    structural_unref(compiled);
    return unpruned;
}
