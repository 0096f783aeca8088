/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_faults_watch.c - one watch through the network: a queue of events on their way, in order. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "client_faults_internal.h"

struct fault_event {
    enum client_watch_event type;
    const struct object *object; /* a reference; NULL for bookmarks */
    uint64_t revision;
    usec_t due;            /* monotonic */
    struct list_node node; /* in watch.events_under_way */
};

struct fault_watch {
    struct client_watch watch; /* first */
    struct fault_client *client;
    struct arena arena; /* of the request */
    struct client_watch_request request;
    struct client_watch_events events;
    void *context;
    struct client_watch *inner;
    struct list events_under_way;
    struct loop_timer arrival; /* of the request, then of events */
    struct loop_timer end;     /* it breaks off */
    uint64_t revision;         /* of the newest event the server sent */
    bool listing;
    bool opened;             /* the request has arrived */
    bool delivering, closed; /* closed inside its own event(): freed when that returns */
    bool over;               /* ended; only a close can follow */
    int rc;
    struct error err;
    struct list_node node; /* in client.watches */
};

static void drop_events(struct fault_watch *watch)
{
    struct list_node *node;
    while ((node = list_pop(&watch->events_under_way)) != NULL) {
        struct fault_event *event = container_of(node, struct fault_event, node);
        object_unref(event->object);
        free(event);
    }
}

static void quiet(struct fault_watch *watch)
{
    client_watch_close(watch->inner);
    watch->inner = NULL;
    loop_timer_stop(&watch->arrival);
    loop_timer_stop(&watch->end);
    drop_events(watch);
}

static void watch_free(struct fault_watch *watch)
{
    quiet(watch);
    list_remove(&watch->node);
    arena_fini(&watch->arena);
    free(watch);
}

/* Events under way are lost with the connection. */
static void break_off(struct fault_watch *watch, int rc, usec_t delay)
{
    if (watch->over)
        return;
    quiet(watch);
    watch->over = true;
    watch->rc = rc;
    watch->client->network->counters.broken++;
    loop_timer_start(watch->client->network->loop, &watch->end, delay);
}

static void end_fired(struct loop_timer *timer)
{
    struct fault_watch *watch = container_of(timer, struct fault_watch, end);
    struct fault_network *network = watch->client->network;
    if (watch->over) { /* word of it has arrived */
        watch->events.ended(watch->context, watch->rc, watch->rc < 0 ? &watch->err : NULL);
        return;
    }
    if (fault_strikes(watch->client, network->rates.expired))
        break_off(watch, error_set(&watch->err, ERROR_EXPIRED, "too old resource version"), 0);
    else if (fault_strikes(watch->client, 0.5))
        break_off(watch, error_set(&watch->err, ERROR_CLOSED, "the connection was cut"), 0);
    else
        break_off(watch, 0, 0);
}

/* ---------------------------------------------------------------- events */

static void deliver(struct fault_watch *watch)
{
    usec_t now = loop_monotonic(watch->client->network->loop);
    struct list_node *node;
    watch->delivering = true;
    while (!watch->closed && (node = list_first(&watch->events_under_way)) != NULL) {
        struct fault_event *event = container_of(node, struct fault_event, node);
        if (event->due > now) {
            loop_timer_start(watch->client->network->loop, &watch->arrival, event->due - now);
            break;
        }
        list_remove(node);
        watch->client->network->counters.events++;
        watch->events.event(watch->context, event->type, event->object, event->revision);
        object_unref(event->object);
        free(event);
    }
    watch->delivering = false;
    if (watch->closed)
        watch_free(watch);
}

static void check_order(struct fault_watch *watch, enum client_watch_event type, uint64_t revision)
{
    struct fault_network *network = watch->client->network;
    bool fine = type == CLIENT_BOOKMARK ? revision >= watch->revision : revision > watch->revision;
    if (watch->listing && type != CLIENT_BOOKMARK)
        return; /* a list is in the order of keys */
    watch->listing = false;
    if (!fine && network->violation[0] == '\0')
        snprintf(network->violation, sizeof(network->violation), "a watch of %s by %s went from revision %llu to %llu",
                 watch->request.resource->plural, watch->client->client.name, (unsigned long long)watch->revision,
                 (unsigned long long)revision);
    watch->revision = revision;
}

