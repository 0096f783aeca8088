/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cluster/identity/pki.h"
#include "crypto/x509.h"

#define NOW ((usec_t)1800000000 * USEC_PER_SEC)

static void test_made_once_kept_and_renewed(void **state)
{
    (void)state;
    char directory[] = "/tmp/pki-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct ip address = ip_v4(10, 99, 0, 254);
    struct pki_options options = { .directory = directory, .now = NOW, .addresses = &address, .n_addresses = 1 };
    struct pki first, second, later;
    struct error err = { 0 };
    assert_int_equal(pki_open(&options, &first, &err), 0);
    assert_int_equal(pki_settle(&first, &err), 0);
    assert_int_equal(pki_open(&options, &second, &err), 0);
    assert_true(str_equal(buffer_str(&first.server_certificate), buffer_str(&second.server_certificate)));
    assert_true(str_equal(buffer_str(&first.token_key), buffer_str(&second.token_key)));

    options.now = NOW + (usec_t)350 * 86400 * USEC_PER_SEC;
    assert_int_equal(pki_open(&options, &later, &err), 0);
    assert_int_equal(pki_settle(&later, &err), 0);
    assert_true(str_equal(buffer_str(&first.ca_certificate), buffer_str(&later.ca_certificate)));
    assert_false(str_equal(buffer_str(&first.server_certificate), buffer_str(&later.server_certificate)));

    auto_arena struct arena arena = { 0 };
    struct x509_info info;
    assert_int_equal(x509_parse(buffer_str(&first.admin_certificate), &arena, &info, &err), 0);
    assert_string_equal(info.common_name, "kubernetes-admin");
    assert_string_equal(info.organizations[0], "system:masters");
    assert_int_equal(x509_parse(buffer_str(&first.kubelet_client_certificate), &arena, &info, &err), 0);
    assert_string_equal(info.common_name, "kube-apiserver-kubelet-client");
    assert_null(info.organizations[0]);

    pki_fini(&first);
    pki_fini(&second);
    pki_fini(&later);
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

static void start_and_die(const struct pki_options *options)
{
    struct pki pki;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(pki_open(options, &pki, NULL) == 0 && pki.writing != NULL ? 0 : 1);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static size_t count_files(int directory)
{
    size_t count = 0;
    DIR *entries = file_open_directory(directory, ".");
    assert_non_null(entries);
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count - 2; /* . and .. */
}

/* Whoever ends before the keys are on disk leaves a directory in which the next one makes its own. */
static void test_an_end_before_they_are_on_disk(void **state)
{
    (void)state;
    char directory[] = "/tmp/pki-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    const struct pki_options options = { .directory = directory, .now = NOW };
    struct pki given_up, kept, again;
    struct error err = { 0 };
    start_and_die(&options);
    autoclose int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_false(file_exists(fd, "ca.crt"));
    assert_int_equal(pki_open(&options, &given_up, &err), 0);
    assert_false(file_exists(fd, "ca.crt"));
    pki_fini(&given_up);
    assert_false(file_exists(fd, "ca.crt"));
    assert_int_equal(pki_open(&options, &kept, &err), 0);
    assert_int_equal(pki_settle(&kept, &err), 0);
    assert_true(file_exists(fd, "sa.key"));
    assert_int_equal(count_files(fd), 9); /* and nothing of those that ended */
    assert_int_equal(pki_open(&options, &again, &err), 0);
    assert_null(again.writing);
    assert_int_equal(pki_settle(&again, &err), 0);
    assert_true(str_equal(buffer_str(&kept.ca_key), buffer_str(&again.ca_key)));
    assert_true(str_equal(buffer_str(&kept.admin_certificate), buffer_str(&again.admin_certificate)));
    pki_fini(&kept);
    pki_fini(&again);
    assert_int_equal(file_remove_tree(AT_FDCWD, directory, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_made_once_kept_and_renewed),
                                        cmocka_unit_test(test_an_end_before_they_are_on_disk) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
