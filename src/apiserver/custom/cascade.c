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

static void again(struct loop_timer *timer)
{
    struct cascade *cascade = container_of(timer, struct cascade, retry);
    cascade_go_on(container_of(cascade, struct definition, cascade));
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

void cascade_start(struct definition *definition)
{
    struct cascade *cascade = &definition->cascade;
    struct error err;
    if (cascade->cache != NULL || !wanted(definition))
        return;
    size_t stored = (size_t)(definition->form->stored - definition->form->versions);
    struct watch_cache *cache = definition->registries[stored]->registry.cache;
    if (watch_cache_start(cache, &err) < 0) {
        set_failure(cascade, &err);
        definition_due(definition);
        return;
    }
    cascade->cache = cache;
    cascade->retry.callback = again;
    cascade->follower.changed = instance_changed;
    watch_cache_follow(cache, &cascade->follower);
    check_empty(definition);
    if (!cascade->emptied)
        cascade_go_on(definition);
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
    cache_follower_stop(&cascade->follower);
    cascade->cache = NULL;
    set_failure(cascade, NULL);
}
