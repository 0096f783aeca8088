/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/pki.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/key.h"
#include "crypto/x509.h"

#define DAY              ((usec_t)86400 * USEC_PER_SEC)
#define AUTHORITY_LIFE   (3650 * DAY) /* ten years and one, as kubeadm's */
#define CERTIFICATE_LIFE (365 * DAY)
#define RENEW_BEFORE     (30 * DAY)
#define CLOCK_SKEW       (300 * USEC_PER_SEC) /* clients whose clock is a little behind accept it too */

enum { PEM_MAX = 1 << 16, DNS_NAMES_MAX = 16, ADDRESSES_MAX = 16, NAME_SIZE = 300, NEW_FILES_MAX = 16 };

static const char *const service_names[] = { "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                                             "kubernetes.default.svc.cluster.local", "localhost" };

/* What is made is written together at the end: the disk is waited for once. */
struct new_files {
    struct file_content files[NEW_FILES_MAX];
    struct buffer contents[NEW_FILES_MAX];
    char paths[NEW_FILES_MAX][NAME_SIZE];
    size_t count;
};

/* The buffer to be filled. */
static struct buffer *new_file(struct new_files *new_files, const char *name, const char *suffix, mode_t mode)
{
    size_t index = new_files->count++;
    snprintf(new_files->paths[index], NAME_SIZE, "%s%s", name, suffix);
    new_files->files[index].mode = mode;
    return &new_files->contents[index];
}

static int new_files_write(struct new_files *new_files, int directory, struct file_writing **ret_writing,
                           struct error *err)
{
    for (size_t i = 0; i < new_files->count; i++) {
        new_files->files[i].path = new_files->paths[i];
        new_files->files[i].content = buffer_str(&new_files->contents[i]);
    }
    return file_writing_start(directory, new_files->files, new_files->count, ret_writing, err);
}

/* NULL: it was there before. */
static const struct buffer *new_files_find(const struct new_files *new_files, const char *path)
{
    for (size_t i = 0; i < new_files->count; i++)
        if (strcmp(new_files->paths[i], path) == 0)
            return &new_files->contents[i];
    return NULL;
}

static void new_files_fini(struct new_files *new_files)
{
    for (size_t i = 0; i < new_files->count; i++)
        buffer_fini(&new_files->contents[i]);
}

/* What there is stays while it is good: clients may hold its key's fingerprint. */
static bool still_good(int directory, const char *name, usec_t now)
{
    char path[NAME_SIZE];
    auto_arena struct arena arena = { 0 };
    auto_buffer struct buffer pem = { 0 };
    struct x509_info info;
    snprintf(path, sizeof(path), "%s.key", name);
    if (!file_exists(directory, path))
        return false;
    snprintf(path, sizeof(path), "%s.crt", name);
    if (file_read(directory, path, PEM_MAX, &pem, NULL) < 0 || x509_parse(buffer_str(&pem), &arena, &info, NULL) < 0)
        return false;
    return info.not_after > now + RENEW_BEFORE;
}

/* Where certificates are to be, who signs them, and those that have to be made. */
struct issuing {
    struct x509_authority *authority; /* NULL: not needed yet */
    int authority_directory, directory;
    usec_t now;
    struct new_files made;
};

static void issuing_fini(struct issuing *issuing)
{
    new_files_fini(&issuing->made);
    x509_authority_destroy(issuing->authority);
}

/* One that is there is read only when it has something to sign. */
static int open_authority(struct issuing *issuing, struct error *err)
{
    usec_t begin = issuing->now - CLOCK_SKEW, end = issuing->now + AUTHORITY_LIFE;
    if (issuing->authority != NULL)
        return 0;
    return x509_authority_open(issuing->authority_directory, "ca", "kubernetes", begin, end, &issuing->authority, err);
}

static int ensure(struct issuing *issuing, const char *name, struct x509_template what, struct error *err)
{
    if (still_good(issuing->directory, name, issuing->now))
        return 0;
    int rc = open_authority(issuing, err);
    if (rc < 0)
        return rc;
    what.not_before = issuing->now - CLOCK_SKEW;
    what.not_after = issuing->now + CERTIFICATE_LIFE;
    struct buffer *key = new_file(&issuing->made, name, ".key", 0600);
    struct buffer *certificate = new_file(&issuing->made, name, ".crt", 0644);
    rc = x509_issue(issuing->authority, &what, certificate, key, err);
    return rc < 0 ? error_wrap_code(err, rc, "certificate %s", name) : 0;
}

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
    return ensure(issuing, "apiserver", what, err);
}

