/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* dns.c - what joins informers, sockets, cache and upstream to a server.
 *
 * A query becomes a struct request only when it must wait for upstream; one that can be answered
 * at once never allocates anything but its arena. */
#include "node/dns/dns.h"

#include <libknot/consts.h>
#include <string.h>

#include "base/memory.h"
#include "net/netlink.h"
#include "node/dns/cache.h"
#include "node/dns/server.h"
#include "node/dns/upstream.h"

enum { ADDRESSES_MAX = 2 };

struct dns {
    struct loop *loop;
    struct dns_options options;
    char *domain;
    struct ip addresses[ADDRESSES_MAX];
    struct dns_index *index;
    struct dns_resolver resolver;
    struct dns_cache *cache;
    struct dns_upstream *upstream;
    struct dns_server *server;
    struct informer *services, *slices, *namespaces;
    struct informer_listener service_listener, slice_listener, namespace_listener;
    struct list waiting; /* requests */
    struct dns_status status;
    bool running;
};

/* A query that waits for upstream. */
struct request {
    struct list_node by_dns;
    struct dns *dns;
    struct dns_client *client;
    bool udp, alias;
    struct buffer asked; /* what upstream was asked, the key of its answer in the cache */
    size_t size;
    char query[];
};

/* ---------------------------------------------------------------- informers */

static void service_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    dns_index_service_changed(container_of(listener, struct dns, service_listener)->index, before, after);
}

static void slice_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    dns_index_slice_changed(container_of(listener, struct dns, slice_listener)->index, before, after);
}

static void namespace_changed(struct informer_listener *listener, const struct object *before,
                              const struct object *after)
{
    dns_index_namespace_changed(container_of(listener, struct dns, namespace_listener)->index, before, after);
}

bool dns_synced(const struct dns *dns)
{
    return informer_synced(dns->services) && informer_synced(dns->slices) && informer_synced(dns->namespaces);
}

/* ---------------------------------------------------------------- upstream */

static void end_request(struct request *request)
{
    list_remove(&request->by_dns);
    dns_client_unref(request->client);
    buffer_fini(&request->asked);
    free(request);
}

static void send_upstream_answer(struct request *request, struct str answer, struct arena *arena)
{
    struct dns *dns = request->dns;
    struct dns_query query = { { request->query, request->size }, request->udp, 0 };
    uint8_t *out = arena_alloc(arena, DNS_MESSAGE_MAX);
    size_t size = 0;
    if (request->alias)
        dns_finish_alias(&dns->resolver, &query, answer, arena, out, &size);
    else if (answer.data != NULL)
        size = dns_fit(&query, answer, arena, out);
    if (size == 0) {
        dns->status.failures++;
        size = dns_make_failure(query.wire, KNOT_RCODE_SERVFAIL, arena, out);
    }
    dns_client_send(request->client, (struct str){ (char *)out, size });
}

static void upstream_done(void *context, struct str answer)
{
    struct request *request = context;
    auto_arena struct arena arena = { 0 };
    if (answer.data != NULL)
        dns_cache_put(request->dns->cache, buffer_str(&request->asked), answer, loop_monotonic(request->dns->loop));
    send_upstream_answer(request, answer, &arena);
    end_request(request);
}

/* Asks the cache, then upstream. alias: the outside name that the query's name stands for; NULL: the query itself
 * is asked. */
static void forward(struct dns *dns, struct dns_client *client, const struct dns_query *query, const uint8_t *alias,
                    struct arena *arena)
{
    struct request *request = memory_zalloc(sizeof(*request) + query->wire.size);
    request->dns = dns;
    request->client = dns_client_ref(client);
    request->udp = query->udp;
    request->alias = alias != NULL;
    request->asked.max = DNS_MESSAGE_MAX;
    request->size = query->wire.size;
    memcpy(request->query, query->wire.data, query->wire.size);
    list_append(&dns->waiting, &request->by_dns);

    struct str asked = query->wire;
    if (alias != NULL) {
        uint8_t *out = arena_alloc(arena, DNS_UDP_MAX);
        asked = (struct str){ (char *)out, dns_make_query(query, alias, 0, arena, out) };
    }
    buffer_append_str(&request->asked, asked);
    struct str cached = dns_cache_get(dns->cache, asked, loop_monotonic(dns->loop), arena);
    if (cached.data != NULL || asked.size == 0) {
        dns->status.cache_hits += cached.data != NULL;
        send_upstream_answer(request, cached, arena);
        end_request(request);
        return;
    }
    dns->status.forwarded++;
    dns_upstream_ask(dns->upstream, asked, !query->udp, upstream_done, request);
}

/* ---------------------------------------------------------------- queries */

static size_t fail(struct dns *dns, const struct dns_query *query, uint8_t code, struct arena *arena, uint8_t *out)
{
    dns->status.failures++;
    return dns_make_failure(query->wire, code, arena, out);
}

