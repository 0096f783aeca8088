/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* plugins.c - which plug-ins run, in which order, with which weight (upstream's default profile). */
#include "scheduler/plugins/plugins.h"
#include "base/cleanup.h"

const struct plugin plugins[] = {
    { .name = "NodeUnschedulable",
      .filter = node_unschedulable_filter,
      .events = EVENT_NODE_ADDED | EVENT_NODE_TAINTS },
    { .name = "NodeName", .filter = node_name_filter, .events = EVENT_NODE_ADDED },
    { .name = "TaintToleration",
      .filter = taint_toleration_filter,
      .events = EVENT_NODE_ADDED | EVENT_NODE_TAINTS,
      .score = taint_toleration_score,
      .scale = SCALE_REVERSED,
      .weight = 3 },
    { .name = "NodeAffinity",
      .filter = node_affinity_filter,
      .events = EVENT_NODE_ADDED | EVENT_NODE_LABELS,
      .score = node_affinity_score,
      .scale = SCALE_BEST,
      .weight = 2 },
    { .name = "NodePorts", .filter = node_ports_filter, .events = EVENT_NODE_ADDED | EVENT_POD_REMOVED },
    { .name = "NodeResourcesFit",
      .filter = node_resources_fit_filter,
      .events = EVENT_NODE_ADDED | EVENT_NODE_ALLOCATABLE | EVENT_POD_REMOVED,
      .score = node_resources_least_allocated_score,
      .weight = 1 },
    { .name = "PodTopologySpread",
      .filter = not_yet_filter,
      .events = EVENT_POD_UPDATED,
      .scale = SCALE_REVERSED,
      .weight = 2,
      .score_some = pod_spread_score_some },
    { .name = "NodeResourcesBalancedAllocation", .score = node_resources_balanced_allocation_score, .weight = 1 },
};

const size_t plugin_count = countof(plugins);
