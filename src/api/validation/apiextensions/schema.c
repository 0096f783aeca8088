/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schema.c - what a schema of a CustomResourceDefinition may say. */
#include <string.h>

#include "api/codec.h"
#include "api/structural/checks.h"
#include "api/structural/structure.h"
#include "api/validation/apiextensions/definition.h"
#include "base/text/regex.h"

static const char *const types[] = { "array", "boolean", "integer", "number", "object", "string", NULL };

/* How a place in the schema is looked at. */
struct walk {
    const struct definition_rules *rules;
    const char *no_defaults; /* why there must be none; NULL: there may be */
    bool inside_meta;        /* in apiVersion, kind or metadata of a resource */
};

static void check_place(const schema_props *schema, const struct structural_node *node, bool is_root, struct walk walk,
                        const struct field_at *at, struct api_invalid *errors);

static bool is_one_of(const char *text, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static bool has_bad_type(const schema_props *schema, void *context)
{
    (void)context;
    return !text_empty(schema->type) && !is_one_of(schema->type, types);
}

bool schema_has_bad_types(const schema_props *schema)
{
    return structural_any(schema, has_bad_type, NULL);
}

static bool has_default(const schema_props *schema, void *context)
{
    (void)context;
    return schema->default_.data != NULL;
}

bool schema_has_defaults(const schema_props *schema)
{
    return structural_any(schema, has_default, NULL);
}

static bool has_extension(const schema_props *schema, void *context)
{
    (void)context;
    return schema->x_kubernetes_embedded_resource || schema->x_kubernetes_preserve_unknown_fields != NULL ||
           schema->x_kubernetes_int_or_string || schema->n_x_kubernetes_list_map_keys > 0 ||
           schema->x_kubernetes_list_type != NULL || schema->n_x_kubernetes_validations > 0;
}

bool schema_has_extensions(const schema_props *schema)
{
    return structural_any(schema, has_extension, NULL);
}

bool schema_is_structural(const schema_props *schema)
{
    auto_invalid struct api_invalid errors = { 0 };
    struct structural *compiled = NULL;
    if (structural_create(schema, &compiled, NULL) < 0)
        return false;
    structural_unref(compiled);
    structural_check_structure(schema, NULL, &errors);
    return errors.total == 0;
}

/* What no schema of a definition may say. */
static void check_supported(const schema_props *schema, const struct walk *walk, const struct field_at *at,
                            struct api_invalid *errors)
{
    if (walk->rules->types && has_bad_type(schema, NULL))
        invalid_not_supported(errors, at_field(at, "type"), schema->type, types);
    if (schema->default_.data != NULL && walk->no_defaults != NULL)
        invalid_forbidden(errors, at_field(at, "default"), "must not be set %s", walk->no_defaults);
    const struct {
        bool given;
        const char *field, *why;
    } rows[] = {
        { !text_empty(schema->id), "id", "id is not supported" },
        { schema->additional_items != NULL, "additionalItems", "additionalItems is not supported" },
        { schema->n_pattern_properties > 0, "patternProperties", "patternProperties is not supported" },
        { schema->n_definitions > 0, "definitions", "definitions is not supported" },
        { schema->dependencies != NULL, "dependencies", "dependencies is not supported" },
        { schema->ref != NULL, "$ref", "$ref is not supported" },
        { text_equal(schema->type, "null"), "type", "type cannot be set to null, use nullable as an alternative" },
        { schema->items != NULL && schema->items->n_json_schemas > 0, "items",
          "items must be a schema object and not an array" },
        { walk->inside_meta && schema->x_kubernetes_embedded_resource, "x-kubernetes-embedded-resource",
          "must not be used inside of resource meta" },
        { schema->unique_items, "uniqueItems",
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].given)
            invalid_forbidden(errors, at_field(at, rows[i].field), "%s", rows[i].why);
}

static void check_additional(const schema_props *schema, const struct structural_node *node, struct walk walk,
                             const struct field_at *at, struct api_invalid *errors)
{
    const struct api_apiextensions_json_schema_props_or_bool *additional = schema->additional_properties;
    if (additional == NULL)
        return;
    if (schema->n_properties > 0 && (!additional->allows || additional->schema != NULL))
        invalid_forbidden(errors, at_field(at, "additionalProperties"),
                          "additionalProperties and properties are mutual exclusive");
    if (walk.inside_meta)
        walk.no_defaults = "inside additionalProperties applying to object metadata";
    if (additional->schema != NULL)
        check_place(additional->schema, node != NULL ? node->additional_node : NULL, false, walk,
                    at_field(at, "additionalProperties"), errors);
}

static void check_properties(const schema_props *schema, const struct structural_node *node, bool is_root,
                             const struct walk *outer, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const meta[] = { "metadata", "kind", "apiVersion", NULL };
    static const char *const reasons[] = { "in top-level metadata", "in top-level kind", "in top-level apiVersion" };
    for (size_t i = 0; i < schema->n_properties; i++) {
        const char *name = schema->properties[i].key;
        struct walk walk = *outer;
        if ((is_root || schema->x_kubernetes_embedded_resource) && is_one_of(name, meta)) {
            walk.inside_meta = true;
            for (size_t k = 0; is_root && meta[k] != NULL; k++)
                if (strcmp(meta[k], name) == 0)
                    walk.no_defaults = reasons[k];
        }
        check_place(&schema->properties[i].value, node != NULL ? node->properties[i].node : NULL, false, walk,
                    at_key(at_field(at, "properties"), name), errors);
    }
}

static void check_list(const schema_props *list, size_t count, const struct structural_node *const *nodes,
                       const char *name, struct walk walk, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        check_place(&list[i], nodes != NULL ? nodes[i] : NULL, false, walk, at_index(at_field(at, name), i), errors);
}

static void check_junctors(const schema_props *schema, const struct structural_node *node, struct walk walk,
                           const struct field_at *at, struct api_invalid *errors)
{
    static const struct structural_checks none;
    const struct structural_checks *checks = node != NULL && node->checks != NULL ? node->checks : &none;
    if (schema->not != NULL)
        check_place(schema->not, checks->not, false, walk, at_field(at, "not"), errors);
    check_list(schema->all_of, schema->n_all_of, checks->all_of, "allOf", walk, at, errors);
    check_list(schema->one_of, schema->n_one_of, checks->one_of, "oneOf", walk, at, errors);
    check_list(schema->any_of, schema->n_any_of, checks->any_of, "anyOf", walk, at, errors);
    for (size_t i = 0; i < schema->n_definitions; i++)
        check_place(&schema->definitions[i].value, NULL, false, walk,
                    at_key(at_field(at, "definitions"), schema->definitions[i].key), errors);
}

static void check_items(const schema_props *schema, const struct structural_node *node, struct walk walk,
                        const struct field_at *at, struct api_invalid *errors)
{
    if (schema->items == NULL)
        return;
    if (schema->items->schema != NULL)
        check_place(schema->items->schema, node != NULL ? node->items : NULL, false, walk, at_field(at, "items"),
                    errors);
    check_list(schema->items->json_schemas, schema->items->n_json_schemas, NULL, "items", walk, at, errors);
}

static void check_place(const schema_props *schema, const struct structural_node *node, bool is_root, struct walk walk,
                        const struct field_at *at, struct api_invalid *errors)
{
    check_supported(schema, &walk, at, errors);
    check_additional(schema, node, walk, at, errors);
    check_properties(schema, node, is_root, &walk, at, errors);
    check_junctors(schema, node, walk, at, errors);
    check_items(schema, node, walk, at, errors);
    for (size_t i = 0; i < schema->n_dependencies; i++)
        if (schema->dependencies[i].value.schema != NULL)
            check_place(schema->dependencies[i].value.schema, NULL, false, walk,
                        at_key(at_field(at, "dependencies"), schema->dependencies[i].key), errors);
    if (schema->x_kubernetes_preserve_unknown_fields != NULL && !*schema->x_kubernetes_preserve_unknown_fields)
        invalid_raw(errors, at_field(at, "x-kubernetes-preserve-unknown-fields"), "false", "must be true or undefined");
    validate_schema_lists(schema, walk.rules, at, errors);
    validate_schema_rules(schema, node, at, errors);
}

/* The first thing said at the root that would be lost where only the status is looked at; in the order of upstream's struct. */
static bool says_more_than_status_keeps(const schema_props *schema)
{
    return !text_empty(schema->id) || !text_empty(schema->schema) || schema->ref != NULL || schema->nullable ||
           schema->default_.data != NULL || schema->n_enum > 0 || schema->max_properties != NULL ||
           schema->min_properties != NULL || schema->n_all_of > 0 || schema->n_one_of > 0 || schema->n_any_of > 0 ||
           schema->not != NULL || schema->additional_properties != NULL || schema->n_pattern_properties > 0 ||
           schema->n_dependencies > 0 || schema->additional_items != NULL || schema->n_definitions > 0 ||
           schema->x_kubernetes_embedded_resource || schema->x_kubernetes_int_or_string ||
           schema->n_x_kubernetes_list_map_keys > 0 || schema->x_kubernetes_list_type != NULL ||
           schema->x_kubernetes_map_type != NULL;
}

static void check_root_with_status(const schema_props *schema, const struct field_at *at, struct api_invalid *errors)
{
    if (!text_empty(schema->type) && strcmp(schema->type, "object") != 0) {
        invalid_string(
            errors, at_field(at, "openAPIV3Schema.type"), schema->type,
            "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled");
        return;
    }
    if (says_more_than_status_keeps(schema))
        invalid_object(
            errors, at_field(at, "openAPIV3Schema"), &api_type_apiextensions_json_schema_props, schema,
            "only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength "
            "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs "
            "Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the "
            "status subresource is enabled");
}

void validate_schema(const schema_props *schema, bool has_status, const struct definition_rules *rules,
                     const struct field_at *parent, struct api_invalid *errors)
{
    const struct field_at *at = at_field(parent, "openAPIV3Schema");
    size_t before = errors->total;
    struct structural *compiled = NULL;
    struct error problem = { 0 };
    if (has_status)
        check_root_with_status(schema, parent, errors);
    if (schema->nullable)
        invalid_forbidden(errors, at_field(parent, "openAPIV3Schema.nullable"), "nullable cannot be true at the root");
    int rc = structural_create(schema, &compiled, &problem);
    if (rc == 0 && rules->structure) {
        size_t structure = errors->total;
        structural_check_structure(schema, at, errors);
        if (errors->total == structure)
            validate_schema_defaults(schema, structural_root(compiled), rules->pruned_defaults, at, errors);
    }
    struct walk walk = { .rules = rules };
    check_place(schema, structural_root(compiled), true, walk, at, errors);
    if (rc < 0 && rules->structure && errors->total == before) /* what hides others only shows when there are none */
        invalid_string(errors, at, "", "%s", problem.message);
    structural_unref(compiled);
}
