/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* taint_toleration.c - TaintToleration: nodes that repel pods, pods that do not mind. */
#include "scheduler/plugins/plugins.h"

static bool tolerates(const struct api_toleration *toleration, const struct api_taint *taint)
{
    if (!text_empty(toleration->effect) && !text_equal(toleration->effect, taint->effect))
        return false;
    if (!text_empty(toleration->key) && !text_equal(toleration->key, taint->key))
        return false;
    if (text_equal(toleration->operator, "Exists"))
        return true;
    /* An empty key with Equal is refused by validation, so the key matched here. */
    return text_equal(toleration->value, taint->value);
}

bool taint_tolerated(const struct api_taint *taint, const struct api_toleration *tolerations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tolerates(&tolerations[i], taint))
            return true;
    return false;
}

static bool repels(const struct api_taint *taint)
{
    return text_equal(taint->effect, "NoSchedule") || text_equal(taint->effect, "NoExecute");
}

static const char *untolerated(struct cycle *cycle, const struct api_taint *taint)
{
    return !cycle->explaining ? NULL
                              : arena_format(cycle->arena, "node(s) had untolerated taint {%s: %s}",
                                             text_or_empty(taint->key), text_or_empty(taint->value));
}

void taint_toleration_filter(struct cycle *cycle)
{
    const struct api_pod_spec *spec = &cycle->pod->pod->spec;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        if (cycle->ruled_out[row])
            continue;
        const struct api_node_spec *node = &cycle->cache->rows[row]->node->spec;
        for (size_t i = 0; i < node->n_taints; i++) {
            const struct api_taint *taint = &node->taints[i];
            if (!repels(taint) || taint_tolerated(taint, spec->tolerations, spec->n_tolerations))
                continue;
            cycle_rule_out(cycle, row, untolerated(cycle, taint));
            break; /* the first one is the one reported */
        }
    }
}

/* Fewer untolerated "please not here" taints are better. */
void taint_toleration_score(struct cycle *cycle)
{
    const struct api_pod_spec *spec = &cycle->pod->pod->spec;
    for (size_t row = cycle->first; row < cycle->end; row++) {
        if (cycle->ruled_out[row])
            continue;
        const struct api_node_spec *node = &cycle->cache->rows[row]->node->spec;
        for (size_t i = 0; i < node->n_taints; i++)
            if (text_equal(node->taints[i].effect, "PreferNoSchedule") &&
                !taint_tolerated(&node->taints[i], spec->tolerations, spec->n_tolerations))
                cycle->plugin_scores[row]++;
    }
}
