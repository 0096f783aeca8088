/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* pod_spread.c - PodTopologySpread in its simple form: pods of one controller keep away from each other.
 *
 * Counts, per node, the pods of the same controller that are not ending; fewer is better. Constraints and affinity
 * between pods that would be hard rules are refused below until they are built (docs/status.md). */
#include "scheduler/plugins/plugins.h"

void pod_spread_score_some(struct cycle *cycle)
{
    const struct owner *owner = cache_owner(cycle->cache, cycle->pod->owner_uid);
    if (owner == NULL)
        return;
    cycle->some = arena_new_array(cycle->arena, struct row_score, owner->n_spots);
    const struct owner_spot *spot = NULL;
    list_for_each (&owner->spots, spot, of_owner)
        cycle->some[cycle->n_some++] = (struct row_score){ spot->place.node->row, spot->pods };
}

static const char *unsupported(const struct api_pod_spec *spec)
{
    const struct api_affinity *affinity = spec->affinity;
    if (affinity != NULL && affinity->pod_affinity != NULL &&
        affinity->pod_affinity->n_required_during_scheduling_ignored_during_execution > 0)
        return "node(s) not tried: required pod affinity is not supported yet";
    if (affinity != NULL && affinity->pod_anti_affinity != NULL &&
        affinity->pod_anti_affinity->n_required_during_scheduling_ignored_during_execution > 0)
        return "node(s) not tried: required pod anti-affinity is not supported yet";
    for (size_t i = 0; i < spec->n_topology_spread_constraints; i++)
        if (text_equal(spec->topology_spread_constraints[i].when_unsatisfiable, "DoNotSchedule"))
            return "node(s) not tried: topology spread constraints with DoNotSchedule are not supported yet";
    return NULL;
}

void not_yet_filter(struct cycle *cycle)
{
    const char *reason = unsupported(&cycle->pod->pod->spec);
    for (size_t row = cycle->first; reason != NULL && row < cycle->end; row++)
        if (!cycle->ruled_out[row])
            cycle_rule_out(cycle, row, reason);
}
