/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/apply/field_set.h"
#include "base/buffer.h"

static const struct field_set *parse(const char *text, struct arena *arena)
{
    const struct field_set *set = NULL;
    struct error err = { 0 };
    if (field_set_parse(str_of(text), arena, &set, &err) < 0)
        fail_msg("%s: %s", text, err.message);
    return set;
}

static void expect(const struct field_set *set, const char *text)
{
    auto_buffer struct buffer out = { 0 };
    field_set_write(set, &out);
    assert_string_equal(out.data, text);
}

static void forms_come_out_in_upstreams_order(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        { "{}", "{}" },
        { "{\".\":{}}", "{}" },
        { "{\"f:b\":{},\"f:a\":{\".\":{},\"f:x\":{}}}", "{\"f:a\":{\".\":{},\"f:x\":{}},\"f:b\":{}}" },
        { "{\"i:10\":{},\"i:9\":{},\"v:\\\"a\\\"\":{},\"k:{\\\"b\\\":1,\\\"a\\\":\\\"x\\\"}\":{},\"f:z\":{}}",
          "{\"f:z\":{},\"k:{\\\"a\\\":\\\"x\\\",\\\"b\\\":1}\":{},\"v:\\\"a\\\"\":{},\"i:9\":{},\"i:10\":{}}" },
        { "{\"v:true\":{},\"v:\\\"a\\\"\":{},\"v:2\":{},\"v:1.5\":{}}",
          "{\"v:1.5\":{},\"v:2\":{},\"v:\\\"a\\\"\":{},\"v:true\":{}}" },
        { "{\"x:later\":{\"f:a\":{}},\"f:a\":{}}", "{\"f:a\":{}}" },
        { "{\"f:a\":{\"f:b\":{}},\"f:a\":{\"f:c\":{}}}", "{\"f:a\":{\"f:b\":{},\"f:c\":{}}}" },
        { "{\"f:<&>\":{},\"f:\\u00e4\\\"\":{}}", "{\"f:\\u003c\\u0026\\u003e\":{},\"f:\xc3\xa4\\\"\":{}}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        expect(parse(rows[i].in, &arena), rows[i].out);
    }
}

static void bad_forms_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *in, *why;
    } rows[] = {
        { "[]", "ReadMapCB: expect { or n" },
        { "{\"f\":{}}", "parsing key as path element: key must be 2 characters long:" },
        { "{\"fx\":{}}", "parsing key as path element: missing colon: fx" },
        { "{\"i:x\":{}}", "parsing key as path element: strconv.Atoi: parsing \"x\": invalid syntax" },
        { "{\"f:a\":1}", "ReadMapCB: expect { or n" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        auto_arena struct arena arena = { 0 };
        const struct field_set *set = NULL;
        struct error err = { 0 };
        assert_int_equal(field_set_parse(str_of(rows[i].in), &arena, &set, &err), -ERROR_BAD_REQUEST);
        assert_string_equal(err.message, rows[i].why);
    }
}

static void sets_are_combined(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    const struct field_set *a = parse("{\"f:a\":{\".\":{},\"f:x\":{}},\"f:b\":{},\"f:c\":{\"f:y\":{}}}", &arena);
    const struct field_set *b = parse("{\"f:a\":{},\"f:c\":{\"f:y\":{},\"f:z\":{}}}", &arena);
    expect(field_set_union(a, b, &arena), "{\"f:a\":{\".\":{},\"f:x\":{}},\"f:b\":{},\"f:c\":{\"f:y\":{},\"f:z\":{}}}");
    expect(field_set_intersection(a, b, &arena), "{\"f:a\":{},\"f:c\":{\"f:y\":{}}}");
    expect(field_set_difference(a, b, &arena), "{\"f:a\":{\"f:x\":{}},\"f:b\":{}}");
    expect(field_set_without(a, b, &arena), "{\"f:b\":{}}");
    assert_null(field_set_difference(a, a, &arena));
    assert_true(field_set_equal(field_set_union(b, a, &arena), field_set_union(a, b, &arena)));
}

static void what_does_not_change_is_the_same_set(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    const struct field_set *a = parse("{\"f:a\":{\".\":{},\"f:x\":{}},\"f:b\":{}}", &arena);
    const struct field_set *part = parse("{\"f:a\":{\"f:x\":{}}}", &arena);
    const struct field_set *other = parse("{\"f:a\":{\"f:y\":{}},\"f:q\":{}}", &arena);
    assert_ptr_equal(field_set_union(a, part, &arena), a);
    assert_ptr_equal(field_set_difference(a, other, &arena), a);
    assert_ptr_equal(field_set_without(a, other, &arena), a);
    assert_ptr_equal(field_set_union(a, NULL, &arena), a);
    assert_ptr_equal(field_set_intersection(part, a, &arena), part);
}

static void collect(void *context, struct str path)
{
    buffer_append_str(context, path);
    buffer_append_char(context, '\n');
}

static void paths_are_shown(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer out = { 0 };
    const struct field_set *set =
        parse("{\"f:spec\":{\"f:ports\":{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{"
              "\".\":{},\"f:port\":{}}},\"f:s\":{\"v:\\\"a\\\"\":{},\"v:3\":{}}}}",
              &arena);
    field_set_each(set, collect, &out);
    assert_string_equal(out.data, ".spec.ports[port=80,protocol=\"TCP\"]\n.spec.ports[port=80,protocol=\"TCP\"].port\n"
                                  ".spec.s[=3]\n.spec.s[=\"a\"]\n");
    static const char *const names[] = { "spec", "replicas" };
    expect(field_set_of_path(names, 2, &arena), "{\"f:spec\":{\"f:replicas\":{}}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_come_out_in_upstreams_order),
        cmocka_unit_test(bad_forms_are_refused),
        cmocka_unit_test(sets_are_combined),
        cmocka_unit_test(what_does_not_change_is_the_same_set),
        cmocka_unit_test(paths_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
