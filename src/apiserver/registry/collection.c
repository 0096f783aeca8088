/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* deletecollection: one deletion for each object that a list with these options would show, a bounded number at a time. */

#include "apiserver/listing/listing.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

#define PARALLEL 64

struct collection {
    struct request *request;
    const struct api_delete_options *options;
    const struct request_list *list; /* the objects as they were */
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
    while (collection->running < PARALLEL && collection->next < collection->list->count && collection->err.code == 0) {
        const struct object *object = collection->list->objects[collection->next++];
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
        request_respond_list(request, collection->list);
}

static void delete_listed(struct request *request, struct request_list *list, const struct error *err)
{
    struct error wrong = { 0 };
    if (list == NULL) {
        request_fail(request, err);
        return;
    }
    struct collection *collection = arena_new(&request->arena, struct collection);
    collection->request = request;
    collection->list = list;
    if (delete_options_read(request, &collection->options, &wrong) < 0)
        request_fail(request, &wrong);
    else
        start_more(collection);
}

void registry_delete_collection(struct request *request)
{
    listing_start(request, delete_listed);
}
