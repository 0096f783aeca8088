/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Rights that the parts of a device claim's status need, with the default roles. */

#include "apiserver/fixture.h"

#define CLAIMS   "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims"
#define JSON     "content-type: application/json\r\n"
#define MERGE    "content-type: application/merge-patch+json\r\n"
#define AS(user) "impersonate-user: " user "\r\n"
#define AS_DRIVER(node)                        \
    AS("system:serviceaccount:default:driver") \
    "impersonate-extra-authentication.kubernetes.io%2fnode-name: " node "\r\n"
#define ALLOCATION                                                                                               \
    "\"allocation\":{\"devices\":{\"results\":[{\"request\":\"r\",\"driver\":\"d.example.com\",\"pool\":\"p\","  \
    "\"device\":\"x\"}]},\"nodeSelector\":{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"metadata.name\"," \
    "\"operator\":\"In\",\"values\":[\"n1\"]}]}]}}"
#define DEVICES "\"devices\":[{\"driver\":\"d.example.com\",\"pool\":\"p\",\"device\":\"x\"}]"

static void claim(struct fixture *f, const char *name)
{
    char body[512];
    snprintf(body, sizeof(body),
             "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"devices\":{\"requests\":[{\"name\":\"r\",\"exactly\":{"
             "\"deviceClassName\":\"c\"}}]}}}",
             name);
    expect(ask(f, "POST", CLAIMS, body), "201 Created");
}

static void may(struct fixture *f, const char *name, const char *resource, const char *verb)
{
    char body[1024];
    snprintf(body, sizeof(body),
             "{\"metadata\":{\"name\":\"%s\"},\"rules\":[{\"apiGroups\":[\"resource.k8s.io\"],\"resources\":[\"%s\"],"
             "\"verbs\":[\"%s\"]}]}",
             name, resource, verb);
    expect(ask(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", body), "201 Created");
    snprintf(body, sizeof(body),
             "{\"metadata\":{\"name\":\"%s\"},\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
             "\"ClusterRole\",\"name\":\"%s\"},\"subjects\":[{\"kind\":\"User\",\"name\":\"u\"},{\"kind\":"
             "\"ServiceAccount\",\"name\":\"driver\",\"namespace\":\"default\"}]}",
             name, name);
    expect(ask(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", body), "201 Created");
}

static int setup_claims(void **state)
{
    assert_int_equal(setup_rbac(state), 0);
    may(*state, "status", "resourceclaims/status", "patch");
    claim(*state, "c");
    return 0;
}

static void test_binding(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{" ALLOCATION "}}");
    expect(answer, "422 Unprocessable");
    expect(answer, "status: Forbidden: changing status.allocation or status.reservedFor requires "
                   "resource=\\\"resourceclaims/binding\\\", verb=\\\"patch\\\" permission: "
                   "resourceclaims.resource.k8s.io is forbidden: User \\\"u\\\" cannot patch resource "
                   "\\\"resourceclaims/binding\\\" in API group \\\"resource.k8s.io\\\" at the cluster scope");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{}}"), "200 OK");
    may(f, "binding", "resourceclaims/binding", "patch");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{" ALLOCATION "}}"), "200 OK");
}

static void test_drivers(void **state)
{
    struct fixture *f = *state;
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", MERGE, "{\"status\":{" ALLOCATION "}}"), "200 OK");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{" DEVICES "}}"),
           "status.devices: Forbidden: changing status.devices requires resource=\\\"resourceclaims/driver\\\", "
           "verb=\\\"[arbitrary-node:patch]\\\" permission: resourceclaims.resource.k8s.io \\\"d.example.com\\\" is "
           "forbidden: User \\\"u\\\" cannot arbitrary-node:patch resource \\\"resourceclaims/driver\\\" in API group "
           "\\\"resource.k8s.io\\\" in the namespace \\\"default\\\"");
    may(f, "driver", "resourceclaims/driver", "associated-node:patch");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{" DEVICES "}}"), "422 Unprocessable");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS_DRIVER("n2") MERGE, "{\"status\":{" DEVICES "}}"),
           "422 Unprocessable");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS_DRIVER("n1") MERGE, "{\"status\":{" DEVICES "}}"), "200 OK");
    may(f, "anywhere", "resourceclaims/driver", "arbitrary-node:patch");
    expect(ask_with(f, "PATCH", CLAIMS "/c/status", AS("u") MERGE, "{\"status\":{\"devices\":null}}"), "200 OK");
}

static void test_admin_access(void **state)
{
    static const char body[] =
        "{\"metadata\":{\"name\":\"a\"},\"spec\":{\"devices\":{\"requests\":[{\"name\":\"r\",\"exactly\":{"
        "\"deviceClassName\":\"c\",\"adminAccess\":true}}]}}}";
    struct fixture *f = *state;
    expect(ask(f, "POST", CLAIMS, body),
           "spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the "
           "`resource.kubernetes.io/admin-access: true` label on the containing namespace");
    expect(ask_with(f, "PATCH", "/api/v1/namespaces/default", MERGE,
                    "{\"metadata\":{\"labels\":{\"resource.kubernetes.io/admin-access\":\"true\"}}}"),
           "200 OK");
    expect(ask(f, "POST", CLAIMS, body), "201 Created");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_binding, setup_claims, teardown),
        cmocka_unit_test_setup_teardown(test_drivers, setup_claims, teardown),
        cmocka_unit_test_setup_teardown(test_admin_access, setup_claims, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
