/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_repair.h - what a default role or binding lacks of what it shall be: labels, annotations, rules, selectors of an
 * aggregation, subjects. What somebody added stays. An annotation rbac.authorization.kubernetes.io/autoupdate of
 * "false" keeps all as it is. Pure. */
#ifndef APISERVER_ACCESS_ROLE_REPAIR_H
#define APISERVER_ACCESS_ROLE_REPAIR_H

#include "api/object.h"
#include "base/arena.h"

enum role_repair {
    ROLE_REPAIR_NONE,
    ROLE_REPAIR_UPDATE,   /* write the new object */
    ROLE_REPAIR_RECREATE, /* a binding of another role: that cannot be changed, so delete it, then create it anew */
};

/* 'wanted' is a struct of the object's kind: Role, ClusterRole, RoleBinding or ClusterRoleBinding; of other kinds
 * nothing is repaired. For an update *ret_next is set, in the arena, borrowing from both. */
enum role_repair role_repair_plan(const struct object *existing, const void *wanted, struct arena *arena,
                                  void **ret_next);

#endif
