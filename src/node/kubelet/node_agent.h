/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_agent.h - registers the node, keeps its status and lease current, and says how it is. */
#ifndef NODE_KUBELET_NODE_AGENT_H
#define NODE_KUBELET_NODE_AGENT_H

#include "node/kubelet/kubelet_internal.h"

struct node_agent;

struct node_agent *node_agent_create(struct kubelet *kubelet);
void node_agent_destroy(struct node_agent *agent); /* NULL is fine */
void node_agent_start(struct node_agent *agent);

/* Something that the node's status is made of has changed. */
void node_agent_evaluate(struct node_agent *agent);

/* The container runtime's state, as it was last heard. NULL err: fine. */
void node_agent_runtime_health(struct node_agent *agent, int rc, const struct error *err);

/* The node as the API server last told; NULL before that. Borrowed. */
const struct api_node *node_agent_node(const struct node_agent *agent);

#endif
