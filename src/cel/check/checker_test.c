/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* checker_test.c - what is refused, in which words and where; values read by their types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/cel.h"

#define EXPECTING_EXPRESSION                                                                                          \
    "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, " \
    "IDENTIFIER}"

static const struct cel_type *typed(struct arena *arena)
{
    struct cel_field inner[] = {
        { .json = "name", .type = cel_type_string(arena, 10) },
        { .json = "namespace", .type = cel_type_string(arena, 10) },
        { .json = "a.b", .type = cel_type_int(arena) },
    };
    struct cel_type *nullable = cel_type_string(arena, -1);
    nullable->nullable = true;
    struct cel_field fields[] = {
        { .json = "text", .type = cel_type_string(arena, -1) },
        { .json = "number", .type = cel_type_int(arena) },
        { .json = "ratio", .type = cel_type_double(arena) },
        { .json = "port", .type = cel_type_int_or_string(arena, -1) },
        { .json = "when", .type = cel_type_timestamp(arena, false) },
        { .json = "day", .type = cel_type_timestamp(arena, true) },
        { .json = "span", .type = cel_type_duration(arena) },
        { .json = "bytes", .type = cel_type_bytes(arena, -1) },
        { .json = "texts", .type = cel_type_list(arena, nullable, -1) },
        { .json = "map", .type = cel_type_map(arena, cel_type_int(arena), -1) },
        { .json = "inner", .type = cel_type_object(arena, "Inner", inner, countof(inner)) },
        { .json = "strict", .type = cel_type_list(arena, cel_type_string(arena, -1), -1) },
    };

    return cel_type_object(arena, "Outer", fields, countof(fields));
}

static const char document[] =
    "{\"text\":\"abc\",\"number\":5,\"ratio\":2,\"port\":80,\"when\":\"2020-01-01T01:00:00+01:00\",\"day\":"
    "\"2020-01-02\",\"span\":\"90s\",\"bytes\":\"aGk=\",\"texts\":[\"x\",null],\"map\":{\"a\":1},\"inner\":{\"name\":"
    "\"n\",\"namespace\":\"ns\",\"a.b\":7,\"unknown\":true},\"strict\":[null],\"unknown\":1}";

struct row {
    const char *expression;
    const char *expected;
};

