/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* coerce_test.c - what is pruned, filled in and reported, a row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/fixture.h"

#define SPEC(schema) "{'type':'object','properties':{'spec':" schema "}}"

struct row {
    const char *what, *schema, *document, *result, *reports;
};

/* Coerces the text; 'out' gets the result, 'reports' the sentences joined. */
static int coerce(const struct structural *schema, const char *document, unsigned flags, struct buffer *out,
                  struct buffer *reports, struct error *err)
{
    auto_arena struct arena arena = { 0 };
    struct api_strict_errors strict = { 0 };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(document);
    int rc = structural_coerce(schema, yyjson_doc_get_root(doc), flags, &arena, reports != NULL ? &strict : NULL, out,
                               NULL, err);
    for (size_t i = 0; i < strict.count; i++)
        buffer_format(reports, "%s%s", i > 0 ? ", " : "", strict.texts[i]);
    return rc;
}

static const struct row rows[] = {
    { "no schema prunes all", NULL, "{'kind':'A','spec':1}", "{}", "unknown field 'spec'" },
    { "unknown members", SPEC("{'type':'object','properties':{'a':{'type':'string'}}}"),
      "{'apiVersion':'v','metadata':{'x':1},'spec':{'b':1,'a':'x'},'more':1}", "{'spec':{'a':'x'}}",
      "unknown field 'more', unknown field 'spec.b'" },
    { "members are sorted", SPEC("{'type':'object','x-kubernetes-preserve-unknown-fields':true}"),
      "{'spec':{'b':1,'a':{'d':1,'c':2}}}", "{'spec':{'a':{'c':2,'d':1},'b':1}}", "" },
    { "the last duplicate counts", SPEC("{'type':'object','properties':{'a':{'type':'integer'}}}"),
      "{'spec':{'a':1,'a':2}}", "{'spec':{'a':2}}", "duplicate field 'spec.a'" },
    { "known parts of what is preserved are pruned",
      SPEC("{'type':'object','x-kubernetes-preserve-unknown-fields':true,'properties':{'a':{'type':'object'}}}"),
      "{'spec':{'a':{'x':1},'b':{'x':1}}}", "{'spec':{'a':{},'b':{'x':1}}}", "unknown field 'spec.a.x'" },
    { "items inherit what is preserved",
      SPEC("{'type':'array','x-kubernetes-preserve-unknown-fields':true,'items':{'type':'object','properties':"
           "{'a':{'type':'object'}}}}"),
      "{'spec':[{'a':{'x':1},'b':1}]}", "{'spec':[{'a':{},'b':1}]}", "unknown field 'spec[0].a.x'" },
    { "additional properties", SPEC("{'type':'object','additionalProperties':{'type':'object','properties':{'a':{}}}}"),
      "{'spec':{'k':{'a':1,'b':2}}}", "{'spec':{'k':{'a':1}}}", "unknown field 'spec.k.b'" },
    { "additional properties of any sort keep values, not what is in them",
      SPEC("{'type':'object','additionalProperties':true}"), "{'spec':{'k':1,'l':{'x':1}}}", "{'spec':{'k':1,'l':{}}}",
      "unknown field 'spec.l.x'" },
    { "lists without a schema of their items", SPEC("{'type':'array'}"), "{'spec':[[{'a':1}],2]}", "{'spec':[[{}],2]}",
      "unknown field 'spec[0][0].a'" },
    { "defaults",
      SPEC("{'type':'object','properties':{'a':{'type':'integer','default':1},'b':{'type':'string'},"
           "'c':{'type':'string','default':'x'}}}"),
      "{'spec':{'b':'y'}}", "{'spec':{'a':1,'b':'y','c':'x'}}", "" },
    { "a default of what holds others",
      SPEC("{'type':'object','default':{},'properties':{'a':{'type':'integer','default':1}}}"), "{}",
      "{'spec':{'a':1}}", "" },
    { "no default inside of what is absent",
      SPEC("{'type':'object','properties':{'a':{'type':'object','properties':{'b':{'type':'integer','default':1}}}}}"),
      "{'spec':{}}", "{'spec':{}}", "" },
    { "defaults in items",
      SPEC("{'type':'array','items':{'type':'object','properties':{'a':{'type':'integer',"
           "'default':1}}}}"),
      "{'spec':[{},{'a':2}]}", "{'spec':[{'a':1},{'a':2}]}", "" },
    { "null: pruned when not nullable", SPEC("{'type':'object','properties':{'a':{'type':'integer'}}}"),
      "{'spec':{'a':null}}", "{'spec':{}}", "" },
    { "null: defaulted", SPEC("{'type':'object','properties':{'a':{'type':'integer','default':1}}}"),
      "{'spec':{'a':null}}", "{'spec':{'a':1}}", "" },
    { "null: kept when nullable",
      SPEC("{'type':'object','properties':{'a':{'type':'integer','nullable':true,"
           "'default':1}}}"),
      "{'spec':{'a':null}}", "{'spec':{'a':null}}", "" },
    { "null: items stay", SPEC("{'type':'array','items':{'type':'integer'}}"), "{'spec':[null,1]}", "{'spec':[null,1]}",
      "" },
    { "null: items are defaulted", SPEC("{'type':'array','items':{'type':'integer','default':3}}"), "{'spec':[null,1]}",
      "{'spec':[3,1]}", "" },
    { "null: unknown places keep it", SPEC("{'type':'object','x-kubernetes-preserve-unknown-fields':true}"),
      "{'spec':{'a':null}}", "{'spec':{'a':null}}", "" },
    { "numbers as Go writes them", SPEC("{'type':'array','items':{'type':'number'}}"),
      "{'spec':[1.0,1e3,-0,0.5,1e-7,12345678901234567890]}", "{'spec':[1,1000,0,0.5,1e-7,12345678901234567000]}", "" },
    { "embedded resources keep their own members and lose unknown metadata",
      SPEC("{'type':'object','x-kubernetes-embedded-resource':true,'properties':{'spec':{'type':'object'}}}"),
      "{'spec':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a','foo':1},'x':1,'spec':{}}}",
      "{'spec':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'a'},'spec':{}}}",
      "unknown field 'spec.metadata.foo', unknown field 'spec.x'" },
    { "defaults below metadata",
      SPEC("{'type':'object','x-kubernetes-embedded-resource':true,'properties':{'metadata':{'type':'object',"
           "'properties':{'name':{'type':'string','default':'d'}}}}}"),
      "{'spec':{'apiVersion':'v1','kind':'Pod','metadata':{}}}",
      "{'spec':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'d'}}}", "" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        auto_with(structural_unref_cleanup) const struct structural *schema =
            rows[i].schema != NULL ? fixture_schema(rows[i].schema) : NULL;
        auto_buffer struct buffer out = { 0 }, reports = { 0 }, again = { 0 };
        struct error err = { 0 };
        if (coerce(schema, rows[i].document, 0, &out, &reports, &err) < 0)
            fail_msg("%s: %s", rows[i].what, err.message);
        if (strcmp(fixture_text(&out), rows[i].result) != 0)
            fail_msg("%s: %s", rows[i].what, out.data);
        if (strcmp(fixture_text(&reports), rows[i].reports) != 0)
            fail_msg("%s: %s", rows[i].what, reports.data);
        assert_int_equal(coerce(schema, out.data, 0, &again, NULL, &err), 0); /* a second time changes nothing */
        assert_string_equal(fixture_text(&again), rows[i].result);
    }
}

