/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/cel.h"

static void test_escape(void **state)
{
    (void)state;
    static const struct {
        const char *name, *escaped;
    } rows[] = {
        { "replicas", "replicas" },
        { "a.b-c/d", "a__dot__b__dash__c__slash__d" },
        { "a__b", "a__underscores__b" },
        { "a_b", "a_b" },
        { "___", "__underscores___" },
        { "in", "__in__" },
        { "namespace", "__namespace__" },
        { "while", "__while__" },
        { "x-namespace", "x__dash__namespace" },
        { ".a", "__dot__a" },
        { "9a", NULL },
        { "", NULL },
        { "a b", NULL },
        { "a$", NULL },
    };
    auto_arena struct arena arena = { 0 };

    for (size_t i = 0; i < countof(rows); i++) {
        const char *escaped = NULL, *name = NULL;

        assert_int_equal(cel_escape(&arena, str_of(rows[i].name), &escaped), rows[i].escaped != NULL);
        if (rows[i].escaped == NULL)
            continue;
        assert_string_equal(escaped, rows[i].escaped);
        assert_true(cel_unescape(&arena, str_of(escaped), &name));
        assert_string_equal(name, rows[i].name);
    }

    const char *name;
    assert_false(cel_unescape(&arena, STR("a__b__c"), &name));
    assert_false(cel_unescape(&arena, STR("x__in__"), &name));
}

/* Figures of upstream's conversion for a request of 3 MiB. */
static void test_worst_cases(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };

    assert_int_equal(cel_type_string(&arena, -1)->max, 3145726);
    assert_int_equal(cel_type_string(&arena, 10)->max, 40);
    assert_int_equal(cel_type_string(&arena, INT64_MAX)->max, INT64_MAX);
    assert_int_equal(cel_type_list(&arena, cel_type_int(&arena), -1)->max, 1572863);
    assert_int_equal(cel_type_list(&arena, cel_type_bool(&arena), -1)->max, 629145);
    assert_int_equal(cel_type_list(&arena, cel_type_bool(&arena), 7)->max, 7);
    assert_int_equal(cel_type_map(&arena, cel_type_string(&arena, -1), -1)->max, 393215);
    assert_int_equal(cel_type_timestamp(&arena, false)->max, 32);

    struct cel_field fields[] = {
        { .json = "name", .type = cel_type_string(&arena, -1), .required = true },
        { .json = "filled", .type = cel_type_string(&arena, -1), .required = true, .has_default = true },
        { .json = "port", .type = cel_type_int(&arena) },
        { .json = "a b", .type = cel_type_int(&arena) },
        { .json = "in", .type = cel_type_int(&arena) },
        { .json = "hidden" },
    };
    const struct cel_type *object = cel_type_object(&arena, "object", fields, countof(fields));
    assert_int_equal(object->min_json, 2 + 4 + 2 + 4);
    assert_int_equal(object->field_count, 4);
    assert_null(cel_type_field(object, STR("in")));
    assert_string_equal(cel_type_field(object, STR("__in__"))->json, "in");
    assert_string_equal(cel_type_member(object, STR("in"))->name, "__in__");
    assert_null(cel_type_field(object, STR("hidden")));
    assert_int_equal(cel_type_cardinality(object), 3145728 / 13);
}

static void test_format(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer out = { 0 };
    const struct cel_type *type = cel_type_optional(
        &arena, cel_type_list(&arena, cel_type_map(&arena, cel_type_object(&arena, "Foo", NULL, 0), -1), -1));

    cel_type_format(type, &out);
    assert_string_equal(out.data, "optional_type(list(map(string, Foo)))");
    assert_true(cel_type_equal(type, type));
    assert_false(cel_type_equal(type, type->element));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_worst_cases),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
