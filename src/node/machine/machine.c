/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* machine.c - a holder, a veth pair to the fabric's bridge, an address.
 *
 * <state directory>/machines/NAME is the holder's state file. The address is not written
 * down anywhere else than on eth0: what the kernel says is the truth. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "net/netlink.h"
#include "node/machine/cgroup.h"
#include "node/machine/machine_internal.h"

#define MACHINES_SCANNED 4096 /* addresses looked at for a free one */

struct machine {
    struct fabric *fabric;
    char name[MACHINE_NAME_MAX + 1];
    char state_path[HOLDER_PATH_MAX + 96];
    char cgroup[MACHINE_CGROUP_MAX];
    struct ip address;
    int namespace_fd;
};

void machine_mac(const struct ip *address, uint8_t ret_mac[6])
{
    uint8_t mac[6] = { 0x02, 0xca };
    memcpy(mac + 2, address->bytes + ip_size(address) - 4, 4);
    memcpy(ret_mac, mac, sizeof(mac));
}

/* The bridge's side of the pair: a name of at most 15 bytes that is unique on the fabric. */
static void port_name(const char *machine, char text[IFNAMSIZ])
{
    if (strlen(machine) <= IFNAMSIZ - 3)
        snprintf(text, IFNAMSIZ, "p-%s", machine);
    else
        snprintf(text, IFNAMSIZ, "p-%012llx", (unsigned long long)(str_hash(str_of(machine)) & 0xffffffffffff));
}

struct address_search {
    struct ip_prefix network;
    struct ip found;
};

static void take_address(void *context, int index, const struct ip_prefix *address)
{
    struct address_search *search = context;
    (void)index;
    if (ip_prefix_contains(&search->network, &address->address))
        search->found = address->address;
}

/* The fabric address that this namespace has; family IP_NONE when it has none yet. */
static int read_address(const struct fabric *fabric, int namespace_fd, struct ip *ret_address, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(namespace_fd, &netlink, err);
    if (rc < 0)
        return rc;
    struct address_search search = { .network = fabric->gateway };
    rc = netlink_each_address(netlink, (enum ip_family)fabric->gateway.address.family, take_address, &search, err);
    netlink_close(netlink);
    if (rc == 0)
        *ret_address = search.found;
    return rc;
}

/* ---------------------------------------------------------------- the first free address */

struct address_pool {
    struct ip used[MACHINES_SCANNED];
    size_t count;
};

static int note_used(const struct fabric *fabric, const char *state_path, struct address_pool *pool, struct error *err)
{
    autoclose int fd = -1;
    struct ip address;
    if (holder_network_namespace(state_path, &fd, NULL) < 0)
        return 0; /* gone: its address is free */
    int rc = read_address(fabric, fd, &address, err);
    if (rc == 0 && address.family != IP_NONE && pool->count < MACHINES_SCANNED)
        pool->used[pool->count++] = address;
    return rc;
}

static int gather_used(const struct fabric *fabric, struct address_pool *pool, struct error *err)
{
    char directory[HOLDER_PATH_MAX + 16];
    snprintf(directory, sizeof(directory), "%s/machines", fabric->directory);
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return error_errno(err, "open %s", directory);
    int rc = 0;
    for (const struct dirent *entry; rc == 0 && (entry = readdir(stream)) != NULL;) {
        char path[HOLDER_PATH_MAX + 300];
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.')
            rc = note_used(fabric, path, pool, err);
    }
    closedir(stream);
    return rc;
}

static int find_free_address(const struct fabric *fabric, struct ip *ret_address, struct error *err)
{
    autofree struct address_pool *pool = memory_new(struct address_pool);
    int rc = gather_used(fabric, pool, err);
    if (rc < 0)
        return rc;
    struct ip last = ip_prefix_last(&fabric->gateway), candidate;
    for (uint64_t offset = 1; offset < MACHINES_SCANNED && ip_prefix_nth(&fabric->gateway, offset, &candidate);
         offset++) {
        bool taken = ip_equal(&candidate, &fabric->gateway.address) || ip_equal(&candidate, &last);
        for (size_t i = 0; i < pool->count && !taken; i++)
            taken = ip_equal(&candidate, &pool->used[i]);
        if (!taken) {
            *ret_address = candidate;
            return 0;
        }
    }
    return error_set(err, ERROR_LIMIT, "the fabric has no free address");
}

/* ---------------------------------------------------------------- making */

/* The pair, unless it is there: from the fabric's side, with the other end born inside the machine. */
static int connect_pair(const struct machine *machine, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(machine->fabric->namespace_fd, &netlink, err);
    if (rc < 0)
        return rc;
    char port[IFNAMSIZ];
    port_name(machine->name, port);
    int bridge, index;
    rc = netlink_find_link(netlink, FABRIC_BRIDGE, &bridge, NULL, err);
    if (rc == 0 && netlink_find_link(netlink, port, &index, NULL, NULL) == 0) {
        /* Left by a machine that is being torn down by the kernel at this moment. */
        netlink_delete_link(netlink, index);
        rc = netlink_commit(netlink, err);
    }
    if (rc == 0) {
        struct netlink_link eth0 = { .name = "eth0" };
        machine_mac(&machine->address, eth0.mac);
        netlink_add_veth(netlink, &(struct netlink_link){ .name = port, .master = bridge, .up = true }, &eth0,
                         machine->namespace_fd);
        rc = netlink_commit(netlink, err);
    }
    netlink_close(netlink);
    return rc;
}

