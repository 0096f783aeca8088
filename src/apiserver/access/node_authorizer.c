/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/node_authorizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "generated/types.h"

#define NODE_USER_PREFIX "system:node:"
#define NODES_GROUP      "system:nodes"
#define NODE_LEASES      "kube-node-lease"

struct node_pods {
    struct map_node node;
    struct list pods;
};

struct node_pod {
    struct map_node by_key;
    struct list_node on_node;
    const struct object *object;
    struct node_pods *home;
};

void node_authorizer_init(struct node_authorizer *authorizer)
{
    *authorizer = (struct node_authorizer){ 0 };
}

/* ---------------------------------------------------------------- which pods are where */

static void remove_pod(struct node_authorizer *authorizer, struct node_pod *pod)
{
    struct node_pods *home = pod->home;
    list_remove(&pod->on_node);
    map_remove(&authorizer->pods, &pod->by_key);
    object_unref(pod->object);
    free(pod);
    if (!list_empty(&home->pods))
        return;
    autofree char *name = (char *)home->node.key.data;
    map_remove(&authorizer->nodes, &home->node);
    free(home);
}

static struct node_pods *get_home(struct node_authorizer *authorizer, const char *node)
{
    struct node_pods *home = map_find_entry(&authorizer->nodes, str_of(node), struct node_pods, node);
    if (home == NULL) {
        home = memory_new(struct node_pods);
        list_init(&home->pods);
        map_insert(&authorizer->nodes, str_of(memory_strdup(node)), &home->node);
    }
    return home;
}

void node_authorizer_change(struct node_authorizer *authorizer, const struct object *before, const struct object *after)
{
    struct str key = str_of(object_key(after != NULL ? after : before));
    struct node_pod *pod = map_find_entry(&authorizer->pods, key, struct node_pod, by_key);
    if (pod != NULL)
        remove_pod(authorizer, pod);
    if (after == NULL || text_empty(api_pod_of(after)->spec.node_name))
        return;
    pod = memory_new(struct node_pod);
    pod->object = object_ref(after);
    pod->home = get_home(authorizer, api_pod_of(after)->spec.node_name);
    list_append(&pod->home->pods, &pod->on_node);
    map_insert(&authorizer->pods, str_of(object_key(pod->object)), &pod->by_key);
}

void node_authorizer_fini(struct node_authorizer *authorizer)
{
    struct node_pod *pod = NULL;
    map_for_each (&authorizer->pods, pod, by_key)
        remove_pod(authorizer, pod);
    map_fini(&authorizer->pods);
    map_fini(&authorizer->nodes);
}

/* ---------------------------------------------------------------- what a pod needs */

enum need { NEED_SECRET, NEED_CONFIG_MAP, NEED_CLAIM, NEED_SERVICE_ACCOUNT };

static bool environment_needs(const struct api_container *container, enum need need, const char *name)
{
    for (size_t i = 0; i < container->n_env_from; i++) {
        const struct api_env_from_source *from = &container->env_from[i];
        if (need == NEED_SECRET && from->secret_ref != NULL && text_equal(from->secret_ref->name, name))
            return true;
        if (need == NEED_CONFIG_MAP && from->config_map_ref != NULL && text_equal(from->config_map_ref->name, name))
            return true;
    }
    for (size_t i = 0; i < container->n_env; i++) {
        const struct api_env_var_source *from = container->env[i].value_from;
        if (from == NULL)
            continue;
        if (need == NEED_SECRET && from->secret_key_ref != NULL && text_equal(from->secret_key_ref->name, name))
            return true;
        if (need == NEED_CONFIG_MAP && from->config_map_key_ref != NULL &&
            text_equal(from->config_map_key_ref->name, name))
            return true;
    }
    return false;
}

static bool projection_needs(const struct api_projected_volume_source *projected, enum need need, const char *name)
{
    for (size_t i = 0; i < projected->n_sources; i++) {
        const struct api_volume_projection *source = &projected->sources[i];
        if (need == NEED_SECRET && source->secret != NULL && text_equal(source->secret->name, name))
            return true;
        if (need == NEED_CONFIG_MAP && source->config_map != NULL && text_equal(source->config_map->name, name))
            return true;
    }
    return false;
}

