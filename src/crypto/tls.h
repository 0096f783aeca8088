/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* tls.h - what TLS connections share: certificate and key, whom to trust, tickets. TLS 1.2 and 1.3 by OpenSSL.
 *
 * A context is immutable, refcounted and may be used by any thread; new certificates mean a new context. */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/str.h"

struct ssl_st;  /* OpenSSL's SSL */
struct x509_st; /* OpenSSL's X509 */
struct tls_context;

struct tls_options {
    bool server;
    struct str certificate_pem; /* chain, leaf first; needed by servers, clients may present one */
    struct str key_pem;
    struct str ca_pem; /* whom to trust; empty: a client takes the system's pool, a server trusts nobody */
    bool
        request_certificate; /* servers: ask clients for one; absent and unknown ones are let through, see tls_peer_verified() */
    bool insecure_skip_verify; /* clients: take any server */
};

int tls_context_create(const struct tls_options *options, struct tls_context **ret_context,
                       struct error *err) must_check;
struct tls_context *tls_context_ref(struct tls_context *context); /* NULL stays NULL */
void tls_context_unref(struct tls_context *context);              /* NULL is fine */
bool tls_context_is_server(const struct tls_context *context);

/* Where a session's records come from and go to. */
struct tls_io {
    ssize_t (*read)(void *context, char *buffer, size_t size); /* 0: nothing is there yet */
    void (*write)(void *context, struct str record);           /* takes all of it */
};

/* A connection's OpenSSL object, to be freed with SSL_free(). 'server_name' (clients): a DNS name or an address, sent as SNI (names only) and
 * verified; NULL: neither. 'alpn': NULL-terminated, most wanted first; NULL: none; must outlive the handshake.
 * A server with 'alpn' lets clients through that offer nothing of it, without a protocol, as HTTP/1.1 clients do. */
int tls_session_create(struct tls_context *context, const char *server_name, const char *const *alpn,
                       const struct tls_io *io, void *io_context, struct ssl_st **ret_session,
                       struct error *err) must_check;

/* The peer's certificate leads to 'ca_pem' (for clients: it names the server too). False without one. */
bool tls_peer_verified(const struct ssl_st *session);

/* The newest of OpenSSL's queued errors as -ERROR_TLS, or why verification failed; empties the queue. */
int tls_error(const struct ssl_st *session, struct error *err, const char *what);

#endif
