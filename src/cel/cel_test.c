/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cel_test.c - expressions and what they are: rows "expression | value", "expression | !error". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/fixture.h"

static void test_literals(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "42", "42" },
        { "-42", "-42" },
        { "0x1F", "31" },
        { "-0x1f", "-31" },
        { "42u", "42" },
        { "9223372036854775807", "9223372036854775807" },
        { "-9223372036854775808", "-9223372036854775808" },
        { "9223372036854775808", "!invalid int literal" },
        { "18446744073709551615u", "18446744073709551615" },
        { "1.5", "1.5" },
        { ".5e1", "5" },
        { "1e3", "1000" },
        { "true", "true" },
        { "null", "null" },
        { "'a\"b'", "\"a\\\"b\"" },
        { "\"a'b\"", "\"a'b\"" },
        { "'''a'b''c'''", "\"a'b''c\"" },
        { "\"\"\"line\nnext\"\"\"", "\"line\\nnext\"" },
        { "''", "\"\"" },
        { "r'a\\n'", "\"a\\\\n\"" },
        { "'\\x41\\u00e9\\U0001F600\\101\\n\\t\\\\'", "\"A\xc3\xa9\xf0\x9f\x98\x80"
                                                      "A\\n\\t\\\\\"" },
        { "b'abc'", "\"YWJj\"" },
        { "b'\\xff\\000'", "\"/wA=\"" },
        { "'\\ud800'", "!invalid string literal" },
        { "[1, 2, 3,]", "[1,2,3]" },
        { "{'a': 1, 'b': 2}", "{\"a\":1,\"b\":2}" },
        { "{'a': 1, 'a': 2}", "!repeated key in map literal" },
        { "1 // a comment", "1" },
        { "[1, 'a']", "!expected type 'int' but found 'string'" },
        { "[[1], ['a']]", "!expected type 'list(int)' but found 'list(string)'" },
    };

    CHECK_ROWS(rows);
}

static void test_operators(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "1 + 2 * 3 - 4 / 2 % 3", "5" },
        { "(1 + 2) * 3", "9" },
        { "7 / -2", "-3" },
        { "-7 % 3", "-1" },
        { "--1", "1" },
        { "!!true", "true" },
        { "9223372036854775807 + 1", "!integer overflow" },
        { "-9223372036854775807 - 2", "!integer overflow" },
        { "9223372036854775807 * 2", "!integer overflow" },
        { "0u - 1u", "!unsigned integer overflow" },
        { "1 / 0", "!division by zero" },
        { "1 % 0", "!modulus by zero" },
        { "1.0 / 0.0 > 1.0", "true" },
        { "'a' + 'b'", "\"ab\"" },
        { "[1] + [2, 3]", "[1,2,3]" },
        { "b'a' + b'b' == b'ab'", "true" },
        { "1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3 && 1 != 2", "true" },
        { "1 < 1.5 && 2u > 1 && 1u < 1.5 && dyn(1) == 1.0 && dyn(1u) == 1", "true" },
        { "9007199254740993 > 9007199254740992.0", "false" },
        { "dyn(9223372036854775807) >= 9223372036854775808.0", "true" },
        { "dyn(18446744073709551615u) < 1e30 && -1.0 < 0u", "true" },
        { "-1 < 0u", "true" },
        { "dyn('a') == 1", "false" },
        { "'a' < 'b' && b'a' < b'b' && false < true", "true" },
        { "double('NaN') == double('NaN')", "false" },
        { "double('NaN') < 1.0", "!NaN values cannot be ordered" },
        { "duration(1500000000) == duration('1.5s')", "true" },
        { "quantity('1.5Gi').isInteger()", "false" },
        { "quantity('100Gi').asInteger()", "107374182400" },
        { "quantity('100Ti').isInteger()", "false" },
        { "quantity('1Ti').add(quantity('1')).isInteger()", "true" },
        { "[1, 2] == [1, 2] && [1] != [2] && {'a': 1} == {'a': 1}", "true" },
        { "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true" },
        { "1 in [1, 2] && !(3 in [1, 2]) && 'a' in {'a': 1}", "true" },
        { "dyn(1.0) in [1, 2]", "true" },
        { "true ? 1 : 2", "1" },
        { "false ? 1 / 0 : 2", "2" },
        { "true || 1 / 0 > 1", "true" },
        { "1 / 0 > 1 || true", "true" },
        { "false && 1 / 0 > 1", "false" },
        { "1 / 0 > 1 && false", "false" },
        { "1 / 0 > 1 || false", "!division by zero" },
        { "dyn('a') || true", "true" },
        { "dyn('a') || false", "!no such overload" },
        { "dyn(1) + dyn('a')", "!no such overload" },
        { "[1, 2][1]", "2" },
        { "[1, 2][2]", "!index out of bounds: 2" },
        { "{'a': 1}['a']", "1" },
        { "{'a': 1}['b']", "!no such key: b" },
        { "{1: 'x', 2: 'y'}[2]", "\"y\"" },
        { "{1: 'x'}[dyn(1.0)]", "\"x\"" },
        { "type(1) == int && type('') == string && type(type(1)) == type", "true" },
        { "type([]) == list && type({}) == map && type(null) == null_type", "true" },
    };

    CHECK_ROWS(rows);
}

