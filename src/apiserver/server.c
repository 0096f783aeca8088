/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Putting the server together, filling its caches, and ending it. */

#include <stdlib.h>
#include <string.h>

#include "api/field_path.h"
#include "api/openapi/openapi.h"
#include "apiserver/access/access.h"
#include "apiserver/admission/admission_metrics.h"
#include "apiserver/admission/policy_hooks.h"
#include "apiserver/allocation/address_objects.h"
#include "apiserver/bootstrap.h"
#include "apiserver/custom/custom.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/expiry/event_expiry.h"
#include "apiserver/http/front.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "crypto/tls.h"

#define BOOKMARK_PERIOD PAGE_LIFE_PERIOD /* both are done in one go */

/* ---------------------------------------------------------------- registries */

struct registry *server_registry(struct api_server *server, const char *group, const char *version, const char *plural)
{
    char key[512];
    size_t size = text_join(key, sizeof(key), group, "/", version, "/", plural, NULL);
    if (size >= sizeof(key))
        return NULL;
    return map_find_entry(&server->registries, ((struct str){ key, size }), struct registry, node);
}

struct registry *server_registry_of(struct api_server *server, const struct api_resource *resource)
{
    if (resource->references == NULL)
        return server->built_in[resource - api_resources];
    struct registry *registry =
        server_registry(server, resource->kind->group, resource->kind->version, resource->plural);
    return registry != NULL ? registry : custom_resources_registry(server->custom, resource);
}

struct watch_cache *server_cache(struct api_server *server, const struct api_resource *resource)
{
    return server_registry_of(server, resource)->cache;
}

static struct watch_cache *cache_for(struct api_server *server, const struct api_resource *resource)
{
    if (text_empty(resource->storage_prefix))
        return NULL;
    struct watch_cache *cache = watch_cache_create(server->loop, server->store, resource);
    server->caches[server->n_caches++] = cache;
    return cache;
}

static void add_registry(struct api_server *server, const struct api_resource *resource)
{
    struct registry *registry = arena_new(&server->arena, struct registry);
    const struct api_kind *kind = resource->kind;
    registry->server = server;
    registry->resource = resource;
    registry->strategy = strategy_of(kind);
    registry->cache = cache_for(server, resource);
    registry->spec = api_field_find(kind->type, STR("spec"), NULL);
    registry->status = resource->flags & API_STATUS ? api_field_find(kind->type, STR("status"), NULL) : NULL;
    registry->key = arena_format(&server->arena, "%s/%s/%s", kind->group, kind->version, resource->plural);
    if (resource->since <= server->version) /* else nobody can name it, but what looks at all kinds goes on */
        map_insert(&server->registries, str_of(registry->key), &registry->node);
    server->built_in[resource - api_resources] = registry;
}

const char *registry_namespace(const struct request *request)
{
    return request->registry->resource->flags & API_NAMESPACED ? request->namespace_ : "";
}

const char *registry_object_key(struct request *request, const char *name)
{
    const struct api_resource *resource = request->registry->resource;
    if (resource->flags & API_NAMESPACED)
        return arena_join(&request->arena, resource->storage_prefix, "/", request->namespace_, "/", name, NULL);
    return arena_join(&request->arena, resource->storage_prefix, "/", name, NULL);
}

/* ---------------------------------------------------------------- life */

static void send_bookmarks(struct loop_timer *timer)
{
    struct api_server *server = container_of(timer, struct api_server, bookmark_timer);
    struct watch *watch;
    list_for_each (&server->watches, watch, node)
        watch_bookmark(watch);
    for (size_t i = 0; i < server->n_caches; i++)
        watch_cache_tidy(server->caches[i]);
    page_life_mark(&server->page_life, store_revision(server->store));
    loop_timer_start(server->loop, timer, BOOKMARK_PERIOD);
}

/* The metrics API, at the end of the table, is an extension server's. */
static size_t served_count(void)
{
    size_t count = api_resource_count;
    while (count > 0 && strcmp(api_resources[count - 1].kind->group, "metrics.k8s.io") == 0)
        count--;
    return count;
}

