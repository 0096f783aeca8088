/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* How objects end, and what of their metadata writers may not touch: codes, sentences, what is answered. */

#include "apiserver/fixture.h"

#define MAPS       "/api/v1/namespaces/default/configmaps"
#define PODS       "/api/v1/namespaces/default/pods"
#define NAMESPACES "/api/v1/namespaces"
#define ACCOUNTS   "/api/v1/namespaces/default/serviceaccounts"

static void test_metadata_that_stays(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "201 Created");
    const char *merge = "content-type: application/merge-patch+json\r\n";
    expect(ask_with(f, "PATCH", MAPS "/a", merge, "{\"metadata\":{\"deletionTimestamp\":\"2020-01-01T00:00:00Z\"}}"),
           "metadata.deletionTimestamp: Invalid value: \\\"2020-01-01T00:00:00Z\\\": field is immutable");
    expect(ask_with(f, "PATCH", MAPS "/a", merge, "{\"metadata\":{\"deletionGracePeriodSeconds\":5}}"),
           "metadata.deletionGracePeriodSeconds: Invalid value: 5: field is immutable");
    expect(ask_with(f, "PATCH", MAPS "/a", merge, "{\"metadata\":{\"uid\":\"x\"}}"),
           "metadata.uid: Invalid value: \\\"x\\\": field is immutable");
    expect(ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\",\"uid\":\"x\"}}"),
           "StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, "
           "AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ");
    const char *answer = ask(f, "PUT", MAPS "/a", "{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"x\"}}");
    expect(answer, "500 ");
    expect(answer, "\"message\":\"strconv.ParseUint: parsing \\\"x\\\": invalid syntax\",\"code\":500");
    expect(ask(f, "PUT", MAPS "/a", "{}"),
           "the name of the object (a based on URL) was undeterminable: name must be provided");
    expect(ask(f, "POST", NAMESPACES, "{\"metadata\":{\"name\":\"n\",\"namespace\":\"other\"}}"), "201 Created");
    expect(ask(f, "PUT", NAMESPACES "/n/finalize", "{\"metadata\":{\"name\":\"m\"}}"),
           "the name of the object (m) does not match the name on the URL (n)");
}

static void test_finalizers_and_owners(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"finalizers\":[\"foregroundDeletion\",\"orphan\"]}}"),
           "[\\\"foregroundDeletion\\\",\\\"orphan\\\"]: finalizer orphan and foregroundDeletion cannot be both set");
    expect(ask(f, "POST", MAPS,
               "{\"metadata\":{\"name\":\"a\",\"ownerReferences\":[{\"apiVersion\":\"a/b/c\",\"kind\":\"K\",\"name\":"
               "\"n\",\"uid\":\"u\"}]}}"),
           "metadata.ownerReferences.apiVersion: Invalid value: \\\"a/b/c\\\": version must not be empty");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\",\"finalizers\":[\"x.y/z\"]}}"), "201 Created");
    expect(ask(f, "DELETE", MAPS "/a", ""), "\"deletionGracePeriodSeconds\":0");
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"),
           "\"message\":\"object is being deleted: configmaps \\\"a\\\" already exists\"");
}

static void test_deletion_options(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", MAPS, "{\"metadata\":{\"name\":\"a\"}}"), "201 Created");
    const char *answer = ask(f, "DELETE", MAPS "/a",
                             "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"preconditions\":{\"uid\":\"x\"}}");
    expect(answer, "Operation cannot be fulfilled on ConfigMap \\\"a\\\": the UID in the precondition (x)");
    expect(answer, "\"details\":{\"name\":\"a\",\"kind\":\"ConfigMap\"}");
    answer = ask(f, "DELETE", MAPS "/a", "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"more\":1}");
    expect(answer, "200 OK");
    assert_null(strstr(answer, "warning:"));
}

static void test_namespace_ends(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NAMESPACES, "{\"metadata\":{\"name\":\"n\"}}"), "201 Created");
    const char *answer = ask(f, "DELETE", NAMESPACES "/n?dryRun=All", "");
    expect(answer, "\"phase\":\"Terminating\"");
    expect(ask(f, "GET", NAMESPACES "/n", ""), "\"phase\":\"Active\"");
    answer = ask(f, "DELETE", NAMESPACES "/n?propagationPolicy=Orphan", "");
    expect(answer, "\"phase\":\"Terminating\"");
    assert_null(strstr(answer, "deletionGracePeriodSeconds"));
    expect(answer, "\"finalizers\":[\"orphan\"]");
    expect(ask(f, "PUT", NAMESPACES "/n/finalize", "{\"metadata\":{\"name\":\"n\"}}"), "200 OK");
    expect(ask(f, "GET", NAMESPACES "/n", ""), "404 Not Found");
}

static void test_pod_that_nobody_runs(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", ACCOUNTS, "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask(f, "POST", PODS,
               "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"),
           "201 Created");
    const char *answer = ask(f, "DELETE", PODS "/p", "");
    expect(answer, "\"generation\":2");
    expect(answer, "\"deletionTimestamp\":\"");
    expect(answer, "\"deletionGracePeriodSeconds\":0");
    expect(ask(f, "GET", PODS "/p", ""), "404 Not Found");
}

