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
#define RUN_ITEMS  64 /* of a piece at most */
#define BODY_MAX   ((size_t)1 << 30)

/* ---------------------------------------------------------------- JSON */

/* What is left out of an object of that kind in a list: '{"kind":"Pod","apiVersion":"v1",', but nothing of custom ones. */
struct json_prefix {
    const struct api_kind *kind;
    size_t size;
    char text[512];
};

static void json_prefix_set(struct json_prefix *prefix, const struct api_kind *kind)
{
    char version[256];
    prefix->kind = kind;
    prefix->size = 0;
    if (kind->type == &api_type_custom_object)
        return;
    api_kind_version(kind, version, sizeof(version));
    int size =
        snprintf(prefix->text, sizeof(prefix->text), "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind->kind, version);
    prefix->size = size > 0 && (size_t)size < sizeof(prefix->text) ? (size_t)size : 0;
}

static struct http_part json_item(struct json_prefix *prefix, const struct object *object, bool first,
                                  struct http_part *ret_head, char space[PROTOBUF_HEAD_MAX])
{
    (void)space;
    struct http_part part = { object_json(object), object_bytes(object) };
    const struct api_kind *kind = object_resource(object)->kind;
    if (kind != prefix->kind)
        json_prefix_set(prefix, kind);
    ret_head->text = first ? (struct str){ 0 } : STR(",");
    if (prefix->size > 0 && str_starts(part.text, (struct str){ prefix->text, prefix->size })) {
        part.text = str_skip(part.text, prefix->size);
        ret_head->text = first ? STR("{") : STR(",{");
    }
    return part;
}

static void json_head(struct buffer *out, struct request *request, const struct request_list *list)
{
    const struct api_kind *kind = request->registry->resource->kind;
    char version[256];
    api_kind_version(kind, version, sizeof(version));
    buffer_format(out, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":", kind->list_kind, version);
    if (request->registry->custom)
        list_meta_write_sorted(list, out);
    else
        list_meta_write(list, out);
    buffer_append_text(out, ",\"items\":[");
}

static void json_tail(struct buffer *out)
{
    buffer_append_text(out, "]}\n");
}

/* ---------------------------------------------------------------- protobuf */

enum { LIST_METADATA = 1, LIST_ITEMS = 2 }; /* tags of every list's message */

static struct http_part protobuf_item(struct json_prefix *prefix, const struct object *object, bool first,
                                      struct http_part *ret_head, char space[PROTOBUF_HEAD_MAX])
{
    (void)prefix, (void)first;
    struct bytes *message = object_message(object);
    ret_head->text = (struct str){ space, protobuf_put_head(space, LIST_ITEMS, message->size) };
    return (struct http_part){ bytes_str(message), message };
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
    /* The object's own bytes, and what goes before them; the space is for that. */
    struct http_part (*item)(struct json_prefix *prefix, const struct object *object, bool first,
                             struct http_part *ret_head, char space[PROTOBUF_HEAD_MAX]);
    void (*tail)(struct buffer *out);
} json_form = { json_head, json_item, json_tail },
  protobuf_form = { protobuf_list_head, protobuf_item, api_protobuf_envelope_tail };

static const struct list_form *form_of(const struct http_call *call)
{
    return call->media.format == MEDIA_PROTOBUF ? &protobuf_form : &json_form;
}

/* A run of items as they are sent: the bytes of the objects themselves, and a few between them. */
struct run {
    struct json_prefix prefix;
    struct http_part parts[2 * RUN_ITEMS];
    char heads[RUN_ITEMS][PROTOBUF_HEAD_MAX];
    size_t count;
    size_t size; /* bytes in all */
};

/* From the item 'next' on; where the run ends. */
static size_t run_fill(struct run *run, const struct list_form *form, const struct request_list *list, size_t next)
{
    run->count = run->size = 0;
    for (size_t i = 0; i < RUN_ITEMS && next < list->count && run->size < PIECE; i++, next++) {
        struct http_part *parts = &run->parts[run->count];
        parts[0] = (struct http_part){ 0 };
        parts[1] = form->item(&run->prefix, list->objects[next], next == 0, &parts[0], run->heads[i]);
        run->size += parts[0].text.size + parts[1].text.size;
        run->count += 2;
    }
    return next;
}

static void run_append(const struct run *run, struct buffer *out)
{
    for (size_t i = 0; i < run->count; i++)
        buffer_append_str(out, run->parts[i].text);
}

static void write_list(const struct http_call *call, const struct request_list *list, struct buffer *out)
{
    const struct list_form *form = form_of(call);
    struct run run = { 0 };
    form->head(out, call->request, list);
    for (size_t next = 0; next < list->count;) {
        next = run_fill(&run, form, list, next);
        run_append(&run, out);
    }
    form->tail(out);
}

static size_t list_size(const struct request_list *list)
{
    size_t size = 0;
    for (size_t i = 0; i < list->count; i++)
        size += object_json(list->objects[i]).size;
    return size;
}

/* ---------------------------------------------------------------- as the objects' own bytes */

/* False: the peer reads too slowly. */
static bool send_text_part(struct http_call *call, const struct buffer *text)
{
    return http_response_write_parts(call->exchange, &(struct http_part){ .text = buffer_str(text) }, 1);
}

static bool send_packed(struct http_call *call, struct str text, bool end)
{
    struct bytes *piece = gzip_stream_add(call->packer, text, end);
    bool more = http_response_write(call->exchange, piece);
    bytes_unref(piece);
    return more;
}

/* A piece of the list; false: the peer reads too slowly. */
static bool send_piece(struct http_call *call, const struct list_form *form, struct run *run)
{
    const struct request_list *list = call->list;
    bool begin = call->next_item == 0, more = true;
    auto_buffer struct buffer text = { .max = BODY_MAX };
    if (begin)
        form->head(&text, call->request, list);
    call->next_item = run_fill(run, form, list, call->next_item);
    bool end = call->next_item == list->count;
    if (call->packer != NULL) {
        run_append(run, &text);
        if (end)
            form->tail(&text);
        return send_packed(call, buffer_str(&text), end);
    }
    if (begin)
        more = send_text_part(call, &text);
    more = http_response_write_parts(call->exchange, run->parts, run->count) && more;
    if (!end)
        return more;
    buffer_clear(&text);
    form->tail(&text);
    return send_text_part(call, &text) && more;
}

static void stream_more(struct http_call *call)
{
    const struct list_form *form = form_of(call);
    struct run run = { 0 };
    while (!call->stopped) {
        bool more = send_piece(call, form, &run);
        if (call->next_item == call->list->count) {
            struct http_exchange *exchange = call->exchange;
            http_exchange_set_events(exchange, NULL, NULL);
            http_response_end(exchange);
            http_call_end(call);
            return;
        }
        call->stopped = !more;
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

/* Its size is said before; small enough to be queued at once. */
static void send_measured(struct http_call *call, const struct request_list *list)
{
    const struct list_form *form = form_of(call);
    struct http_exchange *exchange = call->exchange;
    auto_buffer struct buffer head = { .max = BODY_MAX }, tail = { .max = BODY_MAX };
    struct response_headers headers;
    struct run run = { 0 };
    form->head(&head, call->request, list);
    form->tail(&tail);
    size_t size = head.size + tail.size;
    for (size_t next = 0; next < list->count; size += run.size)
        next = run_fill(&run, form, list, next);
    response_headers_make(call, media_content_type(&call->media, false), &headers);
    headers.items[headers.count++] =
        (struct http_header){ STR("content-length"), str_of(arena_format(&call->request->arena, "%zu", size)) };
    call->exchange = NULL; /* gone when the answer is out */
    http_exchange_set_events(exchange, NULL, NULL);
    http_response_begin(exchange, 200, &(struct http_headers){ headers.items, headers.count });
    (void)http_response_write_parts(exchange, &(struct http_part){ .text = buffer_str(&head) }, 1);
    for (size_t next = 0; next < list->count;) {
        next = run_fill(&run, form, list, next);
        (void)http_response_write_parts(exchange, run.parts, run.count);
    }
    (void)http_response_write_parts(exchange, &(struct http_part){ .text = buffer_str(&tail) }, 1);
    http_response_end(exchange);
    http_call_end(call);
}

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
    size_t size = plain && streams ? list_size(list) : 0;
    if (size > WHOLE_MOST) {
        stream_list(call, list);
        return;
    }
    if (plain && streams && (!call->gzip || size <= HTTP_GZIP_LEAST)) {
        send_measured(call, list);
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
