/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* The client driver for components in the server's own process: the same chain, the cache's own objects,
 * no bytes on a wire. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/codec.h"
#include "apiserver/listing/watch.h"
#include "apiserver/request_metrics.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"

struct direct_client {
    struct client client; /* first */
    struct api_server *server;
    struct user user;
    struct arena arena; /* of the user */
    size_t pending;     /* calls and watches whose requests still name the user */
    bool destroyed;
};

/* A call on its way; its outcome waits for the next turn, as done() never comes from inside call_start(). */
struct direct_call {
    struct client_call *call; /* NULL: cancelled */
    struct direct_client *client;
    struct request *request; /* NULL once it is answered */
    struct loop_task task;
    struct client_result result;
    const struct object *object; /* a reference */
    struct buffer json;
};

static void client_release(struct direct_client *client)
{
    if (client->pending > 0 || !client->destroyed)
        return;
    arena_fini(&client->arena);
    free(client);
}

static const char *keep(struct request *request, const char *text)
{
    return text == NULL ? "" : arena_strdup(&request->arena, text);
}

static void release_resource(void *resource)
{
    api_resource_unref(resource);
}

static struct request *direct_request(struct direct_client *client, const struct request_sink *sink, void *context,
                                      const struct api_resource *resource)
{
    struct request *request = request_create(client->server, sink, context, client->client.loop);
    request->user = client->user;
    request->user_agent = client->client.name;
    request->options.field_manager = client->client.name;
    request->options.field_validation = FIELD_VALIDATION_IGNORE;
    request->is_resource = true;
    if (resource->references != NULL)
        arena_hold(&request->arena, release_resource, (void *)(uintptr_t)api_resource_ref(resource));
    request->group = resource->kind->group;
    request->version = resource->kind->version;
    request->plural = resource->plural;
    request->registry = server_registry_of(client->server, resource);
    return request;
}

/* ---------------------------------------------------------------- outcome */

static void call_deliver(struct loop_task *task)
{
    struct direct_call *direct = container_of(task, struct direct_call, task);
    struct client_call *call = direct->call;
    if (call != NULL) {
        call->driver_call = NULL;
        direct->result.object = direct->object;
        direct->result.json = direct->object != NULL ? object_json(direct->object) : buffer_str(&direct->json);
        call->done(call, &direct->result);
    }
    object_unref(direct->object);
    buffer_fini(&direct->json);
    direct->client->pending--;
    client_release(direct->client);
    free(direct);
}

static void outcome(struct request *request)
{
    struct direct_call *direct = request->sink_context;
    direct->request = NULL;
    request_metrics_called(request);
    loop_defer(direct->client->client.loop, &direct->task);
    request_destroy(request);
}

static void sink_object(struct request *request, int status, const struct object *object)
{
    struct direct_call *direct = request->sink_context;
    (void)status;
    direct->object = object_ref(object);
    outcome(request);
}

static void set_failure(struct direct_call *direct, const struct api_status *status)
{
    error_set(&direct->result.err, error_from_http(status->code, status->reason), "%s", text_or_empty(status->message));
    direct->result.rc = direct->result.err.code;
}

static void sink_document(struct request *request, int status, const struct api_kind *kind, const void *value)
{
    struct direct_call *direct = request->sink_context;
    direct->json.max = (size_t)64 << 20;
    api_encode_json(kind->type, kind, value, &direct->json);
    if (status >= 400)
        set_failure(direct, value);
    else if (kind == request->registry->resource->kind) {
        struct object *object;
        struct error err;
        if (object_from_served(request->registry->resource, buffer_str(&direct->json), &object, &err) == 0)
            direct->object = object;
    }
    outcome(request);
}

/* What deletecollection answers: what was there. The namespace controller asks until it is nothing. */
static void sink_list(struct request *request, const struct request_list *list)
{
    struct direct_call *direct = request->sink_context;
    const struct api_kind *kind = request->registry->resource->kind;
    char version[256];
    api_kind_version(kind, version, sizeof(version));
    direct->json.max = (size_t)64 << 20;
    buffer_format(&direct->json, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",\"metadata\":{},\"items\":[", kind->list_kind,
                  version);
    for (size_t i = 0; i < list->count; i++) {
        buffer_append_text(&direct->json, i == 0 ? "" : ",");
        buffer_append_str(&direct->json, object_json(list->objects[i]));
    }
    buffer_append_text(&direct->json, "]}");
    outcome(request);
}

static void sink_text(struct request *request, int status, const char *content_type, struct str body)
{
    struct direct_call *direct = request->sink_context;
    (void)content_type;
    direct->json.max = (size_t)64 << 20;
    buffer_append_str(&direct->json, body);
    if (status >= 400)
        direct->result.rc = error_set(&direct->result.err, error_from_http(status, NULL), STR_FMT, STR_ARG(body));
    outcome(request);
}

