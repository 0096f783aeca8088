/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* runtime_class_test.c - over HTTP. */

#include "apiserver/fixture.h"

#define PODS    "/api/v1/namespaces/default/pods"
#define CLASSES "/apis/node.k8s.io/v1/runtimeclasses"
#define POD(name, spec) \
    "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{" spec "\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"

static void test_runtime_classes(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/namespaces/default/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"),
           "201 Created");
    const char *answer = ask(f, "POST", PODS, POD("p", "\"runtimeClassName\":\"none\","));
    expect(answer, "403 Forbidden");
    expect(answer, "pods \\\"p\\\" is forbidden: pod rejected: RuntimeClass \\\"none\\\" not found");
    answer = ask(f, "POST", PODS, POD("p", "\"overhead\":{\"cpu\":\"10m\"},"));
    expect(answer, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");

    expect(ask(f, "POST", CLASSES, "{\"metadata\":{\"name\":\"plain\"},\"handler\":\"runc\"}"), "201 Created");
    answer = ask(f, "POST", PODS, POD("plain", "\"runtimeClassName\":\"plain\","));
    expect(answer, "201 Created");
    assert_null(strstr(answer, "\"overhead\""));

    expect(ask(f, "POST", CLASSES,
               "{\"metadata\":{\"name\":\"boxed\"},\"handler\":\"box\",\"overhead\":{\"podFixed\":{\"cpu\":\"10m\","
               "\"memory\":\"1Mi\"}},\"scheduling\":{\"nodeSelector\":{\"box\":\"yes\"},\"tolerations\":[{\"key\":"
               "\"box\",\"operator\":\"Exists\"}]}}"),
           "201 Created");
    answer = ask(f, "POST", PODS, POD("boxed", "\"runtimeClassName\":\"boxed\",\"nodeSelector\":{\"a\":\"b\"},"));
    expect(answer, "201 Created");
    expect(answer, "\"overhead\":{\"cpu\":\"10m\",\"memory\":\"1Mi\"}");
    expect(answer, "\"nodeSelector\":{\"a\":\"b\",\"box\":\"yes\"}");
    expect(answer, "{\"key\":\"box\",\"operator\":\"Exists\"}");
    answer = ask(f, "POST", PODS, POD("q", "\"runtimeClassName\":\"boxed\",\"overhead\":{\"cpu\":\"20m\"},"));
    expect(answer, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    answer = ask(f, "POST", PODS, POD("q", "\"runtimeClassName\":\"boxed\",\"nodeSelector\":{\"box\":\"no\"},"));
    expect(answer, "conflict: runtimeClass.scheduling.nodeSelector[box] = yes; pod.spec.nodeSelector[box] = no");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_runtime_classes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
