/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* outlook_key.c - the bytes that pods of one sort have in common: all that plug-ins read of a pod, except what
 * plugin.score_some reads (its owner). Who adds such a reader adds it here. */
#include "api/codec.h"
#include "scheduler/outlook.h"

static void add_text(struct buffer *key, const char *text)
{
    buffer_append_str(key, (struct str){ text_or_empty(text), strlen(text_or_empty(text)) + 1 });
}

static void add_number(struct buffer *key, int64_t number)
{
    buffer_append_str(key, (struct str){ (const char *)&number, sizeof(number) });
}

static void add_requests(struct buffer *key, const struct pod_info *pod)
{
    add_number(key, (int64_t)pod->n_requests);
    for (size_t i = 0; i < pod->n_requests; i++) {
        add_number(key, pod->requests[i].column);
        add_number(key, pod->requests[i].amount);
    }
    add_number(key, pod->score_cpu);
    add_number(key, pod->score_memory);
    add_number(key, (int64_t)pod->n_ports);
    for (size_t i = 0; i < pod->n_ports; i++) {
        add_text(key, pod->ports[i].protocol);
        add_text(key, pod->ports[i].ip);
        add_number(key, pod->ports[i].port);
    }
}

static void add_tolerations(struct buffer *key, const struct api_pod_spec *spec)
{
    add_number(key, (int64_t)spec->n_tolerations);
    for (size_t i = 0; i < spec->n_tolerations; i++) {
        add_text(key, spec->tolerations[i].key);
        add_text(key, spec->tolerations[i].operator);
        add_text(key, spec->tolerations[i].value);
        add_text(key, spec->tolerations[i].effect);
    }
}

void outlook_key(const struct pod_info *pod, struct buffer *key)
{
    const struct api_pod_spec *spec = &pod->pod->spec;
    buffer_clear(key);
    add_requests(key, pod);
    add_tolerations(key, spec);
    add_text(key, spec->node_name);
    add_number(key, (int64_t)spec->n_node_selector);
    for (size_t i = 0; i < spec->n_node_selector; i++) {
        add_text(key, spec->node_selector[i].key);
        add_text(key, spec->node_selector[i].value);
    }
    if (spec->affinity != NULL)
        api_encode_json(&api_type_affinity, NULL, spec->affinity, key);
    for (size_t i = 0; i < spec->n_topology_spread_constraints; i++)
        api_encode_json(&api_type_topology_spread_constraint, NULL, &spec->topology_spread_constraints[i], key);
}
