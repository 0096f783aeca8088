/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_identity.h - what a node proves itself with, in a directory of its own.
 *
 *   pki/kubelet.*                            what its kubelet's server shows
 *   pki/kubelet-client.* kubelet.kubeconfig  its kubelet: system:node:NAME
 *   pki/proxy-client.* proxy.kubeconfig      its service proxy: system:kube-proxy
 *   pki/ca.crt                               the cluster's authority
 *
 * Made where missing, as pki.h does it; what is as it should be is not written again. */
#ifndef CLUSTER_NODE_IDENTITY_H
#define CLUSTER_NODE_IDENTITY_H

#include "cluster/identity/pki.h"

struct node_identity_options {
    const struct pki *pki; /* whose authority signs */
    const char *directory;
    const char *node;
    struct ip address;
    const char *cluster;
    const char *server; /* "https://10.99.0.254:6443" */
    usec_t now;
};

/* On its way to the disk after issue(); settle() waits for that, and has to be called after pki_settle(): no node
 * may hold what an authority signed that a crash forgets. */
struct node_identity {
    int directory;
    struct file_writing *writing;
};

int node_identity_issue(const struct node_identity_options *options, struct node_identity *ret_identity,
                        struct error *err) must_check;
int node_identity_settle(struct node_identity *identity, struct error *err) must_check;
void node_identity_fini(struct node_identity *identity); /* a zeroed one is fine */

#endif
