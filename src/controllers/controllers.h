/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers.h - the controllers of a cluster; runtime/manager.h runs them. */
#ifndef CONTROLLERS_CONTROLLERS_H
#define CONTROLLERS_CONTROLLERS_H

#include "controllers/runtime/controller.h"
#include "controllers/runtime/manager.h"
#include "generated/types.h"

/* All of them. */
extern const struct controller *const controllers_all[];
extern const size_t controllers_count;

/* One list, so that no controller is written and then not run. */
#define CONTROLLERS(X)          \
    X(cluster_role_aggregation) \
    X(cronjob)                  \
    X(daemonset)                \
    X(deployment)               \
    X(disruption)               \
    X(endpoints)                \
    X(endpointslice)            \
    X(endpointslice_mirroring)  \
    X(garbage_collector)        \
    X(job)                      \
    X(namespace)                \
    X(node_ipam)                \
    X(node_lifecycle)           \
    X(pod_gc)                   \
    X(replicaset)               \
    X(replicationcontroller)    \
    X(root_ca)                  \
    X(service_cidr)             \
    X(service_account)          \
    X(statefulset)              \
    X(taint_eviction)           \
    X(ttl_after_finished)

#define CONTROLLER_DECLARE(name) extern const struct controller name##_controller;
CONTROLLERS(CONTROLLER_DECLARE)
#undef CONTROLLER_DECLARE

#endif
