/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What a kubelet may write, seen from outside. */

#include "apiserver/fixture.h"

#define NS    "/api/v1/namespaces/default"
#define N1    "impersonate-user: system:node:n1\r\nimpersonate-group: system:nodes\r\n"
#define JSON  "content-type: application/json\r\n"
#define MERGE "content-type: application/merge-patch+json\r\n"

#define POD(name, node, meta, spec)                                                                       \
    "{\"metadata\":{\"name\":\"" name "\"" meta "},\"spec\":{\"nodeName\":\"" node "\",\"containers\":[{" \
    "\"name\":\"c\",\"image\":\"i\"}]" spec "}}"

static int setup_nodes(void **state)
{
    setup_rbac(state);
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask_with(f, "POST", "/api/v1/nodes", N1 JSON, "{\"metadata\":{\"name\":\"n1\"}}"), "201 Created");
    expect(ask(f, "POST", "/api/v1/nodes", "{\"metadata\":{\"name\":\"n2\"}}"), "201 Created");
    expect(ask(f, "POST", NS "/pods", POD("own", "n1", "", "")), "201 Created");
    expect(ask(f, "POST", NS "/pods", POD("other", "n2", "", "")), "201 Created");
    return 0;
}

static void only_its_own_node(void **state)
{
    struct fixture *f = *state;
    expect(ask_with(f, "POST", "/api/v1/nodes", N1 JSON, "{\"metadata\":{\"name\":\"n3\"}}"),
           "nodes \\\"n3\\\" is forbidden: node \\\"n1\\\" is not allowed to modify node \\\"n3\\\"");
    expect(ask_with(f, "PATCH", "/api/v1/nodes/n2/status", N1 MERGE, "{\"status\":{\"phase\":\"Running\"}}"),
           "node \\\"n1\\\" is not allowed to modify node \\\"n2\\\"");
    expect(ask_with(f, "PATCH", "/api/v1/nodes/n1/status", N1 MERGE, "{\"status\":{\"phase\":\"Running\"}}"), "200 OK");
    expect(ask_with(f, "GET", "/api/v1/nodes/n2", N1, ""), "403 Forbidden");
    expect(ask_with(f, "GET", "/api/v1/nodes/n1", N1, ""), "200 OK");
    expect(ask_with(f, "PATCH", "/api/v1/nodes/n1", N1 MERGE,
                    "{\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"NoSchedule\"}]}}"),
           "node \\\"n1\\\" is not allowed to modify taints");
    expect(
        ask_with(f, "PATCH", "/api/v1/nodes/n1", N1 MERGE,
                 "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"x\",\"uid\":"
                 "\"y\"}]}}"),
        "node \\\"n1\\\" is not allowed to modify ownerReferences");
}

static void only_labels_that_describe_it(void **state)
{
    struct fixture *f = *state;
#define LABEL(key, value) "{\"metadata\":{\"labels\":{\"" key "\":" value "}}}"
    static const char *const allowed[] = { LABEL("kubernetes.io/arch", "\"amd64\""),
                                           LABEL("node.kubernetes.io/anything", "\"x\""),
                                           LABEL("some.kubelet.kubernetes.io/x", "\"x\""),
                                           LABEL("example.com/pool", "\"a\""), LABEL("plain", "\"a\"") };
    static const char *const refused[] = { LABEL("node-restriction.kubernetes.io/pool", "\"a\""),
                                           LABEL("x.node-restriction.kubernetes.io/pool", "\"a\""),
                                           LABEL("kubernetes.io/role", "\"a\""), LABEL("a.k8s.io/role", "\"a\""),
                                           LABEL("node-role.kubernetes.io/control-plane", "\"\"") };
    for (size_t i = 0; i < countof(allowed); i++)
        expect(ask_with(f, "PATCH", "/api/v1/nodes/n1", N1 MERGE, allowed[i]), "200 OK");
    for (size_t i = 0; i < countof(refused); i++)
        expect(ask_with(f, "PATCH", "/api/v1/nodes/n1", N1 MERGE, refused[i]),
               "node \\\"n1\\\" is not allowed to modify labels: ");
    expect(ask_with(f, "PATCH", "/api/v1/nodes/n1", MERGE, refused[0]), "200 OK");
    expect(ask_with(f, "PATCH", "/api/v1/nodes/n1", N1 MERGE, LABEL("node-restriction.kubernetes.io/pool", "null")),
           "is not allowed to modify labels: node-restriction.kubernetes.io/pool\"");
    expect(ask(f, "DELETE", "/api/v1/nodes/n1", ""), "200 OK");
    expect(ask_with(f, "POST", "/api/v1/nodes", N1 JSON,
                    "{\"metadata\":{\"name\":\"n1\",\"labels\":{\"z.k8s.io/b\":\"\",\"k8s.io/a\":\"\"}}}"),
           "node \\\"n1\\\" is not allowed to set the following labels: k8s.io/a, z.k8s.io/b\"");
}