/* What no declared form takes, and what upstream names of it. */
static void test_no_such_overload(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "dyn(1).startsWith('a')", "!no such overload" },
        { "dyn(1).trim()", "!no such overload: trim(int)" },
        { "dyn(1).getHours('UTC')", "!no such overload: getHours(int, string)" },
        { "null.getFullYear()", "!no such overload: getFullYear(null_type)" },
        { "size(dyn(1))", "!no such overload: size" },
        { "size(dyn(duration('1s')))", "!no such overload" },
        { "dyn(true) + dyn(true)", "!no such overload: _+_" },
        { "dyn([1]) - dyn([1])", "!no such overload: _-_" },
        { "dyn('a') - dyn('b')", "!no such overload" },
        { "-dyn(2u)", "!no such overload: -_" },
        { "dyn({}) < dyn({})", "!no such overload: _<_" },
        { "dyn(ip('1.1.1.1')) == dyn(1)", "!no such overload" },
        { "dyn(1) == dyn(ip('1.1.1.1'))", "false" },
        { "dyn(quantity('1')) != dyn(1)", "true" },
        { "[dyn(ip('1.1.1.1'))] == [dyn(1)]", "false" },
    };

    CHECK_ROWS(rows);
}

static void test_selections(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "self.name", "\"web\"" },
        { "self.nested.deep.value + 1", "8" },
        { "self['name']", "\"web\"" },
        { "self.nope", "!no such key: nope" },
        { "self.name.nope", "!no such key: nope" },
        { "has(self.name.nope)", "false" },
        { "dyn(null).a", "!no such key: a" },
        { "dyn(1)[0]", "!no such key: 0" },
        { "dyn([1]).a", "!unsupported index type 'string' in list" },
        { "[1][dyn(1.5)]", "!unsupported index value 1.5 in list" },
        { "has(self.name) && !has(self.nope)", "true" },
        { "has(self.nested.deep.value)", "true" },
        { "has(self.nope.deep)", "!no such key: nope" },
        { "has({'a': 1}.a)", "true" },
        { "has(self)", "!invalid argument to has() macro" },
        { "self.list[0]", "3" },
        { "self.map.a", "1" },
        { "self.ratio == 0.5 && self.on && self.none == null", "true" },
        { "size(self.list) == 3 && self.list.size() == 3 && size(self.map) == 2", "true" },
        { "self.list", "[3,1,2]" },
        { "self.?name.orValue('x')", "\"web\"" },
        { "self.?nope.orValue('x')", "\"x\"" },
        { "self.?nope.?deeper.hasValue()", "false" },
        { "self.?nested.deep.value.value()", "7" },
        { "self.list[?1].value()", "1" },
        { "self.list[?9].orValue(0)", "0" },
        { "self.map[?'z'].or(optional.of(5)).value()", "5" },
        { "optional.none().value()", "!optional.none() dereference" },
        { "optional.of(1).optMap(x, x + 1).value()", "2" },
        { "optional.none().optMap(x, x + 1).hasValue()", "false" },
        { "optional.of(1).optFlatMap(x, optional.of(x * 2)).value()", "2" },
        { "optional.ofNonZeroValue('').hasValue()", "false" },
        { "optional.ofNonZeroValue('a').hasValue()", "true" },
        { "[?optional.of(1), ?optional.none(), 2]", "[1,2]" },
        { "{?'a': optional.of(1), ?'b': optional.none()}", "{\"a\":1}" },
        { "optional.of(1) == optional.of(1) && optional.of(1) != optional.none()", "true" },
        { "optional.unwrap([optional.of(1), optional.none()])", "[1]" },
        { "[optional.of(1), optional.none()].unwrapOpt()", "[1]" },
        { "[1, 2].first().value() + [1, 2].last().value()", "3" },
        { "cel.bind(x, 5, x * x)", "25" },
    };

    CHECK_ROWS(rows);
}