/* The server's callback: an answer of that size in 'out', or 0: there is none, or it comes later. */
static size_t answer_query(void *context, struct dns_client *client, const struct dns_query *query, struct arena *arena,
                           uint8_t *out)
{
    struct dns *dns = context;
    uint8_t alias[DNS_NAME_MAX];
    size_t size = 0;
    dns->status.queries++;
    switch (dns_resolve(&dns->resolver, query, arena, out, &size, alias)) {
    case DNS_DROP:
        dns->status.dropped++;
        return 0;
    case DNS_ANSWERED:
        if (!dns_synced(dns))
            return fail(dns, query, KNOT_RCODE_SERVFAIL, arena, out);
        dns->status.answered++;
        return size;
    case DNS_FORWARD:
        if (!dns_upstream_any(dns->upstream))
            return fail(dns, query, KNOT_RCODE_REFUSED, arena, out);
        forward(dns, client, query, NULL, arena);
        return 0;
    case DNS_CHASE:
        forward(dns, client, query, alias, arena);
        return 0;
    }
    return 0;
}

/* ---------------------------------------------------------------- life */

struct dns *dns_create(struct loop *loop, struct informer_set *informers, const struct dns_options *options)
{
    struct dns *dns = memory_new(struct dns);
    dns->loop = loop;
    dns->options = *options;
    dns->domain = memory_strdup(options->domain != NULL ? options->domain : "cluster.local");
    for (size_t i = 0; i < options->n_addresses && i < ADDRESSES_MAX; i++)
        dns->addresses[i] = options->addresses[i];
    if (dns->options.n_addresses > ADDRESSES_MAX)
        dns->options.n_addresses = ADDRESSES_MAX;
    dns->options.addresses = dns->addresses;
    dns->index = dns_index_create();
    dns->resolver = (struct dns_resolver){ dns->index, dns->domain, options->ttl != 0 ? options->ttl : 30,
                                           dns->addresses, dns->options.n_addresses };
    dns->cache = dns_cache_create(options->cache_entries != 0 ? options->cache_entries : 10000,
                                  options->cache_bytes != 0 ? options->cache_bytes : (size_t)8 << 20);
    dns->upstream = dns_upstream_create(loop, &(struct dns_upstream_options){
                                                  .network_namespace = options->network_namespace,
                                                  .servers = options->upstreams,
                                                  .n_servers = options->n_upstreams,
                                                  .port = options->upstream_port,
                                              });
    dns->options.upstreams = NULL; /* the caller's, copied above */
    list_init(&dns->waiting);
    dns->services = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_service });
    dns->slices =
        informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_discovery_endpoint_slice });
    dns->namespaces = informer_set_get(informers, &(struct informer_options){ .resource = &api_resource_namespace });
    dns->service_listener.changed = service_changed;
    dns->slice_listener.changed = slice_changed;
    dns->namespace_listener.changed = namespace_changed;
    return dns;
}

/* A /32 on lo: the kernel then takes what is sent to it, wherever it comes in. */
static int add_addresses(const struct dns *dns, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(dns->options.network_namespace, &netlink, err);
    if (rc < 0)
        return rc;
    int index;
    rc = netlink_find_link(netlink, "lo", &index, NULL, err);
    if (rc == 0) {
        for (size_t i = 0; i < dns->options.n_addresses; i++) {
            struct ip_prefix own = { dns->addresses[i], (uint8_t)(8 * ip_size(&dns->addresses[i])) };
            netlink_add_address(netlink, index, &own);
        }
        netlink_set_link(netlink, &(struct netlink_link){ .index = index, .up = true });
        rc = netlink_commit(netlink, err);
    }
    netlink_close(netlink);
    return error_wrap_code(err, rc, "cluster DNS address");
}

int dns_start(struct dns *dns, struct error *err)
{
    int rc = dns->options.keep_interface ? 0 : add_addresses(dns, err);
    if (rc < 0)
        return rc;
    struct dns_server_options options = {
        .addresses = dns->addresses,
        .n_addresses = dns->options.n_addresses,
        .port = dns->options.port != 0 ? dns->options.port : 53,
        .network_namespace = dns->options.network_namespace,
        .answer = answer_query,
        .context = dns,
    };
    rc = dns_server_open(dns->loop, &options, &dns->server, err);
    if (rc < 0)
        return rc;
    informer_listen(dns->services, &dns->service_listener);
    informer_listen(dns->slices, &dns->slice_listener);
    informer_listen(dns->namespaces, &dns->namespace_listener);
    dns->running = true;
    return 0;
}

void dns_stop(struct dns *dns)
{
    if (!dns->running)
        return;
    dns->running = false;
    informer_unlisten(dns->services, &dns->service_listener);
    informer_unlisten(dns->slices, &dns->slice_listener);
    informer_unlisten(dns->namespaces, &dns->namespace_listener);
    dns_upstream_destroy(take_pointer(&dns->upstream));
    struct request *request;
    list_for_each (&dns->waiting, request, by_dns)
        end_request(request);
    dns_server_close(take_pointer(&dns->server));
}

void dns_destroy(struct dns *dns)
{
    if (dns == NULL)
        return;
    dns_stop(dns);
    dns_upstream_destroy(dns->upstream);
    dns_cache_destroy(dns->cache);
    dns_index_destroy(dns->index);
    free(dns->domain);
    free(dns);
}

int dns_port(const struct dns *dns)
{
    return dns_server_port(dns->server);
}

void dns_status(const struct dns *dns, struct dns_status *ret_status)
{
    *ret_status = dns->status;
}
