/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Watches over HTTP: one frame an event, made once and shared by all who read plain JSON. */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "api/status.h"
#include "apiserver/http/front.h"
#include "apiserver/http/shape.h"
#include "apiserver/http/watch_socket.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "net/websocket.h"

#define FRAME_MAX ((size_t)64 << 20)

static const char *const event_names[] = { "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR" };
#define EVENT_ERROR 4

/* An event around a document, for the clients that take it in another form than stored. */
static struct bytes *json_frame(const char *type, struct str document)
{
    auto_buffer struct buffer out = { .max = FRAME_MAX };
    while (document.size > 0 && document.data[document.size - 1] == '\n')
        document.size--;
    buffer_format(&out, "{\"type\":\"%s\",\"object\":", type);
    buffer_append_str(&out, document);
    buffer_append_text(&out, "}\n");
    return bytes_create(out.data, out.size);
}

/* Four bytes of length, then a WatchEvent: type is field 1, object a RawExtension in field 2. */
static struct bytes *protobuf_frame(const char *type, struct str document)
{
    auto_buffer struct buffer out = { .max = FRAME_MAX };
    struct api_watch_event event = { .type = type, .object = document };
    uint32_t length = 0;
    buffer_append(&out, &length, sizeof(length));
    api_encode_protobuf(&api_type_watch_event, &event, &out);
    if (buffer_failed(&out))
        return NULL;
    length = htonl((uint32_t)(out.size - sizeof(length)));
    memcpy(out.data, &length, sizeof(length));
    return bytes_create(out.data, out.size);
}

static struct bytes *make_frame(const struct http_call *call, const char *type, struct str document)
{
    return call->media.format == MEDIA_PROTOBUF ? protobuf_frame(type, document) : json_frame(type, document);
}

static struct bytes *document_frame(struct http_call *call, const char *type, const struct api_kind *kind,
                                    const void *value)
{
    auto_buffer struct buffer document = { .max = FRAME_MAX };
    if (call->media.format == MEDIA_PROTOBUF)
        api_encode_protobuf_envelope(kind, value, &document);
    else
        api_encode_json(kind->type, kind, value, &document);
    return make_frame(call, type, buffer_str(&document));
}

enum { EVENT_TYPE = 1, EVENT_OBJECT = 2, RAW_EXTENSION_RAW = 1 }; /* tags */

/* The same around an object's message, which is not copied: what goes before it, and what behind. */
static void message_frame_ends(const char *type, const struct object *object, size_t size, struct buffer *head,
                               struct buffer *tail)
{
    auto_buffer struct buffer envelope = { .max = FRAME_MAX };
    api_protobuf_envelope_head(object_resource(object)->kind, size, &envelope);
    api_protobuf_envelope_tail(tail);
    size_t document = envelope.size + size + tail->size;
    size_t raw = protobuf_head_size(RAW_EXTENSION_RAW, document) + document;
    uint32_t length = htonl((uint32_t)(protobuf_head_size(EVENT_TYPE, strlen(type)) + strlen(type) +
                                       protobuf_head_size(EVENT_OBJECT, raw) + raw));
    buffer_append(head, &length, sizeof(length));
    protobuf_write_bytes(head, EVENT_TYPE, str_of(type));
    protobuf_write_head(head, EVENT_OBJECT, raw);
    protobuf_write_head(head, RAW_EXTENSION_RAW, document);
    buffer_append_str(head, buffer_str(&envelope));
}

/* As a row, or as metadata. */
static struct bytes *shaped_frame(struct http_call *call, enum client_watch_event type, const struct api_kind *kind,
                                  const void *typed, struct str document)
{
    auto_buffer struct buffer shaped = { .max = FRAME_MAX };
    shape_object(call->request, kind, typed, document, !call->columns_sent, &shaped);
    call->columns_sent = true;
    return make_frame(call, event_names[type], buffer_str(&shaped));
}

static bool send_frame(struct http_call *call, struct bytes *frame)
{
    call->stopped |=
        call->socket != NULL ? !watch_socket_send(call, bytes_str(frame)) : !http_response_write(call->exchange, frame);
    return !call->stopped;
}

static bool take_frame(struct http_call *call, struct bytes *frame)
{
    bool more = frame == NULL || send_frame(call, frame);
    bytes_unref(frame);
    return more;
}

/* A message of a WebSocket is one text. */
static bool send_message(struct http_call *call, const struct http_part *parts, size_t count)
{
    auto_buffer struct buffer message = { .max = FRAME_MAX };
    for (size_t i = 0; i < count; i++)
        buffer_append_str(&message, parts[i].text);
    return watch_socket_send(call, buffer_str(&message));
}

/* As it is: its own bytes with a few around them. */
static bool send_object(struct http_call *call, enum client_watch_event type, const struct object *object)
{
    auto_buffer struct buffer head = { .max = FRAME_MAX }, tail = { .max = FRAME_MAX };
    struct http_part parts[3] = { { object_frame_head(type), NULL },
                                  { object_json(object), object_bytes(object) },
                                  { OBJECT_FRAME_TAIL, NULL } };
    if (call->media.format == MEDIA_PROTOBUF) {
        struct bytes *message = object_message(object);
        message_frame_ends(event_names[type], object, message->size, &head, &tail);
        parts[0].text = buffer_str(&head);
        parts[1] = (struct http_part){ bytes_str(message), message };
        parts[2].text = buffer_str(&tail);
    }
    call->stopped |= call->socket != NULL ? !send_message(call, parts, countof(parts))
                                          : !http_response_write_parts(call->exchange, parts, countof(parts));
    return !call->stopped;
}

