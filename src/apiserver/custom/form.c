/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/form.h"

#include <stdlib.h>

#include "api/codec.h"
#include "api/custom/custom_resource.h"
#include "apiserver/rules/rules.h"
#include "base/memory.h"
#include "base/text/base64.h"
#include "crypto/digest.h"
#include "generated/types.h"

static const char *warning_of(struct custom_form *form,
                              const struct api_apiextensions_custom_resource_definition_version *version)
{
    if (!version->deprecated)
        return NULL;
    if (!text_empty(version->deprecation_warning))
        return version->deprecation_warning;
    const struct api_apiextensions_custom_resource_definition_spec *spec = &form->definition->spec;
    return arena_format(&form->arena, "%s/%s %s is deprecated", spec->group, version->name, spec->names.kind);
}

int32_t custom_scale_number(const struct json_path *path, yyjson_val *root)
{
    int64_t number = 0;
    yyjson_val *value = path == NULL ? NULL : json_path_find(path, root);
    struct str text = { yyjson_get_raw(value), yyjson_get_len(value) };
    return yyjson_is_raw(value) && str_to_int64(text, &number) && number >= INT32_MIN && number <= INT32_MAX
               ? (int32_t)number
               : 0;
}

static const struct json_path *path_of(struct custom_form *form, const char *text)
{
    const struct json_path *path;
    return text_empty(text) || json_path_compile(text, &form->arena, &path, NULL) < 0 ? NULL : path;
}

static const struct custom_scale *scale_of(struct custom_form *form,
                                           const struct api_apiextensions_custom_resource_definition_version *version)
{
    if (version->subresources == NULL || version->subresources->scale == NULL)
        return NULL;
    const struct api_apiextensions_custom_resource_subresource_scale *paths = version->subresources->scale;
    struct custom_scale *scale = arena_new(&form->arena, struct custom_scale);
    scale->spec_replicas = path_of(form, paths->spec_replicas_path);
    scale->status_replicas = path_of(form, paths->status_replicas_path);
    scale->selector = path_of(form, paths->label_selector_path);
    return scale;
}

static int compile(struct custom_form *form, struct custom_version *custom, struct error *err)
{
    const struct api_apiextensions_custom_resource_validation *schema = custom->version->schema;
    struct structural *compiled = NULL;
    if (schema == NULL || schema->open_apiv3_schema == NULL)
        return 0;
    int rc = structural_create(schema->open_apiv3_schema, &compiled, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "schema of version %s", custom->version->name);
    (void)form;
    custom->schema = compiled;
    custom->rules = rule_set_create(compiled);
    return 0;
}

/* By which clients see that the storage version has changed: the beginning of a digest of group, version and kind. */
static const char *storage_hash(struct custom_form *form)
{
    const struct api_apiextensions_custom_resource_definition *definition = form->definition;
    auto_buffer struct buffer text = { 0 };
    uint8_t digest[DIGEST_SHA256_SIZE];
    const char *stored = "";
    for (size_t i = 0; i < definition->spec.n_versions; i++)
        if (definition->spec.versions[i].storage)
            stored = definition->spec.versions[i].name;
    digest_sha256(str_of(arena_format(&form->arena, "%s/%s/%s", definition->spec.group, stored,
                                      definition->status.accepted_names.kind)),
                  digest);
    base64_encode((struct str){ (const char *)digest, 8 }, &text);
    return arena_str(&form->arena, buffer_str(&text)).data;
}

static int fill(struct custom_form *form, struct error *err)
{
    const struct api_apiextensions_custom_resource_definition *definition = form->definition;
    form->versions = arena_new_array(&form->arena, struct custom_version, definition->spec.n_versions + 1);
    const char *hash = storage_hash(form);
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        struct custom_version *custom = &form->versions[form->n_versions++];
        custom->version = &definition->spec.versions[i];
        custom->resource = custom_resource_create(definition, custom->version, hash);
        custom->columns = custom_columns_create(custom->version, &form->arena);
        custom->scale = scale_of(form, custom->version);
        custom->warning = warning_of(form, custom->version);
        if (custom->version->storage)
            form->stored = custom;
        int rc = compile(form, custom, err);
        if (rc < 0)
            return rc;
    }
    if (form->stored == NULL)
        return error_set(err, ERROR_INVALID, "no version is the storage version");
    return 0;
}

int custom_form_create(const struct object *definition, struct custom_form **ret_form, struct error *err)
{
    struct custom_form *form = memory_new(struct custom_form);
    ref_init(&form->references);
    form->object = object_ref(definition);
    form->definition = api_apiextensions_custom_resource_definition_of(definition);
    const struct api_apiextensions_custom_resource_conversion *conversion = form->definition->spec.conversion;
    form->converts = conversion != NULL && text_equal(conversion->strategy, "Webhook");
    int rc = fill(form, err);
    if (rc < 0) {
        custom_form_unref(form);
        return rc;
    }
    *ret_form = form;
    return 0;
}

struct custom_form *custom_form_ref(struct custom_form *form)
{
    ref_get(&form->references);
    return form;
}

void custom_form_unref(struct custom_form *form)
{
    if (form == NULL || !ref_put(&form->references))
        return;
    for (size_t i = 0; i < form->n_versions; i++) {
        api_resource_unref(form->versions[i].resource);
        rule_set_destroy(form->versions[i].rules);
        structural_unref(form->versions[i].schema);
    }
    object_unref(form->object);
    arena_fini(&form->arena);
    free(form);
}

const struct custom_version *custom_form_version(const struct custom_form *form, struct str api_version)
{
    struct str group = str_of(form->definition->spec.group);
    if (!str_starts(api_version, group) || api_version.size <= group.size || api_version.data[group.size] != '/')
        return NULL;
    struct str name = str_skip(api_version, group.size + 1);
    for (size_t i = 0; i < form->n_versions; i++)
        if (str_is(name, form->versions[i].version->name))
            return &form->versions[i];
    return NULL;
}

bool custom_definitions_alike(const struct object *a, const struct object *b)
{
    const struct api_apiextensions_custom_resource_definition *x = api_apiextensions_custom_resource_definition_of(a);
    const struct api_apiextensions_custom_resource_definition *y = api_apiextensions_custom_resource_definition_of(b);
    return text_equal(object_uid(a), object_uid(b)) &&
           api_equal(&api_type_apiextensions_custom_resource_definition_names, &x->status.accepted_names,
                     &y->status.accepted_names) &&
           api_equal(&api_type_apiextensions_custom_resource_definition_spec, &x->spec, &y->spec);
}

bool custom_condition_true(const struct api_apiextensions_custom_resource_definition *definition, const char *type)
{
    for (size_t i = 0; i < definition->status.n_conditions; i++)
        if (text_equal(definition->status.conditions[i].type, type))
            return text_equal(definition->status.conditions[i].status, "True");
    return false;
}
