/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* group_kinds_test.c - the rules of kinds of small groups, a line for each: roles, budgets, leases, classes of priority
 * and runtime, API services, events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define NAME_PART                                                                                         \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "  \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define RBAC(kind) "apiVersion: rbac.authorization.k8s.io/v1\nkind: " kind "\n"

/* ---------------------------------------------------------------- rbac */

static const char role[] = RBAC("Role") "metadata: {name: 'a:b', namespace: x}\nrules: [{verbs: [get], apiGroups: "
                                        "[''], resources: [pods]}]\n";
static const struct rule_create role_creates[] = {
    { "", "" },
    { "metadata: {name: a/b}", "metadata.name: Invalid value: \"a/b\": may not contain '/'" },
    { "rules: [{verbs: [], apiGroups: [''], resources: [pods]}]",
      "rules[0].verbs: Required value: verbs must contain at least one value" },
    { "rules: [{verbs: [get], nonResourceURLs: [/x]}]",
      "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs" },
    { "rules: [{verbs: [get], nonResourceURLs: [/x], resourceNames: [a]}]",
      "[rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to non-resource URLs, "
      "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and "
      "non-resource URLs]" },
    { "rules: [{verbs: [get]}]",
      "[rules[0].apiGroups: Required value: resource rules must supply at least one api group, rules[0].resources: "
      "Required value: resource rules must supply at least one resource]" },
};
static const char cluster_role[] = RBAC("ClusterRole") "metadata: {name: a}\nrules: [{verbs: [get], nonResourceURLs: "
                                                       "[/x]}]\n";
static const struct rule_create cluster_role_creates[] = {
    { "", "" },
    { "rules: [{verbs: [get], nonResourceURLs: [/x], apiGroups: ['']}]",
      "rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply to both regular resources and "
      "non-resource URLs" },
    { "aggregationRule: {clusterRoleSelectors: []}",
      "aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if "
      "aggregationRule is non-nil" },
    { "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: X}]}]}",
      "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: \"X\": not a valid "
      "selector "
      "operator" },
};
#define BAD_SELECTOR \
    "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: In, values: [_]}]}]}"
static const struct rule_update cluster_role_updates[] = {
    { BAD_SELECTOR, BAD_SELECTOR "\nrules: []", "" },
};
static const char binding[] = RBAC("RoleBinding") "metadata: {name: a, namespace: x}\nroleRef: {apiGroup: "
                                                  "rbac.authorization.k8s.io, kind: Role, name: r}\n";
static const char cluster_binding[] = RBAC("ClusterRoleBinding") "metadata: {name: a}\nroleRef: {apiGroup: "
                                                                 "rbac.authorization.k8s.io, kind: ClusterRole, name: "
                                                                 "r}\n";
