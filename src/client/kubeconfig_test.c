/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/system/file.h"
#include "client/kubeconfig.h"

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    char directory[] = "/tmp/kubeconfig-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/config", directory);
    struct error err = { 0 };
    auto_arena struct arena arena = { 0 };
    struct kubeconfig config;
    assert_int_equal(kubeconfig_write(path, "c", "https://127.0.0.1:1", "u", STR("CA"), STR("CERT"), STR("KEY"), &err),
                     0);
    assert_int_equal(kubeconfig_load(path, NULL, &arena, &config, &err), 0);
    assert_string_equal(config.server, "https://127.0.0.1:1");
    assert_string_equal(config.key_pem.data, "KEY");
    assert_null(config.token);
    assert_int_equal(kubeconfig_load(path, "other", &arena, &config, &err), -ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "'other'"));

    struct str files = STR(
        "contexts: [{name: x, context: {cluster: c, user: u, namespace: blue}}]\nclusters: [{name: c, cluster: "
        "{server: s,"
        " certificate-authority: ca.pem, insecure-skip-tls-verify: true}}]\nusers: [{name: u, user: {token: t}}]\n");
    assert_int_equal(file_write(AT_FDCWD, path, files, 0600, &err), 0);
    assert_int_equal(kubeconfig_load(path, "x", &arena, &config, &err), -ERROR_NOT_FOUND); /* ca.pem is missing */
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(file_write(fd, "ca.pem", STR("PEM"), 0600, &err), 0);
    close(fd);
    assert_int_equal(kubeconfig_load(path, "x", &arena, &config, &err), 0);
    assert_string_equal(config.ca_pem.data, "PEM");
    assert_string_equal(config.token, "t");
    assert_string_equal(config.namespace_, "blue");
    assert_true(config.insecure_skip_verify);
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_what_is_written_is_read) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
