/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Nodes: fields that nothing obeys any more, and which updates of their status say nothing but that the kubelet lives. */

#include "api/codec.h"
#include "apiserver/registry/strategy/strategies.h"

void node_prepare_create(struct request *request, void *object)
{
    struct api_node *node = object;
    (void)request;
    node->spec.config_source = NULL;
    node->status.config = NULL;
}

void node_prepare_update(struct request *request, void *object, const void *old)
{
    struct api_node *node = object;
    const struct api_node *before = old;
    (void)request;
    if (before->spec.config_source == NULL)
        node->spec.config_source = NULL;
    if (before->status.config == NULL)
        node->status.config = NULL;
}

/* Without what every report changes: times of heartbeats, and who wrote it when. */
static struct api_node without_times(struct arena *arena, const struct api_node *node)
{
    struct api_node copy = *node;
    copy.metadata.resource_version = NULL;
    copy.metadata.managed_fields = NULL;
    copy.metadata.n_managed_fields = 0;
    copy.status.conditions = arena_new_array(arena, struct api_node_condition, node->status.n_conditions + 1);
    for (size_t i = 0; i < node->status.n_conditions; i++) {
        copy.status.conditions[i] = node->status.conditions[i];
        copy.status.conditions[i].last_heartbeat_time = 0;
    }
    return copy;
}

bool node_is_heartbeat(const void *object, const void *old)
{
    auto_arena struct arena arena = { 0 };
    struct api_node after = without_times(&arena, object), before = without_times(&arena, old);
    return api_equal(&api_type_node, &after, &before);
}
