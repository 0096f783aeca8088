/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* socket_token.h - a bearer token among the protocols of a WebSocket: browsers can send no header of their own with one. */
#ifndef APISERVER_ACCESS_SOCKET_TOKEN_H
#define APISERVER_ACCESS_SOCKET_TOKEN_H

#include "apiserver/request.h"

#define SOCKET_TOKEN_PREFIX "base64url.bearer.authorization.k8s.io."

/* The token of a request for a WebSocket, in the request's arena, and takes it off the request's headers; empty when it
 * has none. -ERROR_UNAUTHORIZED when there are two, it is no base64url, or no other protocol stands beside it. */
int socket_token_take(struct request *request, struct str *ret_token, struct error *err) must_check;

#endif
