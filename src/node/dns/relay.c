/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/dns/relay.h"

#include <fcntl.h>
#include <libknot/consts.h>
#include <string.h>

#include "base/buffer.h"
#include "base/container/list.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "node/dns/server.h"
#include "node/dns/upstream.h"

#define RESOLV_CONF_MAX (64 << 10)

struct dns_relay {
    struct dns_server *server;
    struct dns_upstream *upstream;
    struct list waiting;
};

struct request {
    struct list_node by_relay;
    struct dns_client *client;
    bool udp;
    size_t size;
    char query[];
};

static void end_request(struct request *request)
{
    list_remove(&request->by_relay);
    dns_client_unref(request->client);
    free(request);
}

static void upstream_done(void *context, struct str answer)
{
    struct request *request = context;
    auto_arena struct arena arena = { 0 };
    uint8_t *out = arena_alloc(&arena, DNS_MESSAGE_MAX);
    struct dns_query query = { { request->query, request->size }, request->udp, 0 };
    size_t size = answer.data != NULL ? dns_fit(&query, answer, &arena, out)
                                      : dns_make_failure(query.wire, KNOT_RCODE_SERVFAIL, &arena, out);
    dns_client_send(request->client, (struct str){ (char *)out, size });
    end_request(request);
}

static size_t pass_on(void *context, struct dns_client *client, const struct dns_query *query, struct arena *arena,
                      uint8_t *out)
{
    struct dns_relay *relay = context;
    if (!dns_is_query(query->wire))
        return 0;
    if (!dns_upstream_any(relay->upstream))
        return dns_make_failure(query->wire, KNOT_RCODE_REFUSED, arena, out);
    struct request *request = memory_zalloc(sizeof(*request) + query->wire.size);
    request->client = dns_client_ref(client);
    request->udp = query->udp;
    request->size = query->wire.size;
    memcpy(request->query, query->wire.data, query->wire.size);
    list_append(&relay->waiting, &request->by_relay);
    dns_upstream_ask(relay->upstream, query->wire, !query->udp, upstream_done, request);
    return 0;
}

static size_t read_resolv_conf(const struct ip *own, struct ip servers[DNS_SERVERS_MAX])
{
    auto_buffer struct buffer text = { .max = RESOLV_CONF_MAX };
    if (file_read(AT_FDCWD, "/etc/resolv.conf", RESOLV_CONF_MAX, &text, NULL) < 0)
        return 0; /* a host without resolvers: every name is refused */
    return dns_parse_resolv_conf(buffer_str(&text), own, 1, servers);
}

int dns_relay_open(struct loop *loop, const struct dns_relay_options *options, struct dns_relay **ret_relay,
                   struct error *err)
{
    struct dns_relay *relay = memory_new(struct dns_relay);
    struct ip found[DNS_SERVERS_MAX];
    struct dns_upstream_options upstream = { .network_namespace = -1,
                                             .servers = options->upstreams,
                                             .n_servers = options->n_upstreams,
                                             .port = options->upstream_port };
    if (options->upstreams == NULL) {
        upstream.servers = found;
        upstream.n_servers = read_resolv_conf(&options->address, found);
    }
    list_init(&relay->waiting);
    relay->upstream = dns_upstream_create(loop, &upstream);
    struct dns_server_options server = { .addresses = &options->address,
                                         .n_addresses = 1,
                                         .port = options->port != 0 ? options->port : 53,
                                         .network_namespace = options->network_namespace,
                                         .answer = pass_on,
                                         .context = relay };
    int rc = dns_server_open(loop, &server, &relay->server, err);
    if (rc < 0) {
        dns_relay_close(relay);
        return error_wrap_code(err, rc, "DNS relay");
    }
    *ret_relay = relay;
    return 0;
}

void dns_relay_close(struct dns_relay *relay)
{
    if (relay == NULL)
        return;
    dns_upstream_destroy(relay->upstream);
    struct request *request;
    list_for_each (&relay->waiting, request, by_relay)
        end_request(request);
    dns_server_close(relay->server);
    free(relay);
}
