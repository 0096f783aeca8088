/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* formats_test.c - texts that have a format and texts that have not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/checks.h"

static const struct {
    const char *format, *text;
    bool good;
} rows[] = {
    { "bsonobjectid", "507f1f77bcf86cd799439011", true },
    { "bsonobjectid", "507f1f77bcf86cd79943901", false },
    { "uri", "https://a.example/x?y", true },
    { "uri", "/a/b", true },
    { "uri", "a b", false },
    { "uri", "", false },
    { "uri", "mailto:a@b", true },
    { "uri", "http://a:x/", false },
    { "uri", "/a%zz", false },
    { "email", "a@b.example", true },
    { "email", "A B <a@b>", true },
    { "email", "a", false },
    { "email", "a@", false },
    { "hostname", "a-b.example.com", true },
    { "hostname", "-a", false },
    { "hostname", "a_b", false },
    { "ipv4", "10.0.0.1", true },
    { "ipv4", "010.0.0.1", true },
    { "ipv4", "::1", false },
    { "ipv6", "fe80::1", true },
    { "ipv6", "10.0.0.1", false },
    { "cidr", "10.0.0.0/8", true },
    { "cidr", "fe80::/64", true },
    { "cidr", "10.0.0.0/33", false },
    { "cidr", "10.0.0.0", false },
    { "mac", "01:23:45:67:89:ab", true },
    { "mac", "01-23-45-67-89-ab-cd-ef", true },
    { "mac", "0123.4567.89ab", true },
    { "mac", "01:23:45:67:89", false },
    { "mac", "01:23:45:67:89:ab:", false },
    { "uuid", "550E8400-e29b-41d4-a716-446655440000", true },
    { "uuid", "550e8400e29b41d4a716446655440000", true },
    { "uuid", "550e8400", false },
    { "uuid3", "550e8400-e29b-31d4-a716-446655440000", true },
    { "uuid3", "550e8400-e29b-41d4-a716-446655440000", false },
    { "uuid4", "550e8400-e29b-41d4-a716-446655440000", true },
    { "uuid5", "550e8400-e29b-51d4-c716-446655440000", false },
    { "isbn", "0321751043", true },
    { "isbn", "978-0321751041", true },
    { "isbn10", "0321751044", false },
    { "isbn13", "978-0321751042", false },
    { "creditcard", "4111 1111 1111 1111", true },
    { "creditcard", "4111 1111 1111 1112", false },
    { "ssn", "123-45-6789", true },
    { "ssn", "123456789", false },
    { "hexcolor", "#FfF", true },
    { "hexcolor", "ffff", false },
    { "rgbcolor", "rgb(255, 0, 1)", true },
    { "rgbcolor", "rgb(256,0,1)", false },
    { "byte", "YWJj", true },
    { "byte", "YWI=", true },
    { "byte", "YWI", false },
    { "byte", "", false },
    { "password", "anything", true },
    { "date", "2024-02-29", true },
    { "date", "2023-02-29", false },
    { "date-time", "2014-12-15T19:30:20.000Z", true },
    { "datetime", "2014-12-15t19:30:20+01:00", true },
    { "date-time", "2014-12-15T24:30:20Z", false },
    { "date-time", "2014-12-15 19:30:20Z", false },
    { "date-time", "2014-12-15T19:30:20", false },
    { "duration", "1h30m", true },
    { "duration", "2 days", true },
    { "duration", "3 parsecs", false },
    { "k8s-short-name", "a-b", true },
    { "k8s-short-name", "A", false },
    { "k8s-long-name", "a.b-c", true },
    { "k8s-long-name", "a..b", false },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        const struct structural_format *format = structural_format_find(str_of(rows[i].format));
        assert_non_null(format);
        if (format->check(str_of(rows[i].text)) != rows[i].good)
            fail_msg("%s: '%s'", rows[i].format, rows[i].text);
    }
    assert_null(structural_format_find(STR("int32")));
    assert_null(structural_format_find(STR("a-name-that-is-longer-than-every-format")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
