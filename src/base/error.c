/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct error_row {
    int status;
    const char *reason;
    const char *text;
} error_rows[ERROR_CODE_COUNT] = { [ERROR_OK] = { 200, "", "no error" },
#define X(name, status, reason, text) [ERROR_##name] = { status, reason, text },
                                   ERROR_CODES(X)
#undef X
};

static const struct error_row *error_row(int code)
{
    if (code < 0)
        code = -code;
    if (code >= ERROR_CODE_COUNT)
        code = ERROR_INTERNAL;
    return &error_rows[code];
}

int error_set(struct error *err, enum error_code code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->message, sizeof(err->message), format, args);
        va_end(args);
        err->code = -(int)code;
    }
    return -(int)code;
}

static enum error_code error_code_of_errno(int number)
{
    switch (number) {
    case ENOENT:
        return ERROR_NOT_FOUND;
    case EEXIST:
        return ERROR_ALREADY_EXISTS;
    case ENOSPC:
    case EDQUOT:
        return ERROR_STORAGE_FULL;
    case EAGAIN:
        return ERROR_AGAIN;
    case ETIMEDOUT:
        return ERROR_TIMEOUT;
    default:
        return ERROR_SYSTEM;
    }
}

int error_errno(struct error *err, const char *format, ...)
{
    int number = errno;
    enum error_code code = error_code_of_errno(number);
    if (err == NULL)
        return -(int)code;

    char what[ERROR_MESSAGE_SIZE / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    return error_set(err, code, "%s: %s", what, strerror(number));
}

static void error_prepend(struct error *err, const char *format, va_list args)
{
    char old[ERROR_MESSAGE_SIZE];
    memcpy(old, err->message, sizeof(old));
    old[sizeof(old) - 1] = '\0';

    int length = vsnprintf(err->message, sizeof(err->message), format, args);
    if (length < 0)
        length = 0;
    if ((size_t)length >= sizeof(err->message))
        return;
    snprintf(err->message + length, sizeof(err->message) - (size_t)length, ": %s", old);
}

int error_wrap(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return -ERROR_INTERNAL;
    va_list args;
    va_start(args, format);
    error_prepend(err, format, args);
    va_end(args);
    return err->code != 0 ? err->code : -ERROR_INTERNAL;
}

int error_wrap_code(struct error *err, int rc, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        error_prepend(err, format, args);
        va_end(args);
        err->code = rc;
    }
    return rc;
}

void error_clear(struct error *err)
{
    if (err == NULL)
        return;
    err->code = 0;
    err->message[0] = '\0';
}

int error_http_status(int code)
{
    return error_row(code)->status;
}

const char *error_reason(int code)
{
    return error_row(code)->reason;
}

const char *error_text(int code)
{
    return error_row(code)->text;
}

enum error_code error_from_http(int status, const char *reason)
{
    enum error_code by_status = status >= 500 ? ERROR_INTERNAL : ERROR_BAD_REQUEST;
    for (int code = ERROR_CODE_COUNT - 1; code > ERROR_OK; code--) {
        if (error_rows[code].status != status)
            continue;
        if (reason != NULL && strcmp(error_rows[code].reason, reason) == 0 && code < ERROR_AGAIN)
            return (enum error_code)code;
        if (code < ERROR_AGAIN)
            by_status = (enum error_code)code;
    }
    return by_status;
}
