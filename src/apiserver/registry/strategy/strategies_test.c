/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* What the server adds to pods, services and namespaces, seen from outside. */

#include "apiserver/fixture.h"
#include "apiserver/registry/strategy/strategies.h"

#define NS "/api/v1/namespaces/default"
#define POD(name, more) \
    "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]" more "}}"

static void test_node_heartbeats(void **state)
{
    struct api_node_condition before[] = {
        { .type = "Ready", .status = "True", .last_heartbeat_time = 100 * USEC_PER_SEC }
    };
    struct api_node_condition after[] = {
        { .type = "Ready", .status = "True", .last_heartbeat_time = 400 * USEC_PER_SEC }
    };
    struct api_node old = { .metadata = { .name = "n", .resource_version = "7" },
                            .status = { .conditions = before, .n_conditions = 1 } };
    struct api_node new = old;
    (void)state;
    new.metadata.resource_version = NULL;
    new.status.conditions = after;
    assert_true(node_is_heartbeat(&new, &old));
    after[0].last_transition_time = 300 * USEC_PER_SEC;
    assert_false(node_is_heartbeat(&new, &old));
    after[0].last_transition_time = 0;
    after[0].status = "False";
    assert_false(node_is_heartbeat(&new, &old));
    after[0].status = "True";
    new.metadata.name = "m";
    assert_false(node_is_heartbeat(&new, &old));
    assert_int_equal(before[0].last_heartbeat_time, 100 * USEC_PER_SEC); /* theirs are left alone */
}

static void test_pod(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", NS "/pods", POD("p", ",\"serviceAccountName\":\"x\""));
    expect(answer, "403 Forbidden");
    expect(answer,
           "pods \\\"p\\\" is forbidden: error looking up service account default/x: serviceaccount \\\"x\\\" not "
           "found");
    /* The default account is waited for. */
    struct connection other = { 0 };
    connection_open(f, &other);
    stream_write(
        other.stream,
        STR("POST " NS "/pods HTTP/1.1\r\nhost: t\r\ncontent-length: 82\r\n\r\n"
            "{\"metadata\":{\"name\":\"e\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}        "));
    run(f);
    assert_null(other.in.data);
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(other.in.data, "201 Created");
    connection_close(&other);
    answer = ask(f, "POST", NS "/pods", POD("p", ""));
    expect(answer, "201 Created");
    expect(answer, "\"volumes\":[{\"name\":\"kube-api-access-");
    expect(answer,
           "\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},{"
           "\"configMap\":"
           "{\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}},{\"downwardAPI\":{"
           "\"items\":"
           "[{\"path\":\"namespace\",\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}],"
           "\"defaultMode\":420}}");
    expect(answer, "\"readOnly\":true,\"mountPath\":\"/var/run/secrets/kubernetes.io/serviceaccount\"");
    expect(answer, "{\"key\":\"node.kubernetes.io/"
                   "not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}");
    expect(answer, "\"priority\":0");
    expect(answer, "\"preemptionPolicy\":\"PreemptLowerPriority\"");
    expect(answer, "\"status\":{\"phase\":\"Pending\",\"qosClass\":\"BestEffort\"}");
    expect(answer, "\"generation\":1");
    expect(ask(f, "POST", NS "/pods", POD("q", ",\"priorityClassName\":\"none\"")),
           "no PriorityClass with name none was found");
    /* Not on a node yet: gone at once. */
    expect(ask(f, "DELETE", NS "/pods/p", ""), "200 OK");
    expect(ask(f, "GET", NS "/pods/p", ""), "404 Not Found");
}

