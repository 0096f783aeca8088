/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema_lists.c - x-kubernetes-list-type, -list-map-keys and -map-type. */
#include <string.h>

#include "api/structural/structure.h"
#include "api/validation/apiextensions/definition.h"
#include "codec/json.h"

static const schema_props *items_of(const schema_props *schema)
{
    return schema->items != NULL ? schema->items->schema : NULL;
}

static const schema_props *find_property(const schema_props *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_properties; i++)
        if (strcmp(schema->properties[i].key, name) == 0)
            return &schema->properties[i].value;
    return NULL;
}

/* Items of a set must be of one piece. */
static bool is_granular_set(const schema_props *schema, void *context)
{
    (void)context;
    const schema_props *items = items_of(schema);
    if (!text_equal(schema->x_kubernetes_list_type, "set") || items == NULL)
        return false;
    if (text_equal(items->type, "array"))
        return items->x_kubernetes_list_type != NULL && !text_equal(items->x_kubernetes_list_type, "atomic");
    return text_equal(items->type, "object") && !text_equal(items->x_kubernetes_map_type, "atomic");
}

bool schema_has_granular_sets(const schema_props *schema)
{
    return structural_any(schema, is_granular_set, NULL);
}

static void check_key_property(const schema_props *items, const char *key, const struct field_at *at,
                               struct api_invalid *errors)
{
    const schema_props *property = find_property(items, key);
    const struct field_at *place = at_key(at_field(at_field(at, "items"), "properties"), key);
    bool required = false;
    if (property == NULL)
        return;
    for (size_t i = 0; i < items->n_required; i++)
        required = required || text_equal(items->required[i], key);
    if (!required && property->default_.data == NULL)
        invalid_required(errors, at_field(place, "default"),
                         "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required "
                         "property");
    if (property->nullable)
        invalid_forbidden(errors, at_field(place, "nullable"),
                          "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
}

/* Items and keys that could be absent. */
static void check_loose_keys(const schema_props *schema, const struct field_at *at, struct api_invalid *errors)
{
    const schema_props *items = items_of(schema);
    bool set = text_equal(schema->x_kubernetes_list_type, "set"),
         map = text_equal(schema->x_kubernetes_list_type, "map");
    if (items == NULL || (!set && !map))
        return;
    if (items->nullable)
        invalid_forbidden(errors, at_field(at_field(at, "items"), "nullable"),
                          "cannot be nullable when x-kubernetes-list-type is %s", schema->x_kubernetes_list_type);
    for (size_t i = 0; map && i < schema->n_x_kubernetes_list_map_keys; i++)
        check_key_property(items, schema->x_kubernetes_list_map_keys[i], at, errors);
}

static bool is_loose(const schema_props *schema, void *context)
{
    (void)context;
    auto_invalid struct api_invalid errors = { 0 };
    check_loose_keys(schema, NULL, &errors);
    return errors.total > 0;
}

bool schema_has_loose_keys(const schema_props *schema)
{
    return structural_any(schema, is_loose, NULL);
}

static void show_keys(const schema_props *schema, struct buffer *out)
{
    for (size_t i = 0; i < schema->n_x_kubernetes_list_map_keys; i++) {
        buffer_append_char(out, i > 0 ? ',' : '[');
        json_append_string(out, str_of(schema->x_kubernetes_list_map_keys[i]));
    }
    buffer_append_char(out, ']');
}

static void check_keys(const schema_props *schema, const schema_props *items, const struct field_at *at,
                       struct api_invalid *errors)
{
    const struct field_at *keys_at = at_field(at, "x-kubernetes-list-map-keys");
    auto_buffer struct buffer shown = { 0 };
    show_keys(schema, &shown);
    for (size_t i = 0; i < schema->n_x_kubernetes_list_map_keys; i++) {
        const char *key = schema->x_kubernetes_list_map_keys[i];
        const schema_props *property = find_property(items, key);
        bool repeated = false;
        for (size_t k = 0; k < i; k++)
            repeated = repeated || text_equal(key, schema->x_kubernetes_list_map_keys[k]);
        if (property == NULL)
            invalid_raw(errors, keys_at, shown.data, "entries must all be names of item properties");
        else if (text_equal(property->type, "array") || text_equal(property->type, "object"))
            invalid_string(errors, at_field(at_key(at_field(at_field(at, "items"), "properties"), key), "type"),
                           items->type, "must be a scalar type if parent array's x-kubernetes-list-type is map");
        if (repeated)
            invalid_raw(errors, keys_at, shown.data, "must not contain duplicate entries");
    }
}

static void check_map(const schema_props *schema, const struct field_at *at, struct api_invalid *errors)
{
    const schema_props *items = items_of(schema);
    if (schema->n_x_kubernetes_list_map_keys == 0)
        invalid_required(errors, at_field(at, "x-kubernetes-list-map-keys"),
                         "must not be empty if x-kubernetes-list-type is map");
    if (schema->items == NULL)
        invalid_required(errors, at_field(at, "items"), "must have a schema if x-kubernetes-list-type is map");
    else if (items == NULL)
        invalid_object(errors, at_field(at, "items"), &api_type_apiextensions_json_schema_props_or_array, schema->items,
                       "must only have a single schema if x-kubernetes-list-type is map");
    else if (!text_equal(items->type, "object"))
        invalid_string(errors, at_field(at_field(at, "items"), "type"), items->type,
                       "must be object if parent array's x-kubernetes-list-type is map");
    else
        check_keys(schema, items, at, errors);
}

/* The type that an extension asks for. */
static bool check_type(const schema_props *schema, const char *wanted, const char *extension, const struct field_at *at,
                       struct api_invalid *errors)
{
    if (text_equal(schema->type, wanted))
        return true;
    if (text_empty(schema->type))
        invalid_required(errors, at_field(at, "type"), "must be %s if %s is specified", wanted, extension);
    else
        invalid_string(errors, at_field(at, "type"), schema->type, "must be %s if %s is specified", wanted, extension);
    return false;
}

static void check_granular_set(const schema_props *schema, const struct field_at *at, struct api_invalid *errors)
{
    const schema_props *items = items_of(schema);
    const char *extension = text_equal(items->type, "array") ? "x-kubernetes-list-type" : "x-kubernetes-map-type";
    const struct field_at *place = at_field(at_field(at, "items"), extension);
    static const char must[] = "must be atomic as item of a list with x-kubernetes-list-type=set";
    if (items->x_kubernetes_list_type != NULL) /* upstream shows the list's type for both */
        invalid_string(errors, place, items->x_kubernetes_list_type, must);
    else
        invalid_raw(errors, place, "null", must);
}

void validate_schema_lists(const schema_props *schema, const struct definition_rules *rules, const struct field_at *at,
                           struct api_invalid *errors)
{
    static const char *const maps[] = { "atomic", "granular", NULL };
    static const char *const lists[] = { "atomic", "set", "map", NULL };
    const char *list = schema->x_kubernetes_list_type, *map = schema->x_kubernetes_map_type;
    if (map != NULL) {
        check_type(schema, "object", "x-kubernetes-map-type", at, errors);
        invalid_one_of(errors, at_field(at, "x-kubernetes-map-type"), map, maps, false);
    }
    if (list != NULL && check_type(schema, "array", "x-kubernetes-list-type", at, errors) && rules->atomic_sets &&
        is_granular_set(schema, NULL))
        check_granular_set(schema, at, errors);
    if (list != NULL)
        invalid_one_of(errors, at_field(at, "x-kubernetes-list-type"), list, lists, false);
    if (schema->n_x_kubernetes_list_map_keys > 0 && !text_equal(list, "map")) {
        if (list == NULL)
            invalid_required(errors, at_field(at, "x-kubernetes-list-type"),
                             "must be map if x-kubernetes-list-map-keys is non-empty");
        else
            invalid_string(errors, at_field(at, "x-kubernetes-list-type"), list,
                           "must be map if x-kubernetes-list-map-keys is non-empty");
    }
    if (text_equal(list, "map"))
        check_map(schema, at, errors);
    if (rules->list_keys)
        check_loose_keys(schema, at, errors);
}
