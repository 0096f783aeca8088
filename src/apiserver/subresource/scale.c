/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* scale: the number of replicas of whatever has one, as autoscaling/v1 Scale. */

#include <string.h>

#include "api/codec.h"
#include "api/field_path.h"
#include "api/patch/patch.h"
#include "api/selector/selector.h"
#include "api/status.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/custom/document.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/registry.h"
#include "apiserver/subresource/scale.h"

/* The parts of a Scale that a custom resource's paths lead to. */
static void read_custom(struct request *request, const struct registry *registry, const void *object,
                        struct api_autoscaling_scale *scale)
{
    const struct custom_scale *paths = custom_registry_of(registry)->version->scale;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    if (paths == NULL || custom_document_parse(custom_registry_of(registry)->version, object, &doc) < 0)
        return;
    yyjson_val *root = yyjson_doc_get_root(doc);
    scale->spec.replicas = custom_scale_number(paths->spec_replicas, root);
    scale->status.replicas = custom_scale_number(paths->status_replicas, root);
    yyjson_val *selector = paths->selector == NULL ? NULL : json_path_find(paths->selector, root);
    scale->status.selector = yyjson_is_str(selector) ? arena_strdup(&request->arena, yyjson_get_str(selector)) : "";
}

static int32_t number_at(const struct api_type *type, const char *path, const void *object)
{
    struct field_path at;
    if (!field_path_resolve(type, str_of(path), &at))
        return 0;
    const int32_t *number = field_path_member(&at, object);
    return number == NULL ? 0 : *number;
}

/* spec.replicas is a pointer everywhere; the struct's member is found through the schema. */
static void set_replicas(struct request *request, const struct registry *registry, void *object, int32_t replicas)
{
    const struct api_field *field = api_field_find(registry->spec->type, STR("replicas"), NULL);
    int32_t *value = arena_new(&request->arena, int32_t);
    *value = replicas;
    *(int32_t **)((char *)field_of(registry->spec, object) + field->offset) = value;
}

static const char *selector_text(struct request *request, const struct registry *registry, const void *object)
{
    struct label_selector selector = { 0 };
    auto_buffer struct buffer text = { .max = 64 << 10 };
    if (registry->resource == &api_resource_replication_controller) {
        const struct api_replication_controller *controller = object;
        selector = label_selector_of_map(controller->spec.selector, controller->spec.n_selector, &request->arena);
    } else {
        const struct api_field *field = api_field_find(registry->spec->type, STR("selector"), NULL);
        const struct api_label_selector *labels =
            *(struct api_label_selector **)((char *)field_of(registry->spec, object) + field->offset);
        if (label_selector_of(labels, &request->arena, &selector, NULL) < 0)
            return "";
    }
    label_selector_format(&selector, &text);
    return arena_str(&request->arena, buffer_str(&text)).data;
}

struct api_autoscaling_scale *scale_of(struct request *request, const struct registry *registry, const void *object)
{
    const struct api_type *type = registry->resource->kind->type;
    const struct api_object_meta *meta = object;
    struct api_autoscaling_scale *scale = arena_new(&request->arena, struct api_autoscaling_scale);
    scale->metadata = (struct api_object_meta){ .name = meta->name,
                                                .namespace = meta->namespace,
                                                .uid = meta->uid,
                                                .resource_version = meta->resource_version,
                                                .creation_timestamp = meta->creation_timestamp };
    if (registry->custom) {
        read_custom(request, registry, object, scale);
        return scale;
    }
    scale->spec.replicas = number_at(type, "spec.replicas", object);
    scale->status.replicas = number_at(type, "status.replicas", object);
    scale->status.selector = selector_text(request, registry, object);
    return scale;
}

/* False: the object does not say how many it wants, and the request is answered. */
static bool custom_has_replicas(struct request *request, const struct object *object)
{
    const struct custom_version *version = custom_registry_of(request->registry)->version;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    if (version->scale == NULL || version->scale->spec_replicas == NULL ||
        custom_document_parse(version, object_typed(object), &doc) < 0 ||
        json_path_find(version->scale->spec_replicas, yyjson_doc_get_root(doc)) != NULL)
        return true;
    request_refuse(request, ERROR_INTERNAL, "Internal error occurred: the spec replicas field \"%s\" does not exist",
                   version->version->subresources->scale->spec_replicas_path);
    return false;
}

/* A custom object with another number where the definition says. */
static int set_custom(struct update *update, const struct object *current, const struct api_autoscaling_scale *scale,
                      void **ret_object, struct error *err)
{
    struct request *request = update->request;
    const struct custom_version *version = custom_registry_of(update->registry)->version;
    auto_buffer struct buffer patch = { .max = 64 << 10 }, json = { .max = 16 << 20 };
    const char *number = arena_format(&request->arena, "%d", scale->spec.replicas);
    if (version->scale == NULL || version->scale->spec_replicas == NULL ||
        !json_path_patch(version->scale->spec_replicas, str_of(number), &patch))
        return error_set(err, ERROR_INTERNAL, "the path of the replicas cannot be written to");
    int rc = patch_merge(object_json(current), buffer_str(&patch), &json, err);
    if (rc == 0)
        rc = request_decode_json(request, version->resource->kind, arena_str(&request->arena, buffer_str(&json)),
                                 ret_object, err);
    if (rc < 0)
        return rc;
    /* A Scale without a version goes over whatever is there, though a custom object itself may not be written so. */
    bool versioned = !text_empty(scale->metadata.resource_version);
    if (!versioned)
        update->must_match = false;
    ((struct api_object_meta *)*ret_object)->resource_version =
        versioned ? scale->metadata.resource_version : object_meta(current)->resource_version;
    return 0;
}

