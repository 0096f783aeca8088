/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What the server sets and drops in objects of the groups, seen from outside. */

#include "apiserver/fixture.h"

#define MERGE "content-type: application/merge-patch+json\r\n"
#define SPACE "/namespaces/default"
#define TEMPLATE                                                                                                       \
    "\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}" \
    "]}}"

static void test_gated_fields(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", "/apis/apps/v1" SPACE "/statefulsets",
            "{\"metadata\":{\"name\":\"s\"},\"spec\":{\"serviceName\":\"s\",\"selector\":{\"matchLabels\":"
            "{\"a\":\"b\"}}," TEMPLATE ",\"updateStrategy\":{\"type\":\"RollingUpdate\","
            "\"rollingUpdate\":{\"maxUnavailable\":2,\"partition\":1}}}}");
    expect(answer, "201 Created");
    expect(answer, "\"rollingUpdate\":{\"partition\":1}");
    answer = ask(f, "POST", "/apis/coordination.k8s.io/v1" SPACE "/leases",
                 "{\"metadata\":{\"name\":\"l\"},\"spec\":{\"strategy\":\"x\",\"preferredHolder\":\"h\"}}");
    expect(answer, "201 Created");
    expect(answer, "\"spec\":{}");
    answer = ask(f, "POST", "/apis/discovery.k8s.io/v1" SPACE "/endpointslices",
                 "{\"metadata\":{\"name\":\"e\"},\"addressType\":\"IPv4\",\"endpoints\":[{\"addresses\":[\"10.0.0.1\"],"
                 "\"deprecatedTopology\":{\"a\":\"b\"}}],\"ports\":[]}");
    expect(answer, "201 Created");
    expect(answer, "{\"addresses\":[\"10.0.0.1\"],\"conditions\":{}}");
}

static void test_generations(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", "/apis/storage.k8s.io/v1/csidrivers", "{\"metadata\":{\"name\":\"d\"},\"spec\":{}}");
    expect(answer, "201 Created");
    assert_null(strstr(answer, "generation"));
    answer =
        ask_with(f, "PATCH", "/apis/storage.k8s.io/v1/csidrivers/d", MERGE, "{\"spec\":{\"podInfoOnMount\":true}}");
    expect(answer, "\"generation\":1");
    answer = ask(f, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses",
                 "{\"metadata\":{\"name\":\"p\"},\"value\":5,\"globalDefault\":true}");
    expect(answer, "\"generation\":1");
    answer = ask_with(f, "PATCH", "/apis/scheduling.k8s.io/v1/priorityclasses/p", MERGE, "{\"description\":\"other\"}");
    expect(answer, "\"generation\":1");
    answer = ask(f, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses",
                 "{\"metadata\":{\"name\":\"q\"},\"value\":6,\"globalDefault\":true}");
    expect(answer, "403 Forbidden");
    expect(answer, "PriorityClass p is already marked as default. Only one default can exist");
}

static void test_conditions(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", "/apis/apiregistration.k8s.io/v1/apiservices",
                             "{\"metadata\":{\"name\":\"v1.a.b\"},\"spec\":{\"group\":\"a.b\",\"version\":\"v1\","
                             "\"groupPriorityMinimum\":1,\"versionPriority\":1}}");
    expect(answer, "\"type\":\"Available\",\"status\":\"True\"");
    expect(answer, "\"reason\":\"Local\",\"message\":\"Local APIServices are always available\"");
    answer = ask(f, "POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests",
                 "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"request\":\"YQ==\",\"signerName\":\"example.com/s\","
                 "\"usages\":[\"client auth\"]}}");
    expect(answer, "422 Unprocessable");
    expect(answer, "spec.request: Invalid value: \\\"YQ==\\\": PEM block type must be CERTIFICATE REQUEST");
}

static void test_warnings(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", "/apis/networking.k8s.io/v1" SPACE "/ingresses",
                             "{\"metadata\":{\"name\":\"i\",\"annotations\":{\"kubernetes.io/ingress.class\":\"c\"}},"
                             "\"spec\":{\"defaultBackend\":{\"service\":{\"name\":\"s\",\"port\":{\"number\":80}}}}}");
    expect(answer, "201 Created");
    expect(answer, "299 - \"annotation \\\"kubernetes.io/ingress.class\\\" is deprecated, please use "
                   "'spec.ingressClassName' instead\"");
}

