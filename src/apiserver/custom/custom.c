/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom.c - definitions as they come, change and go. */
#include "apiserver/custom/custom.h"

#include <stdlib.h>

#include "apiserver/custom/definition.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"

#define RETRY USEC_PER_SEC /* of a status that could not be written */

const custom_definition_type *definition_type(const struct definition *definition)
{
    return api_apiextensions_custom_resource_definition_of(definition->object);
}

/* ---------------------------------------------------------------- served or not */

static void unserve(struct definition *definition)
{
    struct custom_form *form = take_pointer(&definition->form);
    struct api_server *server = definition->custom->server;
    if (form == NULL)
        return;
    cascade_stop(definition);
    server->custom_epoch++;
    for (size_t i = 0; i < form->n_versions; i++) {
        struct custom_registry *registry = definition->registries[i];
        if (registry->registry.served) {
            map_remove(&server->registries, &registry->registry.node);
            discovery_remove(server->discovery, registry->registry.resource);
        }
        custom_registry_retire(registry);
    }
    free(take_pointer(&definition->registries));
    custom_form_unref(form);
}

/* A built-in resource of that name keeps its place. */
static void serve_version(struct definition *definition, struct custom_registry *custom)
{
    struct api_server *server = definition->custom->server;
    struct registry *registry = &custom->registry;
    if (!custom->version->version->served || map_find(&server->registries, str_of(registry->key)) != NULL)
        return;
    registry->served = true;
    server->custom_epoch++;
    map_insert(&server->registries, str_of(registry->key), &registry->node);
    discovery_add(server->discovery, registry->resource);
}

static void serve(struct definition *definition)
{
    struct error err;
    struct custom_form *form;
    if (custom_form_create(definition->object, &form, &err) < 0) {
        log_error("a custom resource cannot be served", LOG_TEXT("definition", definition->name),
                  LOG_TEXT("error", err.message));
        return;
    }
    definition->form = form;
    definition->registries = memory_zalloc(form->n_versions * sizeof(*definition->registries));
    for (size_t i = 0; i < form->n_versions; i++) {
        definition->registries[i] = custom_registry_create(definition->custom->server, form, &form->versions[i]);
        serve_version(definition, definition->registries[i]);
    }
}

static void set_terminating(struct definition *definition)
{
    bool terminating = custom_condition_true(definition_type(definition), "Terminating") ||
                       definition_type(definition)->metadata.deletion_timestamp != 0;
    for (size_t i = 0; definition->form != NULL && i < definition->form->n_versions; i++) {
        struct custom_registry *registry = definition->registries[i];
        registry->terminating = terminating;
        if (registry->registry.served)
            discovery_set_ending(definition->custom->server->discovery, registry->registry.resource, terminating);
    }
}

/* ---------------------------------------------------------------- changes */

static struct definition *definition_create(struct custom_resources *custom, const struct object *object)
{
    struct definition *definition = memory_new(struct definition);
    definition->custom = custom;
    definition->name = memory_strdup(object_name(object));
    map_insert(&custom->definitions, str_of(definition->name), &definition->node);
    return definition;
}

static void definition_destroy(struct definition *definition)
{
    struct custom_resources *custom = definition->custom;
    unserve(definition);
    cascade_stop(definition);
    if (custom->writing == definition)
        custom->writing = NULL;
    list_remove(&definition->due_node);
    map_remove(&custom->definitions, &definition->node);
    object_unref(definition->object);
    free(definition->name);
    free(definition);
}

/* Names that it gives back, or takes no longer, may be waited for. */
static void wake_rivals(const struct definition *definition)
{
    const custom_definition_type *own = definition_type(definition);
    struct definition *other;
    map_for_each (&definition->custom->definitions, other, node)
        if (other != definition && text_equal(definition_type(other)->spec.group, own->spec.group) &&
            !custom_condition_true(definition_type(other), "NamesAccepted"))
            definition_due(other);
}

static void definition_set(struct definition *definition, const struct object *object)
{
    const struct object *before = definition->object;
    bool alike = before != NULL && custom_definitions_alike(before, object);
    definition->object = object_ref(object);
    object_unref(before);
    bool established = custom_condition_true(definition_type(definition), "Established");
    if (definition->form != NULL && (!alike || !established))
        unserve(definition);
    if (definition->form == NULL && established)
        serve(definition);
    set_terminating(definition);
    definition_due(definition);
}

static void definition_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct custom_resources *custom = container_of(follower, struct custom_resources, follower);
    const struct object *object = after != NULL ? after : before;
    struct definition *definition =
        map_find_entry(&custom->definitions, str_of(object_name(object)), struct definition, node);
    if (after != NULL) {
        if (definition == NULL)
            definition = definition_create(custom, after);
        definition_set(definition, after);
        wake_rivals(definition);
    } else if (definition != NULL) {
        wake_rivals(definition);
        definition_destroy(definition);
    }
}

/* ---------------------------------------------------------------- statuses */

static void look(struct custom_resources *custom);

