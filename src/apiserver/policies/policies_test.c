/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* policies_test.c - expressions of policies, webhooks and device selectors that are written, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"
#include "apiserver/policies/policies.h"

#define HEAD(kind)     "apiVersion: admissionregistration.k8s.io/v1\nkind: " kind "\nmetadata: {name: a}\n"
#define DEVICES(kind)  "apiVersion: resource.k8s.io/v1\nkind: " kind "\nmetadata: {name: a, namespace: here}\n"
#define SPEC(text)     "spec: {" text "}"
#define INVALID(field) field ": Invalid value: "
#define CONSTRAINTS                                                                                             \
    "matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [''], apiVersions: [v1], resources: " \
    "[pods]}]}"

static void check_rows(const char *good, const struct rule_create *rows, size_t count)
{
    size_t different = 0;

    for (size_t i = 0; i < count; i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { .expressions = &policies_compiler };
        const struct api_kind *kind;
        const void *object = rule_object(good, rows[i].change, &kind, &arena);

        api_validate_create(kind, object, &errors);
        different += rule_differs(&errors, rows[i].expected, rows[i].change);
    }
    assert_int_equal(different, 0);
}

#define CHECK(good, rows) check_rows((good), (rows), countof(rows))

static const char judging[] =
    HEAD("ValidatingAdmissionPolicy") SPEC(CONSTRAINTS ", validations: [{expression: 'true'}]");
#define VALID(text)   SPEC("validations: [{expression: \"" text "\"}]")
#define MESSAGE(text) SPEC("validations: [{expression: 'true', messageExpression: \"" text "\"}]")
#define NOTE(text)    SPEC("auditAnnotations: [{key: k, valueExpression: \"" text "\"}]")
#define PARAMS        "paramKind: {apiVersion: v1, kind: ConfigMap}, "

static const struct rule_create validations[] = {
    { "", "" },
    /* what there is */
    { VALID("object.spec.x == oldObject.spec.x && request.operation == 'CREATE' && namespaceObject.metadata.name == "
            "request.namespace && request.options.dryRun == [] && request.userInfo.extra['a'][0] == "
            "request.requestKind.version"),
      "" },
    { VALID("authorizer.group('apps').resource('deployments').subresource('scale').namespace('a').name('b').check("
            "'get').allowed() && authorizer.requestResource.check('x').reason() == '' && !authorizer.path('/x').check("
            "'get').errored() && authorizer.serviceAccount('a', 'b').path('/').check('get').error() == ''"),
      "" },
    { SPEC(PARAMS "validations: [{expression: 'params.data.x == request.name', messageExpression: 'params.data.x + "
                  "\"\"'}], matchConditions: [{name: a, expression: 'has(params.data)'}]"),
      "" },
    { VALID("namespaceObject.metadata.creationTimestamp < timestamp('2020-01-01T00:00:00Z') && "
            "namespaceObject.metadata.labels.exists(k, k == 'a') && namespaceObject.status.conditions[0].type == 'x'"),
      "" },
    /* what there is not */
    { VALID("params.x == 1"), INVALID("spec.validations[0].expression") "\"params.x == 1\": compilation failed: ERROR: "
                                                                        "<input>:1:1: undeclared reference to 'params' "
                                                                        "(in container '')\n | params.x == 1\n | ^" },
    { VALID("variables.x == 1"),
      INVALID("spec.validations[0].expression") "\"variables.x == 1\": compilation failed: ERROR: <input>:1:1: "
                                                "undeclared reference to 'variables' (in container '')\n | variables.x "
                                                "== 1\n | ^" },
    { VALID("request.object == 1"),
      INVALID("spec.validations[0].expression") "\"request.object == 1\": compilation failed: ERROR: <input>:1:8: "
                                                "undefined field 'object'\n | request.object == 1\n | .......^" },
    { VALID("object.x =="), INVALID("spec.validations[0].expression") "\"object.x ==\": compilation failed: ERROR: "
                                                                      "<input>:1:12: Syntax error: mismatched input "
                                                                      "'<EOF>' expecting {'[', '{', '(', '.', '-', "
                                                                      "'!', 'true', 'false', 'null', NUM_FLOAT, "
                                                                      "NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n "
                                                                      "| object.x ==\n | ...........^" },
    { VALID("Object{} == Object{}"),
      INVALID("spec.validations[0].expression") "\"Object{} == Object{}\": compilation failed: ERROR: <input>:1:7: "
                                                "undeclared reference to 'Object' (in container '')\n | Object{} == "
                                                "Object{}\n | ......^\nERROR: <input>:1:19: "
                                                "undeclared reference to 'Object' (in container '')\n | Object{} == "
                                                "Object{}\n | ..................^" },
    { MESSAGE("string(authorizer.path('/x').check('get').allowed())"),
      INVALID("spec.validations[0].messageExpression") "\"string(authorizer.path('/x').check('get').allowed())\": "
                                                       "compilation failed: ERROR: <input>:1:8: undeclared reference "
                                                       "to 'authorizer' (in container '')\n | "
                                                       "string(authorizer.path('/x').check('get').allowed())\n | "
                                                       ".......^" },
    /* what they must be */
    { VALID("object.spec.x"),
      INVALID("spec.validations[0].expression") "\"object.spec.x\": must evaluate to bool but got dyn" },
    { VALID(" [1] "), INVALID("spec.validations[0].expression") "\" [1] \": must evaluate to bool but got list(int)" },
    { VALID("timestamp('2020-01-01T00:00:00Z')"),
      INVALID("spec.validations[0].expression") "\"timestamp('2020-01-01T00:00:00Z')\": must evaluate to bool but got "
                                                "google.protobuf.Timestamp" },
    { MESSAGE("null"),
      INVALID("spec.validations[0].messageExpression") "\"null\": must evaluate to string but got null_type" },
    { MESSAGE("{'a': request}"),
      INVALID("spec.validations[0].messageExpression") "\"{'a': request}\": must evaluate to string but got "
                                                       "map(string, kubernetes.AdmissionRequest)" },
    { NOTE("null"), "" },
    { NOTE("'a'"), "" },
    { NOTE("object.x"), INVALID("spec.auditAnnotations[0].valueExpression") "\"object.x\": must evaluate to one of "
                                                                            "[string null_type] but got dyn" },
    /* one policy's mistakes are all said, in the order of its fields */
    { SPEC("failurePolicy: X, matchConditions: [{name: '', expression: ' 1 '}], variables: [{name: a, expression: "
           "nope}], validations: [{expression: '1', reason: X}]"),
      "[spec.failurePolicy: Unsupported value: \"X\": supported values: \"Fail\", \"Ignore\", "
      "spec.matchConditions[0].expression: Invalid value: \"1\": must evaluate to bool but got int, "
      "spec.matchConditions[0].name: Required value, spec.variables[0].expression: Invalid value: \"nope\": "
      "compilation "
      "failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^, "
      "spec.validations[0].expression: Invalid value: \"1\": must evaluate to bool but got int, "
      "spec.validations[0].reason: Unsupported value: \"X\": supported values: \"Forbidden\", \"Invalid\", "
      "\"RequestEntityTooLarge\"]" },
};

