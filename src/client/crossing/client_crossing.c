/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_crossing.c - calls over and back, and the crossing's own life.
 *
 * A call is one struct that is sent over with its request, and back with its answer. A cancelled one comes back too, and is
 * told to nobody. The crossing goes when it was destroyed and all that is under way has come back: first the client there,
 * then the memory here. */
#include "client/client_crossing.h"

#include <stdlib.h>

#include "api/codec.h"
#include "base/arena.h"
#include "base/memory.h"
#include "client/crossing/client_crossing_internal.h"

struct crossing_call {
    struct crossing *crossing;
    struct client_call *call; /* here's; NULL: cancelled */
    struct loop_task task;
    struct arena arena; /* of the request */
    struct client_request request;
    struct client_call inner; /* there's */
    struct client_result result;
    struct bytes *json; /* of an answer without an object */
};

struct crossing *crossing_of(struct client *client)
{
    return container_of(client, struct crossing, client);
}

/* ---------------------------------------------------------------- its end */

static void crossing_gone(struct loop_task *task)
{
    struct crossing *crossing = container_of(task, struct crossing, task);
    loop_release(crossing->client.loop);
    free((char *)crossing->client.name);
    free(crossing);
}

static void crossing_end_there(struct loop_task *task)
{
    struct crossing *crossing = container_of(task, struct crossing, task);
    client_destroy(crossing->there);
    task->callback = crossing_gone;
    loop_post(crossing->client.loop, task);
}

void crossing_release(struct crossing *crossing)
{
    if (--crossing->references > 0)
        return;
    crossing->task.callback = crossing_end_there;
    loop_post(client_loop(crossing->there), &crossing->task);
}

static void crossing_destroy(struct client *client)
{
    crossing_release(crossing_of(client));
}

/* ---------------------------------------------------------------- calls */

/* Here again. */
static void call_answer(struct loop_task *task)
{
    struct crossing_call *state = container_of(task, struct crossing_call, task);
    struct client_call *call = state->call;
    if (call != NULL) {
        call->driver_call = NULL;
        call->done(call, &state->result);
    }
    object_unref(state->result.object);
    bytes_unref(state->json);
    arena_fini(&state->arena);
    crossing_release(state->crossing);
    free(state);
}

/* There. */
static void call_done(struct client_call *inner, const struct client_result *result)
{
    struct crossing_call *state = container_of(inner, struct crossing_call, inner);
    state->result = *result;
    if (result->object != NULL) {
        object_ref(result->object);
        state->result.json = object_json(result->object);
    } else if (result->json.size > 0) {
        state->json = bytes_create(result->json.data, result->json.size);
        state->result.json = bytes_str(state->json);
    }
    state->task.callback = call_answer;
    loop_post(state->crossing->client.loop, &state->task);
}

static void call_run(struct loop_task *task)
{
    struct crossing_call *state = container_of(task, struct crossing_call, task);
    state->inner.done = call_done;
    client_call_start(state->crossing->there, &state->inner, &state->request);
}

static void release_resource(void *resource)
{
    api_resource_unref(resource);
}

void crossing_hold_resource(struct arena *arena, const struct api_resource *resource)
{
    if (resource->references != NULL)
        arena_hold(arena, release_resource, (void *)(uintptr_t)api_resource_ref(resource));
}

static void copy_request(struct crossing_call *state, const struct client_request *from)
{
    struct client_request *request = &state->request;
    struct arena *arena = &state->arena;
    *request = *from;
    crossing_hold_resource(arena, from->resource);
    const char **const texts[] = { &request->namespace_,       &request->name,
                                   &request->subresource,      &request->field_manager,
                                   &request->label_selector,   &request->field_selector,
                                   &request->precondition_uid, &request->precondition_revision };
    for (size_t i = 0; i < countof(texts); i++)
        *texts[i] = arena_strdup(arena, *texts[i]);
    if (from->patch.data != NULL)
        request->patch = arena_str(arena, from->patch);
    const struct api_kind *kind = from->body_kind != NULL ? from->body_kind : from->resource->kind;
    if (from->body != NULL)
        request->body = api_copy(kind->type, from->body, arena);
}

static void crossing_call_start(struct client *client, struct client_call *call, const struct client_request *request)
{
    struct crossing_call *state = memory_new(struct crossing_call);
    state->crossing = crossing_of(client);
    state->crossing->references++;
    state->call = call;
    call->driver_call = state;
    copy_request(state, request);
    state->task.callback = call_run;
    loop_post(client_loop(state->crossing->there), &state->task);
}

static void crossing_call_cancel(struct client *client, struct client_call *call)
{
    struct crossing_call *state = call->driver_call;
    (void)client;
    call->driver_call = NULL;
    state->call = NULL;
}

/* ---------------------------------------------------------------- the client */

struct client *client_crossing_create(struct loop *here, struct client *there)
{
    static const struct client_driver driver = {
        .name = "crossing",
        .call_start = crossing_call_start,
        .call_cancel = crossing_call_cancel,
        .watch_open = crossing_watch_open,
        .watch_close = crossing_watch_close,
        .destroy = crossing_destroy,
    };
    if (client_loop(there) == here)
        return there;
    struct crossing *crossing = memory_new(struct crossing);
    crossing->client = (struct client){ &driver, here, memory_strdup(there->name) };
    crossing->there = there;
    crossing->references = 1;
    loop_hold(here);
    return &crossing->client;
}
