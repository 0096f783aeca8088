/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "controllers/runtime/custom_caches.h"

#include <stdlib.h>

#include "api/custom/custom_resource.h"
#include "base/memory.h"
#include "controllers/runtime/manager_internal.h"
#include "generated/types.h"

/* How long a cache outlives its definition: deletions of its last objects may still be on their way. */
#define AFTERLIFE (5 * USEC_PER_SEC)

typedef struct api_apiextensions_custom_resource_definition definition_type;
typedef struct api_apiextensions_custom_resource_definition_version version_type;

struct custom_cache {
    struct list_node node;
    struct custom_caches *caches;
    char *definition; /* its name */
    const struct api_resource *resource;
    struct informer *informer;
    struct subscription *subscriptions; /* one for each worker with map_all */
    struct controller_watch *watches;
    size_t n_subscriptions;
    struct loop_timer end;
};

/* ---------------------------------------------------------------- one cache */

static void unlisten(struct custom_cache *cache)
{
    for (size_t i = 0; i < cache->n_subscriptions; i++)
        informer_unlisten(cache->informer, &cache->subscriptions[i].listener);
    cache->n_subscriptions = 0;
    loop_timer_stop(&cache->end);
}

static void cache_free(struct custom_cache *cache)
{
    list_remove(&cache->node);
    informer_destroy(cache->informer);
    api_resource_unref(cache->resource);
    free(cache->subscriptions);
    free(cache->watches);
    free(cache->definition);
    free(cache);
}

static void retire(struct custom_cache *cache)
{
    unlisten(cache);
    list_remove(&cache->node);
    list_append(&cache->caches->retired, &cache->node);
}

static void afterlife_over(struct loop_timer *timer)
{
    struct custom_cache *cache = container_of(timer, struct custom_cache, end);
    struct custom_caches *caches = cache->caches;
    retire(cache);
    custom_caches_sweep(caches);
}

static void listen(struct custom_cache *cache)
{
    struct controller_manager *manager = cache->caches->manager;
    cache->subscriptions = memory_zalloc((manager->n_workers + 1) * sizeof(*cache->subscriptions));
    cache->watches = memory_zalloc((manager->n_workers + 1) * sizeof(*cache->watches));
    for (size_t i = 0; i < manager->n_workers; i++) {
        struct worker *worker = &manager->workers[i];
        if (worker->controller->map_all == NULL)
            continue;
        struct controller_watch *watch = &cache->watches[cache->n_subscriptions];
        *watch = (struct controller_watch){ .resource = cache->resource, .map = worker->controller->map_all };
        subscription_init(&cache->subscriptions[cache->n_subscriptions++], worker, watch, cache->informer);
    }
    for (size_t i = 0; i < cache->n_subscriptions; i++)
        informer_listen(cache->informer, &cache->subscriptions[i].listener);
}

/* Takes the reference of the row. */
static void add(struct custom_caches *caches, const char *definition, const struct api_resource *resource)
{
    struct custom_cache *cache = memory_new(struct custom_cache);
    cache->caches = caches;
    cache->definition = memory_strdup(definition);
    cache->resource = resource;
    cache->end.callback = afterlife_over;
    cache->informer = informer_create(caches->manager->client, &(struct informer_options){ .resource = resource });
    list_append(&caches->live, &cache->node);
    listen(cache);
    informer_start(cache->informer);
}

/* ---------------------------------------------------------------- definitions */

static bool is_established(const definition_type *definition)
{
    for (size_t i = 0; i < definition->status.n_conditions; i++)
        if (text_equal(definition->status.conditions[i].type, "Established"))
            return text_equal(definition->status.conditions[i].status, "True");
    return false;
}

/* The one that is stored, when it is served: nothing is converted then. */
static const version_type *choose_version(const definition_type *definition)
{
    const version_type *chosen = NULL;
    for (size_t i = 0; i < definition->spec.n_versions; i++) {
        const version_type *version = &definition->spec.versions[i];
        if (version->served && (chosen == NULL || version->storage))
            chosen = version;
    }
    return chosen;
}

