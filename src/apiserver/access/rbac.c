/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/rbac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "generated/types.h"

enum { KEY_MAX = 512 /* a namespace, a slash and a name of 253 bytes each at most */ };

struct rbac_role {
    struct map_node node;
    const struct object *object;
};

struct rbac_binding {
    struct map_node node;
    const struct object *object;
    struct rbac_grant *grants; /* one a subject */
    size_t n_grants;
};

/* One subject of one binding, in that subject's list. */
struct rbac_grant {
    struct list_node node;
    struct rbac_binding *binding;
    struct rbac_subject *subject;
};

struct rbac_subject {
    struct map_node node;
    struct list grants;
};

void rbac_init(struct rbac *rbac)
{
    *rbac = (struct rbac){ 0 };
}

/* ---------------------------------------------------------------- the index */

static bool is_role(const struct object *object)
{
    const struct api_resource *resource = object_resource(object);
    return resource == &api_resource_rbac_role || resource == &api_resource_rbac_cluster_role;
}

/* Both binding kinds have the same members; the same goes for both role kinds' rules. */
static const struct api_rbac_role_ref *role_ref_of(const struct object *binding)
{
    if (object_resource(binding) == &api_resource_rbac_role_binding)
        return &api_rbac_role_binding_of(binding)->role_ref;
    return &api_rbac_cluster_role_binding_of(binding)->role_ref;
}

static const struct api_rbac_subject *subjects_of(const struct object *binding, size_t *ret_count)
{
    if (object_resource(binding) == &api_resource_rbac_role_binding) {
        *ret_count = api_rbac_role_binding_of(binding)->n_subjects;
        return api_rbac_role_binding_of(binding)->subjects;
    }
    *ret_count = api_rbac_cluster_role_binding_of(binding)->n_subjects;
    return api_rbac_cluster_role_binding_of(binding)->subjects;
}

static bool subject_key(const struct api_rbac_subject *subject, const char *binding_namespace, char key[KEY_MAX])
{
    const char *name = text_or_empty(subject->name);
    int size = -1;
    if (text_equal(subject->kind, "User"))
        size = snprintf(key, KEY_MAX, "U:%s", name);
    else if (text_equal(subject->kind, "Group"))
        size = snprintf(key, KEY_MAX, "G:%s", name);
    else if (text_equal(subject->kind, "ServiceAccount"))
        size = snprintf(key, KEY_MAX, "U:system:serviceaccount:%s:%s",
                        text_empty(subject->namespace) ? binding_namespace : subject->namespace, name);
    return size > 0 && size < KEY_MAX;
}

static struct rbac_subject *get_subject(struct rbac *rbac, const char *key)
{
    struct rbac_subject *subject = map_find_entry(&rbac->subjects, str_of(key), struct rbac_subject, node);
    if (subject == NULL) {
        subject = memory_new(struct rbac_subject);
        list_init(&subject->grants);
        map_insert(&rbac->subjects, str_of(memory_strdup(key)), &subject->node);
    }
    return subject;
}

static void put_subject(struct rbac *rbac, struct rbac_subject *subject)
{
    if (!list_empty(&subject->grants))
        return;
    autofree char *key = (char *)subject->node.key.data;
    map_remove(&rbac->subjects, &subject->node);
    free(subject);
}

static void add_binding(struct rbac *rbac, const struct object *object)
{
    struct rbac_binding *binding = memory_new(struct rbac_binding);
    binding->object = object_ref(object);
    size_t count = 0;
    const struct api_rbac_subject *subjects = subjects_of(object, &count);
    binding->grants = memory_zalloc((count + 1) * sizeof(*binding->grants));
    for (size_t i = 0; i < count; i++) {
        char key[KEY_MAX];
        if (!subject_key(&subjects[i], object_namespace(object), key))
            continue;
        struct rbac_grant *grant = &binding->grants[binding->n_grants++];
        grant->binding = binding;
        grant->subject = get_subject(rbac, key);
        list_append(&grant->subject->grants, &grant->node);
    }
    map_insert(&rbac->bindings, str_of(object_key(binding->object)), &binding->node);
}

