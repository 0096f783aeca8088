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
void stream_read_stop(struct stream *stream);           /* back-pressure: the peer will have to wait */

void stream_write(struct stream *stream, struct str bytes);          /* copies */
void stream_write_bytes(struct stream *stream, struct bytes *bytes); /* takes its own reference */
void stream_write_end(struct stream *stream);                        /* half close, after what is queued */
size_t stream_queued(const struct stream *stream);                   /* bytes not yet handed to the kernel */

/* Closes now; what is queued is lost unless flush is set, then it goes first (bounded by a time limit). */
void stream_close(struct stream *stream, bool flush);   /* NULL is fine */

/* "127.0.0.1:443", "unix:/run/x.sock", "memory". */
const char *stream_peer(const struct stream *stream);
/* What the peer presented; NULL without TLS or without a certificate. Borrowed. An OpenSSL X509 *. */
struct x509_st;
struct x509_st *stream_peer_certificate(const struct stream *stream);
const char *stream_alpn(const struct stream *stream);   /* "h2", "http/1.1" or "" */

/* Two ends in one process: what is written to one is read from the other. For tests, simulation and direct drivers. */
void stream_pair(struct loop *loop, struct stream *ret_ends[2]);

/* An open, connected, non-blocking socket; taken over. */
struct stream *stream_from_socket(struct loop *loop, int fd);

/* --- where to: "tcp:HOST:PORT" with a literal address or a name, "unix:PATH" --- */

struct tls_context; /* crypto/tls.h */

struct stream_target {
    const char *address;
    int network_namespace;          /* descriptor of the namespace to connect or listen in; -1: our own */
    struct tls_context *tls;        /* NULL: plain */
    const char *server_name;        /* for TLS: SNI and the name to verify; NULL: the host of the address */
    const char *const *alpn;        /* NULL-terminated, may be NULL */
};

struct stream_connect; /* in progress */
struct stream_connect *stream_connect_start(struct loop *loop, const struct stream_target *target, usec_t timeout,
                                            void (*done)(void *context, struct stream *stream, const struct error *err),
                                            void *context); /* 'stream' is the callee's, NULL on failure */
void stream_connect_cancel(struct stream_connect *connect);

struct listener;
int listener_open(struct loop *loop, const struct stream_target *target,
                  void (*accepted)(void *context, struct stream *stream), void *context, struct listener **ret_listener,
                  struct error *err) must_check;
int listener_port(const struct listener *listener);     /* the real one when 0 was asked for */
void listener_close(struct listener *listener);         /* accepted streams live on; NULL is fine */

#endif
