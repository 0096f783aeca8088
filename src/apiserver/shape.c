/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/shape.h"

#include "api/codec.h"
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

static void append_metadata(const struct object *object, bool item, struct buffer *json)
{
    struct api_partial_object_metadata partial = { .metadata = *object_meta(object) };
    (void)item;
    api_encode_json(&api_type_partial_object_metadata, &api_kind_partial_object_metadata, &partial, json);
}

void shape_object(struct request *request, enum media_shape shape, const struct object *object, struct buffer *json)
{
    (void)request;
    (void)shape;
    append_metadata(object, false, json);
}

void shape_list(struct request *request, enum media_shape shape, const struct request_list *list, struct buffer *json)
{
    (void)request;
    (void)shape;
    buffer_append_text(json, "{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":");
    list_meta_write(list, json);
    buffer_append_text(json, ",\"items\":[");
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_append_char(json, ',');
        append_metadata(list->objects[i], true, json);
    }
    buffer_append_text(json, "]}");
}