/* ---------------------------------------------------------------- the answer, event by event */

/* No handshake after all. */
static void refuse(struct http_call *call, const struct error *err)
{
    static const struct http_header type = { STR("content-type"), STR("text/plain; charset=utf-8") };
    struct http_exchange *exchange = take_pointer(&call->exchange);
    struct bytes *text = bytes_create(err->message, strlen(err->message));
    http_exchange_set_events(exchange, NULL, NULL);
    http_respond(exchange, 400, &(struct http_headers){ &type, 1 }, text);
    bytes_unref(text);
}

bool watch_answer_open(struct http_call *call)
{
    struct response_headers headers;
    struct error err;
    http_settle_media(call);
    if (websocket_requested(call->exchange)) {
        if (watch_socket_open(call, &err) < 0)
            refuse(call, &err);
        return call->socket != NULL;
    }
    response_headers_make(call, media_content_type(&call->media, true), &headers);
    http_response_begin(call->exchange, 200, &(struct http_headers){ headers.items, headers.count });
    return true;
}

bool watch_answer_alive(const struct http_call *call)
{
    return call->exchange != NULL || call->socket != NULL;
}

bool watch_answer_shares_frames(const struct http_call *call)
{
    return call->media.shape == SHAPE_OBJECT && call->media.format != MEDIA_PROTOBUF;
}

bool watch_answer_event(struct http_call *call, enum client_watch_event type, const struct object *object,
                        struct bytes *frame)
{
    if (frame != NULL)
        return send_frame(call, frame);
    if (call->media.shape != SHAPE_OBJECT)
        return take_frame(
            call, shaped_frame(call, type, object_resource(object)->kind, object_typed(object), object_json(object)));
    return send_object(call, type, object);
}

bool watch_answer_bookmark(struct http_call *call, uint64_t revision, bool initial)
{
    const struct api_kind *kind = call->request->registry->resource->kind;
    auto_buffer struct buffer json = { .max = FRAME_MAX };
    struct api_object_meta *meta = memory_zalloc(kind->type->size); /* what every kind's struct begins with */
    struct api_string_entry end = { "k8s.io/initial-events-end", "true" };
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)revision);
    meta->resource_version = text;
    if (initial) {
        meta->annotations = &end;
        meta->n_annotations = 1;
    }
    struct bytes *frame;
    if (call->media.shape != SHAPE_OBJECT) {
        api_encode_json(kind->type, kind, meta, &json);
        frame = shaped_frame(call, CLIENT_BOOKMARK, kind, meta, buffer_str(&json));
    } else {
        frame = document_frame(call, event_names[CLIENT_BOOKMARK], kind, meta);
    }
    free(meta);
    return take_frame(call, frame);
}

void watch_answer_end(struct http_call *call, int rc, const struct error *err)
{
    if (rc < 0) {
        struct request *request = call->request;
        struct api_status *status =
            request->failure != NULL ? request->failure : api_status_of_error(&request->arena, err, NULL, NULL);
        (void)take_frame(call, document_frame(call, event_names[EVENT_ERROR], &api_kind_status, status));
    }
    if (call->socket != NULL) {
        watch_socket_end(call);
        return;
    }
    struct http_exchange *exchange = take_pointer(&call->exchange);
    http_exchange_set_events(exchange, NULL, NULL);
    http_response_end(exchange);
}

/* ---------------------------------------------------------------- on the server's own loop */

static bool watch_event(struct watch *watch, enum client_watch_event type, const struct object *object,
                        struct cache_event *event)
{
    struct http_call *call = watch->context;
    bool shared = event != NULL && watch_answer_shares_frames(call);
    return watch_answer_event(call, type, object, shared ? cache_event_frame(event, type) : NULL);
}

static void watch_bookmarked(struct watch *watch, uint64_t revision, bool initial)
{
    (void)watch_answer_bookmark(watch->context, revision, initial);
}

static void watch_ended(struct watch *watch, int rc, const struct error *err)
{
    struct http_call *call = watch->context;
    watch_answer_end(call, rc, err);
    http_call_end(call);
}

static void call_drained(struct http_call *call)
{
    watch_resume(call->request->watch);
}

static void call_closed(struct http_call *call)
{
    watch_close(call->request->watch);
    request_destroy(call->request);
}

void http_respond_watch(struct request *request)
{
    static const struct watch_consumer consumer = { .event = watch_event,
                                                    .bookmark = watch_bookmarked,
                                                    .ended = watch_ended };
    struct http_call *call = request->sink_context;
    call->drained = call_drained;
    call->closed = call_closed;
    if (watch_answer_open(call))
        watch_begin(request->watch, &consumer, call);
    else
        call_closed(call);
}
