/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition_test.c - CustomResourceDefinitions that are refused, a row each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

static const char good[] = "apiVersion: apiextensions.k8s.io/v1\n"
                           "kind: CustomResourceDefinition\n"
                           "metadata: {name: crons.example.com}\n"
                           "spec:\n"
                           "  group: example.com\n"
                           "  scope: Namespaced\n"
                           "  names: {plural: crons, kind: Cron}\n"
                           "  versions:\n"
                           "  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}\n";

#define V1(more)     "{name: v1, served: true, storage: true, " more "}"
#define SCHEMA(text) "spec: {versions: [" V1("schema: {openAPIV3Schema: " text "}") "]}"
#define X(text)      SCHEMA("{type: object, properties: {x: " text "}}")
#define AT           "spec.validation.openAPIV3Schema"
#define AT_X         AT ".properties[x]"
#define ONE(name, storage) \
    "{name: " name ", served: true, storage: " storage ", schema: {openAPIV3Schema: {type: object}}}"
#define WITH(more)                                                                                        \
    "spec: {versions: [" V1("schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, " \
                            "properties: {a: {type: string}, o: {type: object}}}}}}, " more) "]}"
#define SHOWN(name, storage)                                                                   \
    "{\"Name\":\"" name "\",\"Served\":true,\"Storage\":" storage                              \
    ",\"Deprecated\":false,\"DeprecationWarning\":null,\"Schema\":null,\"Subresources\":null," \
    "\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}"
#define LABEL_1035                                                                                                     \
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " \
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "             \
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"

static const struct rule_create names[] = {
    { "", "" },
    { "metadata: {name: other.example.com}",
      "metadata.name: Invalid value: \"other.example.com\": must be spec.names.plural+\".\"+spec.group" },
    { "{metadata: {name: crons.example}, spec: {group: example}}",
      "spec.group: Invalid value: \"example\": should be a domain with at least one dot" },
    { "spec: {scope: ''}", "spec.scope: Required value" },
    { "spec: {scope: World}",
      "spec.scope: Unsupported value: \"World\": supported values: \"Cluster\", \"Namespaced\"" },
    { "spec: {names: {kind: ''}}",
      "[spec.names.singular: Required value, spec.names.kind: Required value, spec.names.listKind: Required value]" },
    { "spec: {names: {kind: C_n}}",
      "[spec.names.singular: Invalid value: \"c_n\": " LABEL_1035
      ", spec.names.kind: Invalid value: \"C_n\": may have mixed case, but should otherwise match: " LABEL_1035
      ", spec.names.listKind: Invalid value: \"C_nList\": may have mixed case, but should otherwise match: " LABEL_1035
      "]" },
    { "spec: {names: {listKind: Cron}}",
      "spec.names.listKind: Invalid value: \"Cron\": kind and listKind may not be the same" },
    { "spec: {names: {shortNames: [A]}}", "spec.names.shortNames[0]: Invalid value: \"A\": " LABEL_1035 },
    { "spec: {names: {categories: [A]}}", "spec.names.categories[0]: Invalid value: \"A\": " LABEL_1035 },
    { "spec: {preserveUnknownFields: true}", "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set "
                                             "x-kubernetes-preserve-unknown-fields to "
                                             "true in spec.versions[*].schema instead" },
    { "{metadata: {name: crons.x.k8s.io}, spec: {group: x.k8s.io}}",
      "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval "
      "annotation "
      "\"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111" },
    { "{metadata: {name: crons.x.k8s.io, annotations: {api-approved.kubernetes.io: yes please}}, spec: {group: "
      "x.k8s.io}}",
      "metadata.annotations[api-approved.kubernetes.io]: Invalid value: \"yes please\": protected groups must have "
      "approval "
      "annotation \"api-approved.kubernetes.io\" with either a URL or a reason starting with \"unapproved\", see "
      "https://github.com/kubernetes/enhancements/pull/1111" },
    { "{metadata: {name: crons.x.k8s.io, annotations: {api-approved.kubernetes.io: 'https://a/b'}}, spec: {group: "
      "x.k8s.io}}",
      "" },
};

