/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* versions.c - the versions of a CustomResourceDefinition: schemas, subresources, columns, selectable fields. */
#include <string.h>

#include "api/codec.h"
#include "api/structural/path.h"
#include "api/validation/apiextensions/definition.h"
#include "codec/json.h"

#define SELECTABLE_FIELDS_MAX   8
#define DEPRECATION_WARNING_MAX 256

typedef struct api_apiextensions_custom_resource_subresources subresources_type;
typedef struct api_apiextensions_custom_resource_column_definition column_type;
typedef struct api_apiextensions_selectable_field selectable_field;

const schema_props *definition_schema(const definition_version *version)
{
    return version->schema != NULL ? version->schema->open_apiv3_schema : NULL;
}

static bool equal_pointers(const struct api_type *type, const void *a, const void *b)
{
    return a == b || (a != NULL && b != NULL && api_equal(type, a, b));
}

static bool equal_columns(const definition_version *a, const definition_version *b)
{
    if (a->n_additional_printer_columns != b->n_additional_printer_columns)
        return false;
    for (size_t i = 0; i < a->n_additional_printer_columns; i++)
        if (!api_equal(&api_type_apiextensions_custom_resource_column_definition, &a->additional_printer_columns[i],
                       &b->additional_printer_columns[i]))
            return false;
    return true;
}

static bool equal_selectable_fields(const definition_version *a, const definition_version *b)
{
    if (a->n_selectable_fields != b->n_selectable_fields)
        return false;
    for (size_t i = 0; i < a->n_selectable_fields; i++)
        if (!text_equal(a->selectable_fields[i].json_path, b->selectable_fields[i].json_path))
            return false;
    return true;
}

struct definition_shared definition_shared_of(const definition_spec *spec)
{
    struct definition_shared shared = { true, true, true, true };
    for (size_t i = 1; i < spec->n_versions; i++) {
        const definition_version *first = &spec->versions[0], *one = &spec->versions[i];
        shared.schema = shared.schema &&
                        equal_pointers(&api_type_apiextensions_custom_resource_validation, first->schema, one->schema);
        shared.subresources =
            shared.subresources && equal_pointers(&api_type_apiextensions_custom_resource_subresources,
                                                  first->subresources, one->subresources);
        shared.columns = shared.columns && equal_columns(first, one);
        shared.selectable_fields = shared.selectable_fields && equal_selectable_fields(first, one);
    }
    return shared;
}

static void check_deprecation(const definition_version *version, const struct field_at *at, struct api_invalid *errors)
{
    const char *warning = version->deprecation_warning;
    if (warning == NULL)
        return;
    if (!version->deprecated) {
        invalid_string(errors, at, warning, "can only be set for deprecated versions");
        return;
    }
    if (strlen(warning) > DEPRECATION_WARNING_MAX)
        invalid_string(errors, at, warning, "must be <= 256 characters long");
    if (warning[0] == '\0')
        invalid_string(errors, at, warning, "must not be an empty string");
    for (size_t i = 0; warning[i] != '\0'; i++)
        if ((unsigned char)warning[i] < 0x20 || warning[i] == 0x7f) {
            invalid_string(errors, at, warning,
                           "must only contain printable UTF-8 characters; non-printable character found at index %zu",
                           i);
            break;
        }
}

/* .a.b; false when an error was added. */
static bool check_simple_path(const char *path, const struct field_at *at, struct api_invalid *errors)
{
    if (path[0] == '.')
        return true;
    invalid_string(errors, at, path, "must be a simple json path starting with .");
    return false;
}

static void check_replicas_path(const char *path, const char *below, const char *name,
                                const struct field_at *subresources, struct api_invalid *errors)
{
    const struct field_at *at = at_field(subresources, name);
    if (text_empty(path)) {
        invalid_missing(errors, at);
        return;
    }
    size_t size = strlen(below);
    if (check_simple_path(path, at, errors) && (strncmp(path, below, size) != 0 || path[size] != '.'))
        invalid_string(errors, at, path, "should be a json path under %s", below);
}

