/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* flowcontrol_test.c - the rules of flow schemas and priority levels, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(kind) "apiVersion: flowcontrol.apiserver.k8s.io/v1\nkind: " kind "\nmetadata: {name: a}\n"
#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

static const char schema[] = HEAD("FlowSchema") "spec: {priorityLevelConfiguration: {name: p}}\n";
#define USER         "subjects: [{kind: User, user: {name: u}}]"
#define URLS         "nonResourceRules: [{verbs: [get], nonResourceURLs: [/]}]"
#define RULE(text)   "spec: {rules: [{" text "}]}"
#define SUBJECT(txt) RULE("subjects: [{" txt "}], " URLS)
#define RESOURCE(text) \
    RULE(USER ", resourceRules: [{verbs: [get], apiGroups: [''], resources: [pods], namespaces: [x], " text "}]")
#define URL(text)   RULE(USER ", nonResourceRules: [{verbs: [get], " text "}]")
#define RULE_AT     "spec.rules[0]."
#define SUBJECT_AT  RULE_AT "subjects[0]."
#define RESOURCE_AT RULE_AT "resourceRules[0]."
#define URL_AT      RULE_AT "nonResourceRules[0].nonResourceURLs"
#define EVERYTHING                                                                                                 \
    "resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*']}], " \
    "nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]"
#define EXEMPT                                                                                                    \
    "metadata: {name: exempt}\nspec: {priorityLevelConfiguration: {name: exempt}, matchingPrecedence: 1, rules: " \
    "[{subjects: [{kind: Group, group: {name: 'system:masters'}}], " EVERYTHING "}]}"
#define CATCH_ALL                                                                                             \
    "metadata: {name: catch-all}\nspec: {priorityLevelConfiguration: {name: catch-all}, matchingPrecedence: " \
    "10000, distinguisherMethod: {type: ByUser}, rules: [{subjects: [{kind: Group, group: {name: "            \
    "'system:unauthenticated'}}, {kind: Group, group: {name: 'system:authenticated'}}], " EVERYTHING "}]}"