static void test_macros(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "[1, 2, 3].all(x, x > 0)", "true" },
        { "[1, 2, 3].all(x, x > 1)", "false" },
        { "[1, 2, 3].exists(x, x == 2)", "true" },
        { "[].exists(x, x == 2)", "false" },
        { "[1, 2, 2].exists_one(x, x == 2)", "false" },
        { "[1, 2, 2].existsOne(x, x == 1)", "true" },
        { "[1, 2, 3].map(x, x * x)", "[1,4,9]" },
        { "[1, 2, 3].map(x, x > 1, x * x)", "[4,9]" },
        { "[1, 2, 3].filter(x, x > 1)", "[2,3]" },
        { "{'a': 1, 'b': 2}.map(k, k)", "[\"a\",\"b\"]" },
        { "{'a': 1, 'b': 2}.all(k, k != 'c')", "true" },
        { "self.map.exists(k, self.map[k] == 2)", "true" },
        { "[0, 1, 2].exists(x, 2 / x == 1)", "true" },
        { "[0, 1].all(x, 1 / x == 1)", "!division by zero" },
        { "[0, 1].all(x, 1 / x == 5)", "false" },
        { "[[1, 2], [3]].map(x, x.map(y, y + 1))", "[[2,3],[4]]" },
        { "[1, 2].map(x, [x].map(x, x * 10))", "[[10],[20]]" },
        { "[1, 2].all(i, v, v == i + 1)", "true" },
        { "{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true" },
        { "[5, 6].existsOne(i, v, v == 6)", "true" },
        { "[5, 6].transformList(i, v, i * v)", "[0,6]" },
        { "[5, 6].transformList(i, v, i > 0, v)", "[6]" },
        { "{'a': 1, 'b': 2}.transformMap(k, v, v * 2)", "{\"a\":2,\"b\":4}" },
        { "{'a': 1, 'b': 2}.transformMap(k, v, k == 'b', v)", "{\"b\":2}" },
        { "{'a': 'x'}.transformMapEntry(k, v, {v: k})", "{\"x\":\"a\"}" },
        { "{'a': 'x', 'b': 'x'}.transformMapEntry(k, v, {v: k})", "!insert failed: key already exists" },
        { "[1].all(1, true)", "!argument must be a simple name" },
        { "[1].map(a.b, true)", "!argument is not an identifier" },
        { "[1].all(i, i, true)", "!duplicate variable name: i" },
        { "1.all(x, true)", "!expression of type 'int' cannot be range of a comprehension" },
        { "dyn(1).all(x, true)", "!got 'int', expected iterable type" },
        { "lists.range(3).map(x, lists.range(x))", "[[],[0],[0,1]]" },
    };

    CHECK_ROWS(rows);
}

