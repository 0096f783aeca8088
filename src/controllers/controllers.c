/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* controllers.c - the list. */
#include "controllers/controllers.h"

const struct controller *const controllers_all[] = {
    &cronjob_controller,
    &daemonset_controller,
    &deployment_controller,
    &endpoints_controller,
    &endpointslice_controller,
    &garbage_collector_controller,
    &job_controller,
    &namespace_controller,
    &node_ipam_controller,
    &node_lifecycle_controller,
    &pod_gc_controller,
    &replicaset_controller,
    &root_ca_controller,
    &service_account_controller,
    &statefulset_controller,
    &taint_eviction_controller,
    &ttl_after_finished_controller,
};

const size_t controllers_count = countof(controllers_all);
