/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* From an HTTP exchange to a request. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/http/front.h"

#include "apiserver/http/handover.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "base/log.h"
#include "base/memory.h"

/* ---------------------------------------------------------------- the peer */

static void call_closed(void *context)
{
    struct http_call *call = context;
    call->exchange = NULL;
    if (call->closed != NULL)
        call->closed(call);
    else if (call->handover != NULL && handover_away(call))
        return; /* what the server does about it ends by itself */
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
    struct stream *peer = http_exchange_stream(exchange);
    if (stream_peer_verified(peer))
        request->certificate = stream_peer_certificate(peer);
    request->query = arena_str(&request->arena, http_exchange_query(exchange));
    int rc = path_read(request, http_exchange_method(exchange), http_exchange_path(exchange),
                       http_exchange_query(exchange), err);
    if (rc < 0)
        return rc;
    call->gzip = accepts_gzip(headers);
    if (is_connect(request) || !request->is_resource)
        return 0; /* these have media types of their own */
    if (!media_negotiate(http_header(headers, "accept"), takes_shapes(request), &call->media))
        return error_set(err, ERROR_NOT_ACCEPTABLE,
                         "only the following media types are accepted: application/json, application/yaml, "
                         "application/vnd.kubernetes.protobuf");
    return read_body(call, err);
}

static struct http_call *front_call(struct http_lane *lane, struct http_exchange *exchange)
{
    struct request *request = request_create(lane->server, &http_sink, NULL, lane->loop);
    struct http_call *call = arena_new(&request->arena, struct http_call);
    call->lane = lane;
    call->exchange = exchange;
    call->request = request;
    request->sink_context = call;
    http_exchange_set_events(exchange, &call_events, call);
    return call;
}

/* 'refusal': what is wrong with it; NULL: nothing. */
static void front_run(struct http_call *call, const struct error *refusal)
{
    struct request *request = call->request;
    if (refusal != NULL) {
        struct error *kept = arena_alloc(&request->arena, sizeof(*kept));
        *kept = *refusal;
        request->refusal = kept;
    }
    if (call->lane->thread == NULL)
        request_run(request);
    else
        handover_run(call);
}

static void front_request(void *context, struct http_exchange *exchange)
{
    struct http_call *call = front_call(context, exchange);
    struct error err = { 0 };
    front_run(call, read_request(call, &err) < 0 ? &err : NULL);
}

static void front_too_large(void *context, struct http_exchange *exchange, size_t limit)
{
    struct http_call *call = front_call(context, exchange);
    struct error err = { 0 };
    error_set(&err, ERROR_TOO_LARGE, "Request entity too large: limit is %zu", limit);
    front_run(call, &err);
}

const struct http_handler http_front_handler = { .request = front_request, .too_large = front_too_large };
