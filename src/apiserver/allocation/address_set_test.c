/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Bands of ranges, whole ranges given away, and what the flags may say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "apiserver/allocation/address_set.h"
#include "apiserver/allocation/port_set.h"
#include "apiserver/allocation/service_ranges.h"

static struct ip_prefix range_of(const char *text)
{
    struct ip_prefix range;
    assert_true(ip_prefix_parse(str_of(text), &range));
    return range;
}

/* As upstream counts them. */
static void test_band(void **state)
{
    (void)state;
    assert_int_equal(static_band(16, 16, 16, 256), 0);
    assert_int_equal(static_band(64, 16, 16, 256), 16);
    assert_int_equal(static_band(1024, 16, 16, 256), 64);
    assert_int_equal(static_band(65536, 16, 16, 256), 256);
    assert_int_equal(static_band(2768, 32, 16, 128), 86); /* 30000-32767 */
}

/* The dynamic band is used up before the static one; then all are taken. */
static void use_up(const char *text, uint64_t band, uint64_t count)
{
    struct ip_prefix range = range_of(text);
    struct address_set set;
    struct random random;
    struct ip ip, last = ip_prefix_last(&range);
    uint64_t number;
    address_set_init(&set);
    random_init(&random, 7);
    for (uint64_t i = 0; i < count; i++) {
        assert_true(address_set_next(&set, &range, &random, &ip));
        assert_true(ip_prefix_index(&range, &ip, &number));
        assert_true(number > 0);
        assert_false(ip.family == IP_V4 && ip_equal(&ip, &last));
        if (i < count - (band == 0 ? 0 : band - 1))
            assert_true(number >= band);
        else
            assert_true(number < band);
    }
    assert_false(address_set_next(&set, &range, &random, &ip));
    address_set_drop(&set, &ip, ADDRESS_WRITING);
    address_set_fini(&set);
}

static void test_whole_ranges(void **state)
{
    (void)state;
    use_up("10.0.0.0/29", 0, 6);
    use_up("10.0.0.0/26", 16, 62);
    use_up("fd00::/120", 16, 255);
}

static void test_uses(void **state)
{
    (void)state;
    struct address_set set;
    struct ip ip = ip_v4(10, 0, 0, 5);
    address_set_init(&set);
    assert_true(address_set_take(&set, &ip));
    assert_false(address_set_take(&set, &ip));
    address_set_add(&set, &ip, ADDRESS_FOREIGN, NULL);
    address_set_drop(&set, &ip, ADDRESS_WRITING);
    assert_false(address_set_take(&set, &ip)); /* still reserved by somebody else */
    address_set_drop(&set, &ip, ADDRESS_FOREIGN);
    assert_null(address_set_find(&set, &ip));
    assert_true(address_set_take(&set, &ip));
    address_set_fini(&set);
}

static void test_large_range(void **state)
{
    (void)state;
    struct ip_prefix range = range_of("fd00::/64");
    struct address_set set;
    struct random random;
    struct ip ip;
    address_set_init(&set);
    random_init(&random, 7);
    for (int i = 0; i < 100; i++)
        assert_true(address_set_next(&set, &range, &random, &ip) && address_usable(&range, &ip));
    address_set_fini(&set);
}

static void test_ports(void **state)
{
    (void)state;
    struct port_set set = { .first = 30000, .last = 30063 };
    struct random random;
    random_init(&random, 7);
    for (int i = 0; i < 64; i++) {
        int32_t port = port_set_next(&set, &random);
        assert_true(port_set_contains(&set, port));
        assert_true(i < 48 ? port >= 30016 : port < 30016);
    }
    assert_int_equal(port_set_next(&set, &random), 0);
    port_set_give(&set, 30020);
    assert_true(port_set_take(&set, 30020));
    assert_false(port_set_contains(&set, 0) || port_set_contains(&set, 29999) || port_set_contains(&set, 30064));
}

static void test_flags(void **state)
{
    (void)state;
    struct service_ranges ranges;
    struct error err = { 0 };
    static const struct {
        const char *cidrs, *ports;
        bool good;
    } rows[] = {
        { NULL, NULL, true },
        { "10.0.0.0/24,fd00::/108", "30000-30100", true },
        { "fd00::/108,10.0.0.0/24", "30000+100", true },
        { "", NULL, false },
        { "10.0.0.0/24,", NULL, true },
        { "10.0.0.0/30", NULL, false },
        { "10.0.0.0", NULL, false },
        { "10.0.0.0/24,10.1.0.0/24", NULL, false },
        { "10.0.0.0/24,fd00::/108,fd01::/108", NULL, false },
        { NULL, "30000", false },
        { NULL, "0-10", false },
        { NULL, "5-4", false },
        { NULL, "60000-65536", false },
        { NULL, "60000+18446744073709551615", false },
    };
    for (size_t i = 0; i < countof(rows); i++)
        assert_int_equal(service_ranges_parse(rows[i].cidrs, rows[i].ports, &ranges, &err) == 0, rows[i].good);
    assert_int_equal(service_ranges_parse("fd00::7/108,10.0.0.9/24", "30000+100", &ranges, &err), 0);
    char texts[SERVICE_RANGES_MAX][IP_TEXT_SIZE];
    service_ranges_format(&ranges, texts);
    assert_string_equal(texts[0], "fd00::/108");
    assert_string_equal(texts[1], "10.0.0.0/24");
    assert_int_equal(ranges.last_port, 30100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_band),        cmocka_unit_test(test_whole_ranges), cmocka_unit_test(test_uses),
        cmocka_unit_test(test_large_range), cmocka_unit_test(test_ports),        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
