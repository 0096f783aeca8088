/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_schemas.c - custom resources as OpenAPI schemas: what their definitions say, with what every resource has.
 *
 * Swagger 2 cannot say allOf, anyOf, oneOf, not and nullable, and kubectl takes the absence of members for their absence: such
 * places lose their type and their members there, as upstream publishes them. */
#include <string.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "api/openapi/writer.h"
#include "api/structural/structural.h"
#include "api/structural/structure.h"
#include "codec/json.h"
#include "generated/types.h"

typedef struct api_apiextensions_json_schema_props props;

/* An object being written. */
struct object {
    struct openapi_writer *writer;
    struct buffer *out;
    bool any;
};

static void write_props(struct openapi_writer *writer, const props *schema, bool root, struct object *into);

bool openapi_is_custom(const struct api_kind *kind)
{
    return kind->type == &api_type_custom_object;
}

/* ---------------------------------------------------------------- members */

static struct buffer *member(struct object *object, const char *name)
{
    buffer_append_text(object->out, object->any ? ",\"" : "\"");
    object->any = true;
    buffer_append_text(object->out, name);
    buffer_append_text(object->out, "\":");
    return object->out;
}

static void text_member(struct object *object, const char *name, const char *text)
{
    if (!text_empty(text))
        json_append_string(member(object, name), str_of(text));
}

static void raw_member(struct object *object, const char *name, struct str json)
{
    if (json.data != NULL)
        buffer_append_str(member(object, name), json);
}

static void bool_member(struct object *object, const char *name, bool value)
{
    if (value)
        buffer_append_text(member(object, name), "true");
}

static void number_member(struct object *object, const char *name, const double *number)
{
    if (number != NULL)
        json_append_double(member(object, name), *number);
}

static void integer_member(struct object *object, const char *name, const int64_t *number)
{
    if (number != NULL)
        buffer_append_int64(member(object, name), *number);
}

static void texts_member(struct object *object, const char *name, const char **texts, size_t count)
{
    if (count == 0)
        return;
    struct buffer *out = member(object, name);
    for (size_t i = 0; i < count; i++) {
        buffer_append_char(out, i == 0 ? '[' : ',');
        json_append_string(out, str_of(texts[i]));
    }
    buffer_append_char(out, ']');
}

/* ---------------------------------------------------------------- schemas */

static void write_schema(struct openapi_writer *writer, const props *schema, bool root)
{
    struct object object = { .writer = writer, .out = writer->out };
    buffer_append_char(writer->out, '{');
    write_props(writer, schema, root, &object);
    buffer_append_char(writer->out, '}');
}

static void list_member(struct object *object, const char *name, const props *list, size_t count)
{
    if (count == 0)
        return;
    struct buffer *out = member(object, name);
    for (size_t i = 0; i < count; i++) {
        buffer_append_char(out, i == 0 ? '[' : ',');
        write_schema(object->writer, &list[i], false);
    }
    buffer_append_char(out, ']');
}

#define INT_OR_STRING "[{\"type\":\"integer\"},{\"type\":\"string\"}]"

static bool says_int_or_string(const props *list, size_t count)
{
    return count == 2 && text_equal(list[0].type, "integer") && text_equal(list[1].type, "string");
}

/* An int-or-string says so for those who do not know the extension, too. */
static void write_junctors(struct object *object, const props *schema)
{
    bool in_any = says_int_or_string(schema->any_of, schema->n_any_of);
    bool in_all = schema->n_all_of > 0 && says_int_or_string(schema->all_of[0].any_of, schema->all_of[0].n_any_of);
    bool unfold = schema->x_kubernetes_int_or_string && !in_any && !in_all;
    if (unfold && schema->n_any_of == 0)
        buffer_append_text(member(object, "anyOf"), INT_OR_STRING);
    if (unfold && schema->n_any_of > 0) {
        struct buffer *out = member(object, "allOf");
        buffer_append_text(out, "[{\"anyOf\":" INT_OR_STRING "}");
        for (size_t i = 0; i < schema->n_all_of; i++) {
            buffer_append_char(out, ',');
            write_schema(object->writer, &schema->all_of[i], false);
        }
        buffer_append_char(out, ']');
    } else {
        list_member(object, "allOf", schema->all_of, schema->n_all_of);
    }
    list_member(object, "anyOf", schema->any_of, schema->n_any_of);
    list_member(object, "oneOf", schema->one_of, schema->n_one_of);
    if (schema->not != NULL) {
        member(object, "not");
        write_schema(object->writer, schema->not, false);
    }
}

