/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* POST: a new object. */

#include "api/codec.h"
#include "api/value/generated_name.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "base/text/uuid.h"

#define NAME_ATTEMPTS 8
#define ACCOUNT_WAIT  (USEC_PER_SEC)

struct creation {
    struct request *request;
    void *object;
    struct store_write write;
    usec_t written_at; /* monotonic */
    bool generated;
    bool revised; /* the client named a revision: refused when nothing else is wrong, as by upstream's storage */
    bool owned;   /* its managedFields are made: it was applied */
    bool waited;
    struct cache_wait wait;
    int attempts;
};

static void generate_name(struct request *request, struct api_object_meta *meta)
{
    meta->name = generated_name(meta->generate_name, loop_random(request->server->loop), &request->arena);
}

static int fail_existing(const struct registry *registry, const char *namespace_, const char *name, struct error *err)
{
    const struct object *there = watch_cache_get(registry->cache, namespace_, name);
    int rc = api_error_already_exists(err, registry->resource, name);
    if (there != NULL && object_meta(there)->deletion_timestamp != 0)
        return error_wrap_code(err, rc, "object is being deleted");
    return rc;
}

static void create_done(struct store_write *write);

static void create_attempt(struct creation *creation)
{
    struct request *request = creation->request;
    struct registry *registry = request->registry;
    struct api_object_meta *meta = creation->object;
    request->name = meta->name; /* generated anew, perhaps */
    creation->write = (struct store_write){
        .operation = STORE_CREATE,
        .key = str_of(registry_object_key(request, meta->name)),
        .is_volatile = registry->resource->flags & API_VOLATILE,
        .done = create_done,
    };
    creation->written_at = loop_monotonic(request->server->loop);
    registry_write_start(request, registry, creation->object, &creation->write);
}

static void create_done(struct store_write *write)
{
    struct creation *creation = container_of(write, struct creation, write);
    struct request *request = creation->request;
    struct registry *registry = request->registry;
    struct api_object_meta *meta = creation->object;
    request_metrics_stored(request, registry, write, creation->written_at);
    if (write->rc == -ERROR_ALREADY_EXISTS && creation->generated && !request->server->destroyed &&
        ++creation->attempts < NAME_ATTEMPTS) {
        generate_name(request, meta);
        create_attempt(creation);
        return;
    }
    if (write->rc < 0) {
        if (registry->strategy->release != NULL)
            registry->strategy->release(request, creation->object, NULL);
        if (write->rc == -ERROR_ALREADY_EXISTS)
            (void)fail_existing(registry, registry_namespace(request), meta->name, &write->err);
        request_fail(request, &write->err);
        return;
    }
    const struct object *object = watch_cache_get(registry->cache, registry_namespace(request), meta->name);
    if (object == NULL) { /* it was stored and is unreadable, or already gone: say so instead of guessing */
        request_refuse(request, ERROR_INTERNAL, "the object was stored but cannot be read back");
        return;
    }
    request_respond_object(request, 201, object);
}

static int check_new_meta(struct creation *creation, struct api_object_meta *meta, struct error *err)
{
    struct request *request = creation->request;
    int rc = prepare_namespace(request, meta, err);
    if (rc < 0)
        return rc;
    uint64_t revision;
    creation->revised = str_to_uint64(str_of(text_or_empty(meta->resource_version)), &revision) && revision > 0;
    meta->resource_version = NULL;
    if (text_empty(meta->name) && !text_empty(meta->generate_name)) {
        generate_name(request, meta);
        creation->generated = true;
    }
    request->name = text_or_empty(meta->name); /* whom a refusal is about */
    return 0;
}

static int create_prepare(struct creation *creation, struct error *err)
{
    struct request *request = creation->request;
    struct registry *registry = request->registry;
    const struct strategy *strategy = registry->strategy;
    struct api_object_meta *meta = creation->object;
    int rc = check_new_meta(creation, meta, err);
    if (rc < 0)
        return rc;
    prepare_owners(request, meta);
    if (!creation->owned)
        ownership_track(request, registry, creation->object, NULL);
    struct admission admission = { request,
                                   registry,
                                   ADMISSION_CREATE,
                                   request->subresource,
                                   request->namespace_,
                                   text_or_empty(meta->name),
                                   creation->object,
                                   NULL,
                                   creation->generated };
    rc = admission_admit(&admission, err);
    if (rc == 0 && strategy->authorize != NULL)
        rc = strategy->authorize(request, creation->object, NULL, err);
    if (rc < 0)
        return rc;
    prepare_create(request, creation->object);
    if (strategy->allocate != NULL) {
        rc = strategy->allocate(request, creation->object, NULL, err);
        if (rc < 0)
            return rc;
    }
    rc = prepare_validate(request, registry, UPDATE_OBJECT, NULL, creation->object, NULL, err);
    if (rc == 0)
        rc = admission_validate(&admission, err);
    if (rc == 0 && creation->revised && !request->options.dry_run)
        rc = failure_untyped(request, "resourceVersion should not be set on objects to be created", err);
    if (rc == 0 && !creation->generated &&
        watch_cache_get(registry->cache, registry_namespace(request), meta->name) != NULL)
        rc = fail_existing(registry, registry_namespace(request), meta->name, err);
    if (rc < 0 && strategy->release != NULL)
        strategy->release(request, creation->object, NULL);
    return rc;
}

static void create_start(struct creation *creation);

static void waited(struct cache_wait *wait)
{
    struct creation *creation = container_of(wait, struct creation, wait);
    creation->waited = true;
    create_start(creation);
}

/* A new namespace gets its default account a moment after it was made; whoever is quicker waits for it. */
static bool wait_for_account(struct creation *creation)
{
    struct request *request = creation->request;
    if (creation->waited || request->registry->resource != &api_resource_pod)
        return false;
    const struct api_pod *pod = creation->object;
    struct watch_cache *accounts = server_cache(request->server, &api_resource_service_account);
    bool wanted = text_empty(pod->spec.service_account_name) || text_equal(pod->spec.service_account_name, "default");
    bool there =
        watch_cache_get(server_cache(request->server, &api_resource_namespace), NULL, request->namespace_) != NULL;
    if (!wanted || !there || watch_cache_get(accounts, request->namespace_, "default") != NULL)
        return false;
    creation->wait.key = str_of(arena_format(&request->arena, "%s/default", request->namespace_));
    creation->wait.changed = waited;
    creation->wait.patience = ACCOUNT_WAIT;
    watch_cache_wait(accounts, &creation->wait);
    return true;
}

static void create_start(struct creation *creation)
{
    struct request *request = creation->request;
    void *object = creation->object;
    struct error err = { 0 };
    if (request->server->destroyed) {
        request_refuse(request, ERROR_CANCELLED, "the server ended");
        return;
    }
    if (wait_for_account(creation))
        return;
    if (create_prepare(creation, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    if (request->options.dry_run) {
        if (request->registry->strategy->release != NULL)
            request->registry->strategy->release(request, object, NULL);
        request_respond_document(request, 201, request->registry->resource->kind, object);
        return;
    }
    create_attempt(creation);
}

void registry_create_object(struct request *request, void *object, bool owned)
{
    struct creation *creation = arena_new(&request->arena, struct creation);
    creation->request = request;
    creation->object = object;
    creation->owned = owned;
    create_start(creation);
}

void registry_create(struct request *request)
{
    struct error err = { 0 };
    void *object;
    if (request_decode(request, request->registry->resource->kind, &object, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    registry_create_object(request, object, false);
}
