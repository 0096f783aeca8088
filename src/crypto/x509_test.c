/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/system/file.h"
#include "crypto/key.h"
#include "crypto/x509.h"

#define NOW  ((usec_t)1800000000 * USEC_PER_SEC)
#define YEAR ((usec_t)365 * 24 * 3600 * USEC_PER_SEC)

static struct x509_authority *make_authority(void)
{
    struct x509_authority *authority = NULL;
    struct error err;
    assert_int_equal(x509_authority_create("kubernetes-ca", NOW, NOW + 10 * YEAR, &authority, &err), 0);
    return authority;
}

static X509 *load(struct str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(certificate);
    return certificate;
}

/* As a TLS peer would at that moment. */
static bool chains(struct str authority_pem, struct str certificate_pem, int purpose, usec_t when)
{
    X509_STORE *store = X509_STORE_new();
    X509 *root = load(authority_pem), *leaf = load(certificate_pem);
    X509_STORE_add_cert(store, root);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(context, purpose);
    X509_STORE_CTX_set_time(context, 0, when / USEC_PER_SEC);
    bool fine = X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(root);
    X509_free(leaf);
    return fine;
}

static void test_issue(void **state)
{
    (void)state;
    struct error err;
    struct x509_authority *authority = make_authority();
    struct ip addresses[2];
    assert_true(ip_parse(STR("10.96.0.1"), &addresses[0]) && ip_parse(STR("fd00::1"), &addresses[1]));
    const char *groups[] = { "system:masters", "people", NULL };
    const char *names[] = { "kubernetes", "kubernetes.default.svc", NULL };
    struct x509_template what = { .common_name = "kube-apiserver",
                                  .organizations = groups,
                                  .dns_names = names,
                                  .addresses = addresses,
                                  .address_count = 2,
                                  .usages = X509_USAGE_SERVER,
                                  .not_before = NOW,
                                  .not_after = NOW + YEAR };
    auto_buffer struct buffer certificate = { 0 }, key = { 0 };
    assert_int_equal(x509_issue(authority, &what, &certificate, &key, &err), 0);

    auto_arena struct arena arena = { 0 };
    struct x509_info info;
    assert_int_equal(x509_parse(buffer_str(&certificate), &arena, &info, &err), 0);
    assert_string_equal(info.common_name, "kube-apiserver");
    assert_string_equal(info.organizations[0], "system:masters");
    assert_string_equal(info.organizations[1], "people");
    assert_null(info.organizations[2]);
    assert_string_equal(info.dns_names[1], "kubernetes.default.svc");
    assert_null(info.dns_names[2]);
    assert_null(info.uris[0]);
    assert_int_equal(info.address_count, 2);
    assert_true(ip_equal(&info.addresses[0], &addresses[0]) && ip_equal(&info.addresses[1], &addresses[1]));
    assert_int_equal(info.usages, X509_USAGE_SERVER);
    assert_true(info.not_before == NOW && info.not_after == NOW + YEAR);
    assert_false(info.is_authority);

    struct str root = x509_authority_pem(authority);
    assert_true(chains(root, buffer_str(&certificate), X509_PURPOSE_SSL_SERVER, NOW + 1000 * USEC_PER_SEC));
    assert_false(chains(root, buffer_str(&certificate), X509_PURPOSE_SSL_CLIENT, NOW + 1000 * USEC_PER_SEC));
    assert_false(chains(root, buffer_str(&certificate), X509_PURPOSE_SSL_SERVER, NOW + YEAR + USEC_PER_SEC));
    struct x509_authority *other = make_authority();
    assert_false(chains(x509_authority_pem(other), buffer_str(&certificate), X509_PURPOSE_SSL_SERVER, NOW));
    assert_int_equal(x509_parse(root, &arena, &info, &err), 0);
    assert_true(info.is_authority);

    auto_buffer struct buffer other_key = { 0 };
    struct x509_authority *wrong = NULL;
    assert_int_equal(x509_authority_format_key(other, &other_key, &err), 0);
    assert_int_equal(x509_authority_parse(root, buffer_str(&other_key), &wrong, &err), -ERROR_INVALID);
    assert_int_equal(x509_authority_parse(buffer_str(&certificate), buffer_str(&key), &wrong, &err), -ERROR_INVALID);
    x509_authority_destroy(authority);
    x509_authority_destroy(other);
    x509_authority_destroy(NULL);
}

