/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/time.h"

static void moments_round_trip(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    time_format(1136214245 * USEC_PER_SEC + 42, false, text);
    assert_string_equal(text, "2006-01-02T15:04:05Z");
    time_format(1136214245 * USEC_PER_SEC + 42, true, text);
    assert_string_equal(text, "2006-01-02T15:04:05.000042Z");
    time_format(-1, true, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    struct random random;
    random_init(&random, 1);
    for (int i = 0; i < 2000; i++) {
        usec_t moment =
            (usec_t)random_below(&random, (uint64_t)315537897599 * USEC_PER_SEC) - 62135596800 * USEC_PER_SEC;
        usec_t back = 0;
        time_format(moment, true, text);
        assert_true(time_parse(str_of(text), &back));
        assert_int_equal(back, moment);
    }
}

static void moments_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        usec_t moment;
    } good[] = {
        { "2006-01-02T15:04:05Z", 1136214245000000 },
        { "2006-01-02T16:04:05.5+01:00", 1136214245500000 },
        { "2006-01-02T07:34:05.123456789-07:30", 1136214245123456 },
        { "1970-01-01T00:00:00Z", 1 },
        { "2024-02-29T00:00:00Z", 1709164800000000 },
        { "0001-01-01T00:00:00Z", -62135596800000000 },
        { "9999-12-31T23:59:59Z", 253402300799000000 },
    };
    static const char *bad[] = { "",
                                 "2006-01-02",
                                 "2006-01-02 15:04:05Z",
                                 "2006-01-02T15:04:05",
                                 "2006-13-02T15:04:05Z",
                                 "2023-02-29T00:00:00Z",
                                 "2006-01-02T24:04:05Z",
                                 "2006-01-02T15:04:05.Z",
                                 "2006-01-02T15:04:05z",
                                 "2006-01-02T15:04:05+0100",
                                 "2006-01-02T15:04:05Zjunk",
                                 "0000-01-02T15:04:05Z" };
    for (size_t i = 0; i < countof(good); i++) {
        usec_t moment = 0;
        assert_true(time_parse(str_of(good[i].text), &moment));
        assert_int_equal(moment, good[i].moment);
    }
    for (size_t i = 0; i < countof(bad); i++) {
        usec_t moment = 7;
        assert_false(time_parse(str_of(bad[i]), &moment));
        assert_int_equal(moment, 7);
    }
}

static void durations(void **state)
{
    (void)state;
    static const struct {
        int64_t nanoseconds;
        const char *text;
    } both[] = {
        { 0, "0s" },
        { 1, "1ns" },
        { 1100, "1.1\xc2\xb5s" },
        { 2200000, "2.2ms" },
        { 300000000, "300ms" },
        { 1500000000, "1.5s" },
        { 60000000000, "1m0s" },
        { 3723000000000, "1h2m3s" },
        { -120000000000, "-2m0s" },
        { INT64_MAX, "2562047h47m16.854775807s" },
        { INT64_MIN, "-2562047h47m16.854775808s" },
    };
    static const char *bad[] = { "", "3", "-", "s", ".", "1.5.s", "3000000h", "1d", "+.s", "9223372036854775809ns" };
    char text[DURATION_TEXT_SIZE];
    int64_t value = 0;
    for (size_t i = 0; i < countof(both); i++) {
        duration_format(both[i].nanoseconds, text);
        assert_string_equal(text, both[i].text);
        assert_true(duration_parse(str_of(both[i].text), &value));
        assert_int_equal(value, both[i].nanoseconds);
    }
    assert_true(duration_parse(STR("+5.25m"), &value));
    assert_int_equal(value, 315000000000);
    assert_true(duration_parse(STR("0"), &value));
    assert_int_equal(value, 0);
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(duration_parse(str_of(bad[i]), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_round_trip),
        cmocka_unit_test(moments_parse),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
