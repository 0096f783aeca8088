/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* dns_test.c - the server with sockets, on loopback: informers from the API server in memory, a second server as
 * upstream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <libknot/libknot.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "client/client_fake.h"
#include "generated/types.h"
#include "net/namespace.h"
#include "node/dns/cache.h"
#include "node/dns/dns.h"
#include "node/dns/relay.h"
#include "node/dns/upstream.h"

struct place {
    int namespace_fd;
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct informer_set *informers;
    struct dns *dns, *upstream;
    struct loop_timer limit;
};

static const struct ip own = { .family = IP_V4, .bytes = { 10, 96, 0, 10 } };
static const struct ip other = { .family = IP_V4, .bytes = { 10, 96, 0, 11 } };

static void check(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%s", err->message);
}

static void too_long(struct loop_timer *timer)
{
    loop_stop(timer->loop);
}

static void settle(struct place *place, usec_t time)
{
    place->limit.callback = too_long;
    loop_timer_start(place->loop, &place->limit, time);
    loop_run(place->loop);
}

#define SERVICE(name, spec) "{\"metadata\":{\"namespace\":\"prod\",\"name\":\"" name "\"},\"spec\":{" spec "}}"

/* The upstream is a second server of ours, for another domain. */
static int enter(void **state)
{
    static struct place place;
    struct error err = { 0 };
    *state = NULL;
    place = (struct place){ 0 };
    if (namespace_create(&place.namespace_fd, &err) < 0)
        return 0;
    check(loop_create_real(&place.loop, &err), &err);
    place.server = fake_server_create(place.loop);
    place.client = fake_server_client(place.server, "test");
    place.informers = informer_set_create(place.client);
    fake_server_put(place.server, &api_resource_namespace, "{\"metadata\":{\"name\":\"prod\"}}");
    fake_server_put(place.server, &api_resource_service, SERVICE("web", "\"clusterIP\":\"10.96.0.7\""));
    fake_server_put(place.server, &api_resource_service,
                    SERVICE("out", "\"type\":\"ExternalName\",\"externalName\":\"web.prod.svc.example.com\""));
    struct dns_options options = {
        .domain = "example.com", .addresses = &other, .n_addresses = 1, .network_namespace = place.namespace_fd
    };
    place.upstream = dns_create(place.loop, place.informers, &options);
    check(dns_start(place.upstream, &err), &err);
    options = (struct dns_options){ .addresses = &own,
                                    .n_addresses = 1,
                                    .network_namespace = place.namespace_fd,
                                    .upstreams = &other,
                                    .n_upstreams = 1 };
    place.dns = dns_create(place.loop, place.informers, &options);
    check(dns_start(place.dns, &err), &err);
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    dns_destroy(place->dns);
    dns_destroy(place->upstream);
    settle(place, USEC_PER_MSEC);
    informer_set_destroy(place->informers);
    client_destroy(place->client);
    fake_server_destroy(place->server);
    loop_destroy(place->loop);
    close(place->namespace_fd);
    return 0;
}

static size_t make_query(const char *name, uint8_t out[512])
{
    memset(out, 0, KNOT_WIRE_HEADER_SIZE);
    knot_pkt_t *packet = knot_pkt_new(out, 512, NULL);
    knot_dname_t *wire = knot_dname_from_str_alloc(name);
    knot_pkt_put_question(packet, wire, KNOT_CLASS_IN, KNOT_RRTYPE_A);
    knot_wire_set_id(out, 4711);
    size_t size = packet->size;
    knot_dname_free(wire, NULL);
    knot_pkt_free(packet);
    return size;
}

