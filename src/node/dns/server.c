/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* server.c - UDP in batches straight on the socket, TCP on streams.
 *
 * A UDP client on the stack becomes one on the heap when somebody holds it; a TCP client is
 * its connection. Connections are few, bounded, and closed when they are silent. */
#include "node/dns/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/namespace.h"
#include "net/stream.h"

#define BATCH           32
#define QUERY_MAX       4096 /* a datagram; EDNS options and all */
#define CONNECTIONS_MAX 128
#define IDLE_TIME       (10 * USEC_PER_SEC)
#define SOCKETS_MAX     2
#define RECEIVE_BUFFER  (1 << 20)

struct dns_client {
    size_t references;
    bool on_heap;
    /* UDP */
    struct udp_socket *socket; /* NULL: TCP, or the server is closed */
    struct sockaddr_storage address;
    socklen_t address_size;
    struct list_node by_socket; /* held ones */
    /* TCP */
    struct connection *connection;
};

struct udp_socket {
    struct dns_server *server;
    int fd;
    struct loop_poll *poll;
    struct list held;
};

struct connection {
    struct list_node by_server;
    struct dns_server *server;
    struct stream *stream;
    struct buffer received;
    struct loop_timer idle;
    struct dns_client *client;
};

struct dns_server {
    struct loop *loop;
    struct dns_server_options options;
    struct udp_socket sockets[SOCKETS_MAX];
    struct listener *listeners[SOCKETS_MAX];
    size_t n_sockets;
    struct list connections;
    size_t n_connections;
    int port;
    /* Of the batch in hand. */
    uint8_t queries[BATCH][QUERY_MAX];
    uint8_t answers[BATCH][DNS_UDP_MAX];
    struct dns_client clients[BATCH];
};

/* ---------------------------------------------------------------- clients */

struct dns_client *dns_client_ref(struct dns_client *client)
{
    if (!client->on_heap) {
        struct dns_client *copy = memory_copy(client, sizeof(*client));
        copy->on_heap = true;
        copy->references = 1;
        copy->by_socket = (struct list_node){ 0 };
        list_append(&copy->socket->held, &copy->by_socket);
        return copy;
    }
    client->references++;
    return client;
}

void dns_client_unref(struct dns_client *client)
{
    if (--client->references > 0)
        return;
    list_remove(&client->by_socket);
    free(client);
}

static void send_tcp(struct stream *stream, struct str answer)
{
    uint8_t prefix[2] = { (uint8_t)(answer.size >> 8), (uint8_t)answer.size };
    stream_write(stream, (struct str){ (char *)prefix, 2 });
    stream_write(stream, answer);
}

void dns_client_send(struct dns_client *client, struct str answer)
{
    if (answer.size == 0 || answer.size > DNS_MESSAGE_MAX)
        return;
    if (client->connection != NULL)
        send_tcp(client->connection->stream, answer);
    else if (client->socket != NULL)
        /* A full socket buffer loses the answer, as the network may; the client asks again. */
        (void)!sendto(client->socket->fd, answer.data, answer.size, MSG_DONTWAIT, (struct sockaddr *)&client->address,
                      client->address_size);
}

/* ---------------------------------------------------------------- UDP */

static void send_batch(struct udp_socket *socket, struct mmsghdr *messages, unsigned count)
{
    for (unsigned sent = 0; sent < count;) {
        int rc = sendmmsg(socket->fd, messages + sent, count - sent, MSG_DONTWAIT);
        if (rc <= 0)
            return; /* as above */
        sent += (unsigned)rc;
    }
}

