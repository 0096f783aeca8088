/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* validate_test.c - upstream's sentences, a row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/fixture.h"

#define X(schema) "{'type':'object','properties':{'spec':{'type':'object','properties':{'x':" schema "}}}}"
#define V(value)  "{'spec':{'x':" value "}}"

struct row {
    const char *schema, *document, *errors;
};

static const struct row rows[] = {
    { X("{'type':'integer'}"), V("'string'"),
      "spec.x: Invalid value: 'string': spec.x in body must be of type integer: 'string'" },
    { X("{'type':'integer'}"), V("1.5"),
      "[spec.x: Invalid value: 'number': spec.x in body must be of type integer: 'number', <nil>: Invalid value: '': "
      "Checked value must be of type integer (default format) in spec.x]" },
    { X("{'type':'integer'}"), V("1.0"), "" },
    { X("{'type':'number'}"), V("1"), "" },
    { X("{'type':'string'}"), V("null"),
      "spec.x: Invalid value: 'null': spec.x in body must be of type string: 'null'" },
    { X("{'type':'string','nullable':true}"), V("null"), "" },
    { X("{'type':'object'}"), V("[]"),
      "spec.x: Invalid value: 'array': spec.x in body must be of type object: 'array'" },
    { X("{'x-kubernetes-int-or-string':true}"), V("true"),
      "spec.x: Invalid value: 'boolean': spec.x in body must be of type integer,string: 'boolean'" },
    { X("{'x-kubernetes-int-or-string':true}"), V("'50%'"), "" },
    { X("{'type':'object','required':['size']}"), V("{}"), "spec.x.size: Required value" },
    { "{'type':'object','required':['spec']}", "{}", "spec: Required value" },
    { X("{'type':'string','enum':['a','b']}"), V("'c'"), "spec.x: Unsupported value: 'c': supported values: 'a', 'b'" },
    { X("{'type':'integer','enum':[1,2]}"), V("3"), "spec.x: Unsupported value: 3: supported values: '1', '2'" },
    { X("{'type':'integer','enum':[1,2]}"), V("2"), "" },
    { X("{'type':'string','nullable':true,'enum':['a',null]}"), V("'a'"), "" },
    { X("{'type':'integer','minimum':0}"), V("-1"),
      "spec.x: Invalid value: -1: spec.x in body should be greater than or equal to 0" },
    { X("{'type':'integer','maximum':3,'exclusiveMaximum':true}"), V("3"),
      "spec.x: Invalid value: 3: spec.x in body should be less than 3" },
    { X("{'type':'number','maximum':1000000}"), V("1500000.5"),
      "spec.x: Invalid value: 1.5000005e+06: spec.x in body should be less than or equal to 1e+06" },
    { X("{'type':'integer','multipleOf':3}"), V("7"),
      "spec.x: Invalid value: 7: spec.x in body should be a multiple of 3" },
    { X("{'type':'number','multipleOf':0.1}"), V("0.35"),
      "spec.x: Invalid value: 0.35: spec.x in body should be a multiple of 0.1" },
    { X("{'type':'number','multipleOf':0.1}"), V("0.3"), "" },
    { X("{'type':'integer','format':'int32'}"), V("2147483648"),
      "<nil>: Invalid value: '': Checked value must be of type integer with format int32 in spec.x" },
    { X("{'type':'integer','format':'int32'}"), V("2147483647"), "" },
    { X("{'type':'number','format':'float'}"), V("1e39"),
      "<nil>: Invalid value: '': Checked value must be of type number with format float in spec.x" },
    { X("{'type':'string','maxLength':3}"), V("'abcd'"), "spec.x: Too long: may not be more than 3 bytes" },
    { X("{'type':'string','maxLength':3}"), V("'\xc3\xa9\xc3\xa9\xc3\xa9'"), "" },
    { X("{'type':'string','minLength':3}"), V("'ab'"),
      "spec.x: Invalid value: 'ab': spec.x in body should be at least 3 chars long" },
    { X("{'type':'string','pattern':'^a+$'}"), V("'b'"),
      "spec.x: Invalid value: 'b': spec.x in body should match '^a+$'" },
    { X("{'type':'string','format':'date'}"), V("'2026-13-01'"),
      "spec.x: Invalid value: '2026-13-01': spec.x in body must be of type date: '2026-13-01'" },
    { X("{'type':'string','format':'date'}"), V("5"),
      "spec.x: Invalid value: 'int64': spec.x in body must be of type date: 'int64'" },
    { X("{'type':'string','format':'unheard-of'}"), V("'?'"), "" },
    { X("{'type':'array','maxItems':1,'items':{'type':'integer'}}"), V("[1,2]"),
      "spec.x: Too many: 2: must have at most 1 item" },
    { X("{'type':'array','minItems':1,'items':{'type':'integer'}}"), V("[]"),
      "spec.x: Invalid value: 0: spec.x in body should have at least 1 items" },
    { X("{'type':'array','items':{'type':'integer'}}"), V("[1,'a']"),
      "spec.x[1]: Invalid value: 'string': spec.x[1] in body must be of type integer: 'string'" },
    { X("{'type':'object','maxProperties':1,'additionalProperties':{'type':'string'}}"), V("{'a':'','b':''}"),
      "spec.x: Too many: 2: must have at most 1 item" },
    { X("{'type':'object','minProperties':1,'additionalProperties':{'type':'string'}}"), V("{}"),
      "spec.x: Invalid value: 0: spec.x in body should have at least 1 properties" },
    { X("{'type':'object','additionalProperties':{'type':'string'}}"), V("{'a':1}"),
      "spec.x.a: Invalid value: 'integer': spec.x.a in body must be of type string: 'integer'" },
    { X("{'type':'object','additionalProperties':false}"), V("{'a':1}"),
      "spec.x: Invalid value: 'a': spec.x.a in body is a forbidden property" },
    { X("{'type':'integer','anyOf':[{'minimum':5},{'maximum':1}]}"), V("3"),
      "[<nil>: Invalid value: '': 'spec.x' must validate at least one schema (anyOf), spec.x: Invalid value: 3: spec.x "
      "in "
      "body should be greater than or equal to 5]" },
    { X("{'type':'integer','anyOf':[{'minimum':5},{'maximum':1}]}"), V("1"), "" },
    { X("{'type':'integer','oneOf':[{'minimum':1},{'minimum':2}]}"), V("3"),
      "<nil>: Invalid value: '': 'spec.x' must validate one and only one schema (oneOf). Found 2 valid alternatives" },
    { X("{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'string'}},'oneOf':[{'required':['a']},"
        "{'required':['b']}]}"),
      V("{}"),
      "[<nil>: Invalid value: '': 'spec.x' must validate one and only one schema (oneOf). Found none valid, spec.x.a: "
      "Required value]" },
    { X("{'type':'integer','allOf':[{'minimum':5},{'maximum':10}]}"), V("3"),
      "[spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5, <nil>: Invalid value: '': "
      "'spec.x' "
      "must validate all the schemas (allOf)]" },
    { X("{'type':'integer','not':{'minimum':5}}"), V("6"),
      "<nil>: Invalid value: '': 'spec.x' must not validate the schema (not)" },
};

