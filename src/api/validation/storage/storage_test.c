/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* storage_test.c - the rules of the storage kinds, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(kind) "apiVersion: storage.k8s.io/v1\nkind: " kind "\nmetadata: {name: a}\n"
#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define NAME_PART                                                                                         \
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " \
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "  \
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

static const char class[] = HEAD("StorageClass") "provisioner: example.com/P\nparameters: {a: b}\n";
#define TERM(text)  "allowedTopologies: [{matchLabelExpressions: [" text "]}]"
#define EXPRESSIONS "allowedTopologies[0].matchLabelExpressions"
static const struct rule_create class_creates[] = {
    { "", "" },
    { "provisioner: ''", "provisioner: Required value" },
    { "provisioner: '-'", "provisioner: Invalid value: \"-\": " NAME_PART },
    { "parameters: {'': b}", "parameters: Invalid value: \"\": field can not be empty." },
    { "reclaimPolicy: X", "reclaimPolicy: Unsupported value: \"X\": supported values: \"Delete\", \"Retain\"" },
    { "volumeBindingMode: X",
      "volumeBindingMode: Unsupported value: \"X\": supported values: \"Immediate\", \"WaitForFirstConsumer\"" },
    { TERM("{key: a, values: [b]}"), "" },
    { TERM("{key: '-', values: [b]}"), EXPRESSIONS "[0].key: Invalid value: \"-\": " NAME_PART },
    { TERM("{key: a, values: [b]}, {key: a, values: [c]}"), EXPRESSIONS "[1].key: Duplicate value: \"a\"" },
    { TERM("{key: a, values: []}"), EXPRESSIONS "[0].values: Required value" },
    { TERM("{key: a, values: [b, b]}"), EXPRESSIONS "[0].values[1]: Duplicate value: \"b\"" },
    { "allowedTopologies: [{matchLabelExpressions: [{key: a, values: [b, c]}]}, {matchLabelExpressions: [{key: a, "
      "values: [c, b]}]}]",
      "allowedTopologies[1].matchLabelExpressions: Duplicate value: \"\"" },
};
static const struct rule_update class_updates[] = {
    { "", "allowVolumeExpansion: true", "" },
    { "", "parameters: {a: c}", "parameters: Invalid value: {\"a\":\"c\"}: field is immutable" },
    { "", "provisioner: x", "provisioner: Invalid value: \"x\": field is immutable" },
    { "", "reclaimPolicy: Retain", "reclaimPolicy: Invalid value: \"Retain\": field is immutable" },
    { "", "volumeBindingMode: WaitForFirstConsumer",
      "volumeBindingMode: Invalid value: \"WaitForFirstConsumer\": field is immutable" },
};
static const char attributes[] = HEAD("VolumeAttributesClass") "driverName: example.com\nparameters: {a: b}\n";
static const struct rule_create attributes_creates[] = {
    { "", "" },
    { "driverName: ''", "driverName: Required value" },
    { "driverName: '-'", "driverName: Invalid value: \"-\": " NAME_PART },
    { "parameters: null", "parameters: Required value: must contain at least one key/value pair" },
    { "parameters: {'': b}", "parameters: Invalid value: \"\": field can not be empty." },
};
static const struct rule_update attributes_updates[] = {
    { "", "driverName: x", "driverName: Forbidden: updates to driverName are forbidden." },
    { "", "parameters: {a: c}", "parameters: Forbidden: updates to parameters are forbidden." },
};

static void test_classes(void **state)
{
    (void)state;
    check_creates(class, class_creates);
    check_updates(class, class_updates);
    check_creates(attributes, attributes_creates);
    check_updates(attributes, attributes_updates);
}

static const char attachment[] = HEAD("VolumeAttachment") "spec: {attacher: example.com, nodeName: m, source: "
                                                          "{persistentVolumeName: v}}\n";
