/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* nft_batch_test.c - what the kernel made of our messages, as nft's own library reads it back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "net/namespace.h"
#include "net/nft_rule.h"
#include "net/nftables.h"

struct place {
    int namespace_fd;
    struct nft_socket *socket;
};

static void check(int rc, const struct error *err)
{
    if (rc != 0)
        fail_msg("%s", err->message);
}

static int enter(void **state)
{
    static struct place place;
    struct error err = { 0 };
    *state = NULL;
    if (namespace_create(&place.namespace_fd, &err) < 0)
        return 0;
    check(nft_socket_open(place.namespace_fd, &place.socket, &err), &err);
    *state = &place;
    return 0;
}

static int leave(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        return 0;
    nft_socket_close(place->socket);
    close(place->namespace_fd);
    return 0;
}

/* The kernel grows a large set's hash table after the transaction, and a listing meanwhile may miss elements: it is taken again. */
static void expect_listing(const struct place *place, const char *part, bool wanted)
{
    enum { LISTINGS_MAX = 200 };
    struct error err = { 0 };
    struct nftables *nftables;
    auto_buffer struct buffer out = { .max = 1 << 24 };
    check(nftables_open(place->namespace_fd, &nftables, &err), &err);
    bool found = !wanted;
    for (int i = 0; i < LISTINGS_MAX && found != wanted; i++) {
        buffer_clear(&out);
        check(nftables_run(nftables, "list ruleset", &out, &err), &err);
        found = strstr(text_or_empty(out.data), part) != NULL;
    }
    nftables_close(nftables);
    if (found != wanted)
        fail_msg("%s '%s' in:\n%s", wanted ? "no" : "unexpected", part, text_or_empty(out.data));
}

static void put_numbers(struct nft_batch *batch, bool add, uint32_t first, uint32_t count)
{
    nft_begin_elements(batch, add, "numbers", 0);
    for (uint32_t i = first; i < first + count; i++) {
        struct nft_element element = { .key.size = 0 };
        nft_data_put_number(&element.key, i);
        nft_put_element(batch, &element);
    }
    nft_end_elements(batch);
}

static void send_and_destroy(const struct place *place, struct nft_batch *batch)
{
    struct error err = { 0 };
    check(nft_send(place->socket, batch, &err), &err);
    nft_batch_destroy(batch);
}

static void send_table(const struct place *place, uint32_t count)
{
    struct nft_batch *batch = nft_batch_create(1 << 24);
    nft_use_table(batch, IP_V4, "t");
    nft_replace_table(batch);
    nft_add_set(batch, &(struct nft_set){ .name = "numbers", .key = { NFT_TYPE_MARK } });
    nft_add_chain(batch, "c", &(struct nft_hook){ "filter", NF_INET_LOCAL_IN, 0 });
    nft_begin_rule(batch, "c");
    nft_load_mark(batch, 0);
    nft_require_in_set(batch, 0, "numbers", true);
    nft_give_verdict(batch, NF_DROP, NULL);
    nft_end_rule(batch);
    put_numbers(batch, true, 0, count);
    send_and_destroy(place, batch);
}

static void test_a_table(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    send_table(place, 3);
    expect_listing(place, "type filter hook input priority filter", true);
    expect_listing(place, "meta mark != @numbers drop", true);
    expect_listing(place, "elements = { 0x00000000, 0x00000001, 0x00000002 }", true);
    send_table(place, 2); /* replaces it */
    expect_listing(place, "0x00000002", false);
}

static void test_prefixes(void **state)
{
    struct place *place = *state;
    static const struct {
        enum ip_family family;
        const char *prefix, *listed;
    } cases[] = {
        { IP_V4, "10.244.3.0/24", "ip saddr 10.244.3.0/24 ip daddr != 10.244.3.0/24 masquerade fully-random" },
        { IP_V4, "10.244.16.0/20", "ip saddr 10.244.16.0/20 ip daddr != 10.244.16.0/20 masquerade fully-random" },
        { IP_V6, "fd00:1:2::/48", "ip6 saddr fd00:1:2::/48 ip6 daddr != fd00:1:2::/48 masquerade fully-random" },
    };
    if (place == NULL)
        skip();
    for (size_t i = 0; i < countof(cases); i++) {
        struct ip_prefix prefix;
        assert_true(ip_prefix_parse(str_of(cases[i].prefix), &prefix));
        struct nft_batch *batch = nft_batch_create(1 << 16);
        nft_use_table(batch, cases[i].family, "p");
        nft_replace_table(batch);
        nft_add_chain(batch, "c", &(struct nft_hook){ "nat", NF_INET_POST_ROUTING, 100 });
        nft_begin_rule(batch, "c");
        nft_load_source(batch, 0);
        nft_require_prefix(batch, 0, NFT_CMP_EQ, &prefix);
        nft_load_destination(batch, 0);
        nft_require_prefix(batch, 0, NFT_CMP_NEQ, &prefix);
        nft_masquerade(batch);
        nft_end_rule(batch);
        send_and_destroy(place, batch);
        expect_listing(place, cases[i].listed, true);
        batch = nft_batch_create(1 << 16);
        nft_use_table(batch, cases[i].family, "p");
        nft_remove_table(batch);
        nft_remove_table(batch); /* fine twice */
        send_and_destroy(place, batch);
        expect_listing(place, "masquerade", false);
    }
}

/* More elements than one message can list. */
static void test_many_elements(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    send_table(place, 10000);
    expect_listing(place, "0x0000270f", true);
    struct nft_batch *batch = nft_batch_create(1 << 24);
    nft_use_table(batch, IP_V4, "t");
    put_numbers(batch, false, 1, 9999);
    send_and_destroy(place, batch);
    expect_listing(place, "elements = { 0x00000000 }", true);
}

static void test_a_refused_batch_changes_nothing(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    send_table(place, 3);
    struct error err = { 0 };
    struct nft_batch *batch = nft_batch_create(1 << 20);
    nft_use_table(batch, IP_V4, "t");
    put_numbers(batch, false, 0, 1);
    put_numbers(batch, false, 77, 1); /* is not there */
    assert_true(nft_send(place->socket, batch, &err) < 0);
    assert_non_null(strstr(err.message, "delete element numbers"));
    nft_batch_destroy(batch);
    expect_listing(place, "0x00000000", true);
    send_table(place, 1); /* and the socket is good for the next */
    expect_listing(place, "0x00000001", false);
}

static void test_a_batch_has_a_maximum(void **state)
{
    struct place *place = *state;
    if (place == NULL)
        skip();
    struct error err = { 0 };
    struct nft_batch *batch = nft_batch_create(1 << 17);
    nft_use_table(batch, IP_V4, "t");
    nft_replace_table(batch);
    nft_add_set(batch, &(struct nft_set){ .name = "numbers", .key = { NFT_TYPE_MARK } });
    put_numbers(batch, true, 0, 100000);
    assert_true(nft_batch_failed(batch));
    assert_int_equal(nft_send(place->socket, batch, &err), -ERROR_TOO_LARGE);
    nft_batch_destroy(batch);
    nft_batch_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_table, enter, leave),
        cmocka_unit_test_setup_teardown(test_prefixes, enter, leave),
        cmocka_unit_test_setup_teardown(test_many_elements, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_refused_batch_changes_nothing, enter, leave),
        cmocka_unit_test_setup_teardown(test_a_batch_has_a_maximum, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
