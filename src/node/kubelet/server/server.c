/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/server/server.h"

#include <stdarg.h>
#include <stdio.h>

#include "api/codec.h"
#include "base/log.h"
#include "base/memory.h"
#include "crypto/x509.h"
#include "node/kubelet/server/internal.h"

#define PODS_BYTES_MAX ((size_t)64 << 20)

static const struct http_limits limits = { .connections = 1000, .body_bytes = 1 << 20 };

/* --- requests --- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Percent-decoded, NUL-terminated; NULL for broken escapes. */
static const char *unescape(struct str text, bool query, struct arena *arena)
{
    char *out = arena_alloc(arena, text.size + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

const char *server_query(const struct server_request *request, const char *name, size_t n)
{
    struct str rest = http_exchange_query(request->exchange), piece;
    while (rest.size > 0 && str_next(&rest, '&', &piece)) {
        size_t equals = str_find(piece, '=');
        if (!str_is((struct str){ piece.data, equals }, name) || n-- > 0)
            continue;
        return unescape(str_skip(piece, equals < piece.size ? equals + 1 : equals), true, request->arena);
    }
    return NULL;
}

bool server_query_flag(const struct server_request *request, const char *name)
{
    const char *value = server_query(request, name, 0);
    return value != NULL && strcmp(value, "0") != 0 && strcasecmp(value, "false") != 0;
}

void server_respond_text(struct http_exchange *exchange, int status, const char *type, struct str text)
{
    const struct http_header header = { STR("content-type"), str_of(type) };
    struct bytes *body = bytes_create(text.data, text.size);
    http_respond(exchange, status, &(struct http_headers){ &header, 1 }, body);
    bytes_unref(body);
}

void server_respond_error(struct http_exchange *exchange, int status, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    server_respond_text(exchange, status, "text/plain; charset=utf-8", str_of(text));
}

bool server_find(const struct server_request *request, struct pod_worker **ret_worker, size_t *container)
{
    size_t shortest = container != NULL ? 4 : 3;
    if (request->n_parts != shortest && request->n_parts != shortest + 1) {
        server_respond_error(request->exchange, 404, "404 page not found");
        return false;
    }
    const char *namespace_ = request->parts[1], *name = request->parts[2];
    const char *uid = request->n_parts == shortest + 1 ? request->parts[3] : NULL;
    struct pod_worker *worker, *found = NULL;
    map_for_each (&request->server->kubelet->workers, worker, node) {
        if (worker->pod != NULL && !worker->gone && text_equal(worker->pod->metadata.namespace, namespace_) &&
            text_equal(worker->pod->metadata.name, name) && (uid == NULL || text_equal(worker->uid, uid)))
            found = worker;
    }
    if (found == NULL) {
        server_respond_error(request->exchange, 404, "pod does not exist: pod \"%s\" in namespace \"%s\"", name,
                             namespace_);
        return false;
    }
    *ret_worker = found;
    if (container == NULL)
        return true;
    const char *wanted = request->parts[request->n_parts - 1];
    *container = pod_container_find(found->pod, wanted);
    if (*container < pod_container_count(found->pod))
        return true;
    server_respond_error(request->exchange, 404, "container \"%s\" not found in pod \"%s\"", wanted, name);
    return false;
}

/* --- the small answers --- */

static void serve_health(const struct server_request *request)
{
    server_respond_text(request->exchange, 200, "text/plain; charset=utf-8", STR("ok"));
}

static void serve_pods(const struct server_request *request)
{
    auto_buffer struct buffer text = { .max = PODS_BYTES_MAX };
    buffer_append_text(&text, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":[");
    bool running_only = strcmp(request->parts[0], "runningpods") == 0;
    size_t n = 0;
    struct pod_worker *worker;
    map_for_each (&request->server->kubelet->workers, worker, node) {
        if (worker->object == NULL || worker->gone ||
            (running_only && pod_runtime_sandbox(pod_worker_runtime(worker)) == NULL))
            continue;
        if (n++ > 0)
            buffer_append_char(&text, ',');
        buffer_append_str(&text, object_json(worker->object));
    }
    buffer_append_text(&text, "]}");
    if (buffer_failed(&text))
        server_respond_error(request->exchange, 500, "too many pods");
    else
        server_respond_text(request->exchange, 200, "application/json", buffer_str(&text));
}

static const struct {
    const char *name;
    void (*serve)(const struct server_request *request);
    bool open; /* to whoever connects: says nothing about pods */
} routes[] = {
    { "healthz", serve_health, true },
    { "pods", serve_pods, false },
    { "runningpods", serve_pods, false },
    { "containerLogs", server_logs, false },
    { "exec", server_exec, false },
    { "attach", server_attach, false },
    { "portForward", server_port_forward, false },
    { "run", server_run, false },
    { "stats", server_summary, false },
    { "metrics", server_metrics, false },
};

/* The API server's own client certificate, signed by the CA we were given. */
static bool allowed(struct kubelet_server *server, struct http_exchange *exchange)
{
    struct stream *stream = http_exchange_stream(exchange);
    struct x509_st *certificate = stream_peer_certificate(stream);
    struct x509_info info;
    if (certificate == NULL || !stream_peer_verified(stream) ||
        x509_describe(certificate, http_exchange_arena(exchange), &info, NULL) < 0)
        return false;
    return text_equal(info.common_name, server->kubelet->options.server_client_name);
}

static bool split_path(struct server_request *request)
{
    struct str rest = str_skip(http_exchange_path(request->exchange), 1), piece;
    while (rest.size > 0 && str_next(&rest, '/', &piece)) {
        if (piece.size == 0)
            continue;
        if (request->n_parts == SERVER_PARTS_MAX)
            return false;
        const char *part = unescape(piece, false, request->arena);
        if (part == NULL)
            return false;
        request->parts[request->n_parts++] = part;
    }
    return request->n_parts > 0;
}

static void serve(void *context, struct http_exchange *exchange)
{
    struct kubelet_server *server = context;
    struct server_request request = { .server = server, .exchange = exchange, .arena = http_exchange_arena(exchange) };
    if (!split_path(&request)) {
        server_respond_error(exchange, 404, "404 page not found");
        return;
    }
    for (size_t i = 0; i < countof(routes); i++) {
        if (strcmp(routes[i].name, request.parts[0]) != 0)
            continue;
        if (!routes[i].open && !allowed(server, exchange))
            server_respond_error(exchange, stream_peer_certificate(http_exchange_stream(exchange)) != NULL ? 403 : 401,
                                 stream_peer_certificate(http_exchange_stream(exchange)) != NULL ? "Forbidden"
                                                                                                 : "Unauthorized");
        else
            routes[i].serve(&request);
        return;
    }
    server_respond_error(exchange, 404, "404 page not found");
}

static void accepted(void *context, struct stream *stream)
{
    struct kubelet_server *server = context;
    http_server_serve(server->http, stream);
}

int kubelet_server_create(struct kubelet *kubelet, struct kubelet_server **ret_server, struct error *err)
{
    static const struct http_handler handler = { .request = serve };
    static const char *const alpn[] = { "http/1.1", NULL }; /* upgrades need it */
    struct kubelet_server *server = memory_new(struct kubelet_server);
    server->kubelet = kubelet;
    list_init(&server->log_readers);
    list_init(&server->sessions);
    server->http = http_server_create(kubelet->loop, &handler, server, &limits);
    char address[64];
    snprintf(address, sizeof(address), "tcp:0.0.0.0:%d", kubelet->options.port);
    const struct stream_target target = { .address = address, .tls = kubelet->options.tls, .alpn = alpn };
    int rc = listener_open(kubelet->loop, &target, accepted, server, &server->listener, err);
    if (rc < 0) {
        kubelet_server_destroy(server);
        return error_wrap_code(err, rc, "kubelet server on port %d", kubelet->options.port);
    }
    *ret_server = server;
    return 0;
}

void kubelet_server_destroy(struct kubelet_server *server)
{
    if (server == NULL)
        return;
    listener_close(server->listener);
    server_logs_close(server);
    streaming_close(server);
    http_server_destroy(server->http);
    free(server);
}

int kubelet_server_port(const struct kubelet_server *server)
{
    return server != NULL ? listener_port(server->listener) : 0;
}
