/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* fabric.c - the namespace with the bridge that machines hang on.
 *
 * Making is idempotent step by step: a step that is done already is success, so that a
 * crash in the middle is repaired by the next call. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "net/netlink.h"
#include "node/machine/cgroup.h"
#include "node/machine/machine_internal.h"

static int make_directory(const char *path, struct error *err)
{
    return mkdir(path, 0755) < 0 && errno != EEXIST ? error_errno(err, "make %s", path) : 0;
}

/* The directory and its parent: /run/coracle/<cluster>. */
static int make_state_directory(const char *path, struct error *err)
{
    char parent[HOLDER_PATH_MAX];
    snprintf(parent, sizeof(parent), "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash != NULL && slash != parent) {
        *slash = '\0';
        int rc = make_directory(parent, err);
        if (rc < 0)
            return rc;
    }
    int rc = make_directory(path, err);
    if (rc < 0)
        return rc;
    char machines[HOLDER_PATH_MAX + 16];
    snprintf(machines, sizeof(machines), "%s/machines", path);
    return make_directory(machines, err);
}

static int set_up_bridge(const struct fabric *fabric, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(fabric->namespace_fd, &netlink, err);
    if (rc < 0)
        return rc;
    netlink_add_bridge(netlink, &(struct netlink_link){ .name = FABRIC_BRIDGE });
    rc = netlink_commit(netlink, err);
    int bridge;
    if (rc == 0)
        rc = netlink_find_link(netlink, FABRIC_BRIDGE, &bridge, NULL, err);
    if (rc == 0) {
        /* An address of its own, or the bridge's would change with each new port, and with it every neighbour
         * entry. */
        struct netlink_link up = { .index = bridge, .up = true };
        machine_mac(&fabric->gateway.address, up.mac);
        netlink_set_link(netlink, &up);
        netlink_add_address(netlink, bridge, &fabric->gateway);
        rc = netlink_commit(netlink, err);
    }
    netlink_close(netlink);
    return rc;
}

int fabric_check_name(const char *name, size_t max, const char *what, struct error *err)
{
    size_t size = name == NULL ? 0 : strlen(name);
    if (size == 0 || size > max || name[0] == '-' || name[0] == '.' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != size)
        return error_set(err, ERROR_USAGE, "'%s' is not a name for a %s: 1 to %zu of a-z, 0-9, '-' and '.'",
                         text_or_empty(name), what, max);
    return 0;
}

static int init(struct fabric *fabric, const struct fabric_options *options, struct error *err)
{
    int rc = fabric_check_name(options->cluster, MACHINE_CLUSTER_MAX, "cluster", err);
    if (rc < 0)
        return rc;
    *fabric = (struct fabric){ .namespace_fd = -1, .gateway = options->gateway };
    if (fabric->gateway.address.family == IP_NONE)
        fabric->gateway = (struct ip_prefix){ ip_v4(10, 99, 0, 254), 24 };
    snprintf(fabric->cluster, sizeof(fabric->cluster), "%s", options->cluster);
    snprintf(fabric->program, sizeof(fabric->program), "%s", text_or_empty(options->program));
    int size = snprintf(fabric->directory, sizeof(fabric->directory), "%s", options->state_directory);
    if (size <= 0 || options->state_directory[0] != '/' || (size_t)size > sizeof(fabric->directory) - 100)
        return error_set(err, ERROR_USAGE, "the state directory '%s' is not an absolute path of moderate length",
                         options->state_directory);
    snprintf(fabric->state_path, sizeof(fabric->state_path), "%s/fabric", fabric->directory);
    return 0;
}

int fabric_open(const struct fabric_options *options, struct fabric **ret_fabric, struct error *err)
{
    struct fabric *fabric = memory_new(struct fabric);
    int rc = init(fabric, options, err);
    if (rc == 0 && geteuid() != 0)
        rc = error_set(err, ERROR_FORBIDDEN, "machines need root: namespaces, cgroups and links are made");
    if (rc == 0)
        rc = make_state_directory(fabric->directory, err);
    if (rc == 0 && !holder_alive(fabric->state_path)) {
        char cgroup[MACHINE_CGROUP_MAX];
        snprintf(cgroup, sizeof(cgroup), "/coracle-%s/fabric/system", fabric->cluster);
        struct holder_options holder = {
            .program = fabric->program[0] != '\0' ? fabric->program : NULL,
            .state_path = fabric->state_path,
            .cgroup = cgroup,
        };
        rc = holder_start(&holder, err);
    }
    if (rc == 0)
        rc = holder_network_namespace(fabric->state_path, &fabric->namespace_fd, err);
    if (rc == 0)
        rc = set_up_bridge(fabric, err);
    if (rc < 0) {
        fabric_close(fabric);
        return error_wrap_code(err, rc, "fabric of cluster %s", options->cluster);
    }
    *ret_fabric = fabric;
    return 0;
}

void fabric_close(struct fabric *fabric)
{
    if (fabric == NULL)
        return;
    if (fabric->namespace_fd >= 0)
        close(fabric->namespace_fd);
    free(fabric);
}

int fabric_network_namespace(const struct fabric *fabric)
{
    return fabric->namespace_fd;
}

struct ip_prefix fabric_gateway(const struct fabric *fabric)
{
    return fabric->gateway;
}

const char *fabric_state_path(const struct fabric *fabric)
{
    return fabric->state_path;
}

int fabric_remove(const struct fabric_options *options, struct error *err)
{
    struct fabric fabric;
    int rc = init(&fabric, options, err);
    if (rc < 0)
        return rc;
    char path[HOLDER_PATH_MAX + 32];
    snprintf(path, sizeof(path), "/coracle-%s", fabric.cluster);
    rc = cgroup_remove(path, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "remove cluster %s", fabric.cluster);
    unlink(fabric.state_path); /* the namespaces died with their processes; these are only names */
    snprintf(path, sizeof(path), "%s/machines", fabric.directory);
    machine_forget_all(path);
    rmdir(path);
    rmdir(fabric.directory); /* somebody else's files may still be there: theirs to remove */
    return 0;
}
