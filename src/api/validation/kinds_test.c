/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kinds_test.c - the rules of kinds: good documents pass, bad ones get upstream's sentences. Documents are YAML,
 * decoded and defaulted as the server does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include "api/validation/fixture.h"

static void check(const char *yaml, const char *expected)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };
    const struct api_kind *kind = NULL;
    const void *object = rule_object(yaml, "", &kind, &arena);

    api_validate_create(kind, object, &errors);
    api_invalid_format(&errors, &text);
    assert_string_equal(text_or_empty(text.data), expected);
}

static void check_update(const char *old_yaml, const char *yaml, const char *expected)
{
    auto_arena struct arena arena = { 0 };
    auto_invalid struct api_invalid errors = { 0 };
    auto_buffer struct buffer text = { 0 };
    const struct api_kind *kind = NULL;
    const void *old = rule_object(old_yaml, "", &kind, &arena);
    const void *object = rule_object(yaml, "", &kind, &arena);

    api_validate_update(kind, old, object, &errors);
    api_invalid_format(&errors, &text);
    assert_string_equal(text_or_empty(text.data), expected);
}

#define ONE "containers: [{name: c, image: i}]"

#define DEPLOYMENT(spec, labels)                                                                                   \
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: x, resourceVersion: '1'}\nspec: {" spec \
    "template: {metadata: {labels: {" labels "}}, spec: {" ONE "}}}\n"

static void test_workloads(void **state)
{
    (void)state;
    check(DEPLOYMENT("selector: {matchLabels: {app: a}}, ", "app: a"), "");
    check(DEPLOYMENT("selector: {matchLabels: {app: a}}, ", "app: b"),
          "spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: `selector` does not match template `labels`");
    check(DEPLOYMENT("", "app: b"),
          "[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: `selector` "
          "does not match template `labels`]");
    check(DEPLOYMENT("selector: {}, ", "app: b"),
          "spec.selector: Invalid value: {}: empty selector is invalid for deployment");
    check(DEPLOYMENT("replicas: -1, selector: {matchLabels: {app: a}}, ", "app: a"),
          "spec.replicas: Invalid value: -1: must be greater than or equal to 0");
    check(DEPLOYMENT("strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector: {matchLabels: {app: a}}, ",
                     "app: a"),
          "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0");
    check_update(DEPLOYMENT("selector: {matchLabels: {app: a}}, ", "app: a"),
                 DEPLOYMENT("selector: {matchLabels: {app: b}}, ", "app: b"),
                 "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"b\"}}: field is immutable");
    check("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a, namespace: x}\nspec: {serviceName: s, selector: "
          "{matchLabels: {a: b}}, volumeClaimTemplates: [{metadata: {name: d}, spec: {accessModes: [ReadWriteOnce], "
          "resources: {requests: {storage: 1}}}}], template: {metadata: {labels: {a: b}}, "
          "spec: {containers: [{name: c, image: i, volumeMounts: [{name: d, mountPath: /d}]}]}}}\n",
          "");
    check("apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a, namespace: x}\nspec: {selector: {matchLabels: "
          "{a: b}}, template: {metadata: {labels: {a: b}}, spec: {" ONE "}}}\n",
          "");
    check("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a, namespace: x}\nspec: {schedule: '* * * * *', "
          "jobTemplate: {spec: {template: {spec: {restartPolicy: Never, " ONE "}}}}}\n",
          "");
    check("apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a, namespace: x}\nspec: {minAvailable: "
          "150%}\n",
          "spec.minAvailable: Invalid value: \"150%\": must not be greater than 100%");
}

static void test_storage_and_network(void **state)
{
    (void)state;
    check("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: x}\nspec: {accessModes: "
          "[ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
          "");
    check("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a, namespace: x}\nspec: {}\n",
          "[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required "
          "value]");
    check("apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteOnce], capacity: "
          "{storage: 1Gi}, hostPath: {path: /x}}\n",
          "");
    check(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: x}\nspec: {podSelector: "
        "{}, ingress: [{from: [{}]}]}\n",
        "spec.ingress[0].from[0]: Required value: must specify a peer");
    check("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, namespace: x}\nspec: {rules: [{host: "
          "a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}}]}\n",
          "");
    check("apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: a}\nvalue: 2000000000\n",
          "value: Forbidden: maximum allowed value of a user defined priority is 1000000000");
    check("apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a, namespace: x}\nspec: "
          "{minReplicas: 3, maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: d, apiVersion: apps/v1}}\n",
          "spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`");
}

/* Required and not well formed at once; never changed. */
static void test_device_claims(void **state)
{
    (void)state;
    check("apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a, namespace: x}\nspec: {devices: "
          "{config: [{opaque: {parameters: {}}}]}}\n",
          "spec.devices.config[0].opaque.driver: Required value");
    check_update(
        "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a, namespace: x, resourceVersion: "
        "'1'}\nspec: {}\n",
        "apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a, namespace: x, resourceVersion: "
        "'1'}\nspec: {devices: {requests: [{name: r}]}}\n",
        "spec: Invalid value: {\"Devices\":{\"Requests\":[{\"Name\":\"r\",\"Exactly\":null,\"FirstAvailable\":null}],"
        "\"Constraints\":null,\"Config\":null}}: field is immutable");
}

/* What the repository ships is good. */
static void test_example(void **state)
{
    (void)state;
    char path[4096];
    auto_buffer struct buffer text = { 0 };
    const char *root = getenv("SOURCE_ROOT");

    snprintf(path, sizeof(path), "%s/examples/day-service/day-service.yaml", root != NULL ? root : ".");
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    char chunk[4096];
    size_t size;
    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        buffer_append(&text, chunk, size);
    fclose(file);

    struct str rest = buffer_str(&text), document;
    size_t count = 0;
    while (yaml_next_document(&rest, &document)) {
        auto_arena struct arena arena = { 0 };
        auto_invalid struct api_invalid errors = { 0 };
        auto_buffer struct buffer wrong = { 0 };
        const struct api_kind *kind = NULL;
        void *object = rule_object(arena_strndup(&arena, document.data, document.size), "", &kind, &arena);
        if (kind->namespaced && text_empty(((struct api_object_meta *)object)->namespace))
            ((struct api_object_meta *)object)->namespace = "default";
        api_validate_create(kind, object, &errors);
        api_invalid_format(&errors, &wrong);
        assert_string_equal(text_or_empty(wrong.data), "");
        count++;
    }
    assert_true(count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workloads),
        cmocka_unit_test(test_example),
        cmocka_unit_test(test_storage_and_network),
        cmocka_unit_test(test_device_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
