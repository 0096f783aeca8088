/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* node_authorizer.h - what a kubelet may do: its own node, the pods bound to it, and what those pods need.
 *
 * Users "system:node:NAME" of the group system:nodes. Follows the pods; a question about a Secret is
 * answered by looking through the pods of that node. Belongs to one loop. */
#ifndef APISERVER_ACCESS_NODE_AUTHORIZER_H
#define APISERVER_ACCESS_NODE_AUTHORIZER_H

#include "api/object.h"
#include "apiserver/access/authorization.h"
#include "apiserver/access/rbac.h"

struct node_authorizer {
    struct map nodes; /* struct node_pods by node name */
    struct map pods;  /* struct node_pod by "namespace/name" */
    /* Claims, volumes, attachments and slices as they are now, borrowed for the turn; NULL: there are none. */
    const struct object *(*find)(void *context, const struct api_resource *resource, const char *namespace_,
                                 const char *name);
    void *context;
};

void node_authorizer_init(struct node_authorizer *authorizer);
void node_authorizer_fini(struct node_authorizer *authorizer);

/* Told of every change of a Pod. */
void node_authorizer_change(struct node_authorizer *authorizer, const struct object *before,
                            const struct object *after);

/* What is not about particular objects follows the rules of the ClusterRole system:node, found in 'rbac'. Users that
 * are no nodes get DECISION_NO_OPINION. 'reason' has AUTHORIZATION_REASON_SIZE bytes, or is NULL. */
enum decision node_authorize(const struct node_authorizer *authorizer, const struct rbac *rbac,
                             const struct authorization_attributes *attributes, char *reason);

/* The node's name in "system:node:NAME", NULL when the user is none. */
const char *node_of_user(const struct authorization_attributes *attributes);

#endif
