/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* admissionregistration_test.c - the rules of webhooks, policies and bindings, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(kind) "apiVersion: admissionregistration.k8s.io/v1\nkind: " kind "\nmetadata: {name: a}\n"
#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define NAME_PART                                                                                         \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "  \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABEL_1035                                                                                                     \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " \
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "             \
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
#define LABEL_VALUE                                                                                                 \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "          \
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

/* A good webhook with more fields; later ones win. */
#define HOOK(more)                                                                                              \
    "webhooks: [{name: a.b.c, clientConfig: {url: 'https://h/p'}, sideEffects: None, admissionReviewVersions: " \
    "[v1]" more "}]"
#define HOOK_OF(rest) "webhooks: [{" rest "}]"
#define NAME          "name: a.b.c"
#define CLIENT        ", clientConfig: {url: 'https://h/p'}"
#define EFFECTS       ", sideEffects: None"
#define VERSIONS      ", admissionReviewVersions: [v1]"
#define RULE(operations, groups, versions, resources) \
    "operations: " operations ", apiGroups: " groups ", apiVersions: " versions ", resources: " resources
#define HOOK_RULE(operations, groups, versions, resources) \
    HOOK(", rules: [{" RULE(operations, groups, versions, resources) "}]")
#define RESOURCES(list) HOOK_RULE("['*']", "['']", "[v1]", list)
#define BAD_SELECTOR    ", namespaceSelector: {matchExpressions: [{key: a, operator: In, values: ['-']}]}"

