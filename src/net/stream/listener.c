/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* listener.c - a socket that accepts connections, for its own acceptor or for others. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "net/stream/address.h"
#include "net/stream/driver.h"

#define LISTENER_BACKLOG 1024
#define LISTENER_BATCH   64                    /* accepted per wake-up */
#define LISTENER_PAUSE   (100 * USEC_PER_MSEC) /* when the process is out of descriptors */

struct listener {
    struct loop *loop;
    int fd;
    struct loop_poll *poll;
    struct loop_timer pause;
    struct acceptor *acceptor;
    void (*hand_over)(void *context, int fd); /* NULL: to the acceptor */
    void *hand_over_context;
    char *unix_path; /* to unlink */
    bool accepting;  /* accepted() may run: closing waits with the memory */
    bool closed;
};

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
        if (listener->hand_over != NULL)
            listener->hand_over(listener->hand_over_context, fd);
        else
            acceptor_take(listener->acceptor, fd);
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

int listener_open(struct loop *loop, const struct stream_target *target,
                  void (*accepted)(void *context, struct stream *stream), void *context, struct listener **ret_listener,
                  struct error *err)
{
    struct listener *listener = memory_new(struct listener);
    listener->loop = loop;
    listener->fd = -1;
    listener->pause.callback = listener_resume;
    listener->acceptor = acceptor_create(loop, target->tls, target->alpn, accepted, context);
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
    acceptor_set_tls(listener->acceptor, tls);
}

void listener_hand_over(struct listener *listener, void (*take)(void *context, int fd), void *context)
{
    listener->hand_over = take;
    listener->hand_over_context = context;
}

void listener_close(struct listener *listener)
{
    if (listener == NULL)
        return;
    listener->closed = true;
    acceptor_destroy(listener->acceptor);
    loop_timer_stop(&listener->pause);
    loop_poll_close(listener->poll);
    if (listener->fd >= 0)
        close(listener->fd);
    if (listener->unix_path != NULL)
        unlink(listener->unix_path);
    free(listener->unix_path);
    if (!listener->accepting)
        free(listener);
}