static unsigned answer_batch(struct udp_socket *socket, const struct mmsghdr *received, unsigned count,
                             struct mmsghdr out[BATCH], struct iovec vectors[BATCH])
{
    struct dns_server *server = socket->server;
    unsigned answers = 0;
    for (unsigned i = 0; i < count; i++) {
        auto_arena struct arena arena = { 0 };
        struct dns_client *client = &server->clients[i];
        client->address_size = received[i].msg_hdr.msg_namelen;
        struct dns_query query = { { (char *)server->queries[i], received[i].msg_len },
                                   true,
                                   random_next(loop_random(server->loop)) };
        size_t size = (received[i].msg_hdr.msg_flags & MSG_TRUNC) != 0
                          ? 0
                          : server->options.answer(server->options.context, client, &query, &arena, server->answers[i]);
        if (size == 0)
            continue;
        vectors[answers] = (struct iovec){ server->answers[i], size };
        out[answers] = (struct mmsghdr){ .msg_hdr = { .msg_name = &client->address,
                                                      .msg_namelen = client->address_size,
                                                      .msg_iov = &vectors[answers],
                                                      .msg_iovlen = 1 } };
        answers++;
    }
    return answers;
}

static void udp_readable(void *context, int events)
{
    struct udp_socket *socket = context;
    struct dns_server *server = socket->server;
    (void)events;
    struct mmsghdr in[BATCH], out[BATCH];
    struct iovec in_vectors[BATCH], out_vectors[BATCH];
    for (int i = 0; i < BATCH; i++) {
        server->clients[i] = (struct dns_client){ .socket = socket };
        in_vectors[i] = (struct iovec){ server->queries[i], QUERY_MAX };
        in[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &server->clients[i].address,
                                               .msg_namelen = sizeof(server->clients[i].address),
                                               .msg_iov = &in_vectors[i],
                                               .msg_iovlen = 1 } };
    }
    int count = recvmmsg(socket->fd, in, BATCH, MSG_DONTWAIT, NULL);
    if (count > 0)
        send_batch(socket, out, answer_batch(socket, in, (unsigned)count, out, out_vectors));
}

static int open_udp(struct dns_server *server, const struct ip *ip, struct error *err)
{
    struct udp_socket *udp = &server->sockets[server->n_sockets];
    bool v6 = ip->family == IP_V6;
    struct sockaddr_in at4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)server->port) };
    struct sockaddr_in6 at6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)server->port) };
    memcpy(&at4.sin_addr, ip->bytes, 4);
    memcpy(&at6.sin6_addr, ip->bytes, 16);
    char text[IP_TEXT_SIZE];
    ip_format(ip, text);
    int rc = namespace_socket(server->options.network_namespace, v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0,
                              &udp->fd, err);
    if (rc < 0)
        return rc;
    udp->server = server;
    list_init(&udp->held);
    server->n_sockets++;
    int size = RECEIVE_BUFFER;
    setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)); /* as much as the kernel lets us have */
    if (bind(udp->fd, v6 ? (struct sockaddr *)&at6 : (struct sockaddr *)&at4, v6 ? sizeof(at6) : sizeof(at4)) < 0)
        return error_errno(err, "listen on %s:%d (UDP)", text, server->port);
    socklen_t length = sizeof(at6);
    if (server->port == 0 && getsockname(udp->fd, (struct sockaddr *)&at6, &length) == 0)
        server->port = ntohs(at6.sin6_port); /* the port is at the same place in both */
    rc = loop_poll_open(server->loop, udp->fd, udp_readable, udp, &udp->poll, err);
    if (rc == 0)
        loop_poll_want(udp->poll, LOOP_READABLE);
    return rc;
}

/* ---------------------------------------------------------------- TCP */

static void close_connection(struct connection *connection)
{
    loop_timer_stop(&connection->idle);
    connection->client->connection = NULL;
    dns_client_unref(connection->client);
    stream_close(connection->stream, true);
    buffer_fini(&connection->received);
    list_remove(&connection->by_server);
    connection->server->n_connections--;
    free(connection);
}

