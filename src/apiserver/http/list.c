/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Lists: small ones in one go, large ones piece by piece as the peer reads, straight from the cached bytes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/http/front.h"
#include "apiserver/http/shape.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"
#include "codec/yaml.h"

#define WHOLE_MOST (512 << 10) /* larger lists are streamed */
#define PIECE      ((size_t)64 << 10)
#define BODY_MAX   ((size_t)1 << 30)

/* In a list, items have no kind and apiVersion: '{"kind":"Pod","apiVersion":"v1",' is left out. */
static void append_item(struct buffer *out, const struct object *object)
{
    const struct api_kind *kind = object_resource(object)->kind;
    char version[256], head[512];
    struct str json = object_json(object);
    api_kind_version(kind, version, sizeof(version));
    int size = snprintf(head, sizeof(head), "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind->kind, version);
    if (size > 0 && str_starts(json, (struct str){ head, (size_t)size })) {
        buffer_append_char(out, '{');
        json = str_skip(json, (size_t)size);
    }
    buffer_append_str(out, json);
}

static void append_head(struct buffer *out, const struct request *request, const struct request_list *list)
{
    const struct api_kind *kind = request->registry->resource->kind;
    char version[256];
    api_kind_version(kind, version, sizeof(version));
    buffer_format(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":", kind->list_kind, version);
    list_meta_write(list, out);
    buffer_append_text(out, ",\"items\":[");
}

static size_t list_size(const struct request_list *list)
{
    size_t size = 0;
    for (size_t i = 0; i < list->count; i++)
        size += object_json(list->objects[i]).size;
    return size;
}

/* ---------------------------------------------------------------- piece by piece */

static void stream_more(struct http_call *call)
{
    const struct request_list *list = call->list;
    while (!call->stopped) {
        auto_buffer struct buffer out = { .max = BODY_MAX };
        if (call->next_item == 0)
            append_head(&out, call->request, list);
        while (call->next_item < list->count && out.size < PIECE) {
            if (call->next_item > 0)
                buffer_append_char(&out, ',');
            append_item(&out, list->objects[call->next_item++]);
        }
        bool end = call->next_item == list->count;
        if (end)
            buffer_append_text(&out, "]}\n");
        struct bytes *piece = bytes_create(out.data, out.size);
        call->stopped = !http_response_write(call->exchange, piece);
        bytes_unref(piece);
        if (end) {
            struct http_exchange *exchange = call->exchange;
            http_exchange_set_events(exchange, NULL, NULL);
            http_response_end(exchange);
            http_call_end(call);
            return;
        }
    }
}

static void stream_list(struct http_call *call, const struct request_list *list)
{
    struct response_headers headers;
    response_headers_make(call, "application/json", &headers);
    call->list = list;
    call->drained = stream_more;
    http_response_begin(call->exchange, 200, &(struct http_headers){ headers.items, headers.count });
    stream_more(call);
}

/* ---------------------------------------------------------------- in one go */

static void send_whole(struct http_call *call, struct buffer *body)
{
    struct bytes *bytes = bytes_create(body->data, body->size);
    http_send(call, 200, media_content_type(&call->media, false), bytes);
    bytes_unref(bytes);
}

static void send_text(struct http_call *call, struct buffer *json)
{
    auto_buffer struct buffer yaml = { .max = BODY_MAX };
    struct error err;
    bool as_yaml = call->media.format == MEDIA_YAML && yaml_from_json(buffer_str(json), &yaml, &err) == 0;
    struct str text = as_yaml ? buffer_str(&yaml) : buffer_str(json);
    size_t size = 0;
    char *pretty = NULL;
    if (!as_yaml && call->request->options.pretty) {
        yyjson_doc *doc = yyjson_read(text.data, text.size, YYJSON_READ_NUMBER_AS_RAW);
        pretty = doc == NULL ? NULL : yyjson_write(doc, YYJSON_WRITE_PRETTY_TWO_SPACES, &size);
        yyjson_doc_free(doc);
    }
    struct bytes *body = pretty != NULL ? bytes_create(pretty, size) : bytes_create(text.data, text.size);
    free(pretty);
    http_send(call, 200, as_yaml ? "application/yaml" : "application/json", body);
    bytes_unref(body);
}

/* A FooList message by hand: metadata is field 1, items are field 2. */
static void send_protobuf(struct http_call *call, const struct request_list *list)
{
    const struct api_kind *kind = call->request->registry->resource->kind;
    auto_buffer struct buffer out = { .max = BODY_MAX };
    struct arena *arena = &call->request->arena;
    const struct api_kind *list_kind =
        api_kind_find(str_of(kind->group), str_of(kind->version), str_of(kind->list_kind));
    struct { /* what every list's struct begins with, generated for each kind */
        struct api_list_meta metadata;
        void *items;
        size_t n_items;
    } *value = arena_zalloc(arena, list_kind->type->size);
    value->metadata.resource_version = arena_format(arena, "%llu", (unsigned long long)list->revision);
    value->metadata.continue_ = list->continue_;
    value->metadata.remaining_item_count = list->remaining;
    char *items = arena_array(arena, list->count, kind->type->size);
    for (size_t i = 0; i < list->count; i++)
        memcpy(items + i * kind->type->size, object_typed(list->objects[i]), kind->type->size);
    value->items = items;
    value->n_items = list->count;
    api_encode_protobuf_envelope(list_kind, value, &out);
    send_whole(call, &out);
}

void http_respond_list(struct request *request, const struct request_list *list)
{
    struct http_call *call = request->sink_context;
    auto_buffer struct buffer json = { .max = BODY_MAX };
    struct error err = { 0 };
    http_settle_media(call);
    if (shape_check(request, true, &err) < 0) {
        http_refuse(call, &err);
        return;
    }
    bool plain = call->media.shape == SHAPE_OBJECT && call->media.format == MEDIA_JSON && !request->options.pretty;
    if (plain && !call->gzip && list_size(list) > WHOLE_MOST) {
        stream_list(call, list);
        return;
    }
    if (call->media.shape == SHAPE_OBJECT && call->media.format == MEDIA_PROTOBUF) {
        send_protobuf(call, list);
        return;
    }
    if (call->media.shape != SHAPE_OBJECT) {
        shape_list(request, list, &json);
        if (call->media.format == MEDIA_PROTOBUF) {
            send_whole(call, &json);
            return;
        }
        buffer_append_char(&json, '\n');
    } else {
        append_head(&json, request, list);
        for (size_t i = 0; i < list->count; i++) {
            if (i > 0)
                buffer_append_char(&json, ',');
            append_item(&json, list->objects[i]);
        }
        buffer_append_text(&json, "]}\n");
    }
    send_text(call, &json);
}
