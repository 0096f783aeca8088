/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition.c - CustomResourceDefinitions: names, scope, stored versions, what must not change. */
#include "api/validation/apiextensions/definition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/codec.h"
#include "api/validation/kind_rules.h"
#include "codec/json.h"

typedef struct api_apiextensions_custom_resource_definition_names definition_names;

#define APPROVED  "api-approved.kubernetes.io"
#define LOWER_MAX 256

void validate_joined(const char *value, format_check *check, const char *prefix, const struct field_at *at,
                     struct api_invalid *errors)
{
    struct format_errors found = { .count = 0 };
    char why[1024] = "";
    size_t used = 0;
    check(str_of(text_or_empty(value)), &found);
    for (size_t i = 0; i < found.count && used < sizeof(why); i++)
        used += (size_t)snprintf(why + used, sizeof(why) - used, "%s%s", i > 0 ? "," : "", found.texts[i]);
    if (found.count > 0)
        invalid_string(errors, at, value, "%s%s", prefix, why);
}

static void check_kind_label(struct str value, struct format_errors *errors)
{
    char lower[LOWER_MAX];
    size_t size = value.size < sizeof(lower) ? value.size : sizeof(lower);
    for (size_t i = 0; i < size; i++)
        lower[i] = (char)tolower((unsigned char)value.data[i]);
    format_dns1035_label((struct str){ lower, size }, errors);
}

static void check_labels(const char **labels, size_t count, const struct field_at *at, struct api_invalid *errors)
{
    for (size_t i = 0; i < count; i++)
        validate_joined(labels[i], format_dns1035_label, "", at_index(at, i), errors);
}

static void check_names(const definition_names *names, const struct field_at *at, struct api_invalid *errors)
{
    static const char mixed[] = "may have mixed case, but should otherwise match: ";
    if (!text_empty(names->plural))
        validate_joined(names->plural, format_dns1035_label, "", at_field(at, "plural"), errors);
    if (!text_empty(names->singular))
        validate_joined(names->singular, format_dns1035_label, "", at_field(at, "singular"), errors);
    if (!text_empty(names->kind))
        validate_joined(names->kind, check_kind_label, mixed, at_field(at, "kind"), errors);
    if (!text_empty(names->list_kind))
        validate_joined(names->list_kind, check_kind_label, mixed, at_field(at, "listKind"), errors);
    check_labels(names->short_names, names->n_short_names, at_field(at, "shortNames"), errors);
    if (!text_empty(names->kind) && text_equal(names->kind, names->list_kind))
        invalid_string(errors, at_field(at, "listKind"), names->list_kind, "kind and listKind may not be the same");
    check_labels(names->categories, names->n_categories, at_field(at, "categories"), errors);
}

static void require_names(const definition_names *names, const struct field_at *at, struct api_invalid *errors)
{
    const struct {
        const char *name, *value;
    } rows[] = { { "plural", names->plural },
                 { "singular", names->singular },
                 { "kind", names->kind },
                 { "listKind", names->list_kind } };
    for (size_t i = 0; i < countof(rows); i++)
        if (text_empty(rows[i].value))
            invalid_missing(errors, at_field(at, rows[i].name));
}

static void check_group(const char *group, const struct field_at *at, struct api_invalid *errors)
{
    size_t before = errors->count;
    if (text_empty(group)) {
        invalid_missing(errors, at);
        return;
    }
    validate_joined(group, format_dns1123_subdomain, "", at, errors);
    if (errors->count == before && strchr(group, '.') == NULL)
        invalid_string(errors, at, group, "should be a domain with at least one dot");
}

static void check_spec(const definition_spec *spec, struct definition_rules rules, struct api_invalid *errors)
{
    static const char *const scopes[] = { "Cluster", "Namespaced", NULL };
    const struct field_at *at = at_field(NULL, "spec");
    check_group(spec->group, at_field(at, "group"), errors);
    invalid_one_of(errors, at_field(at, "scope"), spec->scope, scopes, true);
    validate_definition_versions(spec, &rules, at, errors);
    require_names(&spec->names, at_field(at, "names"), errors);
    check_names(&spec->names, at_field(at, "names"), errors);
    validate_definition_shared(spec, &rules, at, errors);
    validate_definition_conversion(spec, &rules, at, errors);
}