static void remove_binding(struct rbac *rbac, struct rbac_binding *binding)
{
    for (size_t i = 0; i < binding->n_grants; i++) {
        list_remove(&binding->grants[i].node);
        put_subject(rbac, binding->grants[i].subject);
    }
    map_remove(&rbac->bindings, &binding->node);
    object_unref(binding->object);
    free(binding->grants);
    free(binding);
}

static void remove_role(struct rbac *rbac, struct rbac_role *role)
{
    map_remove(&rbac->roles, &role->node);
    object_unref(role->object);
    free(role);
}

void rbac_change(struct rbac *rbac, const struct object *before, const struct object *after)
{
    const struct object *any = after != NULL ? after : before;
    struct str key = str_of(object_key(any));
    if (is_role(any)) {
        struct rbac_role *role = map_find_entry(&rbac->roles, key, struct rbac_role, node);
        if (role != NULL)
            remove_role(rbac, role);
        if (after == NULL)
            return;
        role = memory_new(struct rbac_role);
        role->object = object_ref(after);
        map_insert(&rbac->roles, str_of(object_key(role->object)), &role->node);
        return;
    }
    struct rbac_binding *binding = map_find_entry(&rbac->bindings, key, struct rbac_binding, node);
    if (binding != NULL)
        remove_binding(rbac, binding);
    if (after != NULL)
        add_binding(rbac, after);
}

void rbac_fini(struct rbac *rbac)
{
    struct rbac_role *role = NULL;
    struct rbac_binding *binding = NULL;
    map_for_each (&rbac->roles, role, node)
        remove_role(rbac, role);
    map_for_each (&rbac->bindings, binding, node)
        remove_binding(rbac, binding);
    map_fini(&rbac->roles);
    map_fini(&rbac->bindings);
    map_fini(&rbac->subjects);
}

/* ---------------------------------------------------------------- rules */

static bool listed(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], "*") == 0 || strcmp(texts[i], text) == 0)
            return true;
    return false;
}

/* "pods", "pods/log", any kind's "*" + "/scale", or "*". */
static bool resource_listed(const struct api_rbac_policy_rule *rule, const struct authorization_attributes *attributes)
{
    for (size_t i = 0; i < rule->n_resources; i++) {
        const char *slash = strchr(rule->resources[i], '/');
        if (strcmp(rule->resources[i], "*") == 0)
            return true;
        struct str resource = { rule->resources[i],
                                slash == NULL ? strlen(rule->resources[i]) : (size_t)(slash - rule->resources[i]) };
        if (strcmp(slash == NULL ? "" : slash + 1, attributes->subresource) != 0)
            continue;
        if (str_is(resource, attributes->resource) || (slash != NULL && str_is(resource, "*")))
            return true;
    }
    return false;
}

static bool name_listed(const struct api_rbac_policy_rule *rule, const char *name)
{
    if (rule->n_resource_names == 0)
        return true;
    for (size_t i = 0; i < rule->n_resource_names; i++)
        if (strcmp(rule->resource_names[i], name) == 0)
            return true;
    return false;
}

static bool path_listed(const struct api_rbac_policy_rule *rule, const char *path)
{
    for (size_t i = 0; i < rule->n_non_resource_urls; i++) {
        struct str pattern = str_of(rule->non_resource_urls[i]);
        bool prefix = pattern.size > 0 && pattern.data[pattern.size - 1] == '*';
        if (prefix ? str_starts(str_of(path), (struct str){ pattern.data, pattern.size - 1 }) : str_is(pattern, path))
            return true;
    }
    return false;
}

bool rbac_rule_allows(const struct api_rbac_policy_rule *rule, const struct authorization_attributes *attributes)
{
    if (!listed(rule->verbs, rule->n_verbs, attributes->verb))
        return false;
    if (!attributes->is_resource)
        return path_listed(rule, attributes->path);
    return listed(rule->api_groups, rule->n_api_groups, attributes->group) && resource_listed(rule, attributes) &&
           name_listed(rule, attributes->name);
}