#define WITH(variables, text) SPEC("variables: [" variables "], validations: [{expression: \"" text "\"}]")
#define VARIABLE(name, text)  "{name: " name ", expression: \"" text "\"}"
static const struct rule_create variables[] = {
    { WITH(VARIABLE("a", "1") ", " VARIABLE("b", "variables.a + 1"), "variables.b == 2"), "" },
    { WITH(VARIABLE("a__b", "'x'"), "variables.a__b.size() == 1"), "" },
    { WITH(VARIABLE("a", "[{'x': duration('1s')}]"), "variables.a[0]['x'] > duration('2s')"), "" },
    { WITH(VARIABLE("a", "[{'x': duration('1s')}]"), "variables.a[0]['x'] > 1"),
      INVALID("spec.validations[0].expression") "\"variables.a[0]['x'] > 1\": compilation failed: ERROR: <input>:1:21: "
                                                "found no matching overload for '_>_' applied to '(duration, int)'\n | "
                                                "variables.a[0]['x'] > 1\n | "
                                                "....................^" },
    /* of other types nothing is known */
    { WITH(VARIABLE("a", "request") ", " VARIABLE("b", "quantity('1')"), "variables.a.nope == 1 && variables.b.nope()"
                                                                         " == 1"),
      INVALID(
          "spec.validations[0].expression") "\"variables.a.nope == 1 && variables.b.nope() == 1\": compilation "
                                            "failed: ERROR: <input>:1:42: undeclared reference to 'nope' (in container "
                                            "'')\n | variables.a.nope == 1 && "
                                            "variables.b.nope() == 1\n | .........................................^" },
    { WITH(VARIABLE("a", "variables.b") ", " VARIABLE("b", "1"), "variables.a == 1 && variables.b == 1"),
      INVALID(
          "spec.variables[0].expression") "\"variables.b\": compilation failed: ERROR: <input>:1:10: undefined field "
                                          "'b'\n | variables.b\n | .........^" },
    { WITH(VARIABLE("a", "1"), "variables.a"),
      INVALID("spec.validations[0].expression") "\"variables.a\": must evaluate to bool but got int" },
    { WITH(VARIABLE("a", "1"), "variables.c"),
      INVALID("spec.validations[0].expression") "\"variables.c\": compilation failed: ERROR: <input>:1:10: undefined "
                                                "field 'c'\n | variables.c\n | .........^" },
    /* match conditions come before them */
    { SPEC("matchConditions: [{name: a, expression: 'variables.a == 1'}], variables: [" VARIABLE("a", "1") "]"),
      INVALID("spec.matchConditions[0].expression") "\"variables.a == 1\": compilation failed: ERROR: <input>:1:1: "
                                                    "undeclared reference to 'variables' (in container '')\n | "
                                                    "variables.a == 1\n | ^" },
};

