/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* grpc.h - gRPC calls over HTTP/2, the client's side: framing, deadlines, statuses.
 *
 * Works over unix sockets and plain TCP (HTTP/2 with prior knowledge) and TLS. Messages are bytes: encoding them is the
 * caller's business. Everything belongs to the channel's loop; callbacks never come from inside the call that caused them. */
#ifndef NET_GRPC_H
#define NET_GRPC_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "net/http.h"

/* Code, name as Go prints it, and the error code it becomes. */
#define GRPC_CODES(X)                                                      \
    X(0, OK, "OK", ERROR_OK)                                               \
    X(1, CANCELLED, "Canceled", ERROR_CANCELLED)                           \
    X(2, UNKNOWN, "Unknown", ERROR_INTERNAL)                               \
    X(3, INVALID_ARGUMENT, "InvalidArgument", ERROR_INVALID)               \
    X(4, DEADLINE_EXCEEDED, "DeadlineExceeded", ERROR_TIMEOUT)             \
    X(5, NOT_FOUND, "NotFound", ERROR_NOT_FOUND)                           \
    X(6, ALREADY_EXISTS, "AlreadyExists", ERROR_ALREADY_EXISTS)            \
    X(7, PERMISSION_DENIED, "PermissionDenied", ERROR_FORBIDDEN)           \
    X(8, RESOURCE_EXHAUSTED, "ResourceExhausted", ERROR_TOO_MANY_REQUESTS) \
    X(9, FAILED_PRECONDITION, "FailedPrecondition", ERROR_CONFLICT)        \
    X(10, ABORTED, "Aborted", ERROR_CONFLICT)                              \
    X(11, OUT_OF_RANGE, "OutOfRange", ERROR_INVALID)                       \
    X(12, UNIMPLEMENTED, "Unimplemented", ERROR_UNSUPPORTED)               \
    X(13, INTERNAL, "Internal", ERROR_INTERNAL)                            \
    X(14, UNAVAILABLE, "Unavailable", ERROR_UNAVAILABLE)                   \
    X(15, DATA_LOSS, "DataLoss", ERROR_INTERNAL)                           \
    X(16, UNAUTHENTICATED, "Unauthenticated", ERROR_UNAUTHORIZED)

enum grpc_code {
#define X(number, name, text, error) GRPC_##name = (number),
    GRPC_CODES(X)
#undef X
};

const char *grpc_code_text(int code); /* "Code(42)" is "Unknown" here */

struct grpc_channel; /* one HTTP/2 connection at a time, opened by the first call that needs it */

struct grpc_channel_options {
    struct stream_target target; /* copied */
    const char *authority;       /* NULL: "localhost" for unix sockets, else the target's */
    size_t message_max;          /* of a received message; 0: 16 MiB */
    usec_t connect_timeout;      /* 0: 10 s */
};

struct grpc_channel *grpc_channel_create(struct loop *loop, const struct grpc_channel_options *options);
/* Open calls end with -ERROR_CANCELLED first; NULL is fine. */
void grpc_channel_destroy(struct grpc_channel *channel);

/* How a call ended. rc is 0 or a negative error code; err.message reads like Go's, as clients and events show it:
 * "rpc error: code = NotFound desc = no such container". All borrowed for the callback. */
struct grpc_result {
    int rc;
    enum grpc_code code;
    struct str description;
    const struct error *err; /* NULL when rc is 0 */
};

struct grpc_call; /* alive until done() or the cancel */

struct grpc_call_events {
    void (*message)(void *context, struct str message);            /* one response message, borrowed */
    void (*done)(void *context, const struct grpc_result *result); /* the last call */
    void (*drained)(void *context); /* after grpc_call_write() had returned false; may be NULL */
};

struct grpc_call_options {
    const char *method;           /* "/runtime.v1.RuntimeService/Version" */
    struct http_headers metadata; /* names in lower case; may be empty */
    usec_t timeout;               /* deadline, sent to the server too; 0: none */
};

/* Any number of messages each way. */
struct grpc_call *grpc_call_start(struct grpc_channel *channel, const struct grpc_call_options *options,
                                  const struct grpc_call_events *events, void *context);
bool grpc_call_write(struct grpc_call *call,
                     struct str message);         /* false: wait for drained(); it was taken all the same */
void grpc_call_end(struct grpc_call *call);       /* no more messages of ours */
void grpc_call_cancel(struct grpc_call *call);    /* no callback after it; NULL is fine */
void grpc_call_read_stop(struct grpc_call *call); /* back-pressure on the server */
void grpc_call_read_start(struct grpc_call *call);

/* One message each way. 'response' is borrowed for the callback; empty on failure. */
struct grpc_call *grpc_call_unary(struct grpc_channel *channel, const struct grpc_call_options *options,
                                  struct str request,
                                  void (*done)(void *context, const struct grpc_result *result, struct str response),
                                  void *context);

/* --- framing, for servers and tests --- */

#define GRPC_FRAME_HEADER 5

/* One message as it goes over the wire: flag, length, bytes. */
struct bytes *grpc_frame(struct str message);

/* Collects what arrives into whole messages. */
struct grpc_reader {
    struct buffer pending;
    size_t taken; /* of it, by grpc_reader_next() */
    size_t max;   /* of one message */
};
void grpc_reader_init(struct grpc_reader *reader, size_t message_max);
void grpc_reader_fini(struct grpc_reader *reader);
int grpc_reader_feed(struct grpc_reader *reader, struct str bytes, struct error *err) must_check;
/* 1 and a message (borrowed until the next call), 0 when none is whole, or what is wrong: compressed, too large. */
int grpc_reader_next(struct grpc_reader *reader, struct str *ret_message, struct error *err) must_check;

#endif
