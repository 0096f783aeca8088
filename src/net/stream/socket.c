/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* socket.c - a connected TCP or unix socket as a stream. Reads go through a buffer on the stack, so an idle connection
 * owns none; writes hand the queue's slices to one sendmsg(). */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <netinet/tcp.h>

#include "base/memory.h"
#include "net/stream/address.h"
#include "net/stream/driver.h"

#define SOCKET_READ_SIZE  ((size_t)64 << 10)
#define SOCKET_READ_TURNS 4 /* reads per wake-up, so that one busy peer does not starve the others */
#define SOCKET_IOV        64

struct socket_stream {
    struct stream base;
    struct loop_poll *poll;
    int fd;
    bool blocked; /* the kernel's buffer is full */
};

static struct socket_stream *socket_stream_of(struct stream *stream)
{
    return container_of(stream, struct socket_stream, base);
}

static void socket_want(struct socket_stream *socket)
{
    const struct stream *base = &socket->base;
    if (socket->poll == NULL)
        return;
    int events = 0;
    if (!base->failed && base->reading && !base->read_ended)
        events |= LOOP_READABLE;
    if (!base->failed && socket->blocked)
        events |= LOOP_WRITABLE;
    loop_poll_want(socket->poll, events);
}

static void socket_want_read(struct stream *stream)
{
    socket_want(socket_stream_of(stream));
}

static void socket_fail(struct socket_stream *socket, const char *what)
{
    struct error err;
    int code = errno;
    if (code == EPIPE || code == ECONNRESET)
        error_set(&err, ERROR_CLOSED, "%s %s: connection closed by the peer", what, stream_peer(&socket->base));
    else
        error_errno(&err, "%s %s", what, stream_peer(&socket->base));
    stream_fail(&socket->base, &err);
}

/* False when there is nothing more to read now. */
static bool socket_read_once(struct socket_stream *socket)
{
    char buffer[SOCKET_READ_SIZE];
    ssize_t size = recv(socket->fd, buffer, sizeof(buffer), 0);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR)
            socket_fail(socket, "read from");
        return false;
    }
    if (size == 0) {
        stream_deliver_end(&socket->base);
        if (!socket->base.closed)
            socket_want(socket);
        return false;
    }
    stream_deliver(&socket->base, (struct str){ buffer, (size_t)size });
    return (size_t)size == sizeof(buffer);
}

static void socket_ready(void *context, int events)
{
    struct socket_stream *socket = context;
    struct stream *base = &socket->base;
    stream_pin(base);
    if ((events & LOOP_WRITABLE) != 0) {
        socket->blocked = false;
        stream_flush(base);
    }
    if ((events & LOOP_READABLE) != 0) {
        for (int i = 0; i < SOCKET_READ_TURNS && !base->closed && !base->failed && base->reading && !base->read_ended;
             i++)
            if (!socket_read_once(socket))
                break;
    }
    if (!base->closed)
        socket_want(socket);
    stream_unpin(base);
}

static void socket_flush(struct stream *stream)
{
    struct socket_stream *socket = socket_stream_of(stream);
    while (stream->queue.size > 0 && !socket->blocked) {
        struct iovec iov[SOCKET_IOV];
        struct msghdr message = { .msg_iov = iov, .msg_iovlen = bytes_queue_iov(&stream->queue, iov, SOCKET_IOV) };
        ssize_t size = sendmsg(socket->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size >= 0) {
            bytes_queue_consume(&stream->queue, (size_t)size);
        } else if (errno == EAGAIN) {
            socket->blocked = true;
        } else if (errno != EINTR) {
            socket_fail(socket, "write to");
            return;
        }
    }
    if (stream->queue.size == 0 && stream->end_wanted && !stream->end_sent) {
        stream->end_sent = true;
        shutdown(socket->fd, SHUT_WR); /* can only fail when the peer is gone, which reading will tell */
    }
    socket_want(socket);
    stream_sent(stream);
}

/* An error is met by the flush that follows. */
static size_t socket_send(struct stream *stream, struct str bytes)
{
    struct socket_stream *socket = socket_stream_of(stream);
    if (socket->blocked)
        return 0;
    ssize_t size = send(socket->fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
        socket->blocked = true;
    return size < 0 ? 0 : (size_t)size;
}

static void socket_destroy(struct stream *stream)
{
    struct socket_stream *socket = socket_stream_of(stream);
    loop_poll_close(socket->poll);
    close(socket->fd);
    stream_fini(stream);
    free(socket);
}

static const struct stream_driver socket_driver = {
    .name = "socket",
    .want_read = socket_want_read,
    .flush = socket_flush,
    .destroy = socket_destroy,
    .send = socket_send,
};

/* Small messages go out at once, and a peer that vanished without a word is noticed within two minutes. */
static void socket_tune(int fd, int family)
{
    if (family != AF_INET && family != AF_INET6)
        return;
    int one = 1, idle = 30, interval = 15, probes = 6;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
}

struct stream *stream_from_socket(struct loop *loop, int fd)
{
    struct socket_address peer = { .size = sizeof(peer.storage) };
    char text[ADDRESS_TEXT_SIZE] = "?";
    if (getpeername(fd, &peer.any, &peer.size) == 0) {
        address_format(&peer, text);
        socket_tune(fd, peer.any.sa_family);
    }
    struct socket_stream *socket = memory_new(struct socket_stream);
    socket->fd = fd;
    stream_init(&socket->base, &socket_driver, loop, text);
    struct error err;
    if (loop_poll_open(loop, fd, socket_ready, socket, &socket->poll, &err) < 0)
        stream_fail_later(&socket->base, &err);
    return &socket->base;
}
