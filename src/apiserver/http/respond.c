/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Answers in the media type and shape that the client asked for. */

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "api/codec.h"
#include "api/status.h"
#include "apiserver/http/front.h"
#include "apiserver/http/shape.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/text/uuid.h"
#include "codec/json.h"
#include "codec/yaml.h"

#define BODY_MAX ((size_t)1 << 30)

static void add_header(struct response_headers *headers, const char *name, const char *value)
{
    headers->items[headers->count++] = (struct http_header){ str_of(name), str_of(value) };
}

/* 299 - "text", with quotes and backslashes escaped. */
static const char *warning_value(struct request *request, const char *text)
{
    auto_buffer struct buffer value = { .max = 8192 };
    buffer_append_text(&value, "299 - \"");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buffer_append_char(&value, '\\');
        buffer_append_char(&value, (unsigned char)*c < 0x20 ? ' ' : *c);
    }
    buffer_append_char(&value, '"');
    return arena_str(&request->arena, buffer_str(&value)).data;
}

/* The one that the client gave, or a new one. */
static const char *audit_id(struct http_call *call)
{
    struct str given = http_header(http_exchange_headers(call->exchange), "audit-id");
    if (given.size > 0)
        return arena_strndup(&call->request->arena, given.data, given.size);
    char *id = arena_alloc(&call->request->arena, UUID_TEXT_SIZE);
    uuid_generate(loop_random(call->lane->loop), id);
    return id;
}

void response_headers_make(struct http_call *call, const char *content_type, struct response_headers *headers)
{
    struct request *request = call->request;
    headers->count = 0;
    add_header(headers, "audit-id", audit_id(call));
    const struct answer_headers *out = &request->headers_out;
    add_header(headers, "cache-control", out->cache_control != NULL ? out->cache_control : "no-cache, private");
    const char *const others[][2] = { { "content-type", content_type },
                                      { "etag", out->etag },
                                      { "vary", out->etag != NULL ? "Accept" : NULL },
                                      { "expires", out->expires },
                                      { "location", out->location } };
    for (size_t i = 0; i < countof(others); i++)
        if (others[i][1] != NULL)
            add_header(headers, others[i][0], others[i][1]);
    for (size_t i = 0; i < request->n_warnings; i++)
        add_header(headers, "warning", warning_value(request, request->warnings[i]));
}

static struct bytes *compress_body(struct str body)
{
    z_stream stream = { 0 };
    if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    size_t room = deflateBound(&stream, body.size);
    auto_buffer struct buffer out = { .max = BODY_MAX };
    char *space = buffer_reserve(&out, room);
    struct bytes *compressed = NULL;
    if (space != NULL) {
        stream.next_in = (unsigned char *)body.data;
        stream.avail_in = (unsigned)body.size;
        stream.next_out = (unsigned char *)space;
        stream.avail_out = (unsigned)room;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
            compressed = bytes_create(space, stream.total_out);
    }
    deflateEnd(&stream);
    return compressed;
}

void http_send(struct http_call *call, int status, const char *content_type, struct bytes *body)
{
    struct response_headers headers;
    struct http_exchange *exchange = call->exchange;
    response_headers_make(call, content_type, &headers);
    if (call->retry_after > 0)
        add_header(&headers, "retry-after", arena_format(&call->request->arena, "%d", call->retry_after));
    if (status >= 400 && content_type != NULL && strncmp(content_type, "text/", 5) == 0)
        add_header(&headers, "x-content-type-options", "nosniff");
    struct bytes *compressed = NULL;
    if (call->gzip && body != NULL && body->size > HTTP_GZIP_LEAST &&
        (compressed = compress_body(bytes_str(body))) != NULL) {
        add_header(&headers, "content-encoding", "gzip");
        add_header(&headers, "vary", "Accept-Encoding");
    }
    struct http_headers list = { headers.items, headers.count };
    call->exchange = NULL; /* gone when the answer is out */
    http_exchange_set_events(exchange, NULL, NULL);
    http_respond(exchange, status, &list, compressed != NULL ? compressed : body);
    bytes_unref(compressed);
    http_call_end(call);
}

static struct bytes *bytes_of_buffer(struct buffer *buffer)
{
    return buffer_failed(buffer) ? NULL : bytes_create(buffer->data, buffer->size);
}

static struct bytes *pretty_json(struct str json)
{
    yyjson_doc *doc = yyjson_read(json.data, json.size, YYJSON_READ_NUMBER_AS_RAW);
    size_t size = 0;
    char *text = doc == NULL ? NULL : yyjson_write(doc, YYJSON_WRITE_PRETTY_TWO_SPACES, &size);
    struct bytes *pretty = text == NULL ? bytes_create(json.data, json.size) : bytes_create(text, size);
    free(text);
    yyjson_doc_free(doc);
    return pretty;
}

/* A JSON document as the client wants it; the caller's reference. */
static struct bytes *format_json(struct http_call *call, struct str json)
{
    if (call->media.format == MEDIA_YAML) {
        auto_buffer struct buffer yaml = { .max = BODY_MAX };
        struct error err;
        if (yaml_from_json(json, &yaml, &err) == 0 && !buffer_failed(&yaml))
            return bytes_of_buffer(&yaml);
        log_error("answer cannot be written as YAML", LOG_TEXT("error", err.message));
    }
    return call->request->options.pretty ? pretty_json(json) : bytes_create(json.data, json.size);
}