static void test_conversions(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "int('-5') + int(2.9) + int(3u)", "0" },
        { "int(-2.9)", "-2" },
        { "int('x' + self.name)", "!type conversion error from 'string' to 'int'" },
        { "int(self.ratio * 1e30)", "!integer overflow" },
        { "uint(5) == 5u && uint('6') == 6u && uint(7.9) == 7u", "true" },
        { "uint(self.count - 5)", "!unsigned integer overflow" },
        { "double('1.5') + double(1) + double(1u)", "3.5" },
        { "string(1) + string(2u) + string(1.5) + string(true) + string(b'x') + string('y')", "\"121.5truexy\"" },
        { "string(1e21) + ' ' + string(1e20) + ' ' + string(0.00001) + ' ' + string(100000.0)",
          "\"1e+21 100000000000000000000 1e-05 100000\"" },
        { "bytes('\xc3\xa9') == b'\\xc3\\xa9'", "true" },
        { "bool('true') && !bool('0')", "true" },
        { "string(duration('1h30m'))", "\"5400s\"" },
        { "string(duration('-1.5s'))", "\"-1.5s\"" },
        { "string(timestamp('2023-01-02T03:04:05.6Z'))", "\"2023-01-02T03:04:05.6Z\"" },
        { "string(timestamp(0))", "\"1970-01-01T00:00:00Z\"" },
        { "int(timestamp('1970-01-01T00:01:00Z'))", "60" },
        { "timestamp('nonsense')", "!invalid timestamp argument" },
        { "timestamp(-62135596801)", "!invalid timestamp argument" },
        { "duration('nonsense')", "!invalid duration argument" },
        { "timestamp(self.name)", "!type conversion error from 'string' to 'google.protobuf.Timestamp'" },
        { "string(b'\\xff')", "!invalid UTF-8 in bytes, cannot convert to string" },
    };

    CHECK_ROWS(rows);
}

static void test_times(void **state)
{
    (void)state;
    static const struct fixture_row rows[] = {
        { "timestamp('2024-02-29T12:30:45.678Z').getFullYear()", "2024" },
        { "timestamp('2024-02-29T12:30:45.678Z').getMonth()", "1" },
        { "timestamp('2024-02-29T12:30:45.678Z').getDate()", "29" },
        { "timestamp('2024-02-29T12:30:45.678Z').getDayOfMonth()", "28" },
        { "timestamp('2024-02-29T12:30:45.678Z').getDayOfWeek()", "4" },
        { "timestamp('2024-02-29T12:30:45.678Z').getDayOfYear()", "59" },
        { "timestamp('2024-02-29T12:30:45.678Z').getHours()", "12" },
        { "timestamp('2024-02-29T12:30:45.678Z').getMinutes()", "30" },
        { "timestamp('2024-02-29T12:30:45.678Z').getSeconds()", "45" },
        { "timestamp('2024-02-29T12:30:45.678Z').getMilliseconds()", "678" },
        { "timestamp('2024-02-29T23:30:00Z').getDate('+01:00')", "1" },
        { "timestamp('2024-02-29T23:30:00Z').getHours('-08:30')", "15" },
        { "timestamp('2024-02-29T23:30:00Z').getHours('No/Where')", "!unknown time zone No/Where" },
        { "timestamp('2024-02-29T23:30:00+02:00') == timestamp('2024-02-29T21:30:00Z')", "true" },
        { "timestamp('2024-01-01T00:00:00Z') + duration('24h') == timestamp('2024-01-02T00:00:00Z')", "true" },
        { "duration('1h') + timestamp('2024-01-01T00:00:00Z') > timestamp('2024-01-01T00:00:00Z')", "true" },
        { "timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z')", "\"86400s\"" },
        { "timestamp('9999-12-31T23:59:59Z') + duration('1s')", "!timestamp overflow" },
        { "duration('1h1m1.001s').getHours()", "1" },
        { "duration('1h1m1.001s').getMinutes()", "61" },
        { "duration('1h1m1.001s').getSeconds()", "3661" },
        { "duration('1h1m1.001s').getMilliseconds()", "3661001" },
        { "duration('1h') > duration('59m') && duration('60m') == duration('1h')", "true" },
        { "duration('1h') - duration('2h')", "\"-3600s\"" },
    };

    CHECK_ROWS(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),   cmocka_unit_test(test_operators), cmocka_unit_test(test_no_such_overload),
        cmocka_unit_test(test_selections), cmocka_unit_test(test_macros),    cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
