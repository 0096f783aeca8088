/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* proxy_test.c - the rules in force: a node and two pods in namespaces, real connections, and the loop around
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "api/codec.h"
#include "base/memory.h"
#include "client/client_fake.h"
#include "net/conntrack.h"
#include "net/namespace.h"
#include "net/netlink.h"
#include "net/nftables.h"
#include "node/proxy/apply.h"
#include "node/proxy/proxy.h"
#include "node/proxy/render.h"
#include "node/proxy/status_server.h"
#include "node/proxy/table.h"

enum { PODS = 2 };

struct place {
    int node, pods[PODS], outside; /* namespaces */
    const char *node_name;
    struct ruleset *v4, *v6;
    struct loop *loop;
    struct apply *apply;
    int rc;
};

static struct ip_prefix prefix_of(const char *text)
{
    struct ip_prefix prefix;
    assert_true(ip_prefix_parse(str_of(text), &prefix));
    return prefix;
}

static void check(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%s", err->message);
}

/* Pod i is 10.244.1.(2+i)/32 behind the node's 10.244.1.1, as our CNI plugin makes it. */
static void connect_pod(struct place *place, int i)
{
    struct error err = { 0 };
    struct netlink *node, *pod;
    char name[IFNAMSIZ], address[32];
    snprintf(name, sizeof(name), "pod%d", i);
    snprintf(address, sizeof(address), "10.244.1.%d/32", 2 + i);
    check(netlink_open(place->node, &node, &err), &err);
    check(netlink_open(place->pods[i], &pod, &err), &err);
    netlink_add_veth(node, &(struct netlink_link){ .name = name, .index = 10 + i, .up = true },
                     &(struct netlink_link){ .name = "eth0", .index = 5 }, place->pods[i]);
    check(netlink_commit(node, &err), &err);
    netlink_set_link(node, &(struct netlink_link){ .name = "lo", .up = true });
    netlink_set_link(pod, &(struct netlink_link){ .name = "lo", .up = true });
    netlink_set_link(pod, &(struct netlink_link){ .index = 5, .up = true });
    struct ip_prefix own = prefix_of(address), gateway = prefix_of("10.244.1.1/32");
    netlink_add_address(node, 10 + i, &gateway);
    netlink_add_route(node, &(struct netlink_route){ .destination = own, .index = 10 + i });
    netlink_add_address(pod, 5, &own);
    netlink_add_route(pod, &(struct netlink_route){ .destination = gateway, .index = 5 });
    netlink_add_route(pod, &(struct netlink_route){ .gateway = gateway.address, .index = 5 });
    check(netlink_commit(node, &err), &err);
    check(netlink_commit(pod, &err), &err);
    netlink_close(node);
    netlink_close(pod);
}

/* A way out, as every node has one: packets are routed before they are translated. Somebody is there: 10.99.0.2. */
static void connect_uplink(struct place *place)
{
    struct error err = { 0 };
    struct netlink *node, *outside;
    struct ip_prefix own = prefix_of("10.99.0.1/24"), other = prefix_of("10.99.0.2/24");
    check(netlink_open(place->node, &node, &err), &err);
    check(netlink_open(place->outside, &outside, &err), &err);
    netlink_add_bridge(node, &(struct netlink_link){ .name = "eth0", .index = 50, .up = true });
    netlink_add_address(node, 50, &own);
    netlink_add_route(node, &(struct netlink_route){ .gateway = ip_v4(10, 99, 0, 254) });
    netlink_add_veth(node, &(struct netlink_link){ .name = "out", .index = 51, .master = 50, .up = true },
                     &(struct netlink_link){ .name = "eth0", .index = 5 }, place->outside);
    check(netlink_commit(node, &err), &err);
    netlink_set_link(outside, &(struct netlink_link){ .index = 5, .up = true });
    netlink_add_address(outside, 5, &other);
    check(netlink_commit(outside, &err), &err);
    netlink_close(node);
    netlink_close(outside);
}

static void applied(void *context, int rc, const struct error *err, usec_t duration)
{
    struct place *place = context;
    (void)duration;
    place->rc = rc;
    if (rc < 0)
        print_message("%s\n", err->message);
    loop_stop(place->loop);
}

