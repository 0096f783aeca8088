/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* namespace.c - empties a namespace that is being deleted, then lets it go. Pods first: nothing that they
 * need may vanish while they run. */
#include "controllers/controllers.h"

/* The end of a pod may be the end of the wait. */
static void namespace_of_pod(struct key_sink *keys, const struct controller_watch *watch, const struct object *object)
{
    const struct object *space = informer_get(keys_cache(keys, &api_resource_namespace), object_namespace(object));
    if (space != NULL && object_meta(space)->deletion_timestamp != 0)
        keys_of_namespace(keys, watch, object);
}

static bool is_cleared(const struct api_resource *resource)
{
    return (resource->flags & API_NAMESPACED) != 0 && (resource->verbs & API_DELETE_COLLECTION) != 0 &&
           resource != &api_resource_pod && resource != &api_resource_events_event;
}

static int reconcile_namespace(struct reconcile *r, struct error *err)
{
    (void)err;
    const struct object *object = informer_get(reconcile_cache(r, &api_resource_namespace), r->key);
    if (object == NULL || object_meta(object)->deletion_timestamp == 0)
        return 0;
    const struct api_namespace *space = api_namespace_of(object);
    reconcile_clear(r, &api_resource_pod, r->key);
    bool first = true;
    for (size_t i = 0; i < api_resource_count; i++) {
        if (!is_cleared(&api_resources[i]))
            continue;
        reconcile_clear(r, &api_resources[i], r->key)->barrier = first;
        first = false;
    }
    /* Ours is "kubernetes"; others have controllers of their own. */
    struct api_namespace next = *space;
    next.spec.finalizers = arena_new_array(r->arena, const char *, space->spec.n_finalizers + 1);
    next.spec.n_finalizers = 0;
    for (size_t i = 0; i < space->spec.n_finalizers; i++) {
        if (!text_equal(space->spec.finalizers[i], "kubernetes"))
            next.spec.finalizers[next.spec.n_finalizers++] = space->spec.finalizers[i];
    }
    if (next.spec.n_finalizers == space->spec.n_finalizers)
        return 0;
    struct action *action = reconcile_update(r, &api_resource_namespace, &next);
    action->subresource = "finalize";
    action->barrier = true;
    action->absent_is_fine = true;
    return 0;
}

static const struct controller_watch watches[] = {
    { .resource = &api_resource_namespace, .map = keys_own },
    { .resource = &api_resource_pod, .map = namespace_of_pod },
};

const struct controller namespace_controller = {
    .name = "namespace",
    .watches = watches,
    .n_watches = countof(watches),
    .reconcile = reconcile_namespace,
};
