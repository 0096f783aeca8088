/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* machines.h - the fabric and the machines of a cluster, with what each needs on disk before it can run. */
#ifndef CLUSTER_MACHINES_H
#define CLUSTER_MACHINES_H

#include "cluster/layout.h"
#include "node/machine/machine.h"

struct machines {
    const struct cluster_layout *layout;
    struct fabric *fabric;
    struct machine *items[CLUSTER_NODES_MAX];
};

/* Makes directories, namespaces and configuration files, or finds them. Blocks for some milliseconds a machine. */
int machines_open(const struct cluster_layout *layout, struct machines *machines, struct error *err) must_check;
void machines_close(struct machines *machines);

/* Paths of a machine's parts; 'text' has CLUSTER_PATH_MAX bytes. The state file is machine-exec's. */
void machines_state_file(const struct cluster_layout *layout, const char *node, char *text);
void machines_containerd_socket(const struct cluster_layout *layout, const char *node, char *text);
void machines_containerd_config(const struct cluster_layout *layout, const char *node, char *text);

/* Pulls a machine's plug: its processes are gone at once. machines_open() makes it again, and the supervisor, which keeps
 * trying, then starts what runs on it. */
int machines_stop(const struct cluster_layout *layout, const char *node, struct error *err) must_check;

/* Ends every process and removes the namespaces and cgroups that machines_open() made; files stay. */
int machines_remove(const struct cluster_layout *layout, struct error *err) must_check;

#endif
