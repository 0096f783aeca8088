/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Read, modify, write, and once more when somebody else was quicker: PUT, PATCH and most subresources. */

#include <assert.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/access/access.h"
#include "apiserver/admission/admission.h"
#include "apiserver/failure.h"
#include "apiserver/registry/ownership.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"

#define WAIT_MOST USEC_PER_SEC

static void update_attempt(struct update *update);

static void update_end(struct update *update, const struct object *object, const struct error *err)
{
    const struct object *current = update->current; /* 'object' may be this one */
    update->current = NULL;
    if (update->done != NULL)
        update->done(update, object, err);
    else if (err != NULL)
        request_fail(update->request, err);
    else if (object != NULL)
        request_respond_object(update->request, 200, object);
    else
        request_respond_document(update->request, 200, update->registry->resource->kind, update->value);
    object_unref(current);
}

static void update_changed(struct cache_wait *wait)
{
    update_attempt(container_of(wait, struct update, wait));
}

/* Somebody else's write came first. When the cache has not seen it yet, it will. */
static void update_again(struct update *update)
{
    struct watch_cache *cache = update->registry->cache;
    const struct object *now = watch_cache_get(cache, update->namespace_, update->name);
    uint64_t tried = object_revision(update->current);
    if (now == NULL || object_revision(now) != tried) {
        update_attempt(update);
        return;
    }
    update->wait.key = str_of(object_key(update->current));
    update->wait.changed = update_changed;
    update->wait.patience = WAIT_MOST; /* the other write may fail, and then nothing changes */
    watch_cache_wait(cache, &update->wait);
}

static void update_stored(struct store_write *write)
{
    struct update *update = container_of(write, struct update, write);
    struct request *request = update->request;
    const struct strategy *strategy = update->registry->strategy;
    request_metrics_stored(request, update->registry, write, update->written_at);
    if (write->rc < 0) {
        if (update->allocated != NULL && strategy->release != NULL)
            strategy->release(request, update->allocated, object_typed(update->current));
        if (write->rc == -ERROR_CONFLICT && !update->must_match && ++update->attempts < UPDATE_ATTEMPTS_MAX) {
            update_again(update);
            return;
        }
        if (write->rc == -ERROR_CONFLICT)
            (void)api_error_conflict(&write->err, update->registry->resource, update->name, API_CONFLICT_MODIFIED);
        else if (write->rc == -ERROR_NOT_FOUND)
            (void)api_error_not_found(&write->err, update->registry->resource, update->name);
        update_end(update, NULL, &write->err);
        return;
    }
    if (write->operation == STORE_DELETE) {
        struct api_object_meta *meta = (void *)update->value;
        meta->resource_version = arena_format(&request->arena, "%llu", (unsigned long long)write->revision);
        if (strategy->deleted != NULL)
            strategy->deleted(request, update->current);
        update_end(update, NULL, NULL);
        return;
    }
    update_end(update, watch_cache_get(update->registry->cache, update->namespace_, update->name), NULL);
}

static int check_identity(struct update *update, struct api_object_meta *meta, struct error *err)
{
    const struct object *current = update->current;
    const struct api_object_meta *before = object_meta(current);
    struct request *request = update->request;
    if (!text_equal(meta->name, before->name))
        return error_set(err, ERROR_BAD_REQUEST, "the name of the object (%s) does not match the name on the URL (%s)",
                         text_or_empty(meta->name), before->name);
    if (text_empty(meta->namespace) || text_empty(before->namespace)) /* a cluster-scoped object has none */
        meta->namespace = before->namespace;
    if (!text_equal(meta->namespace, before->namespace))
        return error_set(err, ERROR_BAD_REQUEST,
                         "the namespace of the provided object does not match the namespace sent on the request");
    if (request->action == API_UPDATE && !text_empty(meta->uid) && !text_equal(meta->uid, before->uid))
        return api_error_conflict(err, update->registry->resource, update->name,
                                  arena_format(&request->arena,
                                               "StorageError: invalid object, Code: 4, Key: %s/%s, ResourceVersion: 0, "
                                               "AdditionalErrorMsg: Precondition failed: UID in precondition: %s, UID "
                                               "in object meta: %s",
                                               update->registry->resource->storage_prefix, object_key(current),
                                               meta->uid, before->uid));
    return 0; /* a patch that changes the uid is refused with what else must not change */
}

