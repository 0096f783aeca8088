/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace.h - do something inside another network namespace; the caller's never changes.
 *
 * A socket belongs for life to the namespace it was made in, so most users only make a
 * socket there and use it from anywhere. Blocks for the time the function takes. */
#ifndef NET_NAMESPACE_H
#define NET_NAMESPACE_H

#include "base/error.h"

/* Calls run(context) on a short-lived thread that has joined the namespace 'fd' is open on, and
 * returns its result; fd -1 is the caller's own namespace, without a thread. */
int namespace_run(int fd, int (*run)(void *context), void *context, struct error *err) must_check;

/* socket(2) in that namespace, close-on-exec. */
int namespace_socket(int fd, int family, int type, int protocol, int *ret_socket, struct error *err) must_check;

/* Writes /proc/sys/net/<name> there ("ipv4/ip_forward"). */
int namespace_sysctl(int fd, const char *name, const char *value, struct error *err) must_check;

/* A new, empty network namespace. It lives as long as something refers to it. */
int namespace_create(int *ret_fd, struct error *err) must_check;

#endif