#define A50  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A250 A50 A50 A50 A50 A50
static const struct rule_create attachment_creates[] = {
    { "", "" },
    { "spec: {attacher: ''}", "spec.attacher: Required value" },
    { "spec: {attacher: a_}", "spec.attacher: Invalid value: \"a_\": " SUBDOMAIN },
    { "spec: {attacher: " A50 A50 "}", "spec.attacher: Too long: may not be more than 63 bytes" },
    { "spec: {source: {persistentVolumeName: null}}",
      "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName" },
    { "spec: {source: {inlineVolumeSpec: {}}}",
      "spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName" },
    { "spec: {source: {persistentVolumeName: ''}}",
      "[spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName, "
      "spec.source.persistentVolumeName: Invalid value: \"\": " SUBDOMAIN "]" },
    { "spec: {source: {persistentVolumeName: A}}",
      "spec.source.persistentVolumeName: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {nodeName: A}", "spec.nodeName: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {source: {persistentVolumeName: null, inlineVolumeSpec: {accessModes: [ReadWriteOnce], csi: {driver: "
      "example.com, volumeHandle: h}}}}",
      "" },
    { "spec: {source: {persistentVolumeName: null, inlineVolumeSpec: {capacity: {storage: 1}, claimRef: {name: c}, "
      "storageClassName: s, volumeMode: Block, persistentVolumeReclaimPolicy: Delete, accessModes: [ReadWriteOnce], "
      "csi: "
      "{driver: example.com, volumeHandle: h}}}}",
      "[spec.source.inlineVolumeSpec.claimRef: Forbidden: may not be specified in the context of inline volumes, "
      "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes, "
      "spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of "
      "inline "
      "volumes, spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of "
      "inline "
      "volumes, spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem "
      "in "
      "the context of inline volumes]" },
    { "spec: {source: {persistentVolumeName: null, inlineVolumeSpec: {hostPath: {path: /a}}}}",
      "[spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes, "
      "spec.source.inlineVolumeSpec.accessModes: Required value]" },
};
static const struct rule_update attachment_updates[] = {
    { "", "spec: {nodeName: p}",
      "spec: Invalid value: "
      "{\"Attacher\":\"example.com\",\"Source\":{\"PersistentVolumeName\":\"v\",\"InlineVolumeSpec\":null},"
      "\"NodeName\":\"p\"}: field is immutable" },
};
static const struct rule_update attachment_statuses[] = {
    { "", "status: {attached: true, attachmentMetadata: {a: b}}", "" },
    { "", "status: {attached: false, attachError: {message: " A250 A250 A250 A250 A50 "}}",
      "status.attachError.message: Too long: may not be more than 1024 bytes" },
    { "", "status: {attached: false, detachError: {errorCode: -1}}",
      "status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive" },
};

static void test_volume_attachment(void **state)
{
    (void)state;
    check_creates(attachment, attachment_creates);
    check_updates(attachment, attachment_updates);
    check_statuses(attachment, attachment_statuses);
}