static const char validating[] = HEAD("ValidatingWebhookConfiguration") HOOK("");
static const char mutating[] = HEAD("MutatingWebhookConfiguration") HOOK("");
static const struct rule_create webhook_creates[] = {
    { "", "" },
    { HOOK_OF("name: ''" CLIENT EFFECTS VERSIONS), "webhooks[0].name: Required value" },
    { HOOK_OF("name: a.b_.c" CLIENT EFFECTS VERSIONS), "webhooks[0].name: Invalid value: \"a.b_.c\": " SUBDOMAIN },
    { HOOK_OF("name: a.b" CLIENT EFFECTS VERSIONS),
      "webhooks[0].name: Invalid value: \"a.b\": should be a domain with at least three segments separated by dots" },
    { "webhooks: [{" NAME CLIENT EFFECTS VERSIONS "}, {" NAME CLIENT EFFECTS VERSIONS "}]",
      "webhooks[1].name: Duplicate value: \"a.b.c\"" },
    { HOOK_OF(NAME CLIENT EFFECTS),
      "webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1" },
    { HOOK_OF(NAME CLIENT EFFECTS ", admissionReviewVersions: [v1, v1]"),
      "webhooks[0].admissionReviewVersions[1]: Invalid value: \"v1\": duplicate version" },
    { HOOK_OF(NAME CLIENT EFFECTS ", admissionReviewVersions: [v1, V]"),
      "webhooks[0].admissionReviewVersions[1]: Invalid value: \"V\": " LABEL_1035 },
    { HOOK_OF(NAME CLIENT EFFECTS ", admissionReviewVersions: [v2]"),
      "webhooks[0].admissionReviewVersions: Invalid value: [\"v2\"]: must include at least one of v1, v1beta1" },
    { HOOK_OF(NAME CLIENT VERSIONS),
      "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun" },
    { HOOK_OF(NAME CLIENT VERSIONS ", sideEffects: Some"),
      "webhooks[0].sideEffects: Unsupported value: \"Some\": supported values: \"None\", \"NoneOnDryRun\"" },
    { HOOK_RULE("[CREATE, UPDATE]", "['', apps]", "[v1, v2]", "[pods, 'pods/status']"), "" },
    { HOOK_RULE("[]", "[]", "[]", "[]"),
      "[webhooks[0].rules[0].operations: Required value, webhooks[0].rules[0].apiGroups: Required value, "
      "webhooks[0].rules[0].apiVersions: Required value, webhooks[0].rules[0].resources: Required value]" },
    { HOOK_RULE("['*', CREATE]", "['*', a]", "['*', v1]", "[a]"),
      "[webhooks[0].rules[0].operations: Invalid value: [\"*\",\"CREATE\"]: if '*' is present, must not specify other "
      "operations, webhooks[0].rules[0].apiGroups: Invalid value: [\"*\",\"a\"]: if '*' is present, must not specify "
      "other API groups, webhooks[0].rules[0].apiVersions: Invalid value: [\"*\",\"v1\"]: if '*' is present, must not "
      "specify other API versions]" },
    { HOOK_RULE("[X]", "['']", "['']", "[a]"),
      "[webhooks[0].rules[0].operations[0]: Unsupported value: \"X\": supported values: \"*\", \"CONNECT\", "
      "\"CREATE\", \"DELETE\", \"UPDATE\", webhooks[0].rules[0].apiVersions[0]: Required value]" },
    { RESOURCES("['']"), "webhooks[0].rules[0].resources[0]: Required value" },
    { RESOURCES("['pods/*', 'pods/status']"),
      "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify "
      "pods/status" },
    { RESOURCES("['*/status', 'pods/status']"),
      "webhooks[0].rules[0].resources[1]: Invalid value: \"pods/status\": if '*/status' is present, must not specify "
      "pods/status" },
    { RESOURCES("['*/*', pods]"),
      "webhooks[0].rules[0].resources: Invalid value: [\"*/*\",\"pods\"]: if '*/*' is present, must not specify other "
      "resources" },
    { RESOURCES("['*', pods]"),
      "webhooks[0].rules[0].resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other "
      "resources without subresources" },
    { RESOURCES("['*', 'pods/status']"), "" },
    { HOOK(", rules: [{" RULE("['*']", "['']", "[v1]", "[pods]") ", scope: X}]"),
      "webhooks[0].rules[0].scope: Unsupported value: \"X\": supported values: \"*\", \"Cluster\", \"Namespaced\"" },
    { HOOK(", failurePolicy: X"),
      "webhooks[0].failurePolicy: Unsupported value: \"X\": supported values: \"Fail\", \"Ignore\"" },
    { HOOK(", matchPolicy: X"),
      "webhooks[0].matchPolicy: Unsupported value: \"X\": supported values: \"Equivalent\", \"Exact\"" },
    { HOOK(", timeoutSeconds: 0"),
      "webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds" },
    { HOOK(", timeoutSeconds: 31"),
      "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds" },
    { HOOK(BAD_SELECTOR),
      "webhooks[0].namespaceSelector.matchExpressions[0].values[0]: Invalid value: \"-\": " LABEL_VALUE },
    { HOOK(", objectSelector: {matchExpressions: [{key: a, operator: In}]}"),
      "webhooks[0].objectSelector.matchExpressions[0].values: Required value: must be specified when `operator` is "
      "'In' "
      "or 'NotIn'" },
    { HOOK_OF(NAME EFFECTS VERSIONS ", clientConfig: {}"),
      "webhooks[0].clientConfig: Required value: exactly one of url or service is required" },
    { HOOK_OF(NAME EFFECTS VERSIONS ", clientConfig: {url: 'https://h', service: {name: s, namespace: m}}"),
      "webhooks[0].clientConfig: Required value: exactly one of url or service is required" },
    { HOOK_OF(NAME EFFECTS VERSIONS ", clientConfig: {url: 'http://h'}"),
      "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: "
      "https://host[/path]" },
    { HOOK_OF(NAME EFFECTS VERSIONS ", clientConfig: {service: {name: '', namespace: '', path: /p//, port: 0}}"),
      "[webhooks[0].clientConfig.service.name: Required value, webhooks[0].clientConfig.service.namespace: Required "
      "value, webhooks[0].clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, "
      "inclusive, webhooks[0].clientConfig.service.path: Invalid value: \"/p//\": segment[1] may not be empty]" },
    { HOOK_OF(NAME EFFECTS VERSIONS ", clientConfig: {service: {name: s, namespace: m, path: /p/}}"), "" },
    { HOOK(", matchConditions: [{name: '', expression: ' '}, {name: a, expression: 'true'}, {name: a, expression: "
           "'true'}, {name: '-', expression: 'true'}]"),
      "[webhooks[0].matchConditions[0].expression: Required value, webhooks[0].matchConditions[0].name: Required "
      "value, "
      "webhooks[0].matchConditions[2].name: Duplicate value: \"a\", webhooks[0].matchConditions[3].name: Invalid "
      "value: "
      "\"-\": " NAME_PART "]" },
};
static const struct rule_create mutating_creates[] = {
    { "", "" },
    { HOOK(", reinvocationPolicy: X"),
      "webhooks[0].reinvocationPolicy: Unsupported value: \"X\": supported values: \"IfNeeded\", \"Never\"" },
    { HOOK(", reinvocationPolicy: IfNeeded"), "" },
};
#define TWICE "webhooks: [{" NAME CLIENT EFFECTS VERSIONS "}, {" NAME CLIENT EFFECTS VERSIONS "}]"
#define LOOSE HOOK_OF(NAME CLIENT ", sideEffects: Some, admissionReviewVersions: [v2]")
static const struct rule_update webhook_updates[] = {
    { "", TWICE, "webhooks[1].name: Duplicate value: \"a.b.c\"" },
    { TWICE, TWICE, "" },
    { LOOSE, LOOSE, "" },
    { LOOSE, HOOK_OF(NAME CLIENT VERSIONS ", sideEffects: X"),
      "webhooks[0].sideEffects: Unsupported value: \"X\": supported values: \"None\", \"NoneOnDryRun\", \"Some\", "
      "\"Unknown\"" },
    { LOOSE, HOOK_OF(NAME CLIENT VERSIONS),
      "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun, Some, Unknown" },
    { HOOK(BAD_SELECTOR), HOOK(BAD_SELECTOR), "" },
    { HOOK(", matchConditions: [{name: '', expression: 'true'}]"),
      HOOK(", matchConditions: [{name: '', expression: 'true'}]"), "" },
    { HOOK(", matchConditions: [{name: '', expression: 'true'}]"),
      HOOK(", matchConditions: [{name: '', expression: 'false'}]"),
      "webhooks[0].matchConditions[0].name: Required value" },
};

