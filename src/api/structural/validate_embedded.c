/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate_embedded.c - embedded resources are resources: apiVersion, kind and metadata are in order. */
#include <ctype.h>
#include <stdio.h>

#include "api/structural/validate.h"
#include "api/validation/rules.h"
#include "codec/json.h"
#include "generated/types.h"

static yyjson_val *text_member(yyjson_val *value, const char *name, const struct field_at *at,
                               struct api_invalid *errors)
{
    struct check check = { .errors = errors };
    yyjson_val *text = yyjson_obj_get(value, name);
    if (text == NULL)
        invalid_missing(errors, at_field(at, name));
    else if (!yyjson_is_str(text))
        check_fail(&check, at_field(at, name), text, "must be a string");
    else if (yyjson_get_len(text) == 0)
        check_fail(&check, at_field(at, name), text, "must not be empty");
    else
        return text;
    return NULL;
}

static void check_api_version(yyjson_val *value, const struct field_at *at, struct api_invalid *errors)
{
    yyjson_val *text = text_member(value, "apiVersion", at, errors);
    if (text == NULL)
        return;
    size_t slashes = 0;
    for (const char *c = yyjson_get_str(text); *c != '\0'; c++)
        slashes += *c == '/';
    if (slashes > 1)
        invalid_string(errors, at_field(at, "apiVersion"), yyjson_get_str(text), "unexpected GroupVersion string: %s",
                       yyjson_get_str(text));
}

static void check_kind(yyjson_val *value, const struct field_at *at, struct api_invalid *errors)
{
    char lower[256], why[1024];
    struct format_errors found = { .count = 0 };
    yyjson_val *text = text_member(value, "kind", at, errors);
    if (text == NULL)
        return;
    size_t size = yyjson_get_len(text) < sizeof(lower) ? yyjson_get_len(text) : sizeof(lower) - 1;
    for (size_t i = 0; i < size; i++)
        lower[i] = (char)tolower((unsigned char)yyjson_get_str(text)[i]);
    lower[size] = '\0';
    format_dns1035_label((struct str){ lower, size }, &found);
    if (found.count == 0)
        return;
    size_t used = 0;
    for (size_t i = 0; i < found.count && used < sizeof(why); i++)
        used += (size_t)snprintf(why + used, sizeof(why) - used, "%s%s", i > 0 ? "," : "", found.texts[i]);
    invalid_string(errors, at_field(at, "kind"), yyjson_get_str(text),
                   "may have mixed case, but should otherwise match: %s", why);
}

static void check_metadata(yyjson_val *metadata, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena scratch = { 0 };
    auto_buffer struct buffer json = { 0 };
    struct api_object_meta meta;
    struct error problem = { 0 };
    struct check check = { .errors = errors };

    json_append_value(&json, metadata);
    if (api_decode_json(&api_type_object_meta, buffer_str(&json), &scratch, &meta, NULL, &problem) < 0) {
        check_fail(&check, at, metadata, "%s", problem.message);
        return;
    }
    if (text_empty(meta.name))
        meta.name = "fakename"; /* an embedded resource needs none */
    validate_metadata(&meta, !text_empty(meta.namespace), format_path_segment, at, errors);
}

void structural_validate_embedded(const struct structural_node *node, yyjson_val *value, const struct field_at *at,
                                  struct api_invalid *errors)
{
    if (node == NULL || !node->embeds_below)
        return;
    if (yyjson_is_arr(value)) {
        size_t index = 0;
        yyjson_arr_iter items = yyjson_arr_iter_with(value);
        for (yyjson_val *item; node->items != NULL && (item = yyjson_arr_iter_next(&items)) != NULL; index++)
            structural_validate_embedded(node->items, item, at_index(at, index), errors);
        return;
    }
    if (!yyjson_is_obj(value))
        return;
    if (node->embedded) {
        check_api_version(value, at, errors);
        check_kind(value, at, errors);
        yyjson_val *metadata = yyjson_obj_get(value, "metadata");
        if (metadata != NULL)
            check_metadata(metadata, at_field(at, "metadata"), errors);
    }
    yyjson_obj_iter members = yyjson_obj_iter_with(value);
    for (yyjson_val *key; (key = yyjson_obj_iter_next(&members)) != NULL;) {
        struct str name = { yyjson_get_str(key), yyjson_get_len(key) };
        const struct structural_node *property = structural_property_find(node, name);
        structural_validate_embedded(property != NULL ? property : node->additional_node, yyjson_obj_iter_get_val(key),
                                     property != NULL ? at_field(at, name.data) : at_key(at, name.data), errors);
    }
}
