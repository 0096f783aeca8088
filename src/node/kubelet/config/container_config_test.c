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

#include "node/kubelet/config/container_config.h"

static const struct node_setup node = { .node_name = "node1", .memory_capacity = 1000, .oom_floor = 0 };

static int make(struct api_pod *pod, const int64_t *image_user, const char *image_user_name, struct arena *arena,
                struct cri_container_config **ret_config, struct error *err)
{
    static struct environment none;
    const struct container_config_input input = { .pod = pod,
                                                  .node = &node,
                                                  .attempt = 2,
                                                  .environment = &none,
                                                  .services = &none,
                                                  .image_ref = "sha256:1",
                                                  .image_user = image_user,
                                                  .image_user_name = image_user_name };
    return container_config_make(&input, arena, ret_config, err);
}

static void defaults_are_upstreams(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    struct api_container container = { .name = "c", .image = "i:1" };
    struct api_pod pod = { .metadata = { .name = "p", .namespace = "n", .uid = "u" },
                           .spec = { .containers = &container, .n_containers = 1 } };
    struct cri_container_config *config;
    assert_int_equal(0, make(&pod, NULL, "", &arena, &config, &err));
    assert_string_equal("c/2.log", config->log_path);
    assert_string_equal("sha256:1", config->image->image);
    assert_string_equal(LABEL_CONTAINER_NAME, config->labels[0].key);
    const struct cri_linux_container_security_context *security = config->linux_->security_context;
    assert_false(security->privileged);
    assert_int_equal(CRI_SECURITY_PROFILE_PROFILE_TYPE_UNCONFINED, security->seccomp->profile_type);
    assert_true(security->n_masked_paths > 5);
    assert_null(security->run_as_user);
    assert_int_equal(2, config->linux_->resources->cpu_shares);
    assert_int_equal(0, config->linux_->resources->cpu_quota);
    assert_int_equal(1000, config->linux_->resources->oom_score_adj);
}

static void root_is_refused_when_asked(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    bool yes = true;
    int64_t root = 0, somebody = 1000;
    struct api_security_context own = { .run_as_non_root = &yes };
    struct api_container container = { .name = "c", .security_context = &own };
    struct api_pod pod = { .metadata = { .name = "p", .namespace = "n", .uid = "u" },
                           .spec = { .containers = &container, .n_containers = 1 } };
    struct cri_container_config *config;
    assert_int_equal(-ERROR_INVALID, make(&pod, NULL, "", &arena, &config, &err));
    assert_string_equal("container has runAsNonRoot and image will run as root (pod: \"p_n(u)\", container: c)",
                        err.message);
    assert_int_equal(-ERROR_INVALID, make(&pod, NULL, "nobody", &arena, &config, &err));
    assert_int_equal(-ERROR_INVALID, make(&pod, &root, "", &arena, &config, &err));
    assert_int_equal(0, make(&pod, &somebody, "", &arena, &config, &err));
    assert_int_equal(1000, config->linux_->security_context->run_as_user->value);
    own.run_as_user = &root;
    assert_int_equal(-ERROR_INVALID, make(&pod, &somebody, "", &arena, &config, &err));
    own.run_as_user = &somebody;
    assert_int_equal(0, make(&pod, &root, "", &arena, &config, &err));
}

static void privileges_and_groups_are_passed_on(void **state)
{
    (void)state;
    auto_arena struct arena arena = { 0 };
    struct error err = { 0 };
    bool yes = true, no = false;
    int64_t groups[] = { 5 }, fs_group = 7, user = 3, group = 4;
    const char *drop[] = { "ALL" };
    struct api_capabilities capabilities = { .drop = drop, .n_drop = 1 };
    struct api_security_context own = { .capabilities = &capabilities,
                                        .read_only_root_filesystem = &yes,
                                        .allow_privilege_escalation = &no };
    struct api_seccomp_profile seccomp = { .type = "RuntimeDefault" };
    struct api_pod_security_context shared = { .run_as_user = &user,
                                               .run_as_group = &group,
                                               .fs_group = &fs_group,
                                               .seccomp_profile = &seccomp,
                                               .supplemental_groups = groups,
                                               .n_supplemental_groups = 1 };
    struct api_container container = { .name = "c", .security_context = &own };
    struct api_pod pod = { .spec = { .containers = &container, .n_containers = 1, .security_context = &shared } };
    struct cri_container_config *config;
    assert_int_equal(0, make(&pod, NULL, "", &arena, &config, &err));
    const struct cri_linux_container_security_context *security = config->linux_->security_context;
    assert_true(security->no_new_privs);
    assert_true(security->readonly_rootfs);
    assert_string_equal("ALL", security->capabilities->drop_capabilities[0]);
    assert_int_equal(3, security->run_as_user->value);
    assert_int_equal(4, security->run_as_group->value);
    assert_int_equal(2, security->n_supplemental_groups);
    assert_int_equal(7, security->supplemental_groups[1]);
    assert_int_equal(CRI_SECURITY_PROFILE_PROFILE_TYPE_RUNTIMEDEFAULT, security->seccomp->profile_type);
    own = (struct api_security_context){ .privileged = &yes };
    assert_int_equal(0, make(&pod, NULL, "", &arena, &config, &err));
    assert_true(config->linux_->security_context->privileged);
    assert_int_equal(0, config->linux_->security_context->n_masked_paths);
    assert_int_equal(CRI_SECURITY_PROFILE_PROFILE_TYPE_UNCONFINED,
                     config->linux_->security_context->seccomp->profile_type);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_upstreams),
        cmocka_unit_test(root_is_refused_when_asked),
        cmocka_unit_test(privileges_and_groups_are_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
