/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* watch_socket.h - a watch or a log whose client asked for a WebSocket. Each event is one message, text for JSON and binary for
 * protobuf (without the length that a byte stream needs); a log comes in binary messages as it is read, or as base64 text when that
 * protocol was agreed to. Whatever the client sends is ignored. For watch.c and connect.c; on the call's lane. */
#ifndef APISERVER_HTTP_WATCH_SOCKET_H
#define APISERVER_HTTP_WATCH_SOCKET_H

#include "apiserver/http/front.h"

/* Answers 101 and sets call->socket, in place of call->exchange. The first protocol that the client offers is agreed to, as
 * upstream does with the only one: none means anything for watches. Fails with -ERROR_BAD_REQUEST, the exchange is still
 * there then. */
int watch_socket_open(struct http_call *call, struct error *err) must_check;

bool watch_socket_send(struct http_call *call, struct str event);     /* false: go on after call->drained() */
bool watch_socket_send_log(struct http_call *call, struct str bytes); /* the same */
void watch_socket_end(struct http_call *call);                        /* politely */

#endif
