/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* schemas.c - message types as OpenAPI schemas, with the extensions that apply and patch tools read. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi/writer.h"
#include "codec/json.h"
#include "generated/apiextensions_v1.h"

#define MACHINERY "io.k8s.apimachinery.pkg."
#define FIELDS_V1 MACHINERY "apis.meta.v1.FieldsV1"
#define PATCH     MACHINERY "apis.meta.v1.Patch"

#define NO_VALUE UINT8_MAX /* not a field's, by its value alone */

/* Types that are no messages in the tables. */
struct wellknown {
    uint8_t value; /* enum api_value */
    const char *name;
    const char *v2;
    const char *v3;
};

static const struct wellknown wellknown[] = {
    { API_TIME, MACHINERY "apis.meta.v1.Time", "{\"type\":\"string\",\"format\":\"date-time\"}",
      "{\"type\":\"string\",\"format\":\"date-time\"}" },
    { API_MICRO_TIME, MACHINERY "apis.meta.v1.MicroTime", "{\"type\":\"string\",\"format\":\"date-time\"}",
      "{\"type\":\"string\",\"format\":\"date-time\"}" },
    { API_DURATION, MACHINERY "apis.meta.v1.Duration", "{\"type\":\"string\"}", "{\"type\":\"string\"}" },
    { API_QUANTITY, MACHINERY "api.resource.Quantity", "{\"type\":\"string\"}",
      "{\"oneOf\":[{\"type\":\"string\"},{\"type\":\"number\"}]}" },
    { API_INT_OR_STRING, MACHINERY "util.intstr.IntOrString", "{\"type\":\"string\",\"format\":\"int-or-string\"}",
      "{\"format\":\"int-or-string\",\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}" },
    { API_RAW, MACHINERY "runtime.RawExtension", "{\"type\":\"object\"}", "{\"type\":\"object\"}" },
    { NO_VALUE, FIELDS_V1, "{\"type\":\"object\"}", "{\"type\":\"object\"}" },
    { NO_VALUE, PATCH, "{\"type\":\"object\"}", "{\"type\":\"object\"}" },
};

/* "k8s.io/api/core/v1" and "Pod" are "io.k8s.api.core.v1.Pod". */
static void write_name(const struct api_type *type, struct buffer *out)
{
    assert(type->go_package != NULL); /* of every type that has a name of its own */
    struct str package = str_of(type->go_package);
    size_t slash = str_find(package, '/');
    struct str host = { package.data, slash };

    for (size_t end = host.size; end > 0;) {
        size_t start = end;
        while (start > 0 && host.data[start - 1] != '.')
            start--;
        buffer_append(out, host.data + start, end - start);
        buffer_append_char(out, '.');
        end = start > 0 ? start - 1 : 0;
    }
    for (size_t i = slash + 1; i < package.size; i++)
        buffer_append_char(out, package.data[i] == '/' ? '.' : package.data[i]);
    buffer_append_char(out, '.');
    buffer_append_text(out, type->name);
}

static const char *ref_prefix(const struct openapi_writer *writer)
{
    return writer->form == OPENAPI_V2 ? "#/definitions/" : "#/components/schemas/";
}

static void note_type(struct openapi_writer *writer, const struct api_type *type)
{
    for (size_t i = 0; i < writer->n_types; i++)
        if (writer->types[i] == type)
            return;
    if (writer->n_types < OPENAPI_TYPES_MAX)
        writer->types[writer->n_types++] = type;
}

void openapi_write_ref(struct openapi_writer *writer, const struct api_type *type)
{
    note_type(writer, type);
    buffer_format(writer->out, "{\"$ref\":\"%s", ref_prefix(writer));
    write_name(type, writer->out);
    buffer_append_text(writer->out, "\"}");
}

void openapi_write_described_ref(struct openapi_writer *writer, const struct api_type *type, struct str description)
{
    bool wrapped = writer->form == OPENAPI_V3;
    if (wrapped)
        buffer_append_text(writer->out, "{\"allOf\":[");
    openapi_write_ref(writer, type);
    if (wrapped)
        buffer_append_char(writer->out, ']');
    else
        buffer_truncate(writer->out, writer->out->size - 1);
    if (description.size > 0) {
        buffer_append_text(writer->out, ",\"description\":");
        json_append_string(writer->out, description);
    }
    buffer_append_char(writer->out, '}');
}

