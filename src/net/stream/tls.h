/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tls.h - a TLS stream over any other stream; for files of net/ only. */
#ifndef NET_STREAM_TLS_H
#define NET_STREAM_TLS_H

#include "net/stream.h"

struct tls_handshake; /* in progress; gone when done() is called or after the cancel */

struct tls_handshake_options {
    struct tls_context *tls; /* takes a reference */
    const char *server_name; /* clients; NULL: none is verified or sent */
    const char *const *alpn; /* NULL-terminated, may be NULL; borrowed until done() */
    usec_t timeout;          /* 0: 10 s */
};

/* Takes 'inner' over, on failure and cancellation too. done() never comes from inside. */
struct tls_handshake *tls_handshake_start(struct stream *inner, const struct tls_handshake_options *options,
                                          void (*done)(void *context, struct stream *stream, const struct error *err),
                                          void *context);
void tls_handshake_cancel(struct tls_handshake *handshake); /* NULL is fine */

#endif