#define SUBJECT(text) "subjects: [{" text "}]"
static const struct rule_create binding_creates[] = {
    { "", "" },
    { "roleRef: {apiGroup: x}",
      "roleRef.apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\"" },
    { "roleRef: {kind: X}", "roleRef.kind: Unsupported value: \"X\": supported values: \"Role\", \"ClusterRole\"" },
    { "roleRef: {name: ''}", "roleRef.name: Required value" },
    { "roleRef: {name: a/b}", "roleRef.name: Invalid value: \"a/b\": may not contain '/'" },
    { SUBJECT("kind: User, apiGroup: rbac.authorization.k8s.io, name: ''"), "subjects[0].name: Required value" },
    { SUBJECT("kind: X, name: a"), "subjects[0].kind: Unsupported value: \"X\": supported values: "
                                   "\"ServiceAccount\", \"User\", \"Group\"" },
    { SUBJECT("kind: ServiceAccount, name: A"), "subjects[0].name: Invalid value: \"A\": " SUBDOMAIN },
    { SUBJECT("kind: ServiceAccount, name: a, apiGroup: x"),
      "subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"\"" },
    { SUBJECT("kind: Group, name: a, apiGroup: x"),
      "subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"rbac.authorization.k8s.io\"" },
};
static const struct rule_update binding_updates[] = {
    { "", SUBJECT("kind: ServiceAccount, name: a"), "" },
    { "", "roleRef: {name: s}",
      "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"Role\",\"Name\":\"s\"}: cannot "
      "change roleRef" },
};
static const struct rule_create cluster_binding_creates[] = {
    { "", "" },
    { "roleRef: {kind: Role}", "roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"" },
    { SUBJECT("kind: ServiceAccount, name: a"), "subjects[0].namespace: Required value" },
};
static const struct rule_update cluster_binding_updates[] = {
    { "", "roleRef: {name: s}",
      "roleRef: Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\"ClusterRole\",\"Name\":\"s\"}: "
      "cannot change roleRef" },
};

static void test_rbac(void **state)
{
    (void)state;
    check_creates(role, role_creates);
    check_creates(cluster_role, cluster_role_creates);
    check_updates(cluster_role, cluster_role_updates);
    check_creates(binding, binding_creates);
    check_updates(binding, binding_updates);
    check_creates(cluster_binding, cluster_binding_creates);
    check_updates(cluster_binding, cluster_binding_updates);
}

/* ---------------------------------------------------------------- policy */

static const char budget[] = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: x}\n"
                             "spec: {}\n";
static const struct rule_create budget_creates[] = {
    { "", "" },
    { "metadata: {name: A_}", "" },
    { "spec: {minAvailable: 1, maxUnavailable: 1}",
      "spec: Invalid value: "
      "{\"MinAvailable\":1,\"Selector\":null,\"MaxUnavailable\":1,\"UnhealthyPodEvictionPolicy\":null}: minAvailable "
      "and maxUnavailable cannot be both set" },
    { "spec: {minAvailable: -1}", "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0" },
    { "spec: {maxUnavailable: 101%}", "spec.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%" },
    { "spec: {selector: {matchExpressions: [{key: a, operator: X}]}}",
      "spec.selector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { "spec: {unhealthyPodEvictionPolicy: X}",
      "spec.unhealthyPodEvictionPolicy: Unsupported value: \"X\": supported values: \"AlwaysAllow\", "
      "\"IfHealthyBudget\"" },
};
#define BUDGET_BAD "spec: {selector: {matchExpressions: [{key: a, operator: In, values: [_]}]}"
static const struct rule_update budget_updates[] = { { BUDGET_BAD "}", BUDGET_BAD ", minAvailable: 1}", "" } };
#define ZEROS           "disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0"
#define CONDITION(text) "status: {" ZEROS ", conditions: [{" text "}]}"
#define TIME            "lastTransitionTime: '2026-01-01T00:00:00Z'"
static const struct rule_update budget_statuses[] = {
    { "", CONDITION("type: A, status: 'True', reason: R, message: '', " TIME), "" },
    { "", "status: {disruptionsAllowed: -1, currentHealthy: -1, desiredHealthy: -1, expectedPods: -1}",
      "[status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0, status.currentHealthy: "
      "Invalid "
      "value: -1: must be greater than or equal to 0, status.desiredHealthy: Invalid value: -1: must be greater than "
      "or "
      "equal to 0, status.expectedPods: Invalid value: -1: must be greater than or equal to 0]" },
    { "", CONDITION("type: '-', status: X, reason: '1', message: '', observedGeneration: -1"),
      "[status.conditions[0].type: Invalid value: \"-\": " NAME_PART
      ", status.conditions[0].status: Unsupported value: "
      "\"X\": supported values: \"False\", \"True\", \"Unknown\", status.conditions[0].observedGeneration: Invalid "
      "value: -1: must be greater than or equal to zero, status.conditions[0].lastTransitionTime: Required value, "
      "status.conditions[0].reason: Invalid value: \"1\": a condition reason must start with alphabetic "
      "character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an "
      "alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or "
      "'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')]" },
    { "", CONDITION("type: A, status: 'True', reason: '', message: '', " TIME),
      "status.conditions[0].reason: Required value" },
    { "",
      CONDITION("type: A, status: 'True', reason: R, message: '', " TIME "}, {type: A, status: 'True', reason: R, "
                "message: '', " TIME),
      "status.conditions[1].type: Duplicate value: \"A\"" },
};

