/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* networking_test.c - the rules of network policies, ingresses, ranges and endpoint slices, a line for each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "api/validation/fixture.h"

#define HEAD(version, kind) "apiVersion: " version "\nkind: " kind "\nmetadata: {name: a, namespace: x}\n"
#define SUBDOMAIN                                                                                                    \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " \
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "                      \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define LABEL                                                                                                   \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and " \
    "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "          \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define PORT_RANGE "must be between 1 and 65535, inclusive"

static const char policy[] = HEAD("networking.k8s.io/v1", "NetworkPolicy") "spec: {podSelector: {}}\n";
#define PORTS(port)  "spec: {ingress: [{ports: [" port "]}]}"
#define PEER(peer)   "spec: {egress: [{to: [" peer "]}]}"
#define BLOCK(block) PEER("{ipBlock: {" block "}}")
#define PORT_AT      "spec.ingress[0].ports[0]."
#define PEER_AT      "spec.egress[0].to[0]"

static const struct rule_create policy_creates[] = {
    { "", "" },
    { "spec: {podSelector: {matchExpressions: [{key: a, operator: X}]}}",
      "spec.podSelector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { PORTS("{protocol: X}"),
      PORT_AT "protocol: Unsupported value: \"X\": supported values: \"TCP\", \"UDP\", \"SCTP\"" },
    { PORTS("{port: 0}"), PORT_AT "port: Invalid value: 0: " PORT_RANGE },
    { PORTS("{port: a--b}"), PORT_AT "port: Invalid value: \"a--b\": must not contain consecutive hyphens" },
    { PORTS("{port: 10, endPort: 20}"), "" },
    { PORTS("{port: 10, endPort: 5}"), PORT_AT "endPort: Invalid value: 10: must be greater than or equal to `port`" },
    { PORTS("{port: 10, endPort: 70000}"), PORT_AT "endPort: Invalid value: 70000: " PORT_RANGE },
    { PORTS("{port: a, endPort: 5}"),
      PORT_AT "endPort: Invalid value: 5: may not be specified when `port` is non-numeric" },
    { PORTS("{endPort: 5}"), PORT_AT "endPort: Invalid value: 5: may not be specified when `port` is not specified" },
    { PEER("{}"), PEER_AT ": Required value: must specify a peer" },
    { PEER("{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}"),
      PEER_AT ": Forbidden: may not specify both ipBlock and another peer" },
    { PEER("{namespaceSelector: {matchExpressions: [{key: a, operator: X}]}}"),
      PEER_AT ".namespaceSelector.matchExpressions[0].operator: Invalid value: \"X\": not a valid selector operator" },
    { BLOCK("cidr: ''"), PEER_AT ".ipBlock.cidr: Required value" },
    { BLOCK("cidr: x"),
      PEER_AT ".ipBlock.cidr: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)" },
    { BLOCK("cidr: 10.1.0.0/16, except: [10.1.2.0/24]"), "" },
    { BLOCK("cidr: 10.1.0.0/16, except: [x]"), PEER_AT ".ipBlock.except[0]: Invalid value: \"x\": must be a valid CIDR "
                                                       "value, (e.g. 10.9.8.0/24 or 2001:db8::/64)" },
    { BLOCK("cidr: 10.1.0.0/16, except: [10.1.0.0/16]"),
      PEER_AT ".ipBlock.except[0]: Invalid value: \"10.1.0.0/16\": must be a strict subset of `cidr`" },
    { "spec: {policyTypes: [Ingress, Egress, Ingress]}",
      "spec.policyTypes: Invalid value: [\"Ingress\",\"Egress\",\"Ingress\"]: may not specify more than two "
      "policyTypes" },
    { "spec: {policyTypes: [X]}",
      "spec.policyTypes[0]: Unsupported value: \"X\": supported values: \"Ingress\", \"Egress\"" },
};
static const struct rule_update policy_updates[] = {
    { BLOCK("cidr: 010.1.0.0/16"), BLOCK("cidr: 010.1.0.0/16, except: [10.1.2.0/24]"), "" },
    { "", BLOCK("cidr: 010.1.0.0/16"),
      PEER_AT ".ipBlock.cidr: Invalid value: \"010.1.0.0/16\": must not have leading "
              "0s in IP or prefix length" },
    { "spec: {podSelector: {matchExpressions: [{key: a, operator: In, values: [_]}]}}",
      "spec: {policyTypes: [Egress], podSelector: {matchExpressions: [{key: a, operator: In, values: [_]}]}}", "" },
};