static void inner_event(void *context, enum client_watch_event type, const struct object *object, uint64_t revision)
{
    struct fault_watch *watch = context;
    struct fault_event *event = memory_new(struct fault_event);
    usec_t now = loop_monotonic(watch->client->network->loop);
    check_order(watch, type, revision);
    event->type = type;
    event->object = object_ref(object);
    event->revision = revision;
    struct list_node *last = list_empty(&watch->events_under_way) ? NULL : watch->events_under_way.head.previous;
    event->due = last != NULL ? container_of(last, struct fault_event, node)->due : now;
    if (last == NULL || fault_strikes(watch->client, watch->client->network->rates.slow)) {
        usec_t due = now + fault_delay(watch->client);
        event->due = due > event->due ? due : event->due;
    }
    list_append(&watch->events_under_way, &event->node);
    if (last == NULL && !watch->delivering)
        loop_timer_start(watch->client->network->loop, &watch->arrival, event->due - now);
}

static void inner_ended(void *context, int rc, const struct error *err)
{
    struct fault_watch *watch = context;
    if (err != NULL)
        watch->err = *err;
    break_off(watch, rc, fault_delay(watch->client));
}

static const struct client_watch_events inner_events = { .event = inner_event, .ended = inner_ended };

/* ---------------------------------------------------------------- opening */

static void arrive(struct fault_watch *watch)
{
    struct fault_network *network = watch->client->network;
    struct client *inner = fault_client_inner(watch->client);
    watch->opened = true;
    if (inner == NULL) {
        break_off(watch, error_set(&watch->err, ERROR_UNAVAILABLE, "connection refused"), 0);
        return;
    }
    watch->inner = client_watch_open(inner, &watch->request, &inner_events, watch);
    usec_t life = network->rates.watch_life;
    if (life > 0 && !watch->client->reliable)
        loop_timer_start(network->loop, &watch->end, (usec_t)random_below(&network->random, 2 * (uint64_t)life));
}

static void arrival_fired(struct loop_timer *timer)
{
    struct fault_watch *watch = container_of(timer, struct fault_watch, arrival);
    if (watch->opened)
        deliver(watch);
    else
        arrive(watch);
}

struct client_watch *fault_watch_open(struct client *client, const struct client_watch_request *request,
                                      const struct client_watch_events *events, void *context)
{
    struct fault_client *fault = container_of(client, struct fault_client, client);
    struct fault_watch *watch = memory_new(struct fault_watch);
    fault->network->counters.watches++;
    watch->watch.client = client;
    watch->client = fault;
    watch->request = *request;
    watch->request.namespace_ = arena_strdup(&watch->arena, request->namespace_);
    watch->request.label_selector = arena_strdup(&watch->arena, request->label_selector);
    watch->request.field_selector = arena_strdup(&watch->arena, request->field_selector);
    watch->events = *events;
    watch->context = context;
    watch->revision = request->revision;
    watch->listing = request->revision == 0;
    watch->arrival.callback = arrival_fired;
    watch->end.callback = end_fired;
    list_init(&watch->events_under_way);
    list_append(&fault->watches, &watch->node);
    loop_timer_start(fault->network->loop, &watch->arrival, fault_delay(fault));
    return &watch->watch;
}

void fault_watch_close(struct client_watch *base)
{
    struct fault_watch *watch = container_of(base, struct fault_watch, watch);
    watch->closed = true;
    if (!watch->delivering)
        watch_free(watch);
}

void fault_watches_cut(struct fault_client *client)
{
    struct fault_watch *watch;
    list_for_each (&client->watches, watch, node) {
        if (watch->inner != NULL)
            break_off(watch, error_set(&watch->err, ERROR_CLOSED, "the connection was cut"), fault_delay(client));
    }
}
