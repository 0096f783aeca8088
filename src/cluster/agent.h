/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* agent.h - kubelet, service proxy, pod routes and DNS of one node, in one process on one loop. */
#ifndef CLUSTER_AGENT_H
#define CLUSTER_AGENT_H

#include <stdbool.h>

#include "base/error.h"
#include "loop/loop.h"

struct agent;

/* Runs in the network namespace of its node. */
struct agent_options {
    const char *node_name;
    const char *node_address;
    const char *kubeconfig;       /* identity system:node:NAME, for the kubelet */
    const char *proxy_kubeconfig; /* identity system:kube-proxy, for proxy, routes and DNS */
    const char *
        certificate_directory; /* kubelet.crt, kubelet.key, ca.crt: what the kubelet's server shows, and whom it trusts */
    const char *root_directory;
    const char *runtime_endpoint; /* unix:///run/containerd/containerd.sock */
    const char *pause_image;      /* the built-in one gets this name in the runtime; NULL: the runtime has its own */
    const char *cni_directory;    /* where the network list is written once the node has its pod range */
    const char *cgroup_root;
    const char *cluster_cidr;
    const char *cluster_dns;
    const char *cluster_domain;
};

int agent_start(struct loop *loop, const struct agent_options *options, struct agent **ret_agent,
                struct error *err) must_check;

/* Pods and rules stay; done() when no work is under way any more. */
void agent_stop(struct agent *agent, void (*done)(void *context), void *context);
void agent_destroy(struct agent *agent); /* after done(), or when start failed; NULL is fine */

#endif