static const struct request_sink call_sink = {
    .object = sink_object, .document = sink_document, .list = sink_list, .text = sink_text
};

/* ---------------------------------------------------------------- calls */

static const struct api_delete_options *delete_options(struct request *request, const struct client_request *from)
{
    static const char *const policies[] = {
        [CLIENT_PROPAGATION_DEFAULT] = NULL,
        [CLIENT_PROPAGATION_BACKGROUND] = "Background",
        [CLIENT_PROPAGATION_FOREGROUND] = "Foreground",
        [CLIENT_PROPAGATION_ORPHAN] = "Orphan",
    };
    struct arena *arena = &request->arena;
    struct api_delete_options *options = arena_new(arena, struct api_delete_options);
    options->propagation_policy = policies[from->propagation];
    if (from->grace_seconds >= 0) {
        options->grace_period_seconds = arena_new(arena, int64_t);
        *options->grace_period_seconds = from->grace_seconds;
    }
    if (from->precondition_uid != NULL || from->precondition_revision != NULL) {
        options->preconditions = arena_new(arena, struct api_preconditions);
        options->preconditions->uid = arena_strdup(arena, from->precondition_uid);
        options->preconditions->resource_version = arena_strdup(arena, from->precondition_revision);
    }
    return options;
}

static const char *verb_of(enum api_verb verb)
{
    static const struct {
        enum api_verb verb;
        const char *name;
    } names[] = { { API_GET, "get" },     { API_CREATE, "create" }, { API_UPDATE, "update" },
                  { API_PATCH, "patch" }, { API_DELETE, "delete" }, { API_DELETE_COLLECTION, "deletecollection" },
                  { API_WATCH, "watch" }, { API_LIST_VERB, "list" } };
    for (size_t i = 0; i < countof(names); i++)
        if (names[i].verb == verb)
            return names[i].name;
    return "";
}

/* The body of a direct call is only lent during call_start(). */
static void set_body(struct request *request, const struct client_request *from)
{
    if (from->verb == API_PATCH) {
        request->body = arena_str(&request->arena, from->patch);
        request->body_format = from->patch_type == CLIENT_PATCH_APPLY ? BODY_YAML : BODY_JSON;
        request->patch_type = from->patch_type;
        request->patch_type_known = true;
    } else if (from->body != NULL && (from->verb & (API_CREATE | API_UPDATE))) {
        request->body_kind = from->body_kind != NULL ? from->body_kind : from->resource->kind;
        request->typed_body = api_copy(request->body_kind->type, from->body, &request->arena);
        request->body_format = BODY_TYPED;
    }
}

static void direct_call_start(struct client *client, struct client_call *call, const struct client_request *from)
{
    struct direct_client *direct = container_of(client, struct direct_client, client);
    struct direct_call *state = memory_new(struct direct_call);
    struct request *request = direct_request(direct, &call_sink, state, from->resource);
    direct->pending++;
    state->call = call;
    state->client = direct;
    state->request = request;
    state->task.callback = call_deliver;
    call->client = client;
    call->driver_call = state;
    request->action = from->verb;
    request->verb = verb_of(from->verb);
    request->namespace_ = keep(request, from->namespace_);
    request->name = keep(request, from->name);
    request->subresource = keep(request, from->subresource);
    request->options.label_selector = keep(request, from->label_selector);
    request->options.field_selector = keep(request, from->field_selector);
    request->options.force = from->force;
    if (from->field_manager != NULL)
        request->options.field_manager = keep(request, from->field_manager);
    if (from->verb == API_DELETE || from->verb == API_DELETE_COLLECTION)
        request->options.delete_options = delete_options(request, from);
    set_body(request, from);
    if (from->resource == &api_resource_namespace)
        request->namespace_ = request->name;
    request_run(request);
}

static void direct_call_cancel(struct client *client, struct client_call *call)
{
    struct direct_call *state = call->driver_call;
    (void)client;
    if (state == NULL)
        return;
    call->driver_call = NULL;
    state->call = NULL; /* the outcome, when it comes, is told to nobody */
}

/* ---------------------------------------------------------------- watches */

struct direct_watch {
    struct client_watch watch; /* first */
    struct direct_client *owner;
    struct client_watch_events events;
    void *context;
    struct request *request; /* NULL once the watch is over */
    struct loop_task task;   /* tells of an end, or frees what a callback closed */
    struct error err;
    int rc;
    bool closed;
};

