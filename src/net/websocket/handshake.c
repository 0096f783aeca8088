/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* handshake.c - from an HTTP/1.1 request to a WebSocket, on either side. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "net/http/message.h"
#include "net/websocket/socket.h"

#define KEY_SUFFIX   "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* RFC 6455, 1.3 */
#define KEY_SIZE     24                                     /* base64 of 16 bytes */
#define TIME_LIMIT   (30 * USEC_PER_SEC)
#define HEADERS_MAX  32
#define REFUSAL_MAX  ((size_t)512) /* of the server's text, for the error */
#define PROTOCOL_MAX 128

void websocket_accept_key(struct str key, char text[WEBSOCKET_ACCEPT_SIZE])
{
    auto_buffer struct buffer joined = { 0 };
    buffer_append_str(&joined, key);
    buffer_append_text(&joined, KEY_SUFFIX);
    unsigned char digest[20];
    EVP_Digest(joined.data, joined.size, digest, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)text, digest, sizeof(digest));
}

/* ---------------------------------------------------------------- server */

bool websocket_requested(struct http_exchange *exchange)
{
    const struct http_headers *headers = http_exchange_headers(exchange);
    return str_is(http_exchange_method(exchange), "GET") && http_header_has_token(headers, "connection", "upgrade") &&
           http_header_has_token(headers, "upgrade", "websocket");
}

/* The first of the client's that we speak. False: it offers some, but none of ours. */
static bool choose_protocol(const struct http_headers *headers, const char *const *protocols, const char **ret_protocol)
{
    bool offered = false;
    for (size_t i = 0; i < headers->count; i++) {
        if (!str_is(headers->items[i].name, "sec-websocket-protocol"))
            continue;
        struct str rest = headers->items[i].value, piece;
        while (str_next(&rest, ',', &piece)) {
            offered = true;
            for (size_t p = 0; protocols != NULL && protocols[p] != NULL; p++) {
                if (str_is(str_trim(piece), protocols[p])) {
                    *ret_protocol = protocols[p];
                    return true;
                }
            }
        }
    }
    return !offered;
}

int websocket_accept(struct http_exchange *exchange, const char *const *protocols, size_t message_max,
                     struct websocket **ret_socket, struct error *err)
{
    const struct http_headers *headers = http_exchange_headers(exchange);
    struct str key = http_header(headers, "sec-websocket-key");
    if (!websocket_requested(exchange) || key.size != KEY_SIZE ||
        !str_is(http_header(headers, "sec-websocket-version"), "13"))
        return error_set(err, ERROR_BAD_REQUEST, "the request is no WebSocket handshake of version 13");
    const char *protocol = NULL;
    if (!choose_protocol(headers, protocols, &protocol))
        return error_set(err, ERROR_BAD_REQUEST, "none of the requested WebSocket protocols is supported");
    char accept[WEBSOCKET_ACCEPT_SIZE];
    websocket_accept_key(key, accept);
    struct http_header items[4] = {
        { STR("upgrade"), STR("websocket") },
        { STR("connection"), STR("Upgrade") },
        { STR("sec-websocket-accept"), str_of(accept) },
    };
    size_t count = 3;
    if (protocol != NULL)
        items[count++] = (struct http_header){ STR("sec-websocket-protocol"), str_of(protocol) };
    struct stream *stream;
    int rc = http_exchange_upgrade(exchange, &(struct http_headers){ items, count }, &stream, err);
    if (rc < 0)
        return rc;
    *ret_socket = websocket_create(stream, true, protocol, message_max);
    return 0;
}

/* ---------------------------------------------------------------- client */

struct websocket_connect {
    struct http_request *request;
    size_t message_max;
    char accept[WEBSOCKET_ACCEPT_SIZE]; /* what the server must answer */
    char protocol[PROTOCOL_MAX];        /* what it has chosen */
    int status;
    struct buffer refusal;
    struct error failure;
    void (*done)(void *context, struct websocket *socket, int status, const struct error *err);
    void *context;
};