static void test_webhooks(void **state)
{
    (void)state;
    check_creates(validating, webhook_creates);
    check_creates(mutating, webhook_creates);
    check_creates(mutating, mutating_creates);
    check_updates(validating, webhook_updates);
    check_updates(mutating, webhook_updates);
}

#define CONSTRAINTS(more) "matchConstraints: {resourceRules: [{" RULE("[CREATE]", "['']", "[v1]", "[pods]") more "}]}"
#define SPEC(text)        "spec: {" text "}"
static const char policy[] =
    HEAD("ValidatingAdmissionPolicy") SPEC(CONSTRAINTS("") ", validations: [{expression: 'true'}]");
static const struct rule_create policy_creates[] = {
    { "", "" },
    { SPEC("failurePolicy: X"),
      "spec.failurePolicy: Unsupported value: \"X\": supported values: \"Fail\", \"Ignore\"" },
    { SPEC("paramKind: {}"), "[spec.paramKind.apiVersion: Required value, spec.paramKind.kind: Required value]" },
    { SPEC("paramKind: {apiVersion: a/b/c, kind: K}"),
      "spec.paramKind.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c" },
    { SPEC("paramKind: {apiVersion: A/V, kind: K_}"),
      "[spec.paramKind.apiVersion: Invalid value: \"A\": " SUBDOMAIN
      ", spec.paramKind.apiVersion: Invalid value: \"V\": " LABEL_1035
      ", spec.paramKind.kind: Invalid value: \"K_\": may have mixed case, but should otherwise match: " LABEL_1035
      "]" },
    { SPEC("paramKind: {apiVersion: a/, kind: K}"),
      "spec.paramKind.apiVersion: Invalid value: \"a/\": version must be specified" },
    { SPEC("matchConstraints: null"), "spec.matchConstraints: Required value" },
    { SPEC("matchConstraints: {resourceRules: []}"), "spec.matchConstraints.resourceRules: Required value" },
    { SPEC("matchConstraints: {matchPolicy: X}"),
      "spec.matchConstraints.matchPolicy: Unsupported value: \"X\": supported values: \"Equivalent\", \"Exact\"" },
    { SPEC("matchConstraints: {objectSelector: {matchLabels: {a: '-'}}}"),
      "spec.matchConstraints.objectSelector.matchLabels: Invalid value: \"-\": " LABEL_VALUE },
    { SPEC(CONSTRAINTS(", resourceNames: [a/b, c, c]")),
      "[spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value: \"a/b\": may not contain '/', "
      "spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value: \"c\"]" },
    { SPEC("matchConstraints: {excludeResourceRules: [{operations: [X], apiGroups: [''], apiVersions: [v1], resources: "
           "[a]}]}"),
      "spec.matchConstraints.excludeResourceRules[0].operations[0]: Unsupported value: \"X\": supported values: \"*\", "
      "\"CONNECT\", \"CREATE\", \"DELETE\", \"UPDATE\"" },
    { SPEC("matchConditions: [{name: a, expression: ''}]"), "spec.matchConditions[0].expression: Required value" },
    { SPEC(
          "variables: [{name: ' ', expression: ' '}, {name: 1a, expression: x}, {name: in, expression: x}, {name: _a1, "
          "expression: x}]"),
      "[spec.variables[0].name: Required value: name is not specified, spec.variables[0].expression: Required value: "
      "expression is not specified, spec.variables[1].name: Invalid value: \"1a\": must be a valid CEL identifier, "
      "spec.variables[2].name: Invalid value: \"in\": must be a valid CEL identifier]" },
    { SPEC("validations: []"),
      "[spec.validations: Required value: validations or auditAnnotations must contain at least one item, "
      "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]" },
    { SPEC("validations: [{expression: ''}, {expression: x, messageExpression: ' ', message: ' '}, {expression: x, "
           "message: \"a\\nb\", reason: X}, {expression: x, message: a, reason: Invalid}]"),
      "[spec.validations[0].expression: Required value: expression is not specified, "
      "spec.validations[1].messageExpression: Invalid value: \" \": must be non-empty if specified, "
      "spec.validations[1].message: Invalid value: \" \": must be non-empty if specified, spec.validations[2].message: "
      "Invalid value: \"a\\nb\": must not contain line breaks, spec.validations[2].reason: Unsupported value: \"X\": "
      "supported values: \"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\"]" },
    { SPEC("auditAnnotations: [{key: '-', valueExpression: ''}, {key: a, valueExpression: x}, {key: a, "
           "valueExpression: x}]"),
      "[spec.auditAnnotations[0].key: Invalid value: \"a/-\": " NAME_PART ", spec.auditAnnotations[0].valueExpression: "
      "Required value: valueExpression is not specified, spec.auditAnnotations[2].key: Duplicate value: \"a\"]" },
};
static const struct rule_update policy_updates[] = {
    { SPEC("matchConditions: [{name: a, expression: ''}]"), SPEC("matchConditions: [{name: a, expression: ''}]"), "" },
    { SPEC("matchConditions: [{name: a, expression: ''}]"),
      SPEC("paramKind: {apiVersion: v1, kind: K}, matchConditions: [{name: a, expression: ''}]"),
      "spec.matchConditions[0].expression: Required value" },
    { "", SPEC("validations: null"),
      "[spec.validations: Required value: validations or auditAnnotations must contain at least one item, "
      "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item]" },
};
static const struct rule_update policy_statuses[] = {
    { "", "status: {typeChecking: {expressionWarnings: [{fieldRef: spec.validations, warning: w}]}}", "" },
    { "", "status: {typeChecking: {expressionWarnings: [{fieldRef: ' ', warning: ''}]}}",
      "[status.typeChecking.expressionWarnings[0].warning: Required value, "
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value]" },
    { "", "status: {conditions: [{type: T, status: 'True', reason: '', lastTransitionTime: '2026-01-01T00:00:00Z'}]}",
      "status.conditions[0].reason: Required value" },
};
#define MUTATION(text) SPEC("mutations: [{" text "}]")
static const char change[] = HEAD("MutatingAdmissionPolicy") SPEC(
    CONSTRAINTS("") ", reinvocationPolicy: Never, mutations: [{patchType: JSONPatch, jsonPatch: {expression: x}}]");
