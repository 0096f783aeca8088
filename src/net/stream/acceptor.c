/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* acceptor.c - makes streams of accepted sockets and, with TLS, hands them on when their handshake is done. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/container/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/tls.h"
#include "net/stream.h"
#include "net/stream/tls.h"

#define ACCEPTOR_HANDSHAKES 1024 /* in progress at once; more are closed */

struct acceptor {
    struct loop *loop;
    struct tls_context *tls;
    char **alpn_texts;
    struct list handshakes;
    atomic_size_t handshake_count; /* counted on the loop, read from anywhere */
    void (*accepted)(void *context, struct stream *stream);
    void *context;
};

struct pending {
    struct acceptor *acceptor;
    struct list_node node; /* in acceptor->handshakes */
    struct tls_handshake *handshake;
};

static void pending_destroy(struct pending *pending)
{
    list_remove(&pending->node);
    pending->acceptor->handshake_count--;
    tls_handshake_cancel(pending->handshake);
    free(pending);
}

static void handshake_done(void *context, struct stream *stream, const struct error *err)
{
    struct pending *pending = context;
    struct acceptor *acceptor = pending->acceptor;
    pending->handshake = NULL;
    pending_destroy(pending);
    if (stream != NULL)
        acceptor->accepted(acceptor->context, stream);
    else
        log_debug("a TLS handshake failed", LOG_TEXT("error", err->message));
}

static void start_handshake(struct acceptor *acceptor, struct stream *stream)
{
    if (acceptor->handshake_count >= ACCEPTOR_HANDSHAKES) {
        stream_close(stream, false);
        return;
    }
    struct pending *pending = memory_new(struct pending);
    pending->acceptor = acceptor;
    list_append(&acceptor->handshakes, &pending->node);
    acceptor->handshake_count++;
    struct tls_handshake_options options = { .tls = acceptor->tls, .alpn = (const char *const *)acceptor->alpn_texts };
    pending->handshake = tls_handshake_start(stream, &options, handshake_done, pending);
}

void acceptor_take(struct acceptor *acceptor, int fd)
{
    struct stream *stream = stream_from_socket(acceptor->loop, fd);
    if (acceptor->tls != NULL)
        start_handshake(acceptor, stream);
    else
        acceptor->accepted(acceptor->context, stream);
}

size_t acceptor_handshakes(const struct acceptor *acceptor)
{
    return atomic_load_explicit(&acceptor->handshake_count, memory_order_relaxed);
}

static void copy_alpn(struct acceptor *acceptor, const char *const *alpn)
{
    size_t count = 0;
    while (alpn != NULL && alpn[count] != NULL)
        count++;
    acceptor->alpn_texts = memory_zalloc((count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        acceptor->alpn_texts[i] = memory_strdup(alpn[i]);
}

struct acceptor *acceptor_create(struct loop *loop, struct tls_context *tls, const char *const *alpn,
                                 void (*accepted)(void *context, struct stream *stream), void *context)
{
    struct acceptor *acceptor = memory_new(struct acceptor);
    acceptor->loop = loop;
    acceptor->tls = tls_context_ref(tls);
    acceptor->accepted = accepted;
    acceptor->context = context;
    list_init(&acceptor->handshakes);
    copy_alpn(acceptor, alpn);
    return acceptor;
}

void acceptor_set_tls(struct acceptor *acceptor, struct tls_context *tls)
{
    struct tls_context *old = acceptor->tls;
    acceptor->tls = tls_context_ref(tls);
    tls_context_unref(old);
}

void acceptor_destroy(struct acceptor *acceptor)
{
    if (acceptor == NULL)
        return;
    struct pending *pending;
    list_for_each (&acceptor->handshakes, pending, node)
        pending_destroy(pending);
    tls_context_unref(acceptor->tls);
    for (size_t i = 0; acceptor->alpn_texts[i] != NULL; i++)
        free(acceptor->alpn_texts[i]);
    free(acceptor->alpn_texts);
    free(acceptor);
}
