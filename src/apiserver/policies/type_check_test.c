/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* type_check_test.c - what is said of expressions that do not fit the types that a policy is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#include "api/structural/fixture.h"
#include "apiserver/policies/object_type.h"
#include "apiserver/policies/type_check.h"
#include "apiserver/rules/rules.h"

#define POLICY                                                                                                        \
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: p}\n"             \
    "spec: {matchConstraints: {resourceRules: [{operations: ['*'], apiGroups: [apps], apiVersions: [v1], resources: " \
    "[deployments]}]}, validations: [{expression: 'true'}]}"
#define SPEC(text)  "spec: {" text "}"
#define VALID(text) SPEC("validations: [{expression: \"" text "\"}]")
#define ABOUT(groups, versions, resources)                                                                 \
    "matchConstraints: {resourceRules: [{operations: ['*'], apiGroups: " groups ", apiVersions: " versions \
    ", resources: " resources "}]}, "

static const char schema_text[] =
    "{'type':'object','properties':{'spec':{'type':'object','properties':{'replicas':{'type':'integer'}}}}}";

/* Built-in resources, and widgets of example.com. */
static bool find_resource(void *context, const char *group, const char *version, const char *plural,
                          struct arena *arena, const struct api_kind **ret_kind, const struct cel_type **ret_type)
{
    static const struct api_kind widget = { .group = "example.com", .version = "v1", .kind = "Widget" };
    const struct api_resource *resource = api_resource_find(str_of(group), str_of(version), str_of(plural));

    if (strcmp(group, widget.group) == 0 && strcmp(plural, "widgets") == 0) {
        *ret_kind = &widget;
        *ret_type = object_type_custom(rules_type(context, arena), arena);
        return true;
    }
    if (resource == NULL)
        return false;
    *ret_kind = resource->kind;
    *ret_type = object_type_of(resource->kind->type, arena);
    return true;
}

static const struct cel_type *find_kind(void *context, const char *api_version, const char *kind, struct arena *arena)
{
    (void)context;
    if (strcmp(api_version, "v1") != 0 || strcmp(kind, "ConfigMap") != 0)
        return NULL;
    return object_type_of(&api_type_config_map, arena);
}

