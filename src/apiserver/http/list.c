/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Lists: small ones in one go, large ones piece by piece as the peer reads, straight from the cached bytes. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/custom/custom_object.h"
#include "apiserver/http/front.h"
#include "apiserver/http/gzip_stream.h"
#include "apiserver/http/shape.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/yaml.h"

#define WHOLE_MOST (512 << 10) /* larger lists are streamed */
#define PIECE      ((size_t)64 << 10)
#define BODY_MAX   ((size_t)1 << 30)

/* ---------------------------------------------------------------- JSON */

/* In a list, items of built-in kinds have no kind and apiVersion: '{"kind":"Pod","apiVersion":"v1",' is left out. */
static void json_item(struct buffer *out, const struct object *object, bool first)
{
    const struct api_kind *kind = object_resource(object)->kind;
    char version[256], head[512];
    struct str json = object_json(object);
    api_kind_version(kind, version, sizeof(version));
    int size = snprintf(head, sizeof(head), "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind->kind, version);
    if (!first)
        buffer_append_char(out, ',');
    if (kind->type != &api_type_custom_object && size > 0 && str_starts(json, (struct str){ head, (size_t)size })) {
        buffer_append_char(out, '{');
        json = str_skip(json, (size_t)size);
    }
    buffer_append_str(out, json);
}

static void json_head(struct buffer *out, struct request *request, const struct request_list *list)
{
    const struct api_kind *kind = request->registry->resource->kind;
    char version[256];
    api_kind_version(kind, version, sizeof(version));
    buffer_format(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":", kind->list_kind, version);
    list_meta_write(list, out);
    buffer_append_text(out, ",\"items\":[");
}

static void json_tail(struct buffer *out)
{
    buffer_append_text(out, "]}\n");
}

/* ---------------------------------------------------------------- protobuf */

enum { LIST_METADATA = 1, LIST_ITEMS = 2 }; /* tags of every list's message */

static void protobuf_item(struct buffer *out, const struct object *object, bool first)
{
    (void)first;
    protobuf_write_bytes(out, LIST_ITEMS, bytes_str(object_message(object)));
}

/* The envelope says how long the list is, so every item is encoded before the first byte goes out. */
static void protobuf_list_head(struct buffer *out, struct request *request, const struct request_list *list)
{
    const struct api_kind *kind = request->registry->resource->kind;
    const struct api_list_meta meta = list_meta(request, list);
    auto_buffer struct buffer metadata = { .max = BODY_MAX };
    struct api_kind list_kind = *kind;
    list_kind.kind = kind->list_kind;
    size_t start = protobuf_begin(&metadata, LIST_METADATA);
    api_encode_protobuf(&api_type_list_meta, &meta, &metadata);
    protobuf_end(&metadata, start);
    size_t size = metadata.size;
    for (size_t i = 0; i < list->count; i++) {
        size_t item = object_message(list->objects[i])->size;
        size += protobuf_head_size(LIST_ITEMS, item) + item;
    }
    api_protobuf_envelope_head(&list_kind, size, out);
    buffer_append_str(out, buffer_str(&metadata));
}

/* ---------------------------------------------------------------- either */

static const struct list_form {
    void (*head)(struct buffer *out, struct request *request, const struct request_list *list);
    void (*item)(struct buffer *out, const struct object *object, bool first);
    void (*tail)(struct buffer *out);
} json_form = { json_head, json_item, json_tail },
  protobuf_form = { protobuf_list_head, protobuf_item, api_protobuf_envelope_tail };

static const struct list_form *form_of(const struct http_call *call)
{
    return call->media.format == MEDIA_PROTOBUF ? &protobuf_form : &json_form;
}

static void write_list(const struct http_call *call, const struct request_list *list, struct buffer *out)
{
    const struct list_form *form = form_of(call);
    form->head(out, call->request, list);
    for (size_t i = 0; i < list->count; i++)
        form->item(out, list->objects[i], i == 0);
    form->tail(out);
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
    const struct list_form *form = form_of(call);
    while (!call->stopped) {
        auto_buffer struct buffer out = { .max = BODY_MAX };
        if (call->next_item == 0)
            form->head(&out, call->request, list);
        for (; call->next_item < list->count && out.size < PIECE; call->next_item++)
            form->item(&out, list->objects[call->next_item], call->next_item == 0);
        bool end = call->next_item == list->count;
        if (end)
            form->tail(&out);
        struct bytes *piece = call->packer != NULL ? gzip_stream_add(call->packer, buffer_str(&out), end)
                                                   : bytes_create(out.data, out.size);
        if (piece->size > 0)
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
    response_headers_make(call, media_content_type(&call->media, false), &headers);
    if (call->gzip) {
        call->packer = gzip_stream_create(&call->request->arena);
        headers.items[headers.count++] = (struct http_header){ STR("content-encoding"), STR("gzip") };
        headers.items[headers.count++] = (struct http_header){ STR("vary"), STR("Accept-Encoding") };
    }
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

void http_respond_list(struct request *request, const struct request_list *list)
{
    struct http_call *call = request->sink_context;
    auto_buffer struct buffer body = { .max = BODY_MAX };
    struct error err = { 0 };
    http_settle_media(call);
    if (shape_check(request, true, &err) < 0) {
        http_refuse(call, &err);
        return;
    }
    bool protobuf = call->media.format == MEDIA_PROTOBUF, plain = call->media.shape == SHAPE_OBJECT;
    bool streams = protobuf || (call->media.format == MEDIA_JSON && !request->options.pretty);
    if (plain && streams && list_size(list) > WHOLE_MOST) {
        stream_list(call, list);
        return;
    }
    if (plain) {
        write_list(call, list, &body);
    } else {
        shape_list(request, list, &body);
        if (!protobuf)
            buffer_append_char(&body, '\n');
    }
    if (protobuf)
        send_whole(call, &body);
    else
        send_text(call, &body);
}