void openapi_write_patch_ref(struct openapi_writer *writer)
{
    buffer_format(writer->out, "{\"$ref\":\"%s" PATCH "\"}", ref_prefix(writer));
}

static const struct wellknown *find_wellknown(const struct api_field *field)
{
    bool owned = field->value == API_RAW && field->name != NULL && strcmp(field->name, "fieldsV1") == 0;
    for (size_t i = 0; i < countof(wellknown); i++)
        if (owned ? strcmp(wellknown[i].name, FIELDS_V1) == 0 : wellknown[i].value == field->value)
            return &wellknown[i];
    return NULL;
}

/* In the order of their bytes. */
static void write_enum(const struct api_enum *enumeration, struct buffer *out)
{
    size_t count = enumeration->n_values, last = count, next;

    buffer_append_text(out, ",\"enum\":[");
    for (size_t written = 0; written < count; written++, last = next) {
        next = count;
        for (size_t i = 0; i < count; i++) {
            const char *value = enumeration->values[i];
            bool later = last == count || strcmp(value, enumeration->values[last]) > 0;
            if (later && (next == count || strcmp(value, enumeration->values[next]) < 0))
                next = i;
        }
        if (next == count)
            break;
        if (written > 0)
            buffer_append_char(out, ',');
        json_append_string(out, str_of(enumeration->values[next]));
    }
    buffer_append_char(out, ']');
}

void openapi_write_scalar(struct openapi_writer *writer, const struct api_field *field)
{
    static const char *const types[] = {
        [API_BOOL] = "\"type\":\"boolean\"",
        [API_INT32] = "\"type\":\"integer\",\"format\":\"int32\"",
        [API_INT64] = "\"type\":\"integer\",\"format\":\"int64\"",
        [API_UINT32] = "\"type\":\"integer\",\"format\":\"int64\"",
        [API_UINT64] = "\"type\":\"integer\",\"format\":\"int64\"",
        [API_FLOAT64] = "\"type\":\"number\",\"format\":\"double\"",
        [API_STRING] = "\"type\":\"string\"",
        [API_BYTES] = "\"type\":\"string\",\"format\":\"byte\"",
    };

    buffer_append_text(writer->out, types[field->value]);
    if (api_field_facts(field)->enumeration != NULL && api_field_facts(field)->enumeration->closed)
        write_enum(api_field_facts(field)->enumeration, writer->out);
}

/* Defaults, examples and enumerated values of a schema: whatever JSON has, not only objects. */
static bool is_any_json(const struct api_field *field)
{
    const struct api_type *type = &api_type_apiextensions_json_schema_props;
    return field->value == API_RAW && field >= type->fields && field < type->fields + type->n_fields;
}

/* The schema of one value: a field's own, a list's item, a map's value; without the closing brace. */
static void write_value(struct openapi_writer *writer, const struct api_field *field)
{
    const struct wellknown *known = find_wellknown(field);
    struct buffer *out = writer->out;
    bool wrapped = writer->form == OPENAPI_V3;

    if (field->value != API_MESSAGE && known == NULL) {
        buffer_append_char(out, '{');
        openapi_write_scalar(writer, field);
        return;
    }
    if (is_any_json(field)) {
        buffer_append_text(out, "{\"x-kubernetes-preserve-unknown-fields\":true");
        return;
    }
    /* Beside a $ref version 3.0 allows nothing else. */
    buffer_append_text(out, wrapped ? "{\"allOf\":[" : "");
    if (field->value == API_MESSAGE)
        openapi_write_ref(writer, field->type);
    else
        buffer_format(out, "{\"$ref\":\"%s%s\"}", ref_prefix(writer), known->name);
    if (wrapped)
        buffer_append_char(out, ']');
    else
        buffer_truncate(out, out->size - 1);
}

