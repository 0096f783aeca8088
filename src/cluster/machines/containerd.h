/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* containerd.h - a private containerd per machine: its configuration and the command that starts it. */
#ifndef CLUSTER_CONTAINERD_H
#define CLUSTER_CONTAINERD_H

#include "base/error.h"

#define CLUSTER_PAUSE_IMAGE "registry.k8s.io/pause:coracle" /* packed here, never pulled */

struct containerd_paths {
    const char *root;     /* images and snapshots, on disk */
    const char *state;    /* sockets and running state */
    const char *socket;   /* CRI and containerd's own services */
    const char *cni_bin;  /* where the plugin is */
    const char *cni_conf; /* where its network list is */
};

/* Writes the configuration file. */
int containerd_configure(const char *path, const struct containerd_paths *paths, struct error *err) must_check;

#endif
