/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_fake.c - the driver: calls are served at once and answered later, watches have a queue each. */
#include <stdio.h>

#include "api/selector/selector.h"
#include "base/memory.h"
#include "client/fake/client_fake_internal.h"
#include "generated/types.h"

struct fake_client {
    struct client base;
    struct fake_server *server;
    char *name;
};

struct fake_call {
    struct loop_timer timer;
    struct client_call *call;
    struct client_result result;
    const struct object *object;
    char *list;
};

struct fake_watch {
    struct client_watch base;
    struct fake_server *server;
    struct list_node node; /* in fake_server.watches */
    struct arena arena;    /* holds the selectors */
    const struct api_resource *resource;
    char *namespace_;
    struct label_selector labels;
    struct field_selector fields;
    const struct client_watch_events *events;
    void *context;
    struct list queue;
    usec_t last_due;
    struct loop_timer timer;
};

struct delivery {
    struct list_node node; /* in fake_watch.queue */
    enum client_watch_event event;
    const struct object *object;
    uint64_t revision;
    usec_t due;
    int end; /* nonzero: the watch ends with this code; 1: politely */
};

static const char *verb_name(enum api_verb verb)
{
    switch (verb) {
    case API_GET:
        return "get";
    case API_CREATE:
        return "create";
    case API_UPDATE:
        return "update";
    case API_PATCH:
        return "patch";
    case API_DELETE:
        return "delete";
    case API_DELETE_COLLECTION:
        return "deletecollection";
    default:
        return "other";
    }
}

static void log_request(struct fake_server *server, const struct client_request *request, const struct object *object)
{
    const char *name = request->name;
    if (name == NULL && object != NULL)
        name = object_name(object);
    buffer_format(&server->log, "%s %s%s%s %s%s%s\n", verb_name(request->verb), request->resource->plural,
                  request->subresource != NULL ? "/" : "", text_or_empty(request->subresource),
                  text_or_empty(request->namespace_), request->namespace_ != NULL ? "/" : "", text_or_empty(name));
}

static usec_t random_delay(struct fake_server *server)
{
    return server->delay == 0 ? 0 : (usec_t)random_below(loop_random(server->loop), (uint64_t)server->delay + 1);
}

static void call_free(struct fake_call *call)
{
    loop_timer_stop(&call->timer);
    object_unref(call->object);
    free(call->list);
    free(call);
}

static void answer(struct loop_timer *timer)
{
    struct fake_call *fake = container_of(timer, struct fake_call, timer);
    struct client_call *call = fake->call;
    call->driver_call = NULL;
    call->done(call, &fake->result);
    call_free(fake);
}

static void fake_call_start(struct client *client, struct client_call *call, const struct client_request *request)
{
    struct fake_server *server = container_of(client, struct fake_client, base)->server;
    struct fake_call *fake = memory_new(struct fake_call);
    int rc = server->fault == NULL ? 0 : server->fault(server->fault_context, request, &fake->result.err);
    if (rc == 0)
        rc = fake_serve(server, request, &fake->object, &fake->list, &fake->result.err);
    log_request(server, request, fake->object);
    if (server->lost_answers > 0 && request->verb == server->lossy_verb &&
        request->resource == server->lossy_resource) {
        server->lost_answers--;
        object_unref(fake->object);
        fake->object = NULL;
        rc = error_set(&fake->result.err, ERROR_TIMEOUT, "the answer got lost");
    }
    fake->result.rc = rc;
    fake->result.object = fake->object;
    fake->result.json = fake->object != NULL ? object_json(fake->object) : str_of(fake->list);
    fake->call = call;
    fake->timer.callback = answer;
    call->driver_call = fake;
    loop_timer_start(server->loop, &fake->timer, random_delay(server));
}

static void fake_call_cancel(struct client *client, struct client_call *call)
{
    (void)client;
    call_free(call->driver_call);
    call->driver_call = NULL;
}

static void delivery_free(struct delivery *delivery)
{
    list_remove(&delivery->node);
    object_unref(delivery->object);
    free(delivery);
}

/* One a turn, since the callback may close the watch. */
static void deliver(struct loop_timer *timer)
{
    struct fake_watch *watch = container_of(timer, struct fake_watch, timer);
    struct delivery *delivery = container_of(list_pop(&watch->queue), struct delivery, node);
    if (!list_empty(&watch->queue)) {
        struct delivery *next = container_of(list_first(&watch->queue), struct delivery, node);
        loop_timer_start(watch->server->loop, &watch->timer, next->due - loop_monotonic(watch->server->loop));
    }
    if (delivery->end != 0) {
        struct error err = { 0 };
        if (delivery->end < 0)
            error_set(&err, (enum error_code) - delivery->end, "too old resource version");
        watch->events->ended(watch->context, delivery->end < 0 ? delivery->end : 0, &err);
    } else {
        watch->events->event(watch->context, delivery->event, delivery->object, delivery->revision);
    }
    delivery_free(delivery);
}

static void queue_delivery(struct fake_watch *watch, enum client_watch_event event, const struct object *object,
                           uint64_t revision, int end)
{
    struct delivery *delivery = memory_new(struct delivery);
    *delivery = (struct delivery){ .event = event, .object = object_ref(object), .revision = revision, .end = end };
    usec_t due = loop_monotonic(watch->server->loop) + random_delay(watch->server);
    delivery->due = watch->last_due > due ? watch->last_due : due;
    watch->last_due = delivery->due;
    bool first = list_empty(&watch->queue);
    list_append(&watch->queue, &delivery->node);
    if (first)
        loop_timer_start(watch->server->loop, &watch->timer, delivery->due - loop_monotonic(watch->server->loop));
}