/* An older version has the rules of the one it is stored in. */
static void test_older_version(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", "/apis/autoscaling/v1" SPACE "/horizontalpodautoscalers",
                             "{\"metadata\":{\"name\":\"h\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\","
                             "\"name\":\"d\",\"apiVersion\":\"apps/v1\"},\"minReplicas\":3,\"maxReplicas\":2,"
                             "\"targetCPUUtilizationPercentage\":0}}");
    expect(answer, "422 Unprocessable");
    expect(answer, "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`");
    expect(answer, "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0");
}

#define OLD_EVENT "/api/v1" SPACE "/events"
#define NEW_EVENT "/apis/events.k8s.io/v1" SPACE "/events"

/* Two views of one store, each with its own rules. */
static void test_events(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", OLD_EVENT,
            "{\"metadata\":{\"name\":\"o\"},\"involvedObject\":{\"namespace\":\"default\",\"kind\":\"Pod\"},"
            "\"reason\":\"r\",\"message\":\"m\",\"count\":2,\"source\":{\"component\":\"s\"}}");
    expect(answer, "201 Created");
    answer = ask(f, "GET", NEW_EVENT "/o", "");
    expect(answer, "\"note\":\"m\"");
    expect(answer, "\"deprecatedSource\":{\"component\":\"s\"}");
    expect(answer, "\"deprecatedCount\":2");
    expect(answer, "\"regarding\":{\"kind\":\"Pod\",\"namespace\":\"default\"}");
    answer = ask(f, "POST", NEW_EVENT, "{\"metadata\":{\"name\":\"n\"},\"regarding\":{\"namespace\":\"default\"}}");
    expect(answer, "422 Unprocessable");
    expect(answer, "eventTime: Required value");
    answer =
        ask(f, "POST", NEW_EVENT,
            "{\"metadata\":{\"name\":\"n\"},\"eventTime\":\"2026-01-01T00:00:00.000001Z\",\"regarding\":{\"namespace\":"
            "\"default\"},\"reportingController\":\"a\",\"reportingInstance\":\"i\",\"action\":\"x\",\"reason\":\"r\","
            "\"type\":\"Normal\"}");
    expect(answer, "201 Created");
    answer = ask_with(f, "PATCH", NEW_EVENT "/n", MERGE, "{\"reason\":\"other\"}");
    expect(answer, "422 Unprocessable");
    answer = ask_with(f, "PATCH", NEW_EVENT "/n", MERGE,
                      "{\"series\":{\"count\":2,\"lastObservedTime\":\"2026-01-01T00:00:01.000000Z\"}}");
    expect(answer, "200 OK");
    answer = ask(f, "GET", OLD_EVENT "/n", "");
    expect(answer, "\"series\":{\"count\":2,\"lastObservedTime\":\"2026-01-01T00:00:01.000000Z\"}");
    expect(answer, "\"reportingComponent\":\"a\"");
    answer = ask(f, "GET", OLD_EVENT, "");
    expect(answer, "\"name\":\"n\"");
    expect(answer, "\"name\":\"o\"");
    answer = ask(f, "DELETE", NEW_EVENT "/o", "");
    expect(answer, "200 OK");
    answer = ask(f, "GET", OLD_EVENT "/o", "");
    expect(answer, "404 Not Found");
}

static void test_key_pairs_are_looked_at(void **state)
{
    struct fixture *f = *state;
    expect(
        ask(f, "POST", "/api/v1/namespaces/default/secrets",
            "{\"metadata\":{\"name\":\"t\"},\"type\":\"kubernetes.io/tls\",\"data\":{\"tls.crt\":\"eA==\",\"tls.key\":"
            "\"eA==\"}}"),
        "warning: 299 - \"tls: failed to find any PEM data in certificate input\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gated_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generations, setup, teardown),
        cmocka_unit_test_setup_teardown(test_conditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_older_version, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_pairs_are_looked_at, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
