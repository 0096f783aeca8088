/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/http/shape.h"

#include "api/table/table.h"
#include "apiserver/http/front.h"
#include "apiserver/path.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

void list_meta_write(const struct request_list *list, struct buffer *json)
{
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

static struct table_writer table_writer(struct request *request, struct buffer *json)
{
    const struct http_call *call = request->sink_context;
    struct table_writer writer = { .kind = request->registry->resource->kind,
                                   .now = loop_now(call->lane->loop),
                                   .out = json };
    const char *include = query_value(request->query, "includeObject", &request->arena);
    (void)table_include_parse(str_of(include), &writer.include); /* nonsense is the default */
    return writer;
}

static bool ends_initial_events(const struct api_object_meta *meta)
{
    for (size_t i = 0; i < meta->n_annotations; i++)
        if (strcmp(meta->annotations[i].key, "k8s.io/initial-events-end") == 0)
            return true;
    return false;
}

void shape_object(struct request *request, enum media_shape shape, const void *typed, struct str document, bool columns,
                  struct buffer *json)
{
    if (shape != SHAPE_TABLE) {
        partial_metadata_write(typed, json);
        return;
    }
    const struct api_object_meta *object = typed; /* what every kind's struct begins with */
    struct table_writer writer = table_writer(request, json);
    struct api_list_meta meta = { .resource_version = object->resource_version };
    if (writer.include == TABLE_INCLUDE_NONE && ends_initial_events(object))
        writer.include = TABLE_INCLUDE_METADATA; /* the mark is in the row's object */
    table_begin(&writer, &meta, columns);
    table_row(&writer, typed, document);
    table_end(&writer);
}

static void list_table(struct request *request, const struct request_list *list, struct buffer *json)
{
    struct table_writer writer = table_writer(request, json);
    struct api_list_meta meta = { .resource_version =
                                      arena_format(&request->arena, "%llu", (unsigned long long)list->revision),
                                  .continue_ = list->continue_,
                                  .remaining_item_count = list->remaining };
    table_begin(&writer, &meta, true);
    for (size_t i = 0; i < list->count; i++)
        table_row(&writer, object_typed(list->objects[i]), object_json(list->objects[i]));
    table_end(&writer);
}

void shape_list(struct request *request, enum media_shape shape, const struct request_list *list, struct buffer *json)
{
    if (shape == SHAPE_TABLE) {
        list_table(request, list, json);
        return;
    }
    buffer_append_text(json, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":");
    list_meta_write(list, json);
    buffer_append_text(json, ",\"items\":[");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_append_char(json, ',');
        partial_metadata_write(object_typed(list->objects[i]), json);
    }
    buffer_append_text(json, "]}");
}