static void tcp_read(void *context, struct str bytes)
{
    struct connection *connection = context;
    struct dns_server *server = connection->server;
    buffer_append_str(&connection->received, bytes);
    if (bytes.size == 0 || buffer_failed(&connection->received)) {
        close_connection(connection);
        return;
    }
    loop_timer_start(server->loop, &connection->idle, IDLE_TIME);
    for (;;) {
        const uint8_t *data = (const uint8_t *)connection->received.data;
        size_t have = connection->received.size, size = have < 2 ? 0 : (size_t)(data[0] << 8 | data[1]);
        if (have < 2 || have < 2 + size)
            return;
        auto_arena struct arena arena = { 0 };
        uint8_t *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
        struct dns_query query = { { (const char *)data + 2, size }, false, random_next(loop_random(server->loop)) };
        size_t answer = server->options.answer(server->options.context, connection->client, &query, &arena, out);
        if (answer > 0)
            send_tcp(connection->stream, (struct str){ (char *)out, answer });
        buffer_consume(&connection->received, 2 + size);
    }
}

static void tcp_failed(void *context, const struct error *err)
{
    (void)err;
    close_connection(context);
}

static void tcp_idle(struct loop_timer *timer)
{
    close_connection(container_of(timer, struct connection, idle));
}

static const struct stream_events tcp_events = { .read = tcp_read, .failed = tcp_failed };

static void tcp_accepted(void *context, struct stream *stream)
{
    struct dns_server *server = context;
    if (server->n_connections == CONNECTIONS_MAX) {
        stream_close(stream, false);
        return;
    }
    struct connection *connection = memory_new(struct connection);
    connection->server = server;
    connection->stream = stream;
    connection->received.max = 2 * (DNS_MESSAGE_MAX + 2);
    connection->client = memory_new(struct dns_client);
    *connection->client = (struct dns_client){ .references = 1, .on_heap = true, .connection = connection };
    connection->idle.callback = tcp_idle;
    list_append(&server->connections, &connection->by_server);
    server->n_connections++;
    stream_set_events(stream, &tcp_events, connection);
    stream_read_start(stream);
    loop_timer_start(server->loop, &connection->idle, IDLE_TIME);
}

static int open_tcp(struct dns_server *server, const struct ip *ip, struct listener **ret_listener, struct error *err)
{
    char text[IP_TEXT_SIZE], address[IP_TEXT_SIZE + 24];
    ip_format(ip, text);
    bool v6 = ip->family == IP_V6;
    snprintf(address, sizeof(address), "tcp:%s%s%s:%d", v6 ? "[" : "", text, v6 ? "]" : "", server->port);
    struct stream_target target = { .address = address, .network_namespace = server->options.network_namespace };
    return listener_open(server->loop, &target, tcp_accepted, server, ret_listener, err);
}

/* ---------------------------------------------------------------- life */

int dns_server_open(struct loop *loop, const struct dns_server_options *options, struct dns_server **ret_server,
                    struct error *err)
{
    struct dns_server *server = memory_new(struct dns_server);
    server->loop = loop;
    server->options = *options;
    server->port = options->port;
    list_init(&server->connections);
    int rc = 0;
    for (size_t i = 0; i < options->n_addresses && i < SOCKETS_MAX && rc == 0; i++) {
        rc = open_udp(server, &options->addresses[i], err);
        if (rc == 0)
            rc = open_tcp(server, &options->addresses[i], &server->listeners[i], err);
    }
    if (rc < 0) {
        dns_server_close(server);
        return rc;
    }
    *ret_server = server;
    return 0;
}

void dns_server_close(struct dns_server *server)
{
    if (server == NULL)
        return;
    for (size_t i = 0; i < server->n_sockets; i++) {
        struct dns_client *client;
        loop_poll_close(server->sockets[i].poll);
        close(server->sockets[i].fd);
        list_for_each (&server->sockets[i].held, client, by_socket) {
            client->socket = NULL;
            list_remove(&client->by_socket);
        }
    }
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        listener_close(server->listeners[i]);
    struct connection *connection;
    list_for_each (&server->connections, connection, by_server)
        close_connection(connection);
    free(server);
}

int dns_server_port(const struct dns_server *server)
{
    return server->port;
}
