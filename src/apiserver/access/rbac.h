/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rbac.h - role-based access control over an index of roles and bindings.
 *
 * Told of every change of the four kinds, it keeps for each subject the bindings that name it, so that a
 * decision looks at those alone. Holds references to the objects. Belongs to one loop. */
#ifndef APISERVER_ACCESS_RBAC_H
#define APISERVER_ACCESS_RBAC_H

#include "api/object.h"
#include "apiserver/access/authorization.h"
#include "base/container/map.h"

struct rbac {
    struct map roles;    /* struct rbac_role by "namespace/name" or "name" */
    struct map bindings; /* struct rbac_binding by the same */
    struct map subjects; /* struct rbac_subject by "U:user" or "G:group" */
};

void rbac_init(struct rbac *rbac);
void rbac_fini(struct rbac *rbac);

/* A Role, ClusterRole, RoleBinding or ClusterRoleBinding: 'before' NULL when new, 'after' NULL when deleted. */
void rbac_change(struct rbac *rbac, const struct object *before, const struct object *after);

/* DECISION_ALLOW or DECISION_NO_OPINION; 'reason' (AUTHORIZATION_REASON_SIZE bytes, may be NULL) names the binding. */
enum decision rbac_authorize(const struct rbac *rbac, const struct authorization_attributes *attributes, char *reason);

/* Borrowed; NULL when there is none. */
const struct object *rbac_cluster_role(const struct rbac *rbac, const char *name);

struct api_rbac_policy_rule;

/* Does a single rule cover the request? */
bool rbac_rule_allows(const struct api_rbac_policy_rule *rule, const struct authorization_attributes *attributes);

/* Calls each() for every rule that applies to the user in the namespace ("" only cluster-wide ones) until it returns false. */
void rbac_each_rule(const struct rbac *rbac, const struct authorization_attributes *who,
                    bool (*each)(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding),
                    void *context);

#endif