/* What a pod's labels and annotations mean for its spec, and fields whose gates are off. */
static void test_pod_fields(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    const char *answer = ask(
        f, "POST", NS "/pods",
        "{\"metadata\":{\"name\":\"p.q\",\"labels\":{\"a\":\"b\"},\"annotations\":{\"container.apparmor.security.beta."
        "kubernetes.io/c\":\"runtime/default\"}},\"spec\":{\"schedulingGroup\":{\"podGroupName\":\"g\"},"
        "\"topologySpreadConstraints\":[{\"maxSkew\":1,\"topologyKey\":\"z\",\"whenUnsatisfiable\":\"DoNotSchedule\","
        "\"labelSelector\":{},\"matchLabelKeys\":[\"a\",\"none\"]}],\"containers\":[{\"name\":\"c\",\"image\":\"i\","
        "\"lifecycle\":{\"stopSignal\":\"SIGHUP\"}}]}}");
    expect(answer, "201 Created");
    expect(answer, "\"labelSelector\":{\"matchExpressions\":[{\"key\":\"a\",\"operator\":\"In\",\"values\":[\"b\"]}]}");
    expect(answer, "\"appArmorProfile\":{\"type\":\"RuntimeDefault\"}");
    expect(answer, "deprecated since v1.30; use the \\\"appArmorProfile\\\" field instead");
    expect(answer, "metadata.name: this is used in the Pod's hostname");
    assert_null(strstr(answer, "\"schedulingGroup\""));
    assert_null(strstr(answer, "SIGHUP"));
}

static void test_storage_and_limits(void **state)
{
    struct fixture *f = *state;
    const char *answer =
        ask(f, "POST", NS "/persistentvolumeclaims",
            "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{"
            "\"storage\":\"1Gi\"}},\"dataSource\":{\"kind\":\"PersistentVolumeClaim\",\"name\":\"d\"}}}");
    expect(answer, "\"dataSourceRef\":{\"apiGroup\":null,\"kind\":\"PersistentVolumeClaim\",\"name\":\"d\"}");
    expect(ask(f, "POST", NS "/limitranges", "{\"metadata\":{},\"spec\":{\"limits\":[]}}"), "201 Created");
    expect(ask(f, "POST", NS "/configmaps", "{\"metadata\":{},\"data\":{}}"), "name or generateName is required");
}

static void test_pod_grace(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask(f, "POST", NS "/pods", POD("p", ",\"nodeName\":\"n\"")), "201 Created");
    const char *answer = ask(f, "DELETE", NS "/pods/p", "");
    expect(answer, "\"deletionTimestamp\":\"");
    expect(answer, "\"deletionGracePeriodSeconds\":30");
    expect(ask(f, "GET", NS "/pods/p", ""), "200 OK");
    expect(ask(f, "DELETE", NS "/pods/p?gracePeriodSeconds=0", ""), "200 OK");
    expect(ask(f, "GET", NS "/pods/p", ""), "404 Not Found");
}

#define SERVICE(name, spec) "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"ports\":[{\"port\":80}]" spec "}}"

static void test_service(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", NS "/services", SERVICE("a", ""));
    expect(answer, "201 Created");
    expect(answer, "\"clusterIP\":\"10.96.");
    expect(answer, "\"ipFamilies\":[\"IPv4\"],\"ipFamilyPolicy\":\"SingleStack\"");
    expect(ask(f, "POST", NS "/services", SERVICE("b", ",\"clusterIP\":\"10.96.0.10\"")),
           "\"clusterIPs\":[\"10.96.0.10\"]");
    expect(ask(f, "POST", NS "/services", SERVICE("c", ",\"clusterIP\":\"10.96.0.10\"")),
           "failed to allocate IP 10.96.0.10: provided IP is already allocated");
    expect(ask(f, "POST", NS "/services", SERVICE("c", ",\"clusterIP\":\"10.1.0.10\"")), "422 Unprocessable");
    expect(ask(f, "POST", NS "/services", SERVICE("h", ",\"clusterIP\":\"None\",\"selector\":{\"a\":\"b\"}")),
           "\"clusterIPs\":[\"None\"]");
    answer = ask(f, "POST", NS "/services", SERVICE("n", ",\"type\":\"NodePort\""));
    expect(answer, "\"nodePort\":3");
    expect(ask(f, "DELETE", NS "/services/b", ""), "200 OK");
    expect(ask(f, "POST", NS "/services", SERVICE("c", ",\"clusterIP\":\"10.96.0.10\"")), "201 Created");
    /* To NodePort and back. */
    answer = ask_with(f, "PATCH", NS "/services/c", "content-type: application/merge-patch+json\r\n",
                      "{\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":80,\"nodePort\":30123}]}}");
    expect(answer, "\"nodePort\":30123");
    expect(ask(f, "POST", NS "/services",
               "{\"metadata\":{\"name\":\"o\"},\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":1,"
               "\"nodePort\":30123}]}}"),
           "spec.ports[0].nodePort: Invalid value: 30123: provided port is already allocated");
    answer = ask_with(f, "PATCH", NS "/services/c", "content-type: application/merge-patch+json\r\n",
                      "{\"spec\":{\"type\":\"ClusterIP\"}}");
    expect(answer, "200 OK");
    assert_null(strstr(answer, "\"nodePort\":"));
}

