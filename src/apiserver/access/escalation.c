/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* escalation.c - see the header. */
#include "apiserver/access/escalation.h"

#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/access/access.h"
#include "apiserver/access/rbac.h"
#include "apiserver/access/rule_cover.h"
#include "apiserver/failure.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

enum { MESSAGE_MAX = 256 << 10 };

static bool is_namespaced(const struct request *request)
{
    return (request->registry->resource->flags & API_NAMESPACED) != 0;
}

/* ---------------------------------------------------------------- exceptions */

/* Finalizers and owners may be changed by whoever may write the object: the garbage collector must. */
static bool changes_lifetime_only(const struct request *request, const void *object, const void *old)
{
    const struct api_type *type = request->registry->resource->kind->type;
    if (old == NULL)
        return false;
    auto_arena struct arena arena = { 0 };
    struct api_object_meta *copy = api_copy(type, object, &arena);
    const struct api_object_meta *before = old;
    copy->finalizers = before->finalizers;
    copy->n_finalizers = before->n_finalizers;
    copy->owner_references = before->owner_references;
    copy->n_owner_references = before->n_owner_references;
    copy->managed_fields = before->managed_fields;
    copy->n_managed_fields = before->n_managed_fields;
    return api_equal(type, copy, old);
}

static bool may(struct request *request, const char *verb, const char *resource, const char *name)
{
    struct authorization_attributes attributes = access_attributes(request);
    attributes.verb = verb;
    attributes.group = "rbac.authorization.k8s.io";
    attributes.resource = resource;
    attributes.subresource = "";
    attributes.name = name;
    return access_decide(request->server->access, &attributes, NULL) == DECISION_ALLOW;
}

/* ---------------------------------------------------------------- what the writer has */

struct collection {
    struct arena *arena;
    struct api_rbac_policy_rule *items;
    size_t count, max;
};

static bool collect(void *context, const struct api_rbac_policy_rule *rule, const struct object *binding)
{
    struct collection *collection = context;
    (void)binding;
    if (collection->count == collection->max) {
        size_t max = collection->max == 0 ? 64 : 2 * collection->max;
        struct api_rbac_policy_rule *items = arena_new_array(collection->arena, struct api_rbac_policy_rule, max);
        if (collection->count > 0)
            memcpy(items, collection->items, collection->count * sizeof(*items));
        collection->items = items;
        collection->max = max;
    }
    collection->items[collection->count++] = *rule;
    return true;
}

static struct rule_list held_rules(struct request *request)
{
    struct collection collection = { .arena = &request->arena };
    const struct authorization_attributes who = access_attributes(request);
    rbac_each_rule(access_rbac(request->server->access), &who, collect, &collection);
    return (struct rule_list){ collection.items, collection.count };
}

/* ---------------------------------------------------------------- refusals */

