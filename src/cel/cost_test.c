/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cost_test.c - estimated and actual costs, compared to the figures that upstream's own tests hold stable.
 *
 * A group is a schema and a document; a row is an expression with its worst case and what it cost on the document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cel/cel.h"

#define ANY UINT64_MAX /* no figure is known */

struct row {
    const char *expression;
    uint64_t estimate, actual;
};

struct group {
    const char *schema;
    const char *document;
    const struct row *rows;
    size_t count;
};

static int64_t bound(yyjson_val *schema, const char *name)
{
    yyjson_val *value = yyjson_obj_get(schema, name);

    return value == NULL ? -1 : yyjson_get_sint(value);
}

static const struct cel_type *type_of(struct arena *arena, yyjson_val *schema);

static struct cel_type *object_of(struct arena *arena, yyjson_val *properties)
{
    static const char *const names[] = { "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7" };
    struct cel_field fields[32] = { 0 };
    size_t count = 0, at, max;
    yyjson_val *key, *value;

    yyjson_obj_foreach(properties, at, max, key, value)
    {
        fields[count].json = yyjson_get_str(key);
        fields[count++].type = type_of(arena, value);
    }
    return cel_type_object(arena, names[count % countof(names)], fields, count);
}

static struct cel_type *string_of(struct arena *arena, yyjson_val *schema, const char *format)
{
    if (strcmp(format, "byte") == 0)
        return cel_type_bytes(arena, bound(schema, "max"));
    if (strcmp(format, "duration") == 0)
        return cel_type_duration(arena);
    if (strcmp(format, "date") == 0 || strcmp(format, "date-time") == 0)
        return cel_type_timestamp(arena, strcmp(format, "date") == 0);
    return cel_type_string(arena, bound(schema, "max"));
}

/* "string", "integer", ... or an object that says more. */
static const struct cel_type *type_of(struct arena *arena, yyjson_val *schema)
{
    const char *name = yyjson_is_str(schema) ? yyjson_get_str(schema) : "";
    yyjson_val *items = yyjson_obj_get(schema, "items"), *values = yyjson_obj_get(schema, "values");
    struct cel_type *type;

    if (items != NULL) {
        static const char *const keys[] = { "k", NULL };

        type = cel_type_list(arena, type_of(arena, items), bound(schema, "max"));
        if (yyjson_get_bool(yyjson_obj_get(schema, "set")))
            type->list_type = CEL_LIST_SET;
        if (yyjson_get_bool(yyjson_obj_get(schema, "map"))) {
            type->list_type = CEL_LIST_MAP;
            type->list_keys = keys;
        }
        return type;
    }
    if (values != NULL)
        return cel_type_map(arena, type_of(arena, values), bound(schema, "max"));
    if (yyjson_is_obj(schema) && yyjson_obj_get(schema, "max") == NULL)
        return object_of(arena, schema);
    if (strcmp(name, "integer") == 0)
        return cel_type_int(arena);
    if (strcmp(name, "number") == 0)
        return cel_type_double(arena);
    if (strcmp(name, "boolean") == 0)
        return cel_type_bool(arena);
    if (strcmp(name, "int-or-string") == 0)
        return cel_type_int_or_string(arena, -1);
    return string_of(arena, schema, name);
}

static void check_row(const struct row *row, const struct cel_type *type, yyjson_val *document)
{
    auto_arena struct arena arena = { 0 };
    struct cel_variable variables[] = { { .name = "self", .type = type, .sized = true } };
    struct cel_environment environment = { variables, 1, 0 };
    struct cel_value values[] = { cel_value_json(document, type) }, value;
    struct cel_program *program = NULL;
    struct error err = { 0 };
    uint64_t cost = 0;

    if (cel_compile(&environment, str_of(row->expression), &program, NULL, &err) != 0)
        fail_msg("%s\n does not compile: %s", row->expression, err.message);
    if (row->estimate != ANY && cel_program_cost(program).max != row->estimate)
        fail_msg("%s\n is estimated as %llu and not %llu", row->expression,
                 (unsigned long long)cel_program_cost(program).max, (unsigned long long)row->estimate);
    if (row->actual != ANY) {
        if (cel_evaluate(program, values, CEL_COST_PER_CALL, &arena, &value, &cost, &err) != 0)
            fail_msg("%s\n fails: %s", row->expression, err.message);
        if (value.kind != CEL_BOOL || !value.boolean)
            fail_msg("%s\n is not true", row->expression);
        if (cost != row->actual)
            fail_msg("%s\n costs %llu and not %llu", row->expression, (unsigned long long)cost,
                     (unsigned long long)row->actual);
    }
    cel_program_destroy(program);
}