static int enter(void **state)
{
    static struct place place;
    struct error err = { 0 };
    *state = NULL;
    if (namespace_create(&place.node, &err) < 0)
        return 0;
    for (int i = 0; i < PODS; i++) {
        assert_int_equal(namespace_create(&place.pods[i], &err), 0);
        connect_pod(&place, i);
    }
    assert_int_equal(namespace_create(&place.outside, &err), 0);
    connect_uplink(&place);
    place.node_name = "node1";
    check(namespace_sysctl(place.node, "ipv4/conf/all/route_localnet", "1", &err), &err);
    check(namespace_sysctl(place.node, "ipv4/ip_forward", "1", &err), &err);
    check(loop_create_real(&place.loop, &err), &err);
    place.v4 = ruleset_create(IP_V4);
    place.v6 = ruleset_create(IP_V6);
    place.apply = apply_create(place.loop, place.node, place.v4, place.v6, applied, &place);
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    apply_destroy(place->apply);
    loop_destroy(place->loop);
    ruleset_destroy(place->v4);
    ruleset_destroy(place->v6);
    close(place->node);
    close(place->outside);
    for (int i = 0; i < PODS; i++)
        close(place->pods[i]);
    return 0;
}

static void apply(struct place *place)
{
    struct nft_batch *batch = nft_batch_create(1 << 24);
    bool any = table_write_changes(batch, place->v4);
    any |= table_write_changes(batch, place->v6);
    assert_true(any);
    apply_start(place->apply, batch, true);
    loop_run(place->loop);
    assert_int_equal(place->rc, 0);
    assert_false(apply_busy(place->apply));
}

/* A service 10.96.0.7:80, node port 30080, of both protocols, with the pods whose bits are set. */
static void want_service(struct place *place, unsigned pods, const char *more)
{
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    struct api_service service = { 0 };
    struct api_discovery_endpoint_slice slice = { 0 };
    char text[1024];
    snprintf(text, sizeof(text),
             "{\"spec\":{\"clusterIP\":\"10.96.0.7\",\"ports\":[{\"name\":\"a\",\"protocol\":\"TCP\",\"port\":80,"
             "\"nodePort\":30080},{\"name\":\"b\",\"protocol\":\"UDP\",\"port\":80,\"nodePort\":30080}]%s}}",
             more);
    check(api_decode_json(&api_type_service, str_of(text), &arena, &service, NULL, &err), &err);
    auto_buffer struct buffer json = { .max = 4096 };
    buffer_append_text(&json,
                       "{\"addressType\":\"IPv4\",\"ports\":[{\"name\":\"a\",\"protocol\":\"TCP\",\"port\":8080},"
                       "{\"name\":\"b\",\"protocol\":\"UDP\",\"port\":8080}],\"endpoints\":[");
    for (unsigned i = 0, any = 0; i < PODS; i++)
        if (pods & 1u << i)
            buffer_format(&json, "%s{\"addresses\":[\"10.244.1.%u\"],\"nodeName\":\"node1\"}", any++ ? "," : "", 2 + i);
    buffer_append_text(&json, "]}");
    check(api_decode_json(&api_type_discovery_endpoint_slice, buffer_str(&json), &arena, &slice, NULL, &err), &err);
    const struct api_discovery_endpoint_slice *slices[] = { &slice };
    static const struct ip_prefix inside = { { IP_V4, { 10, 244 } }, 16 };
    struct render_input input = { .owner = "default/web",
                                  .service = &service,
                                  .slices = slices,
                                  .n_slices = 1,
                                  .node_name = place->node_name,
                                  .inside = &inside,
                                  .n_inside = 1 };
    render_service(&input, place->v4, place->v6);
    apply(place);
}