static void join(const struct api_invalid *errors, struct buffer *text)
{
    api_invalid_format(errors, text);
    fixture_text(text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(rows[i].schema);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(rows[i].document);
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 };
        structural_validate(structural_root(schema), yyjson_doc_get_root(doc), NULL, NULL, &errors);
        join(&errors, &text);
        if (strcmp(text_or_empty(text.data), rows[i].errors) != 0)
            fail_msg("%s with %s\n  gives  %s\n  wanted %s", rows[i].schema, rows[i].document, text.data,
                     rows[i].errors);
    }
}

static const struct {
    const char *what, *schema, *old, *document, *errors;
} updates[] = {
    { "unchanged is tolerated", X("{'type':'integer','maximum':3}"), V("5"), V("5"), "" },
    { "changed is not", X("{'type':'integer','maximum':3}"), V("5"), V("6"),
      "spec.x: Invalid value: 6: spec.x in body should be less than or equal to 3" },
    { "a neighbour of what changed",
      X("{'type':'object','required':['q'],'properties':{'a':{'type':'integer',"
        "'maximum':3},'b':{'type':'integer'}}}"),
      V("{'q':1,'a':5,'b':1}"), V("{'q':1,'a':5,'b':2}"), "" },
    { "the whole has changed", X("{'type':'object','required':['q'],'properties':{'b':{'type':'integer'}}}"),
      V("{'b':1}"), V("{'b':2}"), "spec.x.q: Required value" },
    { "items of atomic lists are not compared", X("{'type':'array','items':{'type':'integer','maximum':3}}"),
      V("[5,1]"), V("[5,2]"), "spec.x[0]: Invalid value: 5: spec.x[0] in body should be less than or equal to 3" },
    { "items of maps are, by key",
      X("{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],'items':{'type':'object',"
        "'properties':{'k':{'type':'string'},'v':{'type':'integer','maximum':3}}}}"),
      V("[{'k':'a','v':5},{'k':'b','v':1}]"), V("[{'k':'c','v':7},{'k':'b','v':1},{'k':'a','v':5}]"),
      "spec.x[0].v: Invalid value: 7: spec.x[0].v in body should be less than or equal to 3" },
};