static void test_network_policy(void **state)
{
    (void)state;
    check_creates(policy, policy_creates);
    check_updates(policy, policy_updates);
}

static const char ingress[] =
    HEAD("networking.k8s.io/v1", "Ingress") "spec: {defaultBackend: {service: {name: s, port: "
                                            "{number: 80}}}}\n";
#define BACKEND          "{service: {name: s, port: {number: 80}}}"
#define DEFAULT(text)    "spec: {defaultBackend: " text "}"
#define PATHS(text)      "spec: {rules: [{host: h, http: {paths: [" text "]}}]}"
#define PATH(type, path) PATHS("{pathType: " type ", path: '" path "', backend: " BACKEND "}")
#define PATH_AT          "spec.rules[0].http.paths[0]."
#define WILD(name)       "spec: {rules: [{host: '*.a.b', http: {paths: [" name "]}}]}"

static const struct rule_create ingress_creates[] = {
    { "", "" },
    { "metadata: {annotations: {kubernetes.io/ingress.class: c}}\nspec: {ingressClassName: d}",
      "annotations.kubernetes.io/ingress.class: Invalid value: \"c\": must match `ingressClassName` when both are "
      "specified" },
    { "spec: {defaultBackend: null}",
      "spec: Invalid value: null: either `defaultBackend` or `rules` must be specified" },
    { DEFAULT("{resource: {kind: K, name: o}}"),
      "spec.defaultBackend: Invalid value: \"\": cannot set both resource and service backends" },
    { DEFAULT("{service: null}"), "spec.defaultBackend: Invalid value: \"\": resource or service backend is required" },
    { DEFAULT("{service: {name: ''}}"), "spec.defaultBackend.service.name: Required value" },
    { DEFAULT("{service: {name: 1-a}}"), "" },
    { DEFAULT("{service: {name: A}}"), "spec.defaultBackend.service.name: Invalid value: \"A\": " LABEL },
    { DEFAULT("{service: {port: {name: p}}}"),
      "spec.defaultBackend: Invalid value: \"\": cannot set both port name & port number" },
    { DEFAULT("{service: {port: {number: null}}}"),
      "spec.defaultBackend: Required value: port name or number is required" },
    { DEFAULT("{service: {port: {number: null, name: '-p'}}}"),
      "spec.defaultBackend.service.port.name: Invalid value: \"-p\": must not begin or end with a hyphen" },
    { DEFAULT("{service: {port: {number: 70000}}}"),
      "spec.defaultBackend.service.port.number: Invalid value: 70000: " PORT_RANGE },
    { DEFAULT("{service: null, resource: {apiGroup: A, kind: K, name: o}}"),
      "spec.defaultBackend.resource.apiGroup: Invalid value: \"A\": " SUBDOMAIN },
    { DEFAULT("{service: null, resource: {kind: '', name: ''}}"),
      "[spec.defaultBackend.resource.kind: Required value: kind is required, spec.defaultBackend.resource.name: "
      "Required value: name is required]" },
    { DEFAULT("{service: null, resource: {kind: a/b, name: '.'}}"),
      "[spec.defaultBackend.resource.kind: Invalid value: \"a/b\": may not contain '/', "
      "spec.defaultBackend.resource.name: Invalid value: \".\": may not be '.']" },
    { "spec: {rules: [{host: 10.0.0.1}]}",
      "spec.rules[0].host: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address" },
    { "spec: {rules: [{host: A}]}", "spec.rules[0].host: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {rules: [{host: 'a.*'}]}",
      "spec.rules[0].host: Invalid value: \"a.*\": a wildcard DNS-1123 subdomain must start with '*.', followed by a "
      "valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
      "alphanumeric character (e.g. '*.example.com', regex used for validation is "
      "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')" },
    { PATHS(""), "spec.rules[0].http.paths: Required value" },
    { PATHS("{path: /, backend: " BACKEND "}"), PATH_AT "pathType: Required value: pathType must be specified" },
    { PATH("X", "/"), PATH_AT "pathType: Unsupported value: \"X\": supported values: \"Exact\", "
                              "\"ImplementationSpecific\", \"Prefix\"" },
    { PATH("Exact", "x"), PATH_AT "path: Invalid value: \"x\": must be an absolute path" },
    { PATH("Exact", "/a//b"), PATH_AT "path: Invalid value: \"/a//b\": must not contain '//'" },
    { PATH("Prefix", "/a/./b"), PATH_AT "path: Invalid value: \"/a/./b\": must not contain '/./'" },
    { PATH("Prefix", "/a/../b"), PATH_AT "path: Invalid value: \"/a/../b\": must not contain '/../'" },
    { PATH("Prefix", "/a%2fb"), PATH_AT "path: Invalid value: \"/a%2fb\": must not contain '%2f'" },
    { PATH("Prefix", "/a/.."), PATH_AT "path: Invalid value: \"/a/..\": cannot end with '/..'" },
    { PATH("Exact", "/a/."), PATH_AT "path: Invalid value: \"/a/.\": cannot end with '/.'" },
    { PATH("ImplementationSpecific", ""), "" },
    { PATH("ImplementationSpecific", "x"), PATH_AT "path: Invalid value: \"x\": must be an absolute path" },
    { "spec: {tls: [{hosts: [A]}]}", "spec.tls[0].hosts[0]: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {tls: [{secretName: A}]}", "spec.tls[0].secretName: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {ingressClassName: A}", "spec.ingressClassName: Invalid value: \"A\": " SUBDOMAIN },
};
static const struct rule_update ingress_updates[] = {
    { "spec: {tls: [{secretName: A}]}", "spec: {tls: [{secretName: A}, {hosts: [a.b]}]}", "" },
    { WILD(""), WILD("{path: x, pathType: Exact, backend: " BACKEND "}"), "" },
    { "", WILD(""), "spec.rules[0].http.paths: Required value" },
};
static const struct rule_update ingress_statuses[] = {
    { "", "status: {loadBalancer: {ingress: [{ip: 10.0.0.1, hostname: a.b}]}}", "" },
    { "", "status: {loadBalancer: {ingress: [{ip: x}]}}",
      "status.loadBalancer.ingress[0].ip: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or "
      "2001:db8::ffff)" },
    { "status: {loadBalancer: {ingress: [{ip: 010.0.0.1}]}}", "status: {loadBalancer: {ingress: [{ip: 010.0.0.1}]}}",
      "" },
    { "", "status: {loadBalancer: {ingress: [{hostname: A}]}}",
      "status.loadBalancer.ingress[0].hostname: Invalid value: \"A\": " SUBDOMAIN },
    { "", "status: {loadBalancer: {ingress: [{hostname: 10.0.0.1}]}}",
      "status.loadBalancer.ingress[0].hostname: Invalid value: \"10.0.0.1\": must be a DNS name, not an IP address" },
};