static void watch_task(struct loop_task *task)
{
    struct direct_watch *direct = container_of(task, struct direct_watch, task);
    struct request *request = direct->request;
    direct->request = NULL;
    if (request != NULL)
        request_destroy(request);
    if (direct->closed) {
        direct->owner->pending--;
        client_release(direct->owner);
        free(direct);
        return;
    }
    direct->events.ended(direct->context, direct->rc, direct->rc < 0 ? &direct->err : NULL);
}

static bool watch_event(struct watch *watch, enum client_watch_event type, const struct object *object,
                        struct cache_event *event)
{
    struct direct_watch *direct = watch->context;
    (void)event;
    direct->events.event(direct->context, type, object, object_revision(object));
    return true;
}

static void watch_bookmarked(struct watch *watch, uint64_t revision, bool initial)
{
    struct direct_watch *direct = watch->context;
    (void)initial;
    direct->events.event(direct->context, CLIENT_BOOKMARK, NULL, revision);
}

static void watch_over(struct watch *watch, int rc, const struct error *err)
{
    struct direct_watch *direct = watch->context;
    direct->rc = rc;
    if (err != NULL)
        direct->err = *err;
    loop_defer(direct->watch.client->loop, &direct->task);
}

static void watch_sink_open(struct request *request)
{
    static const struct watch_consumer consumer = { .event = watch_event,
                                                    .bookmark = watch_bookmarked,
                                                    .ended = watch_over };
    watch_begin(request->watch, &consumer, request->sink_context);
}

static void watch_sink_document(struct request *request, int status, const struct api_kind *kind, const void *value)
{
    struct direct_watch *direct = request->sink_context;
    const struct api_status *failure = value;
    (void)kind;
    direct->rc =
        error_set(&direct->err, error_from_http(status, failure->reason), "%s", text_or_empty(failure->message));
    loop_defer(direct->watch.client->loop, &direct->task);
}

static const struct request_sink watch_sink = { .watch = watch_sink_open, .document = watch_sink_document };

static struct client_watch *direct_watch_open(struct client *client, const struct client_watch_request *from,
                                              const struct client_watch_events *events, void *context)
{
    struct direct_client *owner = container_of(client, struct direct_client, client);
    struct direct_watch *direct = memory_new(struct direct_watch);
    struct request *request = direct_request(owner, &watch_sink, direct, from->resource);
    direct->watch.client = client;
    direct->owner = owner;
    owner->pending++;
    direct->events = *events;
    direct->context = context;
    direct->request = request;
    direct->task.callback = watch_task;
    request->action = API_WATCH;
    request->verb = verb_of(API_WATCH);
    request->namespace_ = keep(request, from->namespace_);
    struct request_options *options = &request->options;
    options->watch = true;
    options->allow_watch_bookmarks = true;
    options->label_selector = keep(request, from->label_selector);
    options->field_selector = keep(request, from->field_selector);
    if (from->revision != 0) {
        options->resource_version = arena_format(&request->arena, "%llu", (unsigned long long)from->revision);
    } else {
        options->send_initial_events = arena_new(&request->arena, bool);
        *options->send_initial_events = true;
        options->resource_version_match = "NotOlderThan";
    }
    options->timeout_seconds = INT32_MAX; /* nothing is gained by ending it */
    request_run(request);
    return &direct->watch;
}

static void direct_watch_close(struct client_watch *watch)
{
    struct direct_watch *direct = container_of(watch, struct direct_watch, watch);
    if (direct->request != NULL && direct->request->watch != NULL)
        watch_close(direct->request->watch);
    direct->closed = true;
    loop_defer(watch->client->loop, &direct->task); /* the close may come from inside event() */
}

/* ---------------------------------------------------------------- the client */

static void direct_destroy(struct client *client)
{
    struct direct_client *direct = container_of(client, struct direct_client, client);
    direct->destroyed = true;
    client_release(direct);
}

static const struct client_driver direct_driver = {
    .name = "direct",
    .call_start = direct_call_start,
    .call_cancel = direct_call_cancel,
    .watch_open = direct_watch_open,
    .watch_close = direct_watch_close,
    .destroy = direct_destroy,
};

struct client *api_server_client(struct api_server *server, const char *name, const char *user,
                                 const char *const *groups)
{
    struct direct_client *direct = memory_new(struct direct_client);
    size_t count = 0;
    while (groups != NULL && groups[count] != NULL)
        count++;
    direct->server = server;
    direct->user.name = arena_strdup(&direct->arena, user);
    direct->user.groups = arena_new_array(&direct->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        direct->user.groups[i] = arena_strdup(&direct->arena, groups[i]);
    direct->user.n_groups = count;
    direct->client = (struct client){ &direct_driver, server->loop, arena_strdup(&direct->arena, name) };
    return &direct->client;
}
