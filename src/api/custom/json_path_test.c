/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/custom/json_path.h"
#include "codec/json.h"

static const char document[] =
    "{\"spec\":{\"n\":3,\"a.b\":\"dotted\",\"list\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2.5,\"w\":true}]},"
    "\"map\":{\"p\":{\"v\":9}}}";

/* The first value found, as JSON; "" for nothing. */
static void expect_found(const char *text, const char *wanted)
{
    auto_arena struct arena arena = { 0 };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    auto_buffer struct buffer out = { 0 };
    const struct json_path *path;
    struct error err;
    assert_int_equal(json_read(str_of(document), 100, &doc, &err), 0);
    assert_int_equal(json_path_compile(text, &arena, &path, &err), 0);
    yyjson_val *found = json_path_find(path, yyjson_doc_get_root(doc));
    if (found != NULL)
        json_append_value(&out, found);
    assert_string_equal(text_or_empty(out.data), wanted);
}

static void test_finds(void **state)
{
    (void)state;
    expect_found(".spec.n", "3");
    expect_found(".spec.a\\.b", "\"dotted\"");
    expect_found(".spec['a.b']", "\"dotted\"");
    expect_found(".spec.list[1].v", "2.5");
    expect_found(".spec.list[-1].k", "\"y\"");
    expect_found(".spec.list[7].k", "");
    expect_found(".spec.list[*].w", "true");
    expect_found(".spec.list[?(@.k==\"y\")].v", "2.5");
    expect_found(".spec.list[?(@.k == 'z')].v", "");
    expect_found(".spec.list[?(@.k!=\"x\")].v", "2.5");
    expect_found(".spec.list[?(@.v>1)].k", "\"y\"");
    expect_found(".spec.list[?(@.w)].k", "\"y\"");
    expect_found(".map.*.v", "9");
    expect_found(".spec.n.deeper", "");
    expect_found(".nowhere", "");
    expect_found("..w", "true");
    expect_found(".spec..v", "1");
    expect_found("..[1].k", "\"y\"");
    expect_found(".spec..nowhere", "");
    expect_found(".map..", "{\"p\":{\"v\":9}}");
    expect_found(".spec.list[1:].k", "\"y\"");
    expect_found(".spec.list[:1].k", "\"x\"");
    expect_found(".spec.list[-1:].k", "\"y\"");
    expect_found(".spec.list[::2].w", "");
    expect_found(".spec.list[0:2:1].w", "true");
    expect_found(".spec.list[0:3].k", "");
    expect_found(".spec.list[2,1].k", "\"y\"");
    expect_found(".spec.list[0, 1].w", "true");
    expect_found(".spec['x','n']", "3");
}

static void test_refuses(void **state)
{
    (void)state;
    static const char *const texts[] = { "spec",     "....a",         ".a[",         ".a[1",         ".a[x]",
                                         ".a[::]b,", ".a[?(@.b==\"]", ".a[?(b==1)]", ".a[?(@.b==1]", "" };
    for (size_t i = 0; i < countof(texts); i++) {
        auto_arena struct arena arena = { 0 };
        const struct json_path *path;
        struct error err;
        assert_int_equal(json_path_compile(texts[i], &arena, &path, &err), -ERROR_INVALID);
    }
}

static void test_patches(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer out = { 0 };
    const struct json_path *path;
    assert_int_equal(json_path_compile(".spec.a\\.b", &arena, &path, NULL), 0);
    assert_true(json_path_patch(path, STR("4"), &out));
    buffer_append_char(&out, '\0');
    assert_string_equal(out.data, "{\"spec\":{\"a.b\":4}}");
    assert_int_equal(json_path_compile(".spec.list[0]", &arena, &path, NULL), 0);
    assert_false(json_path_patch(path, STR("4"), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_patches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