static void test_budget(void **state)
{
    (void)state;
    check_creates(budget, budget_creates);
    check_updates(budget, budget_updates);
    check_statuses(budget, budget_statuses);
}

/* ---------------------------------------------------------------- coordination, scheduling, node */

static const char lease[] = "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: a, namespace: x}\nspec: "
                            "{}\n";
static const struct rule_create lease_creates[] = {
    { "", "" },
    { "spec: {leaseDurationSeconds: 0}", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0" },
    { "spec: {leaseTransitions: -1}", "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0" },
    { "spec: {strategy: X}",
      "spec.strategy.strategy: Unsupported value: \"X\": supported values: \"OldestEmulationVersion\"" },
    { "spec: {strategy: a/-}", "spec.strategy.strategy: Invalid value: \"a/-\": " NAME_PART },
    { "spec: {preferredHolder: h}",
      "spec.preferredHolder: Forbidden: may only be specified when `strategy` is defined" },
};
static const char priority[] = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 5\n";
#define RESERVED                                                                                              \
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. " \
    "error: "
static const struct rule_create priority_creates[] = {
    { "", "" },
    { "metadata: {name: system-a}", RESERVED "system-a is not a known system priority class" },
    { "metadata: {name: system-node-critical}",
      RESERVED "value of system-node-critical PriorityClass must be 2000001000" },
    { "metadata: {name: system-node-critical}\nvalue: 2000001000", "" },
    { "metadata: {name: system-cluster-critical}\nvalue: 2000000000\nglobalDefault: true",
      RESERVED "globalDefault of system-cluster-critical PriorityClass must be false" },
    { "value: 1000000001", "value: Forbidden: maximum allowed value of a user defined priority is 1000000000" },
    { "preemptionPolicy: X",
      "preemptionPolicy: Unsupported value: \"X\": supported values: \"PreemptLowerPriority\", \"Never\"" },
    { "preemptionPolicy: ''", "preemptionPolicy: Required value" },
};
static const struct rule_update priority_updates[] = {
    { "", "value: 6", "value: Forbidden: may not be changed in an update." },
    { "", "preemptionPolicy: Never", "preemptionPolicy: Invalid value: \"Never\": field is immutable" },
};
static const char runtime[] = "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata: {name: a}\nhandler: h\n";
static const struct rule_create runtime_creates[] = {
    { "", "" },
    { "handler: ''", "handler: Required value" },
    { "handler: a.b", "handler: Invalid value: \"a.b\": must not contain dots" },
    { "overhead: {podFixed: {cpu: '-1'}}",
      "overhead.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0" },
    { "scheduling: {tolerations: [{key: a, operator: Exists, value: b}]}",
      "scheduling.tolerations[0].operator: Invalid value: \"b\": value must be empty when `operator` is 'Exists'" },
    { "scheduling: {nodeSelector: {a: '-'}}",
      "scheduling.nodeSelector: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric "
      "characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
      "'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')" },
    { "scheduling: {tolerations: [{key: a, operator: Exists}, {key: a, operator: Exists}]}",
      "scheduling.tolerations[1]: Duplicate value: {\"key\":\"a\",\"operator\":\"Exists\"}" },
};
static const struct rule_update runtime_updates[] = {
    { "", "handler: i", "handler: Invalid value: \"i\": field is immutable" },
};

static void test_classes(void **state)
{
    (void)state;
    check_creates(lease, lease_creates);
    check_creates(priority, priority_creates);
    check_updates(priority, priority_updates);
    check_creates(runtime, runtime_creates);
    check_updates(runtime, runtime_updates);
}

/* ---------------------------------------------------------------- apiregistration */

static const char service[] =
    "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.b}\nspec: {group: a.b, version: "
    "v1, "
    "groupPriorityMinimum: 1, versionPriority: 1, service: {namespace: x, name: s, port: 1}}\n";
#define PORT "must be between 1 and 65535, inclusive"
static const struct rule_create service_creates[] = {
    { "", "" },
    { "metadata: {name: x}",
      "metadata.name: Invalid value: \"x\": must be `spec.version+\".\"+spec.group`: \"v1.a.b\"" },
    { "metadata: {name: 'v2.'}\nspec: {group: '', version: v2}",
      "spec.group: Required value: only v1 may have an empty group and it better be legacy kube" },
    { "metadata: {name: v1.A}\nspec: {group: A}", "spec.group: Invalid value: \"A\": " SUBDOMAIN },
    { "metadata: {name: 1.a.b}\nspec: {version: '1'}",
      "spec.version: Invalid value: \"1\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
      "start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
      "regex "
      "used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')" },
    { "spec: {groupPriorityMinimum: 0, versionPriority: 1001}",
      "[spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000, spec.versionPriority: "
      "Invalid "
      "value: 1001: must be positive and less than 1000]" },
    { "spec: {service: null, caBundle: YQ==, insecureSkipTLSVerify: true}",
      "[spec.caBundle: Invalid value: \"1 bytes\": local APIServices may not have a caBundle, "
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify]" },
    { "spec: {service: {namespace: '', name: ''}}",
      "[spec.service.namespace: Required value, spec.service.name: Required value]" },
    { "spec: {service: {port: 70000}}", "spec.service.port: Invalid value: 70000: port is not valid: " PORT },
    { "spec: {caBundle: YQ==, insecureSkipTLSVerify: true}",
      "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present" },
};
static const struct rule_update service_statuses[] = {
    { "", "status: {conditions: [{type: A, status: X}]}",
      "status.conditions[0].status: Unsupported value: \"X\": supported values: \"True\", \"False\", \"Unknown\"" },
};

static void test_api_service(void **state)
{
    (void)state;
    check_creates(service, service_creates);
    check_statuses(service, service_statuses);
}

/* ---------------------------------------------------------------- events */

static const char old_event[] = "apiVersion: v1\nkind: Event\nmetadata: {name: a, namespace: x}\ninvolvedObject: "
                                "{namespace: x}\n";
#define TIMED     "eventTime: '2026-01-01T00:00:00.000000Z'\n"
#define LONG      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DISAGREES "involvedObject.namespace: Invalid value: "
static const struct rule_create old_event_creates[] = {
    { "", "" },
    { "involvedObject: {namespace: z}", DISAGREES "\"z\": does not match event.namespace" },
    { "involvedObject: {namespace: null}", DISAGREES "\"\": does not match event.namespace" },
    { "involvedObject: {namespace: null}\nmetadata: {namespace: default}", "" },
    { TIMED "involvedObject: {namespace: null}",
      "[" DISAGREES
      "\"\": does not match event.namespace, reportingComponent: Required value, reportingComponent: Invalid "
      "value: \"\": name part must be non-empty, reportingComponent: Invalid value: \"\": " NAME_PART
      ", reportingInstance: Required value, action: Required value, reason: Required value]" },
    { TIMED "involvedObject: {namespace: null}\nmetadata: {namespace: kube-system}\nreportingComponent: a\n"
            "reportingInstance: i\naction: a\nreason: r",
      "" },
    { TIMED "reportingComponent: a\nreportingInstance: " LONG LONG "\naction: " LONG LONG "\nreason: " LONG LONG,
      "[reportingInstance: Invalid value: \"\": can have at most 128 characters, action: Invalid value: \"\": can have "
      "at "
      "most 128 characters, reason: Invalid value: \"\": can have at most 128 characters]" },
};
static const struct rule_update old_event_updates[] = {
    { "", "reason: r\ncount: 2", "" },
    { "", "involvedObject: {namespace: z}", DISAGREES "\"z\": does not match event.namespace" },
};
static const char event[] =
    "apiVersion: events.k8s.io/v1\nkind: Event\nmetadata: {name: a, namespace: x}\n" TIMED
    "regarding: {namespace: x}\nreportingController: a\nreportingInstance: i\naction: a\nreason: "
    "r\ntype: Normal\n";
#define OBSERVED "lastObservedTime: '2026-01-01T00:00:00.000000Z'"
static const struct rule_create event_creates[] = {
    { "", "" },
    { "series: {count: 1, " OBSERVED "}", "series.count: Invalid value: \"\": should be at least 2" },
    { "series: {count: 2, lastObservedTime: null}", "series.lastObservedTime: Required value" },
    { "eventTime: null", "eventTime: Required value" },
    { "type: X", "type: Invalid value: \"\": has invalid value: X" },
    { "deprecatedFirstTimestamp: '2026-01-01T00:00:00Z'\ndeprecatedLastTimestamp: '2026-01-01T00:00:00Z'\n"
      "deprecatedCount: 1\ndeprecatedSource: {component: c}",
      "[firstTimestamp: Invalid value: \"\": needs to be unset, lastTimestamp: Invalid value: \"\": needs to be unset, "
      "count: Invalid value: \"\": needs to be unset, source: Invalid value: \"\": needs to be unset]" },
    { "reportingController: ''",
      "[reportingController: Required value, reportingController: Invalid value: \"\": name part must be non-empty, "
      "reportingController: Invalid value: \"\": " NAME_PART "]" },
};
static const struct rule_update event_updates[] = {
    { "", "series: {count: 2, " OBSERVED "}", "" },
    { "", "series: {count: 1, " OBSERVED "}", "series.count: Invalid value: \"\": should be at least 2" },
    { "", "reason: s\nnote: m\ntype: Warning\naction: b\nreportingController: b\nreportingInstance: j",
      "[reason: Invalid value: \"s\": field is immutable, message: Invalid value: \"m\": field is immutable, type: "
      "Invalid value: \"Warning\": field is immutable, action: Invalid value: \"b\": field is immutable, "
      "reportingController: Invalid value: \"b\": field is immutable, reportingInstance: Invalid value: \"j\": field "
      "is "
      "immutable]" },
    { "", "regarding: {name: z}\nrelated: {name: z}\ndeprecatedCount: 3\neventTime: '2026-01-01T00:00:01.000000Z'",
      "[involvedObject: Invalid value: "
      "{\"Kind\":\"\",\"Namespace\":\"x\",\"Name\":\"z\",\"UID\":\"\",\"APIVersion\":\"\",\"ResourceVersion\":\"\","
      "\"FieldPath\":\"\"}: field is immutable, count: Invalid value: 3: field is immutable, eventTime: Invalid value: "
      "\"2026-01-01T00:00:01.000000Z\": field is immutable, related: Invalid value: "
      "{\"Kind\":\"\",\"Namespace\":\"\",\"Name\":\"z\",\"UID\":\"\",\"APIVersion\":\"\",\"ResourceVersion\":\"\","
      "\"FieldPath\":\"\"}: field is immutable]" },
};

static void test_events(void **state)
{
    (void)state;
    check_creates(old_event, old_event_creates);
    check_updates(old_event, old_event_updates);
    check_creates(event, event_creates);
    check_updates(event, event_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rbac),        cmocka_unit_test(test_budget), cmocka_unit_test(test_classes),
        cmocka_unit_test(test_api_service), cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
