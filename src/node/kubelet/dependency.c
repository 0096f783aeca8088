/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/dependency.h"

#include <stdio.h>

#include "base/container/map.h"
#include "base/memory.h"
#include "node/kubelet/pod/spec.h"

struct dependency {
    struct map_node node; /* in dependencies.items */
    struct dependencies *owner;
    char *key; /* "configmaps/ns/name" */
    const struct api_resource *resource;
    char *namespace_, *name; /* of what has no namespace: NULL */
    struct informer *informer;
    struct informer_listener listener;
    struct map holders; /* of struct holder, by pod uid */
};

struct holder {
    struct map_node node;
    char uid[64];
    bool seen; /* by the hold in progress */
};

struct dependencies {
    struct client *client;
    void (*changed)(void *context, const struct api_resource *resource, const char *namespace_, const char *name);
    void *context;
    struct map items;
};

typedef void (*name_callback)(void *context, const struct api_resource *resource, const char *name);

static void walk_volume(const struct api_volume *volume, name_callback callback, void *context)
{
    if (volume->config_map != NULL)
        callback(context, &api_resource_config_map, volume->config_map->name);
    if (volume->secret != NULL)
        callback(context, &api_resource_secret, volume->secret->secret_name);
    for (size_t i = 0; volume->projected != NULL && i < volume->projected->n_sources; i++) {
        const struct api_volume_projection *source = &volume->projected->sources[i];
        if (source->config_map != NULL)
            callback(context, &api_resource_config_map, source->config_map->name);
        if (source->secret != NULL)
            callback(context, &api_resource_secret, source->secret->name);
    }
}

static void walk_container(const struct api_container *container, name_callback callback, void *context)
{
    for (size_t i = 0; i < container->n_env_from; i++) {
        if (container->env_from[i].config_map_ref != NULL)
            callback(context, &api_resource_config_map, container->env_from[i].config_map_ref->name);
        if (container->env_from[i].secret_ref != NULL)
            callback(context, &api_resource_secret, container->env_from[i].secret_ref->name);
    }
    for (size_t i = 0; i < container->n_env; i++) {
        const struct api_env_var_source *from = container->env[i].value_from;
        if (from != NULL && from->config_map_key_ref != NULL)
            callback(context, &api_resource_config_map, from->config_map_key_ref->name);
        if (from != NULL && from->secret_key_ref != NULL)
            callback(context, &api_resource_secret, from->secret_key_ref->name);
    }
}

/* Every object that the pod names, some perhaps twice. */
static void walk_pod(const struct api_pod *pod, name_callback callback, void *context)
{
    if (!text_empty(pod->spec.runtime_class_name))
        callback(context, &api_resource_node_runtime_class, pod->spec.runtime_class_name);
    for (size_t i = 0; i < pod->spec.n_volumes; i++)
        walk_volume(&pod->spec.volumes[i], callback, context);
    for (size_t i = 0; i < pod_container_count(pod); i++)
        walk_container(pod_container(pod, i), callback, context);
    for (size_t i = 0; i < pod->spec.n_image_pull_secrets; i++)
        callback(context, &api_resource_secret, pod->spec.image_pull_secrets[i].name);
}

struct search {
    const struct api_resource *resource;
    const char *name;
    bool found;
};

static void compare(void *context, const struct api_resource *resource, const char *name)
{
    struct search *search = context;
    search->found = search->found || (resource == search->resource && text_equal(name, search->name));
}

bool pod_depends_on(const struct api_pod *pod, const struct api_resource *resource, const char *name)
{
    struct search search = { resource, name, false };
    walk_pod(pod, compare, &search);
    return search.found;
}

/* --- the watches --- */

static void object_changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct dependency *item = container_of(listener, struct dependency, listener);
    (void)before, (void)after;
    item->owner->changed(item->owner->context, item->resource, item->namespace_, item->name);
}

static void object_synced(struct informer_listener *listener)
{
    struct dependency *item = container_of(listener, struct dependency, listener);
    item->owner->changed(item->owner->context, item->resource, item->namespace_,
                         item->name); /* absent is an answer too */
}

static struct dependency *find(struct dependencies *dependencies, const struct api_resource *resource,
                               const char *namespace_, const char *name)
{
    char key[600];
    snprintf(key, sizeof(key), "%s/%s/%s", resource->plural, resource->kind->namespaced ? namespace_ : "", name);
    return map_find_entry(&dependencies->items, str_of(key), struct dependency, node);
}