static void test_namespace(void **state)
{
    struct fixture *f = *state;
    const char *answer = ask(f, "POST", "/api/v1/namespaces", "{\"metadata\":{\"name\":\"x\"}}");
    expect(answer, "\"labels\":{\"kubernetes.io/metadata.name\":\"x\"}");
    expect(answer, "\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{\"phase\":\"Active\"}");
    answer = ask(f, "DELETE", "/api/v1/namespaces/x", "");
    expect(answer, "\"phase\":\"Terminating\"");
    expect(ask(f, "POST", "/api/v1/namespaces/x/configmaps", "{\"metadata\":{\"name\":\"c\"}}"),
           "unable to create new content in namespace x because it is being terminated");
    answer = ask(f, "PUT", "/api/v1/namespaces/x/finalize", "{\"metadata\":{\"name\":\"x\"},\"spec\":{}}");
    expect(answer, "200 OK");
    expect(ask(f, "GET", "/api/v1/namespaces/x", ""), "404 Not Found");
    expect(ask(f, "DELETE", "/api/v1/namespaces/default", ""), "this namespace may not be deleted");
}

#define MAP NS "/configmaps/c"

static void test_finalizers(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/configmaps", "{\"metadata\":{\"name\":\"c\",\"finalizers\":[\"example.com/a\"]}}"),
           "201 Created");
    const char *answer = ask(f, "DELETE", MAP "?propagationPolicy=Foreground", "");
    expect(answer, "200 OK");
    expect(answer, "\"deletionGracePeriodSeconds\":0");
    expect(answer, "\"finalizers\":[\"example.com/a\",\"foregroundDeletion\"]");
    expect(ask(f, "DELETE", MAP "?propagationPolicy=Orphan", ""), "\"finalizers\":[\"example.com/a\",\"orphan\"]");
    expect(ask(f, "DELETE", MAP "?propagationPolicy=Never", ""), "422 Unprocessable");
    /* The last finalizer gone, so is the object. */
    expect(ask_with(f, "PATCH", MAP, "content-type: application/merge-patch+json\r\n",
                    "{\"metadata\":{\"finalizers\":null}}"),
           "200 OK");
    expect(ask(f, "GET", MAP, ""), "404 Not Found");
}

static void test_preconditions(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", NS "/configmaps", "{\"metadata\":{\"name\":\"c\"}}"), "201 Created");
    expect(ask(f, "DELETE", MAP, "{\"preconditions\":{\"uid\":\"x\"}}"),
           "the UID in the precondition (x) does not match the UID in record");
    expect(ask(f, "DELETE", MAP, "{\"preconditions\":{\"resourceVersion\":\"1\"}}"), "409 Conflict");
    expect(ask(f, "DELETE", MAP "?dryRun=All", ""), "200 OK");
    expect(ask(f, "DELETE", MAP, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"dryRun\":[\"All\"]}"), "200 OK");
    expect(ask(f, "DELETE", MAP, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\"}"), "\"status\":\"Success\"");
}