static const struct row problem_rows[] = {
    { "self.nope", "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope\n | ....^" },
    { "has(self.nope)", "ERROR: <input>:1:4: undefined field 'nope'\n | has(self.nope)\n | ...^" },
    { "nope", "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^" },
    { "nope(1)", "ERROR: <input>:1:5: undeclared reference to 'nope' (in container '')\n | nope(1)\n | ....^" },
    { "self.text + 1", "ERROR: <input>:1:11: found no matching overload for '_+_' applied to '(string, int)'\n | "
                       "self.text + 1\n | ..........^" },
    { "self.text.startsWith(1)", "ERROR: <input>:1:21: found no matching overload for 'startsWith' applied to "
                                 "'string.(int)'\n | self.text.startsWith(1)\n | ....................^" },
    { "self.inner == self.number", "ERROR: <input>:1:12: found no matching overload for '_==_' applied to "
                                   "'(Inner, int)'\n | self.inner == self.number\n | ...........^" },
    { "self.texts.all(t, t)", "ERROR: <input>:1:19: expected type 'bool' but found 'string'\n | "
                              "self.texts.all(t, t)\n | ..................^" },
    { "self.text.all(t, true)", "ERROR: <input>:1:5: expression of type 'string' cannot be range of a "
                                "comprehension (must be list, map, or dynamic)\n | self.text.all(t, true)\n | "
                                "....^" },
    { "self.number.x", "ERROR: <input>:1:12: type 'int' does not support field selection\n | self.number.x\n | "
                       "...........^" },
    { "1 && 'a' || b", "ERROR: <input>:1:1: expected type 'bool' but found 'int'\n | 1 && 'a' || b\n | ^\n"
                       "ERROR: <input>:1:6: expected type 'bool' but found 'string'\n | 1 && 'a' || b\n | .....^\n"
                       "ERROR: <input>:1:13: undeclared reference to 'b' (in container '')\n | 1 && 'a' || b\n | "
                       "............^" },
    { "self.map[1]", "ERROR: <input>:1:9: found no matching overload for '_[_]' applied to '(map(string, int), "
                     "int)'\n | self.map[1]\n | ........^" },
    { "true ? 1 : 'a'", "ERROR: <input>:1:6: found no matching overload for '_?_:_' applied to '(bool, int, "
                        "string)'\n | true ? 1 : 'a'\n | .....^" },
    { "Foo{a: 1}", "ERROR: <input>:1:4: undeclared reference to 'Foo' (in container '')\n | Foo{a: 1}\n | ...^" },
    { "cel.bind(x, 1, x)", "ERROR: <input>:1:1: undeclared reference to 'cel' (in container '')\n | cel.bind(x, 1, "
                           "x)\n | ^\nERROR: <input>:1:9: undeclared reference to 'bind' (in container '')\n | "
                           "cel.bind(x, 1, x)\n | ........^\nERROR: <input>:1:10: undeclared reference to 'x' (in "
                           "container '')\n | cel.bind(x, 1, x)\n | .........^\nERROR: <input>:1:16: undeclared "
                           "reference to 'x' (in container '')\n | cel.bind(x, 1, x)\n | ...............^" },
    { "for", "ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^" },
    { "1 +", "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' " EXPECTING_EXPRESSION "\n | 1 +\n | ...^" },
    { "", "ERROR: <input>:1:1: Syntax error: mismatched input '<EOF>' " EXPECTING_EXPRESSION "\n | \n | ^" },
    { "a b", "ERROR: <input>:1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^" },
    { "1 + $", "ERROR: <input>:1:5: Syntax error: token recognition error at: '$'\n | 1 + $\n | ....^\nERROR: "
               "<input>:1:6: Syntax error: mismatched input '<EOF>' " EXPECTING_EXPRESSION "\n | 1 + $\n | .....^" },
    { "\xc3\xa9 + 1", "ERROR: <input>:1:1: Syntax error: token recognition error at: '\xc3\xa9'\n | \xc3\xa9 + 1\n"
                      " | \xef\xbc\xbe\nERROR: <input>:1:3: Syntax error: extraneous input '+' " EXPECTING_EXPRESSION
                      "\n | \xc3\xa9 + 1\n | \xef\xbc\x8e.^" },
    { "self.true", "ERROR: <input>:1:6: Syntax error: mismatched input 'true' expecting IDENTIFIER\n | self.true\n "
                   "| .....^" },
    { "{a}", "ERROR: <input>:1:3: Syntax error: mismatched input '}' expecting ':'\n | {a}\n | ..^" },
    { "TestAllTypes(){}", "ERROR: <input>:1:15: Syntax error: mismatched input '{' expecting <EOF>\n | "
                          "TestAllTypes(){}\n | ..............^" },
    { "[1, 2", "ERROR: <input>:1:6: Syntax error: missing ']' at '<EOF>'\n | [1, 2\n | .....^" },
    { "1\n + x", "ERROR: <input>:2:4: undeclared reference to 'x' (in container '')\n |  + x\n | ...^" },
    { "'a'.matches('[')", "ERROR: <input>:1:13: invalid matches argument\n | 'a'.matches('[')\n | ............^" },
};

static void test_problems(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct cel_variable variables[] = { { .name = "self", .type = typed(&arena), .sized = true } };
    struct cel_environment environment = { variables, 1, 0 };

    for (size_t i = 0; i < countof(problem_rows); i++) {
        auto_buffer struct buffer problems = { 0 };
        struct cel_program *program = NULL;
        struct error err = { 0 };

        if (cel_compile(&environment, str_of(problem_rows[i].expression), &program, &problems, &err) != -ERROR_INVALID)
            fail_msg("%s compiles", problem_rows[i].expression);
        if (strcmp(problems.data, problem_rows[i].expected) != 0)
            fail_msg("%s\n%s\nand not\n%s", problem_rows[i].expression, problems.data, problem_rows[i].expected);
    }
}

static bool answer_field(void *context, struct str name, struct arena *arena, struct cel_value *ret_value)
{
    (void)context;
    (void)arena;
    *ret_value = cel_value_int(42);
    return str_is(name, "answer");
}

static const struct row value_rows[] = {
    { "self.number + 1", "6" },
    { "self.ratio / 4.0", "0.5" },
    { "type(self.port) == int && self.port == 80", "true" },
    { "self.when == timestamp('2020-01-01T00:00:00Z')", "true" },
    { "self.day.getDate()", "2" },
    { "self.span > duration('1m')", "true" },
    { "self.bytes == b'hi' && size(self.bytes) == 2", "true" },
    { "[self.bytes] == [b'hi'] && self.bytes in [b'hi']", "true" },
    { "self.texts[1] == null", "!found no matching overload for '_==_' applied to '(string, null)'" },
    { "self.texts.exists(t, type(t) == null_type)", "true" },
    { "self.map.a + self.map['a']", "2" },
    { "self.inner.__namespace__ + self.inner.namespace", "\"nsns\"" },
    { "self.inner.a__dot__b", "7" },
    { "self.inner.unknown", "!undefined field 'unknown'" },
    { "has(self.inner.name)", "true" },
    { "dyn(self.inner).unknown", "!no such key: unknown" },
    { "self.inner == self.inner", "true" },
    { "self.strict[0]", "!invalid data, got null for schema with nullable=false" },
    { "type(self.inner) == type(self.inner)", "true" },
    { "oldSelf.hasValue()", "false" },
    { "oldSelf.?text.orValue('none')", "\"none\"" },
    { "driven.answer + driven.?missing.orValue(1)", "43" },
    { "driven.missing", "!no such key: missing" },
    { "variables.x", "9" },
};