static const struct rule_create change_creates[] = {
    { "", "" },
    { SPEC("matchConstraints: {resourceRules: [{" RULE("[DELETE]", "['']", "[v1]", "[pods]") "}]}"),
      "spec.matchConstraints.resourceRules.operations: Unsupported value: \"DELETE\": supported values: \"*\", "
      "\"CONNECT\", \"CREATE\", \"UPDATE\"" },
    { SPEC("mutations: []"), "spec.mutations: Required value: mutations must contain at least one item" },
    { MUTATION("patchType: ''"), "spec.mutations[0].patchType: Required value" },
    { MUTATION("patchType: X"), "spec.mutations[0].patchType: Unsupported value: \"X\": supported values: "
                                "\"ApplyConfiguration\", \"JSONPatch\"" },
    { MUTATION("patchType: JSONPatch"),
      "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch" },
    { MUTATION("patchType: ApplyConfiguration, applyConfiguration: {expression: ' '}, jsonPatch: {expression: x}"),
      "[spec.mutations[0].applyConfiguration.expression: Required value, spec.mutations[0].jsonPatch: Invalid value: "
      "\"{jsonPatch}\": must not be specified when patchType is ApplyConfiguration]" },
    { SPEC("reinvocationPolicy: ''"), "spec.reinvocationPolicy: Required value" },
    { SPEC("reinvocationPolicy: X"),
      "spec.reinvocationPolicy: Unsupported value: \"X\": supported values: \"IfNeeded\", \"Never\"" },
    { SPEC("variables: [{name: '', expression: x}]"), "spec.variables[0].name: Required value: name is not specified" },
};
static const struct rule_update change_updates[] = {
    { "", SPEC("mutations: []"), "spec.mutations: Required value: mutations must contain at least one item" },
};

