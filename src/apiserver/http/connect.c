/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* Streams: the request goes on to a kubelet or a workload, the answer comes back as it is; upgraded
 * connections (WebSocket, SPDY) are joined end to end. */

#include <stdlib.h>
#include <string.h>

#include "api/status.h"
#include "apiserver/connect.h"
#include "apiserver/http/front.h"
#include "apiserver/http/html_links.h"
#include "apiserver/http/watch_socket.h"
#include "apiserver/server_internal.h"
#include "base/memory.h"
#include "net/websocket.h"

#define HEADERS_MAX    128
#define ERROR_TEXT_MAX 4096 /* of a refusal */

/* One proxied request. It has its own memory, as it outlives the request once the connection is upgraded. */
struct passage {
    struct http_call *call; /* NULL once upgraded */
    struct http_client *client;
    struct http_request *upstream;
    struct loop_task cleanup; /* a client cannot be destroyed from its own callbacks */
    struct loop *loop;
    struct stream *ends[2]; /* upgraded: ours to the client, the kubelet's */
    bool finished[2];       /* that end will send no more */
    bool upgrade;
    bool messages;       /* a log that is read over a WebSocket, which ends here */
    bool begun;          /* the response's head is out */
    bool status_of_text; /* see connect.h */
    int refusal;         /* the kubelet's HTTP status, whose text is gathered here; 0: none */
    struct buffer text;
    const char *peer;
    const char *prepend;   /* see connect.h; of the request's memory */
    const char *authority; /* the same */
    bool rewrites;         /* the answer is a page */
    struct html_links links;
};

static void passage_free(struct loop_task *task)
{
    struct passage *passage = container_of(task, struct passage, cleanup);
    http_client_destroy(passage->client);
    buffer_fini(&passage->text);
    if (passage->rewrites)
        html_links_fini(&passage->links);
    free(passage);
}

static void passage_end(struct passage *passage)
{
    http_request_cancel(passage->upstream);
    passage->upstream = NULL;
    loop_defer(passage->loop, &passage->cleanup);
}

/* ---------------------------------------------------------------- joined streams */

static void splice_close(struct passage *passage)
{
    for (int i = 0; i < 2; i++)
        stream_close(passage->ends[i], true);
    passage->ends[0] = passage->ends[1] = NULL;
    passage_end(passage);
}

static void splice_read(struct passage *passage, int from, struct str bytes)
{
    struct stream *other = passage->ends[!from];
    if (bytes.size > 0) {
        stream_write(other, bytes);
        if (stream_queued(other) > STREAM_HIGH_MARK)
            stream_read_stop(passage->ends[from]);
        return;
    }
    passage->finished[from] = true;
    if (passage->finished[!from])
        splice_close(passage);
    else
        stream_write_end(other);
}

static void client_read(void *context, struct str bytes)
{
    splice_read(context, 0, bytes);
}

static void kubelet_read(void *context, struct str bytes)
{
    splice_read(context, 1, bytes);
}

static void client_drained(void *context)
{
    stream_read_start(((struct passage *)context)->ends[1]);
}

static void kubelet_drained(void *context)
{
    stream_read_start(((struct passage *)context)->ends[0]);
}

static void splice_failed(void *context, const struct error *err)
{
    (void)err; /* the other end learns of it by its own end */
    splice_close(context);
}

static void join(struct passage *passage)
{
    static const struct stream_events client_events = { client_read, client_drained, splice_failed };
    static const struct stream_events kubelet_events = { kubelet_read, kubelet_drained, splice_failed };
    stream_set_events(passage->ends[0], &client_events, passage);
    stream_set_events(passage->ends[1], &kubelet_events, passage);
    stream_read_start(passage->ends[0]);
    stream_read_start(passage->ends[1]);
}

/* ---------------------------------------------------------------- the answer */