static const char changing[] = HEAD("MutatingAdmissionPolicy")
    SPEC(CONSTRAINTS ", reinvocationPolicy: Never, mutations: [{patchType: ApplyConfiguration, applyConfiguration: "
                     "{expression: 'Object{}'}}]");
#define APPLY(text) SPEC("mutations: [{patchType: ApplyConfiguration, applyConfiguration: {expression: \"" text "\"}}]")
#define PATCH(text) SPEC("mutations: [{patchType: JSONPatch, jsonPatch: {expression: \"" text "\"}}]")
static const struct rule_create mutations[] = {
    { "", "" },
    { APPLY("Object{spec: Object.spec{replicas: object.spec.replicas + 1}}"), "" },
    { APPLY("Object{metadata: Object.metadata{?labels: object.metadata.?labels}}"), "" },
    { APPLY(" Object.spec{} "),
      INVALID("spec.mutations[0].applyConfiguration.expression") "\" Object.spec{} \": must "
                                                                 "evaluate to Object but got Object.spec" },
    { APPLY("{'a': 1}"), INVALID("spec.mutations[0].applyConfiguration.expression") "\"{'a': 1}\": must evaluate to "
                                                                                    "Object but got map(string, int)" },
    { PATCH("[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('a/b'), value: {'x': 1}}]"), "" },
    { PATCH("object.x ? [JSONPatch{op: 'remove', path: '/x'}] : []"), "" },
    { PATCH("[]"),
      INVALID("spec.mutations[0].jsonPatch.expression") "\"[]\": must evaluate to list(JSONPatch) but got list(dyn)" },
    { PATCH("JSONPatch{op: 'add'}"),
      INVALID("spec.mutations[0].jsonPatch.expression") "\"JSONPatch{op: 'add'}\": must "
                                                        "evaluate to list(JSONPatch) but got JSONPatch" },
    { PATCH("[JSONPatch{oper: 'add'}]"),
      INVALID("spec.mutations[0].jsonPatch.expression") "\"[JSONPatch{oper: 'add'}]\": compilation failed: ERROR: "
                                                        "<input>:1:16: undefined field 'oper'\n | [JSONPatch{oper: "
                                                        "'add'}]\n | ...............^" },
    { SPEC("variables: [" VARIABLE("a", "{'x': 1}") "], mutations: [{patchType: JSONPatch, jsonPatch: {expression: "
                                                    "\"[JSONPatch{op: 'add', path: '/a', value: variables.a}]\"}}]"),
      "" },
    { SPEC("variables: [" VARIABLE("a", "Object{}") "]"),
      INVALID("spec.variables[0].expression") "\"Object{}\": compilation failed: ERROR: <input>:1:7: undeclared "
                                              "reference to 'Object' (in container '')\n | Object{}\n | ......^" },
};

static void test_policies(void **state)
{
    (void)state;
    CHECK(judging, validations);
    CHECK(judging, variables);
    CHECK(changing, mutations);
}

#define HOOK                                                                                              \
    "name: a.b.c, clientConfig: {url: 'https://h/p'}, sideEffects: None, admissionReviewVersions: [v1], " \
    "matchConditions: "
#define HOOKS(conditions) "webhooks: [{" HOOK conditions "}]"
static const struct rule_create conditions[] = {
    { HOOKS("[{name: a, expression: 'object.metadata.name == \"x\" && authorizer.path(\"/\").check(\"get\").allowed()"
            "'}]"),
      "" },
    { HOOKS("[{name: a, expression: '1'}, {name: b, expression: 'params == 1'}]"),
      "[webhooks[0].matchConditions[0].expression: Invalid value: \"1\": must evaluate to bool but got int, "
      "webhooks[0].matchConditions[1].expression: Invalid value: \"params == 1\": compilation failed: ERROR: "
      "<input>:1:1: undeclared reference to 'params' (in container '')\n | params == 1\n | ^]" },
};

static void test_webhooks(void **state)
{
    (void)state;
    CHECK(HEAD("ValidatingWebhookConfiguration"), conditions);
    CHECK(HEAD("MutatingWebhookConfiguration"), conditions);
}