static void check_subresources(const subresources_type *subresources, const struct field_at *at,
                               struct api_invalid *errors)
{
    if (subresources == NULL || subresources->scale == NULL)
        return;
    const struct api_apiextensions_custom_resource_subresource_scale *scale = subresources->scale;
    check_replicas_path(scale->spec_replicas_path, ".spec", "scale.specReplicasPath", at, errors);
    check_replicas_path(scale->status_replicas_path, ".status", "scale.statusReplicasPath", at, errors);
    const char *selector = scale->label_selector_path;
    const struct field_at *selector_at = at_field(at, "scale.labelSelectorPath");
    if (text_empty(selector) || !check_simple_path(selector, selector_at, errors))
        return;
    if (!str_starts(str_of(selector), STR(".spec.")) && !str_starts(str_of(selector), STR(".status.")))
        invalid_string(errors, selector_at, selector, "should be a json path under either .spec or .status");
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (size_t i = 0; list[i] != NULL; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static void check_column(const column_type *column, const struct field_at *at, struct api_invalid *errors)
{
    static const char *const types[] = { "integer", "number", "string", "boolean", "date", NULL };
    static const char *const formats[] = { "int32", "int64",     "float",    "double", "byte",
                                           "date",  "date-time", "password", NULL };
    static const char must_type[] = "must be one of boolean,date,integer,number,string";
    if (text_empty(column->name))
        invalid_missing(errors, at_field(at, "name"));
    if (text_empty(column->type))
        invalid_required(errors, at_field(at, "type"), must_type);
    else if (!is_one_of(column->type, types))
        invalid_string(errors, at_field(at, "type"), column->type, must_type);
    if (!text_empty(column->format) && !is_one_of(column->format, formats))
        invalid_string(errors, at_field(at, "format"), column->format,
                       "must be one of byte,date,date-time,double,float,int32,int64,password");
    if (text_empty(column->json_path))
        invalid_missing(errors, at_field(at, "JSONPath"));
    else
        check_simple_path(column->json_path, at_field(at, "JSONPath"), errors);
}

static void check_columns(const definition_version *version, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < version->n_additional_printer_columns; i++)
        check_column(&version->additional_printer_columns[i], at_index(at_field(at, "additionalPrinterColumns"), i),
                     errors);
}

/* The path as it is written otherwise; NULL after an error, and for one that is there already. */
static const char *check_selectable(const selectable_field *field, const struct structural_node *node,
                                    struct arena *arena, const struct field_at *at, struct api_invalid *errors)
{
    struct structural_path path;
    struct error problem = { 0 };
    const char *text = text_or_empty(field->json_path);
    if (text[0] == '\0') {
        invalid_missing(errors, at);
        return NULL;
    }
    if (structural_path_resolve(node, str_of(text), false, arena, &path, &problem) < 0) {
        invalid_string(errors, at, text, "is an invalid path: %s", problem.message);
        return NULL;
    }
    if (path.count > 0 && str_is(path.steps[0].name, "metadata"))
        invalid_string(errors, at, text, "must not point to fields in metadata");
    uint8_t type = path.node->type;
    if (type != STRUCTURAL_STRING && type != STRUCTURAL_BOOLEAN && type != STRUCTURAL_INTEGER)
        invalid_string(errors, at, text,
                       "must point to a field of type string, boolean or integer. Enum string fields and strings with "
                       "formats are allowed.");
    auto_buffer struct buffer canonical = { 0 };
    structural_path_format(&path, &canonical);
    return arena_strdup(arena, text_or_empty(canonical.data));
}

static void check_selectable_fields(const definition_version *version, const struct structural_node *node,
                                    bool too_many_tolerated, const struct field_at *at, struct api_invalid *errors)
{
    auto_arena struct arena arena = { 0 };
    const char **seen = arena_new_array(&arena, const char *, version->n_selectable_fields + 1);
    size_t distinct = 0;
    for (size_t i = 0; i < version->n_selectable_fields; i++) {
        const struct field_at *path_at = at_field(at_index(at, i), "jsonPath");
        const char *path = check_selectable(&version->selectable_fields[i], node, &arena, path_at, errors);
        if (path == NULL)
            continue;
        if (is_one_of(path, seen))
            invalid_duplicate(errors, path_at, version->selectable_fields[i].json_path);
        else
            seen[distinct++] = path;
    }
    if (distinct > SELECTABLE_FIELDS_MAX && !too_many_tolerated)
        invalid_too_many(errors, at, distinct, SELECTABLE_FIELDS_MAX);
}

/* Whether the stored definition had too many already, the same. */
static bool had_too_many(const definition_version *version, const struct definition_rules *rules)
{
    for (size_t i = 0; rules->old != NULL && i < rules->old->spec.n_versions; i++) {
        const definition_version *old = &rules->old->spec.versions[i];
        if (text_equal(old->name, version->name))
            return old->n_selectable_fields > SELECTABLE_FIELDS_MAX && equal_selectable_fields(old, version);
    }
    return false;
}

static void check_selectable_part(const definition_version *version, const struct definition_rules *rules,
                                  const char *without_schema, const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *fields = at_field(at, "selectableFields");
    const schema_props *schema = definition_schema(version);
    struct error problem = { 0 };
    struct structural *compiled = NULL;
    if (version->n_selectable_fields == 0)
        return;
    if (schema == NULL || without_schema != NULL) {
        invalid_string(errors, fields, "", "%s",
                       without_schema != NULL
                           ? without_schema
                           : "may only be set when `version.schema.openAPIV3Schema` is not included");
        return;
    }
    if (structural_create(schema, &compiled, &problem) < 0) {
        invalid_string(errors, at_field(at, "schema.openAPIV3Schema"), "", "%s", problem.message);
        return;
    }
    check_selectable_fields(version, structural_root(compiled), had_too_many(version, rules), fields, errors);
    structural_unref(compiled);
}

static bool has_status(const definition_version *version)
{
    return version->subresources != NULL && version->subresources->status != NULL;
}

static void check_version(const definition_version *version, const struct definition_shared *shared,
                          const struct definition_rules *rules, const struct field_at *at, struct api_invalid *errors)
{
    validate_joined(version->name, format_dns1035_label, "", at_field(at, "name"), errors);
    check_deprecation(version, at_field(at, "deprecationWarning"), errors);
    if (!shared->schema && definition_schema(version) != NULL)
        validate_schema(definition_schema(version), has_status(version), rules, at_field(at, "schema"), errors);
    if (!shared->subresources)
        check_subresources(version->subresources, at_field(at, "subresources"), errors);
    if (!shared->columns)
        check_columns(version, at, errors);
    if (!shared->selectable_fields)
        check_selectable_part(version, rules, NULL, at, errors);
}

/* The versions as upstream shows them, with what is shared taken out. */
static void show_versions(const definition_spec *spec, struct buffer *out)
{
    buffer_append_text(out, spec->versions == NULL ? "null" : "[");
    for (size_t i = 0; i < spec->n_versions; i++) {
        const definition_version *version = &spec->versions[i];
        buffer_append_text(out, i > 0 ? ",{\"Name\":" : "{\"Name\":");
        json_append_string(out, str_of(text_or_empty(version->name)));
        buffer_format(out, ",\"Served\":%s,\"Storage\":%s,\"Deprecated\":%s,\"DeprecationWarning\":",
                      version->served ? "true" : "false", version->storage ? "true" : "false",
                      version->deprecated ? "true" : "false");
        if (version->deprecation_warning != NULL)
            json_append_string(out, str_of(version->deprecation_warning));
        else
            buffer_append_text(out, "null");
        buffer_append_text(out, ",\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,"
                                "\"SelectableFields\":null}");
    }
    if (spec->versions != NULL)
        buffer_append_char(out, ']');
}

static void require_schemas(const definition_spec *spec, const struct definition_rules *rules,
                            const struct field_at *versions, struct api_invalid *errors)
{
    for (size_t i = 0; i < spec->n_versions; i++) {
        if (definition_schema(&spec->versions[i]) != NULL)
            continue;
        const struct field_at *at = at_field(at_field(at_index(versions, i), "schema"), "openAPIV3Schema");
        if (rules->schemas)
            invalid_missing(errors, at);
        else if (!spec->preserve_unknown_fields && spec->versions[i].served)
            invalid_required(errors, at, "because otherwise all fields are pruned");
    }
}

/* Defaults and extensions need structural schemas even where old definitions had others. */
static void tighten(const definition_spec *spec, struct definition_rules *rules, const struct field_at *at,
                    struct api_invalid *errors)
{
    bool defaults = false, extensions = false;
    for (size_t i = 0; i < spec->n_versions; i++) {
        const schema_props *schema = definition_schema(&spec->versions[i]);
        defaults = defaults || schema_has_defaults(schema);
        extensions = extensions || schema_has_extensions(schema);
    }
    rules->structure = rules->structure || !spec->preserve_unknown_fields || defaults || extensions;
    if (defaults && spec->preserve_unknown_fields)
        invalid_raw(errors, at_field(at, "preserveUnknownFields"), "true",
                    "must be false in order to use defaults in the schema");
}

void validate_definition_versions(const definition_spec *spec, const struct definition_rules *rules,
                                  const struct field_at *at, struct api_invalid *errors)
{
    const struct field_at *versions = at_field(at, "versions");
    struct definition_shared shared = definition_shared_of(spec);
    struct definition_rules now = *rules;
    size_t storage = 0;
    bool unique = true;
    require_schemas(spec, rules, versions, errors);
    tighten(spec, &now, at, errors);
    for (size_t i = 0; i < spec->n_versions; i++) {
        storage += spec->versions[i].storage;
        for (size_t k = 0; k < i; k++)
            unique = unique && !text_equal(spec->versions[i].name, spec->versions[k].name);
        check_version(&spec->versions[i], &shared, &now, at_index(versions, i), errors);
    }
    if (unique && storage == 1)
        return;
    auto_buffer struct buffer shown = { 0 };
    show_versions(spec, &shown);
    if (!unique)
        invalid_raw(errors, versions, shown.data, "must contain unique version names");
    if (storage != 1)
        invalid_raw(errors, versions, shown.data, "must have exactly one version marked as storage version");
}

void validate_definition_shared(const definition_spec *spec, const struct definition_rules *rules,
                                const struct field_at *at, struct api_invalid *errors)
{
    struct definition_shared shared = definition_shared_of(spec);
    struct definition_rules now = *rules;
    if (spec->n_versions == 0)
        return;
    const definition_version *first = &spec->versions[0];
    auto_invalid struct api_invalid said_before = { 0 };
    tighten(spec, &now, at, &said_before);
    bool status = false;
    for (size_t i = 0; i < spec->n_versions; i++)
        status = status || has_status(&spec->versions[i]);
    if (shared.schema && definition_schema(first) != NULL)
        validate_schema(definition_schema(first), status, &now, at_field(at, "validation"), errors);
    if (shared.subresources)
        check_subresources(first->subresources, at_field(at, "subresources"), errors);
    if (shared.columns)
        check_columns(first, at, errors);
    if (shared.selectable_fields)
        check_selectable_part(first, rules,
                              shared.schema && definition_schema(first) != NULL
                                  ? NULL
                                  : "may only be set when validations.schema is included",
                              at, errors);
}