static int configure_inside(const struct machine *machine, struct error *err)
{
    struct netlink *netlink;
    int rc = netlink_open(machine->namespace_fd, &netlink, err);
    if (rc < 0)
        return rc;
    int index;
    if (netlink_find_link(netlink, "eth0", &index, NULL, NULL) < 0)
        rc = connect_pair(machine, err);
    if (rc == 0)
        rc = netlink_find_link(netlink, "eth0", &index, NULL, err);
    if (rc == 0) {
        struct ip_prefix own = { machine->address, machine->fabric->gateway.length };
        netlink_set_link(netlink, &(struct netlink_link){ .index = index, .up = true });
        netlink_add_address(netlink, index, &own);
        netlink_add_route(netlink,
                          &(struct netlink_route){ .gateway = machine->fabric->gateway.address, .index = index });
        rc = netlink_commit(netlink, err);
    }
    netlink_close(netlink);
    return rc;
}

static int start_holder(struct machine *machine, const struct machine_options *options, struct error *err)
{
    /* Processes of a machine whose holder was killed keep its old namespaces: nothing could join them any more. */
    int rc = cgroup_remove(machine->cgroup, err);
    if (rc < 0)
        return rc;
    char cgroup[MACHINE_CGROUP_MAX + 16];
    snprintf(cgroup, sizeof(cgroup), "%s/system", machine->cgroup);
    struct holder_options holder = {
        .program = machine->fabric->program[0] != '\0' ? machine->fabric->program : NULL,
        .state_path = machine->state_path,
        .cgroup = cgroup,
        .hostname = machine->name,
        .keep = str_starts(str_of(machine->fabric->directory), STR("/run/")) ? machine->fabric->directory : NULL,
        .mounts = options->mounts,
        .n_mounts = options->n_mounts,
    };
    return holder_start(&holder, err);
}

static int open_or_make(struct machine *machine, const struct machine_options *options, struct error *err)
{
    int rc = holder_alive(machine->state_path) ? 0 : start_holder(machine, options, err);
    if (rc == 0)
        rc = holder_network_namespace(machine->state_path, &machine->namespace_fd, err);
    if (rc == 0)
        rc = read_address(machine->fabric, machine->namespace_fd, &machine->address, err);
    if (rc == 0 && machine->address.family != IP_NONE && options->address.family != IP_NONE &&
        !ip_equal(&machine->address, &options->address))
        return error_set(err, ERROR_CONFLICT, "it runs already, with another address");
    if (rc == 0 && machine->address.family == IP_NONE) {
        machine->address = options->address;
        if (machine->address.family == IP_NONE)
            rc = find_free_address(machine->fabric, &machine->address, err);
    }
    return rc == 0 ? configure_inside(machine, err) : rc;
}

static void init(struct machine *machine, struct fabric *fabric, const char *name)
{
    *machine = (struct machine){ .fabric = fabric, .namespace_fd = -1 };
    snprintf(machine->name, sizeof(machine->name), "%s", name);
    snprintf(machine->state_path, sizeof(machine->state_path), "%s/machines/%s", fabric->directory, machine->name);
    snprintf(machine->cgroup, sizeof(machine->cgroup), "/coracle-%s/%s", fabric->cluster, machine->name);
}

int machine_open(struct fabric *fabric, const struct machine_options *options, struct machine **ret_machine,
                 struct error *err)
{
    int rc = fabric_check_name(options->name, MACHINE_NAME_MAX, "machine", err);
    if (rc == 0 && text_equal(options->name, "fabric"))
        rc = error_set(err, ERROR_USAGE, "a machine cannot be called 'fabric'");
    if (rc == 0 && options->address.family != IP_NONE && !ip_prefix_contains(&fabric->gateway, &options->address))
        rc = error_set(err, ERROR_USAGE, "machine %s: its address is outside the fabric's network", options->name);
    if (rc < 0)
        return rc;
    struct machine *machine = memory_new(struct machine);
    init(machine, fabric, options->name);
    rc = open_or_make(machine, options, err);
    if (rc < 0) {
        machine_close(machine);
        return error_wrap_code(err, rc, "machine %s", options->name);
    }
    *ret_machine = machine;
    return 0;
}

void machine_close(struct machine *machine)
{
    if (machine == NULL)
        return;
    if (machine->namespace_fd >= 0)
        close(machine->namespace_fd);
    free(machine);
}

struct ip machine_address(const struct machine *machine)
{
    return machine->address;
}

const char *machine_name(const struct machine *machine)
{
    return machine->name;
}

int machine_network_namespace(const struct machine *machine)
{
    return machine->namespace_fd;
}

const char *machine_cgroup(const struct machine *machine)
{
    return machine->cgroup;
}

const char *machine_state_path(const struct machine *machine)
{
    return machine->state_path;
}

/* ---------------------------------------------------------------- removing */

int machine_remove(struct fabric *fabric, const char *name, struct error *err)
{
    int rc = fabric_check_name(name, MACHINE_NAME_MAX, "machine", err);
    if (rc < 0)
        return rc;
    struct machine machine;
    init(&machine, fabric, name);
    rc = cgroup_remove(machine.cgroup, err);
    if (rc < 0)
        return error_wrap_code(err, rc, "remove machine %s", name);
    if (unlink(machine.state_path) < 0 && errno != ENOENT)
        return error_errno(err, "remove %s", machine.state_path);
    return 0;
}

void machine_forget_all(const char *directory)
{
    DIR *stream = opendir(directory);
    if (stream == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        char path[HOLDER_PATH_MAX + 300];
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        if (entry->d_name[0] != '.')
            unlink(path); /* a directory is not ours, and stays */
    }
    closedir(stream);
}
