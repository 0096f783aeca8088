/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* workload_test.c - the rules of the apps kinds, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define TEMPLATE "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}"
#define GOOD(kind, more)                                                                                      \
    "apiVersion: apps/v1\nkind: " kind "\nmetadata: {name: a, namespace: x}\nspec: {selector: {matchLabels: " \
    "{a: b}}, " TEMPLATE more "}\n"

#define NEGATIVE ": Invalid value: -1: must be greater than or equal to 0"
#define MISMATCH "Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`"
#define PERCENT                                                                                                    \
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used " \
    "for validation is '[0-9]+%')"
#define ALWAYS    "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
#define REPLICAS  "cannot be greater than status.replicas"
#define RETENTION "supported values: \"Retain\", \"Delete\""

static const char deployment[] = GOOD("Deployment", "");
static const char replica_set[] = GOOD("ReplicaSet", "");
static const char daemon_set[] = GOOD("DaemonSet", "");
static const char stateful_set[] = GOOD("StatefulSet", ", serviceName: s");
static const char revision[] =
    "apiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {name: a, namespace: x}\ndata: {a: 1}\nrevision: 1\n";

static const struct rule_create deployment_creates[] = {
    { "", "" },
    { "metadata: {name: A}",
      "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
      "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
      "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')" },
    { "spec: {replicas: -1}", "spec.replicas" NEGATIVE },
    { "spec: {selector: null}", "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: "
                                "{\"a\":\"b\"}: `selector` does not match template `labels`]" },
    { "spec: {selector: {matchLabels: null}}",
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment" },
    { "spec: {selector: {matchExpressions: [{key: a, operator: In}]}}",
      "[spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
      "'NotIn', spec.selector: Invalid value: "
      "{\"matchLabels\":{\"a\":\"b\"},\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\"}]}: invalid label "
      "selector]" },
    { "spec: {template: {metadata: {labels: {a: c}}}}", "spec.template.metadata.labels: " MISMATCH },
    { "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "spec: {template: {spec: {restartPolicy: Never}}}", ALWAYS },
    { "spec: {template: {spec: {activeDeadlineSeconds: 5}}}",
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported" },
    { "spec: {strategy: {type: X}}", "spec.strategy: Unsupported value: {\"Type\":\"X\",\"RollingUpdate\":null}: "
                                     "supported values: \"Recreate\", \"RollingUpdate\"" },
    { "spec: {strategy: {type: Recreate, rollingUpdate: {}}}",
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'" },
    { "spec: {strategy: {rollingUpdate: {maxUnavailable: -1}}}",
      "spec.strategy.rollingUpdate.maxUnavailable" NEGATIVE },
    { "spec: {strategy: {rollingUpdate: {maxUnavailable: x}}}",
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"x\": " PERCENT },
    { "spec: {strategy: {rollingUpdate: {maxUnavailable: 101%}}}",
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%" },
    { "spec: {strategy: {rollingUpdate: {maxSurge: x}}}",
      "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": " PERCENT },
    { "spec: {strategy: {rollingUpdate: {maxSurge: 200%}}}", "" },
    { "spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}}",
      "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0" },
    { "spec: {minReadySeconds: -1}", "spec.minReadySeconds" NEGATIVE },
    { "spec: {revisionHistoryLimit: -1}", "spec.revisionHistoryLimit" NEGATIVE },
    { "spec: {progressDeadlineSeconds: -1}",
      "[spec.progressDeadlineSeconds" NEGATIVE
      ", spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds]" },
    { "spec: {progressDeadlineSeconds: 5, minReadySeconds: 5}",
      "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds" },
};

static const struct rule_update deployment_updates[] = {
    { "", "spec: {replicas: 3}", "" },
    { "", "spec: {selector: {matchLabels: {a: null, c: d}}, template: {metadata: {labels: {c: d}}}}",
      "spec.selector: Invalid value: {\"matchLabels\":{\"c\":\"d\"}}: field is immutable" },
};

static const struct rule_update deployment_statuses[] = {
    { "", "status: {replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1}", "" },
    { "", "status: {observedGeneration: -1}", "status.observedGeneration" NEGATIVE },
    { "",
      "status: {replicas: -1, updatedReplicas: -1, readyReplicas: -1, availableReplicas: -1, unavailableReplicas: -1, "
      "terminatingReplicas: -1, collisionCount: -1}",
      "[status.replicas" NEGATIVE ", status.updatedReplicas" NEGATIVE ", status.readyReplicas" NEGATIVE
      ", status.availableReplicas" NEGATIVE ", status.unavailableReplicas" NEGATIVE ", "
      "status.terminatingReplicas" NEGATIVE ", status.collisionCount" NEGATIVE "]" },
    { "", "status: {updatedReplicas: 1}", "status.updatedReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {readyReplicas: 1}", "status.readyReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 1, availableReplicas: 1}",
      "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas" },
    { "status: {collisionCount: 2}", "status: {collisionCount: 1}",
      "status.collisionCount: Invalid value: 1: cannot be decremented" },
    { "status: {collisionCount: 2}", "", "status.collisionCount: Invalid value: 0: cannot be decremented" },
};

static void test_deployment(void **state)
{
    (void)state;
    check_creates(deployment, deployment_creates);
    check_updates(deployment, deployment_updates);
    check_statuses(deployment, deployment_statuses);
}

static const struct rule_create replica_set_creates[] = {
    { "", "" },
    { "spec: {replicas: -1}", "spec.replicas" NEGATIVE },
    { "spec: {minReadySeconds: -1}", "spec.minReadySeconds" NEGATIVE },
    { "spec: {selector: {matchLabels: {a: _}}}",
      "[spec.selector.matchLabels: Invalid value: \"_\": a valid label must be an empty string or consist of "
      "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
      "'MyValue',  or 'my_value',  or '12345', regex used for validation is "
      "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'), spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"_\"}}: "
      "invalid label selector]" },
    { "spec: {selector: {matchLabels: null}}",
      "spec.selector: Invalid value: {}: empty selector is invalid for deployment" },
    { "spec: {template: {metadata: {labels: {a: c}}}}", "spec.template.metadata.labels: " MISMATCH },
    { "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "spec: {template: {spec: {restartPolicy: Never}}}", ALWAYS },
    { "spec: {template: {spec: {activeDeadlineSeconds: 5}}}",
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported" },
};

static const struct rule_update replica_set_updates[] = {
    { "", "spec: {selector: {matchLabels: {a: null, c: d}}, template: {metadata: {labels: {c: d}}}}",
      "spec.selector: Invalid value: {\"matchLabels\":{\"c\":\"d\"}}: field is immutable" },
};

static const struct rule_update replica_set_statuses[] = {
    { "", "status: {replicas: 0, terminatingReplicas: -1, observedGeneration: -1}",
      "[status.observedGeneration" NEGATIVE ", status.terminatingReplicas" NEGATIVE "]" },
    { "", "status: {replicas: 0, fullyLabeledReplicas: 1}",
      "status.fullyLabeledReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 0, readyReplicas: 1}", "status.readyReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 2, availableReplicas: 1}",
      "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas" },
};

static void test_replica_set(void **state)
{
    (void)state;
    check_creates(replica_set, replica_set_creates);
    check_updates(replica_set, replica_set_updates);
    check_statuses(replica_set, replica_set_statuses);
}

static const struct rule_create daemon_set_creates[] = {
    { "", "" },
    { "spec: {selector: {matchExpressions: [{key: a, operator: X}]}}",
      "spec.selector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { "spec: {selector: null}",
      "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`" },
    { "spec: {selector: {matchLabels: null}}",
      "spec.selector: Invalid value: {}: empty selector is invalid for daemonset" },
    { "spec: {template: {metadata: {labels: {a: c}}}}", "spec.template.metadata.labels: " MISMATCH },
    { "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "spec: {template: {spec: {restartPolicy: Never}}}", ALWAYS },
    { "spec: {template: {spec: {activeDeadlineSeconds: 5}}}",
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported" },
    { "spec: {minReadySeconds: -1}", "spec.minReadySeconds" NEGATIVE },
    { "spec: {updateStrategy: {type: X}}",
      "spec.updateStrategy: Unsupported value: {\"Type\":\"X\",\"RollingUpdate\":null}: supported values: "
      "\"RollingUpdate\", \"OnDelete\"" },
    { "spec: {updateStrategy: {rollingUpdate: {maxUnavailable: -1}}}",
      "spec.updateStrategy.rollingUpdate.maxUnavailable" NEGATIVE },
    { "spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 101%}}}",
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%" },
    { "spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 0, maxSurge: 101%}}}",
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: \"101%\": must not be greater than 100%" },
    { "spec: {updateStrategy: {rollingUpdate: {maxSurge: 1}}}",
      "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero" },
    { "spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 0}}}",
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0" },
    { "spec: {revisionHistoryLimit: -1}", "spec.revisionHistoryLimit" NEGATIVE },
};

static const struct rule_update daemon_set_updates[] = {
    { "", "spec: {selector: {matchLabels: {a: null, c: d}}, template: {metadata: {labels: {c: d}}}}",
      "spec.selector: Invalid value: {\"matchLabels\":{\"c\":\"d\"}}: field is immutable" },
    { "spec: {selector: {matchExpressions: [{key: x, operator: NotIn, values: [_]}]}}",
      "spec: {minReadySeconds: 1, selector: {matchExpressions: [{key: x, operator: NotIn, values: [_]}]}}", "" },
};

static const struct rule_update daemon_set_statuses[] = {
    { "",
      "status: {currentNumberScheduled: -1, numberMisscheduled: -1, desiredNumberScheduled: -1, numberReady: -1, "
      "updatedNumberScheduled: -1}",
      "[status.currentNumberScheduled" NEGATIVE ", status.numberMisscheduled" NEGATIVE
      ", status.desiredNumberScheduled" NEGATIVE ", status.numberReady" NEGATIVE ", "
      "status.updatedNumberScheduled" NEGATIVE "]" },
    { "status: {collisionCount: 2, currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, "
      "numberReady: 0}",
      "status: {collisionCount: 1, currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, "
      "numberReady: 0}",
      "status.collisionCount: Invalid value: 1: cannot be decremented" },
};

static void test_daemon_set(void **state)
{
    (void)state;
    check_creates(daemon_set, daemon_set_creates);
    check_updates(daemon_set, daemon_set_updates);
    check_statuses(daemon_set, daemon_set_statuses);
}

static const struct rule_create stateful_set_creates[] = {
    { "", "" },
    { "metadata: {name: a.b}", "metadata.name: Invalid value: \"a.b\": must not contain dots" },
    { "spec: {podManagementPolicy: X}",
      "spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'" },
    { "spec: {updateStrategy: {type: X}}",
      "spec.updateStrategy: Invalid value: {\"Type\":\"X\",\"RollingUpdate\":null}: must be 'RollingUpdate' or "
      "'OnDelete'" },
    { "spec: {updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}}",
      "spec.updateStrategy.rollingUpdate: Invalid value: {\"Partition\":1,\"MaxUnavailable\":null}: only allowed for "
      "updateStrategy 'RollingUpdate'" },
    { "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: -1}}}",
      "spec.updateStrategy.rollingUpdate.partition" NEGATIVE },
    { "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0%}}}",
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": cannot be 0" },
    { "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 120%}}}",
      "spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: \"120%\": must not be greater than 100%" },
    { "spec: {persistentVolumeClaimRetentionPolicy: {whenDeleted: X}}",
      "spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: \"X\": " RETENTION },
    { "spec: {persistentVolumeClaimRetentionPolicy: {whenScaled: X}}",
      "spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: \"X\": " RETENTION },
    { "spec: {replicas: -1}", "spec.replicas" NEGATIVE },
    { "spec: {minReadySeconds: -1}", "spec.minReadySeconds" NEGATIVE },
    { "spec: {ordinals: {start: -1}}", "spec.ordinals.start" NEGATIVE },
    { "spec: {serviceName: a.b}", "spec.serviceName: Invalid value: \"a.b\": must not contain dots" },
    { "spec: {selector: null}", "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: "
                                "{\"a\":\"b\"}: `selector` does not match template `labels`]" },
    { "spec: {selector: {matchLabels: null}}",
      "spec.selector: Invalid value: {}: empty selector is invalid for statefulset" },
    { "spec: {template: {metadata: {labels: {a: c}}}}", "spec.template.metadata.labels: " MISMATCH },
    { "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "spec: {template: {spec: {containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}]}}}",
      "spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"d\"" },
    { "spec: {volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [X]}}]}",
      "[spec.volumeClaimTemplates[0].spec.accessModes: Unsupported value: \"X\": supported values: \"ReadOnlyMany\", "
      "\"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\", "
      "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value]" },
    { "spec: {volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], resources: {requests: "
      "{storage: 1Gi}}}}], template: {spec: {containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: "
      "/d}]}]}}}",
      "" },
    { "spec: {template: {spec: {restartPolicy: Never}}}", ALWAYS },
    { "spec: {template: {spec: {activeDeadlineSeconds: 5}}}",
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported" },
};

static const struct rule_update stateful_set_updates[] = {
    { "", "spec: {replicas: 2, minReadySeconds: 2, revisionHistoryLimit: 3, ordinals: {start: 1}}", "" },
    { "spec: {serviceName: a.b}", "spec: {serviceName: a.b, replicas: 2}", "" },
    { "spec: {template: {spec: {containers: []}}}", "spec: {template: {spec: {containers: []}}, replicas: 3}", "" },
    { "", "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "", "spec: {serviceName: t}",
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
      "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are "
      "forbidden" },
};

static const struct rule_update stateful_set_statuses[] = {
    { "",
      "status: {replicas: -1, readyReplicas: -1, currentReplicas: -1, updatedReplicas: -1, availableReplicas: -1, "
      "observedGeneration: -1, collisionCount: -1}",
      "[status.replicas" NEGATIVE ", status.readyReplicas" NEGATIVE ", "
      "status.currentReplicas" NEGATIVE ", status.updatedReplicas" NEGATIVE ", status.availableReplicas" NEGATIVE ", "
      "status.observedGeneration" NEGATIVE ", status.collisionCount" NEGATIVE "]" },
    { "", "status: {replicas: 0, readyReplicas: 1}", "status.readyReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 0, currentReplicas: 1}", "status.currentReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 0, updatedReplicas: 1}", "status.updatedReplicas: Invalid value: 1: " REPLICAS },
    { "", "status: {replicas: 1, availableReplicas: 1}",
      "status.availableReplicas: Invalid value: 1: cannot be greater than status.readyReplicas" },
    { "status: {replicas: 0, collisionCount: 2}", "status: {replicas: 0, collisionCount: 1}",
      "status.collisionCount: Invalid value: 1: cannot be decremented" },
};

static void test_stateful_set(void **state)
{
    (void)state;
    check_creates(stateful_set, stateful_set_creates);
    check_updates(stateful_set, stateful_set_updates);
    check_statuses(stateful_set, stateful_set_statuses);
}

static const struct rule_create controller_revision_creates[] = {
    { "", "" },
    { "revision: -1", "revision" NEGATIVE },
    { "data: null", "data: Required value: data is mandatory" },
    { "data: [1]", "data: Required value: data is mandatory" },
};

static const struct rule_update controller_revision_updates[] = {
    { "", "revision: 2", "" },
    { "", "data: {a: 2}", "data: Invalid value: {\"a\":2}: field is immutable" },
};

static void test_controller_revision(void **state)
{
    (void)state;
    check_creates(revision, controller_revision_creates);
    check_updates(revision, controller_revision_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deployment),          cmocka_unit_test(test_replica_set),
        cmocka_unit_test(test_daemon_set),          cmocka_unit_test(test_stateful_set),
        cmocka_unit_test(test_controller_revision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