static void test_policies(void **state)
{
    (void)state;
    check_creates(policy, policy_creates);
    check_updates(policy, policy_updates);
    check_statuses(policy, policy_statuses);
    check_creates(change, change_creates);
    check_updates(change, change_updates);
}

static const char binding[] = HEAD("ValidatingAdmissionPolicyBinding") SPEC("policyName: p, validationActions: [Deny]");
static const char change_binding[] = HEAD("MutatingAdmissionPolicyBinding") SPEC("policyName: p");
static const struct rule_create shared_creates[] = {
    { "", "" },
    { SPEC("policyName: ''"), "spec.policyName: Required value" },
    { SPEC("policyName: P"), "spec.policyName: Invalid value: \"P\": " SUBDOMAIN },
    { SPEC("paramRef: {}"), "[spec.paramRef: Required value: one of name or selector must be specified, "
                            "spec.paramRef.parameterNotFoundAction: Required value]" },
    { SPEC("paramRef: {name: a/b, selector: {}, parameterNotFoundAction: X}"),
      "[spec.paramRef.name: Invalid value: \"a/b\": may not contain '/', spec.paramRef.name: Forbidden: name and "
      "selector "
      "are mutually exclusive, spec.paramRef.selector: Forbidden: name and selector are mutually exclusive, "
      "spec.paramRef.parameterNotFoundAction: Unsupported value: \"X\": supported values: \"Deny\", \"Allow\"]" },
    { SPEC("paramRef: {selector: {matchLabels: {a: '-'}}, parameterNotFoundAction: Deny}"),
      "spec.paramRef.selector.matchLabels: Invalid value: \"-\": " LABEL_VALUE },
    { SPEC("matchResources: {matchPolicy: X}"),
      "spec.matchResources.matchPolicy: Unsupported value: \"X\": supported values: \"Equivalent\", \"Exact\"" },
};
static const struct rule_create binding_creates[] = {
    { SPEC("validationActions: []"),
      "spec.validationActions: Required value: at least one validation action is required" },
    { SPEC("validationActions: [X, Audit, Audit]"),
      "[spec.validationActions[0]: Unsupported value: \"X\": supported values: \"Audit\", \"Deny\", \"Warn\", "
      "spec.validationActions[2]: Duplicate value: \"Audit\"]" },
    { SPEC("validationActions: [Deny, Warn]"),
      "spec.validationActions: Invalid value: [\"Deny\",\"Warn\"]: must not contain both Deny and Warn (repeating the "
      "same "
      "validation failure information in the API response and headers serves no purpose)" },
};
static const struct rule_create change_binding_creates[] = {
    { SPEC("matchResources: {resourceRules: [{" RULE("[DELETE]", "['']", "[v1]", "[pods]") "}]}"),
      "spec.matchResources.resourceRules.operations: Unsupported value: \"DELETE\": supported values: \"*\", "
      "\"CONNECT\", \"CREATE\", \"UPDATE\"" },
};
static const struct rule_update binding_updates[] = {
    { "", SPEC("policyName: ''"), "spec.policyName: Required value" },
    { "", SPEC("policyName: q"), "" },
};

static void test_bindings(void **state)
{
    (void)state;
    check_creates(binding, shared_creates);
    check_creates(binding, binding_creates);
    check_updates(binding, binding_updates);
    check_creates(change_binding, shared_creates);
    check_creates(change_binding, change_binding_creates);
    check_updates(change_binding, binding_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_webhooks),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_bindings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