static void test_members(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema =
        fixture_schema("{'type':'object','properties':{'a':{'type':'integer','default':7},'spec':{'type':'object'},"
                       "'status':{'type':'string'}}}");
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer out = { 0 };
    struct structural_members members;
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document("{'status':'ok','spec':{},'kind':'K'}");
    assert_int_equal(structural_coerce(schema, yyjson_doc_get_root(doc), 0, &arena, NULL, &out, &members, NULL), 0);
    assert_int_equal(members.count, 3);
    assert_true(str_is(members.list[0].name, "a") && str_is(members.list[0].json, "7"));
    assert_true(str_is(members.list[1].name, "spec") && str_is(members.list[1].json, "{}"));
    assert_true(str_is(members.list[2].name, "status") && str_is(members.list[2].json, "\"ok\""));
}

static void test_invalid_metadata(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema =
        fixture_schema(SPEC("{'type':'object','x-kubernetes-embedded-resource':true,"
                            "'x-kubernetes-preserve-unknown-fields':true}"));
    auto_buffer struct buffer out = { 0 };
    struct error err = { 0 };
    const char *kind = "{'spec':{'kind':5}}";
    assert_int_equal(coerce(schema, kind, 0, &out, NULL, &err), -ERROR_BAD_REQUEST);
    assert_string_equal(err.message, "spec.kind: Invalid value: 5: must be a string");
    const char *metadata = "{'spec':{'metadata':{'name':'a','labels':5}}}";
    assert_int_equal(coerce(schema, metadata, 0, &out, NULL, &err), -ERROR_BAD_REQUEST);

    buffer_clear(&out);
    assert_int_equal(coerce(schema, kind, STRUCTURAL_DROP_INVALID, &out, NULL, &err), 0);
    assert_string_equal(fixture_text(&out), "{'spec':{}}");
    buffer_clear(&out);
    assert_int_equal(coerce(schema, metadata, STRUCTURAL_DROP_INVALID, &out, NULL, &err), 0);
    assert_string_equal(fixture_text(&out), "{'spec':{'metadata':{'name':'a'}}}");
}

