/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* component_status.c - componentstatuses: how the store, the scheduler and the controller manager are. Nothing of it is stored.
 *
 * Upstream asks their health ports; ours may be anywhere and have none, so what is looked at is the lease that
 * whoever works keeps renewing. */
#include "api/codec.h"
#include "apiserver/handlers.h"
#include "apiserver/listing/selection.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

#define DOCUMENT_MAX (64 << 10)

static struct api_component_condition healthy(void)
{
    return (struct api_component_condition){ .type = "Healthy", .status = "True", .message = "ok" };
}

static struct api_component_condition store_health(struct request *request, const char *lease)
{
    (void)lease;
    if (request->server->store != NULL)
        return healthy();
    return (struct api_component_condition){ .type = "Healthy", .status = "False", .error = "the store is closed" };
}

static struct api_component_condition lease_health(struct request *request, const char *lease)
{
    struct api_component_condition health = { .type = "Healthy", .status = "Unknown" };
    struct registry *leases = server_registry_of(request->server, &api_resource_coordination_lease);
    struct error err = { 0 };
    if (watch_cache_start(leases->cache, &err) < 0) {
        health.error = arena_strdup(&request->arena, err.message);
        return health;
    }
    const struct object *object = watch_cache_get(leases->cache, "kube-system", lease);
    const struct api_coordination_lease_spec *spec = object == NULL ? NULL : &api_coordination_lease_of(object)->spec;
    if (spec == NULL || text_empty(spec->holder_identity) || spec->lease_duration_seconds == NULL) {
        health.error = arena_format(&request->arena, "nobody holds the lease kube-system/%s", lease);
        return health;
    }
    usec_t ends = spec->renew_time + *spec->lease_duration_seconds * (usec_t)USEC_PER_SEC;
    if (ends >= loop_now(request->server->loop))
        return healthy();
    health.status = "False";
    health.error =
        arena_format(&request->arena, "the lease kube-system/%s of %s has ended", lease, spec->holder_identity);
    return health;
}

static const struct component {
    const char *name;
    const char *lease;
    struct api_component_condition (*health)(struct request *request, const char *lease);
} components[] = {
    { "controller-manager", "kube-controller-manager", lease_health },
    { "etcd-0", NULL, store_health },
    { "scheduler", "kube-scheduler", lease_health },
};

/* A reference that goes with the request. */
static const struct object *status_of(struct request *request, const struct component *component, struct error *err)
{
    const struct api_kind *kind = &api_kind_component_status;
    struct api_component_condition health = component->health(request, component->lease);
    const struct api_component_status status = { .metadata = { .name = component->name },
                                                 .conditions = &health,
                                                 .n_conditions = 1 };
    auto_buffer struct buffer json = { .max = DOCUMENT_MAX };
    struct object *object;
    api_encode_json(kind->type, kind, &status, &json);
    if (object_from_served(request->registry->resource, buffer_str(&json), &object, err) < 0)
        return NULL;
    arena_hold(&request->arena, (void (*)(void *))object_unref, object);
    return object;
}

static int list(struct request *request, struct request_list *ret_list, struct error *err)
{
    struct selection selection = { 0 };
    int rc = selection_parse(request, &selection, err);
    if (rc == 0)
        rc = selection_resolve(request, &selection, err);
    if (rc < 0)
        return rc;
    struct request_list found = { .continue_ = "" };
    found.objects = arena_new_array(&request->arena, const struct object *, countof(components));
    for (size_t i = 0; i < countof(components); i++) {
        const struct object *object = status_of(request, &components[i], err);
        if (object == NULL)
            return err->code;
        if (selection_has(&selection, object))
            found.objects[found.count++] = object;
    }
    *ret_list = found;
    return 0;
}

void serve_component_status_list(struct request *request)
{
    struct request_list found;
    struct error err = { 0 };
    if (list(request, &found, &err) < 0)
        request_fail(request, &err);
    else
        request_respond_list(request, &found);
}

void serve_component_status(struct request *request)
{
    struct error err = { 0 };
    for (size_t i = 0; i < countof(components); i++) {
        if (!text_equal(components[i].name, request->name))
            continue;
        const struct object *object = status_of(request, &components[i], &err);
        if (object == NULL)
            request_fail(request, &err);
        else
            request_respond_object(request, 200, object);
        return;
    }
    request_refuse(request, ERROR_NOT_FOUND, "componentstatuses \"%s\" not found", request->name);
}