int api_server_create(const struct api_server_options *options, struct api_server **ret_server, struct error *err)
{
    struct api_server *server = memory_new(struct api_server);
    server->options = *options;
    server->loop = options->loop;
    server->store = options->store;
    struct service_ranges *services = &server->options.services;
    if (services->n_cidrs == 0 && service_ranges_parse(NULL, NULL, services, err) < 0)
        abort(); /* the defaults are good */
    server->version = (unsigned)emulation_effective(options->emulation).emulated;
    list_init(&server->requests);
    list_init(&server->watches);
    map_init(&server->registries);
    server->metrics = options->metrics != NULL ? options->metrics : metrics_create();
    server->request_metrics = request_metrics_create(server->metrics);
    server->admission_metrics = admission_metrics_create(server->metrics);
    server->slis = metrics_create();
    server->allocator = service_allocator_create(services, loop_random(server->loop));
    server->caches = memory_zalloc(api_resource_count * sizeof(struct watch_cache *));
    server->built_in = memory_zalloc(api_resource_count * sizeof(struct registry *));
    size_t served = served_count();
    for (size_t i = 0; i < served; i++)
        add_registry(server, &api_resources[i]);
    server->front = http_front_create(server);
    server->discovery = discovery_create(api_resources, served, server->version);
    if (options->external_address != NULL)
        discovery_set_address(server->discovery, options->external_address, options->external_port);
    server->custom = custom_resources_create(server);
    server->policies = policy_hooks_create(server);
    server->bookmark_timer.callback = send_bookmarks;
    int rc = access_create(server, &server->access, err);
    if (rc < 0) {
        api_server_destroy(server);
        return rc;
    }
    *ret_server = server;
    return 0;
}

static void bootstrap_done(void *context, int rc, const struct error *err)
{
    struct api_server *server = context;
    if (rc < 0)
        log_error("cannot make the cluster's first objects", LOG_TEXT("error", err->message));
    server->bootstrapped = rc == 0;
    if (rc == 0)
        server->address_objects = address_objects_start(server->bootstrap_client, server->allocator,
                                                        server_cache(server, &api_resource_service),
                                                        server_cache(server, &api_resource_networking_ip_address));
    if (server->bootstrapped && server->options.ready != NULL)
        server->options.ready(server->options.ready_context);
}

static void start_bootstrap(struct api_server *server)
{
    static const char *const masters[] = { "system:masters", NULL };
    const struct api_server_options *options = &server->options;
    server->bootstrapped = !options->bootstrap;
    if (!options->bootstrap)
        return;
    server->bootstrap_client = api_server_client(server, "kube-apiserver", "system:apiserver", masters);
    struct bootstrap_options what = {
        .server = server, .client = server->bootstrap_client, .done = bootstrap_done, .context = server
    };
    what.services = options->services;
    if (options->external_address != NULL && ip_parse(str_of(options->external_address), &what.advertise_address))
        what.advertise_port = options->external_port;
    server->bootstrap = bootstrap_start(&what);
}

int api_server_start(struct api_server *server, struct error *err)
{
    for (size_t i = 0; i < server->n_caches; i++) {
        if (watch_cache_converts(server->caches[i]))
            continue;
        int rc = watch_cache_start(server->caches[i], err);
        if (rc < 0)
            return rc;
    }
    service_allocator_follow(server->allocator, server_cache(server, &api_resource_service),
                             server_cache(server, &api_resource_networking_service_cidr),
                             server_cache(server, &api_resource_networking_ip_address));
    server->ready = true;
    custom_resources_start(server->custom);
    policy_hooks_start(server->policies);
    access_start(server->access);
    start_bootstrap(server);
    static const char *const masters[] = { "system:masters", NULL };
    server->event_expiry = event_expiry_start(api_server_client(server, "kube-apiserver", "system:apiserver", masters),
                                              server_cache(server, &api_resource_event));
    loop_timer_start(server->loop, &server->bookmark_timer, BOOKMARK_PERIOD);
    return http_front_listen(server->front, err);
}

