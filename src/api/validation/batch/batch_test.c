/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* batch_test.c - the rules of Jobs and CronJobs, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define NEGATIVE ": Invalid value: -1: must be greater than or equal to 0"

#define LABELS "controller-uid: u, job-name: a, batch.kubernetes.io/controller-uid: u, batch.kubernetes.io/job-name: a"
static const char job[] =
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: x, uid: u}\nspec: {selector: {matchLabels: "
    "{batch.kubernetes.io/controller-uid: u}}, template: {metadata: {labels: {" LABELS
    "}}, spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}, parallelism: 1}\n";
static const char cron_job[] =
    "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: x}\nspec: {schedule: '* * * * *', "
    "jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}}\n";

#define INDEXED(more) "spec: {completionMode: Indexed, completions: 5, " more "}"
#define MANY(more)    "spec: {completionMode: Indexed, completions: 100001, backoffLimitPerIndex: 1, " more "}"
#define TOO_MANY_FOR_LIMIT                                                                                       \
    "Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with " \
    "backoff "                                                                                                   \
    "limit per index"
#define FAILURE(rule)    "spec: {podReplacementPolicy: Failed, podFailurePolicy: {rules: [" rule "]}}"
#define EXIT_CODES(more) FAILURE("{action: FailJob, onExitCodes: {" more "}}")
#define ON_CODES         "spec.podFailurePolicy.rules[0].onExitCodes."
#define SUCCESS(rule)    INDEXED("successPolicy: {rules: [" rule "]}")
#define RULE             "spec.successPolicy.rules[0]"
#define MANUAL           "manualSelector: true, selector: {matchLabels: {x: z, batch.kubernetes.io/controller-uid: null}}"

static const struct rule_create job_create_creates[] = {
    { "", "" },
    { "metadata: {uid: null}",
      "[metadata.uid: Required value, spec.template.metadata.labels[controller-uid]: Invalid value: "
      "{\"batch.kubernetes.io/controller-uid\":\"u\",\"batch.kubernetes.io/"
      "job-name\":\"a\",\"controller-uid\":\"u\",\"job-name\":\"a\"}: must be '', "
      "spec.template.metadata.labels[batch.kubernetes.io/controller-uid]: Invalid value: "
      "{\"batch.kubernetes.io/controller-uid\":\"u\",\"batch.kubernetes.io/"
      "job-name\":\"a\",\"controller-uid\":\"u\",\"job-name\":\"a\"}: must be '', spec.selector: Invalid value: "
      "{\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"u\"}}: `selector` not auto-generated]" },
    { "spec: {template: {metadata: {labels: {controller-uid: null}}}}",
      "spec.template.metadata.labels[controller-uid]: Required value: must be 'u'" },
    { "spec: {template: {metadata: {labels: {job-name: null}}}}",
      "spec.template.metadata.labels[job-name]: Required value: must be 'a'" },
    { "spec: {template: {metadata: {labels: {batch.kubernetes.io/job-name: null}}}}",
      "spec.template.metadata.labels[batch.kubernetes.io/job-name]: Required value: must be 'a'" },
    { "spec: {selector: {matchLabels: {x: z}}, template: {metadata: {labels: {x: z}}}}",
      "spec.selector: Invalid value: {\"matchLabels\":{\"batch.kubernetes.io/controller-uid\":\"u\",\"x\":\"z\"}}: "
      "`selector` not auto-generated" },
    { "spec: {selector: null}",
      "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: "
      "{\"batch.kubernetes.io/controller-uid\":\"u\",\"batch.kubernetes.io/"
      "job-name\":\"a\",\"controller-uid\":\"u\",\"job-name\":\"a\"}: `selector` does not match template `labels`]" },
    { "spec: {" MANUAL ", template: {metadata: {labels: {x: z}}}}", "" },
    { "spec: {manualSelector: true, selector: {matchExpressions: [{key: a, operator: X}]}}",
      "spec.selector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { "spec: {" MANUAL ", template: {metadata: {labels: null}}}",
      "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`" },
    { "spec: {parallelism: -1, completions: -1, activeDeadlineSeconds: -1, backoffLimit: -1, ttlSecondsAfterFinished: "
      "-1}",
      "[spec.parallelism" NEGATIVE ", spec.completions" NEGATIVE ", spec.activeDeadlineSeconds" NEGATIVE
      ", spec.backoffLimit" NEGATIVE ", "
      "spec.ttlSecondsAfterFinished" NEGATIVE "]" },
    { INDEXED("backoffLimitPerIndex: -1, maxFailedIndexes: -1"),
      "[spec.backoffLimitPerIndex" NEGATIVE ", spec.maxFailedIndexes" NEGATIVE "]" },
    { INDEXED("maxFailedIndexes: 1"), "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified" },
    { "spec: {managedBy: ''}", "spec.managedBy: Required value" },
    { "spec: {managedBy: x}",
      "spec.managedBy: Invalid value: \"x\": must be a domain-prefixed path (such as \"acme.io/foo\")" },
    { "spec: {managedBy: 'a/x y'}", "spec.managedBy: Invalid value: \"x y\": Invalid path (regex used for validation "
                                    "is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')" },
    { "spec: {managedBy: 'example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
      "spec.managedBy: Too long: may not be more than 63 bytes" },
    { "spec: {completionMode: X}",
      "spec.completionMode: Unsupported value: \"X\": supported values: \"NonIndexed\", \"Indexed\"" },
    { "spec: {completionMode: Indexed, parallelism: 1}",
      "spec.completions: Required value: when completion mode is Indexed" },
    { INDEXED("parallelism: 100001"),
      "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed" },
    { INDEXED("backoffLimitPerIndex: 1, maxFailedIndexes: 6"),
      "spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions" },
    { MANY("maxFailedIndexes: 100001, parallelism: 1"),
      "[spec.maxFailedIndexes: Invalid value: 100001: must be less than or equal to 100000, spec.maxFailedIndexes: "
      "Invalid value: 100001: must be less than or equal to 10000 when completions are above 100000 and used with "
      "backoff limit per index]" },
    { MANY("parallelism: 1"),
      "spec.maxFailedIndexes: Required value: must be specified when completions is above 100000" },
    { MANY("maxFailedIndexes: 1, parallelism: 10001"), "spec.parallelism: " TOO_MANY_FOR_LIMIT },
    { MANY("maxFailedIndexes: 10001, parallelism: 1"), "spec.maxFailedIndexes: " TOO_MANY_FOR_LIMIT },
    { "spec: {backoffLimitPerIndex: 1}",
      "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode" },
    { "spec: {backoffLimitPerIndex: 1, maxFailedIndexes: 1}",
      "[spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode, spec.maxFailedIndexes: Invalid "
      "value: 1: requires indexed completion mode]" },
    { "spec: {podReplacementPolicy: X}",
      "spec.podReplacementPolicy: Unsupported value: \"X\": supported values: \"Failed\", \"TerminatingOrFailed\"" },
    { "spec: {template: {spec: {containers: []}}}", "spec.template.spec.containers: Required value" },
    { "spec: {template: {spec: {restartPolicy: Always}}}",
      "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"" },
    { "metadata: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\nspec: {completionMode: "
      "Indexed, completions: 1, manualSelector: true}",
      "metadata.name: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": will not able "
      "to create pod with invalid DNS label: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-0" },
};

static void test_job_create(void **state)
{
    (void)state;
    check_creates(job, job_create_creates);
}

static const struct rule_create job_policies_creates[] = {
    { EXIT_CODES("operator: In, values: [1, 2]"), "" },
    { FAILURE("{action: FailJob, onExitCodes: {operator: In, values: [1]}}, {action: Ignore, onPodConditions: [{type: "
              "DisruptionTarget}]}"),
      "" },
    { "spec: {podReplacementPolicy: Failed, podFailurePolicy: {rules: []}}", "" },
    { FAILURE("{onExitCodes: {operator: In, values: [1]}}"),
      "spec.podFailurePolicy.rules[0].action: Required value: valid values: [\"Count\" \"FailIndex\" \"FailJob\" "
      "\"Ignore\"]" },
    { FAILURE("{action: X, onExitCodes: {operator: In, values: [1]}}"),
      "spec.podFailurePolicy.rules[0].action: Unsupported value: \"X\": supported values: \"Count\", \"FailIndex\", "
      "\"FailJob\", \"Ignore\"" },
    { FAILURE("{action: FailIndex, onExitCodes: {operator: In, values: [1]}}"),
      "spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be "
      "set" },
    { FAILURE("{action: Ignore}"),
      "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required" },
    { FAILURE("{action: Ignore, onExitCodes: {operator: In, values: [1]}, onPodConditions: [{type: a}]}"),
      "spec.podFailurePolicy.rules[0]: Invalid value: specifying both OnExitCodes and OnPodConditions is not "
      "supported" },
    { EXIT_CODES("operator: '', values: [1]"), ON_CODES "operator: Required value: valid values: [\"In\" \"NotIn\"]" },
    { EXIT_CODES("operator: X, values: [1]"),
      ON_CODES "operator: Unsupported value: \"X\": supported values: \"In\", \"NotIn\"" },
    { EXIT_CODES("operator: In, containerName: d, values: [1]"), ON_CODES
      "containerName: Invalid value: \"d\": must be one of the container or initContainer names in the pod template" },
    { EXIT_CODES("operator: In, values: []"), ON_CODES "values: Invalid value: []: at least one value is required" },
    { EXIT_CODES("operator: In, values: [2, 1]"), ON_CODES "values: Invalid value: [2,1]: must be ordered" },
    { EXIT_CODES("operator: In, values: [0, 1]"),
      ON_CODES "values[0]: Invalid value: 0: must not be 0 for the In operator" },
    { EXIT_CODES("operator: NotIn, values: [0, 1, 1]"), ON_CODES "values[2]: Duplicate value: 1" },
    { FAILURE("{action: Ignore, onPodConditions: [{type: '-', status: 'True'}]}"),
      "spec.podFailurePolicy.rules[0].onPodConditions[0].type: Invalid value: \"-\": name part must consist of "
      "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName', "
      " or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')" },
    { FAILURE("{action: Ignore, onPodConditions: [{type: a, status: X}]}"),
      "spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: \"X\": supported values: "
      "\"False\", \"True\", \"Unknown\"" },
    { "spec: {podReplacementPolicy: TerminatingOrFailed, podFailurePolicy: {rules: []}}",
      "spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported values: \"Failed\"" },
    { "spec: {podFailurePolicy: {rules: []}, template: {spec: {restartPolicy: OnFailure}}}",
      "spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is supported when "
      "podFailurePolicy is specified" },
    { SUCCESS("{succeededIndexes: '0-2,4', succeededCount: 3}"), "" },
    { "spec: {successPolicy: {rules: [{succeededCount: 1}]}}",
      "spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":null,\"SucceededCount\":1}]}: requires "
      "indexed completion mode" },
    { SUCCESS(""), "spec.successPolicy.rules: Required value: at least one rules must be specified when the "
                   "successPolicy is specified" },
    { SUCCESS("{}"), RULE ": Required value: at least one of succeededCount or succeededIndexes must be specified" },
    { SUCCESS("{succeededIndexes: '1-2-3'}"),
      RULE ".succeededIndexes: Invalid value: \"1-2-3\": error parsing succeededIndexes: the fragment \"1-2-3\" "
           "violates the requirement that an index interval can have at most two parts separated by '-'" },
    { SUCCESS("{succeededIndexes: 'x'}"), RULE ".succeededIndexes: Invalid value: \"x\": error parsing "
                                               "succeededIndexes: cannot convert string to integer for index: \"x\"" },
    { SUCCESS("{succeededIndexes: '5'}"),
      RULE ".succeededIndexes: Invalid value: \"5\": error parsing succeededIndexes: too large index: \"5\"" },
    { SUCCESS("{succeededIndexes: '1,1'}"), RULE ".succeededIndexes: Invalid value: \"1,1\": error parsing "
                                                 "succeededIndexes: non-increasing order, previous: 1, current: 1" },
    { SUCCESS("{succeededIndexes: '2-1'}"), RULE ".succeededIndexes: Invalid value: \"2-1\": error parsing "
                                                 "succeededIndexes: non-increasing order, previous: 2, current: 1" },
    { SUCCESS("{succeededCount: -1}"), RULE ".succeededCount" NEGATIVE },
    { SUCCESS("{succeededCount: 6}"),
      RULE ".succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)" },
    { SUCCESS("{succeededIndexes: '1-2', succeededCount: 3}"),
      RULE ".succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified "
           "succeededIndexes field)" },
};

static void test_job_policies(void **state)
{
    (void)state;
    check_creates(job, job_policies_creates);
}

#define WAITING "spec: {suspend: true}"
static const struct rule_update job_update_updates[] = {
    { "", "spec: {parallelism: 3, suspend: true, activeDeadlineSeconds: 3}", "" },
    { "", "spec: {completions: 3}", "spec.completions: Invalid value: 3: field is immutable" },
    { INDEXED("parallelism: 5"), "spec: {completionMode: Indexed, completions: 6, parallelism: 6}", "" },
    { INDEXED("parallelism: 5"), "spec: {completionMode: Indexed, completions: 6, parallelism: 5}",
      "spec.completions: Invalid value: 6: can only be modified in tandem with spec.parallelism" },
    { "", "spec: {" MANUAL ", template: {metadata: {labels: {x: z}}}}",
      "[spec.selector: Invalid value: {\"matchLabels\":{\"x\":\"z\"}}: field is immutable, spec.template: Invalid "
      "value: "
      "{\"labels\":{\"batch.kubernetes.io/controller-uid\":\"u\",\"batch.kubernetes.io/"
      "job-name\":\"a\",\"controller-uid\":\"u\",\"job-name\":\"a\",\"x\":\"z\"},\"Spec\":{\"Volumes\":null,"
      "\"InitContainers\":null,\"Containers\":[{\"Name\":\"c\",\"Image\":\"i\",\"Command\":null,\"Args\":null,"
      "\"WorkingDir\":\"\",\"Ports\":null,\"EnvFrom\":null,\"Env\":null,\"Resources\":{\"Limits\":null,\"Requests\":"
      "null,\"Claims\":null},\"ResizePolicy\":null,\"RestartPolicy\":null,\"RestartPolicyRules\":null,\"VolumeMounts\":"
      "null,\"VolumeDevices\":null,\"LivenessProbe\":null,\"ReadinessProbe\":null,\"StartupProbe\":null,\"Lifecycle\":"
      "null,\"TerminationMessagePath\":\"/dev/"
      "termination-log\",\"TerminationMessagePolicy\":\"File\",\"ImagePullPolicy\":\"Always\",\"SecurityContext\":null,"
      "\"Stdin\":false,\"StdinOnce\":false,\"TTY\":false}],\"EphemeralContainers\":null,\"RestartPolicy\":\"Never\","
      "\"TerminationGracePeriodSeconds\":30,\"ActiveDeadlineSeconds\":null,\"DNSPolicy\":\"ClusterFirst\","
      "\"NodeSelector\":null,\"ServiceAccountName\":\"\",\"AutomountServiceAccountToken\":null,\"NodeName\":\"\","
      "\"SecurityContext\":{\"HostNetwork\":false,\"HostPID\":false,\"HostIPC\":false,\"ShareProcessNamespace\":null,"
      "\"HostUsers\":null,\"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,"
      "\"RunAsNonRoot\":null,\"SupplementalGroups\":null,\"SupplementalGroupsPolicy\":null,\"FSGroup\":null,"
      "\"FSGroupChangePolicy\":null,\"Sysctls\":null,\"SeccompProfile\":null,\"AppArmorProfile\":null,"
      "\"SELinuxChangePolicy\":null},\"ImagePullSecrets\":null,\"Hostname\":\"\",\"Subdomain\":\"\","
      "\"SetHostnameAsFQDN\":null,\"Affinity\":null,\"SchedulerName\":\"default-scheduler\",\"Tolerations\":null,"
      "\"HostAliases\":null,\"PriorityClassName\":\"\",\"Priority\":null,\"PreemptionPolicy\":null,\"DNSConfig\":null,"
      "\"ReadinessGates\":null,\"RuntimeClassName\":null,\"Overhead\":null,\"EnableServiceLinks\":null,"
      "\"TopologySpreadConstraints\":null,\"OS\":null,\"SchedulingGates\":null,\"ResourceClaims\":null,\"Resources\":"
      "null,\"HostnameOverride\":null,\"SchedulingGroup\":null}}: field is immutable]" },
    { INDEXED("parallelism: 5"), "spec: {completions: 5, parallelism: 5}",
      "spec.completionMode: Invalid value: \"NonIndexed\": field is immutable" },
    { INDEXED("backoffLimitPerIndex: 1"), INDEXED("backoffLimitPerIndex: 2"),
      "spec.backoffLimitPerIndex: Invalid value: 2: field is immutable" },
    { "spec: {managedBy: a/b}", "spec: {managedBy: a/c}",
      "spec.managedBy: Invalid value: \"a/c\": field is immutable" },
    { "spec: {podReplacementPolicy: Failed}", "spec: {podReplacementPolicy: Failed, podFailurePolicy: {rules: []}}",
      "spec.podFailurePolicy: Invalid value: {\"Rules\":[]}: field is immutable" },
    { SUCCESS("{succeededCount: 1}"), SUCCESS("{succeededCount: 2}"),
      "spec.successPolicy: Invalid value: {\"Rules\":[{\"SucceededIndexes\":null,\"SucceededCount\":2}]}: field is "
      "immutable" },
    { WAITING,
      "spec: {suspend: true, template: {metadata: {labels: {n: m}, annotations: {n: m}}, spec: {nodeSelector: {a: b}, "
      "tolerations: [{operator: Exists}], schedulingGates: [{name: a/b}], affinity: {nodeAffinity: "
      "{requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: "
      "Exists}]}]}}}, containers: [{name: c, image: i, resources: {requests: {cpu: 1}}}]}}}",
      "" },
    { WAITING, "spec: {suspend: true, template: {spec: {hostNetwork: true}}}",
      "spec.template.spec: Invalid value: "
      "{\"Volumes\":null,\"InitContainers\":null,\"Containers\":[{\"Name\":\"c\",\"Image\":\"i\",\"Command\":null,"
      "\"Args\":null,\"WorkingDir\":\"\",\"Ports\":null,\"EnvFrom\":null,\"Env\":null,\"Resources\":{\"Limits\":null,"
      "\"Requests\":null,\"Claims\":null},\"ResizePolicy\":null,\"RestartPolicy\":null,\"RestartPolicyRules\":null,"
      "\"VolumeMounts\":null,\"VolumeDevices\":null,\"LivenessProbe\":null,\"ReadinessProbe\":null,\"StartupProbe\":"
      "null,\"Lifecycle\":null,\"TerminationMessagePath\":\"/dev/"
      "termination-log\",\"TerminationMessagePolicy\":\"File\",\"ImagePullPolicy\":\"Always\",\"SecurityContext\":null,"
      "\"Stdin\":false,\"StdinOnce\":false,\"TTY\":false}],\"EphemeralContainers\":null,\"RestartPolicy\":\"Never\","
      "\"TerminationGracePeriodSeconds\":30,\"ActiveDeadlineSeconds\":null,\"DNSPolicy\":\"ClusterFirst\","
      "\"NodeSelector\":null,\"ServiceAccountName\":\"\",\"AutomountServiceAccountToken\":null,\"NodeName\":\"\","
      "\"SecurityContext\":{\"HostNetwork\":true,\"HostPID\":false,\"HostIPC\":false,\"ShareProcessNamespace\":null,"
      "\"HostUsers\":null,\"SELinuxOptions\":null,\"WindowsOptions\":null,\"RunAsUser\":null,\"RunAsGroup\":null,"
      "\"RunAsNonRoot\":null,\"SupplementalGroups\":null,\"SupplementalGroupsPolicy\":null,\"FSGroup\":null,"
      "\"FSGroupChangePolicy\":null,\"Sysctls\":null,\"SeccompProfile\":null,\"AppArmorProfile\":null,"
      "\"SELinuxChangePolicy\":null},\"ImagePullSecrets\":null,\"Hostname\":\"\",\"Subdomain\":\"\","
      "\"SetHostnameAsFQDN\":null,\"Affinity\":null,\"SchedulerName\":\"default-scheduler\",\"Tolerations\":null,"
      "\"HostAliases\":null,\"PriorityClassName\":\"\",\"Priority\":null,\"PreemptionPolicy\":null,\"DNSConfig\":null,"
      "\"ReadinessGates\":null,\"RuntimeClassName\":null,\"Overhead\":null,\"EnableServiceLinks\":null,"
      "\"TopologySpreadConstraints\":null,\"OS\":null,\"SchedulingGates\":null,\"ResourceClaims\":null,\"Resources\":"
      "null,\"HostnameOverride\":null,\"SchedulingGroup\":null}: field is immutable" },
};

static void test_job_update(void **state)
{
    (void)state;
    check_updates(job, job_update_updates);
}

#define COMPLETE       "{type: Complete, status: 'True'}"
#define FAILED         "{type: Failed, status: 'True'}"
#define TARGET         "{type: FailureTarget, status: 'True'}"
#define CRITERIA       "{type: SuccessCriteriaMet, status: 'True'}"
#define BEGUN          "startTime: '2026-01-01T00:00:00Z'"
#define ENDED          "completionTime: '2026-01-01T00:01:00Z'"
#define DONE           BEGUN ", " ENDED ", conditions: [" CRITERIA ", " COMPLETE "]"
#define BROKEN         BEGUN ", conditions: [" TARGET ", " FAILED "]"
#define CONDITIONS     "status.conditions: Invalid value: "
#define LISTED(status) "spec: {completionMode: Indexed, completions: 5, backoffLimitPerIndex: 1}\nstatus: {" status "}"

static const struct rule_update job_status_statuses[] = {
    { "", "status: {" BEGUN ", active: 1, ready: 1}", "" },
    { "", "status: {" DONE ", succeeded: 1}", "" },
    { "", "status: {" BROKEN ", failed: 1}", "" },
    { "", "status: {active: -1, succeeded: -1, failed: -1, ready: -2, terminating: -1}",
      "[status.active" NEGATIVE ", status.succeeded" NEGATIVE ", status.failed" NEGATIVE
      ", status.ready: Invalid value: -2: must be greater than or equal to 0, "
      "status.terminating" NEGATIVE ", status.failed: Invalid value: -1: cannot decrease the failed counter, "
      "status.succeeded: Invalid value: -1: cannot decrease the succeeded counter]" },
    { "", "status: {uncountedTerminatedPods: {succeeded: ['']}}",
      "status.uncountedTerminatedPods.succeeded[0]: Invalid value: \"\": must not be empty" },
    { "", "status: {uncountedTerminatedPods: {succeeded: [a, a], failed: [a]}}",
      "[status.uncountedTerminatedPods.succeeded[1]: Duplicate value: \"a\", status.uncountedTerminatedPods.failed[0]: "
      "Duplicate value: \"a\"]" },
    { "", "status: {" BEGUN ", " ENDED ", conditions: [" COMPLETE ", " FAILED "]}",
      "[" CONDITIONS "cannot set Complete=True and Failed=true conditions, " CONDITIONS
      "cannot set Failed=True condition without the FailureTarget=true condition, " CONDITIONS
      "cannot set Complete=True condition without the SuccessCriteriaMet=true condition]" },
    { "", "status: {" BEGUN ", " ENDED ", conditions: [" CRITERIA ", " COMPLETE ", " TARGET "]}",
      "[" CONDITIONS "cannot set Complete=True and FailureTarget=true conditions, " CONDITIONS
      "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions]" },
    { "", "status: {" BEGUN ", " ENDED "}",
      "status.completionTime: Invalid value: \"2026-01-01T00:01:00Z\": cannot set completionTime when there is no "
      "Complete=True condition" },
    { "", "status: {" BEGUN ", conditions: [" CRITERIA ", " COMPLETE "]}",
      "status.completionTime: Required value: completionTime is required for Complete jobs" },
    { "", "status: {startTime: '2026-01-01T00:02:00Z', " ENDED ", conditions: [" CRITERIA ", " COMPLETE "]}",
      "status.completionTime: Invalid value: \"2026-01-01T00:01:00Z\": must be equal to or after `startTime`" },
    { "", "status: {" DONE ", active: 1}", "status.active: Invalid value: 1: active>0 is invalid for finished job" },
    { "", "status: {conditions: [" TARGET ", " FAILED "]}",
      "status.startTime: Required value: startTime is required for finished job" },
    { "", "status: {" DONE ", uncountedTerminatedPods: {failed: [a]}}",
      "status.uncountedTerminatedPods: Invalid value: {\"Succeeded\":null,\"Failed\":[\"a\"]}: must be empty for "
      "finished job" },
    { "", "status: {" DONE ", terminating: 1}",
      "status.terminating: Invalid value: 1: terminating>0 is invalid for finished job" },
    { "", "status: {" BEGUN ", active: 1, ready: 2}",
      "status.ready: Invalid value: 2: cannot set more ready pods than active" },
    { "spec: {completions: 1}", LISTED("completedIndexes: '9'"),
      "status.completedIndexes: Invalid value: \"9\": error parsing completedIndexes: too large index: \"9\"" },
    { "spec: {completions: 1}", LISTED("failedIndexes: '9'"),
      "status.failedIndexes: Invalid value: \"9\": error parsing failedIndexes: too large index: \"9\"" },
    { "", "status: {completedIndexes: '0'}",
      "status.completedIndexes: Invalid value: \"0\": cannot set non-empty completedIndexes when non-indexed "
      "completion mode" },
    { "", "status: {failedIndexes: ''}",
      "status.failedIndexes: Invalid value: \"\": cannot set non-null failedIndexes when backoffLimitPerIndex is "
      "null" },
    { "spec: {completions: 1}", LISTED("completedIndexes: '0-2', failedIndexes: '1,4'"),
      "status.failedIndexes: Invalid value: \"1,4\": failedIndexes and completedIndexes overlap at index: 1" },
    { "", "status: {" BEGUN ", conditions: [" TARGET ", " FAILED ", " CRITERIA "]}",
      "[" CONDITIONS "cannot set SuccessCriteriaMet=True and Failed=true conditions, " CONDITIONS
      "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions]" },
    { "status: {" DONE "}",
      "spec: {completionMode: Indexed, completions: 5, successPolicy: {rules: [{succeededCount: 1}]}}\nstatus: {" BEGUN
      ", " ENDED ", conditions: [" COMPLETE "]}",
      "[" CONDITIONS "cannot set Complete=True condition without the SuccessCriteriaMet=true condition, " CONDITIONS
      "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True, " CONDITIONS
      "cannot disable the SuccessCriteriaMet=True condition]" },
    { "status: {" BROKEN "}", "status: {" BEGUN "}",
      "[" CONDITIONS "cannot disable the terminal Failed=True condition, " CONDITIONS
      "cannot disable the terminal FailureTarget=True condition]" },
    { "status: {" DONE "}", "status: {" BEGUN "}",
      "[" CONDITIONS "cannot disable the terminal Complete=True condition, " CONDITIONS
      "cannot disable the SuccessCriteriaMet=True condition]" },
    { "status: {" BEGUN ", " ENDED ", conditions: [" COMPLETE "]}", "status: {" DONE "}",
      CONDITIONS "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions" },
    { "status: {failed: 2, succeeded: 2}", "status: {failed: 1, succeeded: 1}",
      "[status.failed: Invalid value: 1: cannot decrease the failed counter, status.succeeded: Invalid value: 1: "
      "cannot decrease the succeeded counter]" },
    { "status: {" DONE "}",
      "status: {" BEGUN ", completionTime: '2026-01-01T00:02:00Z', conditions: [" CRITERIA ", " COMPLETE "]}",
      "status.completionTime: Invalid value: \"2026-01-01T00:02:00Z\": field is immutable" },
    { "status: {" BEGUN "}", "status: {startTime: '2026-01-01T00:00:01Z'}",
      "status.startTime: Required value: startTime cannot be removed for unsuspended job" },
    { "status: {" BEGUN "}", "spec: {suspend: true}", "" },
};

static void test_job_status(void **state)
{
    (void)state;
    check_statuses(job, job_status_statuses);
}

static const struct rule_create cron_job_creates[] = {
    { "", "" },
    { "metadata: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
      "metadata.name: Invalid value: \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": must be no more than "
      "52 characters" },
    { "spec: {schedule: ''}", "spec.schedule: Required value" },
    { "spec: {schedule: '@hourly'}", "" },
    { "spec: {schedule: '* * *'}",
      "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]" },
    { "spec: {schedule: '60 * * * *'}",
      "spec.schedule: Invalid value: \"60 * * * *\": end of range (60) above maximum (59): 60" },
    { "spec: {schedule: 'x * * * *'}", "spec.schedule: Invalid value: \"x * * * *\": failed to parse int from x: "
                                       "strconv.Atoi: parsing \"x\": invalid syntax" },
    { "spec: {schedule: '@never'}", "spec.schedule: Invalid value: \"@never\": unrecognized descriptor: @never" },
    { "spec: {schedule: '5-1 * * * *'}",
      "spec.schedule: Invalid value: \"5-1 * * * *\": beginning of range (5) beyond end of range (1): 5-1" },
    { "spec: {schedule: 'TZ=UTC * * * * *'}", "spec.schedule: Invalid value: \"TZ=UTC * * * * *\": cannot use TZ or "
                                              "CRON_TZ in schedule, use timeZone field instead" },
    { "spec: {startingDeadlineSeconds: -1}", "spec.startingDeadlineSeconds" NEGATIVE },
    { "spec: {timeZone: Europe/Berlin}", "" },
    { "spec: {timeZone: ''}", "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string" },
    { "spec: {timeZone: Europe/../Berlin}",
      "spec.timeZone: Invalid value: \"Europe/../Berlin\": unknown time zone Europe/../Berlin" },
    { "spec: {timeZone: Europe/}", "spec.timeZone: Invalid value: \"Europe/\": unknown time zone Europe/" },
    { "spec: {timeZone: Local}", "spec.timeZone: Invalid value: \"Local\": timeZone must be an explicit time zone as "
                                 "defined in https://www.iana.org/time-zones" },
    { "spec: {timeZone: Mars/Base}", "spec.timeZone: Invalid value: \"Mars/Base\": unknown time zone Mars/Base" },
    { "spec: {concurrencyPolicy: X}",
      "spec.concurrencyPolicy: Unsupported value: \"X\": supported values: \"Allow\", \"Forbid\", \"Replace\"" },
    { "spec: {successfulJobsHistoryLimit: -1, failedJobsHistoryLimit: -1}",
      "[spec.successfulJobsHistoryLimit" NEGATIVE ", spec.failedJobsHistoryLimit" NEGATIVE "]" },
    { "spec: {jobTemplate: {spec: {parallelism: -1}}}", "spec.jobTemplate.spec.parallelism" NEGATIVE },
    { "spec: {jobTemplate: {spec: {selector: {matchLabels: {a: b}}}}}",
      "spec.jobTemplate.spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: `selector` will be "
      "auto-generated" },
    { "spec: {jobTemplate: {spec: {manualSelector: true}}}",
      "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\"" },
};

static const struct rule_update cron_job_updates[] = {
    { "", "spec: {schedule: '1 * * * *'}", "" },
    { "spec: {schedule: 'TZ=UTC * * * * *'}", "spec: {schedule: 'TZ=UTC 1 * * * *'}", "" },
    { "spec: {schedule: 'TZ=UTC * * * * *'}", "spec: {schedule: 'TZ=UTC 1 * * * *', timeZone: UTC}",
      "spec.schedule: Invalid value: \"TZ=UTC 1 * * * *\": cannot use both timeZone field and TZ or CRON_TZ in "
      "schedule" },
    { "spec: {timeZone: Mars/Base}", "spec: {timeZone: Mars/Base, suspend: true}", "" },
    { "metadata: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
      "metadata: {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\nspec: {suspend: true}", "" },
};

static void test_cron_job(void **state)
{
    (void)state;
    check_creates(cron_job, cron_job_creates);
    check_updates(cron_job, cron_job_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_job_create), cmocka_unit_test(test_job_policies), cmocka_unit_test(test_job_update),
        cmocka_unit_test(test_job_status), cmocka_unit_test(test_cron_job),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
