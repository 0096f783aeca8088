/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rules_test.c - rules over documents and rules of definitions, a row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/structural/fixture.h"
#include "apiserver/rules/rules.h"

#define SPEC(more)  "{'type':'object','properties':{'spec':{" more "}}}"
#define RULES(text) "'x-kubernetes-validations':[" text "]"
#define A_B         "'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'integer'}}"

static const struct {
    const char *schema, *old, *document, *errors;
} rows[] = {
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), NULL, "{'spec':{'a':2,'b':1}}",
      "spec: Invalid value: failed rule: self.a <= self.b" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), NULL, "{'spec':{'a':1,'b':1}}", "" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b','message':' too much '}")), NULL, "{'spec':{'a':2,'b':1}}",
      "spec: Invalid value: too much" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b','messageExpression':'string(self.a) + \\' is too much\\''}")),
      NULL, "{'spec':{'a':2,'b':1}}", "spec: Invalid value: 2 is too much" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b','reason':'FieldValueForbidden','fieldPath':'.a'}")), NULL,
      "{'spec':{'a':2,'b':1}}", "spec.a: Forbidden: failed rule: self.a <= self.b" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b','reason':'FieldValueRequired'}")), NULL, "{'spec':{'a':2,'b':1}}",
      "spec: Required value: failed rule: self.a <= self.b" },
    { SPEC("'type':'integer'," RULES("{'rule':'self < 3'}")), NULL, "{'spec':5}",
      "spec: Invalid value: 5: failed rule: self < 3" },
    { SPEC("'type':'string'," RULES("{'rule':'self != \\'x\\'','reason':'FieldValueDuplicate'}")), NULL, "{'spec':'x'}",
      "spec: Duplicate value: 'x'" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), NULL, "{'spec':{'a':2}}",
      "spec: Invalid value: 'object': no such key: b evaluating rule: self.a <= self.b" },
    /* transitions */
    { SPEC("'type':'integer'," RULES("{'rule':'self >= oldSelf'}")), NULL, "{'spec':1}", "" },
    { SPEC("'type':'integer'," RULES("{'rule':'self >= oldSelf'}")), "{'spec':2}", "{'spec':1}",
      "spec: Invalid value: 1: failed rule: self >= oldSelf" },
    { SPEC("'type':'integer'," RULES("{'rule':'self >= oldSelf'}")), "{}", "{'spec':1}", "" },
    { SPEC("'type':'integer'," RULES("{'rule':'oldSelf.hasValue() || self == 1','optionalOldSelf':true}")), NULL,
      "{'spec':2}", "spec: Invalid value: 2: failed rule: oldSelf.hasValue() || self == 1" },
    { SPEC("'type':'integer'," RULES("{'rule':'oldSelf.hasValue() || self == 1','optionalOldSelf':true}")),
      "{'spec':1}", "{'spec':2}", "" },
    { SPEC("'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],'items':{'type':'object',"
           "'properties':{'k':{'type':'string'},'v':{'type':'integer'}}," RULES("{'rule':'self.v >= oldSelf.v'}") "}"),
      "{'spec':[{'k':'a','v':1},{'k':'b','v':5}]}", "{'spec':[{'k':'b','v':4},{'k':'c','v':0}]}",
      "spec[0]: Invalid value: failed rule: self.v >= oldSelf.v" },
    /* what did not change is tolerated */
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), "{'spec':{'a':2,'b':1}}", "{'spec':{'a':2,'b':1}}", "" },
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), "{'spec':{'a':2,'b':1}}", "{'spec':{'a':3,'b':1}}",
      "spec: Invalid value: failed rule: self.a <= self.b" },
    /* the root has a name */
    { "{'type':'object'," RULES("{'rule':'self.metadata.name.startsWith(\\'a\\')'}") "}", NULL,
      "{'metadata':{'name':'b'}}", "<nil>: Invalid value: failed rule: self.metadata.name.startsWith('a')" },
    { SPEC("'type':'object','additionalProperties':{'type':'integer'," RULES("{'rule':'self > 0'}") "}"), NULL,
      "{'spec':{'x':0}}", "spec[x]: Invalid value: 0: failed rule: self > 0" },
    { SPEC("'type':'integer','nullable':true," RULES("{'rule':'self > 0'}")), NULL, "{'spec':null}", "" },
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(rows[i].schema);
        auto_with(rule_set_destroy_cleanup) struct rule_set *rules = rule_set_create(schema);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document(rows[i].document);
        auto_with(yyjson_doc_free_cleanup) yyjson_doc *old = rows[i].old != NULL ? fixture_document(rows[i].old) : NULL;
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 }, wanted = { 0 };
        rule_set_validate(rules, yyjson_doc_get_root(doc), yyjson_doc_get_root(old), &errors);
        api_invalid_format(&errors, &text);
        buffer_append_text(&wanted, rows[i].errors);
        if (strcmp(fixture_text(&text), fixture_text(&wanted)) != 0)
            fail_msg("%s with %s\n  gives  %s\n  wanted %s", rows[i].schema, rows[i].document, text.data,
                     rows[i].errors);
    }
}

