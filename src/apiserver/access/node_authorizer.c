/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/node_authorizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apiserver/access/pod_references.h"
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

/* Found without decoding: most pods of a cluster are never looked at again here. "" when it has none. */
static const char *node_of_pod(const struct object *pod, struct arena *arena)
{
    static const struct object_path path = { { "spec", 4 }, { "nodeName", 8 } };
    struct str name;
    if (object_has_typed(pod))
        return text_or_empty(api_pod_of(pod)->spec.node_name);
    object_texts(pod, &path, 1, &name);
    if (name.size > 0 && memchr(name.data, '\\', name.size) != NULL)
        return text_or_empty(api_pod_of(pod)->spec.node_name);
    return arena_strndup(arena, text_or_empty(name.data), name.size);
}

static void renew_pod(struct node_pod *pod, const struct object *after)
{
    const struct object *before = pod->object;
    pod->object = object_ref(after);
    pod->by_key.key = str_of(object_key(after)); /* equal bytes that live with the new object */
    object_unref(before);
}

void node_authorizer_change(struct node_authorizer *authorizer, const struct object *before, const struct object *after)
{
    auto_arena struct arena arena = { 0 };
    struct str key = str_of(object_key(after != NULL ? after : before));
    struct node_pod *pod = map_find_entry(&authorizer->pods, key, struct node_pod, by_key);
    if (pod != NULL && after != NULL && strcmp(object_uid(pod->object), object_uid(after)) == 0) {
        renew_pod(pod, after); /* a pod stays on its node */
        return;
    }
    if (pod != NULL)
        remove_pod(authorizer, pod);
    const char *node = after == NULL ? "" : node_of_pod(after, &arena);
    if (node[0] == '\0')
        return;
    pod = memory_new(struct node_pod);
    pod->object = object_ref(after);
    pod->home = get_home(authorizer, node);
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

/* ---------------------------------------------------------------- what pods need */

static const struct object *find(const struct node_authorizer *authorizer, const struct api_resource *resource,
                                 const char *namespace_, const char *name)
{
    return authorizer->find == NULL ? NULL : authorizer->find(authorizer->context, resource, namespace_, name);
}

/* The volumes behind its claims may have secrets for the node, in any namespace. */
static bool volume_secret(const struct api_persistent_volume *volume, const char *namespace_, const char *name)
{
    const struct api_csi_persistent_volume_source *csi = volume->spec.csi;
    if (csi == NULL)
        return false;
    const struct api_secret_reference *const references[] = { csi->node_stage_secret_ref, csi->node_publish_secret_ref,
                                                              csi->node_expand_secret_ref };
    for (size_t i = 0; i < countof(references); i++)
        if (references[i] != NULL && text_equal(references[i]->namespace, namespace_) &&
            text_equal(references[i]->name, name))
            return true;
    return false;
}

static const struct api_persistent_volume *volume_of_claim(const struct node_authorizer *authorizer,
                                                           const char *namespace_, const char *name)
{
    const struct object *claim = find(authorizer, &api_resource_persistent_volume_claim, namespace_, name);
    if (claim == NULL || text_empty(api_persistent_volume_claim_of(claim)->spec.volume_name))
        return NULL;
    const struct object *volume = find(authorizer, &api_resource_persistent_volume, NULL,
                                       api_persistent_volume_claim_of(claim)->spec.volume_name);
    return volume == NULL ? NULL : api_persistent_volume_of(volume);
}

static bool volumes_need_secret(const struct node_authorizer *authorizer, const struct api_pod *pod,
                                const struct authorization_attributes *attributes)
{
    for (size_t i = 0; i < pod->spec.n_volumes; i++) {
        char claim[512];
        if (!pod_volume_claim(pod, &pod->spec.volumes[i], claim))
            continue;
        const struct api_persistent_volume *volume = volume_of_claim(authorizer, pod->metadata.namespace, claim);
        if (volume != NULL && volume_secret(volume, attributes->namespace_, attributes->name))
            return true;
    }
    return false;
}

/* Mirror pods are made by kubelets: what they name gives no rights. */
static bool node_needs(const struct node_authorizer *authorizer, const char *node, enum pod_reference reference,
                       const struct authorization_attributes *attributes)
{
    const struct node_pods *home = map_find_entry(&authorizer->nodes, str_of(node), struct node_pods, node);
    const struct node_pod *pod = NULL;
    if (home == NULL || attributes->name[0] == '\0' || attributes->namespace_[0] == '\0')
        return false;
    list_for_each (&home->pods, pod, on_node) {
        const struct api_pod *typed = api_pod_of(pod->object);
        if (pod_is_mirror(typed))
            continue;
        if (strcmp(object_namespace(pod->object), attributes->namespace_) == 0 &&
            pod_refers_to(typed, reference, attributes->name))
            return true;
        if (reference == POD_REFERENCE_SECRET && volumes_need_secret(authorizer, typed, attributes))
            return true;
    }
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

static bool selects(const char *field_selector, const char *field, const char *node)
{
    struct str rest = str_of(field_selector), term;
    while (field_selector[0] != '\0' && str_next(&rest, ',', &term)) {
        if (!str_starts(term, str_of(field)))
            continue;
        term = str_skip(term, strlen(field));
        if (str_starts(term, STR("==")))
            term = str_skip(term, 1);
        if (term.size > 0 && term.data[0] == '=' && str_is(str_skip(term, 1), node))
            return true;
    }
    return false;
}

static bool may_always(const struct node_authorizer *authorizer, const char *node,
                       const struct authorization_attributes *attributes)
{
    (void)authorizer;
    (void)node;
    (void)attributes;
    return true;
}

static bool may_read_secret(const struct node_authorizer *authorizer, const char *node,
                            const struct authorization_attributes *attributes)
{
    return node_needs(authorizer, node, POD_REFERENCE_SECRET, attributes);
}

static bool may_read_config_map(const struct node_authorizer *authorizer, const char *node,
                                const struct authorization_attributes *attributes)
{
    return node_needs(authorizer, node, POD_REFERENCE_CONFIG_MAP, attributes);
}

static bool may_use_claim(const struct node_authorizer *authorizer, const char *node,
                          const struct authorization_attributes *attributes)
{
    return node_needs(authorizer, node, POD_REFERENCE_CLAIM, attributes);
}

static bool may_use_resource_claim(const struct node_authorizer *authorizer, const char *node,
                                   const struct authorization_attributes *attributes)
{
    return node_needs(authorizer, node, POD_REFERENCE_RESOURCE_CLAIM, attributes);
}

static bool may_use_account(const struct node_authorizer *authorizer, const char *node,
                            const struct authorization_attributes *attributes)
{
    return node_needs(authorizer, node, POD_REFERENCE_SERVICE_ACCOUNT, attributes);
}

/* A volume is its claim's, and a claim its pod's. */
static bool may_read_volume(const struct node_authorizer *authorizer, const char *node,
                            const struct authorization_attributes *attributes)
{
    const struct object *volume = find(authorizer, &api_resource_persistent_volume, NULL, attributes->name);
    if (volume == NULL || api_persistent_volume_of(volume)->spec.claim_ref == NULL)
        return false;
    struct authorization_attributes claim = *attributes;
    claim.namespace_ = text_or_empty(api_persistent_volume_of(volume)->spec.claim_ref->namespace);
    claim.name = text_or_empty(api_persistent_volume_of(volume)->spec.claim_ref->name);
    return node_needs(authorizer, node, POD_REFERENCE_CLAIM, &claim);
}

static bool may_read_attachment(const struct node_authorizer *authorizer, const char *node,
                                const struct authorization_attributes *attributes)
{
    const struct object *object = find(authorizer, &api_resource_storage_volume_attachment, NULL, attributes->name);
    return object != NULL && text_equal(api_storage_volume_attachment_of(object)->spec.node_name, node);
}

static bool may_write_slice(const struct node_authorizer *authorizer, const char *node,
                            const struct authorization_attributes *attributes)
{
    const struct object *object = find(authorizer, &api_resource_resource_resource_slice, NULL, attributes->name);
    return object != NULL && text_equal(api_resource_resource_slice_of(object)->spec.node_name, node);
}

static bool may_list_slices(const struct node_authorizer *authorizer, const char *node,
                            const struct authorization_attributes *attributes)
{
    (void)authorizer;
    return selects(attributes->field_selector, "spec.nodeName", node);
}

static bool may_read_pods(const struct node_authorizer *authorizer, const char *node,
                          const struct authorization_attributes *attributes)
{
    if (verb_is(attributes, "list watch") && selects(attributes->field_selector, "spec.nodeName", node))
        return true;
    char key[512];
    snprintf(key, sizeof(key), "%s/%s", attributes->namespace_, attributes->name);
    const struct node_pod *pod = map_find_entry(&authorizer->pods, str_of(key), struct node_pod, by_key);
    return pod != NULL && str_is(pod->home->node.key, node);
}

/* Of the same name as the node. */
static bool may_access_own(const struct node_authorizer *authorizer, const char *node,
                           const struct authorization_attributes *attributes)
{
    (void)authorizer;
    return strcmp(attributes->name, node) == 0;
}

static bool may_access_lease(const struct node_authorizer *authorizer, const char *node,
                             const struct authorization_attributes *attributes)
{
    (void)authorizer;
    return strcmp(attributes->namespace_, NODE_LEASES) == 0 &&
           (verb_is(attributes, "create") || strcmp(attributes->name, node) == 0);
}

/* Questions about particular objects. What no row of a resource answers is not allowed; where the object itself must be
 * looked at, the admission plug-in NodeRestriction does so. */
static const struct special {
    const char *group;
    const char *resource;
    const char *subresource;
    const char *verbs;
    bool (*may)(const struct node_authorizer *authorizer, const char *node,
                const struct authorization_attributes *attributes);
    const char *why_not; /* NULL: the usual sentence */
} specials[] = {
    { "", "secrets", "", "get list watch", may_read_secret, NULL },
    { "", "configmaps", "", "get list watch", may_read_config_map, NULL },
    { "", "persistentvolumeclaims", "", "get", may_use_claim, NULL },
    { "", "persistentvolumeclaims", "status", "get patch update", may_use_claim, NULL },
    { "", "persistentvolumes", "", "get", may_read_volume, NULL },
    { "", "serviceaccounts", "token", "create", may_use_account, NULL },
    { "", "serviceaccounts", "", "get", may_use_account, NULL },
    { "", "pods", "", "get", may_read_pods, NULL },
    { "", "pods", "", "list watch", may_read_pods, "can only list/watch pods with spec.nodeName field selector" },
    { "", "pods", "", "create delete", may_always, NULL },
    { "", "pods", "status", "patch update", may_always, NULL },
    { "", "pods", "eviction", "create", may_always, NULL },
    { "", "nodes", "", "get list watch", may_access_own, "node can only read its own Node object" },
    { "", "nodes", "", "create patch update", may_always, NULL },
    { "", "nodes", "status", "patch update", may_always, NULL },
    { "coordination.k8s.io", "leases", "", "get create update patch delete", may_access_lease,
      "can only access node lease with the same name as the requesting node" },
    { "storage.k8s.io", "csinodes", "", "create", may_always, NULL },
    { "storage.k8s.io", "csinodes", "", "get update patch delete", may_access_own,
      "can only access CSINode with the same name as the requesting node" },
    { "storage.k8s.io", "volumeattachments", "", "get", may_read_attachment, NULL },
    { "resource.k8s.io", "resourceclaims", "", "get", may_use_resource_claim, NULL },
    { "resource.k8s.io", "resourceslices", "", "create", may_always, NULL },
    { "resource.k8s.io", "resourceslices", "", "get update patch delete", may_write_slice, NULL },
    { "resource.k8s.io", "resourceslices", "", "list watch deletecollection", may_list_slices,
      "can only list/watch/deletecollection resourceslices with nodeName field selector" },
};

static bool is_special(const struct authorization_attributes *attributes)
{
    for (size_t i = 0; i < countof(specials); i++)
        if (strcmp(specials[i].group, attributes->group) == 0 &&
            strcmp(specials[i].resource, attributes->resource) == 0)
            return true;
    return false;
}

static const struct special *find_special(const struct authorization_attributes *attributes)
{
    for (size_t i = 0; i < countof(specials); i++)
        if (strcmp(specials[i].group, attributes->group) == 0 &&
            strcmp(specials[i].resource, attributes->resource) == 0 &&
            strcmp(specials[i].subresource, attributes->subresource) == 0 && verb_is(attributes, specials[i].verbs))
            return &specials[i];
    return NULL;
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
    const struct special *special = find_special(attributes);
    bool allowed = is_special(attributes) ? special != NULL && special->may(authorizer, node, attributes)
                                          : general_rules_allow(rbac, attributes);
    if (allowed)
        return DECISION_ALLOW;
    if (reason != NULL && special != NULL && special->why_not != NULL)
        snprintf(reason, AUTHORIZATION_REASON_SIZE, "%s", special->why_not);
    else if (reason != NULL)
        snprintf(reason, AUTHORIZATION_REASON_SIZE, "no relationship found between node '%s' and this object", node);
    return DECISION_NO_OPINION;
}
