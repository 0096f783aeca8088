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

#include "node/kubelet/config/sandbox_config.h"

static const char *const cluster_dns[] = { "10.96.0.10", NULL };
static const char *host_servers[] = { "192.0.2.1" }, *host_searches[] = { "example.org" };
static const struct node_setup node = {
    .node_name = "node1",
    .cluster_dns = cluster_dns,
    .cluster_domain = "cluster.local",
    .cgroup_root = "/node1",
    .logs_directory = "/logs",
    .host_dns = { .servers = host_servers, .n_servers = 1, .searches = host_searches, .n_searches = 1 },
};

static struct api_pod make_pod(void)
{
    static struct api_container container = { .name = "c" };
    return (struct api_pod){ .metadata = { .name = "web-0", .namespace = "prod", .uid = "u" },
                             .spec = { .containers = &container, .n_containers = 1 } };
}

static void dns_follows_the_policy(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct api_pod pod = make_pod();
    const struct cri_dns_config *config = pod_dns_config(&pod, &node, &arena);
    assert_int_equal(1, config->n_servers);
    assert_string_equal("10.96.0.10", config->servers[0]);
    assert_int_equal(4, config->n_searches);
    assert_string_equal("prod.svc.cluster.local", config->searches[0]);
    assert_string_equal("example.org", config->searches[3]);
    assert_string_equal("ndots:5", config->options[0]);

    pod.spec.host_network = true; /* ClusterFirst means Default there */
    config = pod_dns_config(&pod, &node, &arena);
    assert_string_equal("192.0.2.1", config->servers[0]);
    assert_int_equal(0, config->n_options);

    const char *own_servers[] = { "203.0.113.7" };
    struct api_pod_dns_config_option options[] = { { "ndots", "2" }, { "edns0", NULL } };
    struct api_pod_dns_config own = {
        .nameservers = own_servers, .n_nameservers = 1, .options = options, .n_options = 2
    };
    pod.spec.dns_policy = "None";
    pod.spec.dns_config = &own;
    config = pod_dns_config(&pod, &node, &arena);
    assert_int_equal(1, config->n_servers);
    assert_string_equal("203.0.113.7", config->servers[0]);
    assert_int_equal(0, config->n_searches);

    pod.spec.dns_policy = "ClusterFirstWithHostNet";
    config = pod_dns_config(&pod, &node, &arena);
    assert_int_equal(2, config->n_servers);
    assert_int_equal(2, config->n_options);
    assert_string_equal("ndots:2", config->options[0]);
    assert_string_equal("edns0", config->options[1]);
}

static void resolv_conf_is_read(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct cri_dns_config config;
    dns_config_parse(
        STR("# note\nnameserver 192.0.2.1\nnameserver\t192.0.2.2\nsearch a b\nsearch  c d \noptions ndots:2 rotate\n"),
        &arena, &config);
    assert_int_equal(2, config.n_servers);
    assert_string_equal("192.0.2.2", config.servers[1]);
    assert_int_equal(2, config.n_searches);
    assert_string_equal("c", config.searches[0]);
    assert_int_equal(2, config.n_options);
}

static void names_come_from_the_pod(void **state)
{
    (void)state;
    char hostname[POD_HOSTNAME_SIZE], domain[256];
    struct api_pod pod = make_pod();
    pod_hostname(&pod, &node, hostname, domain, sizeof(domain));
    assert_string_equal("web-0", hostname);
    assert_string_equal("", domain);
    pod.spec.subdomain = "web";
    pod_hostname(&pod, &node, hostname, domain, sizeof(domain));
    assert_string_equal("web.prod.svc.cluster.local", domain);
    pod.spec.hostname = "a-name-that-is-exactly-as-long-as-names-must-not-be-------------xyz";
    pod_hostname(&pod, &node, hostname, domain, sizeof(domain));
    assert_string_equal("a-name-that-is-exactly-as-long-as-names-must-not-be", hostname);
}

static void sandboxes_carry_upstreams_labels(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct api_pod pod = make_pod();
    const struct cri_pod_sandbox_config *config = sandbox_config_make(&pod, &node, 3, &arena);
    assert_int_equal(3, config->metadata->attempt);
    assert_string_equal("/logs/prod_web-0_u", config->log_directory);
    assert_string_equal("/node1/kubepods/besteffort/podu", config->linux_->cgroup_parent);
    assert_string_equal("web-0", config->hostname);
    assert_int_equal(3, config->n_labels);
    assert_string_equal(LABEL_POD_UID, config->labels[2].key);
    assert_int_equal(CRI_NAMESPACE_MODE_POD, config->linux_->security_context->namespace_options->network);
    pod.spec.host_network = pod.spec.host_pid = true;
    config = sandbox_config_make(&pod, &node, 0, &arena);
    assert_int_equal(CRI_NAMESPACE_MODE_NODE, config->linux_->security_context->namespace_options->network);
    assert_int_equal(CRI_NAMESPACE_MODE_NODE, config->linux_->security_context->namespace_options->pid);
    assert_null(config->hostname);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dns_follows_the_policy),
        cmocka_unit_test(resolv_conf_is_read),
        cmocka_unit_test(names_come_from_the_pod),
        cmocka_unit_test(sandboxes_carry_upstreams_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