static void send_json(struct http_call *call, int status, struct str json)
{
    struct bytes *body = format_json(call, json);
    http_send(call, status, media_content_type(&call->media, false), body);
    bytes_unref(body);
}

/* Clients wait and ask again by themselves when the header is there: not for a budget that allows no eviction. */
static void take_retry(struct http_call *call, const struct api_status *status)
{
    if (status->details != NULL && text_equal(status->status, "Failure"))
        call->retry_after = status->details->retry_after_seconds;
}

/* Errors are shown as themselves whatever shape was asked for, and as readable JSON to who accepts nothing we have. */
static void choose_failure_form(struct http_call *call)
{
    struct str accept = http_header(http_exchange_headers(call->exchange), "accept");
    if (media_negotiate(accept, TRANSFORM_NONE, &call->media))
        return;
    call->media = (struct media){ .format = MEDIA_JSON };
    call->request->options.pretty = true;
}

static bool is_shaped(const struct http_call *call, const struct api_kind *kind)
{
    return call->media.shape != SHAPE_OBJECT && kind != &api_kind_status && kind->type->n_fields > 0 &&
           kind->type->fields[0].type == &api_type_object_meta;
}

static void send_shaped(struct http_call *call, int status, const struct api_kind *kind, const void *typed,
                        struct str document)
{
    auto_buffer struct buffer out = { .max = BODY_MAX };
    shape_object(call->request, kind, typed, document, true, &out);
    if (call->media.format == MEDIA_PROTOBUF) {
        struct bytes *body = bytes_of_buffer(&out);
        http_send(call, status, media_content_type(&call->media, false), body);
        bytes_unref(body);
        return;
    }
    buffer_append_char(&out, '\n');
    send_json(call, status, buffer_str(&out));
}

static void respond_shaped_document(struct http_call *call, int status, const struct api_kind *kind, const void *value)
{
    auto_buffer struct buffer document = { .max = BODY_MAX };
    api_encode_json(kind->type, kind, value, &document);
    send_shaped(call, status, kind, value, buffer_str(&document));
}

static void respond_document(struct request *request, int status, const struct api_kind *kind, const void *value)
{
    struct http_call *call = request->sink_context;
    auto_buffer struct buffer out = { .max = BODY_MAX };
    if (kind == &api_kind_status) {
        take_retry(call, value);
        if (status >= 400)
            choose_failure_form(call);
    }
    if (is_shaped(call, kind)) {
        respond_shaped_document(call, status, kind, value);
        return;
    }
    if (call->media.format == MEDIA_PROTOBUF && !kind->type->json_only) {
        api_encode_protobuf_envelope(kind, value, &out);
        struct bytes *body = bytes_of_buffer(&out);
        http_send(call, status, media_content_type(&call->media, false), body);
        bytes_unref(body);
        return;
    }
    if (call->media.format == MEDIA_PROTOBUF)
        call->media.format = MEDIA_JSON;
    api_encode_json(kind->type, kind, value, &out);
    if (!request->options.pretty)
        buffer_append_char(&out, '\n');
    send_json(call, status, buffer_str(&out));
}

void http_refuse(struct http_call *call, const struct error *err)
{
    struct api_status *status = api_status_of_error(&call->request->arena, err, NULL, NULL);
    respond_document(call->request, status->code, &api_kind_status, status);
}

void http_settle_media(struct http_call *call)
{
    const struct request *request = call->request;
    if (request->registry == NULL || !request->registry->custom || call->media.format != MEDIA_PROTOBUF)
        return;
    struct str accept = request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "accept");
    if (!media_negotiate_custom(accept, TRANSFORM_ALL, &call->media))
        call->media.format = MEDIA_JSON; /* that was refused before */
}

static void send_message(struct http_call *call, int status, const struct object *object)
{
    auto_buffer struct buffer out = { .max = BODY_MAX };
    const struct bytes *message = object_message(object);
    api_protobuf_envelope_head(object_resource(object)->kind, message->size, &out);
    buffer_append_str(&out, bytes_str(message));
    api_protobuf_envelope_tail(&out);
    struct bytes *body = bytes_of_buffer(&out);
    http_send(call, status, media_content_type(&call->media, false), body);
    bytes_unref(body);
}

static void respond_object(struct request *request, int status, const struct object *object)
{
    struct http_call *call = request->sink_context;
    const struct api_kind *kind = object_resource(object)->kind;
    struct error err = { 0 };
    http_settle_media(call);
    if (shape_check(request, false, &err) < 0) {
        http_refuse(call, &err);
    } else if (call->media.shape != SHAPE_OBJECT) {
        send_shaped(call, status, kind, object_typed(object), object_json(object));
    } else if (call->media.format == MEDIA_PROTOBUF) {
        send_message(call, status, object);
    } else if (call->media.format == MEDIA_JSON && !request->options.pretty) {
        http_send(call, status, "application/json", object_bytes(object));
    } else {
        send_json(call, status, object_json(object));
    }
}

static void respond_text(struct request *request, int status, const char *content_type, struct str body)
{
    struct bytes *bytes = bytes_create(body.data, body.size);
    http_send(request->sink_context, status, content_type, bytes);
    bytes_unref(bytes);
}

const struct request_sink http_sink = {
    .object = respond_object,
    .document = respond_document,
    .list = http_respond_list,
    .watch = http_respond_watch,
    .text = respond_text,
    .connect = http_respond_connect,
};
