/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/dns/upstream.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libknot/libknot.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "net/namespace.h"
#include "net/stream.h"

#define ROUNDS          2
#define DEFAULT_TIMEOUT (2 * USEC_PER_SEC)
#define DEFAULT_QUERIES 1024
#define DATAGRAM_MAX    4096
#define TCP_MAX         (65535 + 2)

struct asking {
    struct list_node by_upstream;
    struct dns_upstream *upstream;
    void (*done)(void *context, struct str answer);
    void *context;
    bool tcp;
    unsigned attempt;
    uint16_t own_id; /* the client's, put back */
    uint16_t sent_id;
    int fd;
    struct loop_poll *poll;
    struct stream_connect *connect;
    struct stream *stream;
    struct buffer received;
    struct loop_timer timer;
    struct loop_task failure; /* fails from the next turn on, never inside the call */
    size_t size;
    uint8_t query[];
};

struct dns_upstream {
    struct loop *loop;
    struct dns_upstream_options options;
    struct ip servers[DNS_SERVERS_MAX];
    struct list queries;
    size_t n_queries;
    unsigned turn;
};

struct dns_upstream *dns_upstream_create(struct loop *loop, const struct dns_upstream_options *options)
{
    struct dns_upstream *upstream = memory_new(struct dns_upstream);
    upstream->loop = loop;
    upstream->options = *options;
    if (upstream->options.n_servers > DNS_SERVERS_MAX)
        upstream->options.n_servers = DNS_SERVERS_MAX;
    for (size_t i = 0; i < upstream->options.n_servers; i++)
        upstream->servers[i] = options->servers[i];
    upstream->options.servers = upstream->servers;
    if (upstream->options.port == 0)
        upstream->options.port = 53;
    if (upstream->options.timeout == 0)
        upstream->options.timeout = DEFAULT_TIMEOUT;
    if (upstream->options.max_queries == 0)
        upstream->options.max_queries = DEFAULT_QUERIES;
    list_init(&upstream->queries);
    return upstream;
}

bool dns_upstream_any(const struct dns_upstream *upstream)
{
    return upstream->options.n_servers > 0;
}

static void end_try(struct asking *asking)
{
    loop_timer_stop(&asking->timer);
    loop_poll_close(take_pointer(&asking->poll));
    if (asking->fd >= 0)
        close(take_fd(&asking->fd));
    if (asking->connect != NULL)
        stream_connect_cancel(take_pointer(&asking->connect));
    stream_close(take_pointer(&asking->stream), false);
    buffer_fini(&asking->received);
    asking->received = (struct buffer){ .max = TCP_MAX };
}

static void free_asking(struct asking *asking)
{
    end_try(asking);
    loop_cancel(asking->upstream->loop, &asking->failure);
    list_remove(&asking->by_upstream);
    asking->upstream->n_queries--;
    free(asking);
}

void dns_upstream_destroy(struct dns_upstream *upstream)
{
    if (upstream == NULL)
        return;
    struct asking *asking;
    list_for_each (&upstream->queries, asking, by_upstream)
        free_asking(asking);
    free(upstream);
}

/* ---------------------------------------------------------------- answers */

static void finish(struct asking *asking, struct str answer)
{
    void (*done)(void *context, struct str answer) = asking->done;
    void *context = asking->context;
    done(context, answer);
    free_asking(asking); /* the answer's bytes may be its own */
}

/* Of our question: the id, and the question itself but for the case of letters. */
static bool is_answer(const struct asking *asking, const uint8_t *wire, size_t size)
{
    if (size < KNOT_WIRE_HEADER_SIZE || !knot_wire_get_qr(wire) || knot_wire_get_id(wire) != asking->sent_id)
        return false;
    if (knot_wire_get_qdcount(wire) == 0) /* some failures come without */
        return knot_wire_get_rcode(wire) != KNOT_RCODE_NOERROR;
    for (size_t i = KNOT_WIRE_HEADER_SIZE; i < size && i < asking->size; i++) {
        if (tolower(wire[i]) != tolower(asking->query[i]))
            return false;
        if (wire[i] == 0) /* the name's end: type and class follow */
            return i + 5 <= size && i + 5 <= asking->size && memcmp(wire + i + 1, asking->query + i + 1, 4) == 0;
    }
    return false;
}

static void start_try(struct asking *asking);

/* A failing server is like none: the next one may know. */
static void take_message(struct asking *asking, uint8_t *wire, size_t size)
{
    if (!is_answer(asking, wire, size))
        return;
    uint8_t code = knot_wire_get_rcode(wire);
    bool last = asking->attempt >= ROUNDS * asking->upstream->options.n_servers;
    if ((code == KNOT_RCODE_SERVFAIL || code == KNOT_RCODE_REFUSED) && !last) {
        start_try(asking);
        return;
    }
    knot_wire_set_id(wire, asking->own_id);
    finish(asking, (struct str){ (char *)wire, size });
}

static void readable(void *context, int events)
{
    struct asking *asking = context;
    (void)events;
    uint8_t wire[DATAGRAM_MAX];
    ssize_t size = recv(asking->fd, wire, sizeof(wire), MSG_DONTWAIT);
    if (size < 0 && errno != EAGAIN && errno != EINTR)
        start_try(asking); /* refused or unreachable: at once elsewhere */
    else if (size > 0)
        take_message(asking, wire, (size_t)size);
}

static void stream_read(void *context, struct str bytes)
{
    struct asking *asking = context;
    buffer_append_str(&asking->received, bytes);
    const uint8_t *data = (const uint8_t *)asking->received.data;
    if (bytes.size == 0 || buffer_failed(&asking->received)) {
        start_try(asking);
        return;
    }
    if (asking->received.size < 2 || asking->received.size < 2u + knot_wire_read_u16(data))
        return;
    uint8_t *wire = (uint8_t *)asking->received.data + 2;
    size_t size = knot_wire_read_u16(data);
    if (is_answer(asking, wire, size))
        take_message(asking, wire, size);
    else
        start_try(asking);
}

