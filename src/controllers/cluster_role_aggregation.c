/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cluster_role_aggregation.c - a ClusterRole with an aggregation rule has the rules of all that its selectors match. */
#include <stdlib.h>

#include "api/codec.h"
#include "controllers/controllers.h"

static bool aggregates(const struct object *role)
{
    return api_rbac_cluster_role_of(role)->aggregation_rule != NULL;
}

/* Labels say who takes part, and those before a change are not told: every aggregated role looks again. */
static void aggregated_roles(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    if (aggregates(object))
        keys_add(keys, object_key(object));
    const struct informer *roles = keys_cache(keys, &api_resource_rbac_cluster_role);
    for (const struct object *o = NULL; (o = informer_next(roles, o)) != NULL;) {
        if (aggregates(o))
            keys_add(keys, object_key(o));
    }
}

struct rules {
    struct api_rbac_policy_rule *items; /* borrowed texts */
    size_t count;
};

static void add_rules(struct reconcile *r, struct rules *rules, const struct api_rbac_cluster_role *from)
{
    struct api_rbac_policy_rule *items =
        arena_new_array(r->arena, struct api_rbac_policy_rule, rules->count + from->n_rules + 1);
    if (rules->count > 0)
        memcpy(items, rules->items, rules->count * sizeof(*items));
    rules->items = items;
    for (size_t i = 0; i < from->n_rules; i++) {
        bool there = false;
        for (size_t j = 0; j < rules->count && !there; j++)
            there = api_equal(&api_type_rbac_policy_rule, &items[j], &from->rules[i]);
        if (!there)
            items[rules->count++] = from->rules[i];
    }
}

static int by_name(const void *left, const void *right)
{
    return strcmp(object_name(*(const struct object *const *)left), object_name(*(const struct object *const *)right));
}

/* The roles one selector matches, in the order of their names. */
static int add_selected(struct reconcile *r, struct rules *rules, const struct api_label_selector *labels,
                        struct error *err)
{
    const struct informer *roles = reconcile_cache(r, &api_resource_rbac_cluster_role);
    struct label_selector selector = { 0 };
    int rc = label_selector_of(labels, r->arena, &selector, err);
    if (rc < 0)
        return rc;
    const struct object **found = arena_new_array(r->arena, const struct object *, informer_count(roles) + 1);
    size_t count = 0;
    for (const struct object *o = NULL; (o = informer_next(roles, o)) != NULL;) {
        if (!text_equal(object_name(o), r->name) && label_selector_matches_object(&selector, o))
            found[count++] = o;
    }
    qsort(found, count, sizeof(*found), by_name);
    for (size_t i = 0; i < count; i++)
        add_rules(r, rules, api_rbac_cluster_role_of(found[i]));
    return 0;
}

static bool same_rules(const struct rules *rules, const struct api_rbac_cluster_role *role)
{
    if (rules->count != role->n_rules)
        return false;
    for (size_t i = 0; i < rules->count; i++) {
        if (!api_equal(&api_type_rbac_policy_rule, &rules->items[i], &role->rules[i]))
            return false;
    }
    return true;
}

static int reconcile_role(struct reconcile *r, struct error *err)
{
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_rbac_cluster_role), r->key);
    if (object == NULL || !aggregates(object))
        return 0;
    struct api_rbac_cluster_role next = *api_rbac_cluster_role_of(object);
    struct rules rules = { 0 };
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < next.aggregation_rule->n_cluster_role_selectors; i++)
        rc = add_selected(r, &rules, &next.aggregation_rule->cluster_role_selectors[i], err);
    if (rc < 0 || same_rules(&rules, &next))
        return rc;
    next.rules = rules.items;
    next.n_rules = rules.count;
    reconcile_update(r, &api_resource_rbac_cluster_role, &next)->absent_is_fine = true;
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_rbac_cluster_role, .map = aggregated_roles },
};

const struct controller cluster_role_aggregation_controller = {
    .name = "clusterrole-aggregation",
    .queue = "ClusterRoleAggregator",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_role,
};