static void test_ingress(void **state)
{
    (void)state;
    check_creates(ingress, ingress_creates);
    check_updates(ingress, ingress_updates);
    check_statuses(ingress, ingress_statuses);
}

static const char class[] = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: a}\nspec: "
                            "{controller: example.com/c}\n";
#define PARAMETERS(text) "spec: {parameters: {kind: K, name: o, " text "}}"
#define A50              "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct rule_create class_creates[] = {
    { "", "" },
    { "spec: {controller: ''}", "spec.controller: Required value" },
    { "spec: {controller: x}",
      "spec.controller: Invalid value: \"x\": must be a domain-prefixed path (such as \"acme.io/foo\")" },
    { "spec: {controller: a.b/" A50 A50 A50 A50 A50 "}", "spec.controller: Too long: may not be more than 250 bytes" },
    { PARAMETERS(""), "" },
    { PARAMETERS("apiGroup: A"), "spec.parameters.apiGroup: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {parameters: {kind: '', name: ''}}",
      "[spec.parameters.kind: Required value: kind is required, spec.parameters.name: Required value: name is "
      "required]" },
    { "spec: {parameters: {kind: a/b, name: o}}", "spec.parameters.kind: Invalid value: \"a/b\": may not contain '/'" },
    { PARAMETERS("scope: X"),
      "spec.parameters.scope: Unsupported value: \"X\": supported values: \"Cluster\", \"Namespace\"" },
    { PARAMETERS("scope: Namespace"),
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'" },
    { PARAMETERS("scope: Namespace, namespace: A"), "spec.parameters.namespace: Invalid value: \"A\": " LABEL },
    { PARAMETERS("scope: Cluster, namespace: a"),
      "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'" },
};
static const struct rule_update class_updates[] = {
    { "", "spec: {controller: example.com/d}",
      "spec.controller: Invalid value: \"example.com/d\": field is immutable" },
};

