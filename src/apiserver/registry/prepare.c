/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/registry/prepare.h"

#include "api/codec.h"
#include "api/status.h"
#include "api/validation/validation.h"
#include "api/warnings/warnings.h"
#include "apiserver/custom/strategy.h"
#include "apiserver/policies/policies.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/registry/strategy/pod_fields.h"
#include "apiserver/server_internal.h"
#include "base/text/uuid.h"

usec_t prepare_now(struct request *request)
{
    return loop_now(request->server->loop) / USEC_PER_SEC * USEC_PER_SEC;
}

int prepare_namespace(struct request *request, struct api_object_meta *meta, struct error *err)
{
    bool namespaced = request->registry->resource->flags & API_NAMESPACED;
    const char *wanted = namespaced ? request->namespace_ : "";
    if (!namespaced || text_empty(meta->namespace))
        meta->namespace = namespaced ? wanted : NULL; /* cluster-wide objects: whatever it says */
    if (!text_equal(meta->namespace, wanted))
        return error_set(err, ERROR_BAD_REQUEST,
                         "the namespace of the provided object does not match the namespace sent on the request");
    return 0;
}

static bool has_owner(const struct api_owner_reference *owners, size_t count, const struct api_owner_reference *owner)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(owners[i].uid, owner->uid) && api_equal(&api_type_owner_reference, &owners[i], owner))
            return true;
    return false;
}

void prepare_owners(struct request *request, struct api_object_meta *meta)
{
    auto_buffer struct buffer twice = { .max = 4096 };
    size_t count = 0;
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference owner = meta->owner_references[i];
        if (!has_owner(meta->owner_references, count, &owner)) {
            meta->owner_references[count++] = owner;
            continue;
        }
        buffer_append_text(&twice, twice.size > 0 ? ", " : "");
        buffer_append_text(&twice, text_or_empty(owner.uid));
    }
    meta->n_owner_references = count;
    if (twice.size > 0 && !buffer_failed(&twice))
        request_warn(
            request,
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, "
            "and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) "
            "observed: %s",
            twice.data);
}

void prepare_create(struct request *request, void *object)
{
    struct registry *registry = request->registry;
    const struct strategy *strategy = registry->strategy;
    struct api_object_meta *meta = object;
    char uid[UUID_TEXT_SIZE];
    uuid_generate(loop_random(request->server->loop), uid);
    meta->uid = arena_strdup(&request->arena, uid);
    meta->creation_timestamp = prepare_now(request);
    meta->deletion_timestamp = 0;
    meta->deletion_grace_period_seconds = NULL;
    meta->self_link = NULL;
    if (registry->resource->flags & API_GENERATION)
        meta->generation = 1; /* of other kinds it is what the client says */
    if ((registry->resource->flags & API_STATUS) && !(strategy->flags & STRATEGY_KEEP_STATUS))
        field_clear(registry->status, object);
    if (strategy->prepare_create != NULL)
        strategy->prepare_create(request, object);
    templates_drop_gated(registry->resource->kind->type, object, NULL);
}

/* Kinds without a spec: everything but metadata (and status) counts. */
static bool content_changed(const struct registry *registry, const void *object, const void *old, struct arena *arena)
{
    const struct api_type *type = registry->resource->kind->type;
    void *other = arena_alloc(arena, type->size);
    memcpy(other, old, type->size);
    memcpy(other, object, sizeof(struct api_object_meta));
    field_copy(registry->status, other, object);
    return !api_equal(type, object, other);
}

static bool changed(struct request *request, const struct registry *registry, const void *object, const void *old)
{
    if (registry->strategy->spec_changed != NULL)
        return registry->strategy->spec_changed(object, old);
    if (registry->spec != NULL)
        return !field_equal(registry->spec, object, old);
    return content_changed(registry, object, old, &request->arena);
}

/* Everything but the status (and what of the metadata may change through it) comes from the old object. */
static void keep_but_status(const struct registry *registry, void *object, const void *old)
{
    const struct api_type *type = registry->resource->kind->type;
    struct api_object_meta *meta = object;
    const struct api_object_meta *before = old;
    for (size_t i = 0; i < type->n_fields; i++) {
        const struct api_field *field = &type->fields[i];
        if (field != registry->status && field->offset != 0 && field->shape == API_SINGLE &&
            (field->value == API_MESSAGE || field->value == API_RAW))
            field_copy(field, object, old);
    }
    meta->generation = before->generation;
    if (registry->strategy->flags & (STRATEGY_STATUS_KEEPS_LABELS | STRATEGY_STATUS_KEEPS_META)) {
        meta->labels = before->labels;
        meta->n_labels = before->n_labels;
    }
    if (registry->strategy->flags & STRATEGY_STATUS_KEEPS_META) {
        meta->annotations = before->annotations;
        meta->n_annotations = before->n_annotations;
        meta->finalizers = before->finalizers;
        meta->n_finalizers = before->n_finalizers;
        meta->owner_references = before->owner_references;
        meta->n_owner_references = before->n_owner_references;
    }
}

