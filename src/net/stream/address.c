/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "net/stream/address.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>

#include "base/str.h"
#include "net/namespace.h"

static int parse_unix(const char *path, struct address *address, struct error *err)
{
    struct sockaddr_un *local = &address->socket.local;
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof(local->sun_path))
        return error_set(err, ERROR_BAD_REQUEST, "unix:%s: the path must have 1 to %zu bytes", path,
                         sizeof(local->sun_path) - 1);
    local->sun_family = AF_UNIX;
    memcpy(local->sun_path, path, size + 1);
    address->socket.size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + 1);
    address->literal = true;
    return 0;
}

/* Splits "HOST:PORT"; a host with colons stands in brackets. */
static bool split_host(struct str text, struct str *ret_host, uint64_t *ret_port)
{
    struct str host, port;
    if (str_starts(text, STR("["))) {
        size_t end = str_find(text, ']');
        if (end == text.size)
            return false;
        host = (struct str){ text.data + 1, end - 1 };
        port = str_skip(text, end + 1);
        if (!str_starts(port, STR(":")))
            return false;
        port = str_skip(port, 1);
    } else {
        size_t colon = str_find(text, ':');
        if (colon == text.size)
            return false;
        host = (struct str){ text.data, colon };
        port = str_skip(text, colon + 1);
    }
    *ret_host = host;
    return host.size < ADDRESS_HOST_SIZE && str_to_uint64(port, ret_port) && *ret_port <= UINT16_MAX;
}

static void parse_literal(struct address *address)
{
    struct socket_address *socket = &address->socket;
    if (inet_pton(AF_INET, address->host, &socket->v4.sin_addr) == 1) {
        socket->v4.sin_family = AF_INET;
        socket->v4.sin_port = htons(address->port);
        socket->size = sizeof(socket->v4);
        address->literal = true;
    } else if (inet_pton(AF_INET6, address->host, &socket->v6.sin6_addr) == 1) {
        socket->v6.sin6_family = AF_INET6;
        socket->v6.sin6_port = htons(address->port);
        socket->size = sizeof(socket->v6);
        address->literal = true;
    }
}

int address_parse(const char *text, struct address *ret_address, struct error *err)
{
    struct address address;
    memset(&address, 0, sizeof(address));
    struct str rest = str_of(text);
    int rc = 0;
    if (str_starts(rest, STR("unix:"))) {
        rc = parse_unix(text + 5, &address, err);
    } else {
        struct str host;
        uint64_t port;
        if (!str_starts(rest, STR("tcp:")) || !split_host(str_skip(rest, 4), &host, &port))
            return error_set(err, ERROR_BAD_REQUEST, "%s: not an address like tcp:HOST:PORT or unix:PATH", text);
        if (host.size == 0)
            host = STR("0.0.0.0");
        memcpy(address.host, host.data, host.size);
        address.port = (uint16_t)port;
        parse_literal(&address);
    }
    if (rc == 0)
        *ret_address = address;
    return rc;
}

void address_format(const struct socket_address *address, char text[ADDRESS_TEXT_SIZE])
{
    char host[INET6_ADDRSTRLEN] = "";
    switch (address->any.sa_family) {
    case AF_INET:
        inet_ntop(AF_INET, &address->v4.sin_addr, host, sizeof(host));
        snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", host, ntohs(address->v4.sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &address->v6.sin6_addr, host, sizeof(host));
        snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", host, ntohs(address->v6.sin6_port));
        break;
    case AF_UNIX:
        snprintf(text, ADDRESS_TEXT_SIZE, "unix:%.*s", (int)(sizeof(address->local.sun_path)),
                 address->size > offsetof(struct sockaddr_un, sun_path) ? address->local.sun_path : "");
        break;
    default:
        snprintf(text, ADDRESS_TEXT_SIZE, "?");
    }
}

int address_socket(const struct socket_address *address, int network_namespace, int *ret_fd, struct error *err)
{
    int family = address->any.sa_family;
    autoclose int fd = -1;
    int rc = namespace_socket(network_namespace > 0 ? network_namespace : -1, family, SOCK_STREAM | SOCK_NONBLOCK, 0,
                              &fd, err);
    if (rc < 0)
        return rc;
    *ret_fd = take_fd(&fd);
    return 0;
}