static const struct {
    const char *change, *warnings; /* "field: text" */
} rows[] = {
    { "", "" },
    { VALID("object.spec.replicas > 1 && object.metadata.labels['a'] == object.kind && "
            "oldObject.status.conditions.all(c, "
            "c.lastTransitionTime < timestamp('2020-01-01T00:00:00Z'))"),
      "" },
    { VALID("object.spec.template.spec.containers.all(c, c.resources.limits['cpu'] == '1' && c.ports.all(p, "
            "p.containerPort > 80) && c.livenessProbe.httpGet.port == 80)"),
      "" },
    { VALID("object.spec.replicas > '1'"),
      "spec.validations[0].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:22: found no matching overload for "
      "'_>_' applied to '(int, string)'\n | object.spec.replicas > '1'\n | .....................^\n" },
    { SPEC("validations: [{expression: 'object.spec.replicas > 1', messageExpression: \"'wants more than ' + "
           "object.spec.replicas\"}]"),
      "spec.validations[0].messageExpression: apps/v1, Kind=Deployment: ERROR: <input>:1:20: found no matching "
      "overload "
      "for '_+_' applied to '(string, int)'\n | 'wants more than ' + object.spec.replicas\n | ...................^\n" },
    { VALID("object.spec.nope == 1"),
      "spec.validations[0].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'nope'\n | "
      "object.spec.nope == 1\n | ...........^\n" },
    /* several kinds, in their order */
    { SPEC(ABOUT("['', apps]", "[v1]",
                 "[pods, deployments, deployments/scale, nopes]") "validations: [{expression: 'object.spec.replicas == "
                                                                  "1 && object.spec.nodeName == \"\"'}]"),
      "spec.validations[0].expression: /v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'replicas'\n | "
      "object.spec.replicas == 1 && object.spec.nodeName == \"\"\n | ...........^\n\napps/v1, Kind=Deployment: ERROR: "
      "<input>:1:41: undefined field 'nodeName'\n | object.spec.replicas == 1 && object.spec.nodeName == \"\"\n | "
      "........................................^\n" },
    /* rules that name everything say nothing of types */
    { SPEC(ABOUT("['*']", "[v1]", "[pods]") "validations: [{expression: 'object.nope == 1'}]"), "" },
    { SPEC(ABOUT("[apps]", "['*']", "[deployments]") "validations: [{expression: 'object.nope == 1'}]"), "" },
    { SPEC(ABOUT("[apps]", "[v1]", "['*']") "validations: [{expression: 'object.nope == 1'}]"), "" },
    /* variables, parameters */
    { SPEC("variables: [{name: a, expression: object.spec.replicas}], validations: [{expression: variables.a == 'x'}]"),
      "spec.validations[0].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:13: found no matching overload for "
      "'_==_' applied to '(int, string)'\n | variables.a == 'x'\n | ............^\n" },
    { SPEC("variables: [{name: a, expression: object.nope}], validations: [{expression: variables.a == 'x'}]"), "" },
    { SPEC("paramKind: {apiVersion: v1, kind: ConfigMap}, validations: [{expression: params.data.x == 'x' && "
           "params.nope == 1}]"),
      "spec.validations[0].expression: apps/v1, Kind=Deployment: ERROR: <input>:1:31: undefined field 'nope'\n | "
      "params.data.x == 'x' && params.nope == 1\n | ..............................^\n" },
    { SPEC("paramKind: {apiVersion: v1, kind: Other}, validations: [{expression: params.nope == 1}]"), "" },
    /* custom resources */
    { SPEC(ABOUT("[example.com]", "[v1]", "[widgets]") "validations: [{expression: \"object.spec.replicas > 1 && "
                                                       "object.metadata.labels['x'] == ''\"}]"),
      "" },
    { SPEC(ABOUT("[example.com]", "[v1]", "[widgets]") "validations: [{expression: \"object.spec.replicas > '1'\"}]"),
      "spec.validations[0].expression: example.com/v1, Kind=Widget: ERROR: <input>:1:22: found no matching overload "
      "for "
      "'_>_' applied to '(int, string)'\n | object.spec.replicas > '1'\n | .....................^\n" },
};

static void test_rows(void **state)
{
    auto_with(structural_unref_cleanup) const struct structural *schema = fixture_schema(schema_text);
    const struct type_source source = { find_resource, find_kind, (void *)schema };
    size_t different = 0;

    (void)state;
    for (size_t i = 0; i < countof(rows); i++) {
        auto_arena struct arena arena = { 0 };
        auto_buffer struct buffer found = { 0 };
        struct api_admissionregistration_expression_warning *warnings;
        const struct api_kind *kind;
        size_t count =
            policy_check_types(rule_object(POLICY, rows[i].change, &kind, &arena), &source, &arena, &warnings);

        for (size_t k = 0; k < count; k++)
            buffer_format(&found, "%s: %s", warnings[k].field_ref, warnings[k].warning);
        if (strcmp(text_or_empty(found.data), rows[i].warnings) != 0) {
            print_message("%s\n expected %s\n found    %s\n", rows[i].change, rows[i].warnings,
                          text_or_empty(found.data));
            different++;
        }
    }
    assert_int_equal(different, 0);
}

/* Every built-in type has one, also those that hold themselves. */
static void test_all_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_kind_count; i++) {
        auto_arena struct arena arena = { 0 };
        const struct cel_type *type = object_type_of(api_kinds[i].type, &arena);

        assert_non_null(type);
        if (api_kinds[i].type->type_meta)
            assert_non_null(cel_type_field(type, STR("kind")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_all_types) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