/* The code, and the last address of the answer as a number; -1: no answer. */
static int ask(struct place *place, const char *name, bool tcp, uint32_t *ret_address)
{
    struct error err = { 0 };
    uint8_t wire[514], *message = wire + 2;
    autoclose int fd = -1;
    check(namespace_socket(place->namespace_fd, AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0, &fd, &err), &err);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53) };
    memcpy(&to.sin_addr, own.bytes, 4);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    size_t size = make_query(name, message);
    knot_wire_write_u16(wire, (uint16_t)size);
    send(fd, tcp ? wire : message, tcp ? size + 2 : size, 0);
    ssize_t got = -1;
    for (int i = 0; i < 100 && got < 0; i++) {
        settle(place, 5 * USEC_PER_MSEC);
        struct pollfd readable = { fd, POLLIN, 0 };
        if (poll(&readable, 1, 0) == 1)
            got = recv(fd, tcp ? wire : message, 512, 0) - (tcp ? 2 : 0);
    }
    if (got < 0)
        return -1;
    knot_pkt_t *packet = knot_pkt_new(message, (uint16_t)got, NULL);
    assert_int_equal(knot_pkt_parse(packet, 0), KNOT_EOK);
    assert_int_equal(knot_wire_get_id(message), 4711);
    const knot_pktsection_t *answer = knot_pkt_section(packet, KNOT_ANSWER);
    *ret_address = 0;
    for (uint16_t i = 0; i < answer->count; i++)
        if (knot_pkt_rr(answer, i)->type == KNOT_RRTYPE_A)
            *ret_address = knot_wire_read_u32(knot_pkt_rr(answer, i)->rrs.rdata->data);
    int code = knot_wire_get_rcode(message);
    knot_pkt_free(packet);
    return code;
}

static void test_server(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    uint32_t address;
    for (int i = 0; i < 500 && !dns_synced(place->dns); i++) /* a busy machine takes its time */
        settle(place, 20 * USEC_PER_MSEC);
    assert_true(dns_synced(place->dns));
    for (int tcp = 0; tcp < 2; tcp++) {
        assert_int_equal(ask(place, "web.prod.svc.cluster.local.", tcp, &address), KNOT_RCODE_NOERROR);
        assert_int_equal(address, 0x0a600007);
        assert_int_equal(ask(place, "x.prod.svc.cluster.local.", tcp, &address), KNOT_RCODE_NXDOMAIN);
        /* Upstream; an alias that leads there; what upstream does not answer either. */
        assert_int_equal(ask(place, "web.prod.svc.example.com.", tcp, &address), KNOT_RCODE_NOERROR);
        assert_int_equal(address, 0x0a600007);
        assert_int_equal(ask(place, "out.prod.svc.cluster.local.", tcp, &address), KNOT_RCODE_NOERROR);
        assert_int_equal(address, 0x0a600007);
        assert_int_equal(ask(place, "nowhere.test.", tcp, &address), KNOT_RCODE_REFUSED);
    }
    struct dns_status status;
    dns_status(place->dns, &status);
    assert_true(status.cache_hits >= 3);
    fake_server_put(place->server, &api_resource_service, SERVICE("web", "\"clusterIP\":\"10.96.0.8\""));
    settle(place, 20 * USEC_PER_MSEC);
    assert_int_equal(ask(place, "web.prod.svc.cluster.local.", false, &address), KNOT_RCODE_NOERROR);
    assert_int_equal(address, 0x0a600008);
}

static void test_silent_upstream(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    uint32_t address;
    settle(place, 20 * USEC_PER_MSEC);
    dns_stop(place->upstream); /* refused at once, twice: a failure, not a wait */
    assert_int_equal(ask(place, "web.prod.svc.example.com.", false, &address), KNOT_RCODE_SERVFAIL);
    assert_int_equal(ask(place, "web.prod.svc.example.com.", true, &address), KNOT_RCODE_SERVFAIL);
    assert_int_equal(ask(place, "web.prod.svc.cluster.local.", false, &address), KNOT_RCODE_NOERROR);
}

/* A machine's server asks the relay, the relay (from our own namespace) a server on our loopback. */
static void test_relay(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    struct ip loopback = ip_v4(127, 0, 0, 1);
    struct dns *host = dns_create(place->loop, place->informers,
                                  &(struct dns_options){ .domain = "example.com",
                                                         .addresses = &loopback,
                                                         .n_addresses = 1,
                                                         .port = 20053,
                                                         .network_namespace = -1,
                                                         .keep_interface = true });
    struct dns_relay *relay;
    uint32_t address;
    dns_stop(place->upstream);
    if (dns_start(host, &err) < 0) {
        dns_destroy(host);
        skip(); /* the port is somebody else's on this host */
    }
    check(dns_relay_open(place->loop,
                         &(struct dns_relay_options){ .address = other,
                                                      .network_namespace = place->namespace_fd,
                                                      .upstreams = &loopback,
                                                      .n_upstreams = 1,
                                                      .upstream_port = 20053 },
                         &relay, &err),
          &err);
    settle(place, 20 * USEC_PER_MSEC);
    for (int tcp = 0; tcp < 2; tcp++) {
        assert_int_equal(ask(place, "web.prod.svc.example.com.", tcp, &address), KNOT_RCODE_NOERROR);
        assert_int_equal(address, 0x0a600007);
    }
    dns_relay_close(relay);
    dns_destroy(host);
}

