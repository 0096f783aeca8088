/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* stream.h - bytes in, bytes out, on a loop. Drivers: socket (tcp, unix), tls over any stream, memory pair.
 *
 * Writes take refcounted bytes, so that one document goes to many peers without a copy.
 * Callbacks come on the loop, never from inside the call that caused them. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/bytes.h"
#include "base/error.h"
#include "loop/loop.h"

struct stream;

struct stream_events {
    /* Bytes arrived; borrowed for the call. Size 0: the peer will send no more. */
    void (*read)(void *context, struct str bytes);
    /* What was queued fell below the low mark after it had been above the high mark. May be NULL. */
    void (*drained)(void *context);
    /* Broken; only stream_close() is legal after it. */
    void (*failed)(void *context, const struct error *err);
};

void stream_set_events(struct stream *stream, const struct stream_events *events, void *context);
void stream_read_start(struct stream *stream);
void stream_read_stop(struct stream *stream); /* back-pressure: the peer will have to wait */

void stream_write(struct stream *stream, struct str bytes);          /* copies */
void stream_write_bytes(struct stream *stream, struct bytes *bytes); /* takes its own reference */
/* A part of it, with a reference of its own. */
void stream_write_slice(struct stream *stream, struct bytes *bytes, size_t offset, size_t size);
void stream_write_end(struct stream *stream);      /* half close, after what is queued */
size_t stream_queued(const struct stream *stream); /* bytes not yet handed to the kernel */

/* Closes now; what is queued is lost unless flush is set, then it goes first (bounded by a time limit). */
void stream_close(struct stream *stream, bool flush); /* NULL is fine */

/* "127.0.0.1:443", "unix:/run/x.sock", "memory". */
const char *stream_peer(const struct stream *stream);
/* What the peer presented; NULL without TLS or without a certificate. Borrowed. An OpenSSL X509 *. */
struct x509_st;
struct x509_st *stream_peer_certificate(const struct stream *stream);
/* That certificate leads to the CA pool of the TLS context: authentication must ask, since servers take any. */
bool stream_peer_verified(const struct stream *stream);
const char *stream_alpn(const struct stream *stream); /* "h2", "http/1.1" or "" */
struct loop *stream_loop(const struct stream *stream);

/* Two ends in one process: what is written to one is read from the other. For tests, simulation and direct drivers. */
void stream_pair(struct loop *loop, struct stream *ret_ends[2]);

/* An open, connected, non-blocking socket; taken over. */
struct stream *stream_from_socket(struct loop *loop, int fd);

/* --- where to: "tcp:HOST:PORT" with a literal address ("tcp:[::1]:443") or a name, "unix:PATH" --- */

struct tls_context; /* crypto/tls.h */

struct stream_target {
    const char *address;
    int network_namespace;   /* descriptor of the namespace to connect or listen in, the caller's until the
                                       connect is done or the listener open; 0 or less: our own. Names are not resolved there */
    struct tls_context *tls; /* NULL: plain; connects and listeners keep a reference */
    const char *server_name; /* for TLS: SNI and the name to verify; NULL: the host of the address */
    const char *const *alpn; /* NULL-terminated, may be NULL */
};

#define STREAM_HIGH_MARK ((size_t)256 << 10) /* queued bytes: above it writers should wait for drained() */
#define STREAM_LOW_MARK  ((size_t)64 << 10)
#define STREAM_QUEUE_MAX ((size_t)256 << 20) /* a writer that never waited: the stream fails */

/* In progress; gone when done() is called or after the cancel. Everything in 'target' is copied. */
struct stream_connect;
struct stream_connect *stream_connect_start(struct loop *loop, const struct stream_target *target, usec_t timeout,
                                            void (*done)(void *context, struct stream *stream, const struct error *err),
                                            void *context); /* 'stream' is the callee's, NULL on failure */
void stream_connect_cancel(struct stream_connect *connect);

struct listener;
int listener_open(struct loop *loop, const struct stream_target *target,
                  void (*accepted)(void *context, struct stream *stream), void *context, struct listener **ret_listener,
                  struct error *err) must_check;
int listener_port(const struct listener *listener);                        /* the real one when 0 was asked for */
void listener_set_tls(struct listener *listener, struct tls_context *tls); /* for what is accepted from now on */
/* From now on accepted sockets are given to take(), which owns them, for acceptors of other loops. */
void listener_hand_over(struct listener *listener, void (*take)(void *context, int fd), void *context);
void listener_close(struct listener *listener); /* accepted streams live on, unfinished handshakes end; NULL is fine */

/* What a listener does with a socket that it accepted, for sockets that come from elsewhere. */
struct acceptor;
struct acceptor *acceptor_create(struct loop *loop, struct tls_context *tls, const char *const *alpn,
                                 void (*accepted)(void *context, struct stream *stream), void *context);
void acceptor_take(struct acceptor *acceptor, int fd);       /* connected, non-blocking; taken over */
size_t acceptor_handshakes(const struct acceptor *acceptor); /* under way; from any thread */
void acceptor_set_tls(struct acceptor *acceptor, struct tls_context *tls);
void acceptor_destroy(struct acceptor *acceptor); /* unfinished handshakes end; NULL is fine */

#endif