static void check_group(const struct group *group)
{
    auto_arena struct arena arena = { 0 };
    yyjson_doc *schema = yyjson_read(group->schema, strlen(group->schema), 0);
    yyjson_doc *document = yyjson_read(group->document, strlen(group->document), 0);
    const struct cel_type *type;

    assert_non_null(schema);
    assert_non_null(document);
    type = type_of(&arena, yyjson_doc_get_root(schema));
    for (size_t i = 0; i < group->count; i++)
        check_row(&group->rows[i], type, yyjson_doc_get_root(document));
    yyjson_doc_free(document);
    yyjson_doc_free(schema);
}

#define CHECK_GROUP(schema_, document_, rows_) \
    check_group(                               \
        &(struct group){ .schema = (schema_), .document = (document_), .rows = (rows_), .count = countof(rows_) })

static void test_scalars(void **state)
{
    (void)state;
    static const struct row numbers[] = {
        { "self.i == self.j", 4, 5 },       { "type(self.i) == int", 4, 4 },    { "self.i + 1 == 5 + 1", 5, 5 },
        { "type(self.n) == double", 4, 4 }, { "self.n == 10.0", 2, 3 },         { "double(self.i) < self.n", 6, 6 },
        { "self.i < int(self.n)", 6, 6 },   { "double(5) < 10.0", 2, 1 },       { "5 < int(10.0)", 2, 1 },
        { "double(self.i) < 10.0", 4, 4 },  { "self.b == true", 2, 3 },         { "self.b != self.off", 4, 5 },
        { "int(self.n) > self.i", 6, 6 },   { "string(self.n) == '10'", 4, 4 },
    };
    CHECK_GROUP("{\"i\":\"integer\",\"j\":\"integer\",\"n\":\"number\",\"b\":\"boolean\",\"off\":\"boolean\"}",
                "{\"i\":5,\"j\":5,\"n\":10.0,\"b\":true,\"off\":false}", numbers);

    static const struct row times[] = {
        { "self.d == duration('1h2m') + duration('3s4ms')", 6, 4 },
        { "self.d.getHours() == 1", 4, 4 },
        { "type(self.d) == google.protobuf.Duration", 4, 4 },
        { "self.date.getDate() == 16", 4, 4 },
        { "type(self.date) == google.protobuf.Timestamp", 4, 4 },
        { "self.t == timestamp('2011-08-18T00:00:00.000+01:00') + duration('19h3m37s10ms')", 6, 4 },
        { "self.t.getDate('01:00') == 18", 4, 4 },
        { "self.bytes == b'AB'", 3, 3 },
        { "size(self.bytes) == 2", 4, 4 },
        { "type(self.bytes) == bytes", 4, 4 },
    };
    CHECK_GROUP("{\"d\":\"duration\",\"date\":\"date\",\"t\":\"date-time\",\"bytes\":\"byte\"}",
                "{\"d\":\"1h2m3s4ms\",\"date\":\"1997-07-16\",\"t\":\"2011-08-18T19:03:37.010000000+01:00\","
                "\"bytes\":\"QUI=\"}",
                times);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "self.a.startsWith('Rook')", 3, 3 },
        { "!self.a.startsWith('knight')", 4, 4 },
        { "self.a.matches('^[^0-9]*$')", 943721, 8 },
        { "!self.a.matches('^[0-9]*$')", 629149, 7 },
        { "type(self.a) == string", 4, 4 },
        { "size(self.a) == 12", 4, 4 },
        { "self.a.charAt(3) == 'k'", 4, 4 },
        { "self.a.indexOf('o') == 1", 314576, 4 },
        { "self.a.indexOf('o', 2) == 2", 314576, 4 },
        { "self.a.replace(' ', 'x') == 'Rookxtakesx\xf0\x9f\x91\x91'", 629150, 7 },
        { "self.a.replace(' ', 'x', 1) == 'Rookxtakes \xf0\x9f\x91\x91'", 629150, 7 },
        { "self.a.split(' ') == ['Rook', 'takes', '\xf0\x9f\x91\x91']", 629159, 6 },
        { "self.a.split(' ', 2) == ['Rook', 'takes \xf0\x9f\x91\x91']", 629159, 6 },
        { "self.a.substring(5) == 'takes \xf0\x9f\x91\x91'", 314576, 5 },
        { "self.a.substring(0, 4) == 'Rook'", 314576, 5 },
        { "self.a.substring(4, 10).trim() == 'takes'", 629149, 6 },
        { "self.a.upperAscii() == 'ROOK TAKES \xf0\x9f\x91\x91'", 314577, 6 },
        { "self.a.lowerAscii() == 'rook takes \xf0\x9f\x91\x91'", 314577, 6 },
        { "self.a.lowerAscii() == self.a.lowerAscii()", 943723, 10 },
        { "'%d %s %f %s %s'.format([1, 'abc', 1.0, duration('1m'), timestamp('2000-01-01T00:00:00.000Z')]) == "
          "'1 abc 1.000000 60s 2000-01-01T00:00:00Z'",
          ANY, 6 },
        { "'%e'.format([3.14]) == '3.140000\xc3\x97"
          "10\xe2\x81\xb0\xe2\x81\xb0'",
          ANY, 3 },
        { "'%o %o %o'.format([7, 8, 9]) == '7 10 11'", ANY, 2 },
        { "'%b %b %b'.format([7, 8, 9]) == '111 1000 1001'", ANY, 3 },
        { "isQuantity(self.q)", 314575, 3 },
        { "quantity(self.q).isInteger()", 314576, 4 },
        { "quantity(\"200M\") == quantity(\"0.2G\") && quantity(\"0.2G\") == quantity(\"200M\")", 6, 6 },
        { "quantity(\"50k\").add(quantity(\"20\")) == quantity(\"50.02k\")", 5, 5 },
        { "quantity(\"50k\").sub(20) == quantity(\"49980\")", 4, 4 },
        { "quantity(\"200M\").compareTo(quantity(\"0.2G\")) == 0", 4, 4 },
    };
    CHECK_GROUP("{\"a\":\"string\",\"q\":\"string\"}", "{\"a\":\"Rook takes \xf0\x9f\x91\x91\",\"q\":\"20\"}", rows);
}

