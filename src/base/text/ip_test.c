/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/text/ip.h"

static void check_text(const char *text, const char *expected)
{
    struct ip ip;
    char shown[IP_TEXT_SIZE];
    assert_true(ip_parse(str_of(text), &ip));
    ip_format(&ip, shown);
    assert_string_equal(shown, expected);
}

static void test_parse(void **state)
{
    (void)state;
    check_text("10.96.0.10", "10.96.0.10");
    check_text("FD00:0::1", "fd00::1");
    struct ip ip;
    static const char *const bad[] = { "", "10.0.0", "010.0.0.1", "10.0.0.1 ", "::g", "10.0.0.256", "fe80::1%eth0" };
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(ip_parse(str_of(bad[i]), &ip));
    assert_false(ip_parse((struct str){ "1.2.3.4\0x", 9 }, &ip));
}

static void test_prefix(void **state)
{
    (void)state;
    struct ip_prefix prefix;
    struct ip ip;
    char text[IP_TEXT_SIZE];
    assert_true(ip_prefix_parse(STR("10.244.3.9/22"), &prefix));
    ip = ip_prefix_network(&prefix);
    ip_format(&ip, text);
    assert_string_equal(text, "10.244.0.0");
    ip = ip_prefix_last(&prefix);
    ip_format(&ip, text);
    assert_string_equal(text, "10.244.3.255");
    assert_int_equal(ip_prefix_count(&prefix), 1024);
    assert_true(ip_prefix_nth(&prefix, 258, &ip));
    ip_format(&ip, text);
    assert_string_equal(text, "10.244.1.2");
    assert_false(ip_prefix_nth(&prefix, 1024, &ip));
    ip = ip_v4(10, 244, 4, 0);
    assert_false(ip_prefix_contains(&prefix, &ip));
    ip = ip_v4(10, 244, 2, 255);
    assert_true(ip_prefix_contains(&prefix, &ip));
    assert_false(ip_prefix_parse(STR("10.0.0.0/33"), &prefix));
    assert_false(ip_prefix_parse(STR("10.0.0.0/08"), &prefix));
    assert_false(ip_prefix_parse(STR("10.0.0.0"), &prefix));
    assert_true(ip_prefix_parse(STR("fd00::/48"), &prefix));
    assert_true(ip_prefix_nth(&prefix, (uint64_t)1 << 32, &ip));
    ip_format(&ip, text);
    assert_string_equal(text, "fd00::1:0:0");
    assert_true(ip_prefix_parse(STR("0.0.0.0/0"), &prefix));
    assert_true(ip_prefix_contains(&prefix, &ip) == false);
}

static struct ip_prefix prefix_of(const char *text)
{
    struct ip_prefix prefix;
    assert_true(ip_prefix_parse(str_of(text), &prefix));
    return prefix;
}

static void test_pieces(void **state)
{
    (void)state;
    struct ip_prefix pods = prefix_of("10.244.7.7/16"), wide = prefix_of("fd00::/8"), all = prefix_of("::/0"), part;
    struct ip ip;
    uint64_t offset;
    char text[IP_TEXT_SIZE];
    assert_true(ip_prefix_nth(&pods, 258, &ip));
    assert_true(ip_prefix_index(&pods, &ip, &offset) && offset == 258);
    assert_true(ip_prefix_nth(&all, UINT64_MAX, &ip));
    assert_true(ip_prefix_index(&all, &ip, &offset) && offset == UINT64_MAX);
    assert_true(ip_parse(STR("fd80::"), &ip));
    assert_false(ip_prefix_index(&wide, &ip, &offset));
    assert_false(ip_prefix_index(&pods, &ip, &offset));

    assert_true(ip_prefix_part(&pods, 24, 255, &part));
    ip_prefix_format(&part, text);
    assert_string_equal(text, "10.244.255.0/24");
    assert_false(ip_prefix_part(&pods, 24, 256, &part));
    assert_false(ip_prefix_part(&pods, 8, 0, &part));
    assert_false(ip_prefix_part(&pods, 33, 0, &part));
    assert_true(ip_prefix_part(&all, 0, 0, &part));
    assert_false(ip_prefix_part(&all, 0, 1, &part));
    assert_true(ip_prefix_part(&wide, 64, 3, &part));
    ip_prefix_format(&part, text);
    assert_string_equal(text, "fd00:0:0:3::/64");

    struct ip_prefix inner = prefix_of("10.244.128.0/17"), other = prefix_of("10.245.0.0/16");
    assert_true(ip_prefix_overlaps(&pods, &inner) && ip_prefix_overlaps(&inner, &pods));
    assert_false(ip_prefix_overlaps(&pods, &other));
    assert_false(ip_prefix_overlaps(&pods, &all));
}

static void test_global_unicast(void **state)
{
    static const char *const good[] = { "10.0.0.1", "8.8.8.8", "fd00::1", "2001:db8::1" };
    static const char *const bad[] = { "0.0.0.0", "127.9.9.9", "169.254.169.254", "224.0.0.1", "255.255.255.255",
                                       "::",      "::1",       "fe80::1",         "ff02::1" };
    struct ip ip = { 0 };
    (void)state;
    assert_false(ip_is_global_unicast(&ip));
    for (size_t i = 0; i < countof(good); i++)
        assert_true(ip_parse(str_of(good[i]), &ip) && ip_is_global_unicast(&ip));
    for (size_t i = 0; i < countof(bad); i++)
        assert_true(ip_parse(str_of(bad[i]), &ip) && !ip_is_global_unicast(&ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_global_unicast), cmocka_unit_test(test_pieces),
                                        cmocka_unit_test(test_parse), cmocka_unit_test(test_prefix) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
