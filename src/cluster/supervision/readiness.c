/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/supervision/readiness.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/memory.h"
#include "base/str.h"

enum { TEXT_MAX = 1024, ROUND_MAX = 64 /* datagrams in one turn of the loop */ };

struct readiness {
    int fd;
    struct loop_poll *poll;
    void (*ready)(void *context, pid_t pid);
    void *context;
};

static bool says_ready(struct str text)
{
    struct str line;
    while (str_next(&text, '\n', &line))
        if (str_is(line, "READY=1"))
            return true;
    return false;
}

static pid_t sender(struct msghdr *message)
{
    struct ucred from = { 0 };
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS)
            memcpy(&from, CMSG_DATA(part), sizeof(from));
    return from.pid;
}

static void readable(void *context, int events)
{
    struct readiness *readiness = context;
    (void)events;
    for (int i = 0; i < ROUND_MAX; i++) {
        char text[TEXT_MAX];
        union {
            char bytes[CMSG_SPACE(sizeof(struct ucred))];
            struct cmsghdr align;
        } control;
        struct iovec part = { text, sizeof(text) };
        struct msghdr message = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t size = recvmsg(readiness->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size < 0)
            return;
        pid_t pid = sender(&message);
        if (pid > 0 && says_ready((struct str){ text, (size_t)size }))
            readiness->ready(readiness->context, pid);
    }
}

static int listen_at(struct readiness *readiness, const char *path, struct error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int yes = 1;
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(err, ERROR_LIMIT, "%s is too long for a socket's path", path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    readiness->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (readiness->fd < 0)
        return error_errno(err, "make a socket");
    if (setsockopt(readiness->fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0)
        return error_errno(err, "ask for senders' names");
    if (unlink(path) < 0 && errno != ENOENT)
        return error_errno(err, "replace %s", path);
    if (bind(readiness->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return error_errno(err, "bind %s", path);
    return setenv("NOTIFY_SOCKET", path, 1) < 0 ? error_errno(err, "set NOTIFY_SOCKET") : 0;
}

int readiness_open(struct loop *loop, const char *path, void (*ready)(void *context, pid_t pid), void *context,
                   struct readiness **ret_readiness, struct error *err)
{
    struct readiness *readiness = memory_new(struct readiness);
    *readiness = (struct readiness){ .fd = -1, .ready = ready, .context = context };
    int rc = listen_at(readiness, path, err);
    if (rc == 0)
        rc = loop_poll_open(loop, readiness->fd, readable, readiness, &readiness->poll, err);
    if (rc < 0) {
        readiness_close(readiness);
        return rc;
    }
    loop_poll_want(readiness->poll, LOOP_READABLE);
    *ret_readiness = readiness;
    return 0;
}

void readiness_close(struct readiness *readiness)
{
    if (readiness == NULL)
        return;
    loop_poll_close(readiness->poll);
    if (readiness->fd >= 0)
        close(readiness->fd);
    free(readiness);
}
