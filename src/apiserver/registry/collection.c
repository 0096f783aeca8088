/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deletecollection: one deletion for each selected object, a bounded number at a time. */

#include "apiserver/failure.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/selection.h"
#include "apiserver/server_internal.h"

#define PARALLEL    64
#define OBJECTS_MAX 1000000

struct collection {
    struct request *request;
    struct selection selection;
    const struct api_delete_options *options;
    struct request_list result; /* the objects as they were */
    size_t next;
    size_t running;
    struct error err; /* the first failure */
    bool filling;     /* inside start_more() */
};

static void start_more(struct collection *collection);

static void one_done(struct deletion *deletion, const struct object *object, bool gone, const struct error *err)
{
    struct collection *collection = deletion->context;
    (void)object;
    (void)gone;
    if (err != NULL && err->code != -ERROR_NOT_FOUND && collection->err.code == 0)
        collection->err = *err;
    collection->running--;
    if (!collection->filling)
        start_more(collection);
}

static void start_more(struct collection *collection)
{
    struct request *request = collection->request;
    collection->filling = true;
    while (collection->running < PARALLEL && collection->next < collection->result.count && collection->err.code == 0) {
        const struct object *object = collection->result.objects[collection->next++];
        struct deletion *deletion = arena_new(&request->arena, struct deletion);
        deletion->request = request;
        deletion->registry = request->registry;
        deletion->namespace_ = object_namespace(object);
        deletion->name = object_name(object);
        deletion->options = collection->options;
        deletion->done = one_done;
        deletion->context = collection;
        collection->running++;
        deletion_start(deletion);
    }
    collection->filling = false;
    if (collection->running > 0)
        return;
    if (collection->err.code != 0)
        request_fail(request, &collection->err);
    else
        request_respond_list(request, &collection->result);
}

static bool take(void *context, const struct object *object)
{
    struct collection *collection = context;
    struct request_list *result = &collection->result;
    if (!selection_has(&collection->selection, object))
        return true;
    arena_hold(&collection->request->arena, (void (*)(void *))object_unref, object_ref(object));
    result->objects[result->count++] = object;
    return result->count < OBJECTS_MAX;
}

void registry_delete_collection(struct request *request)
{
    struct error err = { 0 };
    struct watch_cache *cache = request->registry->cache;
    struct collection *collection = arena_new(&request->arena, struct collection);
    collection->request = request;
    int rc = delete_options_read(request, &collection->options, &err);
    if (rc == 0)
        rc = selection_read(request, &collection->selection, &err);
    if (rc == 0) {
        struct request_list *result = &collection->result;
        result->revision = watch_cache_revision(cache);
        result->continue_ = "";
        result->objects = arena_new_array(&request->arena, const struct object *, watch_cache_objects(cache)->size);
        rc = watch_cache_range(cache, result->revision, collection->selection.prefix, STR(""), take, collection, &err);
    }
    if (rc < 0)
        request_fail(request, &err);
    else
        start_more(collection);
}