static void test_scale_and_binding(void **state)
{
    struct fixture *f = *state;
    static const char deployment[] =
        "{\"metadata\":{\"name\":\"d\"},\"spec\":{\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"template\":{"
        "\"metadata\":{\"labels\":{\"a\":\"b\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}";
#define APPS "/apis/apps/v1/namespaces/default/deployments"
    expect(ask(f, "POST", APPS, deployment), "\"generation\":1");
    const char *answer = ask(f, "GET", APPS "/d/scale", "");
    expect(answer, "{\"kind\":\"Scale\",\"apiVersion\":\"autoscaling/v1\"");
    expect(answer, "\"spec\":{\"replicas\":1},\"status\":{\"replicas\":0,\"selector\":\"a=b\"}}");
    expect(ask_with(f, "PATCH", APPS "/d/scale", "content-type: application/merge-patch+json\r\n",
                    "{\"spec\":{\"replicas\":4}}"),
           "\"spec\":{\"replicas\":4}");
    answer = ask(f, "GET", APPS "/d", "");
    expect(answer, "\"replicas\":4");
    expect(answer, "\"generation\":2");
    expect(ask(f, "POST", NS "/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"), "201 Created");
    expect(ask(f, "POST", NS "/pods", POD("p", "")), "201 Created");
    expect(ask(f, "POST", NS "/pods/p/binding",
               "{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Node\",\"name\":\"n1\"}}"),
           "\"status\":\"Success\"");
    answer = ask(f, "GET", NS "/pods/p", "");
    expect(answer, "\"nodeName\":\"n1\"");
    expect(answer, "\"type\":\"PodScheduled\"");
    expect(ask(f, "POST", NS "/pods/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n2\"}}"),
           "pod p is already assigned to node \\\"n1\\\"");
    expect(ask(f, "POST", NS "/pods/p/eviction",
               "{\"kind\":\"Eviction\",\"apiVersion\":\"policy/v1\",\"metadata\":{\"name\":\"p\"}}"),
           "201 Created");
    expect(ask(f, "GET", NS "/pods/p", ""), "\"deletionTimestamp\"");
    expect(ask(f, "GET", NS "/pods/p/log", ""), "nodes \\\"n1\\\" not found");
}

static void test_two_versions(void **state)
{
    struct fixture *f = *state;
#define HPA1 "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
#define HPA2 "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    expect(ask(f, "POST", HPA1,
               "{\"metadata\":{\"name\":\"h\"},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"d\","
               "\"apiVersion\":\"apps/v1\"},"
               "\"maxReplicas\":3,\"targetCPUUtilizationPercentage\":50}}"),
           "201 Created");
    const char *answer = ask(f, "GET", HPA2 "/h", "");
    expect(answer, "\"apiVersion\":\"autoscaling/v2\"");
    expect(answer, "\"averageUtilization\":50");
    expect(ask(f, "GET", HPA1 "/h", ""), "\"targetCPUUtilizationPercentage\":50");
    expect(ask_with(f, "PATCH", HPA2 "/h", "content-type: application/merge-patch+json\r\n",
                    "{\"spec\":{\"behavior\":{\"scaleDown\":{\"stabilizationWindowSeconds\":3}}}}"),
           "200 OK");
    answer = ask_with(f, "PATCH", HPA1 "/h", "content-type: application/merge-patch+json\r\n",
                      "{\"spec\":{\"maxReplicas\":5}}");
    expect(answer, "\"annotations\":{\"autoscaling.alpha.kubernetes.io/behavior\":\"{\\\"ScaleUp\\\":");
    expect(answer, "\\\"ScaleDown\\\":{\\\"StabilizationWindowSeconds\\\":3,\\\"SelectPolicy\\\":");
    answer = ask(f, "GET", HPA2 "/h", "");
    expect(answer, "\"scaleDown\":{\"stabilizationWindowSeconds\":3,");
    expect(answer, "\"maxReplicas\":5");
    assert_null(strstr(answer, "autoscaling.alpha.kubernetes.io"));
}