static size_t make_answer(struct str query, uint32_t ttl, uint8_t out[512])
{
    knot_pkt_t *question = knot_pkt_new((void *)(uintptr_t)query.data, (uint16_t)query.size, NULL);
    knot_pkt_parse(question, 0);
    knot_pkt_t *packet = knot_pkt_new(out, 512, NULL);
    knot_pkt_init_response(packet, question);
    knot_pkt_begin(packet, KNOT_ANSWER);
    knot_rrset_t set;
    knot_rrset_init(&set, (knot_dname_t *)(uintptr_t)knot_pkt_qname(question), KNOT_RRTYPE_A, KNOT_CLASS_IN, ttl);
    knot_rrset_add_rdata(&set, (const uint8_t[]){ 192, 0, 2, 1 }, 4, NULL);
    knot_pkt_put(packet, KNOT_COMPR_HINT_QNAME, &set, 0);
    knot_rdataset_clear(&set.rrs, NULL);
    size_t size = packet->size;
    knot_pkt_free(packet);
    knot_pkt_free(question);
    return size;
}

static void test_cache(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct dns_cache *cache = dns_cache_create(3, 1 << 16);
    uint8_t wire[512], answer[512];
    struct str query = { (char *)wire, make_query("a.test.", wire) };
    struct str given = { (char *)answer, make_answer(query, 60, answer) };
    dns_cache_put(cache, query, given, 0);
    query.size = make_query("A.test.", wire);
    knot_wire_set_id(wire, 9);
    struct str found = dns_cache_get(cache, query, 10 * USEC_PER_SEC, &arena);
    assert_int_equal(found.size, given.size);
    assert_int_equal(knot_wire_get_id((const uint8_t *)found.data), 9);
    assert_int_equal(found.data[13], 'A');
    assert_int_equal(knot_wire_read_u32((const uint8_t *)found.data + found.size - 10),
                     50); /* TTL, size, address: at the end */
    assert_null(dns_cache_get(cache, query, 60 * USEC_PER_SEC, &arena).data);
    assert_int_equal(dns_cache_count(cache), 0);

    given.size = make_answer(query, 0, answer);
    dns_cache_put(cache, query, given, 0);
    assert_int_equal(dns_cache_count(cache), 0);
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof(name), "n%d.test.", i);
        query.size = make_query(name, wire);
        given.size = make_answer(query, 60, answer);
        dns_cache_put(cache, query, given, 0);
    }
    assert_int_equal(dns_cache_count(cache), 3);
    assert_non_null(dns_cache_get(cache, query, 1, &arena).data);
    query.size = make_query("n0.test.", wire);
    assert_null(dns_cache_get(cache, query, 1, &arena).data);
    dns_cache_destroy(cache);
}

static void test_resolv_conf(void **state)
{
    (void)state;
    struct ip servers[DNS_SERVERS_MAX];
    assert_int_equal(
        dns_parse_resolv_conf(STR("# x\nsearch a b\nnameserver 10.96.0.10\n nameserver\t192.0.2.1 # y\n"
                                  "nameserver fd00::1\nnameserver bad\nnameserver 192.0.2.2\nnameserver 192.0.2.3"),
                              &own, 1, servers),
        3);
    assert_int_equal(servers[0].bytes[3], 1);
    assert_int_equal(servers[1].family, IP_V6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_server, enter, leave),
        cmocka_unit_test_setup_teardown(test_silent_upstream, enter, leave),
        cmocka_unit_test_setup_teardown(test_relay, enter, leave),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_resolv_conf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
