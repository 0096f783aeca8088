/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* manager.c - caches and queues of all controllers; what happens to a key is in pass.c. */
#include "controllers/runtime/manager.h"

#include <stdio.h>

#include "base/memory.h"
#include "controllers/runtime/manager_internal.h"
#include "generated/types.h"

static const struct metric_family running_controllers = {
    .name = "running_managed_controllers",
    .help = "[BETA] 1 where a controller runs.",
    .kind = METRIC_GAUGE,
    .labels = (const char *const[]){ "manager", "name", NULL },
};

struct key_sink {
    struct worker *worker;
};

struct informer *caches_find(const struct caches *caches, const struct api_resource *resource)
{
    if (resource->references != NULL)
        return custom_caches_find(&caches->custom, resource);
    return caches->by_resource[resource - api_resources];
}

const struct informer *caches_next(const struct caches *caches, const struct informer *previous)
{
    if (previous != NULL && informer_resource(previous)->references != NULL)
        return custom_caches_next(&caches->custom, previous);
    size_t start = previous == NULL ? 0 : (size_t)(informer_resource(previous) - api_resources) + 1;
    for (size_t i = start; i < api_resource_count; i++) {
        if (caches->by_resource[i] != NULL)
            return caches->by_resource[i];
    }
    return custom_caches_next(&caches->custom, NULL);
}

const struct informer *caches_find_kind(const struct caches *caches, const char *api_version, const char *kind)
{
    struct str version = str_of(text_or_empty(api_version)), group = STR(""), name = str_of(text_or_empty(kind));
    size_t slash = str_find(version, '/');
    if (slash < version.size) {
        group = (struct str){ version.data, slash };
        version = str_skip(version, slash + 1);
    }
    const struct api_kind *known = api_kind_find(group, version, name);
    const struct api_resource *resource = known == NULL ? NULL : api_resource_of_kind(known);
    if (resource != NULL)
        return caches_find(caches, resource);
    return known != NULL ? NULL : custom_caches_find_kind(&caches->custom, group, name);
}

const struct informer *keys_cache_of_kind(const struct key_sink *keys, const char *api_version, const char *kind)
{
    return caches_find_kind(&keys->worker->manager->caches, api_version, kind);
}

const struct informer *keys_next_cache(const struct key_sink *keys, const struct informer *previous)
{
    return caches_next(&keys->worker->manager->caches, previous);
}

const struct informer *keys_cache(const struct key_sink *keys, const struct api_resource *resource)
{
    return caches_find(&keys->worker->manager->caches, resource);
}

void keys_add(struct key_sink *keys, const char *key)
{
    workqueue_add(keys->worker->queue, str_of(key));
}

void keys_add_after(struct key_sink *keys, const char *key, usec_t delay)
{
    workqueue_add_after(keys->worker->queue, str_of(key), delay);
}

void keys_own(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    keys_add(keys, object_key(object));
}

void keys_of_namespace(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    (void)watch;
    keys_add(keys, object_namespace(object));
}

void keys_of_owner(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    if (!(object_marks(object) & OBJECT_OWNED))
        return; /* most are nobody's: no need to decode them for that */
    const struct api_object_meta *meta = object_meta(object);
    for (size_t i = 0; i < meta->n_owner_references; i++) {
        const struct api_owner_reference *owner = &meta->owner_references[i];
        if (owner->controller == NULL || !*owner->controller || !text_equal(owner->kind, watch->owner->kind->kind))
            continue;
        char key[600];
        if ((watch->owner->flags & API_NAMESPACED) != 0)
            snprintf(key, sizeof(key), "%s/%s", text_or_empty(meta->namespace), text_or_empty(owner->name));
        else
            snprintf(key, sizeof(key), "%s", text_or_empty(owner->name));
        keys_add(keys, key);
    }
}

static bool worker_synced(const struct worker *worker)
{
    for (size_t i = 0; i < worker->n_watches; i++) {
        if (worker->subscriptions[i].informer == NULL || !informer_synced(worker->subscriptions[i].informer))
            return false;
    }
    return true;
}

static void worker_run(void *context)
{
    struct worker *worker = context;
    if (!worker_synced(worker))
        return;
    unsigned limit = worker->controller->workers == 0 ? WORKERS_DEFAULT : worker->controller->workers;
    while (worker->in_flight < limit) {
        const char *key = workqueue_pop(worker->queue);
        if (key == NULL)
            return;
        worker->in_flight++;
        worker->reconciles++;
        pass_start(worker, key);
    }
}

void worker_clear_failure(struct worker *worker, const char *key)
{
    struct failure *failure = map_find_entry(&worker->failures, str_of(key), struct failure, node);
    if (failure == NULL)
        return;
    map_remove(&worker->failures, &failure->node);
    free(failure->reason);
    free(failure->message);
    free(failure);
}

