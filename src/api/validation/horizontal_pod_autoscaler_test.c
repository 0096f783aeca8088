/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* horizontal_pod_autoscaler_test.c - the rules of HorizontalPodAutoscalers, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

static const char scaler[] =
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: x}\nspec: {maxReplicas: "
    "3, scaleTargetRef: {kind: Deployment, name: d, apiVersion: apps/v1}}\n";

#define METRIC(text)    "spec: {metrics: [{" text "}]}"
#define RESOURCE(text)  METRIC("type: Resource, resource: {name: cpu, target: {" text "}}")
#define OBJECT(text)    METRIC("type: Object, object: {" text "}")
#define EXTERNAL(text)  METRIC("type: External, external: {" text "}")
#define PODS(text)      METRIC("type: Pods, pods: {" text "}")
#define CONTAINER(text) METRIC("type: ContainerResource, containerResource: {" text "}")
#define DESCRIBED       "describedObject: {kind: K, name: o}"
#define USED            "target: {type: Utilization, averageUtilization: 1}"
#define RULES(text)     "spec: {behavior: {scaleUp: {" text "}}}"
#define POLICY(text)    RULES("policies: [{" text "}]")
#define AT              "spec.metrics[0]."
#define UP              "spec.behavior.scaleUp."

static const struct rule_create creates[] = {
    { "", "" },
    { "spec: {minReplicas: 0}",
      "[spec.minReplicas: Invalid value: 0: must be greater than or equal to 1, spec.metrics: Forbidden: must specify "
      "at least one Object or External metric to support scaling to zero replicas]" },
    { "spec: {maxReplicas: 0}",
      "[spec.maxReplicas: Required value: must be set and greater than 0, spec.maxReplicas: Invalid value: 0: must be "
      "greater than or equal to `minReplicas`]" },
    { "spec: {maxReplicas: -1}", "[spec.maxReplicas: Invalid value: -1: must be greater than 0, spec.maxReplicas: "
                                 "Invalid value: -1: must be greater than or equal to `minReplicas`]" },
    { "spec: {minReplicas: 4}", "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`" },
    { "spec: {scaleTargetRef: {kind: '', name: ''}}",
      "[spec.scaleTargetRef.kind: Required value, spec.scaleTargetRef.name: Required value]" },
    { "spec: {scaleTargetRef: {kind: a/b, name: a%b}}",
      "[spec.scaleTargetRef.kind: Invalid value: \"a/b\": may not contain '/', spec.scaleTargetRef.name: Invalid "
      "value: \"a%b\": may not contain '%']" },
    { "spec: {scaleTargetRef: {apiVersion: a/b/c}}",
      "spec.scaleTargetRef.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c" },
    { "spec: {scaleTargetRef: {apiVersion: v1}}",
      "spec.scaleTargetRef.apiVersion: Invalid value: \"v1\": apiVersion must specify API group" },
    { "spec: {scaleTargetRef: {apiVersion: v1, kind: ReplicationController}}", "" },
    { METRIC("type: ''"),
      "[spec.metrics[0].type: Required value: must specify a metric source type, spec.metrics[0].type: Unsupported "
      "value: \"\": supported values: \"ContainerResource\", \"External\", \"Object\", \"Pods\", \"Resource\"]" },
    { METRIC("type: X"), AT "type: Unsupported value: \"X\": supported values: \"ContainerResource\", \"External\", "
                            "\"Object\", \"Pods\", \"Resource\"" },
    { METRIC("type: Object"), AT "object: Required value: must populate information for the given metric source" },
    { METRIC("type: Resource, resource: {name: cpu, " USED "}, containerResource: {name: cpu, container: c, " USED "}"),
      AT "containerResource: Forbidden: must populate the given metric source only" },
    { OBJECT("describedObject: {kind: '', name: ''}, metric: {name: m}, target: {type: Value, value: 1}"),
      "[" AT "object.describedObject.kind: Required value, " AT "object.describedObject.name: Required value]" },
    { OBJECT("describedObject: {kind: K, name: o, apiVersion: a/b/c}, metric: {name: m}, target: {type: Value, value: "
             "1}"),
      AT "object.describedObject.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c" },
    { OBJECT(DESCRIBED ", metric: {name: ''}, target: {type: Value, value: 1}"),
      AT "object.metric.name: Required value: must specify a metric name" },
    { OBJECT(DESCRIBED ", metric: {name: a/b}, target: {type: Value, value: 1}"),
      AT "object.metric.name: Invalid value: \"a/b\": may not contain '/'" },
    { OBJECT(DESCRIBED ", metric: {name: m}, target: {type: Value}"),
      AT "object.target.averageValue: Required value: must set either a target value or averageValue" },
    { RESOURCE("type: '', averageUtilization: 1"),
      "[" AT "resource.target.type: Required value: must specify a metric target type, " AT
      "resource.target.type: Invalid value: \"\": must be either Utilization, Value, or AverageValue]" },
    { RESOURCE("type: X, averageUtilization: 1"),
      AT "resource.target.type: Invalid value: \"X\": must be either Utilization, Value, or AverageValue" },
    { RESOURCE("type: Utilization, averageUtilization: 0"),
      AT "resource.target.averageUtilization: Invalid value: 0: must be greater than 0" },
    { RESOURCE("type: AverageValue, averageValue: 0, value: '-1'"),
      "[" AT "resource.target.value: Invalid value: \"-1\": must be positive, " AT
      "resource.target.averageValue: Invalid value: \"0\": must be positive]" },
    { RESOURCE("type: Utilization"), AT "resource.target.averageUtilization: Required value: must set either a target "
                                        "raw value or a target utilization" },
    { RESOURCE("type: Utilization, averageUtilization: 1, averageValue: 1"),
      AT "resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization" },
    { METRIC("type: Resource, resource: {name: '', " USED "}"),
      AT "resource.name: Required value: must specify a resource name" },
    { EXTERNAL("metric: {name: m}, target: {type: Value}"),
      AT "external.target.averageValue: Required value: must set either a target value for metric or a per-pod "
         "target" },
    { EXTERNAL("metric: {name: m}, target: {type: Value, value: 1, averageValue: 1}"),
      AT "external.target.value: Forbidden: may not set both a target value for metric and a per-pod target" },
    { PODS("metric: {name: m}, target: {type: AverageValue}"),
      AT "pods.target.averageValue: Required value: must specify a positive target averageValue" },
    { CONTAINER("name: cpu, container: c, " USED), "" },
    { CONTAINER("name: '', container: '', " USED),
      "[" AT "containerResource.name: Required value: must specify a resource name, " AT
      "containerResource.container: Required value: must specify a container]" },
    { CONTAINER("name: cpu, container: a.b, " USED),
      AT "containerResource.container: Invalid value: \"a.b\": must not contain dots" },
    { CONTAINER("name: pods, container: c, " USED),
      AT "containerResource.name: Invalid value: \"pods\": must be a standard resource for containers" },
    { RULES("stabilizationWindowSeconds: -1"),
      UP "stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero" },
    { RULES("stabilizationWindowSeconds: 3601"),
      UP "stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600" },
    { RULES("selectPolicy: X"),
      UP "selectPolicy: Unsupported value: \"X\": supported values: \"Disabled\", \"Max\", \"Min\"" },
    { RULES("policies: []"), UP "policies: Required value: must specify at least one Policy" },
    { POLICY("type: X, value: 1, periodSeconds: 1"),
      UP "policies[0].type: Unsupported value: \"X\": supported values: \"Percent\", \"Pods\"" },
    { POLICY("type: Pods, value: 0, periodSeconds: 0"),
      "[" UP "policies[0].value: Invalid value: 0: must be greater than zero, " UP
      "policies[0].periodSeconds: Invalid value: 0: must be greater than zero]" },
    { POLICY("type: Pods, value: 1, periodSeconds: 1801"),
      UP "policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800" },
    { RULES("tolerance: '-1'"), UP "tolerance: Invalid value: \"-1\": must be greater than or equal to 0" },
};
#define FROM_OUTSIDE "metrics: [{type: External, external: {metric: {name: m}, target: {type: Value, value: 1}}}]"
static const struct rule_update updates[] = {
    { "spec: {minReplicas: 0, " FROM_OUTSIDE "}", "spec: {minReplicas: 0, " FROM_OUTSIDE ", maxReplicas: 9}", "" },
    { "spec: {scaleTargetRef: {apiVersion: v1}}", "spec: {scaleTargetRef: {apiVersion: v1}, maxReplicas: 9}", "" },
};
static const struct rule_update statuses[] = {
    { "", "status: {currentReplicas: -1, desiredReplicas: -1}",
      "[status.currentReplicas: Invalid value: -1: must be greater than or equal to 0, status.desiredReplicas: Invalid "
      "value: -1: must be greater than or equal to 0]" },
};

static void test_autoscaler(void **state)
{
    (void)state;
    check_creates(scaler, creates);
    check_updates(scaler, updates);
    check_statuses(scaler, statuses);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_autoscaler) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