/* ---------------------------------------------------------------- decisions */

static const struct api_rbac_policy_rule *rules_of(const struct rbac *rbac, const struct object *binding,
                                                   size_t *ret_count)
{
    const struct api_rbac_role_ref *ref = role_ref_of(binding);
    char key[KEY_MAX];
    bool cluster = text_equal(ref->kind, "ClusterRole");
    const char *name = text_or_empty(ref->name);
    size_t size = cluster ? text_join(key, sizeof(key), name, NULL)
                          : text_join(key, sizeof(key), object_namespace(binding), "/", name, NULL);
    const struct rbac_role *role =
        size >= KEY_MAX ? NULL : map_find_entry(&rbac->roles, str_of(key), struct rbac_role, node);
    *ret_count = 0;
    if (role == NULL)
        return NULL; /* a binding to a role that is not there grants nothing */
    if (cluster) {
        *ret_count = api_rbac_cluster_role_of(role->object)->n_rules;
        return api_rbac_cluster_role_of(role->object)->rules;
    }
    *ret_count = api_rbac_role_of(role->object)->n_rules;
    return api_rbac_role_of(role->object)->rules;
}

const struct object *rbac_cluster_role(const struct rbac *rbac, const char *name)
{
    const struct rbac_role *role = map_find_entry(&rbac->roles, str_of(name), struct rbac_role, node);
    return role == NULL ? NULL : role->object;
}

struct visit {
    const struct rbac *rbac;
    const struct authorization_attributes *who;
    bool (*each)(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding);
    void *context;
};

/* False when each() has seen enough. */
static bool visit_subject(const struct visit *visit, const char *prefix, const char *name)
{
    char key[KEY_MAX];
    if (text_join(key, sizeof(key), prefix, name, NULL) >= KEY_MAX)
        return true;
    const struct rbac_subject *subject = map_find_entry(&visit->rbac->subjects, str_of(key), struct rbac_subject, node);
    if (subject == NULL)
        return true;
    struct rbac_grant *grant = NULL;
    list_for_each (&subject->grants, grant, node) {
        const struct object *binding = grant->binding->object;
        const char *namespace_ = object_namespace(binding);
        if (namespace_[0] != '\0' && strcmp(namespace_, visit->who->namespace_) != 0)
            continue;
        size_t count = 0;
        const struct api_rbac_policy_rule *rules = rules_of(visit->rbac, binding, &count);
        for (size_t i = 0; i < count; i++)
            if (!visit->each(visit->context, &rules[i], binding))
                return false;
    }
    return true;
}

void rbac_each_rule(const struct rbac *rbac, const struct authorization_attributes *who,
                    bool (*each)(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding),
                    void *context)
{
    const struct visit visit = { rbac, who, each, context };
    bool more = visit_subject(&visit, "U:", who->user);
    for (size_t i = 0; more && i < who->n_groups; i++)
        more = visit_subject(&visit, "G:", who->groups[i]);
}

struct search {
    const struct authorization_attributes *attributes;
    const struct object *allowed_by;
};

static bool allows(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding)
{
    struct search *search = context;
    if (!rbac_rule_allows(rule, search->attributes))
        return true;
    search->allowed_by = binding;
    return false;
}

enum decision rbac_authorize(const struct rbac *rbac, const struct authorization_attributes *attributes, char *reason)
{
    struct search search = { .attributes = attributes };
    rbac_each_rule(rbac, attributes, allows, &search);
    if (search.allowed_by == NULL)
        return DECISION_NO_OPINION;
    if (reason != NULL) {
        const struct api_rbac_role_ref *ref = role_ref_of(search.allowed_by);
        snprintf(reason, AUTHORIZATION_REASON_SIZE, "RBAC: allowed by %s \"%s\" of %s \"%s\"",
                 object_resource(search.allowed_by)->kind->kind, object_key(search.allowed_by),
                 text_or_empty(ref->kind), text_or_empty(ref->name));
    }
    return DECISION_ALLOW;
}