static void only_its_own_pods(void **state)
{
    struct fixture *f = *state;
    static const char running[] = "{\"status\":{\"phase\":\"Running\"}}";
    expect(ask_with(f, "PATCH", NS "/pods/own/status", N1 MERGE, running), "200 OK");
    expect(
        ask_with(f, "PATCH", NS "/pods/other/status", N1 MERGE, running),
        "pods \\\"other\\\" is forbidden: node \\\"n1\\\" can only update pod status for pods with spec.nodeName set "
        "to itself");
    expect(ask_with(f, "PATCH", NS "/pods/own/status", N1 MERGE, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"),
           "node \\\"n1\\\" cannot update labels through pod status");
    expect(ask_with(f, "DELETE", NS "/pods/other", N1, ""),
           "node \\\"n1\\\" can only delete pods with spec.nodeName set to itself");
#define EVICTION(name) "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{\"name\":\"" name "\"}}"
    expect(ask_with(f, "POST", NS "/pods/other/eviction", N1 JSON, EVICTION("other")),
           "node n1 can only evict pods with spec.nodeName set to itself");
    expect(ask_with(f, "POST", NS "/pods/own/eviction", N1 JSON, EVICTION("own")), "201 Created");
    expect(ask_with(f, "DELETE", NS "/pods/own?gracePeriodSeconds=0", N1, ""), "200 OK");
}

static void only_mirror_pods_are_made(void **state)
{
    struct fixture *f = *state;
#define MIRROR ",\"annotations\":{\"kubernetes.io/config.mirror\":\"x\"}"
#define OWNED(uid, more)                                                                                             \
    MIRROR ",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"" uid "\"" more \
           "}]"
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, POD("m", "n1", "", "")),
           "pod does not have \\\"kubernetes.io/config.mirror\\\" annotation, node \\\"n1\\\" can only create mirror "
           "pods");
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, POD("m", "n2", MIRROR, "")),
           "node \\\"n1\\\" can only create pods with spec.nodeName set to itself");
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, POD("m", "n1", MIRROR, "")),
           "node \\\"n1\\\" can only create pods with an owner reference set to itself");
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, POD("m", "n1", OWNED("wrong", ""), "")),
           "node \\\"n1\\\" can only create pods with a controller owner reference set to itself");
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, POD("m", "n1", OWNED("wrong", ",\"controller\":true"), "")),
           "node n1 UID mismatch: expected wrong got ");
    char uid[40], body[1024];
    snprintf(uid, sizeof(uid), "%.36s", strstr(ask(f, "GET", "/api/v1/nodes/n1", ""), "\"uid\":\"") + 7);
    snprintf(body, sizeof(body),
             POD("m", "n1", OWNED("%s", ",\"controller\":true"),
                 ",\"volumes\":[{\"name\":\"v\",\"secret\":{\"secretName\":\"s\"}}]"),
             uid);
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, body),
           "node \\\"n1\\\" can not create pods that reference secrets");
    snprintf(body, sizeof(body), POD("m", "n1", OWNED("%s", ",\"controller\":true"), ""), uid);
    expect(ask_with(f, "POST", NS "/pods", N1 JSON, body), "201 Created");
}

static void tokens_are_for_pods_of_the_node(void **state)
{
    struct fixture *f = *state;
#define TOKEN(more) \
    "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\",\"spec\":{\"audiences\":[]" more "}}"
#define BOUND(name, uid) \
    ",\"boundObjectRef\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"" name "\",\"uid\":\"" uid "\"}"
    static const char path[] = NS "/serviceaccounts/default/token";
    expect(ask_with(f, "POST", path, N1 JSON, TOKEN("")),
           "serviceaccounts \\\"default\\\" is forbidden: node requested token not bound to a pod");
    expect(ask_with(f, "POST", path, N1 JSON, TOKEN(BOUND("own", ""))),
           "node requested token with a pod binding without a uid");
    expect(ask_with(f, "POST", path, N1 JSON, TOKEN(BOUND("own", "x"))),
           "the UID in the bound object reference (x) does not match the UID in record");

    const char *uid = strstr(ask(f, "GET", NS "/pods/other", ""), "\"uid\":\"") + 7;
    char body[512];
    snprintf(body, sizeof(body), TOKEN(BOUND("other", "%.36s")), uid);
    expect(ask_with(f, "POST", path, N1 JSON, body),
           "node requested token bound to a pod scheduled on a different node");

    uid = strstr(ask(f, "GET", NS "/pods/own", ""), "\"uid\":\"") + 7;
    snprintf(body, sizeof(body), "{\"spec\":{\"audiences\":[\"elsewhere\"]" BOUND("own", "%.36s") "}}", uid);
    expect(
        ask_with(f, "POST", path, N1 JSON, body),
        "audience \\\"elsewhere\\\" not found in pod spec volume, system:node:n1 is not authorized to request tokens "
        "for this audience");
    uid = strstr(ask(f, "GET", NS "/pods/own", ""), "\"uid\":\"") + 7;
    snprintf(body, sizeof(body), TOKEN(BOUND("own", "%.36s")), uid);
    expect(ask_with(f, "POST", path, N1 JSON, body), "this server"); /* it has no key: all checks are passed */
}

static void only_its_own_lease(void **state)
{
    struct fixture *f = *state;
#define LEASES(ns) "/apis/coordination.k8s.io/v1/namespaces/" ns "/leases"
    expect(ask_with(f, "POST", LEASES("kube-node-lease"), N1 JSON, "{\"metadata\":{\"name\":\"n2\"}}"),
           "can only access node lease with the same name as the requesting node");
    expect(ask_with(f, "POST", LEASES("kube-node-lease"), N1 JSON, "{\"metadata\":{\"name\":\"n1\"}}"), "201 Created");
    expect(ask_with(f, "POST", LEASES("kube-system"), N1 JSON, "{\"metadata\":{\"name\":\"n1\"}}"), "403 Forbidden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_its_own_node, setup_nodes, teardown),
        cmocka_unit_test_setup_teardown(only_labels_that_describe_it, setup_nodes, teardown),
        cmocka_unit_test_setup_teardown(only_its_own_pods, setup_nodes, teardown),
        cmocka_unit_test_setup_teardown(only_mirror_pods_are_made, setup_nodes, teardown),
        cmocka_unit_test_setup_teardown(tokens_are_for_pods_of_the_node, setup_nodes, teardown),
        cmocka_unit_test_setup_teardown(only_its_own_lease, setup_nodes, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