static void test_blocked(void **state)
{
    (void)state;
    auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(rows[0].schema);
    auto_with(rule_set_destroy_cleanup) struct rule_set *rules = rule_set_create(schema);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = fixture_document("{'spec':{'a':'x'}}");
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };
    structural_validate(structural_root(schema), yyjson_doc_get_root(doc), NULL, NULL, &errors);
    rule_set_validate(rules, yyjson_doc_get_root(doc), NULL, &errors);
    api_invalid_format(&errors, &text);
    assert_string_equal(
        fixture_text(&text),
        "[spec.a: Invalid value: 'string': spec.a in body must be of type integer: 'string', <nil>: Invalid "
        "value: null: some validation rules were not checked because the object was invalid; correct the "
        "existing errors to complete validation]");
}

#define AT "spec.validation.openAPIV3Schema.properties[spec]"

static const struct {
    const char *schema, *errors; /* that the errors begin with; "" for none */
} definitions[] = {
    { SPEC(A_B "," RULES("{'rule':'self.a <= self.b'}")), "" },
    { SPEC(A_B "," RULES("{'rule':'self.c'}")), AT
      ".x-kubernetes-validations[0].rule: Invalid value: {'Rule':'self.c','Message':'','MessageExpression':'',"
      "'Reason':null,'FieldPath':'','OptionalOldSelf':null}: compilation failed: ERROR: <input>:1:5: undefined field "
      "'c'" },
    /* Types are named after the place, not after an address of ours. */
    { SPEC(A_B "," RULES("{'rule':'self > 1'}")), AT
      ".x-kubernetes-validations[0].rule: Invalid value: {'Rule':'self \\u003e 1','Message':'','MessageExpression':'',"
      "'Reason':null,'FieldPath':'','OptionalOldSelf':null}: compilation failed: ERROR: <input>:1:6: found no matching "
      "overload for '_>_' applied to '(selfType, int)'" },
    { SPEC(A_B "," RULES("{'rule':'uint(-1) == 1u'}")),
      AT ".x-kubernetes-validations[0].rule: Invalid value: {'Rule':'uint(-1) == 1u','Message':'',"
         "'MessageExpression':'','Reason':null,'FieldPath':'','OptionalOldSelf':null}: program instantiation failed: "
         "unsigned integer overflow" },
    { SPEC(A_B "," RULES("{'rule':'self.a'}")),
      AT ".x-kubernetes-validations[0].rule: Invalid value: {'Rule':'self.a','Message':'','MessageExpression':'',"
         "'Reason':null,'FieldPath':'','OptionalOldSelf':null}: cel expression must evaluate to a bool" },
    { SPEC(A_B "," RULES("{'rule':'true','messageExpression':'1'}")),
      AT ".x-kubernetes-validations[0].messageExpression: Invalid value: {'Rule':'true','Message':'',"
         "'MessageExpression':'1','Reason':null,'FieldPath':'','OptionalOldSelf':null}: messageExpression must "
         "evaluate to "
         "a string" },
    { SPEC("'type':'array','items':{'type':'integer'," RULES("{'rule':'self > oldSelf'}") "}"),
      AT ".items.x-kubernetes-validations[0].rule: Invalid value: 'self > oldSelf': oldSelf cannot be used on the "
         "uncorrelatable portion of the schema within " AT },
    { SPEC("'type':'integer'," RULES("{'rule':'self > 0','optionalOldSelf':true}")),
      AT ".x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in "
         "rule" },
    { SPEC("'type':'integer','default':0," RULES("{'rule':'self > 0'}")),
      AT ".default: Invalid value: 0: failed rule: self > 0" },
    { SPEC("'type':'integer','default':1," RULES("{'rule':'self > 0 && self >= oldSelf'}")), "" },
    { SPEC("'type':'array','items':{'type':'array','items':{'type':'string'}}," RULES(
          "{'rule':'self.all(x, x.all(y, self.all(z, z.all(w, w == y))))'}")),
      "[" AT
      ".x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x "
      "(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings "
      "are declared), " AT ".x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total "
      "exceeding cost limit for entire OpenAPIv3 schema, spec.validation.openAPIV3Schema: Forbidden: "
      "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of "
      "more than 100x" },
};

static void test_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(definitions); i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer text = { 0 };
        autofree char *json = fixture_json(definitions[i].schema);
        struct api_apiextensions_json_schema_props props;
        assert_int_equal(
            api_decode_json(&api_type_apiextensions_json_schema_props, str_of(json), &arena, &props, NULL, NULL), 0);
        struct api_apiextensions_custom_resource_validation validation = { &props };
        struct api_apiextensions_custom_resource_definition_version version = { .name = "v1", .schema = &validation };
        struct api_apiextensions_custom_resource_definition definition = { .spec = { .versions = &version,
                                                                                     .n_versions = 1 } };
        rules_check_definition(&definition, NULL, &errors);
        api_invalid_format(&errors, &text);
        const char *found = fixture_text(&text), *wanted = definitions[i].errors;
        if (strncmp(found, wanted, strlen(wanted)) != 0 || (wanted[0] == '\0' && found[0] != '\0'))
            fail_msg("%s\n  gives  %s\n  wanted %s", definitions[i].schema, found, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