static const struct rule_create versions[] = {
    { "spec: {versions: [" ONE("v1", "true") ", " ONE("v1", "false") "]}",
      "spec.versions: Invalid value: [" SHOWN("v1", "true") "," SHOWN("v1",
                                                                      "false") "]: must contain unique version names" },
    { "spec: {versions: [" ONE("v1", "true") ", " ONE("v2", "true") "]}",
      "[spec.versions: Invalid value: [" SHOWN("v1", "true") "," SHOWN(
          "v2", "true") "]: must have exactly one version "
                        "marked as storage version, status.storedVersions: Invalid value: [\"v1\"]: must have the "
                        "storage version v2]" },
    { "spec: {versions: [" ONE("V1", "true") "]}", "spec.versions[0].name: Invalid value: \"V1\": " LABEL_1035 },
    { "spec: {versions: [{name: v1, served: true, storage: true}]}",
      "spec.versions[0].schema.openAPIV3Schema: Required value" },
    { "spec: {versions: [" V1("deprecationWarning: old, schema: {openAPIV3Schema: {type: object}}") "]}",
      "spec.versions[0].deprecationWarning: Invalid value: \"old\": can only be set for deprecated versions" },
    { WITH(
          "subresources: {scale: {specReplicasPath: '', statusReplicasPath: .spec.b, labelSelectorPath: .metadata.x}}"),
      "[spec.subresources.scale.specReplicasPath: Required value, spec.subresources.scale.statusReplicasPath: Invalid "
      "value: \".spec.b\": should be a json path under .status, spec.subresources.scale.labelSelectorPath: Invalid "
      "value: "
      "\".metadata.x\": should be a json path under either .spec or .status]" },
    { WITH("subresources: {scale: {specReplicasPath: spec.a, statusReplicasPath: .status.b}}"),
      "spec.subresources.scale.specReplicasPath: Invalid value: \"spec.a\": must be a simple json path starting with "
      "." },
    { WITH("additionalPrinterColumns: [{name: '', type: '', jsonPath: ''}]"),
      "[spec.additionalPrinterColumns[0].name: Required value, spec.additionalPrinterColumns[0].type: Required value: "
      "must "
      "be one of boolean,date,integer,number,string, spec.additionalPrinterColumns[0].JSONPath: Required value]" },
    { WITH("additionalPrinterColumns: [{name: a, type: text, format: long, jsonPath: spec}]"),
      "[spec.additionalPrinterColumns[0].type: Invalid value: \"text\": must be one of "
      "boolean,date,integer,number,string, "
      "spec.additionalPrinterColumns[0].format: Invalid value: \"long\": must be one of "
      "byte,date,date-time,double,float,int32,int64,password, spec.additionalPrinterColumns[0].JSONPath: Invalid "
      "value: "
      "\"spec\": must be a simple json path starting with .]" },
    { WITH("selectableFields: [{jsonPath: .spec.a}]"), "" },
    { WITH("selectableFields: [{jsonPath: ''}, {jsonPath: .spec.b}, {jsonPath: \".spec['a']\"}, {jsonPath: .spec.o}]"),
      "[spec.selectableFields[0].jsonPath: Required value, spec.selectableFields[1].jsonPath: Invalid value: "
      "\".spec.b\": is "
      "an invalid path: does not refer to a valid field, spec.selectableFields[2].jsonPath: Invalid value: "
      "\".spec['a']\": is an invalid path: array notation is not allowed, spec.selectableFields[3].jsonPath: Invalid "
      "value: "
      "\".spec.o\": must point to a field of type string, boolean or integer. Enum string fields and strings with "
      "formats "
      "are allowed.]" },
    { WITH("selectableFields: [{jsonPath: .spec.a}, {jsonPath: .spec.a}]"),
      "spec.selectableFields[1].jsonPath: Duplicate value: \".spec.a\"" },
};

#define WEBHOOK(text) "spec: {conversion: {strategy: Webhook, webhook: " text "}}"

