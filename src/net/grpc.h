/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* grpc.h - a gRPC client: unary and server-streaming calls over one HTTP/2 connection.
 *
 * Carries encoded messages; what they mean is the caller's business. The connection is made on
 * first use and again after it broke. Everything belongs to the client's loop; callbacks never
 * come from inside the call that caused them. */
#ifndef NET_GRPC_H
#define NET_GRPC_H

#include "net/http.h"

struct grpc_client;

struct grpc_client_options {
    struct stream_target target; /* copied; plain targets speak HTTP/2 with prior knowledge */
    const char *authority;       /* NULL: "localhost" for unix sockets, else from the target's address */
    size_t message_max;          /* bytes of one response message; 0: 16 MiB */
    usec_t connect_timeout;      /* 0: 10 s */
};

struct grpc_client *grpc_client_create(struct loop *loop, const struct grpc_client_options *options);
void grpc_client_destroy(struct grpc_client *client); /* open calls fail with -ERROR_CANCELLED first; NULL is fine */

struct grpc_call_events {
    /* One response message, borrowed. Unary calls get one, server-streaming ones any number. */
    void (*message)(void *context, struct str message);
    /* The last call: rc 0 after status OK, else a code that fits the gRPC status (NOT_FOUND, ALREADY_EXISTS, UNAVAILABLE,
     * UNSUPPORTED for UNIMPLEMENTED, TIMEOUT for DEADLINE_EXCEEDED, ...). err->message reads as upstream's clients print it:
     * "rpc error: code = NotFound desc = TEXT". */
    void (*done)(void *context, int rc, const struct error *err);
};

/* Alive until done() or the cancel. */
struct grpc_call;

/* 'path' is "/package.Service/Method", 'request' the encoded message; both are copied. timeout 0: none. */
struct grpc_call *grpc_call_start(struct grpc_client *client, const char *path, struct str request, usec_t timeout,
                                  const struct grpc_call_events *events, void *context);
void grpc_call_cancel(struct grpc_call *call); /* no callback after it; NULL is fine */

#endif