static bool same_place(const struct api_resource *a, const struct api_resource *b)
{
    return text_equal(a->plural, b->plural) && text_equal(a->kind->group, b->kind->group) &&
           text_equal(a->kind->version, b->kind->version) && text_equal(a->kind->kind, b->kind->kind) &&
           (a->flags & API_NAMESPACED) == (b->flags & API_NAMESPACED);
}

static struct custom_cache *find_definition(const struct custom_caches *caches, const char *name)
{
    struct custom_cache *cache;
    list_for_each (&caches->live, cache, node)
        if (text_equal(cache->definition, name))
            return cache;
    return NULL;
}

static void definition_set(struct custom_caches *caches, const struct object *object)
{
    const definition_type *definition = api_apiextensions_custom_resource_definition_of(object);
    const version_type *version = is_established(definition) ? choose_version(definition) : NULL;
    struct custom_cache *cache = find_definition(caches, object_name(object));
    if (version == NULL || api_resource_find(str_of(definition->spec.group), str_of(version->name),
                                             str_of(definition->status.accepted_names.plural)) != NULL) {
        if (cache != NULL)
            retire(cache);
        return;
    }
    const struct api_resource *resource = custom_resource_create(definition, version, NULL);
    if (cache != NULL && same_place(cache->resource, resource)) {
        loop_timer_stop(&cache->end); /* it is back */
        api_resource_unref(resource);
        return;
    }
    if (cache != NULL)
        retire(cache);
    add(caches, object_name(object), resource);
}

static void definition_changed(struct informer_listener *listener, const struct object *before,
                               const struct object *after)
{
    struct custom_caches *caches = container_of(listener, struct custom_caches, listener);
    if (after != NULL) {
        definition_set(caches, after);
    } else {
        struct custom_cache *cache = find_definition(caches, object_name(before));
        if (cache != NULL)
            loop_timer_start(client_loop(caches->manager->client), &cache->end, AFTERLIFE);
    }
    custom_caches_sweep(caches);
}

/* ---------------------------------------------------------------- all of them */

void custom_caches_init(struct custom_caches *caches, struct controller_manager *manager)
{
    caches->manager = manager;
    list_init(&caches->live);
    list_init(&caches->retired);
}

void custom_caches_start(struct custom_caches *caches, struct informer *definitions)
{
    caches->definitions = definitions;
    caches->listener.changed = definition_changed;
    informer_listen(definitions, &caches->listener);
}

void custom_caches_fini(struct custom_caches *caches)
{
    struct custom_cache *cache;
    if (caches->definitions != NULL)
        informer_unlisten(caches->definitions, &caches->listener);
    list_for_each (&caches->live, cache, node)
        retire(cache);
    list_for_each (&caches->retired, cache, node)
        cache_free(cache);
}

void custom_caches_sweep(struct custom_caches *caches)
{
    struct controller_manager *manager = caches->manager;
    struct custom_cache *cache;
    if (list_empty(&caches->retired))
        return;
    for (size_t i = 0; i < manager->n_workers; i++)
        if (!list_empty(&manager->workers[i].passes))
            return;
    list_for_each (&caches->retired, cache, node)
        cache_free(cache);
}

struct informer *custom_caches_find(const struct custom_caches *caches, const struct api_resource *resource)
{
    struct custom_cache *cache;
    list_for_each (&caches->live, cache, node)
        if (text_equal(cache->resource->plural, resource->plural) &&
            text_equal(cache->resource->kind->group, resource->kind->group))
            return cache->informer;
    return NULL;
}

struct informer *custom_caches_find_kind(const struct custom_caches *caches, struct str group, struct str kind)
{
    struct custom_cache *cache;
    list_for_each (&caches->live, cache, node)
        if (str_is(kind, cache->resource->kind->kind) && str_is(group, cache->resource->kind->group))
            return cache->informer;
    return NULL;
}

struct informer *custom_caches_next(const struct custom_caches *caches, const struct informer *previous)
{
    struct list_node *node = list_first(&caches->live);
    while (previous != NULL && node != NULL && node != &caches->live.head) {
        bool found = container_of(node, struct custom_cache, node)->informer == previous;
        node = node->next;
        if (found)
            break;
    }
    return node == NULL || node == &caches->live.head ? NULL : container_of(node, struct custom_cache, node)->informer;
}
