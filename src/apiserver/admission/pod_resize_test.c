/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_resize_test.c - over HTTP. */

#include "apiserver/fixture.h"

#define PODS "/api/v1/namespaces/default/pods"
#define CONTAINER(name, cpu, memory)                                                                               \
    "{\"name\":\"" name "\",\"image\":\"i\",\"resources\":{\"requests\":{\"cpu\":\"" cpu "\",\"memory\":\"" memory \
    "\"}}}"
#define POD(containers) "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[" containers "]}}"

static const char *current(struct fixture *f, const char *containers)
{
    static char body[4096];
    const char *answer = ask(f, "GET", PODS "/p", ""), *spec = strstr(answer, "\"containers\":");
    const char *at = strchr(answer, '{'), *end = spec;
    int depth = 0;
    for (end += strlen("\"containers\":"); *end != '\0'; end++) {
        depth += *end == '[' ? 1 : *end == ']' ? -1 : 0;
        if (depth == 0)
            break;
    }
    snprintf(body, sizeof(body), "%.*s\"containers\":[%s]%s", (int)(spec - at), at, containers, end + 1);
    return body;
}

static void test_resizes(void **state)
{
    struct fixture *f = *state;
    expect(ask(f, "POST", "/api/v1/namespaces/default/serviceaccounts", "{\"metadata\":{\"name\":\"default\"}}"),
           "201 Created");
    expect(ask(f, "POST", PODS, POD(CONTAINER("a", "1", "1Mi") "," CONTAINER("b", "1", "1Mi"))), "201 Created");
#define LARGE CONTAINER("a", "8", "1Mi") "," CONTAINER("b", "1", "8Gi")
    expect(ask(f, "PUT", PODS "/p/resize", current(f, LARGE)), "pods \\\"p\\\" is forbidden: node \\\"n\\\" not found");
    expect(ask(f, "POST", "/api/v1/nodes",
               "{\"metadata\":{\"name\":\"n\"},\"status\":{\"allocatable\":{\"cpu\":\"4\",\"memory\":\"4Gi\"}}}"),
           "201 Created");
    const char *answer = ask(f, "PUT", PODS "/p/resize", current(f, LARGE));
    expect(answer, "403 Forbidden");
    expect(answer, "pods \\\"p\\\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 9000, "
                   "allocatable: 4000; memory, requested: 8590983168, allocatable: 4294967296");
    expect(answer, "\"causes\":[{\"reason\":\"NodeCapacity\"}]");
    expect(ask(f, "PUT", PODS "/p/resize", current(f, CONTAINER("a", "3", "1Mi") "," CONTAINER("b", "1", "1Mi"))),
           "200 OK");

    answer = ask(f, "PUT", PODS "/p/resize", current(f, CONTAINER("b", "1", "1Mi") "," CONTAINER("a", "1", "1Mi")));
    expect(answer, "422 ");
    expect(answer, "spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize");
    answer = ask(f, "PUT", PODS "/p/resize", current(f, CONTAINER("a", "1", "1Mi")));
    expect(answer, "422 ");
    expect(answer, "spec.containers: Forbidden: containers may not be added or removed on resize");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_resizes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
