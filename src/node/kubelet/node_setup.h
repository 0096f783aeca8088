/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_setup.h - what this node is told to be: plain facts that pods' configurations are made from. */
#ifndef NODE_KUBELET_NODE_SETUP_H
#define NODE_KUBELET_NODE_SETUP_H

#include <stdint.h>

#include "generated/cri.h"

/* Strings and lists belong to the kubelet and stay as they are while it runs; lists end with NULL. */
struct node_setup {
    const char *node_name;
    const char *const *host_ips;
    const char *const *cluster_dns;
    const char *cluster_domain;     /* "cluster.local" */
    const char *pods_directory;     /* NULL: a hollow node, nothing touches files or cgroups */
    const char *logs_directory;     /* DIRECTORY/<namespace>_<name>_<uid>/<container>/<attempt>.log */
    const char *cgroup_root;        /* "/node1" */
    struct cri_dns_config host_dns; /* of the host's resolv.conf */
    int64_t cpu_milli;              /* allocatable */
    int64_t memory;                 /* allocatable, bytes */
    int64_t memory_capacity;        /* bytes */
    int64_t ephemeral_storage;      /* allocatable, bytes */
    int64_t oom_floor;              /* the lowest oom_score_adj this process may give (no CAP_SYS_RESOURCE) */
};

#endif