/* ["v1","v2"] */
static void show_texts(const char **texts, size_t count, struct buffer *out)
{
    buffer_append_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        json_append_string(out, str_of(texts[i]));
    }
    buffer_append_char(out, ']');
}

static const definition_version *find_version(const definition_spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_versions; i++)
        if (text_equal(spec->versions[i].name, name))
            return &spec->versions[i];
    return NULL;
}

static bool has_text(const char **texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(texts[i], text))
            return true;
    return false;
}

static void check_stored_versions(const definition_type *definition, struct api_invalid *errors)
{
    const struct api_apiextensions_custom_resource_definition_status *status = &definition->status;
    const struct field_at *at = at_field(at_field(NULL, "status"), "storedVersions");
    auto_buffer struct buffer shown = { 0 };
    show_texts(status->stored_versions, status->n_stored_versions, &shown);
    if (status->n_stored_versions == 0) {
        invalid_raw(errors, at, status->stored_versions == NULL ? "null" : "[]",
                    "must have at least one stored version");
        return;
    }
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        const definition_version *version = &definition->spec.versions[i];
        if (version->storage && !has_text(status->stored_versions, status->n_stored_versions, version->name))
            invalid_raw(errors, at, shown.data, "must have the storage version %s", text_or_empty(version->name));
    }
    for (size_t i = 0; i < status->n_stored_versions; i++) {
        const char *name = status->stored_versions[i];
        if (find_version(&definition->spec, name) == NULL &&
            !has_text(status->stored_versions + i + 1, status->n_stored_versions - i - 1, name))
            invalid_string(
                errors, at_index(at, i), name,
                "missing from spec.versions; %s was previously a storage version, and must remain in "
                "spec.versions until a storage migration ensures no data remains persisted in %s and removes "
                "%s from status.storedVersions",
                name, name, name);
    }
}

static void check_status(const definition_type *definition, struct api_invalid *errors)
{
    check_names(&definition->status.accepted_names, at_field(at_field(NULL, "status"), "acceptedNames"), errors);
}

enum approval { APPROVAL_INVALID, APPROVAL_GIVEN, APPROVAL_BYPASSED, APPROVAL_MISSING };

static const char *annotation_of(const definition_type *definition, const char *key)
{
    for (size_t i = 0; i < definition->metadata.n_annotations; i++)
        if (strcmp(definition->metadata.annotations[i].key, key) == 0)
            return definition->metadata.annotations[i].value;
    return NULL;
}

static enum approval approval_of(const char *text)
{
    if (text_empty(text))
        return APPROVAL_MISSING;
    if (str_starts(str_of(text), STR("unapproved")))
        return APPROVAL_BYPASSED;
    const char *colon = strstr(text, "://");
    bool host = colon != NULL && colon != text && colon[3] != '\0' && colon[3] != '/';
    for (const char *c = text; c != colon && *c != '\0'; c++)
        host = host && (isalnum((unsigned char)*c) || strchr("+-.", *c) != NULL);
    for (const char *c = text; *c != '\0'; c++)
        host = host && (unsigned char)*c > 0x20 && *c != 0x7f;
    return host ? APPROVAL_GIVEN : APPROVAL_INVALID;
}

/* Groups of the community's own need a word of its reviewers. */
static void check_approval(const definition_type *definition, const definition_type *old, struct api_invalid *errors)
{
    struct str group = str_of(text_or_empty(definition->spec.group));
    const struct field_at *at = at_key(at_field(at_field(NULL, "metadata"), "annotations"), APPROVED);
    if (!str_is(group, "k8s.io") && !str_ends(group, STR(".k8s.io")) && !str_is(group, "kubernetes.io") &&
        !str_ends(group, STR(".kubernetes.io")))
        return;
    const char *text = annotation_of(definition, APPROVED);
    enum approval approval = approval_of(text);
    if (old != NULL && approval_of(annotation_of(old, APPROVED)) == approval)
        return;
    static const char see[] = "see https://github.com/kubernetes/enhancements/pull/1111";
    if (approval == APPROVAL_MISSING)
        invalid_required(errors, at, "protected groups must have approval annotation \"" APPROVED "\", %s", see);
    else if (approval == APPROVAL_INVALID)
        invalid_string(errors, at, text,
                       "protected groups must have approval annotation \"" APPROVED
                       "\" with either a URL or a reason starting with \"unapproved\", %s",
                       see);
}

