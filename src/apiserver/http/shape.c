/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/shape.h"

#include <string.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "api/table/table.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/http/front.h"
#include "apiserver/path.h"
#include "apiserver/registry/conversion.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

void list_meta_write_sorted(const struct request_list *list, struct buffer *json)
{
    buffer_append_text(json, "{\"continue\":");
    json_append_string(json, str_of(text_or_empty(list->continue_)));
    if (list->remaining != NULL) {
        buffer_append_text(json, ",\"remainingItemCount\":");
        buffer_append_int64(json, *list->remaining);
    }
    buffer_append_text(json, ",\"resourceVersion\":\"");
    buffer_append_uint64(json, list->revision);
    buffer_append_text(json, "\"}");
}

void list_meta_write(const struct request_list *list, struct buffer *json)
{
    if (list->revision == 0) { /* of what is not stored */
        buffer_append_text(json, "{}");
        return;
    }
    buffer_append_text(json, "{\"resourceVersion\":\"");
    buffer_append_uint64(json, list->revision);
    buffer_append_char(json, '"');
    if (!text_empty(list->continue_)) {
        buffer_append_text(json, ",\"continue\":");
        json_append_string(json, str_of(list->continue_));
    }
    if (list->remaining != NULL) {
        buffer_append_text(json, ",\"remainingItemCount\":");
        buffer_append_int64(json, *list->remaining);
    }
    buffer_append_char(json, '}');
}

static const struct media *media_of(const struct request *request)
{
    return &((const struct http_call *)request->sink_context)->media;
}

int shape_check(struct request *request, bool list, struct error *err)
{
    enum media_shape shape = media_of(request)->shape;
    if (list ? shape != SHAPE_METADATA : shape != SHAPE_METADATA_LIST)
        return 0;
    const struct api_resource *resource = request->registry->resource;
    const struct conversion *conversion = conversion_of(resource);
    const struct api_kind *kind = conversion != NULL ? conversion->stored->kind : resource->kind;
    const char *group = text_empty(kind->group) ? "core" : kind->group;
    return error_set(err, ERROR_NOT_ACCEPTABLE,
                     "you requested PartialObjectMetadata%s, but the requested object is %sa list (*%.*s.%s)",
                     list ? "" : "List", list ? "" : "not ", (int)strcspn(group, "."), group,
                     list ? kind->list_kind : kind->kind);
}

/* ---------------------------------------------------------------- tables */

/* A table and what it needs to show a version of a kind that is not the stored one. */
struct rows {
    struct table_writer writer;
    const struct conversion *conversion; /* NULL: rows are made of objects as they are */
};

static struct rows rows_of(struct request *request, const struct api_kind *kind, struct buffer *json)
{
    const struct http_call *call = request->sink_context;
    const struct api_resource *resource = api_resource_of_kind(kind);
    const struct conversion *conversion = resource == NULL ? NULL : conversion_of(resource);
    struct rows rows = { .writer = { .kind = conversion != NULL ? conversion->stored->kind : kind,
                                     .version = media_meta_version(&call->media),
                                     .now = loop_now(call->lane->loop),
                                     .out = json },
                         .conversion = conversion };
    if (kind->type == &api_type_custom_object)
        rows.writer.custom = custom_registry_of(request->registry)->version->columns;
    const char *include = query_value(request->query, "includeObject", &request->arena);
    (void)table_include_parse(str_of(include), &rows.writer.include); /* the front has refused nonsense */
    return rows;
}

static void rows_add(struct rows *rows, const void *typed, struct str document)
{
    if (rows->conversion == NULL) {
        table_row(&rows->writer, typed, document);
        return;
    }
    auto_arena struct arena arena = { 0 };
    void *stored = arena_zalloc(&arena, rows->conversion->stored->kind->type->size);
    rows->conversion->to_stored(typed, stored, &arena);
    table_row(&rows->writer, stored, document);
}