static void write_values(struct object *object, const props *schema)
{
    text_member(object, "format", schema->format);
    number_member(object, "maximum", schema->maximum);
    bool_member(object, "exclusiveMaximum", schema->exclusive_maximum);
    number_member(object, "minimum", schema->minimum);
    bool_member(object, "exclusiveMinimum", schema->exclusive_minimum);
    integer_member(object, "maxLength", schema->max_length);
    integer_member(object, "minLength", schema->min_length);
    text_member(object, "pattern", schema->pattern);
    integer_member(object, "maxItems", schema->max_items);
    integer_member(object, "minItems", schema->min_items);
    number_member(object, "multipleOf", schema->multiple_of);
    integer_member(object, "maxProperties", schema->max_properties);
    integer_member(object, "minProperties", schema->min_properties);
    if (schema->n_enum == 0)
        return;
    struct buffer *out = member(object, "enum");
    for (size_t i = 0; i < schema->n_enum; i++) {
        buffer_append_char(out, i == 0 ? '[' : ',');
        buffer_append_str(out, schema->enum_[i]);
    }
    buffer_append_char(out, ']');
}

static void write_extensions(struct object *object, const props *schema)
{
    bool_member(object, "x-kubernetes-preserve-unknown-fields", schema->x_kubernetes_preserve_unknown_fields != NULL);
    bool_member(object, "x-kubernetes-embedded-resource", schema->x_kubernetes_embedded_resource);
    bool_member(object, "x-kubernetes-int-or-string", schema->x_kubernetes_int_or_string);
    texts_member(object, "x-kubernetes-list-map-keys", schema->x_kubernetes_list_map_keys,
                 schema->n_x_kubernetes_list_map_keys);
    text_member(object, "x-kubernetes-list-type", schema->x_kubernetes_list_type);
    text_member(object, "x-kubernetes-map-type", schema->x_kubernetes_map_type);
    if (schema->n_x_kubernetes_validations == 0)
        return;
    struct buffer *out = member(object, "x-kubernetes-validations");
    for (size_t i = 0; i < schema->n_x_kubernetes_validations; i++) {
        buffer_append_char(out, i == 0 ? '[' : ',');
        api_encode_json(&api_type_apiextensions_validation_rule, NULL, &schema->x_kubernetes_validations[i], out);
    }
    buffer_append_char(out, ']');
}

static bool is_meta(const char *name)
{
    return strcmp(name, "apiVersion") == 0 || strcmp(name, "kind") == 0 || strcmp(name, "metadata") == 0;
}

/* apiVersion, kind and metadata, described as those of built-in kinds are. */
static void write_meta(struct object *properties)
{
    static const char *const texts[] = { "apiVersion", "kind" };
    struct openapi_writer *writer = properties->writer;
    for (size_t i = 0; i < countof(texts); i++) {
        struct str description = descriptions_of_field(writer->descriptions, &api_type_pod, texts[i]);
        buffer_append_text(member(properties, texts[i]), "{\"type\":\"string\"");
        if (description.size > 0) {
            buffer_append_text(writer->out, ",\"description\":");
            json_append_string(writer->out, description);
        }
        buffer_append_char(writer->out, '}');
    }
    member(properties, "metadata");
    openapi_write_described_ref(writer, &api_type_object_meta,
                                descriptions_of_field(writer->descriptions, &api_type_pod, "metadata"));
}

static void write_properties(struct object *object, const props *schema, bool resource)
{
    if (schema->n_properties == 0 && !resource)
        return;
    struct object properties = { .writer = object->writer, .out = object->out };
    buffer_append_char(member(object, "properties"), '{');
    for (size_t i = 0; i < schema->n_properties; i++) {
        if (resource && is_meta(schema->properties[i].key))
            continue;
        struct buffer *out = object->out;
        buffer_append_text(out, properties.any ? "," : "");
        properties.any = true;
        json_append_string(out, str_of(schema->properties[i].key));
        buffer_append_char(out, ':');
        write_schema(object->writer, &schema->properties[i].value, false);
    }
    if (resource)
        write_meta(&properties);
    buffer_append_char(object->out, '}');
}

