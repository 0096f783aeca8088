/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cluster.h - a whole cluster in one process on virtual time: API server over the memory store, controllers,
 * scheduler, and hollow nodes, which are real kubelets over a container runtime in memory.
 *
 * Every component can crash at any moment and begins again from nothing but what the API server knows (kubelets: and
 * their runtime). All of them speak through the network of client_faults.h. */
#ifndef SIM_CLUSTER_H
#define SIM_CLUSTER_H

#include "client_faults.h"

struct cluster;
struct component;

struct cluster_options {
    uint64_t seed;
    size_t nodes;
};

/* Time begins at the same moment in every run. */
struct cluster *cluster_create(const struct cluster_options *options);
void cluster_destroy(struct cluster *cluster); /* NULL is fine */

struct loop *cluster_loop(struct cluster *cluster);
struct fault_network *cluster_network(struct cluster *cluster);
struct client *cluster_user(struct cluster *cluster); /* an administrator's, without faults */
usec_t cluster_age(struct cluster *cluster);          /* virtual time since it began */
uint64_t cluster_revision(struct cluster *cluster);   /* of the store */

/* Components: 0 the API server, 1 the controllers, 2 the scheduler, then the kubelets. */
size_t cluster_component_count(const struct cluster *cluster);
void cluster_crash(struct cluster *cluster, size_t component, usec_t outage); /* fine when it is down already */
uint64_t cluster_crashes(const struct cluster *cluster);
void cluster_heal(struct cluster *cluster); /* what is down begins now */

const char *cluster_node_name(const struct cluster *cluster, size_t node);
void cluster_vanish(struct cluster *cluster, size_t node); /* for good */
size_t cluster_sandboxes(const struct cluster *cluster);   /* that the living nodes' runtimes run */

#endif
