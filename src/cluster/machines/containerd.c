/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/machines/containerd.h"

#include "base/system/file.h"

/* Version 2 is what containerd 1.6 (Debian 12) and 1.7 (Debian 13) read. oom scores are restricted because not every
 * host lets us lower them (no CAP_SYS_RESOURCE in nested containers); the streaming server is reached through the kubelet only. */
static const char template_head[] =
    "version = 2\n"
    "disabled_plugins = [\"io.containerd.snapshotter.v1.btrfs\", \"io.containerd.snapshotter.v1.zfs\","
    " \"io.containerd.snapshotter.v1.devmapper\", \"io.containerd.snapshotter.v1.aufs\","
    " \"io.containerd.internal.v1.tracing\"]\n";

int containerd_configure(const char *path, const struct containerd_paths *paths, struct error *err)
{
    auto_buffer struct buffer text = { 0 };
    buffer_append_text(&text, template_head);
    buffer_format(&text,
                  "root = \"%s\"\nstate = \"%s\"\noom_score = 0\n"
                  "[grpc]\n  address = \"%s\"\n"
                  "[plugins.\"io.containerd.internal.v1.opt\"]\n  path = \"%s/opt\"\n"
                  "[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                  "  sandbox_image = \"" CLUSTER_PAUSE_IMAGE "\"\n"
                  "  restrict_oom_score_adj = true\n"
                  "  stream_server_address = \"127.0.0.1\"\n  stream_server_port = \"0\"\n"
                  "  [plugins.\"io.containerd.grpc.v1.cri\".cni]\n    bin_dir = \"%s\"\n    conf_dir = \"%s\"\n"
                  "  [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]\n"
                  "    runtime_type = \"io.containerd.runc.v2\"\n",
                  paths->root, paths->state, paths->socket, paths->root, paths->cni_bin, paths->cni_conf);
    return file_write(AT_FDCWD, path, buffer_str(&text), 0600, err);
}