static const struct rule_create conversions[] = {
    { "spec: {conversion: {strategy: Magic}}",
      "spec.conversion.strategy: Unsupported value: \"Magic\": supported values: \"None\", \"Webhook\"" },
    { "spec: {conversion: {strategy: Webhook}}",
      "[spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook, "
      "spec.conversion.conversionReviewVersions: Required value]" },
    { "spec: {conversion: {strategy: None, webhook: {conversionReviewVersions: [v1], clientConfig: {url: "
      "'https://a'}}}}",
      "[spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook, "
      "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook]" },
    { WEBHOOK("{conversionReviewVersions: [v1], clientConfig: {}}"),
      "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required" },
    { WEBHOOK("{conversionReviewVersions: [v1], clientConfig: {url: 'https://a.example/convert'}}"), "" },
    { WEBHOOK("{conversionReviewVersions: [v1], clientConfig: {url: 'http://u@a.example/x?q#f'}}"),
      "[spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; "
      "desired "
      "format: https://host[/path], spec.conversion.webhookClientConfig.url: Invalid value: \"u\": user information is "
      "not "
      "permitted in the URL, spec.conversion.webhookClientConfig.url: Invalid value: \"f\": fragments are not "
      "permitted in "
      "the URL, spec.conversion.webhookClientConfig.url: Invalid value: \"q\": query parameters are not permitted in "
      "the "
      "URL]" },
    { WEBHOOK("{conversionReviewVersions: [v1], clientConfig: {service: {namespace: a, name: b, path: 'x//y'}}}"),
      "[spec.conversion.webhookClientConfig.service.path: Invalid value: \"x//y\": must start with a '/', "
      "spec.conversion.webhookClientConfig.service.path: Invalid value: \"x//y\": segment[0] may not be empty, "
      "spec.conversion.webhookClientConfig.service.path: Invalid value: \"x//y\": segment[1] may not be empty]" },
    { WEBHOOK("{conversionReviewVersions: [v2, v2], clientConfig: {url: 'https://a'}}"),
      "[spec.conversion.conversionReviewVersions[1]: Invalid value: \"v2\": duplicate version, "
      "spec.conversion.conversionReviewVersions: Invalid value: [\"v2\",\"v2\"]: must include at least one of v1, "
      "v1beta1]" },
};

static const struct rule_create structures[] = {
    { SCHEMA("{properties: {x: {type: string}}}"), AT ".type: Required value: must not be empty at the root" },
    { SCHEMA("{type: string}"), AT ".type: Invalid value: \"string\": must be object at the root" },
    { X("{}"), AT_X ".type: Required value: must not be empty for specified object fields" },
    { X("{type: array}"), AT_X ".items: Required value: must be specified" },
    { X("{type: array, items: {}}"), AT_X ".items.type: Required value: must not be empty for specified array items" },
    { SCHEMA("{type: object, additionalProperties: {type: string}}"),
      AT ".additionalProperties: Forbidden: must not be used at the root" },
    { SCHEMA("{type: object, allOf: [{properties: {z: {minimum: 1}}}]}"),
      AT ".properties[z]: Required value: because it is defined in " AT ".allOf[0].properties[z]" },
    { SCHEMA("{type: object, properties: {x: {type: array, items: {type: string}}}, not: {properties: {x: {items: "
             "{minLength: "
             "1, items: {minLength: 1}}}}}}"),
      AT_X ".items.items: Required value: because it is defined in " AT ".not.properties[x].items.items" },
    { X("{type: string, anyOf: [{type: string}]}"), AT_X ".anyOf[0].type: Forbidden: must be empty to be structural" },
    { X("{type: string, not: {default: a, title: t, description: d, nullable: true}}"),
      "[" AT_X ".not.default: Forbidden: must be undefined to be structural, " AT_X
      ".not.description: Forbidden: must be empty to be structural, " AT_X
      ".not.nullable: Forbidden: must be false to be structural, " AT_X
      ".not.title: Forbidden: must be empty to be structural]" },
    { X("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}"), "" },
    { X("{x-kubernetes-int-or-string: true, allOf: [{anyOf: [{type: integer}, {type: string}]}, {maximum: 3}]}"), "" },
    { X("{x-kubernetes-int-or-string: true, x-kubernetes-preserve-unknown-fields: true}"),
      AT_X ".x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is "
           "true" },
    { SCHEMA("{type: object, properties: {kind: {type: integer}, metadata: {type: object, properties: {name: {type: "
             "string}, labels: {type: object}}}}}"),
      "[" AT ".properties[kind].type: Invalid value: \"integer\": must be string, " AT
      ".properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is "
      "implicitly specified]" },
    { SCHEMA(
          "{type: object, properties: {metadata: {type: object, properties: {name: {type: string, maxLength: 5}}}}}"),
      "" },
    { X("{type: object, x-kubernetes-embedded-resource: true}"),
      AT_X ".properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without "
           "x-kubernetes-preserve-unknown-fields" },
    { X("{type: array, items: {type: string}, x-kubernetes-embedded-resource: true, "
        "x-kubernetes-preserve-unknown-fields: true}"),
      AT_X ".type: Invalid value: \"array\": must be object if x-kubernetes-embedded-resource is true" },
    { X("{type: string, pattern: '(a'}"), AT_X
      ".pattern: Invalid value: \"(a\": must be a valid regular expression, but isn't: error parsing regexp: missing "
      "closing ): `(a`" },
};

