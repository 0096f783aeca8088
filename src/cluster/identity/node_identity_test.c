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
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "client/kubeconfig.h"
#include "cluster/identity/node_identity.h"
#include "crypto/x509.h"

#define NOW ((usec_t)1800000000 * USEC_PER_SEC)

static struct pki open_pki(const char *directory)
{
    struct pki pki;
    struct error err = { 0 };
    const struct pki_options options = { .directory = directory, .now = NOW };
    assert_int_equal(pki_open(&options, &pki, &err), 0);
    assert_int_equal(pki_settle(&pki, &err), 0);
    return pki;
}

static void check_user(const char *directory, const char *file, const char *user)
{
    auto_arena struct arena arena = { 0 };
    struct kubeconfig config;
    struct x509_info info;
    struct error err = { 0 };
    const char *path = arena_format(&arena, "%s/%s", directory, file);
    assert_int_equal(kubeconfig_load(path, NULL, &arena, &config, &err), 0);
    assert_string_equal(config.server, "https://10.99.0.254:6443");
    assert_int_equal(x509_parse(config.certificate_pem, &arena, &info, &err), 0);
    assert_string_equal(info.common_name, user);
}

static void test_made_once(void **state)
{
    (void)state;
    char root[] = "/tmp/identity-test-XXXXXX", keys[64], directory[64], path[96];
    struct error err = { 0 };
    struct stat status;
    struct node_identity identity = { 0 }, again;
    assert_non_null(mkdtemp(root));
    snprintf(keys, sizeof(keys), "%s/keys", root);
    snprintf(directory, sizeof(directory), "%s/nodes/node1", root);
    struct pki pki = open_pki(keys);
    struct node_identity_options options = { .pki = &pki,
                                             .directory = directory,
                                             .node = "node1",
                                             .address = ip_v4(10, 99, 0, 1),
                                             .cluster = "c",
                                             .server = "https://10.99.0.254:6443",
                                             .now = NOW };
    node_identity_fini(&identity);
    assert_int_equal(node_identity_issue(&options, &identity, &err), 0);
    snprintf(path, sizeof(path), "%s/pki/kubelet.key", directory);
    assert_false(file_exists(AT_FDCWD, path));
    assert_int_equal(node_identity_settle(&identity, &err), 0);
    node_identity_fini(&identity);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    check_user(directory, "kubelet.kubeconfig", "system:node:node1");
    check_user(directory, "proxy.kubeconfig", "system:kube-proxy");

    assert_int_equal(node_identity_issue(&options, &again, &err), 0);
    assert_null(again.writing); /* nothing has changed */
    node_identity_fini(&again);

    options.now = NOW + (usec_t)350 * 86400 * USEC_PER_SEC; /* the last month */
    assert_int_equal(node_identity_issue(&options, &again, &err), 0);
    assert_non_null(again.writing);
    assert_int_equal(node_identity_settle(&again, &err), 0);
    node_identity_fini(&again);
    check_user(directory, "kubelet.kubeconfig", "system:node:node1");
    pki_fini(&pki);
    assert_int_equal(file_remove_tree(AT_FDCWD, root, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_made_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
