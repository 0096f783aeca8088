/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text/utf8.h"

static void test_one(void **state)
{
    (void)state;
    static const struct {
        struct str text;
        size_t length;
        uint32_t point;
    } cases[] = {
        { STR("a"), 1, 'a' },
        { STR("\xc3\xa4x"), 2, 0xe4 },
        { STR("\xef\xbf\xbd"), 3, 0xfffd },
        { STR("\xf0\x9f\x98\x80"), 4, 0x1f600 },
        { STR("\xf4\x8f\xbf\xbf"), 4, 0x10ffff },
        { STR("\xf4\x90\x80\x80"), 0, UTF8_INVALID }, /* beyond the last */
        { STR("\xc0\xaf"), 0, UTF8_INVALID },         /* longer than it need be */
        { STR("\xe0\x80\xaf"), 0, UTF8_INVALID },
        { STR("\xed\xa0\x80"), 0, UTF8_INVALID }, /* half of a pair */
        { STR("\xe2\x80"), 0, UTF8_INVALID },     /* cut off */
        { STR("\x80"), 0, UTF8_INVALID },
        { STR("\xff"), 0, UTF8_INVALID },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        assert_int_equal(utf8_length(cases[i].text), cases[i].length);
        assert_int_equal(utf8_decode(cases[i].text), cases[i].point);
        assert_int_equal(utf8_size(cases[i].text), cases[i].length > 0 ? cases[i].length : 1);
    }
}

static void test_all_points(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        auto_buffer struct buffer text = { 0 };
        utf8_append(&text, point);
        assert_int_equal(utf8_length(buffer_str(&text)), text.size);
        assert_int_equal(utf8_decode(buffer_str(&text)), point);
    }
}

static void test_texts(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid(STR("a\xc3\xa4z")));
    assert_false(utf8_valid(STR("a\xc3")));
    assert_int_equal(utf8_count(STR("a\xc3\xa4z")), 3);
    assert_int_equal(utf8_offset(STR("a\xc3\xa4z"), 2), 3);
    assert_int_equal(utf8_offset(STR("a\xc3\xa4z"), 9), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_all_points),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
