/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/grpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

#define MESSAGE_MAX     ((size_t)16 << 20)
#define DESCRIPTION_MAX ((size_t)4096)
#define METADATA_MAX    32
#define TIMEOUT_DIGITS  100000000 /* the header allows eight */

struct grpc_channel {
    struct http_client *client;
    size_t message_max;
};

struct grpc_call {
    struct http_request *request; /* NULL once it has reported */
    const struct grpc_call_events *events;
    void *context;
    struct grpc_reader reader;
    int http_status;
    int code; /* from the headers or trailers; negative: not told yet */
    struct buffer description;
    void (*unary_done)(void *context, const struct grpc_result *result, struct str response);
    struct buffer unary_response;
    bool unary_answered;
    unsigned pins;
    bool gone;
};

static const struct {
    const char *text;
    enum error_code error;
} codes[] = {
#define X(number, name, text, error) [number] = { text, error },
    GRPC_CODES(X)
#undef X
};

const char *grpc_code_text(int code)
{
    return code >= 0 && (size_t)code < countof(codes) ? codes[code].text : "Unknown";
}

/* ---------------------------------------------------------------- framing */

static void write_frame_header(char *header, size_t size)
{
    header[0] = 0; /* not compressed */
    for (int i = 0; i < 4; i++)
        header[1 + i] = (char)(size >> (24 - 8 * i));
}

struct bytes *grpc_frame(struct str message)
{
    struct bytes *frame = bytes_create(NULL, GRPC_FRAME_HEADER + message.size);
    write_frame_header(frame->data, message.size);
    if (message.size > 0)
        memcpy(frame->data + GRPC_FRAME_HEADER, message.data, message.size);
    return frame;
}

void grpc_reader_init(struct grpc_reader *reader, size_t message_max)
{
    *reader = (struct grpc_reader){ .max = message_max };
    /* One read of the transport may carry the end of a message and the start of others. */
    buffer_init(&reader->pending, message_max + ((size_t)16 << 20));
}

void grpc_reader_fini(struct grpc_reader *reader)
{
    buffer_fini(&reader->pending);
}

int grpc_reader_feed(struct grpc_reader *reader, struct str bytes, struct error *err)
{
    buffer_consume(&reader->pending, reader->taken);
    reader->taken = 0;
    buffer_append_str(&reader->pending, bytes);
    if (buffer_failed(&reader->pending))
        return error_set(err, ERROR_LIMIT, "grpc: more than %zu bytes came unread", reader->pending.max);
    return 0;
}