static struct dependency *open_dependency(struct dependencies *dependencies, const struct api_resource *resource,
                                          const char *namespace_, const char *name)
{
    struct dependency *item = memory_new(struct dependency);
    item->owner = dependencies;
    item->key = memory_format("%s/%s/%s", resource->plural, resource->kind->namespaced ? namespace_ : "", name);
    item->resource = resource;
    item->namespace_ = resource->kind->namespaced ? memory_strdup(namespace_) : NULL;
    item->name = memory_strdup(name);
    map_insert(&dependencies->items, str_of(item->key), &item->node);
    char selector[300];
    snprintf(selector, sizeof(selector), "metadata.name=%s", name);
    const struct informer_options options = { .resource = resource,
                                              .namespace_ = item->namespace_,
                                              .field_selector = selector };
    item->informer = informer_create(dependencies->client, &options);
    item->listener = (struct informer_listener){ .changed = object_changed, .synced = object_synced };
    informer_listen(item->informer, &item->listener);
    informer_start(item->informer);
    return item;
}

static void close_dependency(struct dependency *item)
{
    struct holder *holder;
    map_for_each (&item->holders, holder, node) {
        map_remove(&item->holders, &holder->node);
        free(holder);
    }
    map_fini(&item->holders);
    informer_unlisten(item->informer, &item->listener);
    informer_destroy(item->informer);
    map_remove(&item->owner->items, &item->node);
    free(item->key);
    free(item->namespace_);
    free(item->name);
    free(item);
}

struct holding {
    struct dependencies *dependencies;
    const struct api_pod *pod;
};

static void hold_one(void *context, const struct api_resource *resource, const char *name)
{
    struct holding *holding = context;
    if (text_empty(name) || strlen(name) > 253)
        return;
    const char *namespace_ = holding->pod->metadata.namespace, *uid = holding->pod->metadata.uid;
    struct dependency *item = find(holding->dependencies, resource, namespace_, name);
    if (item == NULL)
        item = open_dependency(holding->dependencies, resource, namespace_, name);
    struct holder *holder = map_find_entry(&item->holders, str_of(uid), struct holder, node);
    if (holder == NULL) {
        holder = memory_new(struct holder);
        snprintf(holder->uid, sizeof(holder->uid), "%s", uid);
        map_insert(&item->holders, str_of(holder->uid), &holder->node);
    }
    holder->seen = true;
}

/* Drops what the pod held and has not named again. */
static void drop_unseen(struct dependencies *dependencies, const char *uid)
{
    struct dependency *item;
    map_for_each (&dependencies->items, item, node) {
        struct holder *holder = map_find_entry(&item->holders, str_of(uid), struct holder, node);
        if (holder == NULL)
            continue;
        if (holder->seen) {
            holder->seen = false;
            continue;
        }
        map_remove(&item->holders, &holder->node);
        free(holder);
        if (item->holders.size == 0)
            close_dependency(item);
    }
}

void dependencies_hold(struct dependencies *dependencies, const struct api_pod *pod)
{
    struct holding holding = { dependencies, pod };
    walk_pod(pod, hold_one, &holding);
    drop_unseen(dependencies, pod->metadata.uid);
}

void dependencies_release(struct dependencies *dependencies, const char *pod_uid)
{
    drop_unseen(dependencies, pod_uid);
}

int dependencies_find(struct dependencies *dependencies, const struct api_resource *resource, const char *namespace_,
                      const char *name, const struct object **ret_object, struct error *err)
{
    struct dependency *item = find(dependencies, resource, namespace_, text_or_empty(name));
    if (item == NULL || !informer_synced(item->informer))
        return error_set(err, ERROR_AGAIN, "%s \"%s\" is being fetched", resource->singular, text_or_empty(name));
    const struct object *object = informer_find(item->informer, item->namespace_, name);
    if (object == NULL)
        return error_set(err, ERROR_NOT_FOUND, "%s \"%s\" not found", resource->singular, name);
    *ret_object = object;
    return 0;
}

struct dependencies *dependencies_create(struct client *client,
                                         void (*changed)(void *context, const struct api_resource *resource,
                                                         const char *namespace_, const char *name),
                                         void *context)
{
    struct dependencies *dependencies = memory_new(struct dependencies);
    *dependencies = (struct dependencies){ .client = client, .changed = changed, .context = context };
    return dependencies;
}

void dependencies_destroy(struct dependencies *dependencies)
{
    if (dependencies == NULL)
        return;
    struct dependency *item;
    map_for_each (&dependencies->items, item, node)
        close_dependency(item);
    map_fini(&dependencies->items);
    free(dependencies);
}