static void test_request(void **state)
{
    (void)state;
    struct error err;
    struct x509_authority *authority = make_authority();
    struct evp_pkey_st *key = NULL;
    assert_int_equal(key_generate(KEY_EC_P256, &key, &err), 0);
    const char *groups[] = { "system:nodes", NULL }, *names[] = { "node-1", NULL };
    struct x509_template what = { .common_name = "system:node:node-1", .organizations = groups, .dns_names = names };
    auto_buffer struct buffer request = { 0 }, certificate = { 0 };
    assert_int_equal(x509_request_create(&what, key, &request, &err), 0);
    auto_arena struct arena arena = { 0 };
    struct x509_info info;
    assert_int_equal(x509_request_parse(buffer_str(&request), &arena, &info, &err), 0);
    assert_string_equal(info.common_name, "system:node:node-1");
    assert_string_equal(info.dns_names[0], "node-1");
    assert_int_equal(x509_sign_request(authority, buffer_str(&request), X509_USAGE_CLIENT | X509_USAGE_SERVER, NOW,
                                       NOW + YEAR, &certificate, &err),
                     0);
    assert_int_equal(x509_parse(buffer_str(&certificate), &arena, &info, &err), 0);
    assert_string_equal(info.organizations[0], "system:nodes");
    assert_string_equal(info.dns_names[0], "node-1");
    assert_int_equal(info.usages, X509_USAGE_CLIENT | X509_USAGE_SERVER);
    assert_true(chains(x509_authority_pem(authority), buffer_str(&certificate), X509_PURPOSE_SSL_CLIENT, NOW));

    /* Without names, too; and not when it was tampered with. */
    buffer_clear(&request);
    assert_int_equal(x509_request_create(&(struct x509_template){ .common_name = "x" }, key, &request, &err), 0);
    assert_int_equal(x509_request_parse(buffer_str(&request), &arena, &info, &err), 0);
    assert_null(info.dns_names[0]);
    request.data[80] = request.data[80] == 'A' ? 'B' : 'A';
    assert_true(x509_request_parse(buffer_str(&request), &arena, &info, &err) < 0);
    assert_int_equal(x509_request_parse(STR("no PEM"), &arena, &info, &err), -ERROR_SYNTAX);
    key_unref(key);
    x509_authority_destroy(authority);
}

static void test_files(void **state)
{
    (void)state;
    char path[] = "/tmp/x509-test-XXXXXX";
    assert_non_null(mkdtemp(path));
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct error err;
    struct x509_authority *first = NULL, *second = NULL;
    assert_int_equal(x509_authority_open(directory, "ca", "ca", NOW, NOW + YEAR, &first, &err), 0);
    assert_int_equal(x509_authority_open(directory, "ca", "ca", NOW, NOW + YEAR, &second, &err), 0);
    assert_true(str_equal(x509_authority_pem(first), x509_authority_pem(second)));
    struct stat status;
    assert_int_equal(fstatat(directory, "ca.key", &status, 0), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    struct evp_pkey_st *key = NULL, *again = NULL;
    char id[KEY_ID_SIZE], id_again[KEY_ID_SIZE];
    assert_int_equal(key_open(directory, "sa.key", KEY_EC_P256, &key, &err), 0);
    assert_int_equal(key_open(directory, "sa.key", KEY_EC_P256, &again, &err), 0);
    assert_int_equal(key_id(key, id, &err), 0);
    assert_int_equal(key_id(again, id_again, &err), 0);
    assert_string_equal(id, id_again);
    key_unref(key);
    key_unref(again);
    x509_authority_destroy(first);
    x509_authority_destroy(second);

    /* A lost key is an error, not a reason to make another authority. */
    assert_int_equal(unlinkat(directory, "ca.key", 0), 0);
    assert_int_equal(x509_authority_open(directory, "ca", "ca", NOW, NOW + YEAR, &first, &err), -ERROR_INVALID);
    close(directory);
    assert_int_equal(file_remove_tree(AT_FDCWD, path, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_issue), cmocka_unit_test(test_request),
                                        cmocka_unit_test(test_files) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
