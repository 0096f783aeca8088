/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* From an HTTP exchange to a request. */

#include <stdlib.h>
#include <string.h>

#include "apiserver/http/front.h"

#include "api/table/table.h"
#include "apiserver/http/handover.h"
#include "apiserver/path.h"
#include "apiserver/registry/registry.h"
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

/* As upstream does it for people who look with a browser or curl. */
static bool wants_pretty(const char *agent)
{
    static const char *const people[] = { "curl", "Wget", "Mozilla/5.0" };
    for (size_t i = 0; i < countof(people); i++)
        if (strncmp(agent, people[i], strlen(people[i])) == 0)
            return true;
    return false;
}

static enum media_transforms transforms_of(const struct request *request)
{
    static const char *const tables[] = { "", "status", "scale", "resize", "approval" };
    for (size_t i = 0; i < countof(tables); i++)
        if (strcmp(request->subresource, tables[i]) == 0)
            return TRANSFORM_ALL;
    return TRANSFORM_METADATA;
}

/* Reviews and bindings are made and never read: they have no columns. */
static bool has_columns(const struct request *request)
{
    if (request->action != API_CREATE)
        return true;
    const struct api_resource *resource =
        api_resource_find(str_of(request->group), str_of(request->version), str_of(request->plural));
    return resource == NULL || (resource->verbs & API_LIST_VERB) != 0;
}

static bool negotiate(const struct request *request, struct str accept, struct media *ret_media)
{
    if (!media_negotiate(accept, transforms_of(request), ret_media))
        return false;
    return ret_media->shape != SHAPE_TABLE || has_columns(request) ||
           media_negotiate(accept, TRANSFORM_METADATA, ret_media);
}

/* In which form the answer goes out; connections have media types of their own, and so has what is no resource. */
static int read_accept(struct http_call *call, struct error *err)
{
    struct request *request = call->request;
    struct str accept = http_header(http_exchange_headers(call->exchange), "accept");
    if (!negotiate(request, accept, &call->media))
        return error_set(err, ERROR_NOT_ACCEPTABLE, MEDIA_NOT_ACCEPTED MEDIA_TYPES);
    if (request->action == API_WATCH && call->media.format == MEDIA_YAML) /* a stream of documents has no YAML form */
        return error_set(err, ERROR_NOT_ACCEPTABLE, MEDIA_NOT_ACCEPTED MEDIA_STREAMS);
    enum table_include include;
    const char *text = query_value(request->query, "includeObject", &request->arena);
    if (call->media.shape == SHAPE_TABLE && !table_include_parse(str_of(text), &include))
        return error_set(err, ERROR_BAD_REQUEST,
                         "Unable to convert to Table as requested: includeObject: Invalid value: \"%s\": must be "
                         "'Metadata', 'Object', 'None', or empty",
                         text);
    request->options.pretty |= call->media.pretty;
    return 0;
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
                             MEDIA_NOT_SUPPORTED
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
        return error_set(err, ERROR_UNSUPPORTED_MEDIA_TYPE, MEDIA_NOT_SUPPORTED MEDIA_TYPES);
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
    call->gzip = media_accepts_gzip(http_header(headers, "accept-encoding"));
    if (is_connect(request) || !request->is_resource)
        return 0;
    rc = read_accept(call, err);
    return rc < 0 ? rc : read_body(call, err);
}

static struct http_call *front_call(struct http_lane *lane, struct http_exchange *exchange)
{
    struct request *request = request_create(lane->server, &http_sink, NULL, lane->loop);
    if (!str_is(http_exchange_method(exchange), "GET")) /* watches stay, and other reads need little */
        request_borrow(request, &lane->pool);
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
    if (call->lane->thread == NULL) {
        request_run(request);
        return;
    }
    if (refusal == NULL)
        request_decode_early(request);
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
