/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/yaml.h"

static void check_json(const char *yaml, const char *expected)
{
    auto_buffer struct buffer json = { .max = 10000 };
    struct error err = { 0 };

    if (yaml_to_json(str_of(yaml), 0, &json, &err) != 0)
        fail_msg("%s: %s", yaml, err.message);
    assert_string_equal(json.data, expected);
}

static void check_error(const char *yaml, unsigned flags, const char *message)
{
    auto_buffer struct buffer json = { .max = 10000 };
    struct error err = { 0 };

    assert_true(yaml_to_json(str_of(yaml), flags, &json, &err) < 0);
    assert_string_equal(err.message, message);
}

static void test_read(void **state)
{
    (void)state;
    check_json("", "null");
    check_json("# nothing\n", "null");
    check_json("b: 1\na: [x, 2, true, ~]\n", "{\"a\":[\"x\",2,true,null],\"b\":1}");
    check_json("{\"a\": \"1\", 'b': '2'}", "{\"a\":\"1\",\"b\":\"2\"}");
    check_json("a: |\n  x\n  y\nb: >-\n  x\n  y\n", "{\"a\":\"x\\ny\\n\",\"b\":\"x y\"}");
    check_json("- yes\n- off\n- 0777\n- 0x1F\n- 1_000\n- 1e3\n- .5\n- -7\n- 1.50\n- 0b11\n",
               "[true,false,511,31,1000,1000,0.5,-7,1.5,3]");
    check_json("- 2024-01-02T03:04:05Z\n- 2024-01-02\n- 12:30:45\n- 1.2.3\n- 18446744073709551615\n- 0o7x\n",
               "[\"2024-01-02T03:04:05Z\",\"2024-01-02\",\"12:30:45\",\"1.2.3\",18446744073709551615,\"0o7x\"]");
    check_json("1: a\ntrue: b\n", "{\"1\":\"a\",\"true\":\"b\"}");
    check_json("a: !!str 1\nb: !!float 1\nc: !!binary aGk=\n", "{\"a\":\"1\",\"b\":1,\"c\":\"hi\"}");
    check_json("a: &x {k: 1, l: 2}\nb: *x\nc:\n  <<: *x\n  k: 3\n",
               "{\"a\":{\"k\":1,\"l\":2},\"b\":{\"k\":1,\"l\":2},\"c\":{\"k\":3,\"l\":2}}");
    check_json("a: 1\na: 2\n", "{\"a\":2}");
    check_json("--- \na: 1\n---\nb: 2\n", "{\"a\":1}");
    check_json("a: \"<&>\"\n", "{\"a\":\"\\u003c\\u0026\\u003e\"}");
}

static void test_refuse(void **state)
{
    (void)state;
    check_error("a: 1\nb: c: d\n", 0, "yaml: line 2: mapping values are not allowed in this context");
    check_error("a: *x\n", 0, "yaml: unknown anchor 'x' referenced");
    check_error("a: 1\nb: 2\na: 3\n", YAML_STRICT, "yaml: unmarshal errors:\n  line 3: key \"a\" already set in map");
    check_error("a: .nan\n", 0, "json: unsupported value: NaN");
    check_error("a: &a [*a]\n", 0, "yaml: document contains excessive aliasing");

    /* Ten levels of ten aliases. */
    auto_buffer struct buffer bomb = { .max = 10000 };
    buffer_append_text(&bomb, "a0: &a0 x\n");
    for (int i = 1; i < 12; i++) {
        buffer_format(&bomb, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buffer_format(&bomb, "%s*a%d", k > 0 ? ", " : "", i - 1);
        buffer_append_text(&bomb, "]\n");
    }
    auto_buffer struct buffer json = { .max = 1 << 20 };
    struct error err = { 0 };
    assert_int_equal(yaml_to_json(buffer_str(&bomb), 0, &json, &err), -ERROR_LIMIT);

    auto_buffer struct buffer deep = { .max = 100000 };
    for (int i = 0; i < 5000; i++)
        buffer_append_char(&deep, '[');
    assert_true(yaml_to_json(buffer_str(&deep), 0, &json, &err) < 0);
}

static void check_yaml(const char *json, const char *expected)
{
    auto_buffer struct buffer yaml = { .max = 10000 };
    struct error err = { 0 };

    if (yaml_from_json(str_of(json), &yaml, &err) != 0)
        fail_msg("%s: %s", json, err.message);
    assert_string_equal(yaml.data, expected);
}

static void test_write(void **state)
{
    (void)state;
    check_yaml("{\"b\":[{\"x\":1,\"a\":\"y\"},[]],\"a\":{}}", "a: {}\nb:\n- a: \"y\"\n  x: 1\n- []\n");
    check_yaml("{\"t\":\"2024-01-02T03:04:05Z\",\"n\":\"1\",\"e\":\"\",\"s\":\"a b\",\"c\":\"a: b\",\"d\":\"- x\"}",
               "c: 'a: b'\nd: '- x'\ne: \"\"\n\"n\": \"1\"\ns: a b\nt: \"2024-01-02T03:04:05Z\"\n");
    check_yaml("{\"l\":\"one\\ntwo\\n\",\"m\":\"one\\ntwo\",\"z\":null,\"f\":0.5,\"ok\":true}",
               "f: 0.5\nl: |\n  one\n  two\nm: |-\n  one\n  two\nok: true\nz: null\n");
    check_yaml("{\"a10\":1,\"a2\":2,\"a.b\":3,\"ab\":4}", "a.b: 3\na2: 2\na10: 1\nab: 4\n");
    check_yaml("{\"a\":\"*x\",\"b\":\"12:30:45\",\"c\":\"a\\tb\",\"d\":\"#x\"}",
               "a: '*x'\nb: \"12:30:45\"\nc: \"a\\tb\"\nd: '#x'\n");
}

static void test_documents(void **state)
{
    (void)state;
    struct str rest = STR("# a\n---\na: 1\n---\n\n---\nb: 2\n--- \nc: 3"), document;

    assert_true(yaml_next_document(&rest, &document));
    assert_true(str_is(document, "\na: 1\n"));
    assert_true(yaml_next_document(&rest, &document));
    assert_true(str_is(document, "\nb: 2\n"));
    assert_true(yaml_next_document(&rest, &document));
    assert_true(str_is(document, " \nc: 3"));
    assert_false(yaml_next_document(&rest, &document));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
