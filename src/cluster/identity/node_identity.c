/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_identity.c - see node_identity.h. */
#include "cluster/identity/node_identity.h"

#include <stdio.h>
#include <unistd.h>

#include "client/kubeconfig.h"
#include "cluster/identity/issuing.h"

enum { USER_SIZE = 300 };

static int issue_certificates(struct issuing *issuing, const struct node_identity_options *options, const char *user,
                              struct error *err)
{
    const char *const names[] = { options->node, NULL };
    const char *const groups[] = { "system:nodes", NULL };
    const struct x509_template server = { .common_name = user,
                                          .organizations = groups,
                                          .dns_names = names,
                                          .addresses = &options->address,
                                          .address_count = 1,
                                          .usages = X509_USAGE_SERVER };
    const struct x509_template kubelet = { .common_name = user, .organizations = groups, .usages = X509_USAGE_CLIENT };
    const char *const proxy_groups[] = { "system:node-proxier", NULL };
    const struct x509_template proxy = { .common_name = "system:kube-proxy",
                                         .organizations = proxy_groups,
                                         .usages = X509_USAGE_CLIENT };
    int rc = issuing_ensure(issuing, "pki/kubelet", server, err);
    if (rc == 0)
        rc = issuing_ensure(issuing, "pki/kubelet-client", kubelet, err);
    if (rc == 0)
        rc = issuing_ensure(issuing, "pki/proxy-client", proxy, err);
    issuing_add_changed(issuing, "pki/ca.crt", 0644, buffer_str(&options->pki->ca_certificate));
    return rc;
}

static int add_kubeconfig(struct issuing *issuing, const struct node_identity_options *options, const char *path,
                          const char *certificate_path, const char *key_path, const char *user, struct error *err)
{
    auto_buffer struct buffer certificate = { 0 };
    auto_buffer struct buffer key = { 0 };
    auto_buffer struct buffer text = { 0 };
    int rc = issuing_read(issuing, certificate_path, &certificate, err);
    if (rc == 0)
        rc = issuing_read(issuing, key_path, &key, err);
    if (rc < 0)
        return rc;
    kubeconfig_format(options->cluster, options->server, user, buffer_str(&options->pki->ca_certificate),
                      buffer_str(&certificate), buffer_str(&key), &text);
    issuing_add_changed(issuing, path, 0600, buffer_str(&text));
    return 0;
}

static int issue_all(struct issuing *issuing, const struct node_identity_options *options, struct error *err)
{
    char user[USER_SIZE];
    snprintf(user, sizeof(user), "system:node:%s", options->node);
    int rc = file_make_directories(issuing->directory, "pki", 0700, err);
    if (rc == 0)
        rc = issue_certificates(issuing, options, user, err);
    if (rc == 0)
        rc = add_kubeconfig(issuing, options, "kubelet.kubeconfig", "pki/kubelet-client.crt", "pki/kubelet-client.key",
                            user, err);
    if (rc == 0)
        rc = add_kubeconfig(issuing, options, "proxy.kubeconfig", "pki/proxy-client.crt", "pki/proxy-client.key",
                            "system:kube-proxy", err);
    return rc;
}

int node_identity_issue(const struct node_identity_options *options, struct node_identity *ret_identity,
                        struct error *err)
{
    struct node_identity identity = { .directory = -1 };
    int rc = issuing_open_directory(options->directory, &identity.directory, err);
    struct issuing issuing = { .directory = identity.directory,
                               .now = options->now,
                               .ca_certificate = buffer_str(&options->pki->ca_certificate),
                               .ca_key = buffer_str(&options->pki->ca_key) };
    if (rc == 0)
        rc = issue_all(&issuing, options, err);
    if (rc == 0)
        rc = issuing_write(&issuing, &identity.writing, err);
    issuing_fini(&issuing);
    if (rc < 0) {
        node_identity_fini(&identity);
        return error_wrap_code(err, rc, "the identity of node %s", options->node);
    }
    *ret_identity = identity;
    return 0;
}

int node_identity_settle(struct node_identity *identity, struct error *err)
{
    struct file_writing *writing = take_pointer(&identity->writing);
    return writing == NULL ? 0 : file_writing_finish(writing, err);
}

void node_identity_fini(struct node_identity *identity)
{
    file_writing_cancel(take_pointer(&identity->writing));
    if (identity->directory > 0) /* a zeroed one has none; 0 is taken */
        close(identity->directory);
    identity->directory = -1;
}