static void check_preserve(const definition_type *definition, const definition_type *old, struct api_invalid *errors)
{
    if (definition->spec.preserve_unknown_fields && (old == NULL || !old->spec.preserve_unknown_fields))
        invalid_raw(errors, at_field(at_field(NULL, "spec"), "preserveUnknownFields"), "true",
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema "
                    "instead");
}

static void check_rest(const definition_type *definition, const definition_type *old, struct api_invalid *errors)
{
    check_status(definition, errors);
    check_stored_versions(definition, errors);
    check_approval(definition, old, errors);
    check_preserve(definition, old, errors);
}

void validate_custom_resource_definition_create(const void *object, struct api_invalid *errors)
{
    const definition_type *definition = object;
    auto_buffer struct buffer name = { 0 };
    buffer_format(&name, "%s.%s", text_or_empty(definition->spec.names.plural), text_or_empty(definition->spec.group));
    if (!text_equal(definition->metadata.name, name.data))
        invalid_string(errors, at_field(at_field(NULL, "metadata"), "name"), definition->metadata.name,
                       "must be spec.names.plural+\".\"+spec.group");
    check_spec(&definition->spec, definition_rules_of(NULL), errors);
    check_rest(definition, NULL, errors);
}

void validate_custom_resource_definition_update(const void *object, const void *stored, struct api_invalid *errors)
{
    const definition_type *definition = object, *old = stored;
    const struct field_at *at = at_field(NULL, "spec"), *names = at_field(at, "names");
    struct definition_rules rules = definition_rules_of(old);
    check_spec(&definition->spec, rules, errors);
    if (rules.immutable_names) {
        validate_immutable_string(definition->spec.scope, old->spec.scope, at_field(at, "scope"), errors);
        validate_immutable_string(definition->spec.names.kind, old->spec.names.kind, at_field(names, "kind"), errors);
    }
    validate_immutable_string(definition->spec.group, old->spec.group, at_field(at, "group"), errors);
    validate_immutable_string(definition->spec.names.plural, old->spec.names.plural, at_field(names, "plural"), errors);
    check_rest(definition, old, errors);
}

void validate_custom_resource_definition_status(const void *object, const void *old, struct api_invalid *errors)
{
    (void)old;
    check_status(object, errors);
}

static bool has_condition(const definition_type *definition, const char *type)
{
    for (size_t i = 0; i < definition->status.n_conditions; i++)
        if (text_equal(definition->status.conditions[i].type, type))
            return text_equal(definition->status.conditions[i].status, "True");
    return false;
}

typedef bool schema_question(const schema_props *schema);

static bool any_schema(const definition_spec *spec, schema_question *question)
{
    for (size_t i = 0; i < spec->n_versions; i++) {
        const schema_props *schema = definition_schema(&spec->versions[i]);
        if (schema != NULL && question(schema))
            return true;
    }
    return false;
}

static bool is_not_structural(const schema_props *schema)
{
    return !schema_is_structural(schema);
}

static bool all_have_schemas(const definition_spec *spec)
{
    for (size_t i = 0; i < spec->n_versions; i++)
        if (definition_schema(&spec->versions[i]) == NULL)
            return false;
    return true;
}

struct definition_rules definition_rules_of(const definition_type *old)
{
    struct definition_rules rules = { .known_review_version = true,
                                      .schemas = true,
                                      .types = true,
                                      .structure = true,
                                      .pruned_defaults = true,
                                      .atomic_sets = true,
                                      .list_keys = true };
    if (old == NULL)
        return rules;
    bool established = has_condition(old, "Established");
    const definition_spec *spec = &old->spec;
    rules.old = old;
    rules.known_review_version = spec->conversion == NULL || conversion_has_known_review_version(spec->conversion);
    rules.immutable_names = established;
    rules.schemas = all_have_schemas(spec);
    rules.types = !any_schema(spec, schema_has_bad_types);
    rules.structure = !any_schema(spec, is_not_structural);
    rules.pruned_defaults = !any_schema(spec, schema_has_unpruned_defaults);
    rules.atomic_sets = !any_schema(spec, schema_has_granular_sets);
    rules.list_keys = !any_schema(spec, schema_has_loose_keys);
    rules.ca_bundle = established && !conversion_has_bad_ca_bundle(spec->conversion);
    return rules;
}