void prepare_update(struct request *request, struct registry *registry, enum update_part part, void *object,
                    const void *old)
{
    const struct strategy *strategy = registry->strategy;
    struct api_object_meta *meta = object;
    const struct api_object_meta *before = old;
    if (part == UPDATE_STATUS) {
        keep_but_status(registry, object, old);
        if (strategy->prepare_status != NULL)
            strategy->prepare_status(request, object, old);
    } else if (part == UPDATE_OBJECT) {
        if (registry->resource->flags & API_STATUS)
            field_copy(registry->status, object, old);
        if (strategy->prepare_update != NULL)
            strategy->prepare_update(request, object, old);
        templates_drop_gated(registry->resource->kind->type, object, old);
    }
    meta->generation = before->generation;
    if (part == UPDATE_OBJECT && (registry->resource->flags & API_GENERATION) &&
        changed(request, registry, object, old))
        meta->generation = before->generation + 1;
    meta->self_link = NULL;
    if (part == UPDATE_RAW)
        return; /* server code that knows what it does */
    if (text_empty(meta->uid))
        meta->uid = before->uid;
    meta->creation_timestamp = before->creation_timestamp;
    if (before->deletion_timestamp != 0) /* nobody takes a deletion back; to begin one so is refused later */
        meta->deletion_timestamp = before->deletion_timestamp;
    if (meta->deletion_grace_period_seconds == NULL)
        meta->deletion_grace_period_seconds = before->deletion_grace_period_seconds;
}

static void warn(void *context, const char *text)
{
    request_warn(context, "%s", text);
}

static bool is_known_finalizer(const char *name, const struct api_object_meta *old)
{
    static const char *const standard[] = { "orphan", "foregroundDeletion", "kubernetes" };
    for (size_t i = 0; i < countof(standard); i++)
        if (text_equal(name, standard[i]))
            return true;
    for (size_t i = 0; old != NULL && i < old->n_finalizers; i++)
        if (text_equal(name, old->finalizers[i]))
            return true;
    return strchr(text_or_empty(name), '/') != NULL;
}

/* Names without a domain are refused of built-in kinds, and only frowned at of custom ones. */
static void warn_finalizers(struct request *request, const struct api_object_meta *meta,
                            const struct api_object_meta *old)
{
    for (size_t i = 0; i < meta->n_finalizers; i++)
        if (!is_known_finalizer(meta->finalizers[i], old))
            request_warn(request,
                         "metadata.finalizers: \"%s\": prefer a domain-qualified finalizer name to avoid accidental "
                         "conflicts with other finalizer writers",
                         meta->finalizers[i]);
}

/* The object in the version whose rules hold for it; NULL stays NULL. */
static const void *judged_form(const struct conversion *conversion, const void *object, struct arena *arena)
{
    if (conversion == NULL || !conversion->judged_as_stored || object == NULL)
        return object;
    void *stored = arena_zalloc(arena, conversion->stored->kind->type->size);
    conversion->to_stored(object, stored, arena);
    return stored;
}

int prepare_validate(struct request *request, struct registry *registry, enum update_part part,
                     int (*validate)(const void *old, const void *object, struct api_invalid *errors),
                     const void *object, const void *old, struct error *err)
{
    const struct conversion *conversion = conversion_of(registry->resource);
    const struct api_kind *kind = registry->resource->kind;
    const struct api_object_meta *meta = object;
    auto_invalid struct api_invalid errors = { .expressions = &policies_compiler };
    object = judged_form(conversion, object, &request->arena);
    old = judged_form(conversion, old, &request->arena);
    if (conversion != NULL && conversion->judged_as_stored)
        kind = conversion->stored->kind;
    if (registry->strategy->permit != NULL)
        registry->strategy->permit(request, object, old, part == UPDATE_STATUS, &errors);
    if (text_empty(meta->name)) {
        invalid_required(&errors, at_field(at_field(NULL, "metadata"), "name"), "name or generateName is required");
    } else if (old == NULL) {
        api_validate_create(kind, object, &errors);
    } else if (validate != NULL) {
        validate(old, object, &errors);
    } else if (part == UPDATE_STATUS) {
        api_validate_status(kind, old, object, &errors);
    } else {
        api_validate_update(kind, old, object, &errors);
    }
    if (registry->custom)
        custom_validate(registry, object, old, part == UPDATE_STATUS, &errors);
    if (registry->strategy->validate != NULL && part != UPDATE_STATUS && errors.total == 0)
        registry->strategy->validate(object, old, &errors);
    if (registry->strategy->validate_status != NULL && part == UPDATE_STATUS && errors.total == 0)
        registry->strategy->validate_status(object, old, &errors);
    if (errors.total == 0) {
        api_warnings(kind, object, old, part == UPDATE_STATUS, &(struct warning_list){ warn, request });
        if (registry->custom && part != UPDATE_STATUS)
            warn_finalizers(request, object, old);
        if (registry->strategy->warn != NULL && part != UPDATE_STATUS)
            registry->strategy->warn(request, object);
        return 0;
    }
    if (conversion != NULL)
        kind = conversion->stored->kind; /* whichever version it came in */
    request->failure = api_status_invalid(&request->arena, kind, text_or_empty(meta->name), &errors);
    return error_set(err, ERROR_INVALID, "%s", request->failure->message);
}
