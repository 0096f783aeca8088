/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_ports.c - NodePorts: two pods cannot have the same port of the same host address. */
#include "scheduler/plugins/plugins.h"

static bool ports_clash(const struct host_port *a, const struct host_port *b)
{
    if (a->port != b->port || strcmp(a->protocol, b->protocol) != 0)
        return false;
    return strcmp(a->ip, b->ip) == 0 || strcmp(a->ip, "0.0.0.0") == 0 || strcmp(b->ip, "0.0.0.0") == 0;
}

static bool node_has_clash(const struct node_info *node, const struct pod_info *wanted)
{
    const struct pod_info *there = NULL;
    list_for_each (&node->pods, there, on_node)
        for (size_t i = 0; i < there->n_ports; i++)
            for (size_t j = 0; j < wanted->n_ports; j++)
                if (ports_clash(&there->ports[i], &wanted->ports[j]))
                    return true;
    return false;
}

void node_ports_filter(struct cycle *cycle)
{
    if (cycle->pod->n_ports == 0)
        return;
    for (size_t row = cycle->first; row < cycle->end; row++)
        if (!cycle->ruled_out[row] && node_has_clash(cycle->cache->rows[row], cycle->pod))
            cycle_rule_out(cycle, row, "node(s) didn't have free ports for the requested pod ports");
}