static int refuse(struct request *request, const void *object, const char *why, struct error *err)
{
    const struct api_resource *resource = request->registry->resource;
    const char *name = text_or_empty(((const struct api_object_meta *)object)->name);
    char plural[API_RESOURCE_TEXT_SIZE];
    api_resource_text(resource, plural);
    (void)api_error_forbidden(err, resource, name, why);
    request->failure = api_status_of_error(&request->arena, err, resource, name);
    request->failure->message = arena_format(&request->arena, "%s \"%s\" is forbidden: %s", plural, name, why);
    return err->code;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int refuse_missing(struct request *request, const void *object, struct rule_list missing, struct error *err)
{
    struct arena *arena = &request->arena;
    missing = rules_compact(missing, arena);
    const char **lines = arena_new_array(arena, const char *, missing.count + 1);
    auto_buffer struct buffer text = { .max = MESSAGE_MAX };
    for (size_t i = 0; i < missing.count; i++) {
        buffer_clear(&text);
        rule_describe(&missing.items[i], &text);
        lines[i] = arena_strndup(arena, text.data, text.size);
    }
    qsort(lines, missing.count, sizeof(*lines), by_text);
    buffer_clear(&text);
    buffer_format(&text, "user \"%s\" (groups=", request->user.name);
    texts_describe((const char *const *)request->user.groups, request->user.n_groups, &text);
    buffer_append_text(&text, ") is attempting to grant RBAC permissions not currently held:\n");
    for (size_t i = 0; i < missing.count; i++) {
        if (i > 0 && strcmp(lines[i], lines[i - 1]) == 0)
            continue;
        buffer_append_text(&text, i == 0 ? "" : "\n");
        buffer_append_text(&text, lines[i]);
    }
    return refuse(request, object, arena_strndup(arena, text.data, text.size), err);
}

static int check_held(struct request *request, const void *object, struct rule_list wanted, struct error *err)
{
    struct rule_list missing = { 0 };
    if (rules_cover(held_rules(request), wanted, &request->arena, &missing))
        return 0;
    return refuse_missing(request, object, missing, err);
}

/* ---------------------------------------------------------------- roles */

/* An aggregated role may become anything, so its writer must hold everything. */
static bool holds_everything(struct request *request)
{
    static const char *all[] = { "*" };
    static struct api_rbac_policy_rule everything[] = {
        { .verbs = all, .n_verbs = 1, .api_groups = all, .n_api_groups = 1, .resources = all, .n_resources = 1 },
        { .verbs = all, .n_verbs = 1, .non_resource_urls = all, .n_non_resource_urls = 1 },
    };
    const struct rule_list wanted = { everything, countof(everything) };
    return rules_cover(held_rules(request), wanted, &request->arena, NULL);
}

int escalation_check_role(struct request *request, const void *object, const void *old, struct error *err)
{
    if (user_in_group(&request->user, "system:masters") || changes_lifetime_only(request, object, old) ||
        may(request, "escalate", request->plural, request->name))
        return 0;
    struct rule_list wanted;
    bool aggregated = false;
    if (is_namespaced(request)) {
        const struct api_rbac_role *role = object;
        wanted = (struct rule_list){ role->rules, role->n_rules };
    } else {
        const struct api_rbac_cluster_role *role = object, *before = old;
        wanted = (struct rule_list){ role->rules, role->n_rules };
        aggregated = role->aggregation_rule != NULL || (before != NULL && before->aggregation_rule != NULL);
    }
    int rc = check_held(request, object, wanted, err);
    if (rc == 0 && aggregated && !holds_everything(request))
        return refuse(request, object, "must have cluster-admin privileges to use the aggregationRule", err);
    return rc;
}

/* ---------------------------------------------------------------- bindings */

/* Borrowed from the cache: for this turn. */
static int referenced_rules(struct request *request, const struct api_rbac_role_ref *ref, struct rule_list *ret_rules,
                            struct error *err)
{
    struct api_server *server = request->server;
    const char *name = text_or_empty(ref->name);
    if (text_equal(ref->kind, "ClusterRole")) {
        const struct object *object =
            watch_cache_get(server_cache(server, &api_resource_rbac_cluster_role), NULL, name);
        if (object == NULL)
            return api_error_not_found(err, &api_resource_rbac_cluster_role, name);
        const struct api_rbac_cluster_role *role = api_rbac_cluster_role_of(object);
        *ret_rules = (struct rule_list){ role->rules, role->n_rules };
        return 0;
    }
    const struct object *object =
        watch_cache_get(server_cache(server, &api_resource_rbac_role), request->namespace_, name);
    if (object == NULL)
        return api_error_not_found(err, &api_resource_rbac_role, name);
    const struct api_rbac_role *role = api_rbac_role_of(object);
    *ret_rules = (struct rule_list){ role->rules, role->n_rules };
    return 0;
}

int escalation_check_binding(struct request *request, const void *object, const void *old, struct error *err)
{
    if (user_in_group(&request->user, "system:masters") || changes_lifetime_only(request, object, old))
        return 0;
    const struct api_rbac_role_ref *ref = is_namespaced(request)
                                              ? &((const struct api_rbac_role_binding *)object)->role_ref
                                              : &((const struct api_rbac_cluster_role_binding *)object)->role_ref;
    bool of_cluster = text_equal(ref->kind, "ClusterRole");
    if (!of_cluster && !text_equal(ref->kind, "Role"))
        return 0; /* validation says what is wrong with it */
    if (may(request, "bind", of_cluster ? "clusterroles" : "roles", text_or_empty(ref->name)))
        return 0;
    struct rule_list wanted = { 0 };
    int rc = referenced_rules(request, ref, &wanted, err);
    return rc < 0 ? rc : check_held(request, object, wanted, err);
}
