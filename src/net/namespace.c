/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace.c - a thread of its own joins the namespace, because setns() is per thread and a
 * pool's thread must come back as it was. Its exit undoes the join whatever happened. */
#include "net/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct visit {
    int fd;
    int (*run)(void *context);
    void *context;
    int rc;
    int join_errno;
};

static void *visit_thread(void *argument)
{
    struct visit *visit = argument;
    if (setns(visit->fd, CLONE_NEWNET) < 0)
        visit->join_errno = errno;
    else
        visit->rc = visit->run(visit->context);
    return NULL;
}

int namespace_run(int fd, int (*run)(void *context), void *context, struct error *err)
{
    if (fd < 0)
        return run(context);

    struct visit visit = { .fd = fd, .run = run, .context = context };
    pthread_t thread;
    errno = pthread_create(&thread, NULL, visit_thread, &visit);
    if (errno != 0)
        return error_errno(err, "start a thread for a network namespace");
    pthread_join(thread, NULL);
    errno = visit.join_errno;
    return errno != 0 ? error_errno(err, "join a network namespace") : visit.rc;
}

struct socket_request {
    int family, type, protocol;
    int fd;
    struct error *err;
};

static int open_socket(void *context)
{
    struct socket_request *request = context;
    request->fd = socket(request->family, request->type | SOCK_CLOEXEC, request->protocol);
    return request->fd < 0 ? error_errno(request->err, "open a socket") : 0;
}

int namespace_socket(int fd, int family, int type, int protocol, int *ret_socket, struct error *err)
{
    struct socket_request request = { family, type, protocol, -1, err };
    int rc = namespace_run(fd, open_socket, &request, err);
    if (rc == 0)
        *ret_socket = request.fd;
    return rc;
}

struct sysctl_request {
    const char *name, *value;
    struct error *err;
};

static int write_sysctl(void *context)
{
    struct sysctl_request *request = context;
    char path[256];
    snprintf(path, sizeof(path), "/proc/sys/net/%s", request->name);
    autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(request->err, "open %s", path);
    if (write(fd, request->value, strlen(request->value)) < 0)
        return error_errno(request->err, "write %s to %s", request->value, path);
    return 0;
}

int namespace_sysctl(int fd, const char *name, const char *value, struct error *err)
{
    struct sysctl_request request = { name, value, err };
    return namespace_run(fd, write_sysctl, &request, err);
}

static void *create_thread(void *argument)
{
    struct visit *visit = argument;
    if (unshare(CLONE_NEWNET) < 0) {
        visit->join_errno = errno;
        return NULL;
    }
    visit->rc = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (visit->rc < 0)
        visit->join_errno = errno;
    return NULL;
}

int namespace_create(int *ret_fd, struct error *err)
{
    struct visit visit = { .rc = -1 };
    pthread_t thread;
    errno = pthread_create(&thread, NULL, create_thread, &visit);
    if (errno != 0)
        return error_errno(err, "start a thread for a network namespace");
    pthread_join(thread, NULL);
    errno = visit.join_errno;
    if (errno != 0)
        return error_errno(err, "make a network namespace");
    *ret_fd = visit.rc;
    return 0;
}
