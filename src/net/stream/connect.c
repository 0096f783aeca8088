/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* connect.c - from a target to a connected stream: resolve on a worker, try each address, then TLS; one timer over all. */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/tls.h"
#include "net/stream/address.h"
#include "net/stream/driver.h"
#include "net/stream/tls.h"

#define CONNECT_ADDRESSES 8
#define CONNECT_TIME      (10 * USEC_PER_SEC)

/* Its own struct, since a work cannot be cancelled and may outlive the connect. */
struct resolve {
    struct loop_work work;
    struct stream_connect *connect; /* NULL: cancelled */
    char host[ADDRESS_HOST_SIZE];
    uint16_t port;
    struct socket_address addresses[CONNECT_ADDRESSES];
    size_t count;
    int failure; /* of getaddrinfo() */
};

struct stream_connect {
    struct loop *loop;
    char *address_text;
    char *server_name;
    char **alpn;
    struct tls_context *tls;
    int network_namespace;
    void (*done)(void *context, struct stream *stream, const struct error *err);
    void *context;
    struct loop_timer timer;
    struct loop_task task; /* first attempt, or the report of an early failure */
    usec_t deadline;       /* monotonic */
    struct resolve *resolve;
    struct socket_address addresses[CONNECT_ADDRESSES];
    size_t count;
    size_t next;
    int fd;
    struct loop_poll *poll;
    struct tls_handshake *handshake;
    struct error failure; /* the last address's */
};

static void connect_next(struct stream_connect *connect);

static char **copy_texts(const char *const *texts)
{
    if (texts == NULL)
        return NULL;
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    char **copy = memory_zalloc((count + 1) * sizeof(*copy));
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_strdup(texts[i]);
    return copy;
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free(texts[i]);
    free(texts);
}

static void connect_drop_socket(struct stream_connect *connect)
{
    loop_poll_close(connect->poll);
    connect->poll = NULL;
    if (connect->fd >= 0)
        close(take_fd(&connect->fd));
}

static void connect_destroy(struct stream_connect *connect)
{
    connect_drop_socket(connect);
    if (connect->resolve != NULL)
        connect->resolve->connect = NULL;
    tls_handshake_cancel(connect->handshake);
    loop_timer_stop(&connect->timer);
    loop_cancel(connect->loop, &connect->task);
    tls_context_unref(connect->tls);
    free_texts(connect->alpn);
    free(connect->server_name);
    free(connect->address_text);
    free(connect);
}

/* The last thing a connect does. */
static void connect_report(struct stream_connect *connect, struct stream *stream)
{
    void (*done)(void *context, struct stream *stream, const struct error *err) = connect->done;
    void *context = connect->context;
    struct error failure = connect->failure;
    connect_destroy(connect);
    done(context, stream, stream == NULL ? &failure : NULL);
}

static void connect_timeout(struct loop_timer *timer)
{
    struct stream_connect *connect = container_of(timer, struct stream_connect, timer);
    error_set(&connect->failure, ERROR_TIMEOUT, "connect to %s: no answer in time", connect->address_text);
    connect_report(connect, NULL);
}

static void connect_handshaken(void *context, struct stream *stream, const struct error *err)
{
    struct stream_connect *connect = context;
    connect->handshake = NULL;
    if (err != NULL) {
        connect->failure = *err;
        error_wrap(&connect->failure, "connect to %s", connect->address_text);
    }
    connect_report(connect, stream);
}

static void connect_succeeded(struct stream_connect *connect)
{
    loop_poll_close(connect->poll);
    connect->poll = NULL;
    struct stream *stream = stream_from_socket(connect->loop, take_fd(&connect->fd));
    if (connect->tls == NULL) {
        connect_report(connect, stream);
        return;
    }
    struct tls_handshake_options options = {
        .tls = connect->tls,
        .server_name = connect->server_name,
        .alpn = (const char *const *)connect->alpn,
        .timeout = connect->deadline - loop_monotonic(connect->loop),
    };
    if (options.timeout <= 0)
        options.timeout = 1;
    connect->handshake = tls_handshake_start(stream, &options, connect_handshaken, connect);
}