static void test_lists(void **state)
{
    (void)state;
    static const struct row lists[] = {
        { "1 in self.a", 1572865, 5 },
        { "self.b[0] in self.a", 1572868, 8 },
        { "!(0 in self.a)", 1572866, 6 },
        { "self.a + self.b == [1, 2, 3, 1, 2, 3]", 16, 6 },
        { "self.a + [4, 5] == [1, 2, 3, 4, 5]", 24, 4 },
        { "has(self.a)", 1, 1 },
        { "has(self.a) && has(self.b)", 2, 2 },
        { "self.a.all(k, size(self.a) > 0)", 11010044, ANY },
        { "self.a.exists_one(k, self.a == [2])", 23592949, ANY },
        { "size(self.a.filter(k, size(self.a) > 1)) == 1", 26738686, ANY },
        { "self.a.all(e, e > 0)", 7864318, ANY },
        { "self.a.exists(e, e > 2)", 9437181, ANY },
        { "self.a.exists_one(e, e == 3)", 4718593, ANY },
        { "size(self.a.filter(e, e%2 == 0)) == 1", 25165823, ANY },
        { "self.a.map(e, e * 20).filter(e, e > 50).exists(e, e == 60)", 53477367, ANY },
        { "lists.range(4) == [0,1,2,3]", ANY, 16 },
        { "lists.range(0) == []", ANY, 11 },
        { "[5,1,2,3].reverse() == [3,2,1,5]", ANY, 16 },
        { "[false, true, true].reverse().reverse() == [false, true, true]", ANY, 29 },
        { "[1,2,3,4].slice(1, 3) == [2, 3]", ANY, 14 },
        { "dyn([1,2,3,4]).flatten() == [1,2,3,4]", ANY, 16 },
        { "[4, 3, 2, 1].sort() == [1, 2, 3, 4]", ANY, 44 },
        { "[\"d\", \"a\", \"b\", \"c\"].sort() == [\"a\", \"b\", \"c\", \"d\"]", ANY, 45 },
        { "[].sortBy(e, e) == []", ANY, 14 },
        { "[\"a\"].sortBy(e, e) == [\"a\"]", ANY, 30 },
        { "[-3, 1, -5, -2, 4].sortBy(e, -(e * e)) == [-5, 4, -3, -2, 1]", ANY, 145 },
        { "[-3, 1, -5, -2, 4].map(e, e * 2).sortBy(e, -(e * e)) == [-10, 8, -6, -4, 2]", ANY, 216 },
        { "lists.range(3).sortBy(e, -e) == [2, 1, 0]", ANY, 89 },
        { "[\"a\", \"c\", \"b\", \"first\"].sortBy(e, e == \"first\" ? \"\" : e) == [\"first\", \"a\", \"b\", \"c\"]",
          ANY, 104 },
        { "[{'name': 'foo'}, {'name': 'bar'}, {'name': 'baz'}].sortBy(e, e.name) == [{'name': 'bar'}, {'name': 'baz'}, "
          "{'name': 'foo'}]",
          ANY, 75 },
        { "[-2, 5, -2, 1, 1, 5, -2, 1].distinct() == [-2, 5, 1]", ANY, 140 },
        { "['c', 'a', 'a', 'b', 'a', 'b', 'c', 'c'].distinct() == ['c', 'a', 'b']", ANY, 146 },
        { "[[1], [1], [2]].distinct() == [[1], [2]]", ANY, 30 },
    };
    CHECK_GROUP("{\"a\":{\"items\":\"integer\"},\"b\":{\"items\":\"integer\"}}", "{\"a\":[1,2,3],\"b\":[1,2,3]}",
                lists);
}

