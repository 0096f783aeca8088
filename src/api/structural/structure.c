/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "api/structural/structure.h"

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "base/text/regex.h"
#include "generated/types.h"

typedef struct api_apiextensions_json_schema_props props;

enum level { LEVEL_ROOT, LEVEL_ITEM, LEVEL_FIELD };

#define TYPE (&api_type_apiextensions_json_schema_props)

static void check_nested(const props *schema, bool skip_any_of, const struct field_at *at, struct api_invalid *errors);

static bool says_only_type(const props *schema, const char *type)
{
    static const props empty;
    props rest = *schema;
    rest.type = NULL;
    return text_equal(schema->type, type) && api_equal(TYPE, &rest, &empty);
}

/* The one anyOf that may say types. */
static bool is_int_or_string(const props *any_of, size_t count)
{
    return count == 2 && says_only_type(&any_of[0], "integer") && says_only_type(&any_of[1], "string");
}

static void check_nested_list(const props *list, size_t count, const char *name, const struct field_at *at,
                              struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        check_nested(&list[i], false, at_index(at_field(at, name), i), errors);
}

static void check_values(const props *schema, bool skip_any_of, bool skip_first_all_of, const struct field_at *at,
                         struct api_invalid *errors)
{
    if (!skip_any_of)
        check_nested_list(schema->any_of, schema->n_any_of, "anyOf", at, errors);
    for (size_t i = 0; i < schema->n_all_of; i++)
        check_nested(&schema->all_of[i], skip_first_all_of && i == 0, at_index(at_field(at, "allOf"), i), errors);
    check_nested_list(schema->one_of, schema->n_one_of, "oneOf", at, errors);
    if (schema->not != NULL)
        check_nested(schema->not, false, at_field(at, "not"), errors);
    if (text_empty(schema->pattern))
        return;
    auto_with(regex_destroy_cleanup) struct regex *regex = NULL;
    struct error problem = { 0 };
    if (regex_compile(str_of(schema->pattern), &regex, &problem) < 0)
        invalid_string(errors, at_field(at, "pattern"), schema->pattern,
                       "must be a valid regular expression, but isn't: %s", problem.message);
}