void serve_scale_get(struct request *request)
{
    const struct object *object = registry_current(request);
    if (object == NULL || (request->registry->custom && !custom_has_replicas(request, object)))
        return;
    arena_hold(&request->arena, (void (*)(void *))object_unref, object_ref(object));
    request_respond_document(request, 200, &api_kind_autoscaling_scale,
                             scale_of(request, request->registry, object_typed(object)));
}

/* The number of replicas as a configuration of the object itself. */
static int translate_scale(struct request *request, const struct registry *registry, const void *value,
                           struct str *ret_json, struct error *err)
{
    const struct api_autoscaling_scale *scale = value;
    const struct api_kind *kind = registry->resource->kind;
    const char *number = arena_format(&request->arena, "%d", scale->spec.replicas);
    auto_buffer struct buffer head = { 0 }, path = { .max = 64 << 10 }, json = { .max = 1 << 20 };
    struct api_autoscaling_scale bare = { .metadata = scale->metadata };
    const struct custom_version *version = registry->custom ? custom_registry_of(registry)->version : NULL;
    if (version == NULL)
        buffer_format(&path, "{\"spec\":{\"replicas\":%s}}", number);
    else if (version->scale == NULL || version->scale->spec_replicas == NULL ||
             !json_path_patch(version->scale->spec_replicas, str_of(number), &path))
        return error_set(err, ERROR_INTERNAL, "the path of the replicas cannot be written to");
    api_encode_json(&api_type_object_meta, NULL, &bare.metadata, &head);
    char text[256];
    api_kind_version(kind, text, sizeof(text));
    const char *document =
        arena_format(&request->arena, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":" STR_FMT "}", kind->kind,
                     text, STR_ARG(buffer_str(&head)));
    int rc = patch_merge(str_of(document), buffer_str(&path), &json, err);
    if (rc == 0)
        *ret_json = arena_str(&request->arena, buffer_str(&json));
    return rc;
}

static int apply_scale(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    static const struct ownership_view view = { &api_kind_autoscaling_scale, translate_scale };
    return ownership_apply(update->request, update->registry, current, &view, ret_object, err);
}

static int sent_scale(struct update *update, const struct object *current, void **ret_scale, struct error *err)
{
    struct request *request = update->request;
    const struct api_kind *kind = &api_kind_autoscaling_scale;
    if (request->action != API_PATCH) {
        int rc = request_decode(request, kind, ret_scale, err);
        return rc == 0 ? update_check_name(request, *ret_scale, err) : rc;
    }
    auto_buffer struct buffer json = { .max = 1 << 20 };
    api_encode_json(kind->type, kind, scale_of(request, update->registry, object_typed(current)), &json);
    return request_patch(request, kind, buffer_str(&json), ret_scale, err);
}

static int change_scale(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    struct request *request = update->request;
    void *sent;
    int rc = sent_scale(update, current, &sent, err);
    if (rc < 0)
        return rc;
    const struct api_autoscaling_scale *scale = sent;
    if (scale->spec.replicas < 0)
        return failure_invalid(request, &api_kind_autoscaling_scale, update->name, "spec.replicas", "FieldValueInvalid",
                               arena_format(&request->arena, "Invalid value: %d: must be greater than or equal to 0",
                                            scale->spec.replicas),
                               err);
    if (update->registry->custom)
        return set_custom(update, current, scale, ret_object, err);
    struct api_object_meta *object =
        api_copy(update->registry->resource->kind->type, object_typed(current), &request->arena);
    object->resource_version = scale->metadata.resource_version;
    set_replicas(request, update->registry, object, scale->spec.replicas);
    *ret_object = object;
    return 0;
}

static void scaled(struct update *update, const struct object *object, const struct error *err)
{
    struct request *request = update->request;
    if (err != NULL) {
        request_fail(request, err);
        return;
    }
    if (object != NULL)
        arena_hold(&request->arena, (void (*)(void *))object_unref, object_ref(object));
    request_respond_document(
        request, 200, &api_kind_autoscaling_scale,
        scale_of(request, update->registry, object != NULL ? object_typed(object) : update->value));
}

void serve_scale_write(struct request *request)
{
    if (request->action == API_PATCH && request_patch_refused(request))
        return;
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = UPDATE_OBJECT;
    update->must_match = request->action != API_PATCH;
    update->apply = request_applies(request);
    update->change = update->apply ? apply_scale : change_scale;
    update->done = scaled;
    update_start(update);
}
