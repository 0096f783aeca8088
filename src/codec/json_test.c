/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "codec/json.h"

static void strings_are_escaped_as_go_does(void **state)
{
    (void)state;
    static const struct {
        struct str in;
        const char *out;
    } cases[] = {
        { STR(""), "\"\"" },
        { STR("a\"b\\c/"), "\"a\\\"b\\\\c/\"" },
        { STR("<a&b>"), "\"\\u003ca\\u0026b\\u003e\"" },
        { STR("\b\f\n\r\t\x01\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\x7f\"" },
        { STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa"), "\"\\u2028\\u2029\xe2\x80\xaa\"" },
        { STR("\xc3\xa4\xff\xed\xa0\x80\xf0\x9f\x98\x80"), "\"\xc3\xa4\\ufffd\\ufffd\\ufffd\\ufffd\xf0\x9f\x98\x80\"" },
        { STR("\xe2\x80"), "\"\\ufffd\\ufffd\"" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_buffer struct buffer out = { 0 };
        json_append_string(&out, cases[i].in);
        assert_string_equal(out.data, cases[i].out);
    }
}

static void doubles_are_shortest(void **state)
{
    (void)state;
    static const struct {
        double in;
        const char *out;
    } cases[] = {
        { 0, "0" },
        { 1, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 100, "100" },
        { 1e20, "100000000000000000000" },
        { 12345678901234567890.0, "12345678901234567000" },
        { 1e21, "1e+21" },
        { 1e-6, "0.000001" },
        { 1.5e-7, "1.5e-7" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 123456789.125, "123456789.125" },
        { 0.30000000000000004, "0.30000000000000004" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_buffer struct buffer out = { 0 };
        json_append_double(&out, cases[i].in);
        assert_string_equal(out.data, cases[i].out);
    }
}

static void values_are_written_on_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        { "{ }", "{}" },
        { " [ ] ", "[]" },
        { "[1.50, {\"b\": null, \"a\": [[], {}, true]}, \"<\"]", "[1.50,{\"b\":null,\"a\":[[],{},true]},\"\\u003c\"]" },
        { "\"x\"", "\"x\"" },
        { "{\"a\":{\"b\":[1,2]},\"c\":1e3}", "{\"a\":{\"b\":[1,2]},\"c\":1e3}" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer same = { 0 };
        assert_int_equal(json_read_in(&arena, str_of(cases[i].in), 100, &doc, NULL), 0);
        json_append_value(&same, yyjson_doc_get_root(doc));
        assert_int_equal(json_read(str_of(cases[i].in), 100, &doc, NULL), 0);
        auto_buffer struct buffer out = { 0 };
        json_append_value(&out, yyjson_doc_get_root(doc));
        assert_string_equal(out.data, cases[i].out);
        assert_string_equal(same.data, cases[i].out);
    }
}

static void reading_is_bounded(void **state)
{
    (void)state;
    yyjson_doc *doc = NULL;
    assert_int_equal(json_read(STR("[[[]]]"), 2, &doc, NULL), -ERROR_SYNTAX);
    assert_int_equal(json_read(STR("[\"[[[\", 1]"), 1, &doc, NULL), 0);
    yyjson_doc_free(doc);
    struct error err = { 0 };
    assert_int_equal(json_read(STR(""), 2, &doc, &err), -ERROR_SYNTAX);
    assert_string_equal(err.message, "unexpected end of JSON input");
    assert_int_equal(json_read(STR("{} x"), 2, &doc, &err), -ERROR_SYNTAX);
}

static void problems_are_worded_as_go_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "{", "unexpected end of JSON input" },
        { "\"x", "unexpected end of JSON input" },
        { "nul", "invalid character ' ' in literal null (expecting 'l')" },
        { "x", "invalid character 'x' looking for beginning of value" },
        { "{a:1}", "invalid character 'a' looking for beginning of object key string" },
        { "{\"a\" 1}", "invalid character '1' after object key" },
        { "{\"a\":1 \"b\"", "invalid character '\"' after object key:value pair" },
        { "{\"a\":1,}", "invalid character '}' looking for beginning of object key string" },
        { "[1 2]", "invalid character '2' after array element" },
        { "[1,]", "invalid character ']' looking for beginning of value" },
        { "tru3", "invalid character '3' in literal true (expecting 'e')" },
        { "-x", "invalid character 'x' in numeric literal" },
        { "1.x", "invalid character 'x' after decimal point in numeric literal" },
        { "1ex", "invalid character 'x' in exponent of numeric literal" },
        { "01", "invalid character '1' after top-level value" },
        { "\"\\x\"", "invalid character 'x' in string escape code" },
        { "\"\\u00x0\"", "invalid character 'x' in \\u hexadecimal character escape" },
        { "\"\n\"", "invalid character '\\n' in string literal" },
        { "{} \xc3\xa4", "invalid character '\xc3\x83' after top-level value" },
    };
    for (size_t i = 0; i < countof(cases); i++) {
        yyjson_doc *doc = NULL;
        struct error err = { 0 };
        assert_int_equal(json_read(str_of(cases[i].text), 100, &doc, &err), -ERROR_SYNTAX);
        assert_string_equal(err.message, cases[i].message);
    }
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    assert_int_equal(json_read(STR("[\"\\\\ud800\\ud800x\\ud83d\\ude00\\udc00\"]"), 100, &doc, NULL), 0);
    assert_string_equal(yyjson_get_str(yyjson_arr_get_first(yyjson_doc_get_root(doc))),
                        "\\ud800\xef\xbf\xbdx\xf0\x9f\x98\x80\xef\xbf\xbd");
}

static void bytes_that_are_no_text_are_replaced_as_go_does(void **state)
{
    (void)state;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    assert_int_equal(json_read(STR("[\"a\xff\xc3(\xed\xa0\x80\xc3\xa4\\u00e4\"]"), 100, &doc, NULL), 0);
    assert_string_equal(yyjson_get_str(yyjson_arr_get_first(yyjson_doc_get_root(doc))),
                        "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\xc3\xa4");
    assert_int_equal(json_read(STR("[\"a\\\xff\"]"), 100, &doc, NULL), -ERROR_SYNTAX); /* no such escape */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped_as_go_does),
        cmocka_unit_test(doubles_are_shortest),
        cmocka_unit_test(values_are_written_on_one_line),
        cmocka_unit_test(reading_is_bounded),
        cmocka_unit_test(problems_are_worded_as_go_does),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced_as_go_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