static void stream_failed(void *context, const struct error *err)
{
    (void)err;
    start_try(context);
}

static const struct stream_events stream_events = { .read = stream_read, .failed = stream_failed };

/* ---------------------------------------------------------------- tries */

static void connected(void *context, struct stream *stream, const struct error *err)
{
    struct asking *asking = context;
    (void)err;
    asking->connect = NULL;
    if (stream == NULL) {
        start_try(asking);
        return;
    }
    uint8_t prefix[2];
    asking->stream = stream;
    stream_set_events(stream, &stream_events, asking);
    knot_wire_write_u16(prefix, (uint16_t)asking->size);
    stream_write(stream, (struct str){ (char *)prefix, 2 });
    stream_write(stream, (struct str){ (char *)asking->query, asking->size });
    stream_read_start(stream);
}

static void send_tcp(struct asking *asking, const struct ip *server)
{
    char ip[IP_TEXT_SIZE], address[IP_TEXT_SIZE + 24];
    ip_format(server, ip);
    bool v6 = server->family == IP_V6;
    snprintf(address, sizeof(address), "tcp:%s%s%s:%u", v6 ? "[" : "", ip, v6 ? "]" : "",
             asking->upstream->options.port);
    struct stream_target target = { .address = address,
                                    .network_namespace = asking->upstream->options.network_namespace };
    asking->connect =
        stream_connect_start(asking->upstream->loop, &target, asking->upstream->options.timeout, connected, asking);
}

static bool send_udp(struct asking *asking, const struct ip *server)
{
    struct dns_upstream *upstream = asking->upstream;
    bool v6 = server->family == IP_V6;
    struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(upstream->options.port) };
    struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(upstream->options.port) };
    memcpy(&to4.sin_addr, server->bytes, 4);
    memcpy(&to6.sin6_addr, server->bytes, 16);
    if (namespace_socket(upstream->options.network_namespace, v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0,
                         &asking->fd, NULL) < 0)
        return false;
    if (connect(asking->fd, v6 ? (struct sockaddr *)&to6 : (struct sockaddr *)&to4, v6 ? sizeof(to6) : sizeof(to4)) <
            0 ||
        send(asking->fd, asking->query, asking->size, MSG_DONTWAIT) < 0 ||
        loop_poll_open(upstream->loop, asking->fd, readable, asking, &asking->poll, NULL) < 0)
        return false;
    loop_poll_want(asking->poll, LOOP_READABLE);
    return true;
}

/* Ends the try that is under way and begins the next; after the last it has failed. */
static void start_try(struct asking *asking)
{
    struct dns_upstream *upstream = asking->upstream;
    end_try(asking);
    while (asking->attempt < ROUNDS * upstream->options.n_servers) {
        const struct ip *server =
            &upstream->servers[(upstream->turn + asking->attempt++) % upstream->options.n_servers];
        if (asking->tcp)
            send_tcp(asking, server);
        else if (!send_udp(asking, server)) {
            end_try(asking);
            continue;
        }
        loop_timer_start(upstream->loop, &asking->timer, upstream->options.timeout);
        return;
    }
    loop_defer(upstream->loop, &asking->failure);
}

static void try_timed_out(struct loop_timer *timer)
{
    struct asking *asking = container_of(timer, struct asking, timer);
    if (asking->attempt < asking->upstream->options.n_servers)
        asking->upstream->turn++; /* who is silent is asked last from now on */
    start_try(asking);
}

static void failed(struct loop_task *task)
{
    finish(container_of(task, struct asking, failure), (struct str){ 0 });
}

void dns_upstream_ask(struct dns_upstream *upstream, struct str query, bool tcp,
                      void (*done)(void *context, struct str answer), void *context)
{
    struct asking *asking = memory_zalloc(sizeof(*asking) + query.size);
    asking->upstream = upstream;
    asking->done = done;
    asking->context = context;
    asking->tcp = tcp;
    asking->fd = -1;
    asking->size = query.size;
    memcpy(asking->query, query.data, query.size);
    asking->own_id = knot_wire_get_id(asking->query);
    asking->sent_id = (uint16_t)random_next(loop_random(upstream->loop));
    knot_wire_set_id(asking->query, asking->sent_id);
    asking->timer.callback = try_timed_out;
    asking->failure.callback = failed;
    list_append(&upstream->queries, &asking->by_upstream);
    if (++upstream->n_queries > upstream->options.max_queries || upstream->options.n_servers == 0)
        loop_defer(upstream->loop, &asking->failure);
    else
        start_try(asking);
}

/* ---------------------------------------------------------------- configuration */

size_t dns_parse_resolv_conf(struct str text, const struct ip *except, size_t n_except,
                             struct ip servers[DNS_SERVERS_MAX])
{
    size_t count = 0;
    struct str line;
    while (count < DNS_SERVERS_MAX && str_next(&text, '\n', &line)) {
        line = str_trim(line);
        struct ip ip;
        if (!str_starts(line, STR("nameserver")) || line.size == strlen("nameserver"))
            continue;
        struct str address = str_trim(str_skip(line, strlen("nameserver")));
        size_t blank = str_find(address, ' ');
        if (!ip_parse((struct str){ address.data, blank }, &ip))
            continue;
        bool own = false;
        for (size_t i = 0; i < n_except; i++)
            own |= ip_equal(&ip, &except[i]);
        if (!own)
            servers[count++] = ip;
    }
    return count;
}
