/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* role_repair.c - see the header. */
#include "apiserver/access/role_repair.h"

#include <string.h>

#include "api/codec.h"
#include "apiserver/access/rule_cover.h"

#define AUTOUPDATE "rbac.authorization.kubernetes.io/autoupdate"

/* ---------------------------------------------------------------- metadata */

static const char *entry_value(const struct api_string_entry *entries, size_t count, const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entries[i].key, key) == 0)
            return text_or_empty(entries[i].value);
    return NULL;
}

/* Adds what is missing, at its place by key; what is there keeps its value. */
static bool add_entries(struct arena *arena, struct api_string_entry **entries, size_t *count,
                        const struct api_string_entry *wanted, size_t n_wanted)
{
    struct api_string_entry *all = arena_new_array(arena, struct api_string_entry, *count + n_wanted + 1);
    size_t n = *count;
    if (n > 0)
        memcpy(all, *entries, n * sizeof(*all));
    for (size_t i = 0; i < n_wanted; i++) {
        size_t at = 0;
        if (entry_value(all, n, wanted[i].key) != NULL)
            continue;
        while (at < n && strcmp(all[at].key, wanted[i].key) < 0)
            at++;
        memmove(&all[at + 1], &all[at], (n - at) * sizeof(*all));
        all[at] = wanted[i];
        n++;
    }
    bool added = n > *count;
    *entries = all;
    *count = n;
    return added;
}

static bool repair_meta(struct arena *arena, struct api_object_meta *meta, const struct api_object_meta *wanted)
{
    bool labels = add_entries(arena, &meta->labels, &meta->n_labels, wanted->labels, wanted->n_labels);
    bool annotations =
        add_entries(arena, &meta->annotations, &meta->n_annotations, wanted->annotations, wanted->n_annotations);
    return labels || annotations;
}

/* ---------------------------------------------------------------- lists */

struct items {
    void **items;
    size_t *count;
};

static bool is_in(const struct api_type *type, const void *items, size_t count, const void *item)
{
    for (size_t i = 0; i < count; i++)
        if (api_equal(type, (const char *)items + i * type->size, item))
            return true;
    return false;
}

/* Appends those of 'wanted' that are not there. */
static bool add_items(struct arena *arena, const struct api_type *type, struct items list, const void *wanted,
                      size_t n_wanted)
{
    char *all = arena_alloc(arena, (*list.count + n_wanted + 1) * type->size);
    size_t n = *list.count;
    if (n > 0)
        memcpy(all, *list.items, n * type->size);
    for (size_t i = 0; i < n_wanted; i++) {
        const char *item = (const char *)wanted + i * type->size;
        if (!is_in(type, all, n, item))
            memcpy(all + n++ * type->size, item, type->size);
    }
    bool added = n > *list.count;
    *list.items = all;
    *list.count = n;
    return added;
}

static bool add_rules(struct arena *arena, struct api_rbac_policy_rule **rules, size_t *count, struct rule_list wanted)
{
    struct rule_list missing;
    if (rules_cover((struct rule_list){ *rules, *count }, wanted, arena, &missing))
        return false;
    return add_items(arena, &api_type_rbac_policy_rule, (struct items){ (void **)rules, count }, missing.items,
                     missing.count);
}

/* ---------------------------------------------------------------- kinds */

static bool repair_role(void *object, const void *shall, struct arena *arena)
{
    struct api_rbac_role *next = object;
    const struct api_rbac_role *wanted = shall;
    return add_rules(arena, &next->rules, &next->n_rules, (struct rule_list){ wanted->rules, wanted->n_rules });
}

static bool add_selectors(struct api_rbac_cluster_role *next, const struct api_rbac_aggregation_rule *wanted,
                          struct arena *arena)
{
    struct api_rbac_aggregation_rule *rule = arena_new(arena, struct api_rbac_aggregation_rule);
    if (next->aggregation_rule != NULL)
        *rule = *next->aggregation_rule;
    next->aggregation_rule = rule;
    return add_items(arena, &api_type_label_selector,
                     (struct items){ (void **)&rule->cluster_role_selectors, &rule->n_cluster_role_selectors },
                     wanted->cluster_role_selectors, wanted->n_cluster_role_selectors);
}

static bool repair_cluster_role(void *object, const void *shall, struct arena *arena)
{
    struct api_rbac_cluster_role *next = object;
    const struct api_rbac_cluster_role *wanted = shall;
    if (wanted->aggregation_rule != NULL) /* its rules are a controller's */
        return add_selectors(next, wanted->aggregation_rule, arena);
    return add_rules(arena, &next->rules, &next->n_rules, (struct rule_list){ wanted->rules, wanted->n_rules });
}

static bool repair_role_binding(void *object, const void *shall, struct arena *arena)
{
    struct api_rbac_role_binding *next = object;
    const struct api_rbac_role_binding *wanted = shall;
    return add_items(arena, &api_type_rbac_subject, (struct items){ (void **)&next->subjects, &next->n_subjects },
                     wanted->subjects, wanted->n_subjects);
}

static bool repair_cluster_role_binding(void *object, const void *shall, struct arena *arena)
{
    struct api_rbac_cluster_role_binding *next = object;
    const struct api_rbac_cluster_role_binding *wanted = shall;
    return add_items(arena, &api_type_rbac_subject, (struct items){ (void **)&next->subjects, &next->n_subjects },
                     wanted->subjects, wanted->n_subjects);
}

struct repair {
    const char *kind;
    bool (*repair)(void *object, const void *wanted, struct arena *arena); /* true: something was added */
    size_t role_ref; /* offset of the reference, which never changes; 0: none */
};

static const struct repair repairs[] = {
    { "Role", repair_role, 0 },
    { "ClusterRole", repair_cluster_role, 0 },
    { "RoleBinding", repair_role_binding, offsetof(struct api_rbac_role_binding, role_ref) },
    { "ClusterRoleBinding", repair_cluster_role_binding, offsetof(struct api_rbac_cluster_role_binding, role_ref) },
};

static const struct repair *find_repair(const struct api_kind *kind)
{
    for (size_t i = 0; i < countof(repairs); i++)
        if (strcmp(kind->group, "rbac.authorization.k8s.io") == 0 && strcmp(kind->kind, repairs[i].kind) == 0)
            return &repairs[i];
    return NULL;
}

enum role_repair role_repair_plan(const struct object *existing, const void *wanted, struct arena *arena,
                                  void **ret_next)
{
    const struct api_kind *kind = object_resource(existing)->kind;
    const struct api_object_meta *meta = object_meta(existing);
    const struct repair *repair = find_repair(kind);
    const char *autoupdate = entry_value(meta->annotations, meta->n_annotations, AUTOUPDATE);
    if (repair == NULL || (autoupdate != NULL && strcmp(autoupdate, "false") == 0))
        return ROLE_REPAIR_NONE;
    struct api_object_meta *next = arena_alloc(arena, kind->type->size); /* every kind begins with its metadata */
    memcpy(next, object_typed(existing), kind->type->size);
    if (repair->role_ref != 0 && !api_equal(&api_type_rbac_role_ref, (const char *)next + repair->role_ref,
                                            (const char *)wanted + repair->role_ref))
        return ROLE_REPAIR_RECREATE;
    bool changed = repair_meta(arena, next, wanted);
    changed |= repair->repair(next, wanted, arena);
    if (!changed)
        return ROLE_REPAIR_NONE;
    *ret_next = next;
    return ROLE_REPAIR_UPDATE;
}