/* Swagger 2 leaves out what could be null. */
static bool may_be_null(const props *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_properties; i++)
        if (strcmp(schema->properties[i].key, name) == 0)
            return schema->properties[i].value.nullable;
    return false;
}

static bool has_text(const char **texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

static void write_required(struct object *object, const props *schema, bool embedded)
{
    bool v2 = object->writer->form == OPENAPI_V2;
    const struct api_apiextensions_json_schema_props_or_bool *more = schema->additional_properties;
    bool none = v2 && more != NULL && more->schema != NULL && more->schema->nullable;
    auto_arena struct arena scratch = { 0 };
    const char **required = arena_new_array(&scratch, const char *, schema->n_required + 2);
    size_t count = 0;
    for (size_t i = 0; i < schema->n_required && !none; i++)
        if (!v2 || !may_be_null(schema, schema->required[i]))
            required[count++] = schema->required[i];
    static const char *const meta[] = { "kind", "apiVersion" };
    for (size_t i = 0; embedded && i < countof(meta); i++)
        if (!has_text(required, count, meta[i]))
            required[count++] = meta[i];
    texts_member(object, "required", required, count);
}

static void write_below(struct object *object, const props *schema)
{
    if (schema->items != NULL && schema->items->schema != NULL) {
        member(object, "items");
        write_schema(object->writer, schema->items->schema, false);
    }
}

static void write_additional(struct object *object, const props *schema)
{
    const struct api_apiextensions_json_schema_props_or_bool *more = schema->additional_properties;
    if (more == NULL)
        return;
    struct buffer *out = member(object, "additionalProperties");
    if (more->schema != NULL)
        write_schema(object->writer, more->schema, false);
    else
        buffer_append_text(out, more->allows ? "true" : "false");
}

static void write_props(struct openapi_writer *writer, const props *schema, bool root, struct object *into)
{
    bool v2 = writer->form == OPENAPI_V2;
    bool preserves = schema->x_kubernetes_preserve_unknown_fields != NULL;
    bool opaque = v2 && (schema->nullable || preserves); /* its parts cannot be said */
    bool embedded = schema->x_kubernetes_embedded_resource && !(v2 && preserves);
    bool untyped = v2 && (schema->nullable || (preserves && text_equal(schema->type, "object")) ||
                          (text_equal(schema->type, "array") && (opaque || schema->items == NULL)));
    text_member(into, "description", schema->description);
    if (!untyped)
        text_member(into, "type", schema->type);
    text_member(into, "title", schema->title);
    if (!str_is(schema->default_, "null"))
        raw_member(into, "default", schema->default_);
    bool_member(into, "nullable", schema->nullable && !v2);
    write_values(into, schema);
    if (!opaque)
        write_below(into, schema);
    if (!opaque || root || embedded)
        write_properties(into, opaque ? &(props){ 0 } : schema, root || embedded);
    write_additional(into, schema);
    write_required(into, schema, embedded && !root);
    if (!v2)
        write_junctors(into, schema);
    if (schema->external_docs != NULL) {
        member(into, "externalDocs");
        api_encode_json(&api_type_apiextensions_external_documentation, NULL, schema->external_docs, into->out);
    }
    raw_member(into, "example", schema->example);
    write_extensions(into, schema);
}

/* ---------------------------------------------------------------- resources */

/* "com.example.v1.Cron" of example.com. */
static void write_name(const struct api_kind *kind, const char *name, struct buffer *out)
{
    struct str group = str_of(kind->group);
    for (size_t end = group.size; end > 0;) {
        size_t start = end;
        while (start > 0 && group.data[start - 1] != '.')
            start--;
        buffer_append(out, group.data + start, end - start);
        buffer_append_char(out, '.');
        end = start > 0 ? start - 1 : 0;
    }
    buffer_format(out, "%s.%s", kind->version, name);
}

void openapi_write_custom_ref(struct openapi_writer *writer, const struct api_kind *kind, bool list)
{
    buffer_format(writer->out, "{\"$ref\":\"%s",
                  writer->form == OPENAPI_V2 ? "#/definitions/" : "#/components/schemas/");
    write_name(kind, list ? kind->list_kind : kind->kind, writer->out);
    buffer_append_text(writer->out, "\"}");
}

static void write_gvk(struct object *object, const struct api_kind *kind, const char *name)
{
    buffer_format(member(object, "x-kubernetes-group-version-kind"),
                  "[{\"group\":\"%s\",\"kind\":\"%s\",\"version\":\"%s\"}]", kind->group, name, kind->version);
}

static void write_selectable_fields(struct object *object, const struct openapi_custom *custom)
{
    if (custom->version->n_selectable_fields == 0)
        return;
    struct buffer *out = member(object, "x-kubernetes-selectable-fields");
    for (size_t i = 0; i < custom->version->n_selectable_fields; i++) {
        const char *path = text_or_empty(custom->version->selectable_fields[i].json_path);
        buffer_append_text(out, i == 0 ? "[{\"fieldPath\":" : ",{\"fieldPath\":");
        json_append_string(out, str_of(path[0] == '.' ? path + 1 : path));
        buffer_append_char(out, '}');
    }
    buffer_append_char(out, ']');
}

/* NULL: says nothing that can be published. */
static const props *published(const struct openapi_custom *custom)
{
    const struct api_apiextensions_custom_resource_validation *schema = custom->version->schema;
    struct structural *compiled = NULL;
    auto_invalid struct api_invalid errors = { 0 };
    if (schema == NULL || schema->open_apiv3_schema == NULL ||
        structural_create(schema->open_apiv3_schema, &compiled, NULL) < 0)
        return NULL;
    structural_unref(compiled);
    structural_check_structure(schema->open_apiv3_schema, NULL, &errors);
    return errors.total == 0 ? schema->open_apiv3_schema : NULL;
}

static void write_resource(struct openapi_writer *writer, const struct openapi_custom *custom)
{
    const struct api_kind *kind = custom->resource->kind;
    const props *schema = published(custom);
    struct object object = { .writer = writer, .out = writer->out };
    bool opaque =
        schema == NULL || (writer->form == OPENAPI_V2 && schema->x_kubernetes_preserve_unknown_fields != NULL);
    buffer_append_text(writer->out, ",\"");
    write_name(kind, kind->kind, writer->out);
    buffer_append_text(writer->out, "\":{");
    if (opaque) /* not even the metadata: kubectl would take everything else for unknown */
        text_member(&object, "type", "object");
    else
        write_props(writer, schema, true, &object);
    write_gvk(&object, kind, kind->kind);
    write_selectable_fields(&object, custom);
    buffer_append_char(writer->out, '}');
}

static void write_list(struct openapi_writer *writer, const struct openapi_custom *custom)
{
    const struct api_kind *kind = custom->resource->kind;
    struct object object = { .writer = writer, .out = writer->out }, properties = object;
    buffer_append_text(writer->out, ",\"");
    write_name(kind, kind->list_kind, writer->out);
    buffer_append_text(writer->out, "\":{");
    buffer_format(member(&object, "description"), "\"%s is a list of %s\"", kind->list_kind, kind->kind);
    text_member(&object, "type", "object");
    buffer_append_text(member(&object, "required"), "[\"items\"]");
    buffer_append_char(member(&object, "properties"), '{');
    static const char *const texts[] = { "apiVersion", "kind" };
    for (size_t i = 0; i < countof(texts); i++)
        buffer_append_text(member(&properties, texts[i]), "{\"type\":\"string\"}");
    buffer_format(member(&properties, "items"),
                  "{\"description\":\"List of %s. More info: "
                  "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md\","
                  "\"type\":\"array\",\"items\":",
                  custom->resource->plural);
    openapi_write_custom_ref(writer, kind, false);
    buffer_append_char(writer->out, '}');
    member(&properties, "metadata");
    openapi_write_described_ref(writer, &api_type_list_meta, (struct str){ 0 });
    buffer_append_char(writer->out, '}');
    write_gvk(&object, kind, kind->list_kind);
    write_selectable_fields(&object, custom);
    buffer_append_char(writer->out, '}');
}

void openapi_write_custom_schemas(struct openapi_writer *writer)
{
    for (size_t i = 0; i < writer->n_customs; i++) {
        if (!openapi_describes(writer, writer->customs[i].resource->kind))
            continue;
        write_resource(writer, &writer->customs[i]);
        write_list(writer, &writer->customs[i]);
    }
}
