/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* DELETE: at once, or a mark that somebody (a kubelet, a finalizer's owner) still has to act on. */

#include <string.h>

#include "api/codec.h"
#include "api/status.h"
#include "apiserver/admission/admission.h"
#include "apiserver/registry/prepare.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "apiserver/write_options.h"

#define DELETE_ATTEMPTS_MAX 64

static void deletion_attempt(struct deletion *deletion);

bool registry_may_vanish(const struct registry *registry, const void *object)
{
    const struct api_object_meta *meta = object;
    return meta->deletion_timestamp != 0 && meta->n_finalizers == 0 &&
           (meta->deletion_grace_period_seconds == NULL || *meta->deletion_grace_period_seconds == 0) &&
           (registry->strategy->held == NULL || !registry->strategy->held(object));
}

static void deletion_end(struct deletion *deletion, const struct object *object, const struct error *err)
{
    const struct object *current = deletion->current;
    deletion->current = NULL;
    deletion->done(deletion, object, deletion->gone, err);
    object_unref(current);
}

static void deletion_changed(struct cache_wait *wait)
{
    deletion_attempt(container_of(wait, struct deletion, wait));
}

static void deletion_stored(struct store_write *write)
{
    struct deletion *deletion = container_of(write, struct deletion, write);
    struct registry *registry = deletion->registry;
    struct watch_cache *cache = registry->cache;
    const struct object *now = watch_cache_get(cache, deletion->namespace_, deletion->name);
    request_metrics_stored(deletion->request, registry, write, deletion->written_at);
    if (write->rc == -ERROR_CONFLICT && ++deletion->attempts < DELETE_ATTEMPTS_MAX) {
        if (now == NULL || object_revision(now) != object_revision(deletion->current)) {
            deletion_attempt(deletion);
            return;
        }
        deletion->wait.key = str_of(object_key(deletion->current));
        deletion->wait.changed = deletion_changed;
        deletion->wait.patience = USEC_PER_SEC; /* the other write may fail, and then nothing changes */
        watch_cache_wait(cache, &deletion->wait);
        return;
    }
    if (write->rc < 0) {
        if (write->rc == -ERROR_NOT_FOUND)
            (void)api_error_not_found(&write->err, registry->resource, deletion->name);
        deletion_end(deletion, NULL, &write->err);
        return;
    }
    deletion->gone = write->operation == STORE_DELETE;
    if (deletion->gone && registry->strategy->deleted != NULL)
        registry->strategy->deleted(deletion->request, deletion->current);
    deletion_end(deletion, deletion->gone ? deletion->current : now, NULL);
}

/* Upstream names the kind here, not the resource. */
static int fail_precondition(struct deletion *deletion, const char *why, struct error *err)
{
    const struct api_resource *resource = deletion->registry->resource;
    struct api_resource named = { .kind = resource->kind, .plural = resource->kind->kind };
    int rc = api_error_conflict(err, &named, deletion->name, why);
    deletion->request->failure = api_status_of_error(&deletion->request->arena, err, &named, deletion->name);
    return rc;
}

static int check_preconditions(struct deletion *deletion, struct error *err)
{
    const struct api_preconditions *preconditions = deletion->options->preconditions;
    const struct object *current = deletion->current;
    struct arena *arena = &deletion->request->arena;
    if (preconditions == NULL)
        return 0;
    if (preconditions->uid != NULL && !text_equal(preconditions->uid, object_uid(current)))
        return fail_precondition(deletion,
                                 arena_format(arena,
                                              "the UID in the precondition (%s) does not match the UID in record (%s). "
                                              "The object might have been deleted and then recreated",
                                              preconditions->uid, object_uid(current)),
                                 err);
    const char *revision = arena_format(arena, "%llu", (unsigned long long)object_revision(current));
    if (preconditions->resource_version != NULL && !text_equal(preconditions->resource_version, revision))
        return fail_precondition(deletion,
                                 arena_format(arena,
                                              "the ResourceVersion in the precondition (%s) does not match the "
                                              "ResourceVersion in record (%s). The object might have been modified",
                                              preconditions->resource_version, revision),
                                 err);
    return 0;
}

/* ---------------------------------------------------------------- dependents */

static bool has_finalizer(const struct api_object_meta *meta, const char *name)
{
    for (size_t i = 0; i < meta->n_finalizers; i++)
        if (strcmp(meta->finalizers[i], name) == 0)
            return true;
    return false;
}

static void set_finalizer(struct request *request, struct api_object_meta *meta, const char *name, bool wanted)
{
    if (has_finalizer(meta, name) == wanted)
        return;
    const char **finalizers = arena_new_array(&request->arena, const char *, meta->n_finalizers + 1);
    size_t count = 0;
    for (size_t i = 0; i < meta->n_finalizers; i++)
        if (strcmp(meta->finalizers[i], name) != 0)
            finalizers[count++] = meta->finalizers[i];
    if (wanted)
        finalizers[count++] = name;
    meta->finalizers = count == 0 ? NULL : finalizers;
    meta->n_finalizers = count;
}

/* What the options, then finalizers that are there, then the kind's default say about dependents. */
static void set_propagation(struct deletion *deletion, struct api_object_meta *meta)
{
    const struct api_delete_options *options = deletion->options;
    const struct api_resource *resource = deletion->registry->resource;
    bool orphan = has_finalizer(meta, "orphan"), foreground = has_finalizer(meta, "foregroundDeletion");
    if (resource->flags & API_GC_UNSUPPORTED) {
        orphan = foreground = false;
    } else if (options->orphan_dependents != NULL) {
        orphan = *options->orphan_dependents;
        foreground = false;
    } else if (!text_empty(options->propagation_policy)) {
        orphan = strcmp(options->propagation_policy, "Orphan") == 0;
        foreground = strcmp(options->propagation_policy, "Foreground") == 0;
    } else if (!orphan && !foreground) {
        orphan = resource->flags & API_GC_ORPHAN_DEFAULT;
    }
    set_finalizer(deletion->request, meta, "orphan", orphan);
    set_finalizer(deletion->request, meta, "foregroundDeletion", foreground);
}

/* ---------------------------------------------------------------- grace */

/* False: it is being deleted already, and not sooner by this request. */
static bool mark(struct deletion *deletion, struct api_object_meta *meta)
{
    struct request *request = deletion->request;
    const struct strategy *strategy = deletion->registry->strategy;
    usec_t now = prepare_now(request);
    int64_t asked_value, *asked = NULL;
    if (deletion->options->grace_period_seconds != NULL) {
        asked_value = *deletion->options->grace_period_seconds < 0 ? 1 : *deletion->options->grace_period_seconds;
        asked = &asked_value;
    }
    int64_t grace = strategy->grace == NULL ? 0 : strategy->grace(meta, asked);
    if (meta->deletion_timestamp != 0) {
        int64_t left = meta->deletion_grace_period_seconds == NULL ? 0 : *meta->deletion_grace_period_seconds;
        if (left == 0 || asked == NULL || *asked >= left)
            return false;
        usec_t begun = meta->deletion_timestamp - left * USEC_PER_SEC;
        meta->deletion_timestamp = begun + grace * USEC_PER_SEC;
        if (meta->deletion_timestamp < now) {
            meta->deletion_timestamp = now;
            grace = grace == 0 ? 0 : 1;
        }
    } else {
        meta->deletion_timestamp = now + grace * USEC_PER_SEC;
        if (meta->generation > 0)
            meta->generation++;
        if (strategy->prepare_delete != NULL)
            strategy->prepare_delete(request, meta);
    }
    if (strategy->flags & STRATEGY_OWN_DELETION)
        return true;
    meta->deletion_grace_period_seconds = arena_new(&request->arena, int64_t);
    *meta->deletion_grace_period_seconds = grace;
    return true;
}

static void deletion_write(struct deletion *deletion, void *object)
{
    struct request *request = deletion->request;
    struct registry *registry = deletion->registry;
    struct api_object_meta *meta = object;
    deletion->gone = object == NULL || registry_may_vanish(registry, object);
    if (request->options.dry_run) {
        deletion_end(deletion, deletion->current, NULL);
        return;
    }
    if (!deletion->gone)
        meta->resource_version = NULL;
    deletion->write = (struct store_write){
        .operation = deletion->gone ? STORE_DELETE : STORE_UPDATE,
        .key = str_of(
            arena_join(&request->arena, registry->resource->storage_prefix, "/", object_key(deletion->current), NULL)),
        .expected = object_revision(deletion->current),
        .is_volatile = registry->resource->flags & API_VOLATILE,
        .done = deletion_stored,
    };
    deletion->written_at = loop_monotonic(request->server->loop);
    registry_write_start(request, registry, deletion->gone ? NULL : object, &deletion->write);
}

static void deletion_attempt(struct deletion *deletion)
{
    struct request *request = deletion->request;
    struct registry *registry = deletion->registry;
    const struct api_type *type = registry->resource->kind->type;
    struct error err = { 0 };
    object_unref(deletion->current);
    deletion->current = NULL;
    if (request->server->destroyed) {
        error_set(&err, ERROR_CANCELLED, "the server ended");
        deletion_end(deletion, NULL, &err);
        return;
    }
    deletion->current = object_ref(watch_cache_get(registry->cache, deletion->namespace_, deletion->name));
    if (deletion->current == NULL) {
        (void)api_error_not_found(&err, registry->resource, deletion->name);
        deletion_end(deletion, NULL, &err);
        return;
    }
    struct admission admission = { request,
                                   registry,
                                   ADMISSION_DELETE,
                                   "",
                                   deletion->namespace_,
                                   deletion->name,
                                   NULL,
                                   object_typed(deletion->current) };
    int rc = check_preconditions(deletion, &err);
    if (rc == 0)
        rc = admission_admit(&admission, &err);
    if (rc == 0)
        rc = admission_validate(&admission, &err);
    if (rc < 0) {
        deletion_end(deletion, NULL, &err);
        return;
    }
    struct api_object_meta *meta = api_copy(type, object_typed(deletion->current), &request->arena);
    bool terminating = meta->deletion_timestamp != 0;
    deletion->marked = meta;
    set_propagation(deletion, meta);
    bool marked = mark(deletion, meta);
    if (terminating && !marked && api_equal(type, meta, object_typed(deletion->current)) &&
        !registry_may_vanish(registry, meta)) {
        deletion->gone = false;
        deletion_end(deletion, deletion->current, NULL);
        return;
    }
    deletion_write(deletion, meta);
}

void deletion_start(struct deletion *deletion)
{
    deletion_attempt(deletion);
}

/* ---------------------------------------------------------------- DELETE */

/* What is there no more, or would not be: with the marks of its deletion when it is of a kind that has seconds of grace, even
 * none; at the revision at which it went. */
static struct api_object_meta *last_state(struct deletion *deletion, const struct object *object)
{
    struct arena *arena = &deletion->request->arena;
    const struct api_type *type = deletion->registry->resource->kind->type;
    bool marked = !deletion->gone || deletion->registry->strategy->grace != NULL;
    struct api_object_meta *last = marked ? deletion->marked : api_copy(type, object_typed(object), arena);
    uint64_t revision = deletion->request->options.dry_run ? object_revision(object) : deletion->write.revision;
    last->resource_version = arena_format(arena, "%llu", (unsigned long long)revision);
    return last;
}

static void delete_done(struct deletion *deletion, const struct object *object, bool gone, const struct error *err)
{
    struct request *request = deletion->request;
    const struct api_resource *resource = deletion->registry->resource;
    if (err != NULL) {
        request_fail(request, err);
        return;
    }
    if ((gone && (resource->flags & API_RETURN_DELETED)) || (!gone && request->options.dry_run)) {
        request_respond_document(request, 200, resource->kind, last_state(deletion, object));
        return;
    }
    if (!gone) {
        const bool *orphan = deletion->options->orphan_dependents;
        request_respond_object(request, orphan != NULL && !*orphan ? 202 : 200, object);
        return;
    }
    request_respond_document(request, 200, &api_kind_status,
                             api_status_success(&request->arena, resource, request->name, object_uid(object)));
}

int delete_options_heed(struct request *request, const struct api_delete_options *options, struct error *err)
{
    request->options.dry_run |= options->n_dry_run > 0;
    request->options.delete_options = options; /* wherever they came from, policies see them */
    return delete_options_check(request, options, err);
}

/* The options come in the body or in the query. */
int delete_options_read(struct request *request, const struct api_delete_options **ret_options, struct error *err)
{
    static const struct api_delete_options none;
    void *value = NULL;
    const struct api_delete_options *options = request->options.delete_options;
    if (request->body_format != BODY_NONE && (request->body_format == BODY_TYPED || request->body.size > 0)) {
        request->options.field_validation = FIELD_VALIDATION_IGNORE; /* whatever else stands in there */
        int rc = request_decode(request, &api_kind_delete_options, &value, err);
        if (rc < 0)
            return rc;
        options = value;
    }
    *ret_options = options != NULL ? options : &none;
    return delete_options_heed(request, *ret_options, err);
}

void registry_delete(struct request *request)
{
    struct error err = { 0 };
    struct deletion *deletion = arena_new(&request->arena, struct deletion);
    deletion->request = request;
    deletion->registry = request->registry;
    deletion->namespace_ = registry_namespace(request);
    deletion->name = request->name;
    deletion->done = delete_done;
    if (delete_options_read(request, &deletion->options, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    deletion_start(deletion);
}
