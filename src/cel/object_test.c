/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* object_test.c - objects that expressions make: types, fields, what they cost, names that must fit. */
#include "cel/fixture.h"

#define ALL (EVERY_LIBRARY | CEL_LIBRARY_PATCHES)

struct row {
    const char *expression;
    const char *type; /* "!..." begins what is wrong with it */
    const char *json;
};

static struct cel_program *compile(const char *text, unsigned libraries, struct buffer *problems)
{
    struct cel_variable variables[] = { { .name = "self", .type = cel_type_of(CEL_DYN) } };
    struct cel_environment environment = { variables, 1, libraries };
    struct cel_program *program = NULL;

    (void)!cel_compile(&environment, str_of(text), &program, problems, NULL);
    return program;
}

static void evaluate(const struct cel_program *program, struct arena *arena, struct cel_value *ret_value,
                     uint64_t *ret_cost)
{
    struct cel_value self = cel_value_null();
    struct error err = { 0 };

    if (cel_evaluate(program, &self, CEL_COST_PER_CALL, arena, ret_value, ret_cost, &err) < 0)
        fail_msg("%s", err.message);
}

static const struct row rows[] = {
    { "Object{}", "Object", "{}" },
    { "Object{spec: Object.spec{replicas: 3}}", "Object", "{\"spec\":{\"replicas\":3}}" },
    { "Object{metadata: Object.metadata{labels: {'a/b': 'c'}}}", "Object",
      "{\"metadata\":{\"labels\":{\"a/b\":\"c\"}}}" },
    { "Object{spec: Object.spec{items: [Object.spec.items{name: 'x'}]}}", "Object",
      "{\"spec\":{\"items\":[{\"name\":\"x\"}]}}" },
    { "Object{?a: optional.none(), ?b: optional.of(1)}", "Object", "{\"b\":1}" },
    { "Object{a: 1, a: 2}", "Object", "{\"a\":2}" },
    { "Object{spec: Object.spec{replicas: 3}}.spec.replicas == 3", "bool", "true" },
    { "has(Object{a: 1}.b)", "bool", "false" },
    { "Object{a: 1} == Object{a: 1}", "bool", "true" },
    { "Object{a: 1} == Object{a: 2}", "bool", "false" },
    { "dyn(Object.a{b: 1}) == dyn(Object{b: 1})", "bool", "false" },
    { "dyn(Object{b: 1}) == dyn({'b': 1})", "bool", "false" },
    { "type(Object{}) == Object", "bool", "true" },
    { "JSONPatch{op: 'add', path: '/a', value: [1]}", "JSONPatch", "{\"op\":\"add\",\"path\":\"/a\",\"value\":[1]}" },
    { "[JSONPatch{op: 'test', path: '/a', value: Object.spec{a: 1}}, JSONPatch{op: 'remove', path: '/a'}]",
      "list(JSONPatch)",
      "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"a\":1}},{\"op\":\"remove\",\"path\":\"/a\"}]" },
    { "true ? [JSONPatch{op: 'test'}] : []", "list(JSONPatch)", "[{\"op\":\"test\"}]" },
    { "'/metadata/labels/' + jsonpatch.escapeKey('k8s.io/my~label')", "string",
      "\"/metadata/labels/k8s.io~1my~0label\"" },
    { "JSONPatch{op: 1}",
      "!ERROR: <input>:1:13: expected type of field 'op' is 'string' but provided type is 'int'\n | JSONPatch{op: 1}\n "
      "| "
      "............^",
      NULL },
    { "JSONPatch{nope: 1}", "!ERROR: <input>:1:15: undefined field 'nope'\n | JSONPatch{nope: 1}\n | ..............^",
      NULL },
    { "Object{?a: 1}", "!ERROR: <input>:1:12: expected type 'optional_type(int)' but found 'int'", NULL },
    { "Objects{}", "!ERROR: <input>:1:8: undeclared reference to 'Objects' (in container '')", NULL },
    { "Object{a: nope}", "!ERROR: <input>:1:11: undeclared reference to 'nope' (in container '')", NULL },
};

static void check_row(const struct row *row)
{
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer problems = { 0 }, type = { 0 }, json = { 0 };
    auto_with(cel_program_destroy_cleanup) struct cel_program *program = compile(row->expression, ALL, &problems);
    struct cel_value value;
    struct error err = { 0 };

    if (row->type[0] == '!') {
        if (program != NULL || strncmp(problems.data, row->type + 1, strlen(row->type + 1)) != 0)
            fail_msg("%s\n says %s", row->expression, program == NULL ? problems.data : "nothing");
        return;
    }
    if (program == NULL)
        fail_msg("%s\n says %s", row->expression, problems.data);
    cel_type_format(cel_program_type(program), &type);
    assert_string_equal(type.data, row->type);
    evaluate(program, &arena, &value, NULL);
    if (cel_value_to_json(&value, &json, &err) < 0)
        fail_msg("%s\n has no JSON: %s", row->expression, err.message);
    assert_string_equal(json.data, row->json);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++)
        check_row(&rows[i]);
}

/* Other users of expressions make no objects. */
static void test_without(void **state)
{
    static const char *const texts[] = { "Object{}", "JSONPatch{}", "jsonpatch.escapeKey('')", "Object" };

    (void)state;
    for (size_t i = 0; i < countof(texts); i++)
        assert_null(compile(texts[i], EVERY_LIBRARY, NULL));
}

/* As upstream: 40 for an object, a tenth for each character of a key. */
static void test_costs(void **state)
{
    static const struct {
        const char *expression;
        uint64_t cost;
    } costs[] = {
        { "Object{}", 40 },
        { "Object{a: Object.a{b: [self]}}", 91 },
        { "jsonpatch.escapeKey('0123456789')", 1 },
    };

    (void)state;
    for (size_t i = 0; i < countof(costs); i++) {
        auto_arena struct arena arena = { 0 };
        auto_with(cel_program_destroy_cleanup) struct cel_program *program = compile(costs[i].expression, ALL, NULL);
        struct cel_value value;
        uint64_t cost;

        assert_non_null(program);
        evaluate(program, &arena, &value, &cost);
        assert_int_equal(cost, costs[i].cost);
        assert_int_equal(cel_program_cost(program).max, costs[i].cost);
    }
}

static void test_names(void **state)
{
    static const struct {
        const char *expression, *problem;
    } names[] = {
        { "Object{spec: Object.spec{a: [{'x': Object.spec.a{}}]}}", NULL },
        { "Object.spec{a: Object.spec.a{}}", NULL },
        { "{'a': 1}", NULL },
        { "Object{spec: Object.wrong{}}", "unexpected type name \"Object.wrong\", expected \"Object.spec\", which "
                                          "matches field name path from root Object type" },
        { "Object{spec: [[Object.spec{a: Object{}}]]}", "unexpected type name \"Object\", expected \"Object.spec.a\", "
                                                        "which matches field name path from root Object type" },
    };

    (void)state;
    for (size_t i = 0; i < countof(names); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer problem = { 0 };
        auto_with(cel_program_destroy_cleanup) struct cel_program *program = compile(names[i].expression, ALL, NULL);
        struct cel_value value;

        assert_non_null(program);
        evaluate(program, &arena, &value, NULL);
        assert_int_equal(cel_value_names_fit(&value, &problem), names[i].problem == NULL);
        if (names[i].problem != NULL)
            assert_string_equal(problem.data, names[i].problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
