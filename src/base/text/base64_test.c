/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text/base64.h"

static void test_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text, *url;
    } rows[] = {
        { "", "", "" },
        { "f", "Zg==", "Zg" },
        { "fo", "Zm8=", "Zm8" },
        { "foo", "Zm9v", "Zm9v" },
        { "foob", "Zm9vYg==", "Zm9vYg" },
        { "fooba", "Zm9vYmE=", "Zm9vYmE" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
        { "\xfb\xff\xfe", "+//+", "-__-" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        auto_buffer struct buffer text = { .max = 100 }, url = { .max = 100 }, back = { .max = 100 };
        base64_encode(str_of(rows[i].bytes), &text);
        base64url_encode(str_of(rows[i].bytes), &url);
        assert_true(str_is(buffer_str(&text), rows[i].text));
        assert_true(str_is(buffer_str(&url), rows[i].url));
        assert_true(base64_decode(str_of(rows[i].text), &back));
        assert_true(base64url_decode(str_of(rows[i].url), &back));
        struct str twice = buffer_str(&back), bytes = str_of(rows[i].bytes);
        assert_int_equal(twice.size, 2 * bytes.size);
        assert_true(str_equal((struct str){ twice.data, bytes.size }, bytes));
        assert_true(str_equal(str_skip(twice, bytes.size), bytes));
    }
}

static void test_refusals(void **state)
{
    (void)state;
    static const char *const bad[] = { "Z",    "Zg",   "Zg=",    "Zg===", "Z===",     "====",
                                       "Zh==", "Zm9=", "Zm9v\n", "Zm-v",  "Zg==Zg==", " Zg=" };
    auto_buffer struct buffer bytes = { .max = 100 };
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(base64_decode(str_of(bad[i]), &bytes));
    assert_false(base64url_decode(STR("Zg=="), &bytes));
    assert_false(base64url_decode(STR("Z"), &bytes));
    assert_false(base64url_decode(STR("Zm+v"), &bytes));
    auto_buffer struct buffer small = { .max = 2 };
    base64_encode(STR("foo"), &small);
    assert_true(buffer_failed(&small));
}

static void test_hex(void **state)
{
    (void)state;
    char text[HEX_TEXT_SIZE(4)];
    hex_encode((struct str){ "\x00\x1f\xa0\xff", 4 }, text);
    assert_string_equal(text, "001fa0ff");
    uint8_t bytes[4];
    assert_true(hex_decode(STR("001FA0ff"), bytes, 4));
    assert_memory_equal(bytes, "\x00\x1f\xa0\xff", 4);
    assert_false(hex_decode(STR("001fa0f"), bytes, 4));
    assert_false(hex_decode(STR("001fa0fg"), bytes, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_vectors), cmocka_unit_test(test_refusals),
                                        cmocka_unit_test(test_hex) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