static void test_sets_and_maps(void **state)
{
    (void)state;

    static const struct row sets[] = {
        { "self.a == ['c', 'b', 'a']", 13, 3 },
        { "self.a == self.b", 104862, 5 },
        { "'a' in self.a", 1048577, 5 },
        { "!('x' in self.a)", 1048578, 6 },
        { "self.a + self.b == ['a', 'b', 'c']", 16, 6 },
        { "self.a + ['c', 'd'] == ['a', 'b', 'c', 'd']", 24, 4 },
        { "self.a.all(k, size(self.a) > 0)", 7340028, ANY },
        { "sets.contains(self.a, ['a'])", ANY, 6 },
        { "sets.equivalent(self.a, ['a', 'b', 'c'])", ANY, 21 },
        { "sets.intersects(self.a, ['a'])", ANY, 6 },
    };
    CHECK_GROUP("{\"a\":{\"items\":\"string\",\"set\":true},\"b\":{\"items\":\"string\",\"set\":true}}",
                "{\"a\":[\"a\",\"b\",\"c\"],\"b\":[\"a\",\"c\",\"b\"]}", sets);

    static const struct row maps[] = {
        { "self.a == self.b", 39326, 5 },
        { "'k1' in self.a", 3, 3 },
        { "!('k3' in self.a)", 4, 4 },
        { "self.a == {'k1': 'a', 'k2': 'b'}", 33, 3 },
        { "self.a.all(k, size(self.a) > 0)", 2752508, ANY },
        { "size(self.a.filter(k, size(self.a) > 1)) == 2", 6684670, ANY },
        { "!has(self.a.x)", 3, 3 },
        { "has(self.a.k1)", 2, 2 },
        { "self.v.all(k, self.v[k] > 0)", 3595115, 17 },
        { "!self.v.exists(k, self.v[k] == 3)", ANY, 20 },
        { "self.v.exists_one(k, self.v[k] == 2)", 2696338, 14 },
        { "!self.v.exists_one(k, self.v[k] > 0)", 3145728, 17 },
        { "size(self.v.filter(k, self.v[k] > 1)) == 1", 8089017, 26 },
        { "self.v.all(k, v, v > 0)", ANY, 13 },
        { "!self.v.exists(k, v, v == 3)", ANY, 16 },
        { "self.v.existsOne(k, v, v == 2)", ANY, 10 },
        { "self.v.transformMap(k, v, v > 1, v + 1).size() == 1", ANY, 14 },
        { "self.v.transformMap(k, v, v + 1).size() == 2", ANY, 15 },
        { "self.v.transformMapEntry(k, v, v > 1, {k + '2': v + 1}).size() == 1", ANY, 45 },
        { "self.v.transformMapEntry(k, v, {k + '2': v + 1}).size() == 2", ANY, 77 },
    };
    CHECK_GROUP("{\"a\":{\"values\":\"string\"},\"b\":{\"values\":\"string\"},\"v\":{\"values\":\"integer\"}}",
                "{\"a\":{\"k1\":\"a\",\"k2\":\"b\"},\"b\":{\"k2\":\"b\",\"k1\":\"a\"},\"v\":{\"b\":1,\"d\":2}}", maps);
}

