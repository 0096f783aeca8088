/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* document_check.c - whether a custom object is what its schema, its rules and its scale ask for, in upstream's order. */
#include "api/custom/json_path.h"
#include "apiserver/custom/document.h"
#include "apiserver/rules/rules.h"

static const char *sort_of(yyjson_val *value)
{
    return yyjson_is_str(value)    ? "string"
           : yyjson_is_obj(value)  ? "map[string]interface {}"
           : yyjson_is_arr(value)  ? "[]interface {}"
           : yyjson_is_bool(value) ? "bool"
           : yyjson_is_null(value) ? "<nil>"
                                   : "float64";
}

static void refuse_sort(yyjson_val *value, const char *path, const char *wanted, const char *shown,
                        struct api_invalid *errors)
{
    auto_buffer struct buffer json = { 0 };
    if (yyjson_is_str(value))
        buffer_append(&json, yyjson_get_str(value), yyjson_get_len(value));
    else
        json_append_value(&json, value);
    invalid_raw(errors, at_field(NULL, path), shown, "%s accessor error: %.*s is of the type %s, expected %s", path,
                256, text_or_empty(json.data), sort_of(value), wanted);
}

static void check_replicas(const struct json_path *path, const char *text, yyjson_val *root, struct api_invalid *errors)
{
    yyjson_val *value = path != NULL ? json_path_find(path, root) : NULL;
    int64_t number = 0;
    if (value == NULL)
        return;
    if (!yyjson_is_raw(value) || !str_to_int64((struct str){ yyjson_get_raw(value), yyjson_get_len(value) }, &number))
        refuse_sort(value, text, "int64", "0", errors);
    else if (number < 0)
        invalid_number(errors, at_field(NULL, text), number, "should be a non-negative integer");
    else if (number > INT32_MAX)
        invalid_number(errors, at_field(NULL, text), number, "should be less than or equal to %d", INT32_MAX);
}

static void check_scale(const struct custom_version *version, bool spec, yyjson_val *root, struct api_invalid *errors)
{
    if (version->scale == NULL)
        return;
    const struct api_apiextensions_custom_resource_subresource_scale *texts = version->version->subresources->scale;
    if (spec)
        check_replicas(version->scale->spec_replicas, texts->spec_replicas_path, root, errors);
    check_replicas(version->scale->status_replicas, texts->status_replicas_path, root, errors);
    yyjson_val *selector = version->scale->selector != NULL ? json_path_find(version->scale->selector, root) : NULL;
    if (selector != NULL && !yyjson_is_str(selector))
        refuse_sort(selector, texts->label_selector_path, "string", "\"\"", errors);
}

/* Lists that had something twice may go on having it. */
static void check_lists(const struct structural_node *root, yyjson_val *value, yyjson_val *old,
                        struct api_invalid *errors)
{
    auto_invalid struct api_invalid before = { 0 };
    if (old != NULL)
        structural_validate_lists(root, old, NULL, &before);
    if (before.total == 0)
        structural_validate_lists(root, value, NULL, errors);
}

static void check_status(const struct structural_node *root, yyjson_val *value, yyjson_val *old,
                         struct api_invalid *errors)
{
    const struct structural_node *status = structural_property_find(root, STR("status"));
    yyjson_val *part = yyjson_obj_get(value, "status");
    if (status != NULL && part != NULL)
        structural_validate(status, part, yyjson_obj_get(old, "status"), at_field(NULL, "status"), errors);
}

void custom_document_validate(const struct custom_version *version, const struct api_custom_object *old,
                              const struct api_custom_object *object, bool status, struct api_invalid *errors)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL, *old_doc = NULL;
    if ((version->schema == NULL && version->scale == NULL) || custom_document_parse(version, object, &doc) < 0 ||
        (old != NULL && custom_document_parse(version, old, &old_doc) < 0))
        return;
    const struct structural_node *root = structural_root(version->schema);
    yyjson_val *value = yyjson_doc_get_root(doc), *before = yyjson_doc_get_root(old_doc);
    if (status && root != NULL)
        check_status(root, value, before, errors);
    else
        structural_validate(root, value, before, NULL, errors);
    check_scale(version, !status, value, errors);
    structural_validate_embedded(root, value, NULL, errors);
    check_lists(root, value, before, errors);
    rule_set_validate(version->rules, value, before, errors);
}