static void test_values(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    const struct cel_type *type = typed(&arena);
    struct cel_variable variables[] = {
        { .name = "self", .type = type, .sized = true },
        { .name = "oldSelf", .type = cel_type_optional(&arena, type), .sized = true },
        { .name = "driven", .type = cel_type_of(CEL_MAP) },
        { .name = "variables.x", .type = cel_type_of(CEL_INT) },
    };
    struct cel_environment environment = { variables, countof(variables), 0 };
    yyjson_doc *doc = yyjson_read(document, sizeof(document) - 1, YYJSON_READ_NUMBER_AS_RAW);
    static const struct cel_object_driver driver = { .field = answer_field };
    struct cel_value values[4];

    assert_non_null(doc);
    values[0] = cel_value_json(yyjson_doc_get_root(doc), type);
    values[1] = cel_value_optional(&arena, NULL);
    values[2] = cel_value_object(&driver, NULL);
    values[3] = cel_value_int(9);
    for (size_t i = 0; i < countof(value_rows); i++) {
        auto_buffer struct buffer text = { 0 };
        struct cel_program *program = NULL;
        struct cel_value value;
        struct error err = { 0 };
        bool wrong = value_rows[i].expected[0] == '!';

        if (cel_compile(&environment, str_of(value_rows[i].expression), &program, NULL, &err) == 0 &&
            cel_evaluate(program, values, CEL_COST_PER_CALL, &arena, &value, NULL, &err) == 0)
            assert_int_equal(cel_value_to_json(&value, &text, &err), 0);
        if (text.data == NULL ? !wrong || strstr(err.message, value_rows[i].expected + 1) == NULL
                              : strcmp(text.data, value_rows[i].expected) != 0)
            fail_msg("%s: %s%s", value_rows[i].expression, text.data != NULL ? text.data : "", err.message);
        cel_program_destroy(program);
    }
    yyjson_doc_free(doc);
}

static void test_uses_and_type(void **state)
{
    (void)state;
    struct cel_variable variables[] = { { .name = "self", .type = cel_type_of(CEL_DYN) },
                                        { .name = "oldSelf", .type = cel_type_of(CEL_DYN) } };
    struct cel_environment environment = { variables, 2, 0 };
    struct cel_program *program = NULL;
    struct error err = { 0 };

    assert_int_equal(cel_compile(&environment, STR("[1].all(oldSelf, oldSelf > 0) && self.x"), &program, NULL, &err),
                     0);
    assert_true(cel_program_uses(program, "self"));
    assert_false(cel_program_uses(program, "oldSelf"));
    assert_int_equal(cel_program_type(program)->kind, CEL_BOOL);
    cel_program_destroy(program);
}

static void nest(struct buffer *text, const char *open, const char *close, int count)
{
    buffer_clear(text);
    for (int i = 0; i < count; i++)
        buffer_append_text(text, open);
    buffer_append_text(text, "1");
    for (int i = 0; i < count; i++)
        buffer_append_text(text, close);
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        const char *open, *close;
        int count;
        bool good;
    } rows[] = {
        { "(", ")", 200, true },       { "(", ")", 260, false },     { "[", "]", 200, true },
        { "[", "]", 300, false },      { "1+", "", 200, true },      { "1+", "", 300, false },
        { "-(", ")", 200, true },      { "1==1||", "==1", 1, true }, { "dyn(", ")", 240, true },
        { "dyn(", ")", 15000, false }, { "!", "", 50000, true },     { "[1].map(x,", ")", 100, true },
    };
    struct cel_environment environment = { 0 };

    for (size_t i = 0; i < countof(rows); i++) {
        auto_buffer struct buffer text = { 0 };
        struct cel_program *program = NULL;
        struct error err = { 0 };
        int rc;

        nest(&text, rows[i].open, rows[i].close, rows[i].count);
        if (rows[i].open[0] == '!')
            text.data[text.size - 1] = 'x'; /* undeclared: a problem, no crash */
        rc = cel_compile(&environment, buffer_str(&text), &program, NULL, &err);
        if ((rc == 0) != (rows[i].good && rows[i].open[0] != '!'))
            fail_msg("%d of %s: %s", rows[i].count, rows[i].open, err.message);
        if (!rows[i].good)
            assert_non_null(strstr(err.message, "recursion limit exceeded"));
        cel_program_destroy(program);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_uses_and_type),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
