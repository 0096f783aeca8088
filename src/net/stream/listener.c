/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* listener.c - accepts connections and, with TLS, hands them on when their handshake is done. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/list.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/tls.h"
#include "net/stream/address.h"
#include "net/stream/driver.h"
#include "net/stream/tls.h"

#define LISTENER_BACKLOG    1024
#define LISTENER_BATCH      64                    /* accepted per wake-up */
#define LISTENER_HANDSHAKES 1024                  /* in progress at once; more are closed */
#define LISTENER_PAUSE      (100 * USEC_PER_MSEC) /* when the process is out of descriptors */

struct listener {
    struct loop *loop;
    int fd;
    struct loop_poll *poll;
    struct loop_timer pause;
    struct tls_context *tls;
    char **alpn_texts;
    char *unix_path; /* to unlink */
    struct list handshakes;
    size_t handshake_count;
    void (*accepted)(void *context, struct stream *stream);
    void *context;
    bool accepting; /* accepted() may run: closing waits with the memory */
    bool closed;
};

struct pending {
    struct listener *listener;
    struct list_node node; /* in listener->handshakes */
    struct tls_handshake *handshake;
};

static void pending_destroy(struct pending *pending)
{
    list_remove(&pending->node);
    pending->listener->handshake_count--;
    tls_handshake_cancel(pending->handshake);
    free(pending);
}

static void listener_handshaken(void *context, struct stream *stream, const struct error *err)
{
    struct pending *pending = context;
    struct listener *listener = pending->listener;
    pending->handshake = NULL;
    pending_destroy(pending);
    if (stream != NULL)
        listener->accepted(listener->context, stream);
    else
        log_debug("a TLS handshake failed", LOG_TEXT("error", err->message));
}

static void listener_handshake(struct listener *listener, struct stream *stream)
{
    if (listener->handshake_count >= LISTENER_HANDSHAKES) {
        stream_close(stream, false);
        return;
    }
    struct pending *pending = memory_new(struct pending);
    pending->listener = listener;
    list_append(&listener->handshakes, &pending->node);
    listener->handshake_count++;
    struct tls_handshake_options options = { .tls = listener->tls, .alpn = (const char *const *)listener->alpn_texts };
    pending->handshake = tls_handshake_start(stream, &options, listener_handshaken, pending);
}

static void listener_resume(struct loop_timer *timer)
{
    struct listener *listener = container_of(timer, struct listener, pause);
    loop_poll_want(listener->poll, LOOP_READABLE);
}

static void listener_ready(void *context, int events)
{
    (void)events;
    struct listener *listener = context;
    listener->accepting = true;
    for (int i = 0; i < LISTENER_BATCH && !listener->closed; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0) {
            if (errno != EAGAIN) {
                loop_poll_want(listener->poll, 0);
                loop_timer_start(listener->loop, &listener->pause, LISTENER_PAUSE);
            }
            break;
        }
        struct stream *stream = stream_from_socket(listener->loop, fd);
        if (listener->tls != NULL)
            listener_handshake(listener, stream);
        else
            listener->accepted(listener->context, stream);
    }
    listener->accepting = false;
    if (listener->closed)
        free(listener);
}

/* A socket file that nobody listens on any more is in the way of a restart; one in use is not touched. */
static int remove_stale_socket(const struct socket_address *address, struct error *err)
{
    const char *path = address->local.sun_path;
    struct stat info;
    if (lstat(path, &info) < 0)
        return errno == ENOENT ? 0 : error_errno(err, "look at %s", path);
    if (!S_ISSOCK(info.st_mode))
        return error_set(err, ERROR_ALREADY_EXISTS, "%s exists and is no socket", path);
    autoclose int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return error_errno(err, "open a socket");
    if (connect(probe, &address->any, address->size) == 0 || errno == EAGAIN)
        return error_set(err, ERROR_ALREADY_EXISTS, "listen on unix:%s: another process does", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return error_errno(err, "remove the stale socket %s", path);
    return 0;
}

static int listener_bind(struct listener *listener, const struct stream_target *target, struct error *err)
{
    struct address address;
    int rc = address_parse(target->address, &address, err);
    if (rc < 0)
        return rc;
    if (!address.literal)
        return error_set(err, ERROR_BAD_REQUEST, "listen on %s: the address must be literal", target->address);
    bool local = address.socket.any.sa_family == AF_UNIX;
    if (local && (rc = remove_stale_socket(&address.socket, err)) < 0)
        return rc;
    rc = address_socket(&address.socket, target->network_namespace, &listener->fd, err);
    if (rc < 0)
        return rc;
    int one = 1;
    if (!local)
        setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(listener->fd, &address.socket.any, address.socket.size) < 0 || listen(listener->fd, LISTENER_BACKLOG) < 0)
        return errno == EADDRINUSE
                   ? error_set(err, ERROR_ALREADY_EXISTS, "listen on %s: another program does", target->address)
                   : error_errno(err, "listen on %s", target->address);
    if (local)
        listener->unix_path = memory_strdup(address.socket.local.sun_path);
    return 0;
}

static void copy_alpn(struct listener *listener, const char *const *alpn)
{
    size_t count = 0;
    while (alpn != NULL && alpn[count] != NULL)
        count++;
    listener->alpn_texts = memory_zalloc((count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        listener->alpn_texts[i] = memory_strdup(alpn[i]);
}

int listener_open(struct loop *loop, const struct stream_target *target,
                  void (*accepted)(void *context, struct stream *stream), void *context, struct listener **ret_listener,
                  struct error *err)
{
    struct listener *listener = memory_new(struct listener);
    listener->loop = loop;
    listener->fd = -1;
    listener->accepted = accepted;
    listener->context = context;
    listener->pause.callback = listener_resume;
    listener->tls = tls_context_ref(target->tls);
    list_init(&listener->handshakes);
    copy_alpn(listener, target->alpn);
    int rc = listener_bind(listener, target, err);
    if (rc == 0)
        rc = loop_poll_open(loop, listener->fd, listener_ready, listener, &listener->poll, err);
    if (rc < 0) {
        listener_close(listener);
        return rc;
    }
    loop_poll_want(listener->poll, LOOP_READABLE);
    *ret_listener = listener;
    return 0;
}

int listener_port(const struct listener *listener)
{
    struct socket_address address = { .size = sizeof(address.storage) };
    if (getsockname(listener->fd, &address.any, &address.size) < 0)
        return 0;
    switch (address.any.sa_family) {
    case AF_INET:
        return ntohs(address.v4.sin_port);
    case AF_INET6:
        return ntohs(address.v6.sin6_port);
    default:
        return 0;
    }
}

void listener_set_tls(struct listener *listener, struct tls_context *tls)
{
    struct tls_context *old = listener->tls;
    listener->tls = tls_context_ref(tls);
    tls_context_unref(old);
}

void listener_close(struct listener *listener)
{
    if (listener == NULL)
        return;
    listener->closed = true;
    struct pending *pending;
    list_for_each (&listener->handshakes, pending, node)
        pending_destroy(pending);
    loop_timer_stop(&listener->pause);
    loop_poll_close(listener->poll);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->unix_path != NULL)
        unlink(listener->unix_path);
    tls_context_unref(listener->tls);
    for (size_t i = 0; listener->alpn_texts != NULL && listener->alpn_texts[i] != NULL; i++)
        free(listener->alpn_texts[i]);
    free(listener->alpn_texts);
    free(listener->unix_path);
    if (!listener->accepting)
        free(listener);
}