int grpc_reader_next(struct grpc_reader *reader, struct str *ret_message, struct error *err)
{
    struct str rest = str_skip(buffer_str(&reader->pending), reader->taken);
    if (rest.size < GRPC_FRAME_HEADER)
        return 0;
    const unsigned char *header = (const unsigned char *)rest.data;
    size_t size = (size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 | header[4];
    if (header[0] != 0)
        return error_set(err, ERROR_UNSUPPORTED, "grpc: the peer compressed a message without being asked to");
    if (size > reader->max)
        return error_set(err, ERROR_LIMIT, "grpc: received message larger than max (%zu vs. %zu)", size, reader->max);
    if (rest.size - GRPC_FRAME_HEADER < size)
        return 0;
    *ret_message = (struct str){ rest.data + GRPC_FRAME_HEADER, size };
    reader->taken += GRPC_FRAME_HEADER + size;
    return 1;
}

/* ---------------------------------------------------------------- the end of a call */

static void call_free(struct grpc_call *call)
{
    grpc_reader_fini(&call->reader);
    buffer_fini(&call->description);
    buffer_fini(&call->unary_response);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(call);
#endif
}

static void call_unpin(struct grpc_call *call)
{
    if (--call->pins == 0 && call->gone)
        call_free(call);
}

static void call_report(struct grpc_call *call)
{
    call->pins++;
    call->gone = true;
    struct error err = { 0 };
    struct grpc_result result = { .code = (enum grpc_code)call->code, .description = buffer_str(&call->description) };
    if (call->unary_done != NULL && call->code == GRPC_OK && !call->unary_answered) {
        result.code = GRPC_INTERNAL;
        result.description = STR("the server answered without a message");
    }
    if (result.code != GRPC_OK) {
        enum error_code code = (size_t)result.code < countof(codes) ? codes[result.code].error : ERROR_INTERNAL;
        result.rc = error_set(&err, code, "rpc error: code = %s desc = " STR_FMT, grpc_code_text((int)result.code),
                              STR_ARG(result.description));
        result.err = &err;
    }
    if (call->unary_done != NULL)
        call->unary_done(call->context, &result,
                         result.rc == 0 ? buffer_str(&call->unary_response) : (struct str){ 0 });
    else
        call->events->done(call->context, &result);
    call_unpin(call);
}

static void call_set_status(struct grpc_call *call, int code, struct str description)
{
    call->code = code;
    buffer_clear(&call->description);
    buffer_append_str(&call->description, description);
}

/* Something is wrong with what the server sends: the stream is of no use any more. */
static void call_fail(struct grpc_call *call, int code, const struct error *err)
{
    http_request_cancel(take_pointer(&call->request));
    call_set_status(call, code, str_of(err->message));
    call_report(call);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* grpc-message is percent-encoded; what is not well-formed stays as it is. */
static void decode_description(struct buffer *buffer, struct str text)
{
    buffer_clear(buffer);
    for (size_t i = 0; i < text.size && i < DESCRIPTION_MAX; i++) {
        int high = i + 2 < text.size && text.data[i] == '%' ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
        if (low >= 0) {
            buffer_append_char(buffer, (char)(high << 4 | low));
            i += 2;
        } else {
            buffer_append_char(buffer, text.data[i]);
        }
    }
}

static void call_read_status(struct grpc_call *call, const struct http_headers *headers)
{
    struct str text = http_header(headers, "grpc-status");
    int64_t code;
    if (text.data == NULL)
        return;
    call->code = str_to_int64(text, &code) && code >= 0 && (size_t)code < countof(codes) ? (int)code : GRPC_UNKNOWN;
    decode_description(&call->description, http_header(headers, "grpc-message"));
}

/* As the gRPC documents map answers of something that is no gRPC server. */
static int code_of_http_status(int status)
{
    switch (status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

static int code_of_error(int rc)
{
    switch (-rc) {
    case ERROR_TIMEOUT:
        return GRPC_DEADLINE_EXCEEDED;
    case ERROR_CANCELLED:
        return GRPC_CANCELLED;
    case ERROR_LIMIT:
        return GRPC_RESOURCE_EXHAUSTED;
    default:
        return GRPC_UNAVAILABLE;
    }
}

/* ---------------------------------------------------------------- what the request reports */

static void on_response(void *context, int status, const struct http_headers *headers)
{
    struct grpc_call *call = context;
    call->http_status = status;
    call_read_status(call, headers); /* an answer of trailers only */
}

static void call_message(struct grpc_call *call, struct str message)
{
    if (call->unary_done == NULL) {
        call->events->message(call->context, message);
        return;
    }
    buffer_clear(&call->unary_response);
    buffer_append_str(&call->unary_response, message);
    call->unary_answered = true;
}

static void on_body(void *context, struct str bytes)
{
    struct grpc_call *call = context;
    if (call->http_status != 200)
        return; /* a text for people */
    struct error err;
    call->pins++;
    int rc = grpc_reader_feed(&call->reader, bytes, &err);
    struct str message = { 0 };
    while (rc >= 0 && !call->gone && (rc = grpc_reader_next(&call->reader, &message, &err)) > 0)
        call_message(call, message);
    if (rc < 0 && !call->gone)
        call_fail(call, rc == -ERROR_LIMIT ? GRPC_RESOURCE_EXHAUSTED : GRPC_INTERNAL, &err);
    call_unpin(call);
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct grpc_call *call = context;
    if (rc == 0)
        call_read_status(call, http_request_trailers(call->request));
    call->request = NULL;
    char text[64];
    if (call->code < 0 && rc == -ERROR_TIMEOUT) {
        call_set_status(call, GRPC_DEADLINE_EXCEEDED, STR("context deadline exceeded"));
    } else if (call->code < 0 && rc < 0) {
        call_set_status(call, code_of_error(rc), str_of(err->message));
    } else if (call->code < 0 && call->http_status != 200) {
        snprintf(text, sizeof(text), "unexpected HTTP status code received from server: %d", call->http_status);
        call_set_status(call, code_of_http_status(call->http_status), str_of(text));
    } else if (call->code < 0) {
        call_set_status(call, GRPC_INTERNAL, STR("server closed the stream without sending trailers"));
    }
    call_report(call);
}

static void on_drained(void *context)
{
    struct grpc_call *call = context;
    if (call->events != NULL && call->events->drained != NULL)
        call->events->drained(call->context);
}

static const struct http_request_events request_events = {
    .response = on_response,
    .body = on_body,
    .done = on_done,
    .drained = on_drained,
};

/* ---------------------------------------------------------------- calls */

static void format_timeout(char *text, size_t size, usec_t timeout)
{
    if (timeout < TIMEOUT_DIGITS)
        snprintf(text, size, "%lldu", (long long)timeout);
    else if (timeout / USEC_PER_MSEC < TIMEOUT_DIGITS)
        snprintf(text, size, "%lldm", (long long)(timeout / USEC_PER_MSEC));
    else
        snprintf(text, size, "%lldS", (long long)(timeout / USEC_PER_SEC % TIMEOUT_DIGITS));
}

static struct grpc_call *call_create(struct grpc_channel *channel, const struct grpc_call_options *options,
                                     bool streams, struct bytes *body)
{
    struct grpc_call *call = memory_new(struct grpc_call);
    call->code = -1;
    grpc_reader_init(&call->reader, channel->message_max);
    buffer_init(&call->unary_response, channel->message_max);
    char timeout[24];
    struct http_header headers[METADATA_MAX + 4] = {
        { STR("content-type"), STR("application/grpc") },
        { STR("te"), STR("trailers") },
        { STR("user-agent"), STR("coracle-grpc") },
    };
    size_t count = 3;
    if (options->timeout > 0) {
        format_timeout(timeout, sizeof(timeout), options->timeout);
        headers[count++] = (struct http_header){ STR("grpc-timeout"), str_of(timeout) };
    }
    for (size_t i = 0; i < options->metadata.count && i < METADATA_MAX; i++)
        headers[count++] = options->metadata.items[i];
    struct http_request_options request = {
        .method = "POST",
        .path = options->method,
        .headers = { headers, count },
        .body = body,
        .streams_body = streams,
        .timeout = options->timeout,
    };
    call->request = http_request_start(channel->client, &request, &request_events, call);
    return call;
}

struct grpc_call *grpc_call_start(struct grpc_channel *channel, const struct grpc_call_options *options,
                                  const struct grpc_call_events *events, void *context)
{
    struct grpc_call *call = call_create(channel, options, true, NULL);
    call->events = events;
    call->context = context;
    return call;
}

bool grpc_call_write(struct grpc_call *call, struct str message)
{
    if (call->request == NULL)
        return true;
    struct bytes *frame = grpc_frame(message);
    bool room = http_request_write(call->request, frame);
    bytes_unref(frame);
    return room;
}

void grpc_call_end(struct grpc_call *call)
{
    if (call->request != NULL)
        http_request_end(call->request);
}

void grpc_call_cancel(struct grpc_call *call)
{
    if (call == NULL || call->gone)
        return;
    call->pins++;
    call->gone = true;
    http_request_cancel(take_pointer(&call->request));
    call_unpin(call);
}

void grpc_call_read_stop(struct grpc_call *call)
{
    if (call->request != NULL)
        http_request_body_stop(call->request);
}

void grpc_call_read_start(struct grpc_call *call)
{
    if (call->request != NULL)
        http_request_body_start(call->request);
}

struct grpc_call *grpc_call_unary(struct grpc_channel *channel, const struct grpc_call_options *options,
                                  struct str request,
                                  void (*done)(void *context, const struct grpc_result *result, struct str response),
                                  void *context)
{
    struct bytes *frame = grpc_frame(request);
    struct grpc_call *call = call_create(channel, options, false, frame);
    bytes_unref(frame);
    call->unary_done = done;
    call->context = context;
    return call;
}

/* ---------------------------------------------------------------- channels */

struct grpc_channel *grpc_channel_create(struct loop *loop, const struct grpc_channel_options *options)
{
    struct grpc_channel *channel = memory_new(struct grpc_channel);
    channel->message_max = options->message_max != 0 ? options->message_max : MESSAGE_MAX;
    struct http_client_options client = {
        .target = options->target,
        .authority = options->authority,
        .connect_timeout = options->connect_timeout,
        .http2_only = true,
    };
    channel->client = http_client_create(loop, &client);
    return channel;
}

void grpc_channel_destroy(struct grpc_channel *channel)
{
    if (channel == NULL)
        return;
    http_client_destroy(channel->client);
    free(channel);
}