static int open_socket(int namespace_fd, int type)
{
    struct error err = { 0 };
    int fd;
    check(namespace_socket(namespace_fd, AF_INET, type, 0, &fd, &err), &err);
    struct timeval limit = { .tv_usec = 500000 };
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

static struct sockaddr_in address_of(const char *ip, uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    inet_pton(AF_INET, ip, &address.sin_addr);
    return address;
}

static void listen_in_pods(struct place *place, int type, int servers[PODS])
{
    struct sockaddr_in any = address_of("0.0.0.0", 8080);
    for (int i = 0; i < PODS; i++) {
        servers[i] = open_socket(place->pods[i], type);
        assert_int_equal(bind(servers[i], (struct sockaddr *)&any, sizeof(any)), 0);
        if (type == SOCK_STREAM)
            assert_int_equal(listen(servers[i], 16), 0);
    }
}

/* Connects; which pod got it, -1 refused, -2 something else. */
static int connect_to(int from, const char *ip, uint16_t port, const int servers[PODS])
{
    autoclose int client = open_socket(from, SOCK_STREAM);
    struct sockaddr_in address = address_of(ip, port);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
        return errno == ECONNREFUSED ? -1 : -2;
    struct pollfd polls[PODS] = { { servers[0], POLLIN, 0 }, { servers[1], POLLIN, 0 } };
    assert_int_equal(poll(polls, PODS, 500), 1);
    int pod = polls[0].revents ? 0 : 1;
    autoclose int accepted = accept(servers[pod], NULL, NULL);
    char byte = 'x';
    assert_int_equal(send(accepted, &byte, 1, 0), 1);
    assert_int_equal(recv(client, &byte, 1, 0), 1);
    return pod;
}

static void test_connections(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    int servers[PODS], seen[PODS] = { 0 };
    listen_in_pods(place, SOCK_STREAM, servers);

    want_service(place, 0, "");
    assert_int_equal(connect_to(place->pods[0], "10.96.0.7", 80, servers), -1);
    assert_int_equal(connect_to(place->node, "10.244.1.1", 30080, servers), -1);

    want_service(place, 3, "");
    for (int i = 0; i < 40; i++) /* the pods themselves are clients: some of it is hairpin */
        seen[connect_to(place->pods[0], "10.96.0.7", 80, servers)]++;
    assert_true(seen[0] > 0 && seen[1] > 0);
    assert_true(connect_to(place->node, "10.96.0.7", 80, servers) >= 0);
    for (int i = 0; i < 10; i++)
        assert_true(connect_to(place->pods[1], "10.244.1.1", 30080, servers) >= 0);
    assert_int_equal(connect_to(place->pods[0], "10.96.0.7", 81, servers), -2); /* nobody's */

    want_service(place, 2, "");
    for (int i = 0; i < 10; i++)
        assert_int_equal(connect_to(place->pods[0], "10.96.0.7", 80, servers), 1);

    want_service(place, 3, ",\"sessionAffinity\":\"ClientIP\"");
    int first = connect_to(place->pods[0], "10.96.0.7", 80, servers);
    for (int i = 0; i < 10; i++)
        assert_int_equal(connect_to(place->pods[0], "10.96.0.7", 80, servers), first);
    want_service(place, 1u << !first, ",\"sessionAffinity\":\"ClientIP\"");
    assert_int_equal(connect_to(place->pods[0], "10.96.0.7", 80, servers), !first);

    close(servers[0]);
    close(servers[1]);
}

static void test_node_ports(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    int servers[PODS];
    listen_in_pods(place, SOCK_STREAM, servers);
    want_service(place, 2, "");
    assert_int_equal(connect_to(place->outside, "10.99.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "10.99.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "127.0.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "127.0.0.1", 30081, servers), -1);

    static const char local[] = ",\"externalTrafficPolicy\":\"Local\"";
    want_service(place, 2, local);
    assert_int_equal(connect_to(place->outside, "10.99.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "127.0.0.1", 30080, servers), 1);

    place->node_name = "node2"; /* the endpoint is elsewhere: only outsiders are sent away */
    want_service(place, 2, local);
    assert_int_equal(connect_to(place->outside, "10.99.0.1", 30080, servers), -2);
    assert_int_equal(connect_to(place->pods[0], "10.99.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "10.99.0.1", 30080, servers), 1);
    assert_int_equal(connect_to(place->node, "127.0.0.1", 30080, servers), 1);
    want_service(place, 2, ",\"externalTrafficPolicy\":\"Local\",\"sessionAffinity\":\"ClientIP\"");
    assert_int_equal(connect_to(place->outside, "10.99.0.1", 30080, servers), -2);
    assert_int_equal(connect_to(place->pods[0], "10.99.0.1", 30080, servers), 1);
    place->node_name = "node1";
    want_service(place, 2, ",\"externalTrafficPolicy\":\"Local\",\"sessionAffinity\":\"ClientIP\"");
    assert_int_equal(connect_to(place->outside, "10.99.0.1", 30080, servers), 1);
    close(servers[0]);
    close(servers[1]);
}

static int send_to(int client, const int servers[PODS])
{
    assert_int_equal(send(client, "x", 1, 0), 1);
    struct pollfd polls[PODS] = { { servers[0], POLLIN, 0 }, { servers[1], POLLIN, 0 } };
    if (poll(polls, PODS, 300) != 1)
        return -1;
    int pod = polls[0].revents ? 0 : 1;
    char byte;
    assert_int_equal(recv(servers[pod], &byte, 1, 0), 1);
    return pod;
}

static void test_udp_flows_move(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    int servers[PODS];
    listen_in_pods(place, SOCK_DGRAM, servers);
    want_service(place, 1, "");
    autoclose int client = open_socket(place->node, SOCK_DGRAM);
    struct sockaddr_in service = address_of("10.96.0.7", 80);
    assert_int_equal(connect(client, (struct sockaddr *)&service, sizeof(service)), 0);
    assert_int_equal(send_to(client, servers), 0);
    assert_int_equal(send_to(client, servers), 0);
    want_service(place, 2, ""); /* the same client socket: its flow must not stay with the pod that left */
    assert_int_equal(send_to(client, servers), 1);
    want_service(place, 3, ""); /* and must stay where it is as long as that is an endpoint */
    for (int i = 0; i < 5; i++)
        assert_int_equal(send_to(client, servers), 1);
    close(servers[0]);
    close(servers[1]);
}

static void remove_table(struct place *place)
{
    struct error err = { 0 };
    struct nftables *nftables;
    check(nftables_open(place->node, &nftables, &err), &err);
    check(nftables_run(nftables, "delete table ip coracle", NULL, &err), &err);
    nftables_close(nftables);
}

/* Somebody removes our table: the next transaction fails, and the whole is written again. */
static void test_table_removed(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    want_service(place, 3, "");
    remove_table(place);

    struct nft_batch *batch = nft_batch_create(1 << 20);
    ruleset_begin(place->v4, "x");
    assert_true(ruleset_want(place->v4, RULE_HAIRPIN, "10.0.0.1 . 10.0.0.1", ""));
    ruleset_end(place->v4);
    assert_true(table_write_changes(batch, place->v4));
    apply_start(place->apply, batch, false);
    loop_run(place->loop);
    assert_true(place->rc < 0);
    ruleset_forget(place->v4);
    apply(place);
}

/* ---------------------------------------------------------------- with informers */

struct turn {
    struct loop_timer timer;
    struct loop *loop;
};

static void turn_over(struct loop_timer *timer)
{
    loop_stop(container_of(timer, struct turn, timer)->loop);
}

static void settle(struct place *place)
{
    struct turn turn = { { .callback = turn_over }, place->loop };
    loop_timer_start(place->loop, &turn.timer, 50 * USEC_PER_MSEC);
    loop_run(place->loop);
}

static void count_stop(void *context)
{
    ++*(int *)context;
}

static size_t count_rules(struct place *place, const char *text)
{
    struct error err = { 0 };
    struct nftables *nftables;
    auto_buffer struct buffer out = { .max = 1 << 20 };
    check(nftables_open(place->node, &nftables, &err), &err);
    check(nftables_run(nftables, "list ruleset", &out, &err), &err);
    nftables_close(nftables);
    size_t count = 0;
    for (const char *at = text_or_empty(out.data); (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

/* The kernel may take its time. */
static void expect_rules(struct place *place, const char *text, size_t wanted)
{
    for (int i = 0; i < 100 && count_rules(place, text) != wanted; i++)
        settle(place);
    assert_int_equal(count_rules(place, text), wanted);
}

#define SERVICE_JSON                                                                              \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web\"},\"spec\":{\"clusterIP\":\"10.96.0.7\"," \
    "\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}}"
#define SLICE_JSON(port)                                                                                          \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web-1\",\"labels\":{\"kubernetes.io/service-name\":\"web\"}}," \
    "\"addressType\":\"IPv4\",\"ports\":[{\"port\":" port ",\"protocol\":\"TCP\"}],\"endpoints\":["               \
    "{\"addresses\":[\"10.244.1.2\"]}]}"
#define HEADLESS_JSON                                                                                           \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web-2\",\"labels\":{\"kubernetes.io/service-name\":\"web\"," \
    "\"service.kubernetes.io/"                                                                                  \
    "headless\":\"\"}},\"addressType\":\"IPv4\",\"ports\":[{\"port\":8080,\"protocol\":\"TCP\"}],"              \
    "\"endpoints\":[{\"addresses\":[\"10.244.1.3\"]}]}"

static void test_informers(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct fake_server *server = fake_server_create(place->loop);
    struct client *client = fake_server_client(server, "proxy");
    struct informer_set *informers = informer_set_create(client);
    struct proxy_options options = { .node_name = "node1", .network_namespace = place->node };
    int stopped = 0;
    for (int restart = 0; restart < 2; restart++) { /* what one made, the next replaces */
        struct proxy *proxy = proxy_create(place->loop, informers, &options);
        fake_server_put(server, &api_resource_discovery_endpoint_slice, SLICE_JSON("8080"));
        fake_server_put(server, &api_resource_discovery_endpoint_slice, HEADLESS_JSON);
        fake_server_put(server, &api_resource_service, SERVICE_JSON);
        proxy_start(proxy);
        for (int i = 0; i < 100 && !proxy_synced(proxy); i++)
            settle(place);
        assert_true(proxy_synced(proxy));
        expect_rules(place, "10.244.1.2 . 8080", 1);
        assert_int_equal(count_rules(place, "10.244.1.3"), 0);
        fake_server_put(server, &api_resource_discovery_endpoint_slice, SLICE_JSON("8081"));
        expect_rules(place, "10.244.1.2 . 8081", 1);
        assert_int_equal(count_rules(place, "10.244.1.2 . 8080"), 0);

        /* Somebody removes the table: the next change is refused, and soon the whole is there again. */
        remove_table(place);
        fake_server_put(server, &api_resource_discovery_endpoint_slice, SLICE_JSON("8082"));
        struct proxy_status status = { 0 };
        for (int i = 0; i < 1000 && status.failures == 0;
             i++) { /* on a busy machine the kernel's answer takes its time */
            settle(place);
            proxy_status(proxy, &status);
        }
        assert_int_equal(status.failures, 1);
        assert_int_equal(count_rules(place, "10.244.1.2 . 8082"), 0);
        for (uint64_t before = status.transactions; status.transactions == before; proxy_status(proxy, &status))
            settle(place);
        assert_int_equal(count_rules(place, "10.244.1.2 . 8082"), 1);
        proxy_stop(proxy, count_stop, &stopped);
        proxy_destroy(proxy);
    }
    assert_int_equal(stopped, 2);
    assert_int_equal(count_rules(place, "10.244.1.2 . 8082"), 1);
    informer_set_destroy(informers);
    client_destroy(client);
    fake_server_destroy(server);
}

/* The whole answer to a GET, which the caller frees. */
static char *get(struct place *place, uint16_t port, const char *path)
{
    autoclose int client = open_socket(place->node, SOCK_STREAM);
    struct sockaddr_in address = address_of("127.0.0.1", port);
    if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
        return memory_strdup("refused");
    autofree char *request = memory_format("GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", path);
    assert_int_equal(send(client, request, strlen(request), 0), (ssize_t)strlen(request));
    auto_buffer struct buffer answer = { .max = 1 << 16 };
    for (;;) {
        settle(place);
        char block[4096];
        ssize_t size = recv(client, block, sizeof(block), MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN)
            continue;
        if (size <= 0)
            return memory_strdup(text_or_empty(answer.data));
        buffer_append(&answer, block, (size_t)size);
    }
}

static void expect_answer(struct place *place, uint16_t port, const char *path, const char *part)
{
    autofree char *answer = get(place, port, path);
    if (strstr(answer, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, answer);
}

#define BALANCED_JSON                                                                                                  \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web\"},\"spec\":{\"type\":\"LoadBalancer\",\"clusterIP\":\"10.96."  \
    "0.7\","                                                                                                           \
    "\"externalTrafficPolicy\":\"Local\",\"healthCheckNodePort\":32100,\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]" \
    "}}"
#define LOCAL_JSON(node)                                                                                          \
    "{\"metadata\":{\"namespace\":\"d\",\"name\":\"web-1\",\"labels\":{\"kubernetes.io/service-name\":\"web\"}}," \
    "\"addressType\":\"IPv4\",\"ports\":[{\"port\":8080,\"protocol\":\"TCP\"}],\"endpoints\":["                   \
    "{\"addresses\":[\"10.244.1.2\"],\"nodeName\":\"" node                                                        \
    "\"},{\"addresses\":[\"10.244.1.3\"],\"nodeName\":\"node7\"}]}"

static void test_health(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    struct fake_server *server = fake_server_create(place->loop);
    struct client *client = fake_server_client(server, "proxy");
    struct informer_set *informers = informer_set_create(client);
    struct proxy_options options = { .node_name = "node1", .network_namespace = place->node };
    struct proxy *proxy = proxy_create(place->loop, informers, &options);
    struct status_server *status;
    const struct status_server_options served = { place->node, "tcp:0.0.0.0:0", "tcp:127.0.0.1:10249" };
    check(status_server_open(place->loop, proxy, &served, &status, &err), &err);
    uint16_t port = (uint16_t)status_server_health_port(status);
    fake_server_put(server, &api_resource_discovery_endpoint_slice, LOCAL_JSON("node1"));
    fake_server_put(server, &api_resource_service, BALANCED_JSON);
    proxy_start(proxy);
    settle(place);

    expect_answer(place, port, "/healthz", "\"nodeEligible\": true}");
    expect_answer(place, port, "/livez", "HTTP/1.1 200 ");
    expect_answer(place, port, "/nothing", "HTTP/1.1 404 ");
    expect_answer(place, 10249, "/metrics", "kubeproxy_sync_proxy_rules_service_changes_total 1\n");
    expect_answer(place, 32100, "/", "HTTP/1.1 200 ");
    expect_answer(place, 32100, "/",
                  "{\n\t\"service\": {\n\t\t\"namespace\": \"d\",\n\t\t\"name\": \"web\"\n\t},\n"
                  "\t\"localEndpoints\": 1,\n\t\"serviceProxyHealthy\": true\n}");
    fake_server_put(server, &api_resource_discovery_endpoint_slice, LOCAL_JSON("node9"));
    settle(place);
    expect_answer(place, 32100, "/", "HTTP/1.1 503 ");
    fake_server_put(server, &api_resource_service, SERVICE_JSON); /* has no such port any more */
    settle(place);
    expect_answer(place, 32100, "/", "refused");

    fake_server_put(server, &api_resource_node,
                    "{\"metadata\":{\"name\":\"node1\"},\"spec\":{\"taints\":[{\"key\":"
                    "\"ToBeDeletedByClusterAutoscaler\",\"effect\":\"NoSchedule\"}]}}");
    settle(place);
    expect_answer(place, port, "/healthz", "HTTP/1.1 503 ");
    expect_answer(place, port, "/livez", "HTTP/1.1 200 ");

    int stopped = 0;
    status_server_close(status);
    proxy_stop(proxy, count_stop, &stopped);
    proxy_destroy(proxy);
    informer_set_destroy(informers);
    client_destroy(client);
    fake_server_destroy(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_connections, enter, leave),
        cmocka_unit_test_setup_teardown(test_node_ports, enter, leave),
        cmocka_unit_test_setup_teardown(test_udp_flows_move, enter, leave),
        cmocka_unit_test_setup_teardown(test_table_removed, enter, leave),
        cmocka_unit_test_setup_teardown(test_informers, enter, leave),
        cmocka_unit_test_setup_teardown(test_health, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