/* A claim made for a pod from a template is called POD-VOLUME. */
static bool ephemeral_claim_is(const struct api_pod *pod, const struct api_volume *volume, const char *name)
{
    size_t length = strlen(pod->metadata.name);
    return volume->ephemeral != NULL && strncmp(name, pod->metadata.name, length) == 0 && name[length] == '-' &&
           text_equal(name + length + 1, volume->name);
}

static bool volume_needs(const struct api_pod *pod, const struct api_volume *volume, enum need need, const char *name)
{
    switch (need) {
    case NEED_SECRET:
        if (volume->secret != NULL && text_equal(volume->secret->secret_name, name))
            return true;
        if (volume->csi != NULL && volume->csi->node_publish_secret_ref != NULL &&
            text_equal(volume->csi->node_publish_secret_ref->name, name))
            return true;
        break;
    case NEED_CONFIG_MAP:
        if (volume->config_map != NULL && text_equal(volume->config_map->name, name))
            return true;
        break;
    case NEED_CLAIM:
        return (volume->persistent_volume_claim != NULL &&
                text_equal(volume->persistent_volume_claim->claim_name, name)) ||
               ephemeral_claim_is(pod, volume, name);
    case NEED_SERVICE_ACCOUNT:
        return false;
    }
    return volume->projected != NULL && projection_needs(volume->projected, need, name);
}

static bool pod_needs(const struct api_pod *pod, enum need need, const char *name)
{
    const struct api_pod_spec *spec = &pod->spec;
    if (need == NEED_SERVICE_ACCOUNT)
        return text_equal(spec->service_account_name, name);
    for (size_t i = 0; need == NEED_SECRET && i < spec->n_image_pull_secrets; i++)
        if (text_equal(spec->image_pull_secrets[i].name, name))
            return true;
    for (size_t i = 0; i < spec->n_volumes; i++)
        if (volume_needs(pod, &spec->volumes[i], need, name))
            return true;
    for (size_t i = 0; i < spec->n_init_containers; i++)
        if (environment_needs(&spec->init_containers[i], need, name))
            return true;
    for (size_t i = 0; i < spec->n_containers; i++)
        if (environment_needs(&spec->containers[i], need, name))
            return true;
    return false;
}

static bool node_needs(const struct node_authorizer *authorizer, const char *node, enum need need,
                       const struct authorization_attributes *attributes)
{
    const struct node_pods *home = map_find_entry(&authorizer->nodes, str_of(node), struct node_pods, node);
    const struct node_pod *pod = NULL;
    if (home == NULL || attributes->name[0] == '\0')
        return false;
    list_for_each (&home->pods, pod, on_node)
        if (strcmp(object_namespace(pod->object), attributes->namespace_) == 0 &&
            pod_needs(api_pod_of(pod->object), need, attributes->name))
            return true;
    return false;
}

/* ---------------------------------------------------------------- decisions */

const char *node_of_user(const struct authorization_attributes *attributes)
{
    size_t prefix = sizeof(NODE_USER_PREFIX) - 1;
    if (strncmp(attributes->user, NODE_USER_PREFIX, prefix) != 0 || attributes->user[prefix] == '\0' ||
        !attributes_in_group(attributes, NODES_GROUP))
        return NULL;
    return attributes->user + prefix;
}

static bool verb_is(const struct authorization_attributes *attributes, const char *words)
{
    struct str rest = str_of(words), word;
    while (str_next(&rest, ' ', &word))
        if (str_is(word, attributes->verb))
            return true;
    return false;
}

static bool own_pods_selected(const char *field_selector, const char *node)
{
    static const char field[] = "spec.nodeName=";
    struct str rest = str_of(field_selector), term;
    while (field_selector[0] != '\0' && str_next(&rest, ',', &term))
        if (str_starts(term, STR("spec.nodeName=")) && str_is(str_skip(term, sizeof(field) - 1), node))
            return true;
    return false;
}