void worker_set_failure(struct worker *worker, const char *key, const char *reason, const char *message)
{
    worker_clear_failure(worker, key);
    struct failure *failure = memory_zalloc(sizeof(*failure) + strlen(key) + 1);
    memcpy(failure->key, key, strlen(key));
    failure->reason = memory_strdup(reason);
    failure->message = memory_strdup(message);
    map_insert(&worker->failures, str_of(failure->key), &failure->node);
}

void worker_pass_ended(struct worker *worker, const char *key)
{
    worker->in_flight--;
    workqueue_done(worker->queue, key);
    loop_defer(worker->client->loop, &worker->settle); /* the next keys, not from inside this one */
}

static void settle(struct loop_task *task)
{
    struct worker *worker = container_of(task, struct worker, settle);
    struct list_node *next;
    for (struct list_node *node = list_first(&worker->passes); node != NULL && node != &worker->passes.head;
         node = next) {
        next = node->next;
        pass_settle(pass_of(node));
    }
    worker_run(worker);
    custom_caches_sweep(&worker->manager->caches.custom);
}

static void changed(struct informer_listener *listener, const struct object *before, const struct object *after)
{
    struct subscription *subscription = container_of(listener, struct subscription, listener);
    struct worker *worker = subscription->worker;
    if (subscription->watch->map != NULL) {
        struct key_sink keys = { worker };
        if (before != NULL)
            subscription->watch->map(&keys, subscription->watch, before);
        if (after != NULL)
            subscription->watch->map(&keys, subscription->watch, after);
    }
    struct list_node *node = list_first(&worker->passes);
    for (; after != NULL && node != NULL && node != &worker->passes.head; node = node->next)
        pass_saw(pass_of(node), after);
    if (!list_empty(&worker->passes))
        loop_defer(worker->client->loop, &worker->settle);
}

static void synced(struct informer_listener *listener)
{
    struct worker *worker = container_of(listener, struct subscription, listener)->worker;
    loop_defer(worker->client->loop, &worker->settle);
}

void subscription_init(struct subscription *subscription, struct worker *worker, const struct controller_watch *watch,
                       struct informer *informer)
{
    *subscription = (struct subscription){
        .listener = { .changed = changed, .synced = synced }, .worker = worker, .watch = watch, .informer = informer
    };
}

/* One resource for each place where objects are stored: versions of a kind share theirs. */
static bool watch_generally(const struct api_resource *resource)
{
    if ((resource->verbs & API_DELETE) == 0 || (resource->verbs & API_WATCH) == 0 ||
        text_equal(resource->kind->kind, "Event"))
        return false;
    for (const struct api_resource *other = api_resources; other < resource; other++) {
        if (text_equal(other->storage_prefix, resource->storage_prefix))
            return false;
    }
    return true;
}

static void worker_add_watches(struct worker *worker)
{
    const struct controller *controller = worker->controller;
    size_t most = controller->n_watches + (controller->map_all != NULL ? api_resource_count : 0);
    worker->watches = memory_zalloc((most + 1) * sizeof(*worker->watches));
    for (size_t i = 0; i < controller->n_watches; i++)
        worker->watches[worker->n_watches++] = controller->watches[i];
    for (size_t i = 0; i < api_resource_count && controller->map_all != NULL; i++) {
        if (watch_generally(&api_resources[i]))
            worker->watches[worker->n_watches++] =
                (struct controller_watch){ .resource = &api_resources[i], .map = controller->map_all };
    }
    worker->subscriptions = memory_zalloc((worker->n_watches + 1) * sizeof(*worker->subscriptions));
}

static void worker_init(struct worker *worker, struct controller_manager *manager, const struct controller *controller,
                        struct client *client)
{
    *worker = (struct worker){ .manager = manager, .controller = controller, .client = client };
    worker->component = controller->component != NULL ? memory_strdup(controller->component)
                                                      : memory_format("%s-controller", controller->name);
    worker->queue = workqueue_create(manager->client->loop, worker_run, worker);
    workqueue_set_metrics(worker->queue, manager->metrics,
                          controller->queue != NULL ? controller->queue : controller->name);
    worker->recorder = event_recorder_create(client, worker->component, NULL);
    worker->settle.callback = settle;
    list_init(&worker->passes);
    map_init(&worker->failures);
    worker_add_watches(worker);
    for (size_t i = 0; i < worker->n_watches; i++)
        subscription_init(&worker->subscriptions[i], worker, &worker->watches[i], NULL);
}