static void test_ingress_class(void **state)
{
    (void)state;
    check_creates(class, class_creates);
    check_updates(class, class_updates);
}

static const char address[] = "apiVersion: networking.k8s.io/v1\nkind: IPAddress\nmetadata: {name: 10.0.0.1}\nspec: "
                              "{parentRef: {resource: services, namespace: x, name: s}}\n";
static const struct rule_create address_creates[] = {
    { "", "" },
    { "metadata: {name: x}",
      "metadata.name: Invalid value: \"x\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)" },
    { "metadata: {name: '2001:DB8::1'}",
      "metadata.name: Invalid value: \"2001:DB8::1\": must be in canonical form (\"2001:db8::1\")" },
    { "spec: {parentRef: null}", "spec.parentRef: Required value" },
    { "spec: {parentRef: {group: A}}", "spec.parentRef.group: Invalid value: \"A\": " SUBDOMAIN },
    { "spec: {parentRef: {resource: '', name: ''}}",
      "[spec.parentRef.resource: Required value, spec.parentRef.name: Required value]" },
    { "spec: {parentRef: {resource: a/b}}", "spec.parentRef.resource: Invalid value: \"a/b\": may not contain '/'" },
    { "spec: {parentRef: {namespace: a/b}}", "spec.parentRef.namespace: Invalid value: \"a/b\": may not contain '/'" },
};
static const struct rule_update address_updates[] = {
    { "", "spec: {parentRef: {name: t}}",
      "spec.parentRef: Invalid value: {\"Group\":\"\",\"Resource\":\"services\",\"Namespace\":\"x\",\"Name\":\"t\"}: "
      "field is immutable" },
};
static const char range[] = "apiVersion: networking.k8s.io/v1\nkind: ServiceCIDR\nmetadata: {name: a}\nspec: {cidrs: "
                            "[10.0.0.0/24]}\n";
static const struct rule_create range_creates[] = {
    { "", "" },
    { "spec: {cidrs: ['10.0.0.0/24', '2001:db8::/64']}", "" },
    { "spec: {cidrs: []}", "spec.cidrs: Required value: at least one CIDR required" },
    { "spec: {cidrs: [a, b, c]}",
      "spec.cidrs: Invalid value: {\"Cidrs\":[\"a\",\"b\",\"c\"]}: may only hold up to 2 values" },
    { "spec: {cidrs: [10.0.0.0/24, 10.0.1.0/24]}",
      "spec.cidrs: Invalid value: [\"10.0.0.0/24\",\"10.0.1.0/24\"]: may specify no more than one IP for each IP "
      "family, i.e 192.168.0.0/24 and 2001:db8::/64" },
    { "spec: {cidrs: [x]}", "spec.cidrs[0]: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or "
                            "2001:db8::/64)" },
};
static const struct rule_update range_updates[] = {
    { "", "metadata: {labels: {a: b}}", "" },
    { "", "spec: {cidrs: [10.0.1.0/24]}", "spec.cidrs[0]: Invalid value: \"10.0.1.0/24\": field is immutable" },
    { "", "spec: {cidrs: ['10.0.0.0/24', '2001:db8::/64']}", "" },
    { "", "spec: {cidrs: []}", "spec.cidrs: Invalid value: []: field is immutable" },
};

static void test_service_ranges(void **state)
{
    (void)state;
    check_creates(address, address_creates);
    check_updates(address, address_updates);
    check_creates(range, range_creates);
    check_updates(range, range_updates);
}

static const char slice[] = HEAD("discovery.k8s.io/v1", "EndpointSlice") "addressType: IPv4\nendpoints: [{addresses: "
                                                                         "[10.0.0.1]}]\nports: [{port: 80}]\n";
#define ENDPOINT(text)    "endpoints: [{" text "}]"
#define HINTS(text)       ENDPOINT("addresses: [10.0.0.1], hints: {" text "}")
#define FOUR(text)        "{name: " text "1}, {name: " text "2}, {name: " text "3}, {name: " text "4}"
#define ENDPOINT_AT       "endpoints[0]."
#define SLICE_PORTS(text) "ports: [" text "]"

