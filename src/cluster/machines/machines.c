/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "cluster/machines/machines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cluster/machines/containerd.h"

#define FABRIC_PREFIX_LENGTH 24

static struct fabric_options fabric_options(const struct cluster_layout *layout)
{
    struct fabric_options options = { .cluster = layout->name, .state_directory = layout->run };
    ip_parse(STR(CLUSTER_GATEWAY), &options.gateway.address);
    options.gateway.length = FABRIC_PREFIX_LENGTH;
    return options;
}

void machines_state_file(const struct cluster_layout *layout, const char *node, char *text)
{
    cluster_run_path(layout, text, "machines/%s", node);
}

void machines_containerd_socket(const struct cluster_layout *layout, const char *node, char *text)
{
    cluster_run_path(layout, text, "nodes/%s/containerd.sock", node);
}

void machines_containerd_config(const struct cluster_layout *layout, const char *node, char *text)
{
    cluster_run_path(layout, text, "nodes/%s/containerd.toml", node);
}

/* The plug-ins are our own binary under other names, in a directory of their own. containerd runs "loopback" for every pod,
 * whatever the network's own plug-in is. */
static int link_plugins(const char *directory, struct error *err)
{
    static const char *const names[] = { "coracle-cni", "loopback" };
    char program[CLUSTER_PATH_MAX], path[CLUSTER_PATH_MAX + 16];
    ssize_t size = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (size < 0)
        return error_errno(err, "read /proc/self/exe");
    program[size] = '\0';
    for (size_t i = 0; i < countof(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        if (unlink(path) < 0 && errno != ENOENT)
            return error_errno(err, "replace %s", path);
        if (symlink(program, path) < 0)
            return error_errno(err, "make %s", path);
    }
    return 0;
}

/* A machine's resolv.conf: its network ends at the gateway, where the control plane relays to the host's resolvers. */
static int write_resolvers(const struct cluster_layout *layout, char path[CLUSTER_PATH_MAX], struct error *err)
{
    static const char text[] = "nameserver " CLUSTER_GATEWAY "\n";
    cluster_run_path(layout, path, "resolv.conf");
    autoclose int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, sizeof(text) - 1) != (ssize_t)sizeof(text) - 1)
        return error_errno(err, "write %s", path);
    return 0;
}

/* Node directories: data (images, pods, volumes) and run (sockets, configuration). */
static int prepare_node(const struct cluster_layout *layout, const char *node, struct error *err)
{
    static const char *const data_parts[] = { "containerd", "kubelet", "cni" };
    static const char *const run_parts[] = { "containerd", "cni/bin", "cni/net.d" };
    char path[CLUSTER_PATH_MAX];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < countof(data_parts); i++) {
        cluster_data_path(layout, path, "nodes/%s/%s", node, data_parts[i]);
        rc = file_make_directories(AT_FDCWD, path, 0700, err);
    }
    for (size_t i = 0; rc == 0 && i < countof(run_parts); i++) {
        cluster_run_path(layout, path, "nodes/%s/%s", node, run_parts[i]);
        rc = file_make_directories(AT_FDCWD, path, 0755, err);
    }
    if (rc < 0)
        return rc;
    char root[CLUSTER_PATH_MAX], state[CLUSTER_PATH_MAX], socket[CLUSTER_PATH_MAX], bin[CLUSTER_PATH_MAX],
        conf[CLUSTER_PATH_MAX];
    cluster_data_path(layout, root, "nodes/%s/containerd", node);
    cluster_run_path(layout, state, "nodes/%s/containerd", node);
    cluster_run_path(layout, bin, "nodes/%s/cni/bin", node);
    cluster_run_path(layout, conf, "nodes/%s/cni/net.d", node);
    machines_containerd_socket(layout, node, socket);
    machines_containerd_config(layout, node, path);
    rc = containerd_configure(path, &(struct containerd_paths){ root, state, socket, bin, conf }, err);
    return rc == 0 ? link_plugins(bin, err) : rc;
}

static int open_node(struct machines *machines, int64_t index, struct error *err)
{
    char name[32], address[32];
    cluster_node_name(index, name);
    cluster_node_address(index, address);
    int rc = prepare_node(machines->layout, name, err);
    if (rc < 0)
        return rc;
    char resolvers[CLUSTER_PATH_MAX], cache[CLUSTER_PATH_MAX];
    rc = write_resolvers(machines->layout, resolvers, err);
    if (rc == 0)
        rc = file_make_directories(AT_FDCWD, CLUSTER_CNI_CACHE, 0700, err);
    if (rc < 0)
        return rc;
    cluster_data_path(machines->layout, cache, "nodes/%s/cni", name);
    const struct holder_mount mounts[] = { { cache, CLUSTER_CNI_CACHE }, { resolvers, "/etc/resolv.conf" } };
    struct machine_options options = { .name = name, .mounts = mounts, .n_mounts = countof(mounts) };
    if (access("/etc/resolv.conf", F_OK) < 0)
        options.n_mounts--; /* a host without resolvers has nothing to cover */
    ip_parse(str_of(address), &options.address);
    rc = machine_open(machines->fabric, &options, &machines->items[index], err);
    return rc < 0 ? error_wrap_code(err, rc, "machine %s", name) : 0;
}

int machines_open(const struct cluster_layout *layout, struct machines *machines, struct error *err)
{
    *machines = (struct machines){ .layout = layout };
    int rc = file_make_directories(AT_FDCWD, layout->run, 0755, err);
    if (rc < 0)
        return rc;
    struct fabric_options options = fabric_options(layout);
    rc = fabric_open(&options, &machines->fabric, err);
    for (int64_t i = 0; rc == 0 && i < layout->nodes; i++)
        rc = open_node(machines, i, err);
    if (rc < 0)
        machines_close(machines);
    return rc;
}

void machines_close(struct machines *machines)
{
    for (size_t i = 0; i < countof(machines->items); i++)
        machine_close(machines->items[i]);
    fabric_close(machines->fabric);
    *machines = (struct machines){ 0 };
}

int machines_stop(const struct cluster_layout *layout, const char *node, struct error *err)
{
    struct fabric_options options = fabric_options(layout);
    struct fabric *fabric = NULL;
    int rc = fabric_open(&options, &fabric, err);
    if (rc < 0)
        return rc;
    rc = machine_remove(fabric, node, err);
    fabric_close(fabric);
    return rc;
}

int machines_remove(const struct cluster_layout *layout, struct error *err)
{
    struct fabric_options options = fabric_options(layout);
    return fabric_remove(&options, err);
}
