/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* managedFields through the server: what every kind of write makes of them, and server-side apply. */
#include "apiserver/fixture.h"

#define MAPS      "/api/v1/namespaces/default/configmaps"
#define DEPLOYS   "/apis/apps/v1/namespaces/default/deployments"
#define MERGE     "content-type: application/merge-patch+json\r\nuser-agent: tool/1.2 (linux)\r\n"
#define STRATEGIC "content-type: application/strategic-merge-patch+json\r\n"
#define APPLY     "content-type: application/apply-patch+yaml\r\n"

#define MAP(data) "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":{" data "}}"

#define ENTRY(manager, operation) "{\"manager\":\"" manager "\",\"operation\":\"" operation "\",\"apiVersion\":\"v1\""

static const char *apply_map(struct fixture *f, const char *query, const char *data)
{
    char path[256], body[1024];
    snprintf(path, sizeof(path), MAPS "/a?%s", query);
    snprintf(body, sizeof(body), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {%s}\n", data);
    return ask_with(f, "PATCH", path, APPLY, body);
}

/* The "resourceVersion" of an answer. */
static long revision_of(const char *answer)
{
    const char *at = strstr(answer, "\"resourceVersion\":\"");
    assert_non_null(at);
    return strtol(at + strlen("\"resourceVersion\":\""), NULL, 10);
}

static void writes_are_their_managers(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", MAPS "?fieldManager=maker", MAP("\"x\":\"1\",\"w\":\"1\""));
    expect(answer,
           ENTRY("maker",
                 "Update") ",\"time\":\"2026-09-21T14:13:20Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:data\":{"
                           "\".\":{},\"f:w\":{},\"f:x\":{}}}}]");
    answer = ask_with(f, "PATCH", MAPS "/a", MERGE, "{\"data\":{\"w\":\"2\"}}");
    expect(answer, "\"fieldsV1\":{\"f:data\":{\".\":{},\"f:x\":{}}}}");
    expect(answer, ENTRY("tool", "Update"));
    expect(answer, "\"fieldsV1\":{\"f:data\":{\"f:w\":{}}}}]");
    long revision = revision_of(answer);
    answer = ask_with(f, "PATCH", MAPS "/a", MERGE, "{\"data\":{\"w\":\"2\"}}");
    assert_int_equal(revision_of(answer), revision);
    answer = ask(f, "PUT", MAPS "/a?fieldManager=tool", MAP("\"x\":\"1\""));
    assert_null(strstr(answer, "\"tool\""));
    answer = ask_with(f, "PATCH", MAPS "/a", STRATEGIC, "{\"metadata\":{\"labels\":{\"l\":\"1\"}}}");
    expect(answer, "\"f:labels\":{\".\":{},\"f:l\":{}}");
    expect(answer, "f:x"); /* what a patch does not speak of is still there */
    answer = ask_with(f, "PATCH", MAPS "/a", MERGE, "{\"metadata\":{\"managed\\u0046ields\":null,\"labels\":null}}");
    expect(answer, "managedFields"); /* as upstream: entries are made anew from what is there */
    answer = ask_with(f, "PATCH", MAPS "/a", MERGE, "{\"metadata\":{\"managedFields\":[{}]}}");
    assert_null(strstr(answer, "managedFields"));
    answer = ask_with(f, "PATCH", MAPS "/a", MERGE, "{\"data\":{\"w\":\"3\"}}");
    assert_null(strstr(answer, "managedFields")); /* what is not tracked stays so */
    answer = apply_map(f, "fieldManager=one", "w: \"4\"");
    expect(answer, "conflict with \\\"before-first-apply\\\" using v1: .data.w");
}

#define NEW_AT_1 \
    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"new\",\"resourceVersion\":\"1\"}}"

static void an_apply_creates_merges_and_gives_up(void **state)
{
    struct fixture *f = *state;
    const char *answer = apply_map(f, "fieldManager=one&dryRun=All", "x: \"1\"");
    expect(answer, "201 Created");
    expect(ask(f, "GET", MAPS "/a", ""), "404 Not Found");
    answer = apply_map(f, "fieldManager=one", "x: \"1\", w: \"1\"");
    expect(answer, "201 Created");
    expect(answer, ENTRY("one", "Apply"));
    long revision = revision_of(answer);
    loop_run_until(f->loop, loop_now(f->loop) + 5 * USEC_PER_SEC);
    answer = apply_map(f, "fieldManager=one", "x: \"1\", w: \"1\"");
    expect(answer, "200 OK");
    assert_int_equal(revision_of(answer), revision);
    answer = apply_map(f, "fieldManager=two", "w: \"1\", z: \"1\"");
    expect(answer, "\"data\":{\"w\":\"1\",\"x\":\"1\",\"z\":\"1\"}");
    answer = apply_map(f, "fieldManager=one", "z: \"2\"");
    expect(answer, "409 Conflict");
    expect(answer, "\"causes\":[{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with "
                   "\\\"two\\\"\",\"field\":\".data.z\"}]");
    answer = apply_map(f, "fieldManager=one&force=true", "z: \"2\"");
    expect(answer, "\"data\":{\"w\":\"1\",\"z\":\"2\"}");
    expect(answer, "\"fieldsV1\":{\"f:data\":{\"f:w\":{}}}}");
    /* How the Java operator framework says "only when it is not there". */
    expect(ask_with(f, "PATCH", MAPS "/new?fieldManager=m", APPLY, NEW_AT_1), "201 Created");
    expect(ask_with(f, "PATCH", MAPS "/new?fieldManager=m", APPLY, NEW_AT_1), "409 Conflict");
}