static const struct rule_create schema_creates[] = {
    { "", "" },
    { EXEMPT, "" },
    { CATCH_ALL, "" },
    { "metadata: {name: exempt}\nspec: {matchingPrecedence: 1}",
      "spec: Invalid value: "
      "{\"PriorityLevelConfiguration\":{\"Name\":\"p\"},\"MatchingPrecedence\":1,\"DistinguisherMethod\":null,"
      "\"Rules\":null}: spec of 'exempt' must equal the fixed value" },
    { "spec: {matchingPrecedence: -1}", "spec.matchingPrecedence: Invalid value: -1: must be a positive value" },
    { "spec: {matchingPrecedence: 10001}",
      "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000" },
    { "spec: {matchingPrecedence: 1}", "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may "
                                       "have matchingPrecedence 1" },
    { "spec: {distinguisherMethod: {type: X}}", "spec.distinguisherMethod.type: Unsupported value: {\"Type\":\"X\"}: "
                                                "supported values: \"ByNamespace\", \"ByUser\"" },
    { "spec: {priorityLevelConfiguration: {name: ''}}",
      "spec.priorityLevelConfiguration.name: Required value: must reference a priority level" },
    { "spec: {priorityLevelConfiguration: {name: A}}",
      "spec.priorityLevelConfiguration.name: Invalid value: \"A\": " SUBDOMAIN },
    { RULE("subjects: [], " URLS), RULE_AT "subjects: Required value: subjects must contain at least one value" },
    { RULE(USER),
      "spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty" },
    { SUBJECT("kind: X"), SUBJECT_AT "kind: Unsupported value: \"X\": supported values: \"Group\", \"ServiceAccount\", "
                                     "\"User\"" },
    { SUBJECT("kind: User"), SUBJECT_AT "user: Required value: user is required when subject kind is 'User'" },
    { SUBJECT("kind: User, user: {name: u}, group: {name: g}"),
      SUBJECT_AT "group: Forbidden: group is forbidden when subject kind is not 'Group'" },
    { SUBJECT("kind: Group, group: {name: ''}"), SUBJECT_AT "group.name: Required value" },
    { SUBJECT("kind: ServiceAccount, serviceAccount: {namespace: '', name: ''}"),
      "[" SUBJECT_AT "serviceAccount.name: Required value, " SUBJECT_AT
      "serviceAccount.namespace: Required value: must specify namespace for service account]" },
    { SUBJECT("kind: ServiceAccount, serviceAccount: {namespace: x, name: '*'}"), "" },
    { SUBJECT("kind: ServiceAccount, serviceAccount: {namespace: a.b, name: A}"),
      "[" SUBJECT_AT "serviceAccount.name: Invalid value: \"A\": " SUBDOMAIN ", " SUBJECT_AT
      "serviceAccount.namespace: Invalid value: \"a.b\": must not contain dots]" },
    { RESOURCE(""), "" },
    { RULE(USER ", resourceRules: [{}]"),
      "[" RESOURCE_AT "verbs: Required value: verbs must contain at least one value, " RESOURCE_AT
      "apiGroups: Required value: resource rules must supply at least one api group, " RESOURCE_AT
      "resources: Required value: resource rules must supply at least one resource, " RESOURCE_AT
      "namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace]" },
    { RULE(USER ", resourceRules: [{verbs: [get, '*'], apiGroups: ['', '*'], resources: [a, '*'], namespaces: [x, "
                "'*']}]"),
      "[" RESOURCE_AT
      "verbs: Invalid value: [\"get\",\"*\"]: if '*' is present, must not specify other verbs, " RESOURCE_AT
      "apiGroups: Invalid value: [\"\",\"*\"]: if '*' is present, must not specify other api groups, " RESOURCE_AT
      "resources: Invalid value: [\"a\",\"*\"]: if '*' is present, must not specify other resources, " RESOURCE_AT
      "namespaces: Invalid value: [\"x\",\"*\"]: if '*' is present, must not specify other namespaces]" },
    { RULE(USER ", resourceRules: [{verbs: [eat], apiGroups: [''], resources: [a], namespaces: [a.b]}]"),
      "[" RESOURCE_AT
      "verbs: Unsupported value: [\"eat\"]: supported values: \"create\", \"delete\", \"deletecollection\", \"get\", "
      "\"list\", \"patch\", \"proxy\", \"update\", \"watch\", " RESOURCE_AT
      "namespaces[0]: Invalid value: \"a.b\": each member of this list must be '*' or a DNS-1123 label; must not "
      "contain dots]" },
    { URL("nonResourceURLs: []"), URL_AT ": Required value: nonResourceURLs must contain at least one value" },
    { URL("nonResourceURLs: [/, '*']"),
      URL_AT ": Invalid value: [\"/\",\"*\"]: if '*' is present, must not specify other non-resource URLs" },
    { URL("nonResourceURLs: ['', x, '/a b', //, '/a*', /a/*]"),
      "[" URL_AT "[0]: Invalid value: \"\": must not be empty, " URL_AT
      "[1]: Invalid value: \"x\": must start with slash, " URL_AT
      "[2]: Invalid value: \"/a b\": must not contain white-space, " URL_AT
      "[3]: Invalid value: \"//\": must not contain double slash, " URL_AT
      "[4]: Invalid value: \"/a*\": wildcard can only do suffix matching]" },
};
static const struct rule_update schema_statuses[] = {
    { "", "status: {conditions: [{type: Dangling}]}", "" },
    { "", "status: {conditions: [{type: ''}]}", "status.conditions[0].type: Required value" },
    { "", "status: {conditions: [{type: A}, {type: A}]}", "status.conditions[1].type: Duplicate value: \"A\"" },
};

