/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/identity/pki.h"

#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cluster/identity/issuing.h"
#include "crypto/key.h"

enum { DNS_NAMES_MAX = 16, ADDRESSES_MAX = 16 };

static const char *const service_names[] = { "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                                             "kubernetes.default.svc.cluster.local", "localhost" };

static int ensure_server(struct issuing *issuing, const struct pki_options *options, struct error *err)
{
    const char *names[DNS_NAMES_MAX + 1] = { 0 };
    struct ip addresses[ADDRESSES_MAX];
    size_t n_names = countof(service_names), n_addresses = 2;
    memcpy(names, service_names, sizeof(service_names));
    for (const char *const *name = options->dns_names; name != NULL && *name != NULL && n_names < DNS_NAMES_MAX; name++)
        names[n_names++] = *name;
    ip_parse(STR("127.0.0.1"), &addresses[0]);
    ip_parse(STR("::1"), &addresses[1]);
    for (size_t i = 0; i < options->n_addresses && n_addresses < ADDRESSES_MAX; i++)
        addresses[n_addresses++] = options->addresses[i];
    const struct x509_template what = {
        .common_name = "kube-apiserver",
        .dns_names = names,
        .addresses = addresses,
        .address_count = n_addresses,
        .usages = X509_USAGE_SERVER,
    };
    return issuing_ensure(issuing, "apiserver", what, err);
}

static int ensure_client(struct issuing *issuing, const char *name, const char *user, const char *group,
                         struct error *err)
{
    const char *const groups[] = { group, NULL };
    const struct x509_template what = { .common_name = user, .organizations = groups, .usages = X509_USAGE_CLIENT };
    return issuing_ensure(issuing, name, what, err);
}

static int get_all(const struct issuing *issuing, struct pki *pki, struct error *err)
{
    const struct {
        const char *path;
        struct buffer *pem;
    } files[] = {
        { "ca.crt", &pki->ca_certificate },
        { "ca.key", &pki->ca_key },
        { "apiserver.crt", &pki->server_certificate },
        { "apiserver.key", &pki->server_key },
        { "apiserver-kubelet-client.crt", &pki->kubelet_client_certificate },
        { "apiserver-kubelet-client.key", &pki->kubelet_client_key },
        { "admin.crt", &pki->admin_certificate },
        { "admin.key", &pki->admin_key },
        { "sa.key", &pki->token_key },
    };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(files); i++)
        rc = issuing_read(issuing, files[i].path, files[i].pem, err);
    return rc;
}

static int ensure_authority(struct issuing *issuing, struct error *err)
{
    usec_t begin = issuing->now - ISSUING_CLOCK_SKEW, end = issuing->now + ISSUING_AUTHORITY_LIFE;
    if (file_exists(issuing->directory, "ca.key") || file_exists(issuing->directory, "ca.crt"))
        return 0;
    int rc = x509_authority_create("kubernetes", begin, end, &issuing->authority, err);
    if (rc < 0)
        return rc;
    rc = x509_authority_format_key(issuing->authority, issuing_add(issuing, "ca.key", 0600), err);
    buffer_append_str(issuing_add(issuing, "ca.crt", 0644), x509_authority_pem(issuing->authority));
    return rc;
}

/* P-256 takes microseconds to make where RSA takes a tenth of a second of the start. */
static int ensure_token_key(struct issuing *issuing, struct error *err)
{
    if (file_exists(issuing->directory, "sa.key"))
        return 0;
    struct evp_pkey_st *key = NULL;
    int rc = key_generate(KEY_EC_P256, &key, err);
    if (rc == 0)
        rc = key_format(key, issuing_add(issuing, "sa.key", 0600), err);
    key_unref(key);
    return rc;
}

static int ensure_all(struct issuing *issuing, const struct pki_options *options, struct error *err)
{
    int rc = ensure_authority(issuing, err);
    if (rc == 0)
        rc = ensure_server(issuing, options, err);
    if (rc == 0)
        rc = ensure_client(issuing, "apiserver-kubelet-client", "kube-apiserver-kubelet-client", NULL, err);
    if (rc == 0)
        rc = ensure_client(issuing, "admin", "kubernetes-admin", "system:masters", err);
    return rc == 0 ? ensure_token_key(issuing, err) : rc;
}

int pki_open(const struct pki_options *options, struct pki *ret_pki, struct error *err)
{
    struct pki pki = { .directory = -1 };
    int rc = issuing_open_directory(options->directory, &pki.directory, err);
    struct issuing issuing = { .directory = pki.directory, .now = options->now };
    if (rc == 0)
        rc = ensure_all(&issuing, options, err);
    if (rc == 0)
        rc = get_all(&issuing, &pki, err);
    if (rc == 0)
        rc = issuing_write(&issuing, &pki.writing, err);
    issuing_fini(&issuing);
    if (rc < 0) {
        pki_fini(&pki);
        return error_wrap_code(err, rc, "keys in %s", options->directory);
    }
    *ret_pki = pki;
    return 0;
}

int pki_settle(struct pki *pki, struct error *err)
{
    struct file_writing *writing = take_pointer(&pki->writing);
    int rc = writing == NULL ? 0 : file_writing_finish(writing, err);
    return rc < 0 ? error_wrap_code(err, rc, "write the keys") : 0;
}

void pki_fini(struct pki *pki)
{
    file_writing_cancel(take_pointer(&pki->writing));
    if (pki->directory > 0) /* a zeroed one has none; 0 is taken */
        close(pki->directory);
    pki->directory = -1;
    buffer_fini(&pki->ca_certificate);
    buffer_fini(&pki->ca_key);
    buffer_fini(&pki->server_certificate);
    buffer_fini(&pki->server_key);
    buffer_fini(&pki->kubelet_client_certificate);
    buffer_fini(&pki->kubelet_client_key);
    buffer_fini(&pki->admin_certificate);
    buffer_fini(&pki->admin_key);
    buffer_fini(&pki->token_key);
}
