/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* reconcile.c - how a reconcile function asks for things to be done. */
#include <stdarg.h>
#include <stdio.h>

#include "api/codec.h"
#include "api/value/generated_name.h"
#include "base/log.h"
#include "controllers/runtime/manager_internal.h"
#include "generated/types.h"

const struct informer *reconcile_cache(const struct reconcile *reconcile, const struct api_resource *resource)
{
    const struct informer *informer = caches_find(reconcile->caches, resource);
    if (informer == NULL) {
        log_error("a controller asks for a resource that it does not watch", LOG_TEXT("resource", resource->plural));
        abort();
    }
    return informer;
}

const struct informer *reconcile_next_cache(const struct reconcile *reconcile, const struct informer *previous)
{
    return caches_next(reconcile->caches, previous);
}

const struct informer *reconcile_cache_of_kind(const struct reconcile *reconcile, const char *api_version,
                                               const char *kind)
{
    return caches_find_kind(reconcile->caches, api_version, kind);
}

void reconcile_again_in(struct reconcile *reconcile, usec_t delay)
{
    if (delay < USEC_PER_MSEC)
        delay = USEC_PER_MSEC;
    if (reconcile->requeue_after == 0 || delay < reconcile->requeue_after)
        reconcile->requeue_after = delay;
}

static void release_resource(void *resource)
{
    api_resource_unref(resource);
}

static struct action *add_action(struct reconcile *reconcile, enum action_kind kind,
                                 const struct api_resource *resource)
{
    struct action *action = arena_new(reconcile->arena, struct action);
    action->kind = kind;
    action->resource = resource;
    if (resource->references != NULL)
        arena_hold(reconcile->arena, release_resource, (void *)(uintptr_t)api_resource_ref(resource));
    action->grace_seconds = -1;
    list_append(&reconcile->actions, &action->node);
    return action;
}

/* Caches may drop what a reconcile function read before the last action starts: actions keep copies. */
static void name_action(struct reconcile *reconcile, struct action *action, const char *namespace_, const char *name)
{
    if ((action->resource->flags & API_NAMESPACED) != 0)
        action->namespace_ = arena_strdup(reconcile->arena, text_or_empty(namespace_));
    action->name = arena_strdup(reconcile->arena, name);
}

struct action *reconcile_create(struct reconcile *reconcile, const struct api_resource *resource, const void *body)
{
    const struct api_object_meta *meta = body;
    struct action *action = add_action(reconcile, ACTION_CREATE, resource);
    name_action(reconcile, action, meta->namespace, NULL);
    struct api_object_meta *copy = api_copy(resource->kind->type, body, reconcile->arena);
    action->named = text_empty(copy->name) && !text_empty(copy->generate_name);
    if (action->named)
        copy->name = generated_name(copy->generate_name, reconcile->random, reconcile->arena);
    action->body = copy;
    return action;
}

struct action *reconcile_update(struct reconcile *reconcile, const struct api_resource *resource, const void *body)
{
    const struct api_object_meta *meta = body;
    struct action *action = add_action(reconcile, ACTION_UPDATE, resource);
    name_action(reconcile, action, meta->namespace, meta->name);
    action->body = api_copy(resource->kind->type, body, reconcile->arena);
    return action;
}

struct action *reconcile_update_status(struct reconcile *reconcile, const struct api_resource *resource,
                                       const void *body)
{
    struct action *action = reconcile_update(reconcile, resource, body);
    action->subresource = "status";
    action->always = true;
    action->absent_is_fine = true;
    return action;
}

struct action *reconcile_patch(struct reconcile *reconcile, const struct object *object, struct str merge_patch)
{
    const struct api_resource *resource = object_resource(object);
    struct action *action = add_action(reconcile, ACTION_PATCH, resource);
    name_action(reconcile, action, object_namespace(object), object_name(object));
    action->patch = arena_str(reconcile->arena, merge_patch);
    action->patch_type = CLIENT_PATCH_MERGE;
    return action;
}

struct action *reconcile_delete(struct reconcile *reconcile, const struct object *object)
{
    const struct api_resource *resource = object_resource(object);
    struct action *action = add_action(reconcile, ACTION_DELETE, resource);
    name_action(reconcile, action, object_namespace(object), object_name(object));
    action->uid = arena_strdup(reconcile->arena, object_uid(object));
    action->absent_is_fine = true;
    return action;
}

struct action *reconcile_clear(struct reconcile *reconcile, const struct api_resource *resource, const char *namespace_)
{
    struct action *action = add_action(reconcile, ACTION_CLEAR, resource);
    name_action(reconcile, action, namespace_, NULL);
    return action;
}

struct action *reconcile_confirm_absent(struct reconcile *reconcile, const struct api_resource *resource,
                                        const char *namespace_, const char *name, const char *uid)
{
    struct action *action = add_action(reconcile, ACTION_CONFIRM_ABSENT, resource);
    name_action(reconcile, action, namespace_, name);
    action->uid = arena_strdup(reconcile->arena, uid);
    return action;
}

void reconcile_event(struct reconcile *reconcile, const struct object *about, const char *type, const char *reason,
                     const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct action *action = add_action(reconcile, ACTION_EVENT, object_resource(about));
    action->about = about;
    action->succeeded = (struct action_event){ type, reason, arena_strdup(reconcile->arena, text) };
}
