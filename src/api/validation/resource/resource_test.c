/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* resource_test.c - the rules of device claims, classes and slices, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(kind)       "apiVersion: resource.k8s.io/v1\nkind: " kind "\nmetadata: {name: a}\n"
#define NAMESPACED(kind) "apiVersion: resource.k8s.io/v1\nkind: " kind "\nmetadata: {name: a, namespace: m}\n"
#define LABEL                                                                                                       \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end " \
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "                  \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define NAME_PART                                                                                         \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "  \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABEL_VALUE                                                                                                 \
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "          \
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define REFERENCE \
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

#define DEVICES(text)  "spec: {devices: {" text "}}"
#define EXACT(more)    "{name: r, exactly: {deviceClassName: c" more "}}"
#define REQUEST(text)  DEVICES("requests: [" text "]")
#define IN_EXACT(more) REQUEST(EXACT(", " more))
#define TOLERATION(t)  IN_EXACT("tolerations: [{" t "}]")
#define R              "spec.devices.requests[0]"
static const char claim[] = NAMESPACED("ResourceClaim") REQUEST(EXACT(""));
static const struct rule_create claim_creates[] = {
    { "", "" },
    { REQUEST("{name: R, exactly: {deviceClassName: c}}"), R ".name: Invalid value: \"R\": " LABEL },
    { REQUEST(EXACT("") ", " EXACT("")), "spec.devices.requests[1]: Duplicate value: \"r\"" },
    { REQUEST("{name: r}"), R ": Required value: exactly one of `exactly` or `firstAvailable` is required" },
    { REQUEST("{name: r, exactly: {deviceClassName: c}, firstAvailable: [{name: s, deviceClassName: c}]}"),
      R ": Invalid value: \"null\": exactly one of `exactly` or `firstAvailable` is required, but multiple fields are "
        "set" },
    { REQUEST("{name: r, firstAvailable: [{name: S, deviceClassName: ''}, {name: t, deviceClassName: c}, {name: t, "
              "deviceClassName: c}]}"),
      "[" R ".firstAvailable[0].name: Invalid value: \"S\": " LABEL ", " R
      ".firstAvailable[0].deviceClassName: Required "
      "value, " R ".firstAvailable[2]: Duplicate value: \"t\"]" },
    { REQUEST("{name: r, exactly: {deviceClassName: ''}}"), R ".exactly.deviceClassName: Required value" },
    { REQUEST("{name: r, exactly: {deviceClassName: C}}"),
      R ".exactly.deviceClassName: Invalid value: \"C\": " SUBDOMAIN },
    { IN_EXACT("selectors: [{}]"), R ".exactly.selectors[0].cel: Required value" },
    { IN_EXACT("allocationMode: X"),
      R ".exactly.allocationMode: Unsupported value: \"X\": supported values: \"All\", \"ExactCount\"" },
    { IN_EXACT("allocationMode: All, count: 1"),
      R ".exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'" },
    { IN_EXACT("allocationMode: ExactCount, count: -1"),
      R ".exactly.count: Invalid value: -1: must be greater than zero" },
    { TOLERATION("key: '-', operator: Exists, value: v, effect: X"),
      "[" R ".exactly.tolerations[0].key: Invalid value: \"-\": " NAME_PART ", " R ".exactly.tolerations[0].value: "
      "Invalid value: \"v\": must be empty for operator `Exists`, " R
      ".exactly.tolerations[0].effect: Unsupported value: "
      "\"X\": supported values: \"NoExecute\", \"NoSchedule\", \"None\"]" },
    { TOLERATION("operator: Equal, value: '-'"),
      R ".exactly.tolerations[0].value: Invalid value: \"-\": " LABEL_VALUE },
    { TOLERATION("operator: X"),
      R ".exactly.tolerations[0].operator: Unsupported value: \"X\": supported values: \"Equal\", \"Exists\"" },
    { DEVICES("constraints: [{requests: [r, r, x, a/b/c], matchAttribute: d.e/a}]"),
      "[spec.devices.constraints[0].requests[2]: Invalid value: \"x\": " REFERENCE ", "
      "spec.devices.constraints[0].requests[3]: Invalid value: \"a/b/c\": " REFERENCE ", "
      "spec.devices.constraints[0].requests[1]: Duplicate value: \"r\"]" },
    { DEVICES("constraints: [{matchAttribute: a}]"),
      "spec.devices.constraints[0].matchAttribute: Invalid value: \"a\": a fully qualified name must be a domain and a "
      "name separated by a slash" },
    { DEVICES("constraints: [{distinctAttribute: a}]"), "spec.devices.constraints[0].distinctAttribute: Invalid value: "
                                                        "\"a\": a fully qualified name must be a domain and a "
                                                        "name separated by a slash" },
    { DEVICES("constraints: [{}]"),
      "spec.devices.constraints[0]: Required value: exactly one of \"matchAttribute\" or \"distinctAttribute\" is "
      "required, but multiple fields are set" },
    { DEVICES("config: [{requests: [x]}]"), "[spec.devices.config[0].requests[0]: Invalid value: \"x\": " REFERENCE
                                            ", spec.devices.config[0].opaque: Required "
                                            "value]" },
    { DEVICES("config: [{opaque: {driver: '', parameters: {a: b}}}]"),
      "spec.devices.config[0].opaque.driver: Required value" },
    { DEVICES("config: [{opaque: {driver: d, parameters: null}}]"),
      "spec.devices.config[0].opaque.parameters: Required value" },
    { DEVICES("config: [{opaque: {driver: d, parameters: {a: b}}}]"), "" },
    { REQUEST("{name: r, firstAvailable: [{name: s, deviceClassName: c}]}") "\nmetadata: {name: b}", "" },
};
#define MANY "a, a, a, a, a, a, a, a, a, a, a"
static const struct rule_create sizes[] = {
    { DEVICES("constraints: [{requests: [" MANY ", " MANY ", " MANY "], matchAttribute: d.e/a}]"),
      "spec.devices.constraints[0].requests: Too many: 33: must have at most 32 items" },
};
static const struct rule_update claim_updates[] = {
    { "", "metadata: {labels: {a: b}}", "" },
    { "", REQUEST("{name: q, exactly: {deviceClassName: c}}"),
      "spec: Invalid value: "
      "{\"Devices\":{\"Requests\":[{\"Name\":\"q\",\"Exactly\":{\"DeviceClassName\":\"c\",\"Selectors\":null,"
      "\"AllocationMode\":\"ExactCount\",\"Count\":1,\"AdminAccess\":null,\"Tolerations\":null,\"Capacity\":null},"
      "\"FirstAvailable\":null}],\"Constraints\":null,\"Config\":null}}: field is immutable" },
};
#define RESULT           "request: r, driver: d, pool: p, device: e"
#define ALLOCATED(more)  "status: {allocation: {devices: {results: [{" RESULT more "}]}}"
#define RESULTS(text)    "status: {allocation: {devices: {results: [{" text "}]}}}"
#define CONFIG(text)     "status: {allocation: {devices: {config: [{" text "}]}}}"
#define STATUS_DEVICE(t) ALLOCATED("") ", devices: [{driver: d, pool: p, device: e" t "}]}"
#define IN_RESULT        "status.allocation.devices.results[0]"
#define ID               "11111111-aaaa-1111-1111-111111111111"
static const struct rule_update claim_statuses[] = {
    { "", ALLOCATED("") "}", "" },
    { "", ALLOCATED("") ", reservedFor: [{resource: pods, name: p, uid: u}]}", "" },
    { "", ALLOCATED("") ", reservedFor: [{resource: '', name: '', uid: ''}]}",
      "[status.reservedFor[0].resource: Required value, status.reservedFor[0].name: Required value, "
      "status.reservedFor[0].uid: Required value]" },
    { "", ALLOCATED("") ", reservedFor: [{resource: pods, name: p, uid: u}, {resource: pods, name: q, uid: u}]}",
      "status.reservedFor[1]: Duplicate value: \"u\"" },
    { "", "status: {reservedFor: [{resource: pods, name: p, uid: u}]}",
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set" },
    { "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, finalizers: "
      "[a.b/c]}\n" ALLOCATED("") "}",
      "metadata: {deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, finalizers: "
      "[a.b/c]}\n" ALLOCATED("") ", reservedFor: [{resource: pods, name: p, uid: u}]}",
      "status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or "
      "`deletionTimestamp` are set" },
    { ALLOCATED("") "}", RESULTS("request: r, driver: d, pool: p, device: f"),
      "status.allocation: Invalid value: "
      "{\"Devices\":{\"Results\":[{\"Request\":\"r\",\"Driver\":\"d\",\"Pool\":\"p\",\"Device\":\"f\",\"AdminAccess\":"
      "null,\"Tolerations\":null,\"BindingConditions\":null,\"BindingFailureConditions\":null,\"ShareID\":null,"
      "\"ConsumedCapacity\":null}],\"Config\":null},\"NodeSelector\":null,\"AllocationTimestamp\":null}: field is "
      "immutable" },
    { ALLOCATED("") "}", "status: {allocation: null}", "" },
    { "", RESULTS("request: x, driver: '-', pool: '', device: E"),
      "[" IN_RESULT ".request: Invalid value: \"x\": " REFERENCE ", " IN_RESULT
      ".driver: Invalid value: \"-\": " SUBDOMAIN ", " IN_RESULT ".pool: Required value, " IN_RESULT
      ".device: Invalid value: \"E\": " LABEL "]" },
    { "", RESULTS(RESULT ", shareID: x"),
      IN_RESULT ".shareID: Invalid value: \"x\": error validating uid: invalid UUID length: 1" },
    { "", RESULTS(RESULT ", shareID: 11111111-AAAA-1111-1111-111111111111"),
      IN_RESULT ".shareID: Invalid value: \"11111111-AAAA-1111-1111-111111111111\": uid must be in RFC 4122 normalized "
                "form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters" },
    { "", RESULTS(RESULT ", bindingConditions: [a, a], bindingFailureConditions: [a]"),
      "[" IN_RESULT ".bindingConditions[1]: Duplicate value: \"a\", " IN_RESULT ".bindingFailureConditions[0]: Invalid "
      "value: \"a\": bindingFailureConditions must not overlap with bindingConditions]" },
    { "", RESULTS(RESULT ", bindingConditions: [a]"),
      IN_RESULT ".bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use "
                "bindingConditions" },
    { "", RESULTS(RESULT ", bindingConditions: [a, b, c, d, e], bindingFailureConditions: [f]"),
      IN_RESULT ".bindingConditions: Too many: 5: must have at most 4 items" },
    { "", CONFIG("source: X, opaque: {driver: d, parameters: {}}"),
      "status.allocation.devices.config[0].source: Unsupported value: \"X\": supported values: \"FromClaim\", "
      "\"FromClass\"" },
    { "", CONFIG("source: ''"),
      "[status.allocation.devices.config[0].source: Required value, status.allocation.devices.config[0].opaque: "
      "Required "
      "value]" },
    { "", "status: {allocation: {nodeSelector: {nodeSelectorTerms: []}}}",
      "status.allocation.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term" },
    { "", STATUS_DEVICE(""), "" },
    { "", STATUS_DEVICE(", shareID: " ID),
      "status.devices[0]: Invalid value: \"d/p/e/" ID "\": must be an allocated device in the claim" },
    { "", STATUS_DEVICE(", conditions: [{type: T, status: X, reason: r, lastTransitionTime: '2026-01-01T00:00:00Z'}]"),
      "status.devices[0].conditions[0].status: Unsupported value: \"X\": supported values: \"False\", \"True\", "
      "\"Unknown\"" },
    { "", STATUS_DEVICE(", networkData: {ips: [10.0.0.1/24, 10.0.0.1/24]}"),
      "status.devices[0].networkData.ips[1]: Duplicate value: \"10.0.0.1/24\"" },
    { "", ALLOCATED("") ", devices: [{driver: d, pool: p, device: e}, {driver: d, pool: p, device: e}]}",
      "status.devices[1]: Duplicate value: \"d/p/e\"" },
};

static void test_claims(void **state)
{
    (void)state;
    check_creates(claim, claim_creates);
    check_creates(claim, sizes);
    check_updates(claim, claim_updates);
    check_statuses(claim, claim_statuses);
}

static const char template[] =
    NAMESPACED("ResourceClaimTemplate") "spec: {spec: {devices: {requests: [" EXACT("") "]}}}";
static const struct rule_create template_creates[] = {
    { "", "" },
    { "spec: {metadata: {labels: {a: '-'}}}", "spec.metadata.labels: Invalid value: \"-\": " LABEL_VALUE },
    { "spec: {spec: {devices: {requests: [{name: r}]}}}",
      "spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required" },
};
static const struct rule_update template_updates[] = {
    { "", "metadata: {labels: {a: b}}", "" },
};
static const char class[] = HEAD("DeviceClass") "spec: {selectors: [{cel: {expression: 'true'}}]}";
static const struct rule_create class_creates[] = {
    { "", "" },
    { "spec: {selectors: [{}]}", "spec.selectors[0].cel: Required value" },
    { "spec: {config: [{}]}", "spec.config[0].opaque: Required value" },
    { "spec: {config: [{opaque: {driver: d, parameters: []}}]}",
      "spec.config[0].opaque.parameters: Invalid value: \"<value omitted>\": must be a valid JSON object" },
    { "spec: {extendedResourceName: cpu}",
      "spec.extendedResourceName: Invalid value: \"cpu\": must be a valid extended resource name" },
    { "spec: {extendedResourceName: example.com/gpu}", "" },
};
static const struct rule_update class_updates[] = {
    { "", "spec: {config: [{}]}", "spec.config[0].opaque: Required value" },
};

static void test_templates_and_classes(void **state)
{
    (void)state;
    check_creates(template, template_creates);
    check_updates(template, template_updates);
    check_creates(class, class_creates);
    check_updates(class, class_updates);
}

#define DEVICE(text)    "spec: {devices: [{name: d" text "}]}"
#define ATTRIBUTE(text) DEVICE(", attributes: {a: {" text "}}")
#define POLICY(text)    DEVICE(", allowMultipleAllocations: true, capacity: {a: {value: 10, requestPolicy: {" text "}}}")
#define IN_POLICY       "spec.devices[0].capacity[a].requestPolicy"
#define VERSION_TEXT    "must be a string compatible with semver.org spec 2.0.0"
#define IN_VALUES       IN_POLICY ".validValues"
#define IN_RANGE        IN_POLICY ".validRange"
static const char slice[] = HEAD("ResourceSlice") "spec: {driver: d.e, pool: {name: p, generation: 1, "
                                                  "resourceSliceCount: 1}, nodeName: m}";
static const struct rule_create slice_creates[] = {
    { "", "" },
    { "spec: {driver: ''}", "spec.driver: Required value" },
    { "spec: {pool: {name: '', resourceSliceCount: 0, generation: -1}}",
      "[spec.pool.name: Required value, spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero, "
      "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero]" },
    { "spec: {nodeName: null}",
      "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is "
      "required" },
    { "spec: {allNodes: true}",
      "spec: Invalid value: \"{`nodeName`, `allNodes`}\": exactly one of `nodeName`, `nodeSelector`, `allNodes`, "
      "`perDeviceNodeSelection` is required, but multiple fields are set" },
    { "spec: {allNodes: false, perDeviceNodeSelection: false}",
      "[spec.allNodes: Invalid value: false: must be either unset or set to true, spec.perDeviceNodeSelection: Invalid "
      "value: false: must be either unset or set to true]" },
    { "spec: {nodeName: '', allNodes: true}",
      "spec.nodeName: Invalid value: \"\": must be either unset or set to a non-empty string" },
    { "spec: {nodeName: null, nodeSelector: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists}]}, "
      "{matchExpressions: [{key: b, operator: Exists}]}]}}",
      "spec.nodeSelector.nodeSelectorTerms: Invalid value: [{\"matchExpressions\":[{\"key\":\"a\",\"operator\":"
      "\"Exists\"}]},{\"matchExpressions\":[{\"key\":\"b\",\"operator\":\"Exists\"}]}]: must have exactly one node "
      "selector term" },
    { "spec: {devices: [{name: d}], sharedCounters: [{name: s, counters: {c: {value: 1}}}]}",
      "spec: Invalid value: \"\": only one of `sharedCounters` or `devices` is allowed" },
    { "spec: {sharedCounters: [{name: S, counters: {}}, {name: ''}]}",
      "[spec.sharedCounters[0].name: Invalid value: \"S\": " LABEL ", spec.sharedCounters[0].counters: Required value, "
      "spec.sharedCounters[1].name: Required value, spec.sharedCounters[1].counters: Required value]" },
    { "spec: {sharedCounters: [{name: s, counters: {C: {value: 1}}}, {name: s, counters: {c: {value: 1}}}]}",
      "[spec.sharedCounters[0].counters: Invalid value: \"C\": " LABEL ", spec.sharedCounters[1]: Duplicate value: "
      "\"s\"]" },
};
static const struct rule_create device_creates[] = {
    { DEVICE(""), "" },
    { "spec: {devices: [{name: D}]}", "spec.devices[0].name: Invalid value: \"D\": " LABEL },
    { "spec: {devices: [{name: d}, {name: d}]}", "spec.devices[1]: Duplicate value: \"d\"" },
    { ATTRIBUTE("string: x"), "" },
    { ATTRIBUTE(""), "spec.devices[0].attributes[a]: Invalid value: \"\": exactly one value must be specified" },
    { ATTRIBUTE("string: x, bool: true"),
      "spec.devices[0].attributes[a]: Invalid value: "
      "{\"Int\":null,\"Bool\":true,\"String\":\"x\",\"Version\":null,\"Ints\":null,\"Bools\":null,\"Strings\":null,"
      "\"Versions\":null}: exactly one value must be specified" },
    { ATTRIBUTE("version: 1.2.3-rc.1+b.05"), "" },
    { ATTRIBUTE("version: '1.2'"), "spec.devices[0].attributes[a].version: Invalid value: \"1.2\": " VERSION_TEXT },
    { ATTRIBUTE("version: 1.02.3"), "spec.devices[0].attributes[a].version: Invalid value: \"1.02.3\": " VERSION_TEXT },
    { ATTRIBUTE("version: 1.2.3."), "spec.devices[0].attributes[a].version: Invalid value: \"1.2.3.\": " VERSION_TEXT },
    { ATTRIBUTE("version: 1.2.3-01"),
      "spec.devices[0].attributes[a].version: Invalid value: \"1.2.3-01\": " VERSION_TEXT },
    { DEVICE(", capacity: {a: {value: 1, requestPolicy: {}}}"),
      IN_POLICY ": Forbidden: allowMultipleAllocations must be true" },
    { POLICY("validValues: [1], validRange: {min: 1}"), IN_POLICY
      ": Forbidden: exactly one policy can be specified, cannot specify \"validValues\" and \"validRange\" at "
      "the same time" },
    { POLICY("validValues: [1]"), IN_POLICY ".default: Required value: required when validValues is defined" },
    { POLICY("validRange: {min: 1}"), IN_POLICY ".default: Required value: required when validRange is defined" },
    { POLICY("default: 2, validValues: [2, 1, 1, 11]"),
      "[" IN_VALUES "[1]: Invalid value: \"1\": values must be sorted in ascending order, " IN_VALUES "[3]: Invalid "
      "value: \"11\": option is larger than capacity value: 10, " IN_VALUES "[2]: Duplicate value: \"1\"]" },
    { POLICY("default: 3, validValues: [1]"),
      IN_VALUES ": Invalid value: \"3\": default value is not valid according to the requestPolicy" },
    { POLICY("default: 3, validRange: {max: 1}"),
      IN_RANGE ".min: Required value: required when validRange is defined" },
    { POLICY("default: 3, validRange: {min: 11, max: 12}"),
      "[" IN_RANGE ".min: Invalid value: \"11\": min is larger than capacity value: 10, " IN_RANGE
      ".min: Invalid value: "
      "\"3\": default is less than min: 11, " IN_RANGE
      ".max: Invalid value: \"12\": max is larger than capacity value: "
      "10]" },
    { POLICY("default: 3, validRange: {min: 2, max: 1}"),
      "[" IN_RANGE ".max: Invalid value: \"2\": min is larger than max: 1, " IN_RANGE ".max: Invalid value: \"3\": "
      "default is more than max: 1]" },
    { POLICY("default: 4, validRange: {min: 2, max: 8, step: 4}"),
      "[" IN_RANGE ".step: Invalid value: \"4\": value is not a multiple of a given step (4) from (2), " IN_RANGE
      ".step: "
      "Invalid value: \"8\": value is not a multiple of a given step (4) from (2)]" },
    { POLICY("default: 2, validRange: {min: 2, step: 0}"),
      IN_RANGE ".step: Invalid value: \"0\": must be greater than zero" },
    { POLICY("default: 2, validRange: {min: 2, step: 9}"),
      IN_RANGE ".step: Invalid value: \"9\": one step 11 is larger than capacity value: 10" },
    { DEVICE(", taints: [{key: '-', value: '-', effect: ''}]"),
      "[spec.devices[0].taints[0].key: Invalid value: \"-\": " NAME_PART ", spec.devices[0].taints[0].value: Invalid "
      "value: \"-\": " LABEL_VALUE ", spec.devices[0].taints[0].effect: Required value]" },
    { DEVICE(", taints: [{key: a, effect: X}]"),
      "spec.devices[0].taints[0].effect: Unsupported value: \"X\": supported values: \"NoExecute\", \"NoSchedule\", "
      "\"None\"" },
    { DEVICE(", consumesCounters: [{counterSet: '', counters: {}}]"),
      "[spec.devices[0].consumesCounters[0].counterSet: Required value, spec.devices[0].consumesCounters[0].counters: "
      "Required value]" },
    { DEVICE(", consumesCounters: [{counterSet: s, counters: {C: {value: 1}}}, {counterSet: s, counters: {c: {value: "
             "1}}}]"),
      "[spec.devices[0].consumesCounters[0].counters: Invalid value: \"C\": " LABEL
      ", spec.devices[0].consumesCounters[1]: Duplicate value: \"s\"]" },
    { DEVICE(", allNodes: true"),
      "spec.devices[0]: Invalid value: \"null\": `nodeName`, `nodeSelector` and `allNodes` can only be set if "
      "`perDeviceNodeSelection` is set to true in the ResourceSlice spec" },
    { "spec: {nodeName: null, perDeviceNodeSelection: true, devices: [{name: d}, {name: e, nodeName: m, allNodes: "
      "true}, "
      "{name: f, allNodes: true}]}",
      "[spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
      "`perDeviceNodeSelection` is set to true in the ResourceSlice spec, spec.devices[1]: Invalid value: "
      "\"{`nodeName`, `allNodes`}\": exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
      "`perDeviceNodeSelection` is set to true in the ResourceSlice spec]" },
    { DEVICE(", bindingFailureConditions: [a]"),
      "spec.devices[0].bindingConditions: Invalid value: null: bindingConditions are required to use "
      "bindingFailureConditions" },
    { DEVICE(", nodeAllocatableResourceMappings: {example.com/x: {capacityKey: '', allocationMultiplier: 0}}"),
      "[spec.devices[0].nodeAllocatableResourceMappings[example.com/x]: Invalid value: \"example.com/x\": must be a "
      "node "
      "allocatable resource name, spec.devices[0].nodeAllocatableResourceMappings[example.com/x].allocationMultiplier: "
      "Invalid value: \"0\": must be positive, "
      "spec.devices[0].nodeAllocatableResourceMappings[example.com/x].capacityKey: Invalid value: \"\": capacityKey "
      "must "
      "not be an empty string]" },
    { DEVICE(", nodeAllocatableResourceMappings: {cpu: {capacityKey: k}}"),
      "spec.devices[0].nodeAllocatableResourceMappings[cpu].capacityKey: Not found: \"k\"" },
};
#define BAD_TAINT DEVICE(", taints: [{key: a, effect: X}]")
static const struct rule_update slice_updates[] = {
    { "", "spec: {driver: d, pool: {name: q}, nodeName: k}",
      "[spec.pool.name: Invalid value: \"q\": field is immutable, spec.driver: Invalid value: \"d\": field is "
      "immutable, "
      "spec.nodeName: Invalid value: \"k\": field is immutable]" },
    { BAD_TAINT, BAD_TAINT, "" },
    { DEVICE(""), BAD_TAINT,
      "spec.devices[0].taints[0].effect: Unsupported value: \"X\": supported values: \"NoExecute\", \"NoSchedule\", "
      "\"None\"" },
};

static void test_slices(void **state)
{
    (void)state;
    check_creates(slice, slice_creates);
    check_creates(slice, device_creates);
    check_updates(slice, slice_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_templates_and_classes),
        cmocka_unit_test(test_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