static void connect_ready(void *context, int events)
{
    (void)events;
    struct stream_connect *connect = context;
    int code = 0;
    socklen_t size = sizeof(code);
    if (getsockopt(connect->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        code = errno;
    if (code == 0) {
        connect_succeeded(connect);
        return;
    }
    errno = code;
    error_errno(&connect->failure, "connect to %s", connect->address_text);
    connect_drop_socket(connect);
    connect_next(connect);
}

/* Under its own name, since ours hides it. */
static int start_connecting(int fd, const struct socket_address *address)
{
    return connect(fd, &address->any, address->size);
}

/* True when the attempt is under way or done. */
static bool connect_try(struct stream_connect *connect, const struct socket_address *address)
{
    int rc = address_socket(address, connect->network_namespace, &connect->fd, &connect->failure);
    if (rc < 0)
        return false;
    assert(connect->fd >= 0);
    rc = start_connecting(connect->fd, address);
    if (rc < 0 && errno != EINPROGRESS) {
        error_errno(&connect->failure, "connect to %s", connect->address_text);
        connect_drop_socket(connect);
        return false;
    }
    if (rc == 0) {
        connect_succeeded(connect);
        return true;
    }
    if (loop_poll_open(connect->loop, connect->fd, connect_ready, connect, &connect->poll, &connect->failure) < 0) {
        connect_drop_socket(connect);
        return false;
    }
    loop_poll_want(connect->poll, LOOP_WRITABLE);
    return true;
}

static void connect_next(struct stream_connect *connect)
{
    while (connect->next < connect->count)
        if (connect_try(connect, &connect->addresses[connect->next++]))
            return;
    if (connect->failure.code == 0)
        error_set(&connect->failure, ERROR_NOT_FOUND, "connect to %s: the name has no address", connect->address_text);
    connect_report(connect, NULL);
}

static void resolve_work(struct loop_work *work)
{
    struct resolve *resolve = container_of(work, struct resolve, work);
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
    struct addrinfo *found = NULL;
    resolve->failure = getaddrinfo(resolve->host, NULL, &hints, &found);
    if (resolve->failure != 0)
        return;
    for (struct addrinfo *item = found; item != NULL && resolve->count < CONNECT_ADDRESSES; item = item->ai_next) {
        struct socket_address *address = &resolve->addresses[resolve->count];
        if (item->ai_addrlen > sizeof(address->storage))
            continue;
        memcpy(&address->storage, item->ai_addr, item->ai_addrlen);
        address->size = item->ai_addrlen;
        if (item->ai_family == AF_INET)
            address->v4.sin_port = htons(resolve->port);
        else
            address->v6.sin6_port = htons(resolve->port);
        resolve->count++;
    }
    freeaddrinfo(found);
}

static void resolve_done(struct loop_work *work)
{
    struct resolve *resolve = container_of(work, struct resolve, work);
    struct stream_connect *connect = resolve->connect;
    if (connect != NULL) {
        connect->resolve = NULL;
        memcpy(connect->addresses, resolve->addresses, sizeof(resolve->addresses));
        connect->count = resolve->count;
        if (resolve->failure != 0)
            error_set(&connect->failure, ERROR_UNAVAILABLE, "resolve %s: %s", resolve->host,
                      gai_strerror(resolve->failure));
        connect_next(connect);
    }
    free(resolve);
}

static int connect_prepare(struct stream_connect *connect, const struct stream_target *target)
{
    struct address address;
    int rc = address_parse(target->address, &address, &connect->failure);
    if (rc < 0)
        return rc;
    if (connect->server_name == NULL && address.host[0] != '\0')
        connect->server_name = memory_strdup(address.host);
    if (address.literal) {
        connect->addresses[0] = address.socket;
        connect->count = 1;
        return 0;
    }
    if (connect->network_namespace > 0)
        return error_set(&connect->failure, ERROR_UNSUPPORTED, "%s: names are not resolved in other network namespaces",
                         target->address);
    connect->resolve = memory_new(struct resolve);
    connect->resolve->connect = connect;
    memcpy(connect->resolve->host, address.host, sizeof(address.host));
    connect->resolve->port = address.port;
    connect->resolve->work = (struct loop_work){ .work = resolve_work, .done = resolve_done };
    loop_work_start(connect->loop, &connect->resolve->work);
    return 0;
}

static void connect_run(struct loop_task *task)
{
    struct stream_connect *connect = container_of(task, struct stream_connect, task);
    if (connect->failure.code != 0)
        connect_report(connect, NULL);
    else
        connect_next(connect);
}

struct stream_connect *stream_connect_start(struct loop *loop, const struct stream_target *target, usec_t timeout,
                                            void (*done)(void *context, struct stream *stream, const struct error *err),
                                            void *context)
{
    struct stream_connect *connect = memory_new(struct stream_connect);
    connect->loop = loop;
    connect->fd = -1;
    connect->address_text = memory_strdup(target->address);
    connect->server_name = memory_strdup(target->server_name);
    connect->alpn = copy_texts(target->alpn);
    connect->tls = tls_context_ref(target->tls);
    connect->network_namespace = target->network_namespace;
    connect->done = done;
    connect->context = context;
    connect->timer.callback = connect_timeout;
    connect->task.callback = connect_run;
    if (timeout <= 0)
        timeout = CONNECT_TIME;
    connect->deadline = loop_monotonic(loop) + timeout;
    loop_timer_start(loop, &connect->timer, timeout);
    if (connect_prepare(connect, target) < 0 || connect->count > 0)
        loop_defer(loop, &connect->task);
    return connect;
}

void stream_connect_cancel(struct stream_connect *connect)
{
    if (connect != NULL)
        connect_destroy(connect);
}
