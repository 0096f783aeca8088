/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The end of the chain: who answers which path, resource and verb. */

#include <string.h>

#include "api/status.h"
#include "apiserver/cache/watch_cache.h"
#include "apiserver/chain.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/failure.h"
#include "apiserver/handlers.h"
#include "apiserver/server_internal.h"

static void dispatch_path(struct request *request)
{
    const struct path_handler *handler = path_handler_find(request->path);
    if (handler == NULL)
        request_respond_missing(request);
    else if (handler->only_get && !text_equal(request->method, "GET"))
        refuse_method(request);
    else
        handler->handle(request);
}

/* Below a version that is served, before any resource is known: details are there, and empty. */
static void refuse_route(struct request *request, enum error_code code, const char *message)
{
    struct error err = { 0 };
    error_set(&err, code, "%s", message);
    request->failure = api_status_of_error(&request->arena, &err, NULL, NULL);
    request->failure->details = arena_new(&request->arena, struct api_status_details);
    request_fail(request, &err);
}

void refuse_place(struct request *request)
{
    refuse_route(request, ERROR_NOT_FOUND, "the server could not find the requested resource");
}

static void refuse_path(struct request *request)
{
    struct discovery_document document;
    const char *version = text_empty(request->group)
                              ? arena_format(&request->arena, "/api/%s", request->version)
                              : arena_format(&request->arena, "/apis/%s/%s", request->group, request->version);
    bool custom = request->registry != NULL && request->registry->custom;
    if (!custom && discovery_find(request->server->discovery, str_of(version), false, &document))
        refuse_place(request);
    else
        request_respond_missing(request);
}

void refuse_method(struct request *request)
{
    refuse_route(request, ERROR_METHOD_NOT_ALLOWED, "the server does not allow this method on the requested resource");
}

static const struct api_subresource *find_subresource(const struct api_resource *resource, const char *name)
{
    for (size_t i = 0; i < resource->n_subresources; i++)
        if (strcmp(resource->subresources[i].name, name) == 0)
            return &resource->subresources[i];
    return NULL;
}

/* The namespace in the path must fit the resource: "" is fine only where all namespaces can be meant. */
static bool scope_fits(const struct request *request)
{
    const struct api_resource *resource = request->registry->resource;
    bool given = !text_empty(request->namespace_);
    if (resource == &api_resource_namespace)
        return !given || text_equal(request->namespace_, request->name);
    if (!(resource->flags & API_NAMESPACED))
        return !given;
    return given || request->action == API_LIST_VERB || request->action == API_WATCH;
}

static void run_verb(struct request *request)
{
    static const struct {
        enum api_verb action;
        void (*run)(struct request *request);
    } verbs[] = {
        { API_GET, registry_get },        { API_LIST_VERB, registry_list },
        { API_WATCH, registry_watch },    { API_CREATE, registry_create },
        { API_UPDATE, registry_replace }, { API_PATCH, registry_patch },
        { API_DELETE, registry_delete },  { API_DELETE_COLLECTION, registry_delete_collection },
    };
    for (size_t i = 0; i < countof(verbs); i++) {
        if (verbs[i].action == request->action) {
            verbs[i].run(request);
            return;
        }
    }
}

/* Collections are created in; objects are updated. */
static bool name_fits(const struct request *request)
{
    bool named = !text_empty(request->name);
    if (request->action == API_CREATE)
        return !named || request->sub != NULL;
    return named || (request->action != API_UPDATE && request->action != API_PATCH);
}

/* What stands for another method, and is taken by streams alone. */
static bool method_fits(const struct request *request)
{
    bool other = text_equal(request->method, "HEAD") || text_equal(request->method, "OPTIONS");
    return !other || (request->sub != NULL && request->sub->connect);
}

/* Its cache is there. */
static void answer_resource(struct request *request)
{
    const struct api_resource *resource = request->registry->resource;
    struct error err = { 0 };
    if (request->registry->cache != NULL && watch_cache_start(request->registry->cache, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    const struct resource_handler *handler = resource_handler_find(resource, request->subresource, request->action);
    if (handler != NULL)
        handler->handle(request);
    else if (request->registry->cache == NULL || request->sub != NULL)
        request_refuse(request, ERROR_UNSUPPORTED, "%s/%s is not implemented", request->plural, request->subresource);
    else
        run_verb(request);
}

/* Whoever uses a kind that is on its way out is told so with every answer. */
static void warn_of_deprecation(struct request *request)
{
    static const struct {
        const struct api_resource *resource;
        const char *text;
    } deprecated[] = {
        { &api_resource_component_status, "v1 ComponentStatus is deprecated in v1.19+" },
        { &api_resource_endpoints, "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice" },
    };
    for (size_t i = 0; i < countof(deprecated); i++)
        if (deprecated[i].resource == request->registry->resource && request->headers != NULL)
            request_warn(request, "%s", deprecated[i].text);
}

/* A custom resource without that subresource is told of as if the object was not there. */
static void refuse_subresource(struct request *request)
{
    struct error err = { 0 };
    if (!request->registry->custom) {
        refuse_path(request);
        return;
    }
    (void)api_error_not_found(&err, request->registry->resource, request->name);
    request_fail(request, &err);
}

/* What all namespaces together can be asked for: their collection is listed there, and takes no other method. */
static bool is_collection_of_all(const struct request *request)
{
    const struct api_resource *resource = request->registry->resource;
    return !request->registry->custom && (resource->flags & API_NAMESPACED) && (resource->verbs & API_LIST_VERB) &&
           text_empty(request->namespace_) && text_empty(request->name);
}

/* Only connections go on behind a subresource. */
static bool is_too_deep(const struct request *request)
{
    return request->sub != NULL && !request->sub->connect && !request->registry->custom && !text_empty(request->rest) &&
           strcmp(request->rest, "/") != 0;
}

static void dispatch_resource(struct request *request)
{
    const struct api_resource *resource = request->registry->resource;
    unsigned verbs = resource->verbs;
    if (!text_empty(request->subresource)) {
        request->sub = find_subresource(resource, request->subresource);
        verbs = request->sub == NULL ? 0 : request->sub->verbs;
    }
    if (!scope_fits(request) || is_too_deep(request)) {
        if (is_collection_of_all(request))
            refuse_method(request);
        else
            refuse_path(request);
        return;
    }
    if (!text_empty(request->subresource) && request->sub == NULL) {
        refuse_subresource(request);
        return;
    }
    if (!(verbs & request->action) || !name_fits(request) || !method_fits(request)) {
        refuse_method(request);
        return;
    }
    warn_of_deprecation(request);
    if (request->registry->custom && (!custom_admits(request) || !custom_is_fresh(request, answer_resource)))
        return;
    answer_resource(request);
}

void dispatch(struct request *request)
{
    if (!request->is_resource)
        dispatch_path(request);
    else if (request->registry == NULL)
        refuse_path(request);
    else
        dispatch_resource(request);
}