static bool hop_by_hop(struct str name, bool upgrade)
{
    static const char *const names[] = { "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
                                         "trailer",    "transfer-encoding",  "content-length",      "date" };
    if (str_is(name, "connection") || str_is(name, "upgrade"))
        return !upgrade;
    for (size_t i = 0; i < countof(names); i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

static size_t copy_headers(struct arena *arena, const struct http_headers *from, bool upgrade,
                           struct http_header *items)
{
    size_t count = 0;
    for (size_t i = 0; i < from->count && count < HEADERS_MAX - 8; i++)
        if (!hop_by_hop(from->items[i].name, upgrade))
            items[count++] =
                (struct http_header){ arena_str(arena, from->items[i].name), arena_str(arena, from->items[i].value) };
    return count;
}

static bool is_page(const struct http_headers *headers)
{
    return str_starts(http_header(headers, "content-type"), STR("text/html")) &&
           http_header(headers, "content-encoding").size == 0;
}

/* What a proxied server calls its root is ours with the proxy's path before it. */
static void rewrite_headers(struct passage *passage, struct http_headers *headers)
{
    struct http_header *items = (struct http_header *)headers->items;
    for (size_t i = 0; i < headers->count; i++) {
        const char *location = NULL;
        if (str_is(items[i].name, "location"))
            location = html_link_location(items[i].value, passage->authority, passage->prepend,
                                          &passage->call->request->arena);
        if (location != NULL)
            items[i].value = str_of(location);
    }
    passage->rewrites = is_page(headers);
    if (passage->rewrites)
        html_links_init(&passage->links, str_of(passage->prepend));
}

static void respond_error(struct request *request, const struct error *err)
{
    struct api_status *status = api_status_of_error(&request->arena, err, NULL, NULL);
    http_sink.document(request, status->code, &api_kind_status, status);
}

/* An empty message tells the client that it has begun, as upstream's does. */
static void begin_messages(struct passage *passage)
{
    struct error err = { 0 };
    if (watch_socket_open(passage->call, &err) == 0) {
        passage->begun = true;
        watch_socket_send_log(passage->call, (struct str){ "", 0 });
        return;
    }
    struct http_call *call = passage->call;
    passage_end(passage);
    respond_error(call->request, &err);
}

static void passage_response(void *context, int status, const struct http_headers *headers)
{
    struct passage *passage = context;
    struct http_call *call = passage->call;
    struct http_header items[HEADERS_MAX];
    struct arena *arena = &call->request->arena;
    if (passage->status_of_text && (status < 200 || status > 206)) {
        passage->refusal = status;
        return;
    }
    if (passage->messages) {
        begin_messages(passage);
        return;
    }
    struct http_headers list = { items, copy_headers(arena, headers, status == 101, items) };
    passage->begun = true;
    if (passage->prepend != NULL && status != 101)
        rewrite_headers(passage, &list);
    if (status != 101) {
        http_response_begin(call->exchange, status, &list);
        return;
    }
    struct error err = { 0 };
    if (http_exchange_upgrade(call->exchange, &list, &passage->ends[0], &err) < 0)
        passage->ends[0] = NULL; /* HTTP/2 has no upgrades; upgraded() meets it */
}

static void passage_write(struct passage *passage, struct str bytes)
{
    bool more;
    if (passage->messages) {
        more = watch_socket_send_log(passage->call, bytes);
    } else {
        struct bytes *piece = bytes_create(bytes.data, bytes.size);
        more = http_response_write(passage->call->exchange, piece);
        bytes_unref(piece);
    }
    if (more)
        return;
    passage->call->stopped = true;
    if (passage->upstream != NULL)
        http_request_body_stop(passage->upstream);
}

static void passage_body(void *context, struct str bytes)
{
    struct passage *passage = context;
    if (passage->refusal != 0) {
        size_t room = ERROR_TEXT_MAX - passage->text.size;
        buffer_append(&passage->text, bytes.data, bytes.size < room ? bytes.size : room);
        return;
    }
    auto_buffer struct buffer page = { .max = SIZE_MAX };
    if (passage->rewrites) {
        html_links_feed(&passage->links, bytes, &page);
        bytes = buffer_str(&page);
    }
    passage_write(passage, bytes);
}

/* What the kubelet refused, in the words it used. */
static void respond_refusal(struct passage *passage)
{
    struct error err = { 0 };
    struct str text = buffer_str(&passage->text);
    enum error_code code = passage->refusal == 400   ? ERROR_BAD_REQUEST
                           : passage->refusal == 404 ? ERROR_NOT_FOUND
                                                     : ERROR_INTERNAL;
    error_set(&err, code, STR_FMT, STR_ARG(text));
    respond_error(passage->call->request, &err);
}

static void passage_done(void *context, int rc, const struct error *err)
{
    struct passage *passage = context;
    struct http_call *call = passage->call;
    passage->upstream = NULL;
    loop_defer(passage->loop, &passage->cleanup);
    if (passage->refusal != 0 && rc == 0) {
        respond_refusal(passage);
        return;
    }
    if (!passage->begun) {
        struct error wrapped = *err;
        wrapped.code = -ERROR_INTERNAL;
        error_wrap(&wrapped, "error dialing backend: %s", passage->peer);
        respond_error(call->request, &wrapped);
        return;
    }
    if (passage->messages) {
        watch_socket_end(call);
        http_call_end(call);
        return;
    }
    auto_buffer struct buffer rest = { .max = SIZE_MAX };
    if (passage->rewrites)
        html_links_end(&passage->links, &rest);
    if (rest.size > 0)
        passage_write(passage, buffer_str(&rest));
    http_exchange_set_events(call->exchange, NULL, NULL);
    if (rc < 0)
        http_response_abort(call->exchange);
    else
        http_response_end(call->exchange);
    http_call_end(call);
}

static void passage_upgraded(void *context, struct stream *stream)
{
    struct passage *passage = context;
    passage->upstream = NULL;
    passage->ends[1] = stream;
    struct http_call *call = passage->call;
    passage->call = NULL;
    http_call_end(call);
    if (passage->ends[0] == NULL)
        splice_close(passage);
    else
        join(passage);
}

/* ---------------------------------------------------------------- the client's side */

static void call_closed(struct http_call *call)
{
    passage_end(call->context);
    http_call_end(call);
}

static void call_drained(struct http_call *call)
{
    struct passage *passage = call->context;
    if (passage->upstream != NULL)
        http_request_body_start(passage->upstream);
}

static size_t request_headers(struct request *request, bool upgrade, struct http_header *items)
{
    size_t count = 0;
    struct http_header all[HEADERS_MAX];
    size_t n_all = copy_headers(&request->arena, request->headers, upgrade, all);
    for (size_t i = 0; i < n_all; i++)
        if (!str_is(all[i].name, "authorization") && !str_is(all[i].name, "host") &&
            !str_starts(all[i].name, STR("impersonate-")) && !str_starts(all[i].name, STR("x-forwarded-")))
            items[count++] = all[i];
    return count;
}

/* Where the client believes to be. A page that is compressed could not be read on its way back. */
static size_t add_forwarded(struct request *request, const struct connect_target *target, struct http_header *items,
                            size_t count)
{
    struct str path = { target->path, str_find(str_of(target->path), '?') };
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!str_is(items[i].name, "accept-encoding"))
            items[kept++] = items[i];
    items[kept++] =
        (struct http_header){ STR("x-forwarded-uri"),
                              str_of(arena_format(&request->arena, "%s" STR_FMT, target->prepend, STR_ARG(path))) };
    items[kept++] = (struct http_header){ STR("x-forwarded-proto"), STR("https") };
    struct str host = http_header(request->headers, "host");
    if (host.size == 0)
        host = http_header(request->headers, ":authority");
    if (host.size > 0)
        items[kept++] = (struct http_header){ STR("x-forwarded-host"), host };
    return kept;
}

static void redirect(struct http_call *call, const char *location)
{
    struct http_header item = { STR("location"), str_of(location) };
    struct http_headers list = { &item, 1 };
    http_response_begin(call->exchange, 301, &list);
    http_exchange_set_events(call->exchange, NULL, NULL);
    http_response_end(call->exchange);
    http_call_end(call);
}

void http_respond_connect(struct request *request, const struct connect_target *target)
{
    static const struct http_request_events events = {
        .response = passage_response, .body = passage_body, .done = passage_done, .upgraded = passage_upgraded
    };
    struct http_call *call = request->sink_context;
    if (target->redirect != NULL) {
        redirect(call, target->redirect);
        return;
    }
    struct passage *passage = memory_new(struct passage);
    struct http_header items[HEADERS_MAX];
    struct http_client_options options = {
        .target = { .address = target->address,
                    .network_namespace = target->network_namespace,
                    .tls = target->tls,
                    .server_name = target->server_name },
        .authority = target->authority,
        .http1_only = true,
    };
    passage->call = call;
    passage->loop = call->lane->loop;
    passage->cleanup.callback = passage_free;
    passage->peer = target->peer;
    passage->status_of_text = target->status_of_text;
    passage->prepend = target->prepend;
    passage->authority = target->authority;
    buffer_init(&passage->text, ERROR_TEXT_MAX);
    passage->messages = target->status_of_text && websocket_requested(call->exchange);
    passage->upgrade = !passage->messages && http_header(request->headers, "upgrade").size > 0;
    passage->client = http_client_create(passage->loop, &options);
    call->context = passage;
    call->closed = call_closed;
    call->drained = call_drained;
    struct str body = http_exchange_body(call->exchange);
    struct bytes *bytes = body.size == 0 ? NULL : bytes_create(body.data, body.size);
    size_t n_headers = request_headers(request, passage->upgrade, items);
    if (target->prepend != NULL)
        n_headers = add_forwarded(request, target, items, n_headers);
    struct http_request_options asked = {
        .method = request->method,
        .path = target->path,
        .headers = { items, n_headers },
        .body = bytes,
    };
    passage->upstream = http_request_start(passage->client, &asked, &events, passage);
    bytes_unref(bytes);
}
