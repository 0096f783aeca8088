/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* network_test.c - routes and node ports, against the API server in memory and the kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/socket.h>

#include "client/client_fake.h"
#include "generated/types.h"
#include "net/namespace.h"
#include "net/netlink.h"
#include "net/stream.h"
#include "node/machine/nodeports.h"
#include "node/machine/route.h"

struct place {
    int fabric;
    struct loop *loop;
    struct fake_server *server;
    struct client *client;
    struct informer_set *informers;
    struct loop_timer limit;
    size_t n_ranges;
    int stopped;
};

static void check(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%s", err->message);
}

static void too_long(struct loop_timer *timer)
{
    loop_stop(timer->loop);
}

static int enter(void **state)
{
    static struct place place;
    struct error err = { 0 };
    *state = NULL;
    place = (struct place){ .limit.callback = too_long };
    if (namespace_create(&place.fabric, &err) < 0)
        return 0;
    struct netlink *netlink;
    struct ip_prefix own = { ip_v4(10, 99, 0, 1), 24 };
    check(netlink_open(place.fabric, &netlink, &err), &err);
    netlink_add_bridge(netlink, &(struct netlink_link){ .name = "eth0", .index = 7, .up = true });
    netlink_set_link(netlink, &(struct netlink_link){ .name = "lo", .up = true });
    netlink_add_address(netlink, 7, &own);
    check(netlink_commit(netlink, &err), &err);
    netlink_close(netlink);
    check(loop_create_real(&place.loop, &err), &err);
    place.server = fake_server_create(place.loop);
    place.client = fake_server_client(place.server, "test");
    place.informers = informer_set_create(place.client);
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    informer_set_destroy(place->informers);
    client_destroy(place->client);
    fake_server_destroy(place->server);
    loop_destroy(place->loop);
    close(place->fabric);
    return 0;
}

/* Runs the loop until nothing that the test waits for is left to happen: informers and work settle within it. */
static void settle(struct place *place, usec_t time)
{
    loop_timer_start(place->loop, &place->limit, time);
    loop_run(place->loop);
}

#define NODE(name, cidr, ip)                                                                                 \
    "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"podCIDR\":\"" cidr "\",\"podCIDRs\":[\"" cidr "\"]}," \
    "\"status\":{\"addresses\":[{\"type\":\"Hostname\",\"address\":\"" name "\"},"                           \
    "{\"type\":\"InternalIP\",\"address\":\"" ip "\"}],\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"

static void remember_ranges(void *context, const struct ip_prefix *ranges, size_t count)
{
    struct place *place = context;
    place->n_ranges = count;
    assert_int_equal(ranges[0].length, 24);
}

static void print_route(void *context, const struct netlink_route *route)
{
    if (route->protocol != 98)
        return;
    char destination[IP_TEXT_SIZE], gateway[IP_TEXT_SIZE];
    ip_prefix_format(&route->destination, destination);
    ip_format(&route->gateway, gateway);
    snprintf((char *)context + strlen(context), 200, "%s>%s ", destination, gateway);
}

static void read_routes(const struct place *place, char text[1024])
{
    struct error err = { 0 };
    struct netlink *netlink;
    text[0] = '\0';
    check(netlink_open(place->fabric, &netlink, &err), &err);
    check(netlink_each_route(netlink, IP_V4, print_route, text, &err), &err);
    netlink_close(netlink);
}

/* The kernel may take its time for a transaction, in which we compute nothing: so wait for what shall be, within bounds. */
static void expect_routes(struct place *place, const struct routes *routes, const char *expected)
{
    char text[1024];
    for (int i = 0; i < 500; i++) {
        settle(place, 4 * USEC_PER_MSEC);
        read_routes(place, text);
        if (routes_synced(routes) && strcmp(text, expected) == 0)
            return;
    }
    assert_string_equal(text, expected);
    fail_msg("routes are not in sync");
}

static void note_stop(void *context)
{
    ((struct place *)context)->stopped++;
}

/* What is under way when they are told to stop ends first. */
static void end_routes(struct place *place, struct routes *routes)
{
    int before = place->stopped;
    routes_stop(routes, note_stop, place);
    for (int i = 0; i < 500 && place->stopped == before; i++)
        settle(place, 4 * USEC_PER_MSEC);
    assert_int_equal(place->stopped, before + 1);
    routes_destroy(routes);
}

