/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_faults_call.c - one call through the network: on its way, with the server, on its way back. */
#include <stdio.h>
#include <stdlib.h>

#include "api/codec.h"
#include "base/memory.h"
#include "client_faults_internal.h"

enum call_state {
    CALL_SENT,     /* the timer runs until it arrives, or until the caller is told that it got lost */
    CALL_SERVED,   /* the server has it */
    CALL_ANSWERED, /* the timer runs until the caller has the answer */
};

struct fault_call {
    struct client_call *outer; /* NULL: cancelled */
    struct fault_client *client;
    enum call_state state;
    bool request_lost, answer_lost;
    struct arena arena; /* of the request */
    struct client_request request;
    struct client_call inner;
    struct loop_timer timer;
    struct client_result result;
    const struct object *object; /* a reference */
    struct str json;             /* in the arena */
    struct list_node node;       /* in client.calls */
};

static void call_free(struct fault_call *call)
{
    loop_timer_stop(&call->timer);
    client_call_cancel(&call->inner);
    list_remove(&call->node);
    object_unref(call->object);
    arena_fini(&call->arena);
    free(call);
}

static void deliver(struct fault_call *call)
{
    struct client_call *outer = call->outer;
    list_remove(&call->node);
    if (outer != NULL) {
        outer->driver_call = NULL;
        call->result.object = call->object;
        call->result.json = call->json;
        outer->done(outer, &call->result);
    }
    call_free(call);
}

static void answer(struct fault_call *call, usec_t delay)
{
    call->state = CALL_ANSWERED;
    loop_timer_start(call->client->network->loop, &call->timer, delay);
}

static void fail(struct fault_call *call, enum error_code code, const char *text, usec_t delay)
{
    object_unref(call->object);
    call->object = NULL;
    call->json = (struct str){ 0 };
    call->result.rc = error_set(&call->result.err, code, "%s", text);
    answer(call, delay);
}

/* The default roles must allow whatever our components do; other refusals (a namespace that ends) are no lack of rights. */
static void check_rights(struct fault_call *call, const struct client_result *result)
{
    struct fault_network *network = call->client->network;
    bool node = strncmp(call->client->user, "system:node:", 12) == 0; /* what a node may see changes with its pods */
    if (result->rc != -ERROR_FORBIDDEN || node || network->violation[0] != '\0' ||
        !str_contains(str_of(result->err.message), STR("is forbidden: User \"")))
        return;
    snprintf(network->violation, sizeof(network->violation), "no right: %s", result->err.message);
}

static void served(struct client_call *inner, const struct client_result *result)
{
    struct fault_call *call = container_of(inner, struct fault_call, inner);
    struct fault_network *network = call->client->network;
    check_rights(call, result);
    if (call->outer == NULL) {
        call_free(call);
        return;
    }
    if (call->answer_lost) {
        network->counters.lost_answers++;
        fail(call, ERROR_TIMEOUT, "the answer got lost", network->rates.timeout);
        return;
    }
    call->result.rc = result->rc;
    if (result->rc < 0)
        call->result.err = result->err;
    call->object = object_ref(result->object);
    if (result->object != NULL)
        call->json = object_json(call->object);
    else
        call->json = arena_str(&call->arena, result->json);
    answer(call, fault_delay(call->client));
}

static void timer_fired(struct loop_timer *timer)
{
    struct fault_call *call = container_of(timer, struct fault_call, timer);
    if (call->state == CALL_ANSWERED) {
        deliver(call);
        return;
    }
    struct client *inner = fault_client_inner(call->client);
    if (call->request_lost) {
        call->client->network->counters.lost_requests++;
        fail(call, ERROR_TIMEOUT, "the request got lost", 0);
    } else if (inner == NULL) {
        fail(call, ERROR_UNAVAILABLE, "connection refused", 0);
    } else {
        call->state = CALL_SERVED;
        client_call_start(inner, &call->inner, &call->request);
    }
}

/* A request is only lent during the start, and this one travels. */
static void keep_request(struct fault_call *call, const struct client_request *from)
{
    struct arena *arena = &call->arena;
    struct client_request *to = &call->request;
    *to = *from;
    const char **const texts[] = { &to->namespace_,       &to->name,
                                   &to->subresource,      &to->field_manager,
                                   &to->label_selector,   &to->field_selector,
                                   &to->precondition_uid, &to->precondition_revision };
    for (size_t i = 0; i < countof(texts); i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    const struct api_kind *kind = from->body_kind != NULL ? from->body_kind : from->resource->kind;
    if (from->body != NULL)
        to->body = api_copy(kind->type, from->body, arena);
    to->patch = arena_str(arena, from->patch);
}

void fault_call_start(struct client *client, struct client_call *outer, const struct client_request *request)
{
    struct fault_client *fault = container_of(client, struct fault_client, client);
    struct fault_network *network = fault->network;
    struct fault_call *call = memory_new(struct fault_call);
    network->counters.calls++;
    call->outer = outer;
    call->client = fault;
    call->inner.done = served;
    call->timer.callback = timer_fired;
    keep_request(call, request);
    call->request_lost = fault_strikes(fault, network->rates.lost_request);
    call->answer_lost = fault_strikes(fault, network->rates.lost_answer);
    outer->driver_call = call;
    list_append(&fault->calls, &call->node);
    loop_timer_start(network->loop, &call->timer, call->request_lost ? network->rates.timeout : fault_delay(fault));
}

/* What has left cannot be called back: the server acts on it, or not yet. */
void fault_call_cancel(struct client *client, struct client_call *outer)
{
    struct fault_call *call = outer->driver_call;
    (void)client;
    outer->driver_call = NULL;
    call->outer = NULL;
    if (call->state != CALL_SERVED)
        call_free(call);
}

void fault_calls_cut(struct fault_client *client)
{
    struct fault_call *call;
    list_for_each (&client->calls, call, node) {
        if (call->state != CALL_SERVED)
            continue;
        client_call_cancel(&call->inner);
        if (call->outer == NULL) {
            call_free(call);
            continue;
        }
        fail(call, ERROR_CLOSED, "the connection was cut", fault_delay(client));
    }
}

void fault_calls_forget(struct fault_client *client)
{
    struct fault_call *call;
    list_for_each (&client->calls, call, node)
        call_free(call);
}