/* What may only be said of the place itself. */
static void check_forbidden(const props *schema, const struct field_at *at, struct api_invalid *errors)
{
    const struct {
        bool given;
        const char *field, *must;
    } rows[] = {
        { !text_empty(schema->type), "type", "must be empty to be structural" },
        { schema->additional_properties != NULL &&
              (schema->additional_properties->allows || schema->additional_properties->schema != NULL),
          "additionalProperties", "must be undefined to be structural" },
        { schema->default_.data != NULL && !str_is(schema->default_, "null"), "default",
          "must be undefined to be structural" },
        { !text_empty(schema->title), "title", "must be empty to be structural" },
        { !text_empty(schema->description), "description", "must be empty to be structural" },
        { schema->nullable, "nullable", "must be false to be structural" },
        { schema->x_kubernetes_preserve_unknown_fields != NULL, "x-kubernetes-preserve-unknown-fields",
          "must be false to be structural" },
        { schema->x_kubernetes_embedded_resource, "x-kubernetes-embedded-resource", "must be false to be structural" },
        { schema->x_kubernetes_int_or_string, "x-kubernetes-int-or-string", "must be false to be structural" },
        { schema->n_x_kubernetes_list_map_keys > 0, "x-kubernetes-list-map-keys", "must be empty to be structural" },
        { schema->x_kubernetes_list_type != NULL, "x-kubernetes-list-type", "must be undefined to be structural" },
        { schema->x_kubernetes_map_type != NULL, "x-kubernetes-map-type", "must be undefined to be structural" },
        { schema->n_x_kubernetes_validations > 0, "x-kubernetes-validations", "must be empty to be structural" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        if (rows[i].given)
            invalid_forbidden(errors, at_field(at, rows[i].field), "%s", rows[i].must);
}

/* Inside of allOf, anyOf, oneOf and not. */
static void check_nested(const props *schema, bool skip_any_of, const struct field_at *at, struct api_invalid *errors)
{
    check_values(schema, skip_any_of, false, at, errors);
    if (schema->items != NULL && schema->items->schema != NULL)
        check_nested(schema->items->schema, false, at_field(at, "items"), errors);
    for (size_t i = 0; i < schema->n_properties; i++) {
        const char *name = schema->properties[i].key;
        check_nested(&schema->properties[i].value, false, at_key(at_field(at, "properties"), name), errors);
        if (strcmp(name, "metadata") == 0)
            invalid_forbidden(errors, at_key(at_field(at, "properties"), name),
                              "must not be specified in a nested context");
    }
    check_forbidden(schema, at, errors);
}

static const props *find_property(const props *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_properties; i++)
        if (strcmp(schema->properties[i].key, name) == 0)
            return &schema->properties[i].value;
    return NULL;
}

/* At the root only what name and generateName may be can be said of the metadata. */
static void check_metadata(const props *metadata, bool is_meta, enum level level, const struct field_at *at,
                           struct api_invalid *errors)
{
    static const props empty;
    if (is_meta && !text_equal(metadata->type, "object"))
        invalid_string(errors, at_field(at, "type"), metadata->type, "must be object");
    if (level != LEVEL_ROOT)
        return;
    props rest = *metadata;
    size_t known = (find_property(metadata, "name") != NULL) + (find_property(metadata, "generateName") != NULL);
    if (known == metadata->n_properties) {
        rest.properties = NULL;
        rest.n_properties = 0;
    }
    rest.type = NULL;
    rest.default_ = (struct str){ 0 };
    if (!api_equal(TYPE, &rest, &empty))
        invalid_forbidden(
            errors, at,
            "must not specify anything other than name and generateName, but metadata is implicitly specified");
}

static void check_meta(const props *schema, enum level level, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const texts[] = { "kind", "apiVersion" };
    bool is_meta = level == LEVEL_ROOT || schema->x_kubernetes_embedded_resource;
    const struct field_at *properties = at_field(at, "properties");
    for (size_t i = 0; i < countof(texts); i++) {
        const props *text = find_property(schema, texts[i]);
        if (is_meta && text != NULL && !text_equal(text->type, "string"))
            invalid_string(errors, at_field(at_key(properties, texts[i]), "type"), text->type, "must be string");
    }
    const props *metadata = find_property(schema, "metadata");
    if (metadata != NULL)
        check_metadata(metadata, is_meta, level, at_key(properties, "metadata"), errors);
    if (schema->x_kubernetes_embedded_resource && schema->x_kubernetes_preserve_unknown_fields == NULL &&
        schema->n_properties == 0)
        invalid_required(errors, properties,
                         "must not be empty if x-kubernetes-embedded-resource is true without "
                         "x-kubernetes-preserve-unknown-fields");
}

static void check_type(const props *schema, enum level level, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const missing[] = {
        [LEVEL_ROOT] = "must not be empty at the root",
        [LEVEL_ITEM] = "must not be empty for specified array items",
        [LEVEL_FIELD] = "must not be empty for specified object fields",
    };
    const struct field_at *type = at_field(at, "type");
    bool untyped = text_empty(schema->type);
    if (schema->x_kubernetes_embedded_resource && !text_equal(schema->type, "object")) {
        if (untyped)
            invalid_required(errors, type, "must be object if x-kubernetes-embedded-resource is true");
        else
            invalid_string(errors, type, schema->type, "must be object if x-kubernetes-embedded-resource is true");
    } else if (untyped && !schema->x_kubernetes_int_or_string && schema->x_kubernetes_preserve_unknown_fields == NULL) {
        invalid_required(errors, type, "%s", missing[level]);
    }
    if (schema->x_kubernetes_embedded_resource && schema->additional_properties != NULL)
        invalid_forbidden(errors, at_field(at, "additionalProperties"),
                          "must not be used if x-kubernetes-embedded-resource is set");
    if (level == LEVEL_ROOT && !untyped && !text_equal(schema->type, "object"))
        invalid_string(errors, type, schema->type, "must be object at the root");
}

static void check_extensions(const props *schema, const struct field_at *at, struct api_invalid *errors)
{
    static const char must[] = "must be false if x-kubernetes-int-or-string is true";
    if (!schema->x_kubernetes_int_or_string)
        return;
    if (schema->x_kubernetes_preserve_unknown_fields != NULL)
        invalid_raw(errors, at_field(at, "x-kubernetes-preserve-unknown-fields"), "true", must);
    if (schema->x_kubernetes_embedded_resource)
        invalid_raw(errors, at_field(at, "x-kubernetes-embedded-resource"), "true", must);
}

static void check_place(const props *schema, enum level level, const struct field_at *at, struct api_invalid *errors)
{
    const props *items = schema->items != NULL ? schema->items->schema : NULL;
    if (text_equal(schema->type, "array") && items == NULL)
        invalid_required(errors, at_field(at, "items"), "must be specified");
    if (items != NULL)
        check_place(items, LEVEL_ITEM, at_field(at, "items"), errors);
    for (size_t i = 0; i < schema->n_properties; i++)
        check_place(&schema->properties[i].value, LEVEL_FIELD,
                    at_key(at_field(at, "properties"), schema->properties[i].key), errors);
    if (schema->additional_properties != NULL && level == LEVEL_ROOT)
        invalid_forbidden(errors, at_field(at, "additionalProperties"), "must not be used at the root");
    if (schema->additional_properties != NULL && schema->additional_properties->schema != NULL)
        check_place(schema->additional_properties->schema, LEVEL_FIELD, at_field(at, "additionalProperties"), errors);

    check_extensions(schema, at, errors);
    bool first_all_of = schema->n_all_of > 0 && is_int_or_string(schema->all_of[0].any_of, schema->all_of[0].n_any_of);
    check_values(schema, is_int_or_string(schema->any_of, schema->n_any_of), first_all_of, at, errors);
    check_type(schema, level, at, errors);
    check_meta(schema, level, at, errors);
}

/* What is said of a place ('values', at 'said') is also there outside ('schema', at 'at'; NULL: it is not). Each list's at and
 * said grow alike. */
struct completeness {
    const props *schema;
    const struct field_at *at, *said;
};

static void check_said(const props *values, struct completeness where, struct api_invalid *errors);

static void check_said_list(const props *list, size_t count, const char *name, struct completeness where,
                            struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        check_said(&list[i], (struct completeness){ where.schema, where.at, at_index(at_field(where.said, name), i) },
                   errors);
}

static void check_junctors_said(const props *values, struct completeness where, struct api_invalid *errors)
{
    if (values->not != NULL)
        check_said(values->not, (struct completeness){ where.schema, where.at, at_field(where.said, "not") }, errors);
    check_said_list(values->all_of, values->n_all_of, "allOf", where, errors);
    check_said_list(values->any_of, values->n_any_of, "anyOf", where, errors);
    check_said_list(values->one_of, values->n_one_of, "oneOf", where, errors);
}

static void require_place(struct completeness where, struct api_invalid *errors)
{
    auto_buffer struct buffer path = { 0 };
    field_at_format(where.said, &path);
    invalid_required(errors, where.at, "because it is defined in %s", text_or_empty(path.data));
}

static void check_said(const props *values, struct completeness where, struct api_invalid *errors)
{
    check_junctors_said(values, where, errors);
    if (values->items != NULL && values->items->schema != NULL) {
        struct completeness items = { where.schema->items != NULL ? where.schema->items->schema : NULL,
                                      at_field(where.at, "items"), at_field(where.said, "items") };
        if (items.schema == NULL)
            require_place(items, errors);
        else
            check_said(values->items->schema, items, errors);
    }
    for (size_t i = 0; i < values->n_properties; i++) {
        const char *name = values->properties[i].key;
        struct completeness property = { find_property(where.schema, name),
                                         at_key(at_field(where.at, "properties"), name),
                                         at_key(at_field(where.said, "properties"), name) };
        if (property.schema == NULL)
            require_place(property, errors);
        else
            check_said(&values->properties[i].value, property, errors);
    }
}

static int compare_errors(const void *a, const void *b)
{
    const struct api_invalid_error *left = a, *right = b;
    auto_buffer struct buffer one = { 0 }, other = { 0 };
    buffer_format(&one, "%s: %s", left->field, left->message);
    buffer_format(&other, "%s: %s", right->field, right->message);
    return strcmp(text_or_empty(one.data), text_or_empty(other.data));
}

void structural_check_structure(const props *schema, const struct field_at *at, struct api_invalid *errors)
{
    size_t from = errors->count;
    check_place(schema, LEVEL_ROOT, at, errors);
    check_junctors_said(schema, (struct completeness){ schema, at, at }, errors);
    if (errors->count > from)
        qsort(errors->errors + from, errors->count - from, sizeof(*errors->errors), compare_errors);
}

static bool any_in_list(const props *list, size_t count, structural_predicate *predicate, void *context)
{
    for (size_t i = 0; i < count; i++)
        if (structural_any(&list[i], predicate, context))
            return true;
    return false;
}

static bool any_in_map(const struct api_apiextensions_json_schema_props_entry *map, size_t count,
                       structural_predicate *predicate, void *context)
{
    for (size_t i = 0; i < count; i++)
        if (structural_any(&map[i].value, predicate, context))
            return true;
    return false;
}

bool structural_any(const props *schema, structural_predicate *predicate, void *context)
{
    if (schema == NULL)
        return false;
    if (predicate(schema, context))
        return true;
    if (schema->items != NULL &&
        (structural_any(schema->items->schema, predicate, context) ||
         any_in_list(schema->items->json_schemas, schema->items->n_json_schemas, predicate, context)))
        return true;
    for (size_t i = 0; i < schema->n_dependencies; i++)
        if (structural_any(schema->dependencies[i].value.schema, predicate, context))
            return true;
    return any_in_list(schema->all_of, schema->n_all_of, predicate, context) ||
           any_in_list(schema->any_of, schema->n_any_of, predicate, context) ||
           any_in_list(schema->one_of, schema->n_one_of, predicate, context) ||
           structural_any(schema->not, predicate, context) ||
           any_in_map(schema->properties, schema->n_properties, predicate, context) ||
           any_in_map(schema->pattern_properties, schema->n_pattern_properties, predicate, context) ||
           any_in_map(schema->definitions, schema->n_definitions, predicate, context) ||
           (schema->additional_properties != NULL &&
            structural_any(schema->additional_properties->schema, predicate, context)) ||
           (schema->additional_items != NULL && structural_any(schema->additional_items->schema, predicate, context));
}