void definition_due(struct definition *definition)
{
    struct custom_resources *custom = definition->custom;
    if (!list_linked(&definition->due_node))
        list_append(&custom->due, &definition->due_node);
    if (!custom->stopped && !custom->calling)
        loop_defer(custom->server->loop, &custom->task);
}

static void look_task(struct loop_task *task)
{
    look(container_of(task, struct custom_resources, task));
}

static void look_again(struct loop_timer *timer)
{
    look(container_of(timer, struct custom_resources, retry));
}

static void written(struct client_call *call, const struct client_result *result)
{
    struct custom_resources *custom = container_of(call, struct custom_resources, call);
    struct definition *definition = take_pointer(&custom->writing);
    custom->calling = false;
    if (result->rc < 0 && definition != NULL && result->rc != -ERROR_CONFLICT && result->rc != -ERROR_NOT_FOUND) {
        log_error("the status of a definition cannot be written", LOG_TEXT("definition", definition->name),
                  LOG_TEXT("error", result->err.message));
        if (!list_linked(&definition->due_node))
            list_append(&custom->due, &definition->due_node);
        loop_timer_start(custom->server->loop, &custom->retry, RETRY);
        return;
    }
    look(custom);
}

/* True: its status is being written. */
static bool write_status(struct definition *definition)
{
    auto_arena struct arena arena = { 0 };
    struct custom_resources *custom = definition->custom;
    struct api_server *server = custom->server;
    const struct custom_decision decision = {
        .definitions =
            watch_cache_objects(server_cache(server, &api_resource_apiextensions_custom_resource_definition)),
        .current = definition_type(definition),
        .now = loop_now(server->loop) / USEC_PER_SEC * USEC_PER_SEC,
        .emptied = definition->cascade.emptied,
        .failure = definition->cascade.failure,
    };
    const custom_definition_type *next = custom_decide(&decision, &arena);
    if (next == NULL)
        return false;
    custom->writing = definition;
    custom->calling = true;
    custom->call.done = written;
    client_call_start(custom->client, &custom->call,
                      &(struct client_request){ .verb = API_UPDATE,
                                                .resource = &api_resource_apiextensions_custom_resource_definition,
                                                .name = definition->name,
                                                .subresource = "status",
                                                .body = next });
    return true;
}

static void look(struct custom_resources *custom)
{
    struct list_node *node;
    while (!custom->stopped && !custom->calling && (node = list_pop(&custom->due)) != NULL) {
        struct definition *definition = container_of(node, struct definition, due_node);
        if (!write_status(definition))
            cascade_start(definition);
    }
}

/* ---------------------------------------------------------------- life */

struct registry *custom_resources_registry(struct custom_resources *custom, const struct api_resource *resource)
{
    struct definition *definition;
    map_for_each (&custom->definitions, definition, node)
        for (size_t i = 0; definition->form != NULL && i < definition->form->n_versions; i++)
            if (definition->registries[i]->registry.resource == resource)
                return &definition->registries[i]->registry;
    return NULL;
}

struct custom_resources *custom_resources_create(struct api_server *server)
{
    struct custom_resources *custom = memory_new(struct custom_resources);
    custom->server = server;
    map_init(&custom->definitions);
    list_init(&custom->due);
    custom->task.callback = look_task;
    custom->retry.callback = look_again;
    return custom;
}

void custom_resources_start(struct custom_resources *custom)
{
    static const char *const masters[] = { "system:masters", NULL };
    struct api_server *server = custom->server;
    custom->started = true;
    custom->client = api_server_client(server, "kube-apiserver", "system:apiserver", masters);
    custom->follower.changed = definition_changed;
    watch_cache_follow(server_cache(server, &api_resource_apiextensions_custom_resource_definition), &custom->follower);
}

void custom_resources_stop(struct custom_resources *custom)
{
    if (!custom->started || custom->stopped)
        return;
    custom->stopped = true;
    loop_cancel(custom->server->loop, &custom->task);
    loop_timer_stop(&custom->retry);
    client_call_cancel(&custom->call);
    struct definition *definition;
    map_for_each (&custom->definitions, definition, node) {
        cascade_stop(definition);
        for (size_t i = 0; definition->form != NULL && i < definition->form->n_versions; i++)
            custom_registry_end(definition->registries[i]);
    }
    client_destroy(custom->client);
}

void custom_resources_end_waits(struct custom_resources *custom)
{
    struct definition *definition;
    map_for_each (&custom->definitions, definition, node)
        for (size_t i = 0; definition->form != NULL && i < definition->form->n_versions; i++)
            watch_cache_end_waits(definition->registries[i]->registry.cache);
}

void custom_resources_destroy(struct custom_resources *custom)
{
    if (custom == NULL)
        return;
    custom_resources_stop(custom);
    if (custom->started)
        cache_follower_stop(&custom->follower);
    struct definition *definition;
    map_for_each (&custom->definitions, definition, node)
        definition_destroy(definition);
    map_fini(&custom->definitions);
    free(custom);
}
