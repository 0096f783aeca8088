/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address.h - "tcp:HOST:PORT" and "unix:PATH", and their socket addresses. */
#ifndef NET_STREAM_ADDRESS_H
#define NET_STREAM_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include "base/error.h"

#define ADDRESS_HOST_SIZE 256 /* a DNS name has at most 253 characters */
#define ADDRESS_TEXT_SIZE 300

struct socket_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
        struct sockaddr_storage storage;
    };
    socklen_t size;
};

struct address {
    char host[ADDRESS_HOST_SIZE]; /* "" for unix addresses; without brackets */
    uint16_t port;
    bool literal; /* 'socket' is set */
    struct socket_address socket;
};

int address_parse(const char *text, struct address *ret_address, struct error *err) must_check;

/* "10.0.0.1:443", "[::1]:443", "unix:PATH", "unix:" for an unnamed peer. */
void address_format(const struct socket_address *address, char text[ADDRESS_TEXT_SIZE]);

/* A non-blocking socket fit for that address, in that network namespace (0 or less: ours). */
int address_socket(const struct socket_address *address, int network_namespace, int *ret_fd,
                   struct error *err) must_check;

#endif
