/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/http/watch_socket.h"

#include <string.h>

#include "apiserver/access/socket_token.h"
#include "base/text/base64.h"
#include "net/websocket.h"

enum { CLOSE_NORMAL = 1000, MESSAGE_MAX = 4096 /* of what is ignored */ };

static void on_message(void *context, enum websocket_type type, struct str message)
{
    (void)context;
    (void)type;
    (void)message;
}

static void on_drained(void *context)
{
    struct http_call *call = context;
    call->stopped = false;
    call->drained(call);
}

static void on_closed(void *context, int code, struct str reason, const struct error *err)
{
    struct http_call *call = context;
    (void)code;
    (void)reason;
    (void)err;
    websocket_close(take_pointer(&call->socket), CLOSE_NORMAL, "");
    call->closed(call);
}

/* The one that the client speaks, NULL for none: upstream takes no choice of several. */
static int read_protocol(struct http_call *call, const char **ret_protocol, struct error *err)
{
    const char *found = NULL;
    const struct http_headers *headers = http_exchange_headers(call->exchange);
    for (size_t i = 0; i < headers->count; i++) {
        struct str rest = headers->items[i].value, protocol;
        if (!str_is(headers->items[i].name, "sec-websocket-protocol"))
            continue;
        while (str_next(&rest, ',', &protocol)) {
            protocol = str_trim(protocol);
            if (protocol.size == 0 || str_starts(protocol, STR(SOCKET_TOKEN_PREFIX)))
                continue;
            if (found != NULL)
                return error_set(err, ERROR_BAD_REQUEST, "a watch speaks one WebSocket protocol, not one of several");
            found = arena_str(&call->request->arena, protocol).data;
        }
    }
    *ret_protocol = found;
    return 0;
}

int watch_socket_open(struct http_call *call, struct error *err)
{
    static const struct websocket_events events = { .message = on_message, .drained = on_drained, .closed = on_closed };
    const char *protocols[2] = { NULL, NULL };
    int rc = read_protocol(call, &protocols[0], err);
    if (rc == 0)
        rc = websocket_accept(call->exchange, protocols, MESSAGE_MAX, &call->socket, err);
    if (rc < 0)
        return rc;
    call->exchange = NULL;
    websocket_set_events(call->socket, &events, call);
    return 0;
}

bool watch_socket_send(struct http_call *call, struct str event)
{
    bool binary = call->media.format == MEDIA_PROTOBUF;
    return websocket_send(call->socket, binary ? WEBSOCKET_BINARY : WEBSOCKET_TEXT,
                          str_skip(event, binary ? sizeof(uint32_t) : 0));
}

bool watch_socket_send_log(struct http_call *call, struct str bytes)
{
    if (strcmp(websocket_protocol(call->socket), "base64.binary.k8s.io") != 0)
        return websocket_send(call->socket, WEBSOCKET_BINARY, bytes);
    auto_buffer struct buffer text = { .max = SIZE_MAX };
    base64_encode(bytes, &text);
    return websocket_send(call->socket, WEBSOCKET_TEXT, buffer_str(&text));
}

void watch_socket_end(struct http_call *call)
{
    websocket_close(take_pointer(&call->socket), CLOSE_NORMAL, "");
}