static const struct rule_create schemas[] = {
    { X("{type: text}"),
      AT_X ".type: Unsupported value: \"text\": supported values: \"array\", \"boolean\", \"integer\", "
           "\"number\", \"object\", \"string\"" },
    { X("{type: string, id: a}"), AT_X ".id: Forbidden: id is not supported" },
    { X("{type: string, $ref: a}"), AT_X ".$ref: Forbidden: $ref is not supported" },
    { X("{type: array, items: [{type: string}]}"),
      AT_X ".items: Forbidden: items must be a schema object and not an array" },
    { X("{type: array, items: {type: string}, uniqueItems: true}"), AT_X
      ".uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic" },
    { X("{type: object, additionalProperties: {type: string}, properties: {z: {type: string}}}"),
      AT_X ".additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive" },
    { SCHEMA("{type: object, nullable: true}"), AT ".nullable: Forbidden: nullable cannot be true at the root" },
    { X("{type: integer, default: a}"),
      AT_X ".default: Invalid value: \"string\":  in body must be of type integer: \"string\"" },
    { X("{type: object, default: {a: 1}}"), AT_X ".default: Invalid value: {\"a\":1}: must not have unknown fields" },
    { X("{type: object, default: {a: 1}, properties: {a: {type: integer}}}"), "" },
    { SCHEMA("{type: object, properties: {kind: {type: string, default: a}}}"),
      AT ".properties[kind].default: Forbidden: must not be set in top-level kind" },
    { X("{type: string, x-kubernetes-preserve-unknown-fields: false}"),
      AT_X ".x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined" },
    { X("{type: string, x-kubernetes-map-type: granular}"),
      AT_X ".type: Invalid value: \"string\": must be object if x-kubernetes-map-type is specified" },
    { X("{type: object, x-kubernetes-map-type: x}"),
      AT_X ".x-kubernetes-map-type: Unsupported value: \"x\": supported values: \"atomic\", \"granular\"" },
    { X("{type: array, x-kubernetes-list-type: x, items: {type: string}}"),
      AT_X ".x-kubernetes-list-type: Unsupported value: \"x\": supported values: \"atomic\", \"set\", \"map\"" },
    { X("{type: array, x-kubernetes-list-type: set, items: {type: object}}"),
      AT_X ".items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with "
           "x-kubernetes-list-type=set" },
    { X("{type: array, x-kubernetes-list-map-keys: [k], items: {type: object}}"),
      AT_X ".x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty" },
    { X("{type: array, x-kubernetes-list-type: map, items: {type: object}}"),
      AT_X ".x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map" },
    { X("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k, k], items: {type: object}}"),
      "[" AT_X
      ".x-kubernetes-list-map-keys: Invalid value: [\"k\",\"k\"]: entries must all be names of item properties, " AT_X
      ".x-kubernetes-list-map-keys: Invalid value: [\"k\",\"k\"]: must not contain duplicate entries]" },
    { X("{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [k], items: {type: object, nullable: "
        "true, "
        "properties: {k: {type: string, nullable: true}}}}"),
      "[" AT_X ".items.nullable: Forbidden: cannot be nullable when x-kubernetes-list-type is map, " AT_X
      ".items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a "
      "default or be a required property, " AT_X ".items.properties[k].nullable: Forbidden: this property is in "
      "x-kubernetes-list-map-keys, so it cannot be nullable]" },
    { WITH("subresources: {status: {}}"), "" },
    { "spec: {versions: [" V1(
          "subresources: {status: {}}, schema: {openAPIV3Schema: {type: object, maxProperties: 3}}") "]}",
      AT
      ": Invalid value: {\"type\":\"object\",\"maxProperties\":3}: only [Description Type Format Title Maximum "
      "ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf "
      "Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the "
      "root "
      "of the schema if the status subresource is enabled" },
    { X("{type: string, x-kubernetes-validations: [{rule: ' '}]}"),
      AT_X ".x-kubernetes-validations[0].rule: Required value: rule is not specified" },
    { X("{type: string, x-kubernetes-validations: [{rule: \"a\\nb\"}]}"), AT_X
      ".x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks" },
    { X("{type: string, x-kubernetes-validations: [{rule: a, message: ' ', messageExpression: ' ', reason: X, "
        "fieldPath: "
        "'.a'}]}"),
      "[" AT_X ".x-kubernetes-validations[0].message: Invalid value: \" \": must be non-empty if specified, " AT_X
      ".x-kubernetes-validations[0].messageExpression: Required value: messageExpression must be non-empty if "
      "specified, " AT_X
      ".x-kubernetes-validations[0].reason: Unsupported value: \"X\": supported values: \"FieldValueDuplicate\", "
      "\"FieldValueForbidden\", \"FieldValueInvalid\", \"FieldValueRequired\", " AT_X
      ".x-kubernetes-validations[0].fieldPath: Invalid value: \".a\": must be a valid path]" },
};

