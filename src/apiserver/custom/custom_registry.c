/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/custom_registry.h"

#include <stdlib.h>

#include "api/custom/custom_object.h"
#include "api/field_path.h"
#include "apiserver/custom/document.h"
#include "apiserver/custom/strategy.h"
#include "apiserver/http/negotiation.h"
#include "apiserver/listing/watch.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

struct custom_registry *custom_registry_of(const struct registry *registry)
{
    return container_of(registry, struct custom_registry, registry);
}

static int read_stored(void *context, struct str json, uint64_t revision, struct object **ret_object, struct error *err)
{
    const struct custom_registry *custom = context;
    return custom_document_read(custom->form, custom->version, json, revision, ret_object, err);
}

struct custom_registry *custom_registry_create(struct api_server *server, struct custom_form *form,
                                               const struct custom_version *version)
{
    struct custom_registry *custom = memory_new(struct custom_registry);
    struct registry *registry = &custom->registry;
    const struct api_resource *resource = version->resource;
    const struct api_kind *kind = resource->kind;
    ref_init(&custom->references);
    custom->form = custom_form_ref(form);
    custom->version = version;
    *registry = (struct registry){
        .server = server,
        .resource = resource,
        .strategy = &custom_strategy,
        .cache = watch_cache_create(server->loop, server->store, resource),
        .spec = api_field_find(&api_type_custom_object, STR("spec"), NULL),
        .status = resource->flags & API_STATUS ? api_field_find(&api_type_custom_object, STR("status"), NULL) : NULL,
        .custom = true,
        .key = memory_format("%s/%s/%s", kind->group, kind->version, resource->plural),
    };
    watch_cache_read_with(registry->cache, read_stored, custom);
    list_init(&custom->writes);
    if (form->converts) {
        custom->webhook = webhook_create(server, form);
        custom->feed = feed_create(server, custom->webhook, version, registry->cache);
    }
    return custom;
}

static void release(void *pointer)
{
    struct custom_registry *custom = pointer;
    if (!ref_put(&custom->references))
        return;
    custom_form_unref(custom->form);
    free(custom->registry.key);
    free(custom);
}

static void check_idle(struct custom_registry *custom)
{
    if (!custom->retired || custom->requests > 0)
        return;
    watch_cache_destroy(take_pointer(&custom->registry.cache));
    webhook_destroy(take_pointer(&custom->webhook));
    release(custom);
}

static void end_watches(struct custom_registry *custom)
{
    struct watch *watch;
    struct list *watches = &custom->registry.server->watches;
    bool found;
    do { /* an end may end others */
        found = false;
        list_for_each (watches, watch, node) {
            if (watch->watcher.cache != custom->registry.cache)
                continue;
            found = true;
            watch_end(watch, 0, NULL);
            break;
        }
    } while (found);
}

void custom_registry_end(struct custom_registry *custom)
{
    custom->requests++; /* ours, so that it does not go while we use it */
    custom_writes_end(custom);
    feed_destroy(take_pointer(&custom->feed));
    custom->requests--;
    check_idle(custom);
}

void custom_registry_retire(struct custom_registry *custom)
{
    custom->requests++; /* ours, so that it does not go while we use it */
    custom->retired = true;
    end_watches(custom);
    custom_writes_end(custom);
    feed_destroy(take_pointer(&custom->feed));
    watch_cache_end_waits(custom->registry.cache);
    custom->requests--;
    check_idle(custom);
}

void custom_registry_enter(struct request *request)
{
    struct custom_registry *custom = custom_registry_of(request->registry);
    custom->requests++;
    ref_get(&custom->references);
    arena_hold(&request->arena, release, custom);
}

void custom_registry_leave(struct request *request)
{
    struct custom_registry *custom = custom_registry_of(request->registry);
    custom->requests--;
    check_idle(custom);
}

bool custom_admits(struct request *request)
{
    const struct custom_registry *custom = custom_registry_of(request->registry);
    if (custom->version->warning != NULL)
        request_warn(request, "%s", custom->version->warning);
    struct media media;
    struct str accept = request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "accept");
    if (!media_negotiate_custom(accept, TRANSFORM_ALL, &media)) {
        request_refuse(request, ERROR_NOT_ACCEPTABLE, MEDIA_NOT_ACCEPTED MEDIA_CUSTOM_TYPES);
        return false;
    }
    if (request->body_format == BODY_PROTOBUF && (request->action & (API_CREATE | API_UPDATE))) {
        request_refuse(request, ERROR_UNSUPPORTED_MEDIA_TYPE, MEDIA_NOT_SUPPORTED MEDIA_CUSTOM_TYPES);
        return false;
    }
    if (request->action == API_PATCH && request->patch_type_known && request->patch_type == CLIENT_PATCH_STRATEGIC) {
        request_refuse(request, ERROR_UNSUPPORTED_MEDIA_TYPE,
                       MEDIA_NOT_SUPPORTED
                       "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml");
        return false;
    }
    if (custom->terminating && request->action == API_CREATE) {
        request_refuse(request, ERROR_METHOD_NOT_ALLOWED,
                       "%s not allowed while custom resource definition is terminating", request->verb);
        return false;
    }
    return true;
}
