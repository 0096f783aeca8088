/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* cascade.c - the end of a definition: its instances are deleted like anybody deletes them, namespace by namespace; the
 * definition may go when its cache is empty. */

#include <stdlib.h>

#include "apiserver/custom/definition.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

#define RETRY USEC_PER_SEC

static void cascade_go_on(struct definition *definition);

static void set_failure(struct cascade *cascade, const struct error *err)
{
    free(take_pointer(&cascade->failure));
    if (err != NULL)
        cascade->failure = memory_format("could not issue all deletes: %s", err->message);
}

static void deleted(struct client_call *call, const struct client_result *result)
{
    struct cascade *cascade = container_of(call, struct cascade, call);
    struct definition *definition = container_of(cascade, struct definition, cascade);
    cascade->calling = false;
    bool had_failed = cascade->failure != NULL;
    set_failure(cascade, result->rc < 0 ? &result->err : NULL);
    if (result->rc < 0)
        loop_timer_start(definition->custom->server->loop, &cascade->retry, RETRY);
    if (result->rc < 0 || had_failed)
        definition_due(definition);
    if (result->rc == 0)
        cascade_go_on(definition);
}

/* The first object that nobody has asked to go. */
static const struct object *unmarked(const struct watch_cache *cache)
{
    struct cache_entry *entry;
    tree_for_each (watch_cache_objects(cache), entry, node)
        if (object_meta(entry->object)->deletion_timestamp == 0)
            return entry->object;
    return NULL;
}

static void cascade_go_on(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    if (cascade->calling || loop_timer_running(&cascade->retry))
        return;
    const struct object *object = unmarked(cascade->cache);
    if (object == NULL)
        return;
    cascade->calling = true;
    cascade->call.done = deleted;
    client_call_start(definition->custom->client, &cascade->call,
                      &(struct client_request){ .verb = API_DELETE_COLLECTION,
                                                .resource = definition->form->stored->resource,
                                                .namespace_ = object_namespace(object),
                                                .grace_seconds = -1 });
}

static void check_empty(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    if (watch_cache_objects(cascade->cache)->size > 0)
        return;
    cascade->emptied = true;
    definition_due(definition);
}

static void instance_changed(struct cache_follower *follower, const struct object *before, const struct object *after)
{
    struct cascade *cascade = container_of(follower, struct cascade, follower);
    (void)before;
    if (after == NULL)
        check_empty(container_of(cascade, struct definition, cascade));
}

static bool wanted(const struct definition *definition)
{
    const custom_definition_type *type = definition_type(definition);
    return definition->form != NULL && type->metadata.deletion_timestamp != 0 && custom_has_cleanup(type) &&
           custom_condition_true(type, "Terminating");
}

static struct custom_registry *stored_registry(const struct definition *definition)
{
    return definition->registries[definition->form->stored - definition->form->versions];
}

/* The cache shows what there is. */
static void cascade_begin(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    cascade->begun = true;
    cascade->follower.changed = instance_changed;
    watch_cache_follow(cascade->cache, &cascade->follower);
    check_empty(definition);
    if (!cascade->emptied)
        cascade_go_on(definition);
}

static void cascade_try(struct definition *definition);

static void again(struct loop_timer *timer)
{
    struct cascade *cascade = container_of(timer, struct cascade, retry);
    struct definition *definition = container_of(cascade, struct definition, cascade);
    if (cascade->begun)
        cascade_go_on(definition);
    else
        cascade_try(definition);
}

static void not_listed(struct definition *definition, const struct error *err)
{
    struct cascade *cascade = &definition->cascade;
    free(take_pointer(&cascade->failure));
    cascade->failure = memory_format("could not list instances: %s", err->message);
    loop_timer_start(definition->custom->server->loop, &cascade->retry, RETRY);
    definition_due(definition);
}

static void is_fed(struct feed_wait *wait, int rc, const struct error *err)
{
    struct cascade *cascade = container_of(wait, struct cascade, wait);
    struct definition *definition = container_of(cascade, struct definition, cascade);
    if (rc < 0)
        not_listed(definition, err);
    else
        cascade_begin(definition);
}

static void cascade_try(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    struct custom_registry *registry = stored_registry(definition);
    struct error err;
    cascade->wait.done = is_fed;
    if (watch_cache_start(cascade->cache, &err) < 0)
        not_listed(definition, &err);
    else if (registry->feed == NULL ||
             feed_wait(registry->feed, &cascade->wait, store_revision(definition->custom->server->store)))
        cascade_begin(definition);
}

void cascade_start(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    if (cascade->cache != NULL || !wanted(definition))
        return;
    cascade->cache = stored_registry(definition)->registry.cache;
    cascade->retry.callback = again;
    cascade_try(definition);
}

void cascade_stop(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    if (cascade->cache == NULL)
        return;
    if (cascade->calling)
        client_call_cancel(&cascade->call);
    cascade->calling = false;
    loop_timer_stop(&cascade->retry);
    feed_wait_cancel(&cascade->wait);
    if (cascade->begun)
        cache_follower_stop(&cascade->follower);
    cascade->begun = false;
    cascade->cache = NULL;
    set_failure(cascade, NULL);
}
