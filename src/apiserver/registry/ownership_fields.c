/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What about a kind ownership depends on: fields that a write cannot change, and its other versions. */
#include <string.h>

#include "api/codec.h"
#include "api/structural/apply.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/ownership_internal.h"

/* Fields reset --------------------------------------------------------------------------------------- */

#define PATHS_MAX 4

/* Beside the rule that an object's own writes do not change the status, and those through /status not the spec. */
static const struct reset {
    const char *group, *kind, *subresource;
    const char *paths[PATHS_MAX]; /* parts parted by dots */
} resets[] = {
    { "", "Pod", "status", { "metadata.deletionTimestamp", "metadata.ownerReferences", "spec" } },
    { "", "Namespace", "finalize", { "status" } },
    { "apps", "Deployment", "status", { "metadata.labels", "spec" } },
    { "certificates.k8s.io", "CertificateSigningRequest", "", { "spec", "status" } },
    { "certificates.k8s.io", "CertificateSigningRequest", "status", { "spec", "status.conditions" } },
    { "certificates.k8s.io", "CertificateSigningRequest", "approval", { "spec", "status.certificate" } },
    { "flowcontrol.apiserver.k8s.io", "FlowSchema", "status", { "metadata", "spec" } },
    { "flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration", "status", { "metadata", "spec" } },
    { "networking.k8s.io", "ServiceCIDR", "status", { "metadata", "spec" } },
    { "resource.k8s.io", "ResourceClaim", "status", { "metadata", "spec" } },
    { "storage.k8s.io", "VolumeAttachment", "status", { "metadata", "spec" } },
    { "admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "status", { "metadata", "spec" } },
    { "apiextensions.k8s.io", "CustomResourceDefinition", "status", { "metadata", "spec" } },
    { "apiregistration.k8s.io", "APIService", "status", { "metadata", "spec" } },
};

static const struct field_set *set_of(const char *const *paths, size_t count, struct arena *arena)
{
    const struct field_set *set = NULL;
    for (size_t i = 0; i < count && paths[i] != NULL; i++) {
        const char *parts[2] = { paths[i], NULL };
        const char *dot = strchr(paths[i], '.');
        if (dot != NULL) {
            parts[0] = arena_strndup(arena, paths[i], (size_t)(dot - paths[i]));
            parts[1] = dot + 1;
        }
        set = field_set_union(set, field_set_of_path(parts, dot != NULL ? 2 : 1, arena), arena);
    }
    return set;
}

const struct field_set *ownership_ignored(const struct registry *registry, const char *subresource, struct arena *arena)
{
    static const char *const spec[] = { "spec", "metadata" }, *const status[] = { "status" };
    const struct api_kind *kind = registry->resource->kind;
    for (size_t i = 0; i < countof(resets); i++) {
        const struct reset *reset = &resets[i];
        if (strcmp(reset->kind, kind->kind) == 0 && strcmp(reset->group, kind->group) == 0 &&
            strcmp(reset->subresource, subresource) == 0)
            return set_of(reset->paths, PATHS_MAX, arena);
    }
    if (!(registry->resource->flags & API_STATUS))
        return NULL;
    if (subresource[0] == '\0')
        return set_of(status, 1, arena);
    return strcmp(subresource, "status") == 0 ? set_of(spec, registry->custom ? 2 : 1, arena) : NULL;
}

/* Versions ------------------------------------------------------------------------------------------- */

/* The resource that serves the same objects in that version. */
static const struct api_resource *served_in(const struct api_resource *resource, const char *api_version)
{
    char version[256];
    for (size_t i = 0; i < api_resource_count; i++) {
        const struct api_resource *other = &api_resources[i];
        if (other == resource || !text_equal(other->storage_prefix, resource->storage_prefix))
            continue;
        api_kind_version(other->kind, version, sizeof(version));
        if (strcmp(version, api_version) == 0)
            return other;
    }
    return NULL;
}

static const void *to_stored(const struct api_resource *resource, const void *value, struct arena *arena)
{
    const struct conversion *conversion = conversion_of(resource);
    if (conversion == NULL)
        return value;
    void *stored = arena_zalloc(arena, conversion->stored->kind->type->size);
    conversion->to_stored(value, stored, arena);
    return stored;
}

static const void *to_served(const struct api_resource *resource, const void *value, struct arena *arena)
{
    const struct conversion *conversion = conversion_of(resource);
    if (conversion == NULL)
        return value;
    void *served = arena_zalloc(arena, resource->kind->type->size);
    conversion->to_served(value, served, arena);
    return served;
}

/* Versions of a custom resource differ by name, and in what their schemas say. Where a webhook converts, the fields that have
 * the same names are still right, and no entry is lost. */
static int convert_custom(const struct registry *registry, struct str json, const char *to, struct arena *arena,
                          struct apply_place *ret_root, yyjson_val **ret_document, struct error *err)
{
    const struct custom_form *form = custom_registry_of(registry)->form;
    const struct custom_version *version = custom_form_version(form, str_of(to));
    if (version == NULL)
        return -ERROR_NOT_FOUND;
    *ret_root = structural_apply_place(version->schema);
    return ownership_document(json, arena, ret_document, err);
}

static int convert(void *context, struct str json, const char *from, const char *to, struct arena *arena,
                   struct apply_place *ret_root, yyjson_val **ret_document, struct error *err)
{
    const struct ownership_sides *sides = context;
    const struct api_resource *own = sides->registry->resource;
    char version[256];
    if (sides->registry->custom)
        return convert_custom(sides->registry, json, to, arena, ret_root, ret_document, err);
    api_kind_version(own->kind, version, sizeof(version));
    const struct api_resource *source = strcmp(version, from) == 0 ? own : served_in(own, from);
    const struct api_resource *target = strcmp(version, to) == 0 ? own : served_in(own, to);
    if (source == NULL || target == NULL)
        return -ERROR_NOT_FOUND;
    void *value = arena_zalloc(arena, source->kind->type->size);
    int rc = api_decode_json(source->kind->type, json, arena, value, NULL, err);
    if (rc < 0)
        return rc;
    const void *converted = to_served(target, to_stored(source, value, arena), arena);
    auto_buffer struct buffer text = { 0 };
    api_encode_json(target->kind->type, target->kind, converted, &text);
    *ret_root = apply_schema_of_type(target->kind->type);
    return ownership_document(arena_str(arena, buffer_str(&text)), arena, ret_document, err);
}

struct managed_versions ownership_versions(struct ownership_sides *sides)
{
    return (struct managed_versions){ sides, convert };
}
