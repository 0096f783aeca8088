/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_state.c - NodeName and NodeUnschedulable: what a node's own specification decides. */
#include "scheduler/plugins/plugins.h"

#define UNSCHEDULABLE_TAINT "node.kubernetes.io/unschedulable"

void node_name_filter(struct cycle *cycle)
{
    const char *wanted = cycle->pod->pod->spec.node_name;
    if (text_empty(wanted))
        return;
    for (size_t row = cycle->first; row < cycle->end; row++)
        if (!cycle->ruled_out[row] && strcmp(object_name(cycle->cache->rows[row]->object), wanted) != 0)
            cycle_rule_out(cycle, row, "node(s) didn't match the requested node name");
}

void node_unschedulable_filter(struct cycle *cycle)
{
    const struct api_pod_spec *spec = &cycle->pod->pod->spec;
    static const struct api_taint unschedulable = { .key = UNSCHEDULABLE_TAINT, .effect = "NoSchedule" };
    bool tolerated = taint_tolerated(&unschedulable, spec->tolerations, spec->n_tolerations);
    for (size_t row = cycle->first; !tolerated && row < cycle->end; row++)
        if (!cycle->ruled_out[row] && cycle->cache->rows[row]->node->spec.unschedulable)
            cycle_rule_out(cycle, row, "node(s) were unschedulable");
}