static bool may_read_pods(const struct node_authorizer *authorizer, const char *node,
                          const struct authorization_attributes *attributes)
{
    if (verb_is(attributes, "list watch") && attributes->name[0] == '\0')
        return own_pods_selected(attributes->field_selector, node);
    char key[512];
    snprintf(key, sizeof(key), "%s/%s", attributes->namespace_, attributes->name);
    const struct node_pod *pod = map_find_entry(&authorizer->pods, str_of(key), struct node_pod, by_key);
    return pod != NULL && str_is(pod->home->node.key, node);
}

/* Questions about particular objects. False in *ret_special: the general rules answer. */
static bool answer_special(const struct node_authorizer *authorizer, const char *node,
                           const struct authorization_attributes *attributes, bool *ret_special)
{
    bool core = attributes->group[0] == '\0', main = attributes->subresource[0] == '\0';
    const char *resource = attributes->resource;
    *ret_special = true;
    if (core && strcmp(resource, "secrets") == 0)
        return main && verb_is(attributes, "get list watch") && node_needs(authorizer, node, NEED_SECRET, attributes);
    if (core && strcmp(resource, "configmaps") == 0)
        return main && verb_is(attributes, "get list watch") &&
               node_needs(authorizer, node, NEED_CONFIG_MAP, attributes);
    if (core && strcmp(resource, "persistentvolumeclaims") == 0)
        return verb_is(attributes, "get patch update") && node_needs(authorizer, node, NEED_CLAIM, attributes);
    if (core && strcmp(resource, "serviceaccounts") == 0)
        return verb_is(attributes, strcmp(attributes->subresource, "token") == 0 ? "create" : "get") &&
               node_needs(authorizer, node, NEED_SERVICE_ACCOUNT, attributes);
    if (core && strcmp(resource, "pods") == 0 && main && verb_is(attributes, "get list watch"))
        return may_read_pods(authorizer, node, attributes);
    if (strcmp(resource, "leases") == 0 && strcmp(attributes->group, "coordination.k8s.io") == 0)
        return strcmp(attributes->namespace_, NODE_LEASES) == 0 &&
               verb_is(attributes, "get create update patch delete") &&
               (verb_is(attributes, "create") || strcmp(attributes->name, node) == 0);
    if (strcmp(resource, "csinodes") == 0 && strcmp(attributes->group, "storage.k8s.io") == 0)
        return verb_is(attributes, "get create update patch delete") &&
               (verb_is(attributes, "create") || strcmp(attributes->name, node) == 0);
    *ret_special = false;
    return false;
}

/* A kubelet writes its own node only. */
static bool other_node(const char *node, const struct authorization_attributes *attributes)
{
    return attributes->group[0] == '\0' && strcmp(attributes->resource, "nodes") == 0 && attributes->name[0] != '\0' &&
           strcmp(attributes->name, node) != 0;
}

static bool general_rules_allow(const struct rbac *rbac, const struct authorization_attributes *attributes)
{
    const struct object *role = rbac_cluster_role(rbac, "system:node");
    const struct api_rbac_cluster_role *rules = role == NULL ? NULL : api_rbac_cluster_role_of(role);
    for (size_t i = 0; rules != NULL && i < rules->n_rules; i++)
        if (rbac_rule_allows(&rules->rules[i], attributes))
            return true;
    return false;
}

enum decision node_authorize(const struct node_authorizer *authorizer, const struct rbac *rbac,
                             const struct authorization_attributes *attributes, char *reason)
{
    const char *node = node_of_user(attributes);
    if (node == NULL || !attributes->is_resource)
        return DECISION_NO_OPINION;
    bool special = false;
    bool allowed = answer_special(authorizer, node, attributes, &special);
    if (!special)
        allowed = !other_node(node, attributes) && general_rules_allow(rbac, attributes);
    if (allowed)
        return DECISION_ALLOW;
    if (reason != NULL)
        snprintf(reason, AUTHORIZATION_REASON_SIZE, "no relationship found between node '%s' and this object", node);
    return DECISION_NO_OPINION;
}