static const struct rule_create slice_creates[] = {
    { "", "" },
    { "addressType: ''", "addressType: Required value" },
    { "addressType: X", "addressType: Unsupported value: \"X\": supported values: \"FQDN\", \"IPv4\", \"IPv6\"" },
    { SLICE_PORTS("{name: A, port: 1}"), "ports[0].name: Invalid value: \"A\": " LABEL },
    { SLICE_PORTS("{port: 1}, {port: 2}"), "ports[1].name: Duplicate value: \"\"" },
    { SLICE_PORTS("{protocol: '', port: 1}"), "ports[0].protocol: Required value" },
    { SLICE_PORTS("{protocol: X, port: 1}"),
      "ports[0].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\"" },
    { SLICE_PORTS("{appProtocol: '-', port: 1}"),
      "ports[0].appProtocol: Invalid value: \"-\": name part must consist of alphanumeric characters, '-', '_' or "
      "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex "
      "used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')" },
    { ENDPOINT("addresses: []"), ENDPOINT_AT "addresses: Required value: must contain at least 1 address" },
    { ENDPOINT("addresses: [x]"), ENDPOINT_AT "addresses[0]: Invalid value: \"x\": must be a valid IP address, (e.g. "
                                              "10.9.8.7 or 2001:db8::ffff)" },
    { ENDPOINT("addresses: ['2001:db8::1']"),
      ENDPOINT_AT "addresses[0]: Invalid value: \"2001:db8::1\": must be an IPv4 address" },
    { "addressType: IPv6", ENDPOINT_AT "addresses[0]: Invalid value: \"10.0.0.1\": must be an IPv6 address" },
    { "addressType: IPv6\nendpoints: [{addresses: ['2001:DB8::1']}]",
      ENDPOINT_AT "addresses[0]: Invalid value: \"2001:DB8::1\": must be in canonical form (\"2001:db8::1\")" },
    { ENDPOINT("addresses: [127.0.0.1]"), ENDPOINT_AT "addresses[0]: Invalid value: \"127.0.0.1\": may not be in the "
                                                      "loopback range (127.0.0.0/8, ::1/128)" },
    { "addressType: FQDN\nendpoints: [{addresses: [a.b, c.d.]}]", "" },
    { ENDPOINT("addresses: [10.0.0.1], nodeName: A"), ENDPOINT_AT "nodeName: Invalid value: \"A\": " SUBDOMAIN },
    { ENDPOINT("addresses: [10.0.0.1], hostname: A"), ENDPOINT_AT "hostname: Invalid value: \"A\": " LABEL },
    { ENDPOINT("addresses: [10.0.0.1], deprecatedTopology: {a: '_'}"),
      ENDPOINT_AT "deprecatedTopology: Invalid value: \"_\": a valid label must be an empty string or consist of "
                  "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                  "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')" },
    { HINTS("forZones: [" FOUR("a") ", " FOUR("b") ", {name: c}]"),
      ENDPOINT_AT "hints.forZones: Too many: 9: must have at most 8 items" },
    { HINTS("forZones: [{name: a}, {name: a}]"), ENDPOINT_AT "hints.forZones[1].name: Duplicate value: \"a\"" },
    { HINTS("forNodes: [" FOUR("a") ", " FOUR("b") ", {name: c}]"),
      ENDPOINT_AT "hints.forNodes: Too many: 9: must have at most 8 items" },
    { HINTS("forNodes: [{name: a}, {name: a}]"), ENDPOINT_AT "hints.forNodes[1].name: Duplicate value: \"a\"" },
    { HINTS("forNodes: [{name: A}]"), ENDPOINT_AT "hints.forNodes[0].name: Invalid value: \"A\": " SUBDOMAIN },
};
static const struct rule_update slice_updates[] = {
    { "", "addressType: IPv6\nendpoints: []", "addressType: Invalid value: \"IPv6\": field is immutable" },
    { ENDPOINT("addresses: [010.0.0.1]"), ENDPOINT("addresses: [010.0.0.1]") "\nports: []", "" },
    { ENDPOINT("addresses: [010.0.0.1]"), ENDPOINT("addresses: [010.0.0.1], zone: z"),
      ENDPOINT_AT "addresses[0]: Invalid value: \"010.0.0.1\": must not have leading 0s" },
};

static void test_endpoint_slice(void **state)
{
    (void)state;
    check_creates(slice, slice_creates);
    check_updates(slice, slice_updates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network_policy), cmocka_unit_test(test_ingress),
        cmocka_unit_test(test_ingress_class),  cmocka_unit_test(test_service_ranges),
        cmocka_unit_test(test_endpoint_slice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
