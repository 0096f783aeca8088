/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* error.h - a code to act on, a sentence to read.
 *
 * Functions that can fail for more than one reason return int: 0 (or a positive
 * result the header explains) or a negative code, -ERROR_X. The last parameter is a
 * struct error the caller owns; it may be NULL and never needs freeing. The place
 * that knows what failed sets it, callers add what they were doing with error_wrap().
 * Outputs are untouched on failure. A function returns an error or logs it, never both. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/cleanup.h"

/* One row is everything known of a code: name, HTTP status, Kubernetes reason
 * (metav1.StatusReason; "" where Kubernetes has none), default text.
 * Rows from AGAIN on never leave the process as an API status of their own. */
#define ERROR_CODES(X)                                                                                                \
    X(BAD_REQUEST, 400, "BadRequest", "the request is malformed")                                                     \
    X(UNAUTHORIZED, 401, "Unauthorized", "Unauthorized")                                                              \
    X(FORBIDDEN, 403, "Forbidden", "the action is not allowed")                                                       \
    X(NOT_FOUND, 404, "NotFound", "the object does not exist")                                                        \
    X(METHOD_NOT_ALLOWED, 405, "MethodNotAllowed", "the server does not allow this method on the requested resource") \
    X(NOT_ACCEPTABLE, 406, "NotAcceptable", "none of the accepted media types can be produced")                       \
    X(ALREADY_EXISTS, 409, "AlreadyExists", "the object exists already")                                              \
    X(CONFLICT, 409, "Conflict", "the object has changed since")                                                      \
    X(GONE, 410, "Gone", "the object is gone for good")                                                               \
    X(EXPIRED, 410, "Expired", "the revision is compacted")                                                           \
    X(TOO_LARGE, 413, "RequestEntityTooLarge", "the request is too large")                                            \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "UnsupportedMediaType", "the media type of the body is not supported")             \
    X(INVALID, 422, "Invalid", "the object is not valid")                                                             \
    X(TOO_MANY_REQUESTS, 429, "TooManyRequests", "too many requests, try again later")                                \
    X(INTERNAL, 500, "InternalError", "an internal error occurred")                                                   \
    X(SERVER_TIMEOUT, 500, "ServerTimeout", "the server could not finish in time, try again")                         \
    X(UNAVAILABLE, 503, "ServiceUnavailable", "the service is unavailable")                                           \
    X(TIMEOUT, 504, "Timeout", "the request did not complete in time")                                                \
    X(STORAGE_FULL, 507, "InsufficientStorage", "the disk is full")                                                   \
    X(AGAIN, 503, "ServiceUnavailable", "nothing is there yet")                                                       \
    X(CLOSED, 503, "ServiceUnavailable", "the other end closed the connection")                                       \
    X(CANCELLED, 503, "ServiceUnavailable", "cancelled by the caller")                                                \
    X(LIMIT, 413, "RequestEntityTooLarge", "a size limit was reached")                                                \
    X(SYNTAX, 400, "BadRequest", "the text does not parse")                                                           \
    X(PROTOCOL, 500, "InternalError", "the peer broke the protocol")                                                  \
    X(TLS, 500, "InternalError", "the TLS handshake or record failed")                                                \
    X(SYSTEM, 500, "InternalError", "a system call failed")                                                           \
    X(UNSUPPORTED, 501, "NotImplemented", "this is not supported")                                                    \
    X(USAGE, 400, "BadRequest", "the command line is wrong")

enum error_code {
    ERROR_OK = 0,
#define X(name, status, reason, text) ERROR_##name,
    ERROR_CODES(X)
#undef X
        ERROR_CODE_COUNT
};

#define ERROR_MESSAGE_SIZE 1024 /* long enough for an object's path and two sentences; longer text is cut */

struct error {
    int code; /* negative, as returned; 0 when unset */
    char message[ERROR_MESSAGE_SIZE];
};

/* Sets code and message (err may be NULL) and returns the negative code, so that
 * 'return error_set(err, ERROR_NOT_FOUND, "pods \"%s\" not found", name);' is one line. */
int error_set(struct error *err, enum error_code code, const char *format, ...) printf_like(3, 4);

/* The same with ": strerror(errno)" appended; ENOENT, EEXIST, ENOSPC, EDQUOT, EAGAIN and
 * ETIMEDOUT map to their own codes, everything else to ERROR_SYSTEM. */
int error_errno(struct error *err, const char *format, ...) printf_like(2, 3);

/* Puts "what: " before the message and returns err->code (ERROR_INTERNAL when err is NULL).
 * Prefer error_wrap_code() where err may be NULL. */
int error_wrap(struct error *err, const char *format, ...) printf_like(2, 3);
int error_wrap_code(struct error *err, int rc, const char *format, ...) printf_like(3, 4);

void error_clear(struct error *err);

/* Of a code, negative or positive; unknown codes answer as ERROR_INTERNAL. */
int error_http_status(int code);
const char *error_reason(int code);
const char *error_text(int code);

/* The code that an HTTP status with that Kubernetes reason (may be NULL) stands for. */
enum error_code error_from_http(int status, const char *reason);

#endif