/* What autoscaling/v1 has no fields for stands in its annotations, both ways. */
static void test_annotations_of_autoscalers(void **state)
{
    struct fixture *f = *state;
#define MERGE "content-type: application/merge-patch+json\r\n"
    expect(ask(f, "POST", HPA2,
               "{\"metadata\":{\"name\":\"h\",\"annotations\":{\"b\":\"c\"}},\"spec\":{\"scaleTargetRef\":{\"kind\":"
               "\"Deployment\",\"name\":\"d\",\"apiVersion\":\"apps/v1\"},\"maxReplicas\":3,\"metrics\":["
               "{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","
               "\"averageUtilization\":70}}},{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"q\"},\"target\":{"
               "\"type\":\"AverageValue\",\"averageValue\":\"5\"}}}]}}"),
           "201 Created");
    expect(
        ask_with(f, "PATCH", HPA2 "/h/status", MERGE,
                 "{\"status\":{\"desiredReplicas\":1,\"conditions\":[{\"type\":\"AbleToScale\",\"status\":\"True\"}],"
                 "\"currentMetrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"current\":{"
                 "\"averageUtilization\":7,\"averageValue\":\"9m\"}}}]}}"),
        "200 OK");
    const char *answer = ask(f, "GET", HPA1 "/h", "");
    expect(answer, "\"autoscaling.alpha.kubernetes.io/conditions\":\"[{\\\"type\\\":\\\"AbleToScale\\\",\\\"status\\\":"
                   "\\\"True\\\",\\\"lastTransitionTime\\\":null}]\"");
    expect(answer, "\"autoscaling.alpha.kubernetes.io/current-metrics\":\"[{\\\"type\\\":\\\"Resource\\\","
                   "\\\"resource\\\":{\\\"name\\\":\\\"cpu\\\",\\\"currentAverageUtilization\\\":7,"
                   "\\\"currentAverageValue\\\":\\\"9m\\\"}}]\"");
    expect(answer, "\"autoscaling.alpha.kubernetes.io/metrics\":\"[{\\\"type\\\":\\\"Pods\\\",\\\"pods\\\":{"
                   "\\\"metricName\\\":\\\"q\\\",\\\"targetAverageValue\\\":\\\"5\\\"}}]\",\"b\":\"c\"");
    expect(ask_with(f, "PATCH", HPA1 "/h", MERGE, "{\"spec\":{\"maxReplicas\":6}}"), "200 OK");
    answer = ask(f, "GET", HPA2 "/h", "");
    expect(answer, "\"annotations\":{\"b\":\"c\"}");
    expect(answer, "\"metrics\":[{\"type\":\"Pods\",\"pods\":{\"metric\":{\"name\":\"q\"},\"target\":{\"type\":"
                   "\"AverageValue\",\"averageValue\":\"5\"}}},{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\"");
    expect(answer, "\"averageValue\":\"9m\"");
    expect(answer, "\"type\":\"AbleToScale\"");
    expect(ask_with(
               f, "PATCH", HPA1 "/h", MERGE,
               "{\"metadata\":{\"annotations\":{\"autoscaling.alpha.kubernetes.io/metrics\":\"[{\\\"type\\\":"
               "\\\"External\\\",\\\"external\\\":{\\\"metricName\\\":\\\"e\\\",\\\"targetValue\\\":\\\"2\\\"}}]\"}}}"),
           "200 OK");
    answer = ask(f, "GET", HPA2 "/h", "");
    expect(answer, "\"external\":{\"metric\":{\"name\":\"e\"},\"target\":{\"type\":\"Value\",\"value\":\"2\"}}");
    assert_null(strstr(answer, "\"pods\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_node_heartbeats),
        cmocka_unit_test_setup_teardown(test_pod, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pod_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_storage_and_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pod_grace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_service, setup, teardown),
        cmocka_unit_test_setup_teardown(test_namespace, setup, teardown),
        cmocka_unit_test_setup_teardown(test_finalizers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_preconditions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scale_and_binding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_annotations_of_autoscalers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