static void write_default(const struct api_field *field, struct buffer *out)
{
    bool required = (field->flags & (API_POINTER | API_OMIT_EMPTY)) == 0;

    if (api_field_facts(field)->default_json != NULL) {
        buffer_format(out, ",\"default\":%s", api_field_facts(field)->default_json);
        return;
    }
    if (field->shape != API_SINGLE || field->flags & API_POINTER)
        return;
    if (field->value == API_MESSAGE)
        buffer_append_text(out, ",\"default\":{}");
    else if (required && field->value == API_STRING)
        buffer_append_text(out, ",\"default\":\"\"");
    else if (required && field->value == API_BOOL)
        buffer_append_text(out, ",\"default\":false");
    else if (required && (field->value == API_INT32 || field->value == API_INT64 || field->value == API_FLOAT64))
        buffer_append_text(out, ",\"default\":0");
}

static void write_extensions(const struct api_field *field, struct buffer *out)
{
    if (field->shape == API_LIST) {
        bool is_map = field->flags & API_LIST_MAP;
        bool is_set = field->flags & API_LIST_SET;
        buffer_format(out, ",\"x-kubernetes-list-type\":\"%s\"", is_map ? "map" : is_set ? "set" : "atomic");
        if (is_map && api_field_facts(field)->list_keys != NULL) {
            buffer_append_text(out, ",\"x-kubernetes-list-map-keys\":[");
            for (size_t i = 0; api_field_facts(field)->list_keys[i] != NULL; i++)
                buffer_format(out, "%s\"%s\"", i > 0 ? "," : "", api_field_facts(field)->list_keys[i]);
            buffer_append_char(out, ']');
        }
    }
    if (field->flags & API_MAP_GRANULAR)
        buffer_append_text(out, ",\"x-kubernetes-map-type\":\"granular\"");
    if (field->flags & API_MAP_ATOMIC)
        buffer_append_text(out, ",\"x-kubernetes-map-type\":\"atomic\"");
    if (api_field_facts(field)->patch_key != NULL)
        buffer_format(out, ",\"x-kubernetes-patch-merge-key\":\"%s\"", api_field_facts(field)->patch_key);
    unsigned strategies = field->flags & (API_PATCH_MERGE | API_PATCH_REPLACE | API_PATCH_RETAIN_KEYS);
    if (strategies == 0)
        return;
    buffer_append_text(out, ",\"x-kubernetes-patch-strategy\":\"");
    if (strategies & API_PATCH_MERGE)
        buffer_append_text(out, "merge");
    if (strategies & API_PATCH_REPLACE)
        buffer_append_text(out, "replace");
    if (strategies & API_PATCH_RETAIN_KEYS)
        buffer_append_text(out, strategies == API_PATCH_RETAIN_KEYS ? "retainKeys" : ",retainKeys");
    buffer_append_char(out, '"');
}

static void write_description(struct str text, struct buffer *out)
{
    if (text.size == 0)
        return;
    buffer_append_text(out, ",\"description\":");
    json_append_string(out, text);
}

static void write_field(struct openapi_writer *writer, const struct api_type *type, const struct api_field *field)
{
    struct buffer *out = writer->out;

    buffer_format(out, "\"%s\":", field->name);
    if (field->shape == API_LIST) {
        buffer_append_text(out, "{\"type\":\"array\",\"items\":");
        write_value(writer, field);
        if (field->value == API_MESSAGE)
            buffer_append_text(out, ",\"default\":{}");
        else if (field->value == API_STRING)
            buffer_append_text(out, ",\"default\":\"\"");
        buffer_append_char(out, '}');
    } else if (field->shape == API_MAP) {
        buffer_append_text(out, "{\"type\":\"object\",\"additionalProperties\":");
        write_value(writer, field);
        if (field->value == API_MESSAGE)
            buffer_append_text(out, ",\"default\":{}");
        else if (field->value == API_STRING)
            buffer_append_text(out, ",\"default\":\"\"");
        buffer_append_char(out, '}');
    } else {
        write_value(writer, field);
    }
    write_description(descriptions_of_field(writer->descriptions, type, field->name), out);
    write_default(field, out);
    write_extensions(field, out);
    buffer_append_char(out, '}');
}

