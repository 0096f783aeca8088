/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* netlink_socket.h - a bound netlink socket of libmnl in a network namespace; for files of net/ only. */
#ifndef NET_NETLINK_SOCKET_H
#define NET_NETLINK_SOCKET_H

#include <libmnl/libmnl.h>

#include "base/error.h"

/* 'protocol' is NETLINK_ROUTE, ...; 'what' is for errors. Answers tell more than a number (NETLINK_EXT_ACK) and do not
 * repeat the question, where the kernel can. -1: our own namespace. */
int netlink_socket_open(int namespace_fd, int protocol, const char *what, struct mnl_socket **ret_socket,
                        struct error *err) must_check;

#endif