static void what_an_apply_needs(void **state)
{
    struct fixture *f = *state;
    expect(apply_map(f, "", ""), "fieldManager: Required value: is required for apply patch");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m&force=1", MERGE, "{}"),
           "force: Forbidden: may not be specified for non-apply patch");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY, "a: ["),
           "error decoding YAML: error converting YAML to JSON: yaml: ");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY, ""), "invalid object type: /, Kind=");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY, "apiVersion: v1\nkind: Pod"),
           "invalid object type: /v1, Kind=Pod");
    expect(ask_with(f, "PATCH", MAPS "/b?fieldManager=m", APPLY, MAP("")),
           "the name of the object (a) does not match the name on the URL (b)");
    expect(
        ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY,
                 "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"managedFields\":[]}}"),
        "metadata.managedFields must be nil");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY,
                    "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}"),
           "uid mismatch: the provided object specified uid u, and no existing object was found");
    const char *answer = ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY, MAP("\"x\":1"));
    expect(answer, "500 Internal");
    expect(answer, "failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.x: expected string, got "
                   "\\u0026value.valueUnstructured{Value:1}");
    answer = ask_with(f, "PATCH", MAPS "/a?fieldManager=m&fieldValidation=Strict", APPLY,
                      "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: a, x: b}}");
    expect(answer, "error strict decoding patch: ");
}

#define DEPLOY(spec)                                                                                                   \
    "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},\"spec\":{" spec                \
    "\"selector\":{"                                                                                                   \
    "\"matchLabels\":{\"a\":\"b\"}},\"template\":{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{" \
    "\"name\":\"c\",\"image\":\"i\"}]}}},\"status\":{\"replicas\":9}}"

static void subresources_own_apart(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask_with(f, "PATCH", DEPLOYS "/d?fieldManager=one", APPLY, DEPLOY("\"replicas\":3,"));
    expect(answer, "201 Created");
    assert_null(strstr(answer, "f:status"));
    answer = ask_with(f, "PATCH", DEPLOYS "/d/status?fieldManager=two", APPLY, DEPLOY("\"replicas\":4,"));
    expect(answer, "\"subresource\":\"status\"");
    expect(answer, "\"fieldsV1\":{\"f:status\":{\"f:replicas\":{}}}");
    expect(answer, "\"replicas\":3");
    expect(ask_with(f, "PATCH", DEPLOYS "/e/status?fieldManager=two", APPLY, DEPLOY("")), "404 Not Found");
#define SCALE(n) \
    "{\"apiVersion\":\"autoscaling/v1\",\"kind\":\"Scale\",\"metadata\":{\"name\":\"d\"},\"spec\":{\"replicas\":" n "}}"
    answer = ask_with(f, "PATCH", DEPLOYS "/d/scale?fieldManager=three", APPLY, SCALE("5"));
    expect(answer, "409 Conflict");
    expect(answer, "conflict with \\\"one\\\": .spec.replicas");
    answer = ask_with(f, "PATCH", DEPLOYS "/d/scale?fieldManager=three&force=true", APPLY, SCALE("5"));
    expect(answer, "\"kind\":\"Scale\"");
    answer = ask(f, "GET", DEPLOYS "/d", "");
    expect(answer, "\"fieldsV1\":{\"f:spec\":{\"f:replicas\":{}}},\"subresource\":\"scale\"");
    answer = ask_with(f, "PATCH", DEPLOYS "/d/scale", MERGE, "{\"spec\":{\"replicas\":6}}");
    answer = ask(f, "GET", DEPLOYS "/d", "");
    expect(answer, "{\"manager\":\"tool\",\"operation\":\"Update\",\"apiVersion\":\"apps/v1\"");
    assert_null(strstr(answer, "\"three\""));
}