static void connect_report(struct websocket_connect *connect, struct websocket *socket)
{
    struct websocket_connect copy = *connect;
    buffer_fini(&connect->refusal);
    free(connect);
    int status = socket == NULL && copy.status != 101 ? copy.status : 0;
    copy.done(copy.context, socket, status, socket == NULL ? &copy.failure : NULL);
}

static void on_response(void *context, int status, const struct http_headers *headers)
{
    struct websocket_connect *connect = context;
    connect->status = status;
    if (status != 101)
        return;
    struct str protocol = http_header(headers, "sec-websocket-protocol");
    snprintf(connect->protocol, sizeof(connect->protocol), STR_FMT, STR_ARG(protocol));
    if (!http_header_has_token(headers, "upgrade", "websocket") ||
        !str_is(http_header(headers, "sec-websocket-accept"), connect->accept))
        error_set(&connect->failure, ERROR_PROTOCOL, "the server's WebSocket handshake is wrong");
}

static void on_body(void *context, struct str bytes)
{
    struct websocket_connect *connect = context;
    size_t room = REFUSAL_MAX - connect->refusal.size;
    buffer_append(&connect->refusal, bytes.data, bytes.size < room ? bytes.size : room);
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct websocket_connect *connect = context;
    if (rc < 0)
        connect->failure = *err;
    else
        error_set(&connect->failure, error_from_http(connect->status, NULL), "the server answered %d: " STR_FMT,
                  connect->status, STR_ARG(buffer_str(&connect->refusal)));
    connect_report(connect, NULL);
}

static void on_upgraded(void *context, struct stream *stream)
{
    struct websocket_connect *connect = context;
    if (connect->failure.code != 0) {
        stream_close(stream, false);
        connect_report(connect, NULL);
        return;
    }
    connect_report(connect, websocket_create(stream, false, connect->protocol, connect->message_max));
}

static const struct http_request_events request_events = {
    .response = on_response,
    .body = on_body,
    .done = on_done,
    .upgraded = on_upgraded,
};

static void join_protocols(const char *const *protocols, struct buffer *buffer)
{
    for (size_t i = 0; protocols != NULL && protocols[i] != NULL; i++) {
        if (i > 0)
            buffer_append_text(buffer, ", ");
        buffer_append_text(buffer, protocols[i]);
    }
}

struct websocket_connect *
websocket_connect_start(struct http_client *client, const struct websocket_connect_options *options,
                        void (*done)(void *context, struct websocket *socket, int status, const struct error *err),
                        void *context)
{
    struct websocket_connect *connect = memory_new(struct websocket_connect);
    connect->message_max = options->message_max;
    connect->done = done;
    connect->context = context;
    unsigned char nonce[16];
    char key[KEY_SIZE + 1];
    struct random *random = loop_random(http_client_loop(client));
    for (size_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = (unsigned char)random_next(random); /* proves that the answer is ours; no secret */
    EVP_EncodeBlock((unsigned char *)key, nonce, sizeof(nonce));
    websocket_accept_key(str_of(key), connect->accept);

    auto_buffer struct buffer protocols = { 0 };
    join_protocols(options->protocols, &protocols);
    struct http_header items[HEADERS_MAX + 5] = {
        { STR("upgrade"), STR("websocket") },
        { STR("connection"), STR("Upgrade") },
        { STR("sec-websocket-version"), STR("13") },
        { STR("sec-websocket-key"), str_of(key) },
    };
    size_t count = 4;
    if (protocols.size > 0)
        items[count++] = (struct http_header){ STR("sec-websocket-protocol"), buffer_str(&protocols) };
    for (size_t i = 0; i < options->headers.count && i < HEADERS_MAX; i++)
        items[count++] = options->headers.items[i];
    struct http_request_options request = {
        .method = "GET",
        .path = options->path,
        .headers = { items, count },
        .timeout = options->timeout > 0 ? options->timeout : TIME_LIMIT,
    };
    connect->request = http_request_start(client, &request, &request_events, connect);
    return connect;
}

void websocket_connect_cancel(struct websocket_connect *connect)
{
    if (connect == NULL)
        return;
    http_request_cancel(connect->request);
    buffer_fini(&connect->refusal);
    free(connect);
}