#define ESTABLISHED "status: {conditions: [{type: Established, status: 'True'}], storedVersions: [v1]}"

static const struct rule_update updates[] = {
    { "", "", "" },
    { ESTABLISHED, "{spec: {scope: Cluster, names: {kind: Other}}, " ESTABLISHED "}",
      "[spec.scope: Invalid value: \"Cluster\": field is immutable, spec.names.kind: Invalid value: \"Other\": field "
      "is "
      "immutable]" },
    { "", "spec: {scope: Cluster}", "" },
    { "", "spec: {group: other.com}", "spec.group: Invalid value: \"other.com\": field is immutable" },
    { "", "spec: {names: {plural: others}}", "spec.names.plural: Invalid value: \"others\": field is immutable" },
    { ESTABLISHED, "{spec: {versions: [" ONE("v2", "true") "]}, status: {storedVersions: [v1, v2]}}",
      "status.storedVersions[0]: Invalid value: \"v1\": missing from spec.versions; v1 was previously a storage "
      "version, and "
      "must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 "
      "from "
      "status.storedVersions" },
    { X("{type: array, x-kubernetes-list-type: set, items: {type: object}}"),
      X("{type: array, x-kubernetes-list-type: set, items: {type: object}, maxItems: 3}"), "" },
    { X("{type: object, default: {a: 1}}"), X("{type: object, default: {a: 2}}"), "" },
};

static void test_create(void **state)
{
    (void)state;
    check_creates(good, names);
    check_creates(good, versions);
    check_creates(good, conversions);
    check_creates(good, structures);
    check_creates(good, schemas);
}

static void test_update(void **state)
{
    (void)state;
    check_updates(good, updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_create), cmocka_unit_test(test_update) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