/* Nothing that a document or a schema says may take more than its share. */
static void test_bounds(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema =
        fixture_schema(SPEC("{'type':'array','items':{'type':'object','properties':{'a':{'type':'string','default':"
                            "'0123456789012345678901234567890123456789'}}}}"));
    auto_buffer struct buffer out = { .max = 1024 }, text = { 0 };
    struct error err = { 0 };
    buffer_append_text(&text, "{'spec':[{}");
    for (int i = 0; i < 100; i++)
        buffer_append_text(&text, ",{}");
    buffer_append_text(&text, "]}");
    assert_int_equal(coerce(schema, text.data, 0, &out, NULL, &err), -ERROR_LIMIT);

    auto_with(structural_unref_cleanup) const struct structural *free_form =
        fixture_schema(SPEC("{'x-kubernetes-preserve-unknown-fields':true}"));
    auto_buffer struct buffer deep = { 0 }, result = { 0 };
    buffer_append_text(&deep, "{'spec':");
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&deep, "[");
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&deep, "]");
    buffer_append_text(&deep, "}");
    assert_int_equal(coerce(free_form, deep.data, 0, &result, NULL, &err), 0);
    assert_int_equal(result.size, deep.size);
}

static void test_refused_schemas(void **state)
{
    (void)state;
    static const char *const schemas[][2] = {
        { "{'$ref':'#/a'}", "OpenAPIV3Schema '$ref' is not supported" },
        { "{'properties':{'a':{'definitions':{'a':{}}}}}", "OpenAPIV3Schema 'definitions' is not supported" },
        { "{'items':[{}]}", "OpenAPIV3Schema 'items' must be a schema, but is an array" },
        { "{'x-kubernetes-preserve-unknown-fields':false}",
          "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined" },
    };
    for (size_t i = 0; i < countof(schemas); i++) {
        auto_arena struct arena arena = { 0 };
        struct api_apiextensions_json_schema_props props;
        struct structural *schema = NULL;
        struct error err = { 0 };
        autofree char *json = fixture_json(schemas[i][0]);
        assert_int_equal(
            api_decode_json(&api_type_apiextensions_json_schema_props, str_of(json), &arena, &props, NULL, &err), 0);
        assert_int_equal(structural_create(&props, &schema, &err), -ERROR_INVALID);
        assert_string_equal(err.message, schemas[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),   cmocka_unit_test(test_members),         cmocka_unit_test(test_invalid_metadata),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_refused_schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
