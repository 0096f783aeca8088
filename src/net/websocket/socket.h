/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* socket.h - for the files of net/websocket/ only. */
#ifndef NET_WEBSOCKET_SOCKET_H
#define NET_WEBSOCKET_SOCKET_H

#include "net/websocket.h"

#define WEBSOCKET_MESSAGE_MAX ((size_t)1 << 20)
#define WEBSOCKET_ACCEPT_SIZE 29 /* base64 of 20 bytes, with the NUL */

/* After the handshake; takes the stream over. 'protocol' is copied. */
struct websocket *websocket_create(struct stream *stream, bool server, const char *protocol, size_t message_max);
struct stream *websocket_peek_stream(struct websocket *socket);
/* Queues a close frame; the socket lives on until the peer's answer, which closed() tells. */
void websocket_send_close(struct websocket *socket, int code, const char *reason);

void websocket_accept_key(struct str key, char text[WEBSOCKET_ACCEPT_SIZE]);

#endif