static bool ends_initial_events(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (strcmp(meta->annotations[i].key, "k8s.io/initial-events-end") == 0)
            return true;
    return false;
}

static void object_table(struct request *request, const struct api_kind *kind, const void *typed, struct str document,
                         bool columns, struct buffer *json)
{
    const struct api_object_meta *object = typed; /* what every kind's struct begins with */
    struct rows rows = rows_of(request, kind, json);
    struct api_list_meta meta = { .resource_version = object->resource_version };
    if (rows.writer.include == TABLE_INCLUDE_NONE && ends_initial_events(object))
        rows.writer.include = TABLE_INCLUDE_METADATA; /* the mark is in the row's object */
    table_begin(&rows.writer, &meta, columns);
    rows_add(&rows, typed, document);
    table_end(&rows.writer);
}

struct api_list_meta list_meta(struct request *request, const struct request_list *list)
{
    return (struct api_list_meta){ .resource_version =
                                       list->revision == 0
                                           ? NULL
                                           : arena_format(&request->arena, "%llu", (unsigned long long)list->revision),
                                   .continue_ = list->continue_,
                                   .remaining_item_count = list->remaining };
}

static void list_table(struct request *request, const struct request_list *list, struct buffer *json)
{
    struct rows rows = rows_of(request, request->registry->resource->kind, json);
    struct api_list_meta meta = list_meta(request, list);
    table_begin(&rows.writer, &meta, true);
    for (size_t i = 0; i < list->count; i++)
        rows_add(&rows, object_typed(list->objects[i]), object_json(list->objects[i]));
    table_end(&rows.writer);
}

/* ---------------------------------------------------------------- metadata */

static struct api_kind partial_kind(const struct media *media, const struct api_kind *kind)
{
    struct api_kind partial = *kind;
    partial.version = media_meta_version(media);
    return partial;
}

static void list_metadata(struct request *request, const struct request_list *list, struct buffer *json)
{
    const char *version = media_meta_version(media_of(request));
    buffer_format(json,
                  "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/%s\",\"metadata\":", version);
    list_meta_write(list, json);
    buffer_append_text(json, ",\"items\":[");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_append_char(json, ',');
        partial_metadata_write(object_typed(list->objects[i]), version, json);
    }
    buffer_append_text(json, "]}");
}

static void list_metadata_protobuf(struct request *request, const struct request_list *list, struct buffer *out)
{
    struct api_kind kind = partial_kind(media_of(request), &api_kind_partial_object_metadata_list);
    struct api_partial_object_metadata_list value = {
        .metadata = list_meta(request, list),
        .items = arena_new_array(&request->arena, struct api_partial_object_metadata, list->count + 1),
        .n_items = list->count,
    };
    for (size_t i = 0; i < list->count; i++)
        value.items[i].metadata = *object_meta(list->objects[i]);
    api_encode_protobuf_envelope(&kind, &value, out);
}

/* ---------------------------------------------------------------- what the call asked for */

void shape_object(struct request *request, const struct api_kind *kind, const void *typed, struct str document,
                  bool columns, struct buffer *out)
{
    const struct media *media = media_of(request);
    if (media->shape == SHAPE_TABLE) {
        object_table(request, kind, typed, document, columns, out);
    } else if (media->format != MEDIA_PROTOBUF) {
        partial_metadata_write(typed, media_meta_version(media), out);
    } else {
        struct api_kind partial = partial_kind(media, &api_kind_partial_object_metadata);
        struct api_partial_object_metadata value = { .metadata = *(const struct api_object_meta *)typed };
        api_encode_protobuf_envelope(&partial, &value, out);
    }
}

void shape_list(struct request *request, const struct request_list *list, struct buffer *out)
{
    const struct media *media = media_of(request);
    if (media->shape == SHAPE_TABLE)
        list_table(request, list, out);
    else if (media->format != MEDIA_PROTOBUF)
        list_metadata(request, list, out);
    else
        list_metadata_protobuf(request, list, out);
}