struct controller_manager *controller_manager_create(const struct controller_manager_options *options)
{
    struct controller_manager *manager = memory_new(struct controller_manager);
    manager->client = options->client;
    manager->owns_informers = options->informers == NULL;
    manager->informers = manager->owns_informers ? informer_set_create(options->client) : options->informers;
    manager->settings = options->settings;
    manager->metrics = options->metrics;
    if (manager->settings.node_cidr_mask == 0)
        manager->settings.node_cidr_mask = 24;
    if (manager->settings.node_monitor_grace == 0)
        manager->settings.node_monitor_grace = 40 * USEC_PER_SEC;
    if (manager->settings.terminated_pod_threshold == 0)
        manager->settings.terminated_pod_threshold = 12500;
    manager->caches.by_resource = memory_zalloc(api_resource_count * sizeof(struct informer *));
    custom_caches_init(&manager->caches.custom, manager);
    manager->n_workers = options->n_controllers;
    manager->workers = memory_zalloc((options->n_controllers + 1) * sizeof(*manager->workers));
    for (size_t i = 0; i < options->n_controllers; i++) {
        const struct controller *controller = options->controllers[i];
        struct client *client =
            options->client_for == NULL ? options->client : options->client_for(options->context, controller);
        worker_init(&manager->workers[i], manager, controller, client);
    }
    return manager;
}

static struct informer *manager_cache(struct controller_manager *manager, const struct api_resource *resource)
{
    struct informer *informer = caches_find(&manager->caches, resource);
    if (informer != NULL)
        return informer;
    informer = informer_set_get(manager->informers, &(struct informer_options){ .resource = resource });
    manager->caches.by_resource[resource - api_resources] = informer;
    return informer;
}

static bool looks_at_everything(const struct controller_manager *manager)
{
    for (size_t i = 0; i < manager->n_workers; i++)
        if (manager->workers[i].controller->map_all != NULL)
            return true;
    return false;
}

static void tell_running(struct controller_manager *manager, double value)
{
    for (size_t i = 0; i < manager->n_workers; i++) {
        char name[64];
        snprintf(name, sizeof(name), "%s-controller", manager->workers[i].controller->name);
        const char *const values[] = { "kube-controller-manager", name };
        metric_set(metrics_get(manager->metrics, &running_controllers, values), value);
    }
}

void controller_manager_start(struct controller_manager *manager)
{
    if (manager->started)
        return;
    manager->started = true;
    tell_running(manager, 1);
    /* All caches first: listening to one that has content maps it at once, which may look at another. */
    for (size_t i = 0; i < manager->n_workers; i++) {
        struct worker *worker = &manager->workers[i];
        for (size_t j = 0; j < worker->n_watches; j++)
            worker->subscriptions[j].informer = manager_cache(manager, worker->watches[j].resource);
    }
    for (size_t i = 0; i < manager->n_workers; i++) {
        struct worker *worker = &manager->workers[i];
        for (size_t j = 0; j < worker->n_watches; j++)
            informer_listen(worker->subscriptions[j].informer, &worker->subscriptions[j].listener);
    }
    if (looks_at_everything(manager))
        custom_caches_start(&manager->caches.custom,
                            manager_cache(manager, &api_resource_apiextensions_custom_resource_definition));
}

static void worker_fini(struct worker *worker)
{
    struct list_node *node;
    while ((node = list_first(&worker->passes)) != NULL)
        pass_cancel(pass_of(node));
    for (size_t i = 0; i < worker->n_watches; i++) {
        if (worker->subscriptions[i].informer != NULL)
            informer_unlisten(worker->subscriptions[i].informer, &worker->subscriptions[i].listener);
    }
    loop_cancel(worker->client->loop, &worker->settle);
    struct failure *failure;
    map_for_each (&worker->failures, failure, node)
        worker_clear_failure(worker, failure->key);
    map_fini(&worker->failures);
    workqueue_destroy(worker->queue);
    event_recorder_destroy(worker->recorder);
    free(worker->subscriptions);
    free(worker->watches);
    free(worker->component);
}

void controller_manager_destroy(struct controller_manager *manager)
{
    if (manager == NULL)
        return;
    if (manager->started)
        tell_running(manager, 0);
    for (size_t i = 0; i < manager->n_workers; i++)
        worker_fini(&manager->workers[i]);
    custom_caches_fini(&manager->caches.custom);
    free(manager->caches.by_resource);
    if (manager->owns_informers)
        informer_set_destroy(manager->informers);
    free(manager->workers);
    free(manager);
}

bool controller_manager_synced(const struct controller_manager *manager)
{
    for (size_t i = 0; i < manager->n_workers; i++) {
        if (!worker_synced(&manager->workers[i]))
            return false;
    }
    return true;
}

bool controller_manager_counters(const struct controller_manager *manager, size_t index, const char **ret_name,
                                 struct controller_counters *ret_counters)
{
    if (index >= manager->n_workers)
        return false;
    const struct worker *worker = &manager->workers[index];
    *ret_name = worker->controller->name;
    *ret_counters = (struct controller_counters){ .queue = workqueue_counters(worker->queue),
                                                  .reconciles = worker->reconciles,
                                                  .errors = worker->errors,
                                                  .in_flight = worker->in_flight };
    return true;
}