static void test_routes(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct ip_prefix cluster = { ip_v4(10, 244, 0, 0), 16 };
    struct routes_options options = { .node_name = "one",
                                      .network_namespace = place->fabric,
                                      .cluster_ranges = &cluster,
                                      .n_cluster_ranges = 1,
                                      .own_ranges = remember_ranges,
                                      .context = place };
    fake_server_put(place->server, &api_resource_node, NODE("one", "10.244.0.0/24", "10.99.0.1"));
    fake_server_put(place->server, &api_resource_node, NODE("two", "10.244.1.0/24", "10.99.0.2"));
    struct routes *routes = routes_create(place->loop, place->informers, &options);
    routes_start(routes);
    expect_routes(place, routes, "10.244.1.0/24>10.99.0.2 ");
    assert_int_equal(place->n_ranges, 1);

    fake_server_put(place->server, &api_resource_node, NODE("three", "10.244.2.0/24", "10.99.0.3"));
    fake_server_put(place->server, &api_resource_node, NODE("two", "10.244.1.0/24", "10.99.0.22"));
    expect_routes(place, routes, "10.244.1.0/24>10.99.0.22 10.244.2.0/24>10.99.0.3 ");
    end_routes(place, routes);

    /* A restart finds what it made; what nobody wants any more goes. */
    fake_server_remove(place->server, &api_resource_node, NULL, "three");
    routes = routes_create(place->loop, place->informers, &options);
    routes_start(routes);
    expect_routes(place, routes, "10.244.1.0/24>10.99.0.22 ");
    end_routes(place, routes);
}

/* A server in the fabric that answers what it is sent, in capitals; and a client on the host. */
static void echo(void *context, struct str bytes)
{
    struct stream *stream = context;
    char text[16];
    size_t size = bytes.size < sizeof(text) ? bytes.size : sizeof(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)(bytes.data[i] - 32);
    if (size > 0)
        stream_write(stream, (struct str){ text, size });
    else
        stream_close(stream, true);
}

static void broken(void *context, const struct error *err)
{
    (void)err;
    stream_close(context, false);
}

static const struct stream_events echo_events = { .read = echo, .failed = broken };

static void accepted(void *context, struct stream *stream)
{
    (void)context;
    stream_set_events(stream, &echo_events, stream);
    stream_read_start(stream);
}

struct answer {
    struct place *place;
    struct stream *stream;
    char text[16];
    bool ended;
};

static void answered(void *context, struct str bytes)
{
    struct answer *answer = context;
    if (bytes.size > 0 && bytes.size < sizeof(answer->text))
        memcpy(answer->text, bytes.data, bytes.size);
    if (bytes.size > 0)
        stream_write_end(answer->stream);
    else {
        answer->ended = true;
        loop_stop(answer->place->loop);
    }
}

static void answer_failed(void *context, const struct error *err)
{
    struct answer *answer = context;
    print_message("%s\n", err->message);
    loop_stop(answer->place->loop);
}

static const struct stream_events answer_events = { .read = answered, .failed = answer_failed };

static void connected(void *context, struct stream *stream, const struct error *err)
{
    struct answer *answer = context;
    if (stream == NULL)
        fail_msg("%s", err->message);
    answer->stream = stream;
    stream_set_events(stream, &answer_events, answer);
    stream_read_start(stream);
    stream_write(stream, STR("hello"));
}

#define SERVICE(port)                                                                                               \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web\"},\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":80," \
    "\"nodePort\":" port "},{\"port\":53,\"protocol\":\"UDP\",\"nodePort\":9}]}}"

static void test_node_ports(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    struct listener *listener;
    check(listener_open(place->loop,
                        &(struct stream_target){ .address = "tcp:10.99.0.1:0", .network_namespace = place->fabric },
                        accepted, NULL, &listener, &err),
          &err);
    char service[512];
    snprintf(service, sizeof(service), SERVICE("%d"), listener_port(listener));
    /* The other node does not answer: the next one is tried. */
    fake_server_put(place->server, &api_resource_node, NODE("dead", "10.244.0.0/24", "10.77.0.1"));
    fake_server_put(place->server, &api_resource_node, NODE("one", "10.244.1.0/24", "10.99.0.1"));
    fake_server_put(place->server, &api_resource_service, service);
    struct nodeports *nodeports = nodeports_create(place->loop, place->informers,
                                                   &(struct nodeports_options){ .fabric_namespace = place->fabric });
    nodeports_start(nodeports);
    settle(place, 60 * USEC_PER_MSEC);
    assert_int_equal(nodeports_open_count(nodeports), 1);
    for (int i = 0; i < 2; i++) {
        struct answer answer = { .place = place };
        char address[40];
        snprintf(address, sizeof(address), "tcp:127.0.0.1:%d", listener_port(listener));
        stream_connect_start(place->loop, &(struct stream_target){ .address = address, .network_namespace = -1 },
                             USEC_PER_SEC, connected, &answer);
        settle(place, 5 * USEC_PER_SEC);
        assert_string_equal(answer.text, "HELLO");
        assert_true(answer.ended);
        stream_close(answer.stream, false);
    }
    fake_server_remove(place->server, &api_resource_service, "d", "web");
    settle(place, 60 * USEC_PER_MSEC);
    assert_int_equal(nodeports_open_count(nodeports), 0);
    nodeports_destroy(nodeports);
    listener_close(listener);
    settle(place, 10 * USEC_PER_MSEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_routes, enter, leave),
        cmocka_unit_test_setup_teardown(test_node_ports, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