/* Members of embedded messages are members here. */
static void write_fields(struct openapi_writer *writer, const struct api_type *type, bool *first)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE && field->type != NULL) {
            write_fields(writer, field->type, first);
            continue;
        }
        if (field->name == NULL)
            continue;
        if (!*first)
            buffer_append_char(writer->out, ',');
        *first = false;
        write_field(writer, type, field);
    }
}

static void write_required(const struct api_type *type, bool *first, struct buffer *out)
{
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field->flags & API_INLINE && field->type != NULL)
            write_required(field->type, first, out);
        else if (field->name != NULL && field->flags & API_REQUIRED) {
            buffer_format(out, "%s\"%s\"", *first ? ",\"required\":[" : ",", field->name);
            *first = false;
        }
    }
}

void openapi_write_kind(const struct api_kind *kind, struct buffer *out)
{
    buffer_format(out, "{\"group\":\"%s\",\"kind\":\"%s\",\"version\":\"%s\"}", kind->group, kind->kind, kind->version);
}

static void write_kinds(const struct api_type *type, struct buffer *out)
{
    bool first = true;

    for (size_t i = 0; i < api_kind_count; i++) {
        if (api_kinds[i].type != type)
            continue;
        buffer_append_text(out, first ? ",\"x-kubernetes-group-version-kind\":[" : ",");
        first = false;
        openapi_write_kind(&api_kinds[i], out);
    }
    if (!first)
        buffer_append_char(out, ']');
}

static void write_type(struct openapi_writer *writer, const struct api_type *type)
{
    struct buffer *out = writer->out;
    bool first = true;

    buffer_append_char(out, '"');
    write_name(type, out);
    buffer_append_text(out, "\":{");
    if (type->json_form == API_FORM_STRING_LIST) {
        buffer_append_text(out, "\"type\":\"array\",\"items\":{\"type\":\"string\",\"default\":\"\"}}");
        return;
    }
    if (type->json_form != API_FORM_OBJECT) {
        /* An object, or a list, or a boolean. */
        buffer_append_text(out, "\"x-kubernetes-preserve-unknown-fields\":true}");
        return;
    }
    buffer_append_text(out, "\"type\":\"object\"");
    bool any = type->n_fields > 0 || type->type_meta; /* an empty map is not written */
    if (any)
        buffer_append_text(out, ",\"properties\":{");
    if (type->type_meta) {
        buffer_append_text(out, "\"apiVersion\":{\"type\":\"string\"");
        write_description(descriptions_of_field(writer->descriptions, type, "apiVersion"), out);
        buffer_append_text(out, "},\"kind\":{\"type\":\"string\"");
        write_description(descriptions_of_field(writer->descriptions, type, "kind"), out);
        buffer_append_char(out, '}');
        first = false;
    }
    write_fields(writer, type, &first);
    if (any)
        buffer_append_char(out, '}');
    bool none = true;
    write_required(type, &none, out);
    if (!none)
        buffer_append_char(out, ']');
    if (type->atomic)
        buffer_append_text(out, ",\"x-kubernetes-map-type\":\"atomic\"");
    write_kinds(type, out);
    write_description(descriptions_of_type(writer->descriptions, type), out);
    buffer_append_char(out, '}');
}

void openapi_write_schemas(struct openapi_writer *writer)
{
    struct buffer *out = writer->out;

    buffer_append_char(out, '{');
    for (size_t i = 0; i < countof(wellknown); i++)
        buffer_format(out, "%s\"%s\":%s", i > 0 ? "," : "", wellknown[i].name,
                      writer->form == OPENAPI_V2 ? wellknown[i].v2 : wellknown[i].v3);
    openapi_write_custom_schemas(writer);
    /* Writing a type may note more of them. */
    for (size_t i = 0; i < writer->n_types; i++) {
        buffer_append_char(out, ',');
        write_type(writer, writer->types[i]);
    }
    buffer_append_char(out, '}');
}