static int check_revision(struct update *update, struct api_object_meta *meta, struct error *err)
{
    struct request *request = update->request;
    uint64_t revision;
    if (text_empty(meta->resource_version)) {
        update->must_match = false;
        meta->resource_version = object_meta(update->current)->resource_version;
        if ((update->registry->resource->flags & API_UNCONDITIONAL_UPDATE) || update->part == UPDATE_RAW)
            return 0;
        const struct api_resource *resource = update->registry->resource;
        struct api_kind named = *resource->kind; /* as upstream says it here */
        named.kind = resource->plural;
        return failure_invalid(request, &named, update->name, "metadata.resourceVersion", "FieldValueInvalid",
                               "Invalid value: 0: must be specified for an update", err);
    }
    if (!str_to_uint64(str_of(meta->resource_version), &revision))
        return failure_untyped(
            request,
            arena_format(&request->arena, "strconv.ParseUint: parsing \"%s\": invalid syntax", meta->resource_version),
            err);
    if (revision != object_revision(update->current))
        return api_error_conflict(err, update->registry->resource, update->name, API_CONFLICT_MODIFIED);
    return 0;
}

static int update_prepare(struct update *update, void *object, struct error *err)
{
    struct request *request = update->request;
    struct registry *registry = update->registry;
    const void *old = object_typed(update->current);
    int rc = check_identity(update, object, err);
    if (rc == 0)
        rc = check_revision(update, object, err);
    if (rc < 0)
        return rc;
    prepare_owners(request, object);
    bool judged = update->part != UPDATE_RAW || strcmp(request->subresource, "finalize") == 0;
    if (judged && !update->apply)
        ownership_track(request, registry, object, old);
    struct admission admission = {
        request, registry, ADMISSION_UPDATE, request->subresource, update->namespace_, update->name, object, old
    };
    if (judged)
        rc = admission_admit(&admission, err);
    if (rc == 0 && update->part == UPDATE_OBJECT && registry->strategy->authorize != NULL)
        rc = registry->strategy->authorize(request, object, old, err);
    if (rc < 0)
        return rc;
    prepare_update(request, registry, update->part, object, old);
    if (update->part == UPDATE_OBJECT && registry->strategy->allocate != NULL) {
        rc = registry->strategy->allocate(request, object, old, err);
        if (rc < 0)
            return rc;
        update->allocated = object;
    }
    if (update->part != UPDATE_RAW || update->validate != NULL)
        rc = prepare_validate(request, registry, update->part, update->validate, object, old, err);
    if (rc == 0 && judged)
        rc = admission_validate(&admission, err);
    if (rc < 0 && update->allocated != NULL && registry->strategy->release != NULL)
        registry->strategy->release(request, object, old);
    return rc;
}

/* Who owns what counts, but not when it was said: an apply that changes nothing would otherwise be a write. */
static bool is_worth_a_write(const struct update *update, struct api_object_meta *meta)
{
    const struct api_type *type = update->registry->resource->kind->type;
    const struct api_object_meta *before = object_meta(update->current);
    struct api_managed_fields_entry *entries = meta->managed_fields;
    if (!ownership_same_but_times(meta, before))
        return true;
    meta->managed_fields = before->managed_fields;
    bool same = api_equal(type, meta, before);
    meta->managed_fields = entries;
    return !same;
}

static void update_write(struct update *update, void *object)
{
    struct request *request = update->request;
    struct registry *registry = update->registry;
    struct api_object_meta *meta = object;
    update->value = object;
    meta->resource_version = object_meta(update->current)->resource_version;
    bool vanish = registry_may_vanish(registry, object);
    if (!vanish && !is_worth_a_write(update, meta)) {
        update_end(update, update->current, NULL);
        return;
    }
    if (request->options.dry_run) {
        if (update->allocated != NULL && registry->strategy->release != NULL)
            registry->strategy->release(request, update->allocated, object_typed(update->current));
        update_end(update, NULL, NULL);
        return;
    }
    meta->resource_version = NULL;
    update->write = (struct store_write){
        .operation = vanish ? STORE_DELETE : STORE_UPDATE,
        .key = str_of(
            arena_join(&request->arena, registry->resource->storage_prefix, "/", object_key(update->current), NULL)),
        .expected = object_revision(update->current),
        .is_volatile = registry->resource->flags & API_VOLATILE,
        .may_lag = !vanish && update->part == UPDATE_STATUS && registry->strategy->is_heartbeat != NULL &&
                   registry->strategy->is_heartbeat(object, object_typed(update->current)),
        .done = update_stored,
    };
    update->written_at = loop_monotonic(request->server->loop);
    registry_write_start(request, registry, vanish ? NULL : object, &update->write);
}

