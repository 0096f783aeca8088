/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/netlink_socket.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/namespace.h"

int netlink_socket_open(int namespace_fd, int protocol, const char *what, struct mnl_socket **ret_socket,
                        struct error *err)
{
    int fd = -1;
    int rc = namespace_socket(namespace_fd, AF_NETLINK, SOCK_RAW, protocol, &fd, err);
    if (rc < 0)
        return rc;
    struct mnl_socket *socket = mnl_socket_fdopen(fd);
    if (socket == NULL) {
        rc = error_errno(err, "open %s", what);
        close(fd);
        return rc;
    }
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        rc = error_errno(err, "bind %s", what);
        mnl_socket_close(socket);
        return rc;
    }
    int on = 1;
    mnl_socket_setsockopt(socket, NETLINK_EXT_ACK, &on, sizeof(on));
    mnl_socket_setsockopt(socket, NETLINK_CAP_ACK, &on, sizeof(on));
    *ret_socket = socket;
    return 0;
}
