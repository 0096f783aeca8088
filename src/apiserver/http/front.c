/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* From an HTTP exchange to a request. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/http/front.h"

#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"

struct http_front {
    struct api_server *server;
    struct http_server *http;
    struct listener **listeners;
    size_t n_listeners;
};

/* ---------------------------------------------------------------- the peer */

static void call_closed(void *context)
{
    struct http_call *call = context;
    call->exchange = NULL;
    if (call->closed != NULL)
        call->closed(call);
    else if (!call->request->answered)
        request_abandon(call->request);
    else
        request_destroy(call->request);
}

static void call_drained(void *context)
{
    struct http_call *call = context;
    call->stopped = false;
    if (call->drained != NULL)
        call->drained(call);
}

static const struct http_exchange_events call_events = { .closed = call_closed, .drained = call_drained };

void http_call_end(struct http_call *call)
{
    request_destroy(call->request);
}

/* ---------------------------------------------------------------- reading a request */

static bool accepts_gzip(const struct http_headers *headers)
{
    struct str rest = http_header(headers, "accept-encoding"), coding;
    while (str_next(&rest, ',', &coding))
        if (str_is(str_trim((struct str){ coding.data, str_find(coding, ';') }), "gzip"))
            return true;
    return false;
}

/* As upstream does it for people who look with a browser or curl. */
static bool wants_pretty(const char *agent)
{
    static const char *const people[] = { "curl", "Wget", "Mozilla/5.0" };
    for (size_t i = 0; i < countof(people); i++)
        if (strncmp(agent, people[i], strlen(people[i])) == 0)
            return true;
    return false;
}

static bool takes_shapes(const struct request *request)
{
    return request->is_resource && (text_empty(request->subresource) || strcmp(request->subresource, "status") == 0);
}

static int read_body(struct http_call *call, struct error *err)
{
    struct request *request = call->request;
    struct str type = http_header(http_exchange_headers(call->exchange), "content-type");
    request->body = arena_str(&request->arena, http_exchange_body(call->exchange));
    if (request->action == API_PATCH) {
        request->patch_type_known = media_of_patch(type, &request->patch_type);
        if (!request->patch_type_known)
            return error_set(err, ERROR_UNSUPPORTED_MEDIA_TYPE,
                             "the body of the request was in an unknown format - accepted media types include: "
                             "application/json-patch+json, application/merge-patch+json, "
                             "application/strategic-merge-patch+json, application/apply-patch+yaml");
        request->body_format = request->patch_type == CLIENT_PATCH_APPLY ? BODY_YAML : BODY_JSON;
        return 0;
    }
    if (request->body.size == 0 && request->action != API_CREATE && request->action != API_UPDATE)
        return 0;
    if (request->sub != NULL && request->sub->connect)
        return 0;
    if (!media_of_body(type, &request->body_format))
        return error_set(
            err, ERROR_UNSUPPORTED_MEDIA_TYPE,
            "the body of the request was in an unknown format - accepted media types include: application/json, "
            "application/yaml, application/vnd.kubernetes.protobuf");
    return 0;
}

static bool is_connect(const struct request *request)
{
    static const char *const names[] = { "exec", "attach", "portforward", "log", "proxy" };
    for (size_t i = 0; i < countof(names); i++)
        if (strcmp(request->subresource, names[i]) == 0)
            return true;
    return false;
}

static int read_request(struct http_call *call, struct error *err)
{
    struct http_exchange *exchange = call->exchange;
    struct request *request = call->request;
    const struct http_headers *headers = http_exchange_headers(exchange);
    request->user_agent = arena_str(&request->arena, http_header(headers, "user-agent")).data;
    request->options.pretty = wants_pretty(request->user_agent);
    request->headers = headers;
    request->peer = http_exchange_stream(exchange);
    request->query = arena_str(&request->arena, http_exchange_query(exchange));
    int rc = path_read(request, http_exchange_method(exchange), http_exchange_path(exchange),
                       http_exchange_query(exchange), err);
    if (rc < 0)
        return rc;
    if (request->is_resource)
        request->registry = server_registry(call->front->server, request->group, request->version, request->plural);
    call->gzip = accepts_gzip(headers);
    if (is_connect(request) || !request->is_resource)
        return 0; /* these have media types of their own */
    if (!media_negotiate(http_header(headers, "accept"), takes_shapes(request), &call->media))
        return error_set(err, ERROR_NOT_ACCEPTABLE,
                         "only the following media types are accepted: application/json, application/yaml, "
                         "application/vnd.kubernetes.protobuf");
    return read_body(call, err);
}

static struct http_call *front_call(struct http_front *front, struct http_exchange *exchange)
{
    struct request *request = request_create(front->server, &http_sink, NULL);
    struct http_call *call = arena_new(&request->arena, struct http_call);
    call->front = front;
    call->exchange = exchange;
    call->request = request;
    request->sink_context = call;
    http_exchange_set_events(exchange, &call_events, call);
    return call;
}

static void front_request(void *context, struct http_exchange *exchange)
{
    struct http_call *call = front_call(context, exchange);
    struct error err = { 0 };
    if (read_request(call, &err) < 0)
        request_fail(call->request, &err);
    else
        request_run(call->request);
}

static void front_too_large(void *context, struct http_exchange *exchange, size_t limit)
{
    struct http_call *call = front_call(context, exchange);
    request_refuse(call->request, ERROR_TOO_LARGE, "Request entity too large: limit is %zu", limit);
}

/* ---------------------------------------------------------------- listening */

struct http_front *http_front_create(struct api_server *server)
{
    static const struct http_handler handler = { .request = front_request, .too_large = front_too_large };
    struct http_front *front = memory_new(struct http_front);
    front->server = server;
    front->http = http_server_create(server->loop, &handler, front, &server->options.limits);
    return front;
}

static void front_accepted(void *context, struct stream *stream)
{
    http_front_serve(context, stream);
}

int http_front_listen(struct http_front *front, struct error *err)
{
    const struct api_server_options *options = &front->server->options;
    front->listeners = memory_zalloc((options->n_listen + 1) * sizeof(struct listener *));
    for (size_t i = 0; i < options->n_listen; i++) {
        int rc =
            listener_open(front->server->loop, &options->listen[i], front_accepted, front, &front->listeners[i], err);
        if (rc < 0)
            return rc;
        front->n_listeners++;
    }
    return 0;
}

void http_front_serve(struct http_front *front, struct stream *stream)
{
    http_server_serve(front->http, stream);
}

int http_front_port(const struct http_front *front)
{
    return front->n_listeners == 0 ? 0 : listener_port(front->listeners[0]);
}

static void close_listeners(struct http_front *front)
{
    for (size_t i = 0; i < front->n_listeners; i++)
        listener_close(front->listeners[i]);
    front->n_listeners = 0;
}

void http_front_drain(struct http_front *front, usec_t grace, void (*done)(void *context), void *context)
{
    close_listeners(front);
    http_server_drain(front->http, grace, done, context);
}

void http_front_destroy(struct http_front *front)
{
    if (front == NULL)
        return;
    close_listeners(front);
    http_server_destroy(front->http);
    free(front->listeners);
    free(front);
}