/* What compiled once may stay, and is not looked at again while nothing changes. */
static void test_stored_conditions(void **state)
{
    static const char bad[] = HOOKS("[{name: a, expression: 'later(object)'}]");
    static const char more[] = HOOKS("[{name: a, expression: 'later(object)'}, {name: b, expression: 'true'}]");
    static const char *const news[] = { bad, more };

    (void)state;
    for (size_t i = 0; i < countof(news); i++) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { .expressions = &policies_compiler };
        const struct api_kind *kind;
        const void *old = rule_object(HEAD("ValidatingWebhookConfiguration"), bad, &kind, &arena);
        struct api_object_meta *object = rule_object(HEAD("ValidatingWebhookConfiguration"), news[i], &kind, &arena);

        object->resource_version = "1";
        api_validate_update(kind, old, object, &errors);
        assert_int_equal(errors.total, i);
    }
}

#define SELECTOR(text) "[{cel: {expression: \"" text "\"}}]"
#define CLASS(text)    SPEC("selectors: " SELECTOR(text))
#define ATTRIBUTES     "device.attributes['a.b']"
static const struct rule_create selectors[] = {
    { CLASS("device.driver == 'a.b' && " ATTRIBUTES ".model == 'x' && device.capacity['a.b'].memory.compareTo(quantity("
            "'1Gi')) >= 0 && !device.allowMultipleAllocations"),
      "" },
    { CLASS(ATTRIBUTES ".ok"), "" },
    { CLASS(ATTRIBUTES "['ok']"), "" },
    { CLASS("cel.bind(a, " ATTRIBUTES ", a.ok)"), "" },
    { CLASS("'a.b' in device.attributes && 'x' in device.capacity['a.b']"), "" },
    { CLASS(ATTRIBUTES ".?ok.orValue(false)"), "" },
    { CLASS("cel.bind(a, " ATTRIBUTES ", a.x && a.y > 1 && a.version.isGreaterThan(semver('1.0.0')))"), "" },
    { CLASS("1"),
      INVALID("spec.selectors[0].cel.expression") "\"1\": must evaluate to bool or the unknown type, not int" },
    { CLASS("device.driver"),
      INVALID("spec.selectors[0].cel.expression") "\"device.driver\": must evaluate to bool or the unknown type, not "
                                                  "string" },
    { CLASS("dyn(1)"),
      INVALID("spec.selectors[0].cel.expression") "\"dyn(1)\": must evaluate to bool or the unknown type, not dyn" },
    { CLASS(ATTRIBUTES),
      INVALID("spec.selectors[0].cel.expression") "\"device.attributes['a.b']\": must evaluate to bool or the unknown "
                                                  "type, not map(string, any)" },
    { CLASS("device.nope == 1"),
      INVALID("spec.selectors[0].cel.expression") "\"device.nope == 1\": compilation failed: ERROR: <input>:1:7: "
                                                  "undefined field 'nope'\n | device.nope == 1\n | ......^" },
    { CLASS(
          "device.attributes.all(a, device.attributes.all(b, device.attributes.all(c, device.attributes.all(d, a == b "
          "|| c == d))))"),
      "spec.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit" },
    { CLASS("device.attributes.all(a, device.attributes.all(b, a == b))"), "" },
};

#define REQUEST(text) SPEC("devices: {requests: [" text "]}")
#define EXACT(text)   "{name: r, exactly: {deviceClassName: c, selectors: " SELECTOR(text) "}}"
#define EITHER(text)  "{name: r, firstAvailable: [{name: s, deviceClassName: c, selectors: " SELECTOR(text) "}]}"
static const struct rule_create claims[] = {
    { REQUEST(EXACT(ATTRIBUTES ".ok")), "" },
    { REQUEST(EITHER(ATTRIBUTES ".ok")), "" },
    { REQUEST(EXACT("2")),
      INVALID("spec.devices.requests[0].exactly.selectors[0].cel.expression") "\"2\": must evaluate "
                                                                              "to bool or the unknown type, not int" },
    { REQUEST(EITHER("2")),
      INVALID(
          "spec.devices.requests[0].firstAvailable[0].selectors[0].cel.expression") "\"2\": must evaluate to bool or "
                                                                                    "the unknown type, not int" },
};
static const struct rule_create templates[] = {
    { "spec: {spec: {devices: {requests: [" EXACT("2") "]}}}",
      INVALID(
          "spec.spec.devices.requests[0].exactly.selectors[0].cel.expression") "\"2\": must evaluate to bool or the "
                                                                               "unknown type, not int" },
};

static void test_devices(void **state)
{
    (void)state;
    CHECK("apiVersion: resource.k8s.io/v1\nkind: DeviceClass\nmetadata: {name: a}\n", selectors);
    CHECK(DEVICES("ResourceClaim"), claims);
    CHECK(DEVICES("ResourceClaimTemplate"), templates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_webhooks),
        cmocka_unit_test(test_stored_conditions),
        cmocka_unit_test(test_devices),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