static void test_bindings(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", ACCOUNTS, "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask(f, "POST", PODS,
               "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"),
           "201 Created");
    expect(ask(f, "POST", PODS "/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{}}"),
           "\"message\":\"target.name: Required value\",\"code\":500");
    expect(ask(f, "POST", PODS "/p/binding", "{\"target\":{\"name\":\"n\"}}"),
           "name in URL does not match name in Binding object");
    expect(
        ask(f, "POST", PODS "/p/binding", "{\"metadata\":{\"name\":\"p\",\"uid\":\"x\"},\"target\":{\"name\":\"n\"}}"),
        "Operation cannot be fulfilled on pods \\\"p\\\": StorageError: invalid object, Code: 4, Key: "
        "/registry/pods/default/p, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: "
        "x, UID in object meta: ");
    expect(ask(f, "POST", PODS "/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n\"}}"),
           "201 Created");
    expect(ask(f, "POST", PODS "/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n\"}}"),
           "\"details\":{\"name\":\"p\",\"kind\":\"pods/binding\"}");
    expect(ask(f, "POST", PODS "/p/eviction", "{}"), "name in URL does not match name in Eviction object");
}

#define SERVICES      "/api/v1/namespaces/default/services"
#define SERVICE(spec) "{\"metadata\":{\"name\":\"s\"},\"spec\":{" spec "}}"

static void test_service_addresses(void **state)
{
    struct fixture *f = *state;
    const char *merge = "content-type: application/merge-patch+json\r\n";
    expect(ask(f, "POST", SERVICES, SERVICE("\"ports\":[{\"port\":80}],\"clusterIPs\":[\"10.96.0.9\"]")),
           "spec.clusterIPs: Invalid value: [\\\"10.96.0.9\\\"]: must be empty when `clusterIP` is not specified");
    expect(ask(f, "POST", SERVICES,
               SERVICE("\"type\":\"ExternalName\",\"externalName\":\"a.b\",\"clusterIP\":\"10.96.0.9\"")),
           "spec.clusterIPs: Forbidden: may not be set for ExternalName services");
    expect(ask(f, "POST", SERVICES, SERVICE("\"ports\":[{\"port\":80}],\"ipFamilies\":[\"X\"]")),
           "spec.ipFamilies[0]: Unsupported value: \\\"X\\\": supported values: \\\"IPv4\\\", \\\"IPv6\\\"");
    expect(ask(f, "POST", SERVICES, SERVICE("\"ports\":[{\"port\":80}],\"clusterIP\":\"10.96.0.9\"")), "201 Created");
    expect(ask_with(f, "PATCH", SERVICES "/s", merge, "{\"spec\":{\"clusterIP\":\"10.96.0.10\"}}"),
           "spec.clusterIPs[0]: Invalid value: [\\\"10.96.0.10\\\"]: may not change once set");
    expect(ask_with(f, "PATCH", SERVICES "/s", merge, "{\"spec\":{\"clusterIP\":\"None\"}}"),
           "spec.clusterIPs[0]: Invalid value: [\\\"None\\\"]: may not change once set");
    expect(ask(f, "PUT", SERVICES "/s", SERVICE("\"ports\":[{\"port\":80}],\"clusterIP\":\"None\"")),
           "spec.clusterIPs[0]: Invalid value: [\\\"None\\\"]: may not change once set");
    expect(ask_with(f, "PATCH", SERVICES "/s", merge, "{\"spec\":{\"clusterIP\":null}}"),
           "\"clusterIP\":\"10.96.0.9\"");
    expect(ask(f, "DELETE", SERVICES "/s", ""), "200 OK");
    /* Without an address it stays without when it is written by somebody who does not say so. */
    expect(ask(f, "POST", SERVICES, SERVICE("\"ports\":[{\"port\":80}],\"clusterIP\":\"None\"")), "201 Created");
    expect(ask_with(f, "PATCH", SERVICES "/s", merge, "{\"spec\":{\"clusterIP\":null,\"clusterIPs\":null}}"),
           "\"clusterIP\":\"None\",\"clusterIPs\":[\"None\"]");
}

static void test_service_ports(void **state)
{
    struct fixture *f = *state;
    const char *merge = "content-type: application/merge-patch+json\r\n";
    expect(
        ask(f, "POST", SERVICES,
            SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"a\",\"port\":80,\"nodePort\":30500},{\"name\":\"b\","
                    "\"port\":81,\"nodePort\":30500}]")),
        "spec.ports[1].nodePort: Invalid value: 30500: provided port is already allocated");
    expect(ask(f, "POST", SERVICES, SERVICE("\"ports\":[{\"port\":80,\"nodePort\":30500}]")),
           "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'");
    expect(ask(f, "POST", SERVICES,
               SERVICE("\"type\":\"LoadBalancer\",\"externalTrafficPolicy\":\"Local\",\"healthCheckNodePort\":5,"
                       "\"ports\":[{\"port\":80}]")),
           "failed to allocate requested HealthCheck NodePort 5: provided port is not in the valid range. The range of "
           "valid ports is 30000-32767");
    /* Nothing of that was kept. */
    expect(ask(f, "POST", SERVICES,
               SERVICE("\"type\":\"NodePort\",\"ports\":[{\"name\":\"a\",\"port\":80,\"nodePort\":30500}]")),
           "201 Created");
    expect(ask_with(f, "PATCH", SERVICES "/s", merge,
                    "{\"spec\":{\"ports\":[{\"name\":\"a\",\"port\":81},{\"name\":\"b\",\"port\":82}]}}"),
           "\"name\":\"a\",\"protocol\":\"TCP\",\"port\":81,\"targetPort\":81,\"nodePort\":30500}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_metadata_that_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finalizers_and_owners, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletion_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_namespace_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pod_that_nobody_runs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bindings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service_addresses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service_ports, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