static int ensure_client(struct issuing *issuing, const char *name, const char *user, const char *group,
                         struct error *err)
{
    const char *const groups[] = { group, NULL };
    const struct x509_template what = { .common_name = user, .organizations = groups, .usages = X509_USAGE_CLIENT };
    return ensure(issuing, name, what, err);
}

static int get_pem(const struct issuing *issuing, const char *path, struct buffer *pem, struct error *err)
{
    const struct buffer *made = new_files_find(&issuing->made, path);
    if (made == NULL)
        return file_read(issuing->directory, path, PEM_MAX, pem, err);
    buffer_append_str(pem, buffer_str(made));
    return 0;
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
        rc = get_pem(issuing, files[i].path, files[i].pem, err);
    return rc;
}

static int ensure_authority(struct issuing *issuing, struct error *err)
{
    usec_t begin = issuing->now - CLOCK_SKEW, end = issuing->now + AUTHORITY_LIFE;
    if (file_exists(issuing->directory, "ca.key") || file_exists(issuing->directory, "ca.crt"))
        return 0;
    int rc = x509_authority_create("kubernetes", begin, end, &issuing->authority, err);
    if (rc < 0)
        return rc;
    rc = x509_authority_format_key(issuing->authority, new_file(&issuing->made, "ca", ".key", 0600), err);
    buffer_append_str(new_file(&issuing->made, "ca", ".crt", 0644), x509_authority_pem(issuing->authority));
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
        rc = key_format(key, new_file(&issuing->made, "sa", ".key", 0600), err);
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

static int open_directory(const char *path, int *ret_fd, struct error *err)
{
    int rc = file_make_directories(AT_FDCWD, path, 0700, err);
    if (rc < 0)
        return rc;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "open %s", path);
    *ret_fd = fd;
    return 0;
}

int pki_open(const struct pki_options *options, struct pki *ret_pki, struct error *err)
{
    struct pki pki = { .directory = -1 };
    int rc = open_directory(options->directory, &pki.directory, err);
    struct issuing issuing = { .authority_directory = pki.directory, .directory = pki.directory, .now = options->now };
    if (rc == 0)
        rc = ensure_all(&issuing, options, err);
    if (rc == 0)
        rc = get_all(&issuing, &pki, err);
    if (rc == 0 && issuing.made.count > 0)
        rc = new_files_write(&issuing.made, pki.directory, &pki.writing, err);
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

static int issue_node(struct issuing *issuing, const char *node, const struct ip *address, struct error *err)
{
    char user[NAME_SIZE];
    snprintf(user, sizeof(user), "system:node:%s", node);
    const char *const names[] = { node, NULL };
    const char *const groups[] = { "system:nodes", NULL };
    const struct x509_template server = {
        .common_name = user,
        .organizations = groups,
        .dns_names = names,
        .addresses = address,
        .address_count = 1,
        .usages = X509_USAGE_SERVER,
    };
    struct file_writing *writing = NULL;
    int rc = ensure(issuing, "kubelet", server, err);
    if (rc == 0)
        rc = ensure_client(issuing, "kubelet-client", user, "system:nodes", err);
    if (rc == 0)
        rc = ensure_client(issuing, "proxy-client", "system:kube-proxy", "system:node-proxier", err);
    if (rc == 0)
        rc = open_authority(issuing, err);
    if (rc < 0)
        return rc;
    buffer_append_str(new_file(&issuing->made, "ca", ".crt", 0644), x509_authority_pem(issuing->authority));
    rc = new_files_write(&issuing->made, issuing->directory, &writing, err);
    return rc == 0 ? file_writing_finish(writing, err) : rc;
}

int pki_issue_node(const char *authority_directory, const char *directory, const char *node, const struct ip *address,
                   usec_t now, struct error *err)
{
    autoclose int from = -1, to = -1;
    int rc = open_directory(authority_directory, &from, err);
    if (rc == 0)
        rc = open_directory(directory, &to, err);
    struct issuing issuing = { .authority_directory = from, .directory = to, .now = now };
    if (rc == 0)
        rc = issue_node(&issuing, node, address, err);
    issuing_fini(&issuing);
    return rc;
}
