/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/stat.h>

#include "net/namespace.h"
#include "net/netlink.h"
#include "net/nftables.h"

/* Everything happens in two namespaces made here; without the right to make them the tests are skipped. */
struct place {
    int here, there;
    struct netlink *near, *far;
};

static int enter(void **state)
{
    static struct place place;
    struct error err = { 0 };
    *state = NULL;
    if (namespace_create(&place.here, &err) < 0)
        return 0;
    assert_int_equal(namespace_create(&place.there, &err), 0);
    assert_int_equal(netlink_open(place.here, &place.near, &err), 0);
    assert_int_equal(netlink_open(place.there, &place.far, &err), 0);
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    netlink_close(place->near);
    netlink_close(place->far);
    close(place->here);
    close(place->there);
    return 0;
}

#define NEED(place)      \
    if ((place) == NULL) \
    skip()

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

static void count_route(void *context, const struct netlink_route *route)
{
    *(int *)context += route->protocol == RTPROT_STATIC;
}

static void count_address(void *context, int index, const struct ip_prefix *address)
{
    (void)index;
    *(int *)context += address->length == 24;
}

static void test_one_batch_a_side(void **state)
{
    struct place *place = *state;
    NEED(place);
    struct error err = { 0 };
    struct ip_prefix gateway = prefix_of("10.99.0.254/24"), own = prefix_of("10.99.0.1/24");

    netlink_add_bridge(place->near, &(struct netlink_link){ .name = "br0", .index = 100, .up = true });
    netlink_add_veth(place->near, &(struct netlink_link){ .name = "p1", .index = 101, .master = 100, .up = true },
                     &(struct netlink_link){ .name = "eth0", .index = 50, .mtu = 1400, .mac = { 2, 0, 0, 0, 0, 1 } },
                     place->there);
    netlink_set_link(place->near, &(struct netlink_link){ .index = 101, .hairpin = true });
    netlink_add_address(place->near, 100, &gateway);
    netlink_set_link(place->near, &(struct netlink_link){ .name = "lo", .up = true });
    check(netlink_commit(place->near, &err), &err);

    netlink_set_link(place->far, &(struct netlink_link){ .name = "lo", .up = true });
    netlink_set_link(place->far, &(struct netlink_link){ .index = 50, .up = true });
    netlink_add_address(place->far, 50, &own);
    netlink_add_route(place->far, &(struct netlink_route){ .gateway = gateway.address });
    netlink_add_route(place->far,
                      &(struct netlink_route){ .destination = prefix_of("10.244.1.0/24"), .gateway = gateway.address });
    netlink_add_neighbour(place->far, 50, &gateway.address, (const uint8_t[6]){ 2, 0, 0, 0, 0, 9 });
    check(netlink_commit(place->far, &err), &err);

    int index, routes = 0, addresses = 0;
    uint8_t mac[6];
    check(netlink_find_link(place->far, "eth0", &index, mac, &err), &err);
    assert_int_equal(index, 50);
    assert_int_equal(mac[5], 1);
    check(netlink_each_route(place->far, IP_V4, count_route, &routes, &err), &err);
    assert_int_equal(routes, 2);
    check(netlink_each_address(place->far, IP_V4, count_address, &addresses, &err), &err);
    assert_int_equal(addresses, 1);

    /* Twice is fine, both ways. */
    netlink_add_address(place->far, 50, &own);
    netlink_delete_route(place->far, &(struct netlink_route){ .destination = prefix_of("10.244.9.0/24") });
    netlink_delete_address(place->far, 50, &own);
    check(netlink_each_route(place->far, IP_V4, count_route, &routes, &err),
          &err); /* may come between queueing and sending */
    netlink_delete_address(place->far, 50, &own);
    netlink_delete_link(place->far, 50);
    netlink_delete_link(place->far, 50);
    check(netlink_commit(place->far, &err), &err);
    assert_int_equal(netlink_find_link(place->far, "eth0", &index, NULL, &err), -ERROR_NOT_FOUND);
}

static void test_refusal_says_what(void **state)
{
    struct place *place = *state;
    NEED(place);
    struct error err = { 0 };
    struct ip_prefix address = prefix_of("10.0.0.1/8");
    netlink_add_address(place->near, 999, &address);
    netlink_set_link(place->near, &(struct netlink_link){ .name = "lo", .up = true });
    assert_true(netlink_commit(place->near, &err) < 0);
    assert_non_null(strstr(err.message, "add address 10.0.0.1/8"));
    check(netlink_commit(place->near, &err), &err);

    /* More than one slice, and more than the maximum. */
    for (int i = 0; i < 300; i++)
        netlink_add_address(place->near, 1, &(struct ip_prefix){ ip_v4(10, 1, (uint8_t)(i >> 8), (uint8_t)i), 32 });
    check(netlink_commit(place->near, &err), &err);
    for (int i = 0; i < 5000; i++)
        netlink_add_address(place->near, 1, &address);
    assert_int_equal(netlink_commit(place->near, &err), -ERROR_LIMIT);
    check(netlink_commit(place->near, &err), &err);
}

static void test_nftables(void **state)
{
    struct place *place = *state;
    NEED(place);
    struct error err = { 0 };
    struct nftables *nftables;
    check(nftables_open(place->here, &nftables, &err), &err);
    check(nftables_run(nftables, "add table ip t; add chain ip t c { type filter hook input priority 0; }", NULL, &err),
          &err);
    assert_true(nftables_run(nftables, "add table ip u; add rule ip nosuch c accept", NULL, &err) < 0);
    assert_non_null(strstr(err.message, "nosuch"));
    auto_buffer struct buffer out = { .max = 4096 };
    check(nftables_run(nftables, "list ruleset", &out, &err), &err);
    assert_non_null(strstr(out.data, "table ip t"));
    assert_null(strstr(out.data, "table ip u"));
    nftables_close(nftables);
    assert_int_equal(namespace_sysctl(place->here, "ipv4/ip_forward", "1", &err), 0);
    assert_true(namespace_sysctl(place->here, "ipv4/nosuch", "1", &err) < 0);
}

static ino_t own_namespace(void)
{
    struct stat status;
    assert_int_equal(stat("/proc/thread-self/ns/net", &status), 0);
    return status.st_ino;
}

static void test_caller_stays(void **state)
{
    struct place *place = *state;
    NEED(place);
    ino_t before = own_namespace();
    int fd;
    struct error err = { 0 };
    check(namespace_create(&fd, &err), &err);
    close(fd);
    check(namespace_sysctl(place->here, "ipv4/ip_forward", "1", &err), &err);
    assert_true(own_namespace() == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_batch_a_side, enter, leave),
        cmocka_unit_test_setup_teardown(test_refusal_says_what, enter, leave),
        cmocka_unit_test_setup_teardown(test_nftables, enter, leave),
        cmocka_unit_test_setup_teardown(test_caller_stays, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
