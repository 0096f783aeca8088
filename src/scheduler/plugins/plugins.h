/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* plugins.h - the functions that the plug-in table names; each file is one upstream plug-in. */
#ifndef SCHEDULER_PLUGINS_PLUGINS_H
#define SCHEDULER_PLUGINS_PLUGINS_H

#include "scheduler/framework.h"

void node_unschedulable_filter(struct cycle *cycle);
void node_name_filter(struct cycle *cycle);
void taint_toleration_filter(struct cycle *cycle);
void taint_toleration_score(struct cycle *cycle);
void node_affinity_filter(struct cycle *cycle);
void node_affinity_score(struct cycle *cycle);
void node_ports_filter(struct cycle *cycle);
void node_resources_fit_filter(struct cycle *cycle);
void node_resources_least_allocated_score(struct cycle *cycle);
void node_resources_balanced_allocation_score(struct cycle *cycle);
void pod_spread_score_some(struct cycle *cycle);
void not_yet_filter(struct cycle *cycle);

#endif