static const char level[] = HEAD("PriorityLevelConfiguration") "spec: {type: Limited, limited: {limitResponse: {type: "
                                                               "Reject}}}\n";
#define LIMITED(text) "spec: {limited: {" text "}}"
#define QUEUING(text) LIMITED("limitResponse: {type: Queue, queuing: {" text "}}")
#define LIMITED_AT    "spec.limited."
#define QUEUING_AT    LIMITED_AT "limitResponse.queuing."

static const struct rule_create level_creates[] = {
    { "", "" },
    { "metadata: {annotations: {flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares: ''}}",
      "metadata.annotations: Forbidden: annotation 'flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares' is "
      "forbidden" },
    { "metadata: {name: exempt}\nspec: {type: Exempt, limited: null, exempt: {nominalConcurrencyShares: 3}}", "" },
    { "metadata: {name: catch-all}\nspec: {limited: {nominalConcurrencyShares: 5}}", "" },
    { "metadata: {name: catch-all}\nspec: {limited: {nominalConcurrencyShares: 6}}",
      "spec: Invalid value: "
      "{\"Type\":\"Limited\",\"Limited\":{\"NominalConcurrencyShares\":6,\"LimitResponse\":{\"Type\":\"Reject\","
      "\"Queuing\":null},\"LendablePercent\":0,\"BorrowingLimitPercent\":null},\"Exempt\":null}: spec of 'catch-all' "
      "must equal the fixed value" },
    { "spec: {type: Exempt, limited: null}",
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'" },
    { "spec: {type: ''}", "spec.type: Required value" },
    { "spec: {type: X}", "spec.type: Unsupported value: \"X\": supported values: \"Exempt\", \"Limited\"" },
    { "spec: {limited: null}", "spec.limited: Required value: must not be empty when type is Limited" },
    { "spec: {exempt: {}}", "spec.exempt: Forbidden: must be nil if the type is Limited" },
    { LIMITED("nominalConcurrencyShares: -1"),
      LIMITED_AT "nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer" },
    { LIMITED("lendablePercent: 101"),
      LIMITED_AT "lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive" },
    { LIMITED("borrowingLimitPercent: -1"),
      LIMITED_AT "borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer" },
    { LIMITED("limitResponse: {type: ''}"), LIMITED_AT "limitResponse.type: Required value" },
    { LIMITED("limitResponse: {type: X}"),
      LIMITED_AT "limitResponse.type: Unsupported value: \"X\": supported values: \"Queue\", \"Reject\"" },
    { LIMITED("limitResponse: {type: Reject, queuing: {}}"),
      LIMITED_AT "limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited" },
    { LIMITED("limitResponse: {type: Queue}"),
      LIMITED_AT "limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited" },
    { QUEUING("queueLengthLimit: -1"), QUEUING_AT "queueLengthLimit: Invalid value: -1: must be positive" },
    { QUEUING("queues: -1"), "[" QUEUING_AT "queues: Invalid value: -1: must be positive, " QUEUING_AT
                             "handSize: Invalid value: 8: should not be greater than queues (-1)]" },
    { QUEUING("queues: 10000001, handSize: 2"),
      QUEUING_AT "queues: Invalid value: 10000001: must not be greater than 10000000" },
    { QUEUING("handSize: -1"), QUEUING_AT "handSize: Invalid value: -1: must be positive" },
    { QUEUING("queues: 4, handSize: 5"),
      QUEUING_AT "handSize: Invalid value: 5: should not be greater than queues (4)" },
    { QUEUING("queues: 512, handSize: 8"), QUEUING_AT
      "handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater "
      "than 60" },
};

static void test_flow_schema(void **state)
{
    (void)state;
    check_creates(schema, schema_creates);
    check_statuses(schema, schema_statuses);
}

static void test_priority_level(void **state)
{
    (void)state;
    check_creates(level, level_creates);
    check_statuses(level, schema_statuses);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_flow_schema), cmocka_unit_test(test_priority_level) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
