/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* rule_cover.h - do some RBAC rules grant all that others do?
 *
 * Asked before somebody may grant rights (escalation.h) and when the default roles are repaired (role_repair.h).
 * Rules are compared piece by piece: a piece has one verb, one group, one resource and at most one name, or one verb
 * and one path. Pure. */
#ifndef APISERVER_ACCESS_RULE_COVER_H
#define APISERVER_ACCESS_RULE_COVER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "generated/types.h"

enum {
    RULE_PIECES_MAX = 20000, /* looked at; a role of 1.5 MiB could have billions */
    RULE_MISSING_MAX = 1000, /* kept */
};

struct rule_list {
    const struct api_rbac_policy_rule *items;
    size_t count;
};

/* All of 'wanted' within 'owned'? If not, 'ret_missing' (may be NULL) has the pieces that are not, in the arena; empty
 * when there are more than can be looked at. */
bool rules_cover(struct rule_list owned, struct rule_list wanted, struct arena *arena, struct rule_list *ret_missing);

/* Pieces of one resource and name become one rule with their verbs. */
struct rule_list rules_compact(struct rule_list rules, struct arena *arena);

/* {APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]} */
void rule_describe(const struct api_rbac_policy_rule *rule, struct buffer *text);

/* ["a" "b"], quoted as Go does. */
void texts_describe(const char *const *texts, size_t count, struct buffer *text);

#endif
