/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* layout.h - what a cluster on this machine is called, made of, and where its files are.
 *
 *   /var/lib/coracle/NAME/           survives reboots: cluster.json, pki/, store/, nodes/NODE/
 *   /run/coracle/NAME/               pid files, sockets, namespaces, logs
 *
 * Plain data; written once by 'coracle up', read by everything else. */
#ifndef CLUSTER_LAYOUT_H
#define CLUSTER_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    CLUSTER_NAME_MAX = 20 /* interface and cgroup names are made from it */,
    CLUSTER_NODES_MAX = 50,
    CLUSTER_PATH_MAX = 256
};

struct cluster_layout {
    char name[CLUSTER_NAME_MAX + 1];
    int64_t nodes;
    int64_t api_port; /* on 127.0.0.1 of the host and on the fabric's gateway */
    char data[CLUSTER_PATH_MAX];
    char run[CLUSTER_PATH_MAX];
};

/* Where libcni, inside containerd, keeps what it was told of each pod; no setting moves it, so that each machine has its own
 * mounted there. */
#define CLUSTER_CNI_CACHE "/var/lib/cni"

/* Addresses inside a cluster. They are its own: two clusters may use the same ones. */
#define CLUSTER_FABRIC_CIDR  "10.99.0.0/24" /* machines: .1, .2, ...; gateway, where the API server listens: .254 */
#define CLUSTER_GATEWAY      "10.99.0.254"
#define CLUSTER_POD_CIDR     "10.244.0.0/16" /* a /24 per node */
#define CLUSTER_SERVICE_CIDR "10.96.0.0/16"
#define CLUSTER_DNS_ADDRESS  "10.96.0.10"
#define CLUSTER_DNS_DOMAIN   "cluster.local"
#define CLUSTER_API_PORT     6443

/* Lower case letters, digits and '-', at most CLUSTER_NAME_MAX. */
int cluster_layout_init(struct cluster_layout *layout, const char *name, struct error *err) must_check;

/* <data>/pki/ca.crt and the like; 'text' has CLUSTER_PATH_MAX bytes. */
void cluster_data_path(const struct cluster_layout *layout, char *text, const char *format, ...) printf_like(3, 4);
void cluster_run_path(const struct cluster_layout *layout, char *text, const char *format, ...) printf_like(3, 4);

/* "node1" for 0. */
void cluster_node_name(int64_t index, char text[32]);
/* "10.99.0.1" for 0. */
void cluster_node_address(int64_t index, char text[32]);

int cluster_layout_save(const struct cluster_layout *layout, struct error *err) must_check;
/* -ERROR_NOT_FOUND: no such cluster. */
int cluster_layout_load(struct cluster_layout *layout, const char *name, struct error *err) must_check;

/* Directories that all clusters of this machine share: gone with the last of them. */
void cluster_layout_forget_roots(void);

#endif
