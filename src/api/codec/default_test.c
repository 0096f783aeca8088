/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/codec.h"
#include "generated/types.h"

#define TEMPLATE                                                                                                       \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"w\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"w:" \
    "1\"}]}}"
#define TEMPLATE_AFTER                                                                                                 \
    "\"template\":{\"metadata\":{\"labels\":{\"app\":\"w\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"w:" \
    "1\","                                                                                                             \
    "\"resources\":{},\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\","      \
    "\"imagePullPolicy\":\"IfNotPresent\"}],\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,"        \
    "\"dnsPolicy\":\"ClusterFirst\",\"securityContext\":{},\"schedulerName\":\"default-scheduler\"}}"

static const struct default_case {
    const struct api_kind *kind;
    const char *before, *after; /* without kind and apiVersion */
} cases[] = {
    { &api_kind_pod,
      "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"hostNetwork\":true,\"serviceAccount\":\"sa\",\"volumes\":[{\"name\":"
      "\"v\"},"
      "{\"name\":\"s\",\"secret\":{\"secretName\":\"x\"}}],\"containers\":[{\"name\":\"c\",\"image\":\"r:5000/a/b\","
      "\"ports\":[{\"containerPort\":80}],\"resources\":{\"limits\":{\"cpu\":\"100u\",\"memory\":\"1Gi\"},\"requests\":"
      "{\"memory\":\"1Mi\"}},\"livenessProbe\":{\"httpGet\":{\"port\":80}}}]}}",
      "\"metadata\":{\"name\":\"p\"},\"spec\":{\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}},{\"name\":\"s\","
      "\"secret\":"
      "{\"secretName\":\"x\",\"defaultMode\":420}}],\"containers\":[{\"name\":\"c\",\"image\":\"r:5000/a/b\",\"ports\":"
      "[{\"hostPort\":80,\"containerPort\":80,\"protocol\":\"TCP\"}],\"resources\":{\"limits\":{\"cpu\":\"1m\","
      "\"memory\":\"1Gi\"},"
      "\"requests\":{\"cpu\":\"1m\",\"memory\":\"1Mi\"}},\"livenessProbe\":{\"httpGet\":{\"path\":\"/\",\"port\":80,"
      "\"scheme\":\"HTTP\"},\"timeoutSeconds\":1,\"periodSeconds\":10,\"successThreshold\":1,\"failureThreshold\":3},"
      "\"terminationMessagePath\":\"/dev/"
      "termination-log\",\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":\"Always\"}],"
      "\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
      "\"serviceAccountName\":\"sa\",\"serviceAccount\":\"sa\",\"hostNetwork\":true,\"securityContext\":{},"
      "\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true},\"status\":{}}" },
    { &api_kind_pod,
      "{\"spec\":{\"resources\":{\"limits\":{\"cpu\":\"4\",\"memory\":\"1Gi\"}},\"initContainers\":[{\"name\":\"i\","
      "\"image\":\"a:1\","
      "\"resources\":{\"requests\":{\"cpu\":\"3\"}}}],\"containers\":[{\"name\":\"a\",\"image\":\"a@sha256:1\","
      "\"resources\":"
      "{\"requests\":{\"cpu\":\"1\"}}},{\"name\":\"b\",\"image\":\"a:latest\",\"resources\":{\"requests\":{\"cpu\":"
      "\"1\"}}}]}}",
      "\"metadata\":{},\"spec\":{\"initContainers\":[{\"name\":\"i\",\"image\":\"a:1\",\"resources\":{\"requests\":{"
      "\"cpu\":\"3\"}},"
      "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":"
      "\"IfNotPresent\"}],\"containers\":[{\"name\":\"a\",\"image\":\"a@sha256:1\",\"resources\":{\"requests\":{"
      "\"cpu\":\"1\"}},"
      "\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":"
      "\"IfNotPresent\"},{\"name\":\"b\",\"image\":\"a:latest\",\"resources\":{\"requests\":{\"cpu\":\"1\"}},"
      "\"terminationMessagePath\":\"/dev/"
      "termination-log\",\"terminationMessagePolicy\":\"File\",\"imagePullPolicy\":\"Always\"}],"
      "\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
      "\"securityContext\":{},"
      "\"schedulerName\":\"default-scheduler\",\"enableServiceLinks\":true,\"resources\":{\"limits\":{\"cpu\":\"4\","
      "\"memory\":\"1Gi\"},\"requests\":{\"cpu\":\"3\",\"memory\":\"1Gi\"}}},\"status\":{}}" },
    { &api_kind_pod, "{\"spec\":{\"terminationGracePeriodSeconds\":-5,\"containers\":[]}}",
      "\"metadata\":{},\"spec\":{\"containers\":[],\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":1,"
      "\"dnsPolicy\":\"ClusterFirst\",\"securityContext\":{},\"schedulerName\":\"default-scheduler\","
      "\"enableServiceLinks\":true},\"status\":{}}" },
    { &api_kind_apps_deployment, "{\"spec\":{" TEMPLATE "}}",
      "\"metadata\":{},\"spec\":{\"replicas\":1,\"selector\":null," TEMPLATE_AFTER
      ",\"strategy\":{\"type\":\"RollingUpdate\","
      "\"rollingUpdate\":{\"maxUnavailable\":\"25%\",\"maxSurge\":\"25%\"}},\"revisionHistoryLimit\":10,"
      "\"progressDeadlineSeconds\":600},\"status\":{}}" },
    { &api_kind_apps_stateful_set, "{\"spec\":{\"serviceName\":\"s\"," TEMPLATE ",\"volumeClaimTemplates\":[{}]}}",
      "\"metadata\":{},\"spec\":{\"replicas\":1,\"selector\":null," TEMPLATE_AFTER
      ",\"volumeClaimTemplates\":[{\"kind\":"
      "\"PersistentVolumeClaim\",\"apiVersion\":\"v1\",\"metadata\":{},\"spec\":{\"resources\":{},\"volumeMode\":"
      "\"Filesystem\"},"
      "\"status\":{\"phase\":\"Pending\"}}],\"serviceName\":\"s\",\"podManagementPolicy\":\"OrderedReady\","
      "\"updateStrategy\":"
      "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"partition\":0}},\"revisionHistoryLimit\":10,"
      "\"persistentVolumeClaimRetentionPolicy\":{\"whenDeleted\":\"Retain\",\"whenScaled\":\"Retain\"}},"
      "\"status\":{\"replicas\":0,\"availableReplicas\":0}}" },
    { &api_kind_batch_job, "{\"spec\":{" TEMPLATE "}}",
      "\"metadata\":{\"labels\":{\"app\":\"w\"}},\"spec\":{\"parallelism\":1,\"completions\":1,\"backoffLimit\":6,"
      "\"manualSelector\":false," TEMPLATE_AFTER ",\"completionMode\":\"NonIndexed\",\"suspend\":false,"
      "\"podReplacementPolicy\":\"TerminatingOrFailed\"},\"status\":{}}" },
    { &api_kind_service,
      "{\"spec\":{\"type\":\"LoadBalancer\",\"sessionAffinity\":\"ClientIP\",\"ports\":[{\"port\":80}]}}",
      "\"metadata\":{},\"spec\":{\"ports\":[{\"protocol\":\"TCP\",\"port\":80,\"targetPort\":80}],\"type\":"
      "\"LoadBalancer\","
      "\"sessionAffinity\":\"ClientIP\",\"externalTrafficPolicy\":\"Cluster\",\"sessionAffinityConfig\":{\"clientIP\":"
      "{\"timeoutSeconds\":10800}},\"allocateLoadBalancerNodePorts\":true,\"internalTrafficPolicy\":\"Cluster\"},"
      "\"status\":{\"loadBalancer\":{}}}" },
    { &api_kind_namespace, "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"a\":\"b\",\"z\":\"y\"}}}",
      "\"metadata\":{\"name\":\"shop\",\"labels\":{\"a\":\"b\",\"kubernetes.io/"
      "metadata.name\":\"shop\",\"z\":\"y\"}},\"spec\":{},"
      "\"status\":{\"phase\":\"Active\"}}" },
    { &api_kind_limit_range,
      "{\"spec\":{\"limits\":[{\"type\":\"Container\",\"max\":{\"cpu\":\"2\"},\"min\":{\"memory\":\"1Mi\"}}]}}",
      "\"metadata\":{},\"spec\":{\"limits\":[{\"type\":\"Container\",\"max\":{\"cpu\":\"2\"},\"min\":{\"memory\":"
      "\"1Mi\"},"
      "\"default\":{\"cpu\":\"2\"},\"defaultRequest\":{\"cpu\":\"2\",\"memory\":\"1Mi\"}}]}}" },
    { &api_kind_networking_network_policy, "{\"spec\":{\"podSelector\":{},\"egress\":[{}]}}",
      "\"metadata\":{},\"spec\":{\"podSelector\":{},\"egress\":[{}],\"policyTypes\":[\"Ingress\",\"Egress\"]}}" },
    { &api_kind_autoscaling_v2_horizontal_pod_autoscaler,
      "{\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"d\"},\"maxReplicas\":3,\"behavior\":{"
      "\"scaleDown\":"
      "{\"stabilizationWindowSeconds\":5}}}}",
      "\"metadata\":{},\"spec\":{\"scaleTargetRef\":{\"kind\":\"Deployment\",\"name\":\"d\"},\"minReplicas\":1,"
      "\"maxReplicas\":3,"
      "\"metrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\",\"target\":{\"type\":\"Utilization\","
      "\"averageUtilization\":80}}}],\"behavior\":{\"scaleUp\":{\"stabilizationWindowSeconds\":0,\"selectPolicy\":"
      "\"Max\","
      "\"policies\":[{\"type\":\"Pods\",\"value\":4,\"periodSeconds\":15},{\"type\":\"Percent\",\"value\":100,"
      "\"periodSeconds\":15}]},\"scaleDown\":{\"stabilizationWindowSeconds\":5,\"selectPolicy\":\"Max\",\"policies\":"
      "[{\"type\":\"Percent\",\"value\":100,\"periodSeconds\":15}]}}},\"status\":{\"desiredReplicas\":0,"
      "\"currentMetrics\":null}}" },
    { &api_kind_rbac_role_binding,
      "{\"subjects\":[{\"kind\":\"User\",\"name\":\"u\"},{\"kind\":\"ServiceAccount\",\"name\":\"s\"}],\"roleRef\":{"
      "\"kind\":\"Role\","
      "\"name\":\"r\"}}",
      "\"metadata\":{},\"subjects\":[{\"kind\":\"User\",\"apiGroup\":\"rbac.authorization.k8s.io\",\"name\":\"u\"},"
      "{\"kind\":\"ServiceAccount\",\"name\":\"s\"}],\"roleRef\":{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":"
      "\"Role\","
      "\"name\":\"r\"}}" },
};

static void documents_are_completed(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        const struct api_kind *kind = cases[i].kind;
        auto_arena struct arena arena = { 0 };
        void *value = arena_zalloc(&arena, kind->type->size);
        assert_int_equal(api_decode_json(kind->type, str_of(cases[i].before), &arena, value, NULL, NULL), 0);
        api_default(kind, value, &arena);
        auto_buffer struct buffer out = { 0 };
        api_encode_json(kind->type, NULL, value, &out);
        assert_string_equal(out.data + 1, cases[i].after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_completed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