static void test_objects(void **state)
{
    (void)state;
    static const struct row keyed[] = {
        { "self.objs[0] == self.objs[1]", 104864, 7 },
        { "self.objs[0] + self.objs[2] == self.objs[2]", 104868, 11 },
        { "self.objs[2] + self.objs[0] == self.objs[0]", 104868, 11 },
        { "self.objs[0] == [self.objs[0][0], self.objs[0][1]]", 22, 22 },
        { "self.objs[0] == [self.objs[0][1], self.objs[0][0]]", 22, 22 },
        { "self.objs[2] + [self.objs[0][0], self.objs[0][1]] == self.objs[0]", 104883, 26 },
        { "size(self.objs[0] + [self.objs[3][0]]) == 3", 20, 20 },
        { "self.objs[0].all(k, size(self.objs[0]) > 0)", 8388604, ANY },
        { "size(self.objs[0].filter(k, size(self.objs[0]) > 1)) == 2", 18874366, ANY },
    };
    CHECK_GROUP(
        "{\"objs\":{\"items\":{\"items\":{\"k\":\"string\",\"v\":\"string\"},\"map\":true}}}",
        "{\"objs\":[[{\"k\":\"a\",\"v\":\"1\"},{\"k\":\"b\",\"v\":\"2\"}],[{\"k\":\"b\",\"v\":\"2\"},{\"k\":"
        "\"a\",\"v\":\"1\"}],[{\"k\":\"b\",\"v\":\"3\"},{\"k\":\"a\",\"v\":\"1\"}],[{\"k\":\"c\",\"v\":\"4\"}]]}",
        keyed);

    static const struct row fields[] = {
        { "has(self.a.b)", 2, 2 },
        { "has(self.a1.b1.c1)", 3, 3 },
        { "!(has(self.a1.d2) && has(self.a1.d2.e2))", 6, 3 },
        { "!has(self.a1.d2)", 3, 3 },
        { "self.a1.b1.c1 == 4", ANY, 5 },
    };
    CHECK_GROUP("{\"a\":{\"b\":\"integer\",\"c\":\"integer\"},\"a1\":{\"b1\":{\"c1\":\"integer\"},\"d2\":{\"e2\":"
                "\"integer\"}}}",
                "{\"a\":{\"b\":1,\"c\":null},\"a1\":{\"b1\":{\"c1\":4}}}", fields);

    static const struct row elements[] = {
        { "has(self.l[0].v)", 3, 3 },
        { "self.l.all(m, m.k.startsWith('a'))", 6291453, 21 },
        { "self.l.all(m, !has(m.v2) || m.v2 == 'z')", 8388603, 21 },
        { "self.l.exists(m, m.k.endsWith('1'))", 7340028, 13 },
        { "self.l.exists_one(m, m.k == 'a3')", 5242879, 15 },
        { "!self.l.all(m, m.k.endsWith('1'))", 6291454, 18 },
        { "!self.l.exists(m, m.v == 'x')", 7340029, 25 },
        { "!self.l.exists_one(m, m.k.startsWith('a'))", 5242880, 20 },
        { "size(self.l.filter(m, m.k == 'a1')) == 1", 16777215, 27 },
        { "self.l.exists(m, m.k == 'a1' && m.v == 'b1')", 10485753, 16 },
        { "self.l.map(m, m.v).exists(v, v == 'b1')", 19922939, 55 },
        { "self.l.exists(m, has(m.v2) && m.v2 == 'z')", 8388603, 21 },
        { "!self.l.all(m, has(m.v2) && m.v2 != 'z')", 7340029, 10 },
        { "self.l.exists_one(m, has(m.v2) && m.v2 == 'z')", 6291454, 12 },
        { "self.l.filter(m, has(m.v2) && m.v2 == 'z').size() == 1", 17825790, 24 },
        { "self.l.map(m, has(m.v2) && m.v2 == 'z', m.v2).size() == 1", 18874365, 25 },
        { "self.l.filter(m, has(m.v2) && m.v2 == 'z').map(m, m.v2).size() == 1", 32505851, 39 },
    };
    CHECK_GROUP(
        "{\"l\":{\"items\":{\"k\":\"string\",\"v\":\"string\",\"v2\":\"string\"},\"map\":true}}",
        "{\"l\":[{\"k\":\"a1\",\"v\":\"b1\"},{\"k\":\"a2\",\"v\":\"b2\"},{\"k\":\"a3\",\"v\":\"b3\",\"v2\":\"z\"}]"
        "}",
        elements);
}

