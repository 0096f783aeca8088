/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/pod/pod_qos.h"
#include "node/kubelet/config/qos.h"

static struct api_quantity_entry list(const char *name, int64_t milli)
{
    return (struct api_quantity_entry){ name, quantity_of_milli(milli, QUANTITY_DECIMAL_SI) };
}

static void shares_and_quotas_follow_the_kernel(void **state)
{
    (void)state;
    assert_int_equal(2, cpu_shares_of(0));
    assert_int_equal(1024, cpu_shares_of(1000));
    assert_int_equal(10, cpu_shares_of(10));
    assert_int_equal(262144, cpu_shares_of(1000000));
    assert_int_equal(0, cpu_quota_of(0));
    assert_int_equal(1000, cpu_quota_of(1));
    assert_int_equal(50000, cpu_quota_of(500));
    assert_int_equal(1, cpu_weight_of_shares(2));
    assert_int_equal(39, cpu_weight_of_shares(1024));
    assert_int_equal(10000, cpu_weight_of_shares(262144));
}

static void classes_follow_requests_and_limits(void **state)
{
    (void)state;
    struct api_quantity_entry both[] = { list("cpu", 500), list("memory", 1000000) }, cpu[] = { list("cpu", 100) };
    struct api_container containers[2] = { { .name = "a" }, { .name = "b" } };
    struct api_pod pod = { .metadata.uid = "u", .spec = { .containers = containers, .n_containers = 1 } };
    char path[256];
    assert_string_equal("BestEffort", api_pod_qos_class(&pod.spec));
    pod_cgroup_path(&pod, "/node1", path, sizeof(path));
    assert_string_equal("/node1/kubepods/besteffort/podu", path);
    assert_int_equal(1000, container_oom_score(&pod, 0, 8000));

    containers[0].resources = (struct api_resource_requirements){ .requests = cpu, .n_requests = 1 };
    assert_string_equal("Burstable", api_pod_qos_class(&pod.spec));
    pod_cgroup_path(&pod, "/", path, sizeof(path));
    assert_string_equal("/kubepods/burstable/podu", path);
    assert_int_equal(999, container_oom_score(&pod, 0, 8000));

    containers[0].resources =
        (struct api_resource_requirements){ .limits = both, .n_limits = 2, .requests = both, .n_requests = 2 };
    assert_string_equal("Guaranteed", api_pod_qos_class(&pod.spec));
    pod_cgroup_path(&pod, "/node1", path, sizeof(path));
    assert_string_equal("/node1/kubepods/podu", path);
    assert_int_equal(-997, container_oom_score(&pod, 0, 8000));

    pod.spec.n_containers = 2; /* the second one has nothing */
    assert_string_equal("Burstable", api_pod_qos_class(&pod.spec));
}

static void pods_ask_for_the_sum_or_the_greatest_init(void **state)
{
    (void)state;
    struct api_quantity_entry small[] = { list("cpu", 100) }, big[] = { list("cpu", 900) },
                              side[] = { list("cpu", 50) };
    struct api_container inits[] = {
        { .name = "side", .restart_policy = "Always", .resources = { .requests = side, .n_requests = 1 } },
        { .name = "init", .resources = { .requests = big, .n_requests = 1 } }
    };
    struct api_container mains[] = {
        { .name = "a", .resources = { .requests = small, .n_requests = 1, .limits = small, .n_limits = 1 } },
        { .name = "b", .resources = { .requests = small, .n_requests = 1 } }
    };
    struct api_pod pod = {
        .spec = { .init_containers = inits, .n_init_containers = 2, .containers = mains, .n_containers = 2 }
    };
    int64_t cpu, memory;
    pod_requests(&pod, &cpu, &memory);
    assert_int_equal(950, cpu); /* the init container beside the sidecar before it */
    assert_int_equal(0, memory);
    pod_limits(&pod, &cpu, &memory);
    assert_int_equal(0, cpu); /* not all have one */
    pod.spec.n_init_containers = 1;
    pod_requests(&pod, &cpu, &memory);
    assert_int_equal(250, cpu);
    struct cgroup_limits limits = pod_cgroup_limits(&pod);
    assert_int_equal(256, limits.cpu_shares);
    assert_int_equal(-1, limits.cpu_quota);

    /* The pod's own stand for the sum, and for the limits that containers lack. */
    struct api_resource_requirements whole = { .requests = big, .n_requests = 1, .limits = big, .n_limits = 1 };
    pod.spec.resources = &whole;
    pod.spec.overhead = side;
    pod.spec.n_overhead = 1;
    limits = pod_cgroup_limits(&pod);
    assert_int_equal(cpu_shares_of(950), limits.cpu_shares);
    assert_int_equal(95000, limits.cpu_quota);
    assert_int_equal(100, container_limit(&pod, 1, "cpu"));
    assert_int_equal(900, container_limit(&pod, 2, "cpu"));
    assert_int_equal(0, container_limit(&pod, 2, "memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_quotas_follow_the_kernel),
        cmocka_unit_test(classes_follow_requests_and_limits),
        cmocka_unit_test(pods_ask_for_the_sum_or_the_greatest_init),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