static bool watch_selects(struct fake_watch *watch, const struct object *object)
{
    if (object == NULL || object_resource(object) != watch->resource)
        return false;
    if (watch->namespace_ != NULL && strcmp(watch->namespace_, object_namespace(object)) != 0)
        return false;
    return label_selector_matches_object(&watch->labels, object) &&
           field_selector_matches_object(&watch->fields, object);
}

static void queue_change(struct fake_watch *watch, const struct fake_change *change)
{
    bool before = watch_selects(watch, change->before);
    bool after = !change->deleted && watch_selects(watch, change->after);
    if (!before && !after)
        return;
    enum client_watch_event event = !after ? CLIENT_DELETED : before ? CLIENT_MODIFIED : CLIENT_ADDED;
    queue_delivery(watch, event, change->after, change->revision, 0);
}

static void tell_watches(struct fake_server *server, const struct fake_change *change)
{
    struct fake_watch *watch;
    list_for_each (&server->watches, watch, node)
        queue_change(watch, change);
}

static void queue_list(struct fake_watch *watch)
{
    struct fake_server *server = watch->server;
    for (const struct object *o = NULL; (o = fake_server_next(server, watch->resource, o)) != NULL;) {
        if (watch_selects(watch, o))
            queue_delivery(watch, CLIENT_ADDED, o, object_revision(o), 0);
    }
    queue_delivery(watch, CLIENT_BOOKMARK, NULL, server->revision, 0);
}

static bool is_blind(const struct fake_server *server, const struct api_resource *resource)
{
    return server->blind && (server->blind_resource == NULL || server->blind_resource == resource);
}

static struct client_watch *fake_watch_open(struct client *client, const struct client_watch_request *request,
                                            const struct client_watch_events *events, void *context)
{
    struct fake_server *server = container_of(client, struct fake_client, base)->server;
    struct fake_watch *watch = memory_new(struct fake_watch);
    watch->server = server;
    watch->resource = request->resource;
    watch->namespace_ = memory_strdup(request->namespace_);
    watch->events = events;
    watch->context = context;
    watch->timer.callback = deliver;
    list_init(&watch->queue);
    list_append(&server->watches, &watch->node);
    struct error err;
    int rc = label_selector_parse(str_of(text_or_empty(request->label_selector)), &watch->arena, &watch->labels, &err);
    if (rc == 0)
        rc = field_selector_parse(str_of(text_or_empty(request->field_selector)), &watch->arena, &watch->fields, &err);
    if (rc == 0)
        rc = field_selector_check(&watch->fields, request->resource, &err);
    if (is_blind(server, request->resource))
        rc = -ERROR_UNAVAILABLE;
    if (rc == 0 && request->revision != 0 && request->revision < server->compacted)
        rc = -ERROR_EXPIRED;
    if (rc < 0) {
        queue_delivery(watch, CLIENT_BOOKMARK, NULL, 0, rc);
    } else if (request->revision == 0) {
        queue_list(watch);
    } else {
        struct fake_change *change;
        list_for_each (&server->history, change, node) {
            if (change->revision > request->revision)
                queue_change(watch, change);
        }
    }
    return &watch->base;
}

static void fake_watch_close(struct client_watch *base)
{
    struct fake_watch *watch = container_of(base, struct fake_watch, base);
    struct delivery *delivery;
    list_for_each (&watch->queue, delivery, node)
        delivery_free(delivery);
    loop_timer_stop(&watch->timer);
    list_remove(&watch->node);
    arena_fini(&watch->arena);
    free(watch->namespace_);
    free(watch);
}

static void fake_destroy(struct client *client)
{
    struct fake_client *fake = container_of(client, struct fake_client, base);
    free(fake->name);
    free(fake);
}

static const struct client_driver fake_driver = {
    .name = "fake",
    .call_start = fake_call_start,
    .call_cancel = fake_call_cancel,
    .watch_open = fake_watch_open,
    .watch_close = fake_watch_close,
    .destroy = fake_destroy,
};

struct client *fake_server_client(struct fake_server *server, const char *name)
{
    struct fake_client *fake = memory_new(struct fake_client);
    server->changed = tell_watches;
    fake->name = memory_strdup(name);
    fake->server = server;
    fake->base = (struct client){ .driver = &fake_driver, .loop = server->loop, .name = fake->name };
    return &fake->base;
}

void fake_server_set_delay(struct fake_server *server, usec_t max)
{
    server->delay = max;
}

void fake_server_set_fault(struct fake_server *server,
                           int (*fault)(void *context, const struct client_request *request, struct error *err),
                           void *context)
{
    server->fault = fault;
    server->fault_context = context;
}

void fake_server_lose_answers(struct fake_server *server, const struct api_resource *resource, enum api_verb verb,
                              unsigned count)
{
    server->lossy_resource = resource;
    server->lossy_verb = verb;
    server->lost_answers = count;
}

void fake_server_set_blind(struct fake_server *server, const struct api_resource *resource, bool blind)
{
    server->blind = blind;
    server->blind_resource = resource;
    struct fake_watch *watch;
    list_for_each (&server->watches, watch, node) {
        if (is_blind(server, watch->resource))
            queue_delivery(watch, CLIENT_BOOKMARK, NULL, 0, -ERROR_CLOSED);
    }
}

void fake_server_compact(struct fake_server *server)
{
    server->compacted = server->revision + 1;
    struct fake_watch *watch;
    list_for_each (&server->watches, watch, node)
        queue_delivery(watch, CLIENT_BOOKMARK, NULL, 0, 1);
}

const char *fake_server_log(struct fake_server *server)
{
    return server->log.size == 0 ? "" : server->log.data;
}

void fake_server_clear_log(struct fake_server *server)
{
    buffer_clear(&server->log);
}