/* Whoever applies what is not there creates it, and must be allowed to. True: refused, and answered. */
static bool may_not_create(struct request *request)
{
    struct authorization_attributes attributes = access_attributes(request);
    char reason[AUTHORIZATION_REASON_SIZE] = "";
    attributes.verb = "create";
    if (access_decide(request->server->access, &attributes, reason) == DECISION_ALLOW)
        return false;
    access_refuse(request, &attributes, reason);
    return true;
}

static int check_missing(const struct update *update, const struct api_object_meta *meta, struct error *err)
{
    struct request *request = update->request;
    assert(meta != NULL);
    if (update->apply && !text_empty(meta->uid))
        return api_error_conflict(err, update->registry->resource, update->name,
                                  arena_format(&request->arena,
                                               "uid mismatch: the provided object specified uid %s, and no existing "
                                               "object was found",
                                               meta->uid));
    return 0; /* whatever resourceVersion it has: some clients apply with "1" so that nothing that exists is taken over */
}

static void update_missing(struct update *update)
{
    struct error err = { 0 };
    void *object = NULL;
    bool creates = (update->registry->resource->flags & API_CREATE_ON_UPDATE) || update->apply;
    int rc = 0;
    if (!update->create_missing || !creates)
        rc = api_error_not_found(&err, update->registry->resource, update->name);
    if (rc == 0)
        rc = update->change(update, NULL, &object, &err);
    if (rc == 0)
        rc = check_missing(update, object, &err);
    if (rc < 0) {
        update_end(update, NULL, &err);
        return;
    }
    assert(object != NULL);
    ((struct api_object_meta *)object)->resource_version = NULL;
    if (!update->apply || !may_not_create(update->request))
        registry_create_object(update->request, object, update->apply);
}

static void update_attempt(struct update *update)
{
    struct error err = { 0 };
    object_unref(update->current);
    update->current = NULL;
    update->allocated = NULL;
    if (update->request->server->destroyed) {
        error_set(&err, ERROR_CANCELLED, "the server ended");
        update_end(update, NULL, &err);
        return;
    }
    update->current = object_ref(watch_cache_get(update->registry->cache, update->namespace_, update->name));
    if (update->current == NULL) {
        update_missing(update);
        return;
    }
    void *object = NULL;
    if (update->change(update, update->current, &object, &err) < 0) {
        update_end(update, NULL, &err);
        return;
    }
    assert(object != NULL);
    if (update_prepare(update, object, &err) < 0) {
        update_end(update, NULL, &err);
        return;
    }
    update_write(update, object);
}

void update_start(struct update *update)
{
    struct request *request = update->request;
    if (update->registry == NULL) {
        update->registry = request->registry;
        update->namespace_ = registry_namespace(request);
        update->name = request->name;
    }
    update_attempt(update);
}

/* ---------------------------------------------------------------- PUT */

int update_check_name(const struct request *request, const struct api_object_meta *sent, struct error *err)
{
    if (text_empty(sent->name))
        return error_set(err, ERROR_BAD_REQUEST,
                         "the name of the object (%s based on URL) was undeterminable: name must be provided",
                         request->name);
    if (!text_equal(sent->name, request->name))
        return error_set(err, ERROR_BAD_REQUEST, "the name of the object (%s) does not match the name on the URL (%s)",
                         sent->name, request->name);
    return 0;
}

static int change_to_body(struct update *update, const struct object *current, void **ret_object, struct error *err)
{
    (void)current;
    struct request *request = update->request;
    void *object = NULL;
    int rc = request_decode(request, update->registry->resource->kind, &object, err);
    if (rc < 0)
        return rc;
    rc = update_check_name(request, object, err);
    if (rc == 0)
        *ret_object = object;
    return rc;
}

void registry_replace(struct request *request)
{
    struct update *update = arena_new(&request->arena, struct update);
    update->request = request;
    update->part = strcmp(request->subresource, "status") == 0 ? UPDATE_STATUS : UPDATE_OBJECT;
    update->must_match = true;
    update->create_missing = text_empty(request->subresource);
    update->change = change_to_body;
    update_start(update);
}