static void end_waits(struct api_server *server)
{
    for (size_t i = 0; i < server->n_caches; i++)
        watch_cache_end_waits(server->caches[i]);
    custom_resources_end_waits(server->custom);
}

/* Requests from inside the process are waited for as well: what they write at the end (a lease given up) is then done. */
static void check_stopped(struct api_server *server)
{
    if (server->stopped != NULL && server->front_drained && (server->n_requests == 0 || server->out_of_patience))
        loop_defer(server->loop, &server->stopped_task);
}

static void tell_stopped(struct loop_task *task)
{
    struct api_server *server = container_of(task, struct api_server, stopped_task);
    void (*stopped)(void *context) = server->stopped;
    server->stopped = NULL;
    stopped(server->stopped_context);
}

static void front_drained(void *context)
{
    struct api_server *server = context;
    server->front_drained = true;
    check_stopped(server);
}

static void out_of_patience(struct loop_timer *timer)
{
    struct api_server *server = container_of(timer, struct api_server, patience_timer);
    end_waits(server);
    server->out_of_patience = true;
    check_stopped(server);
}

void api_server_stop(struct api_server *server, usec_t grace, void (*done)(void *context), void *context)
{
    server->stopping = true;
    server->stopped = done;
    server->stopped_context = context;
    server->stopped_task.callback = tell_stopped;
    loop_timer_stop(&server->bookmark_timer);
    struct list_node *node;
    while ((node = list_first(&server->watches)) != NULL)
        watch_end(container_of(node, struct watch, node), 0, NULL);
    server->patience_timer.callback = out_of_patience;
    loop_timer_start(server->loop, &server->patience_timer, grace);
    http_front_drain(server->front, grace, front_drained, server);
}

static void server_free(struct api_server *server)
{
    access_destroy(server->access);
    policy_hooks_destroy(server->policies);
    custom_resources_destroy(server->custom);
    discovery_destroy(server->discovery);
    service_allocator_destroy(server->allocator);
    openapi_destroy(server->openapi);
    for (size_t i = 0; i < server->n_caches; i++)
        watch_cache_destroy(server->caches[i]);
    free(server->caches);
    free(server->built_in);
    buffer_fini(&server->encoding);
    map_fini(&server->registries);
    request_metrics_destroy(server->request_metrics);
    admission_metrics_destroy(server->admission_metrics);
    metrics_destroy(server->slis);
    if (server->options.metrics == NULL)
        metrics_destroy(server->metrics);
    arena_fini(&server->arena);
    free(server);
}

void server_release_request(struct api_server *server)
{
    server->n_requests--;
    if (server->destroyed && server->n_requests == 0)
        server_free(server);
    else
        check_stopped(server);
}

/* Writes that are on their way come back to their requests when the store closes: what these need stays until then. */
void api_server_destroy(struct api_server *server)
{
    if (server == NULL)
        return;
    server->n_requests++; /* ours, so that it does not go while we use it */
    loop_timer_stop(&server->bookmark_timer);
    loop_timer_stop(&server->patience_timer);
    server->stopped = NULL;
    loop_cancel(server->loop, &server->stopped_task);
    struct list_node *node;
    while ((node = list_first(&server->watches)) != NULL)
        watch_end(container_of(node, struct watch, node), 0, NULL);
    http_front_destroy(server->front);
    address_objects_stop(server->address_objects);
    event_expiry_stop(server->event_expiry);
    tls_context_unref(server->proxy_tls);
    bootstrap_destroy(server->bootstrap);
    client_destroy(server->bootstrap_client);
    if (server->custom != NULL)
        custom_resources_stop(server->custom);
    policy_hooks_stop(server->policies);
    server->destroyed = true;
    end_waits(server);
    server_release_request(server);
}

int api_server_port(const struct api_server *server)
{
    return http_front_port(server->front);
}

void api_server_serve(struct api_server *server, struct stream *stream)
{
    http_front_serve(server->front, stream);
}