static void test_updates(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(updates); i++) {
        auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(updates[i].schema);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(updates[i].document);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *old = fixture_document(updates[i].old);
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 };
        structural_validate(structural_root(schema), yyjson_doc_get_root(doc), yyjson_doc_get_root(old), NULL, &errors);
        join(&errors, &text);
        if (strcmp(text_or_empty(text.data), updates[i].errors) != 0)
            fail_msg("%s: %s", updates[i].what, text.data);
    }
}

static void test_status_paths(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema =
        fixture_schema("{'type':'object','properties':{'a':{'type':'integer'}}}");
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document("{'a':'x'}");
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };
    structural_validate(structural_root(schema), yyjson_doc_get_root(doc), NULL, at_field(NULL, "status"), &errors);
    join(&errors, &text);
    assert_string_equal(text.data, "status.a: Invalid value: 'string': a in body must be of type integer: 'string'");
    assert_string_equal(errors.errors[0].reason, "FieldValueTypeInvalid");
}

static const struct row lists[] = {
    { X("{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}}"), V("['a','b','a','a']"),
      "spec.x[2]: Duplicate value: 'a'" },
    { X("{'type':'array','x-kubernetes-list-type':'set','items':{'type':'integer'}}"), V("[1,2,2]"),
      "spec.x[2]: Duplicate value: 2" },
    { X("{'type':'array','x-kubernetes-list-type':'set','items':{'type':'object','x-kubernetes-map-type':'atomic',"
        "'additionalProperties':{'type':'integer'}}}"),
      V("[{'a':1,'b':2},{'b':2,'a':1}]"), "spec.x[1]: Duplicate value: {'a':1,'b':2}" },
    { X("{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],'items':{'type':'object',"
        "'properties':{'k':{'type':'string'}}}}"),
      V("[{'k':'a'},{'k':'b'},{'k':'a'}]"), "spec.x[2]: Duplicate value: {'k':'a'}" },
    { X("{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k','p'],'items':{'type':'object'"
        ","
        "'properties':{'k':{'type':'string'},'p':{'type':'integer'}}}}"),
      V("[{'k':'a','p':1},{'k':'a','p':2},{'k':'a','p':1}]"), "spec.x[2]: Duplicate value: {'k':'a','p':1}" },
    { X("{'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],'items':{'type':'object'}}"),
      V("[1]"), "spec.x[0]: Invalid value: 1: must be an object for an array of list-type map" },
    { X("{'type':'object','additionalProperties':{'type':'array','x-kubernetes-list-type':'set','items':{'type':"
        "'string'}}}"),
      V("{'m':['a','a']}"), "spec.x[m][1]: Duplicate value: 'a'" },
    { X("{'type':'array','items':{'type':'string'}}"), V("['a','a']"), "" },
};

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(lists); i++) {
        auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(lists[i].schema);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(lists[i].document);
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 };
        structural_validate_lists(structural_root(schema), yyjson_doc_get_root(doc), NULL, &errors);
        join(&errors, &text);
        if (strcmp(text_or_empty(text.data), lists[i].errors) != 0)
            fail_msg("%s: %s", lists[i].document, text.data);
    }
}

static const struct row embedded[] = {
    { "", V("{}"), "[spec.x.apiVersion: Required value, spec.x.kind: Required value]" },
    { "", V("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'}}"), "" },
    { "", V("{'apiVersion':'a/b/c','kind':'Pod'}"),
      "spec.x.apiVersion: Invalid value: 'a/b/c': unexpected GroupVersion string: a/b/c" },
    { "", V("{'apiVersion':'','kind':5}"),
      "[spec.x.apiVersion: Invalid value: '': must not be empty, spec.x.kind: Invalid value: 5: must be a string]" },
    { "", V("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a/b'}}"),
      "spec.x.metadata.name: Invalid value: 'a/b': may not contain '/'" },
};

static void test_embedded(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(
        X("{'type':'object','x-kubernetes-embedded-resource':true,'x-kubernetes-preserve-unknown-fields':true}"));
    for (size_t i = 0; i < countof(embedded); i++) {
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(embedded[i].document);
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 };
        structural_validate_embedded(structural_root(schema), yyjson_doc_get_root(doc), NULL, &errors);
        join(&errors, &text);
        if (strcmp(text_or_empty(text.data), embedded[i].errors) != 0)
            fail_msg("%s: %s", embedded[i].document, text.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_updates),  cmocka_unit_test(test_status_paths),
        cmocka_unit_test(test_lists), cmocka_unit_test(test_embedded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
