/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* openssl.c - see openssl.h. */
#include "crypto/openssl.h"

#include <limits.h>
#include <openssl/err.h>

static int report(struct error *err, enum error_code code, const char *what)
{
    unsigned long number = ERR_peek_last_error();
    char text[256] = "no reason given";
    if (number != 0)
        ERR_error_string_n(number, text, sizeof(text));
    ERR_clear_error();
    return error_set(err, code, "%s: %s", what, text);
}

int openssl_error(struct error *err, const char *what)
{
    return report(err, ERROR_TLS, what);
}

int openssl_syntax_error(struct error *err, const char *what)
{
    return report(err, ERROR_SYNTAX, what);
}

BIO *openssl_reader(struct str bytes)
{
    if (bytes.size > INT_MAX)
        return NULL;
    return BIO_new_mem_buf(bytes.size == 0 ? "" : bytes.data, (int)bytes.size);
}

int openssl_drain(BIO *bio, struct buffer *buffer, struct error *err)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    buffer_append(buffer, data, size < 0 ? 0 : (size_t)size);
    return buffer_failed(buffer) ? error_set(err, ERROR_LIMIT, "the encoded text is too long") : 0;
}