static void test_optionals_and_more(void **state)
{
    (void)state;
    static const struct row optionals[] = {
        { "optional.of('a') != optional.of('b')", 1844674407370955266u, 3 },
        { "optional.of('a').hasValue()", 2, 2 },
        { "optional.of('a').or(optional.of('a')).hasValue()", 4, 2 },
        { "optional.none().or(optional.of('a')).hasValue()", 4, 3 },
        { "optional.of('a').optMap(v, v == 'value').hasValue()", 18, 8 },
        { "self.obj.?field == optional.of('a')", 1844674407370955268u, 5 },
        { "self.obj.?absentField == optional.none()", 1844674407370955268u, 4 },
        { "self.obj.?field.orValue('v') == 'a'", 5, 4 },
        { "self.m[?'k'] == optional.of('v')", 1844674407370955268u, 5 },
        { "self.l[?0] == optional.of('a')", 1844674407370955268u, 5 },
        { "optional.ofNonZeroValue(1).hasValue()", 2, 2 },
        { "optional.of([1, 2, 3, 4, 5]).optMap(v, v.size()).hasValue()", 38, ANY },
        { "self.l[?0].optMap(v, v == 'a').hasValue()", 22, ANY },
    };
    CHECK_GROUP("{\"obj\":{\"field\":\"string\",\"absentField\":\"string\"},\"m\":{\"values\":\"string\"},\"l\":{"
                "\"items\":\"string\"}}",
                "{\"obj\":{\"field\":\"a\"},\"m\":{\"k\":\"v\"},\"l\":[\"a\"]}", optionals);

    static const struct row nested[] = {
        { "self.mm['x']['y'] == 'b'", 5, 5 },
        { "self.mm.map(k, k).map(k, k).size() == 1", 286, 32 },
        { "self.mm.map(k, self.mm[k].map(m, m)).size() == 1", 1585, 34 },
        { "self.lm.map(e, e.map(m, m)).size() == 1", 1555, 32 },
    };
    CHECK_GROUP("{\"mm\":{\"values\":{\"values\":\"string\",\"max\":10},\"max\":10},\"lm\":{\"items\":{\"values\":"
                "\"string\",\"max\":10},\"max\":10}}",
                "{\"mm\":{\"x\":{\"y\":\"b\"}},\"lm\":[{\"z\":\"g\"}]}", nested);

    static const struct row either[] = {
        { "type(self.s) == int ? self.s == 1 : self.s == '25%'", ANY, 7 },
        { "type(self.s) == string && self.s == '25%'", ANY, 7 },
        { "self.s == 1 || self.s == '25%'", ANY, 6 },
        { "self.s != ['anything']", ANY, 3 },
        { "type(self.s) == string && self.s.matches(r'(\\d+(\\.\\d+)?%)')", ANY, 10 },
        { "type(self.s) == int ? self.i <= self.s : double(self.i) / double(self.i) >= double(self.s.replace('%', "
          "'')) / 100.0",
          ANY, 17 },
    };
    CHECK_GROUP("{\"s\":\"int-or-string\",\"i\":\"integer\"}", "{\"s\":\"25%\",\"i\":5}", either);
}

static void test_limit(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct cel_environment environment = { 0 };
    struct cel_program *program = NULL;
    struct cel_value value;
    struct error err = { 0 };
    uint64_t cost = 0;

    assert_int_equal(cel_compile(&environment, STR("lists.range(100).all(x, lists.range(100).all(y, x + y >= 0))"),
                                 &program, NULL, &err),
                     0);
    assert_int_equal(cel_evaluate(program, NULL, 1000, &arena, &value, &cost, &err), -ERROR_LIMIT);
    assert_string_equal(err.message, "operation cancelled: actual cost limit exceeded");
    assert_in_range(cost, 1001, 1200);
    assert_int_equal(cel_evaluate(program, NULL, CEL_COST_PER_CALL, &arena, &value, &cost, &err), 0);
    cel_program_destroy(program);

    assert_int_equal(cel_compile(&environment, STR("lists.range(100000000).size() > 0 || true"), &program, NULL, &err),
                     0);
    assert_int_equal(cel_evaluate(program, NULL, CEL_COST_PER_CALL, &arena, &value, &cost, &err), -ERROR_LIMIT);
    cel_program_destroy(program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars),       cmocka_unit_test(test_texts),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_sets_and_maps), cmocka_unit_test(test_objects), cmocka_unit_test(test_optionals_and_more),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
