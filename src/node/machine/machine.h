/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* machine.h - a cluster's virtual network and the machines on it.
 *
 * A fabric is a network namespace with a bridge and the gateway's address. A machine is
 * network, mount and UTS namespaces with eth0 on the fabric, and the cgroup
 * /coracle-<cluster>/<machine> in every hierarchy. Both outlive the process that made
 * them; opening one that is there finds it. Nothing of the host's network is touched.
 *
 * The calls block for some milliseconds (removal: until all is gone); use them from a tool
 * or a worker. They need root. */
#ifndef NODE_MACHINE_MACHINE_H
#define NODE_MACHINE_MACHINE_H

#include <sys/types.h>

#include "base/error.h"
#include "base/text/ip.h"
#include "node/machine/holder.h"

#define MACHINE_CLUSTER_MAX 20
#define MACHINE_NAME_MAX    63
#define FABRIC_BRIDGE       "br0"

struct fabric;

struct fabric_options {
    const char *cluster;         /* 1 to MACHINE_CLUSTER_MAX of a-z 0-9 - */
    const char *state_directory; /* of this cluster alone, "/run/coracle/<cluster>"; made by the call */
    struct ip_prefix gateway;    /* with its network; none: 10.99.0.254/24 */
    const char *program;         /* our binary, for the helper roles; NULL: the running one */
};

/* Makes the fabric, or finds it. */
int fabric_open(const struct fabric_options *options, struct fabric **ret_fabric, struct error *err) must_check;
void fabric_close(struct fabric *fabric); /* the handle only; NULL is fine */

/* Borrowed: where streams and listeners of the host's processes reach the cluster
 * (stream_target.network_namespace). */
int fabric_network_namespace(const struct fabric *fabric);
struct ip_prefix fabric_gateway(const struct fabric *fabric);

/* Ends every process of the cluster and removes all machines, the fabric and all cgroups, whatever state they are in;
 * then the files that this folder made below the state directory. Absent is fine. */
int fabric_remove(const struct fabric_options *options, struct error *err) must_check;

struct machine;

struct machine_options {
    const char *name;                  /* also its host name */
    struct ip address;                 /* on the fabric; none: the first one free */
    const struct holder_mount *mounts; /* /run is a tmpfs of its own already, with the state directory in it */
    size_t n_mounts;
};

/* Makes the machine, or finds it. */
int machine_open(struct fabric *fabric, const struct machine_options *options, struct machine **ret_machine,
                 struct error *err) must_check;
void machine_close(struct machine *machine); /* the handle only; NULL is fine */

struct ip machine_address(const struct machine *machine);
const char *machine_name(const struct machine *machine);
int machine_network_namespace(const struct machine *machine); /* borrowed */
const char *machine_cgroup(const struct machine *machine);    /* "/coracle-<cluster>/<machine>"; pods go below it */
/* The argument of the role machine-exec: "coracle machine-exec <this> COMMAND ..." runs a command inside. */
const char *machine_state_path(const struct machine *machine);
const char *fabric_state_path(const struct fabric *fabric); /* the same for the fabric: only its network is joined */

/* Ends all its processes, as a power cut would, and removes it. The handle stays to be closed. Absent is fine. */
int machine_remove(struct fabric *fabric, const char *name, struct error *err) must_check;

#endif
