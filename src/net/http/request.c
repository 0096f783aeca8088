/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* request.c - a client's request from start to done(), whatever version carries it. */
#include <stdlib.h>

#include "base/memory.h"
#include "net/http/client.h"

#define HELD_MAX  ((size_t)8 << 20) /* far above the windows that bound it */
#define TRIES_MAX 6                 /* as Go does */

static void request_timeout(struct loop_timer *timer);
static void request_run_body(struct loop_task *task);

static void copy_headers(struct http_request *request, const struct http_headers *headers)
{
    struct http_header *items = arena_new_array(&request->arena, struct http_header, headers->count + 1);
    for (size_t i = 0; i < headers->count; i++)
        items[i] = (struct http_header){ arena_str(&request->arena, headers->items[i].name),
                                         arena_str(&request->arena, headers->items[i].value) };
    request->headers = (struct http_headers){ items, headers->count };
}

static void refuse_too_many(struct http_request *request)
{
    error_set(&request->failure, ERROR_LIMIT, "%s: too many requests are open", request->client->authority);
    request->finished = true;
    list_append(&request->client->finished, &request->node);
    loop_defer(request->client->loop, &request->body_task);
}

struct http_request *http_request_start(struct http_client *client, const struct http_request_options *options,
                                        const struct http_request_events *events, void *context)
{
    struct http_request *request = memory_new(struct http_request);
    arena_init(&request->arena);
    request->client = client;
    request->block.arena = request->trailer_block.arena = &request->arena;
    request->method = arena_str(&request->arena, str_of(options->method));
    request->path = arena_str(&request->arena, str_of(options->path));
    copy_headers(request, &options->headers);
    request->upgrade = http_header(&request->headers, "upgrade").data != NULL;
    request->body = bytes_ref(options->body);
    request->streams_body = options->streams_body;
    request->output_ended = !options->streams_body;
    request->events = events;
    request->context = context;
    request->timer.callback = request_timeout;
    request->body_task.callback = request_run_body;
    buffer_init(&request->held, HELD_MAX);
    if (++client->request_count > client->limits.requests) {
        refuse_too_many(request);
        return request;
    }
    list_append(&client->waiting, &request->node);
    if (options->timeout > 0)
        loop_timer_start(client->loop, &request->timer, options->timeout);
    client_dispatch_later(client);
    return request;
}

static void request_free(struct http_request *request)
{
    bytes_queue_fini(&request->output);
    bytes_unref(request->body);
    buffer_fini(&request->held);
    arena_fini(&request->arena);
#ifndef __clang_analyzer__ /* it does not follow the pins */
    free(request);
#endif
}

void request_unpin(struct http_request *request)
{
    if (--request->pins == 0 && request->gone)
        request_free(request);
}

/* Out of every list; nothing of ours will touch it again, except through pins. */
static void request_end_life(struct http_request *request)
{
    request->gone = true;
    list_remove(&request->node);
    if (request->opening != NULL)
        request->opening->exclusive = NULL;
    loop_timer_stop(&request->timer);
    loop_cancel(request->client->loop, &request->body_task);
    request->client->request_count--;
}

void request_leave(struct http_request *request)
{
    struct client_connection *connection = request->connection;
    if (connection == NULL)
        return;
    list_remove(&request->node);
    request->connection = NULL;
    connection->request_count--;
    client_connection_freed(connection);
}

static void request_report(struct http_request *request)
{
    request_pin(request);
    request_end_life(request);
    request->trailers = http_block_headers(&request->trailer_block);
    int code = request->failure.code;
    request->events->done(request->context, code, code != 0 ? &request->failure : NULL);
    request_unpin(request);
}

void request_finish(struct http_request *request, const struct error *err)
{
    if (request->gone || request->finished)
        return;
    if (err != NULL)
        request->failure = *err;
    request->finished = true;
    request_pin(request);
    request_leave(request);
    if (request->failure.code == 0 && (request->body_stopped || request->held.size > 0))
        list_append(&request->client->finished, &request->node); /* request_run_body() reports */
    else
        request_report(request);
    request_unpin(request);
}

void request_fail_finished(struct http_request *request, const struct error *err)
{
    request->failure = *err;
    request_report(request);
}