static const char driver[] = HEAD("CSIDriver") "spec: {}\n";
static const struct rule_create driver_creates[] = {
    { "", "" },
    { "spec: {fsGroupPolicy: X}", "spec.fsGroupPolicy: Unsupported value: \"X\": supported values: \"File\", \"None\", "
                                  "\"ReadWriteOnceWithFSType\"" },
    { "spec: {tokenRequests: [{audience: a}, {audience: a}]}",
      "spec.tokenRequests[1].audience: Duplicate value: \"a\"" },
    { "spec: {tokenRequests: [{audience: a, expirationSeconds: 5}]}",
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes" },
    { "spec: {tokenRequests: [{audience: a, expirationSeconds: 4294967297}]}",
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 "
      "seconds" },
    { "spec: {volumeLifecycleModes: [X]}",
      "spec.volumeLifecycleModes: Unsupported value: \"X\": supported values: \"Persistent\", \"Ephemeral\"" },
    { "spec: {nodeAllocatableUpdatePeriodSeconds: 9}",
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds" },
    { "spec: {serviceAccountTokenInSecrets: true}",
      "spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no "
      "tokenRequests are specified" },
};
static const struct rule_update driver_updates[] = {
    { "", "spec: {podInfoOnMount: true}", "" },
    { "", "spec: {attachRequired: false}", "spec.attachedRequired: Invalid value: false: field is immutable" },
    { "", "spec: {volumeLifecycleModes: [Ephemeral]}",
      "spec.volumeLifecycleModes: Invalid value: [\"Ephemeral\"]: field is immutable" },
};
static const char node[] = HEAD("CSINode") "spec: {drivers: [{name: example.com, nodeID: i}]}\n";
#define DRIVER(text) "spec: {drivers: [{name: example.com, " text "}]}"
static const struct rule_create node_creates[] = {
    { "", "" },
    { "spec: {drivers: [{name: '-', nodeID: i}]}", "spec.drivers[0].name: Invalid value: \"-\": " SUBDOMAIN },
    { "spec: {drivers: [{name: a, nodeID: i}, {name: a, nodeID: i}]}", "spec.drivers[1].name: Duplicate value: \"a\"" },
    { DRIVER("nodeID: ''"), "spec.drivers[0].nodeID: Required value" },
    { DRIVER("nodeID: " A250 A50),
      "spec.drivers[0].nodeID: Invalid value: \"" A250 A50 "\": must be 256 characters or less" },
    { DRIVER("nodeID: i, allocatable: {count: -1}"),
      "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0" },
    { DRIVER("nodeID: i, topologyKeys: ['']"),
      "[spec.drivers[0]: Required value, spec.drivers[0]: Invalid value: \"\": name part must be non-empty, "
      "spec.drivers[0]: Invalid value: \"\": " NAME_PART "]" },
    { DRIVER("nodeID: i, topologyKeys: [a, a]"), "spec.drivers[0]: Duplicate value: \"a\"" },
    { DRIVER("nodeID: i, topologyKeys: ['-']"), "spec.drivers[0]: Invalid value: \"-\": " NAME_PART },
};
static const struct rule_update node_updates[] = {
    { "", DRIVER("nodeID: i, allocatable: {count: 3}"), "" },
    { "", "spec: {drivers: []}", "" },
    { "", DRIVER("nodeID: j"),
      "spec.drivers: Invalid value: "
      "{\"Name\":\"example.com\",\"NodeID\":\"j\",\"TopologyKeys\":null,\"Allocatable\":null}: field is immutable" },
};
static const char capacity[] =
    "apiVersion: storage.k8s.io/v1\nkind: CSIStorageCapacity\nmetadata: {name: a, namespace: x}\nstorageClassName: c\n";
#define BAD_TOPOLOGY "nodeTopology: {matchExpressions: [{key: a, operator: In, values: [_]}]}"
static const struct rule_create capacity_creates[] = {
    { "", "" },
    { "nodeTopology: {matchExpressions: [{key: a, operator: X}]}",
      "nodeTopology.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { "storageClassName: A", "storageClassName: Invalid value: \"A\": " SUBDOMAIN },
    { "capacity: '-1'", "capacity: Invalid value: \"-1\": must be greater than or equal to 0" },
};
static const struct rule_update capacity_updates[] = {
    { "", "capacity: 5", "" },
    { BAD_TOPOLOGY, BAD_TOPOLOGY "\ncapacity: 5", "" },
    { "", "nodeTopology: {matchLabels: {a: b}}",
      "nodeTopology: Invalid value: {\"matchLabels\":{\"a\":\"b\"}}: field is immutable" },
    { "", "storageClassName: d", "storageClassName: Invalid value: \"d\": field is immutable" },
};

static void test_csi(void **state)
{
    (void)state;
    check_creates(driver, driver_creates);
    check_updates(driver, driver_updates);
    check_creates(node, node_creates);
    check_updates(node, node_updates);
    check_creates(capacity, capacity_creates);
    check_updates(capacity, capacity_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_classes), cmocka_unit_test(test_volume_attachment),
                                        cmocka_unit_test(test_csi) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
