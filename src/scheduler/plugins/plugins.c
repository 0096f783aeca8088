/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* plugins.c - which plug-ins run, in which order, with which weight (upstream's default profile). */
#include "scheduler/plugins/plugins.h"
#include "base/cleanup.h"

const struct plugin plugins[] = {
    { "NodeUnschedulable", node_unschedulable_filter, EVENT_NODE_ADDED | EVENT_NODE_TAINTS, NULL, 0 },
    { "NodeName", node_name_filter, EVENT_NODE_ADDED, NULL, 0 },
    { "TaintToleration", taint_toleration_filter, EVENT_NODE_ADDED | EVENT_NODE_TAINTS, taint_toleration_score, 3 },
    { "NodeAffinity", node_affinity_filter, EVENT_NODE_ADDED | EVENT_NODE_LABELS, node_affinity_score, 2 },
    { "NodePorts", node_ports_filter, EVENT_NODE_ADDED | EVENT_POD_REMOVED, NULL, 0 },
    { "NodeResourcesFit", node_resources_fit_filter, EVENT_NODE_ADDED | EVENT_NODE_ALLOCATABLE | EVENT_POD_REMOVED,
      node_resources_least_allocated_score, 1 },
    { "PodTopologySpread", not_yet_filter, EVENT_POD_UPDATED, pod_spread_score, 2 },
    { "NodeResourcesBalancedAllocation", NULL, 0, node_resources_balanced_allocation_score, 1 },
};

const size_t plugin_count = countof(plugins);