static void kubectl_takes_over_from_its_client_side(void **state)
{
    struct fixture *f = *state;
#define LAST "kubectl.kubernetes.io/last-applied-configuration"
    expect(ask(f, "POST", MAPS "?fieldManager=kubectl-client-side-apply",
               "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"annotations\":{\"" LAST
               "\":\"{\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":\\\"ConfigMap\\\",\\\"metadata\\\":{\\\"name\\\":"
               "\\\"a\\\"},"
               "\\\"data\\\":{\\\"x\\\":\\\"1\\\"}}\"}},\"data\":{\"x\":\"1\",\"w\":\"1\"}}"),
           "201 Created");
    expect(apply_map(f, "fieldManager=other", "x: \"2\""), "409 Conflict");
    expect(apply_map(f, "fieldManager=kubectl", "w: \"2\""), "409 Conflict"); /* not in what was applied last */
    const char *answer = apply_map(f, "fieldManager=kubectl", "x: \"2\"");
    expect(answer, "\"data\":{\"w\":\"1\",\"x\":\"2\"}");
    expect(answer,
           "\"" LAST
           "\":\"{\\\"apiVersion\\\":\\\"v1\\\",\\\"data\\\":{\\\"x\\\":\\\"2\\\"},\\\"kind\\\":\\\"ConfigMap\\\","
           "\\\"metadata\\\":{\\\"name\\\":\\\"a\\\"}}\\n\"");
}

static void other_versions_keep_their_owners(void **state)
{
    struct fixture *f = *state;
#define HPA(version) "/apis/autoscaling/" version "/namespaces/default/horizontalpodautoscalers"
    expect(ask(f, "POST", HPA("v1") "?fieldManager=one",
               "{\"metadata\":{\"name\":\"h\"},\"spec\":{\"scaleTargetRef\":{\"apiVersion\":\"apps/"
               "v1\",\"kind\":\"Deployment\",\"name\":\"d\"},"
               "\"maxReplicas\":3,\"targetCPUUtilizationPercentage\":50}}"),
           "201 Created");
    const char *answer = ask_with(f, "PATCH", HPA("v2") "/h", MERGE, "{\"spec\":{\"maxReplicas\":4}}");
    expect(answer, "\"apiVersion\":\"autoscaling/v2\",\"time\"");
    expect(answer, "\"fieldsV1\":{\"f:spec\":{\"f:maxReplicas\":{}}}");
    expect(answer, "\"f:targetCPUUtilizationPercentage\":{}"); /* of version 1, by its names */
    assert_null(strstr(answer, "\"f:scaleTargetRef\":{},\"f:maxReplicas\""));
    expect(
        ask_with(
            f, "PATCH", HPA("v2") "/h?fieldManager=two", APPLY,
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: h}, spec: {maxReplicas: 9, "
            "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: e}}}"),
        "conflicts with \\\"one\\\" using autoscaling/v1:\\n- .spec.scaleTargetRef");
}

static void an_applier_may_change_its_version(void **state)
{
    struct fixture *f = *state;
#define TARGET \
    "metadata: {name: h}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, maxReplicas: 3"
    expect(ask_with(f, "PATCH", HPA("v1") "/h?fieldManager=one", APPLY,
                    "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, " TARGET
                    ", minReplicas: 2, targetCPUUtilizationPercentage: 50}}"),
           "201 Created");
    const char *answer = ask(f, "GET", HPA("v2") "/h", "");
    expect(answer, "\"averageUtilization\":50");
    answer = ask_with(f, "PATCH", HPA("v2") "/h?fieldManager=one", APPLY,
                      "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, " TARGET "}}");
    expect(answer, "\"minReplicas\":1");
    assert_null(strstr(answer, "\"averageUtilization\":50"));
    expect(answer, "\"managedFields\":[{\"manager\":\"one\",\"operation\":\"Apply\",\"apiVersion\":\"autoscaling/v2\"");
    assert_null(strstr(answer, "autoscaling/v1"));
}

static void creating_by_apply_needs_the_right_to_create(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles",
               "{\"metadata\":{\"name\":\"patch\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"configmaps\"],"
               "\"verbs\":["
               "\"patch\"]}]}"),
           "201 Created");
    expect(ask(f, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
               "{\"metadata\":{\"name\":\"patch\"},\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
               "\"ClusterRole\","
               "\"name\":\"patch\"},\"subjects\":[{\"kind\":\"User\",\"apiGroup\":\"rbac.authorization.k8s.io\","
               "\"name\":\"jane\"}]}"),
           "201 Created");
    const char *answer =
        ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY "impersonate-user: jane\r\n", MAP("\"x\":\"1\""));
    expect(answer, "403 Forbidden");
    expect(answer, "User \\\"jane\\\" cannot create resource \\\"configmaps\\\"");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY, MAP("\"x\":\"1\"")), "201 Created");
    expect(ask_with(f, "PATCH", MAPS "/a?fieldManager=m", APPLY "impersonate-user: jane\r\n", MAP("\"x\":\"2\"")),
           "200 OK");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_are_their_managers, setup, teardown),
        cmocka_unit_test_setup_teardown(an_apply_creates_merges_and_gives_up, setup, teardown),
        cmocka_unit_test_setup_teardown(what_an_apply_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(subresources_own_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(kubectl_takes_over_from_its_client_side, setup, teardown),
        cmocka_unit_test_setup_teardown(other_versions_keep_their_owners, setup, teardown),
        cmocka_unit_test_setup_teardown(an_applier_may_change_its_version, setup, teardown),
        cmocka_unit_test_setup_teardown(creating_by_apply_needs_the_right_to_create, setup_rbac, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
