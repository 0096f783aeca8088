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

extern const struct controller cronjob_controller;
extern const struct controller daemonset_controller;
extern const struct controller deployment_controller;
extern const struct controller disruption_controller;
extern const struct controller endpoints_controller;
extern const struct controller endpointslice_controller;
extern const struct controller garbage_collector_controller;
extern const struct controller job_controller;
extern const struct controller namespace_controller;
extern const struct controller node_ipam_controller;
extern const struct controller node_lifecycle_controller;
extern const struct controller pod_gc_controller;
extern const struct controller replicaset_controller;
extern const struct controller root_ca_controller;
extern const struct controller service_account_controller;
extern const struct controller statefulset_controller;
extern const struct controller taint_eviction_controller;
extern const struct controller ttl_after_finished_controller;

#endif