bool request_response(struct http_request *request)
{
    request->response_told = true;
    request_pin(request);
    struct http_headers headers = http_block_headers(&request->block);
    if (request->events->response != NULL)
        request->events->response(request->context, request->status, &headers);
    bool alive = !request->gone;
    request_unpin(request);
    return alive;
}

bool request_body(struct http_request *request, struct str bytes)
{
    if (bytes.size == 0)
        return true;
    if (request->body_stopped || request->held.size > 0) {
        buffer_append_str(&request->held, bytes);
        return true;
    }
    request_pin(request);
    if (request->events->body != NULL)
        request->events->body(request->context, bytes);
    bool alive = !request->gone;
    request_unpin(request);
    return alive;
}

static void request_run_body(struct loop_task *task)
{
    struct http_request *request = container_of(task, struct http_request, body_task);
    request_pin(request);
    if (!request->body_stopped && request->held.size > 0 && request->failure.code == 0) {
        auto_buffer struct buffer held = request->held;
        buffer_init(&request->held, HELD_MAX);
        request_body(request, buffer_str(&held));
    }
    if (!request->gone && request->finished && (!request->body_stopped || request->failure.code != 0))
        request_report(request);
    request_unpin(request);
}

void http_request_body_stop(struct http_request *request)
{
    if (request->body_stopped)
        return;
    request->body_stopped = true;
    if (request->connection != NULL)
        request->connection->protocol->body_flow(request);
}

void http_request_body_start(struct http_request *request)
{
    if (!request->body_stopped)
        return;
    request->body_stopped = false;
    if (request->held.size > 0 || request->finished)
        loop_defer(request->client->loop, &request->body_task);
    if (request->connection != NULL)
        request->connection->protocol->body_flow(request);
}

void request_drained(struct http_request *request)
{
    if (!request->want_drained || request->gone)
        return;
    request->want_drained = false;
    if (request->events->drained != NULL)
        request->events->drained(request->context);
}

bool request_may_retry(const struct http_request *request)
{
    return request->tries < TRIES_MAX && !request->started && !request->streams_body && !request->upgrade &&
           !request->gone;
}

bool request_is_safe(const struct http_request *request)
{
    static const char *const methods[] = { "GET", "HEAD", "OPTIONS" };
    for (size_t i = 0; i < countof(methods); i++)
        if (str_is(request->method, methods[i]))
            return true;
    return false;
}

void request_retry(struct http_request *request)
{
    request_leave(request);
    request->tries++;
    request->stream_id = 0;
    bytes_queue_fini(&request->output);
    list_append(&request->client->waiting, &request->node);
    client_dispatch_later(request->client);
}

static void request_timeout(struct loop_timer *timer)
{
    struct http_request *request = container_of(timer, struct http_request, timer);
    struct error err;
    error_set(&err, ERROR_TIMEOUT, STR_FMT " %s" STR_FMT ": no answer in time", STR_ARG(request->method),
              request->client->authority, STR_ARG(request->path));
    request_pin(request);
    if (request->connection != NULL)
        request->connection->protocol->cancel(request);
    request->body_stopped = false;
    buffer_clear(&request->held);
    if (request->finished) { /* the whole response waited for its reader for too long */
        request_fail_finished(request, &err);
    } else {
        request_finish(request, &err);
    }
    request_unpin(request);
}

void http_request_cancel(struct http_request *request)
{
    if (request == NULL || request->gone)
        return;
    request_pin(request);
    if (request->connection != NULL)
        request->connection->protocol->cancel(request);
    request_leave(request);
    request_end_life(request);
    request_unpin(request);
}

bool http_request_write(struct http_request *request, struct bytes *bytes)
{
    if (request->output_ended || request->gone || request->finished)
        return true;
    bytes_queue_append_slice(&request->output, bytes, 0, bytes->size);
    if (request->connection != NULL)
        request->connection->protocol->output(request);
    if (request->output.size <= request->client->limits.queued_bytes)
        return true;
    request->want_drained = true;
    return false;
}

void http_request_end(struct http_request *request)
{
    if (request->output_ended || request->gone || request->finished)
        return;
    request->output_ended = true;
    if (request->connection != NULL)
        request->connection->protocol->output(request);
}

const struct http_headers *http_request_trailers(const struct http_request *request)
{
    return &request->trailers;
}
