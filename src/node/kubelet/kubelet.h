/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* kubelet.h - a node's agent: runs the pods that are bound to the node, and says how they and the node are.
 *
 * Speaks to the API server through a client, to the container runtime through CRI. Everything is on the client's
 * loop. A kubelet may end at any time, killed too: pods go on, and the next one finds them through the runtime.
 * Several kubelets may share a kernel when each has its own cgroup root, data directory and runtime. */
#ifndef NODE_KUBELET_KUBELET_H
#define NODE_KUBELET_KUBELET_H

#include "client/client.h"
#include "node/cri/cri.h"

struct kubelet;
struct tls_context;

/* Copied, strings and lists too; lists end with NULL. */
struct kubelet_options {
    struct client *client;
    struct cri *cri;
    const char *node_name;
    const char *const *addresses;   /* of the node, the main one first */
    const char *data_directory;     /* pods/, logs/ below it; NULL: a hollow node without files and cgroups */
    const char *logs_directory;     /* NULL: <data>/logs/pods */
    const char *cgroup_root;        /* "/node1"; NULL: "/" */
    const char *const *cluster_dns; /* addresses; may be NULL */
    const char *cluster_domain;     /* NULL: "cluster.local" */
    const char *resolv_conf;        /* NULL: "/etc/resolv.conf" */
    const char *const *labels;      /* "key=value", added to the node's own; may be NULL */
    const char *const *taints;      /* "key=value:Effect"; may be NULL */
    const char *provider_id;        /* NULL: none */
    const char *pod_cidr;           /* told the runtime; NULL: what the node object gets */
    int64_t max_pods;               /* 0: 110 */
    int64_t cpu_milli;              /* capacity; 0: the machine's */
    int64_t memory;                 /* capacity in bytes; 0: the machine's */
    int32_t port;                   /* of the server; 0: 10250; negative: no server */
    struct tls_context *tls;        /* of the server: certificate, key, CA of clients; NULL: no server */
    const char *server_client_name; /* common name clients must have; NULL: "kube-apiserver-kubelet-client" */
    usec_t status_period;           /* node status when nothing changed; 0: 5 min */
    usec_t lease_period;            /* 0: 10 s */
    int64_t log_max_size;           /* bytes before a container's log is rotated; 0: 10 MiB */
    int64_t log_max_files;          /* of one container, the current one included; 0: 5 */
};

struct kubelet *kubelet_create(const struct kubelet_options *options);
void kubelet_destroy(struct kubelet *kubelet); /* pods go on; NULL is fine */

/* Registers the node and begins. Fails when the data directory or the server's port cannot be had. */
int kubelet_start(struct kubelet *kubelet, struct error *err) must_check;

/* The runtime and all caches have been read: the node may be Ready. */
bool kubelet_synced(const struct kubelet *kubelet);

size_t kubelet_pod_count(const struct kubelet *kubelet);
int kubelet_port(const struct kubelet *kubelet); /* the real one; 0 without a server */

#endif
