/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/str.h"

static void test_compare(void **state)
{
    (void)state;
    const char *volatile nothing = NULL; /* or an optimizing compiler warns of a memcmp() that is never reached */
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("a"), STR("ab")) < 0);
    assert_true(str_compare(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR(""), (struct str){ 0 }), 0);
    assert_true(str_compare(STR("\x80"), STR("\x7f")) > 0); /* bytes, not chars */
    assert_true(str_equal_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_equal_nocase(STR("a["), STR("a{")));
    assert_true(str_is(STR("x"), "x"));
    assert_true(str_is((struct str){ 0 }, nothing));
    assert_true(text_equal(NULL, "") && !text_equal("a", NULL) && text_empty("") && text_empty(NULL));
}

static void test_parts(void **state)
{
    (void)state;
    assert_true(str_starts(STR("/pods/x"), STR("/pods/")) && !str_starts(STR("/p"), STR("/pods")) &&
                str_starts(STR("x"), STR("")));
    assert_true(str_ends(STR("a.json"), STR(".json")) && !str_ends(STR("n"), STR("json")));
    assert_true(str_contains(STR("abcabd"), STR("abd")) && str_contains(STR("a"), STR("")) &&
                !str_contains(STR("ab"), STR("abc")));
    assert_true(str_is(str_trim(STR(" \t x y\r\n")), "x y"));
    assert_int_equal(str_trim(STR("  ")).size, 0);
    assert_true(str_is(str_skip(STR("abc"), 2), "c"));
    assert_int_equal(str_find(STR("a=b"), '='), 1);
    assert_int_equal(str_find(STR("ab"), '='), 2);

    struct str rest = STR("a,,b,"), piece;
    const char *expected[] = { "a", "", "b", "" };
    size_t count = 0;
    while (str_next(&rest, ',', &piece))
        assert_true(str_is(piece, expected[count++]));
    assert_int_equal(count, 4);
    rest = STR("");
    assert_true(str_next(&rest, ',', &piece) && piece.size == 0);
    assert_false(str_next(&rest, ',', &piece));
}

static void test_numbers(void **state)
{
    (void)state;
    int64_t number;
    uint64_t positive;
    assert_true(str_to_int64(STR("-9223372036854775808"), &number) && number == INT64_MIN);
    assert_true(str_to_int64(STR("9223372036854775807"), &number) && number == INT64_MAX);
    assert_true(str_to_uint64(STR("18446744073709551615"), &positive) && positive == UINT64_MAX);
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "99999999999999999999" };
    for (size_t i = 0; i < countof(bad); i++) {
        assert_false(str_to_int64(str_of(bad[i]), &number));
        assert_false(str_to_uint64(str_of(bad[i]), &positive));
    }
    assert_false(str_to_int64(STR("9223372036854775808"), &number));
    assert_false(str_to_int64(STR("-9223372036854775809"), &number));
    assert_false(str_to_uint64(STR("-1"), &positive));
    assert_false(str_to_uint64(STR("18446744073709551616"), &positive));
}

static void test_hash(void **state)
{
    (void)state;
    assert_true(str_hash(STR("")) == 0xcbf29ce484222325ULL); /* the algorithm's published values */
    assert_true(str_hash(STR("a")) == 0xaf63dc4c8601ec8cULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_compare), cmocka_unit_test(test_parts),
                                        cmocka_unit_test(test_numbers), cmocka_unit_test(test_hash) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
