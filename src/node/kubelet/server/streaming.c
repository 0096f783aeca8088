/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/server/streaming.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"

#define CALL_TIMEOUT (30 * USEC_PER_SEC)
#define COMMAND_MAX  1024 /* words */
#define HEADERS_MAX  32
#define MESSAGE_MAX  ((size_t)4 << 20)

static void session_free(struct loop_task *task)
{
    struct streaming *session = container_of(task, struct streaming, cleanup);
    list_remove(&session->node);
    http_client_destroy(session->client);
    free(session);
}

void streaming_end(struct streaming *session)
{
    if (session->over)
        return;
    session->over = true;
    if (session->exchange != NULL)
        http_exchange_set_events(session->exchange, NULL, NULL);
    cri_call_cancel(&session->call);
    http_request_cancel(take_pointer(&session->request));
    for (int i = 0; i < 2; i++)
        stream_close(take_pointer(&session->ends[i]), true);
    spdy_session_close(take_pointer(&session->spdy));
    websocket_close(take_pointer(&session->socket), 1000, "");
    loop_defer(session->server->kubelet->loop, &session->cleanup);
}

/* An answer instead of a stream. */
static void refuse(struct streaming *session, int status, const char *text)
{
    struct http_exchange *exchange = take_pointer(&session->exchange);
    http_exchange_set_events(exchange, NULL, NULL);
    server_respond_error(exchange, status, "%s", text);
    streaming_end(session);
}

/* --- joined connections --- */

static void join_read(struct streaming *session, int from, struct str bytes)
{
    struct stream *other = session->ends[!from];
    if (bytes.size > 0) {
        stream_write(other, bytes);
        if (stream_queued(other) > STREAM_HIGH_MARK)
            stream_read_stop(session->ends[from]);
        return;
    }
    session->ended[from] = true;
    if (session->ended[!from])
        streaming_end(session);
    else
        stream_write_end(other);
}

static void client_read(void *context, struct str bytes)
{
    join_read(context, 0, bytes);
}

static void runtime_read(void *context, struct str bytes)
{
    join_read(context, 1, bytes);
}

static void client_drained(void *context)
{
    stream_read_start(((struct streaming *)context)->ends[1]);
}

static void runtime_drained(void *context)
{
    stream_read_start(((struct streaming *)context)->ends[0]);
}

static void join_failed(void *context, const struct error *err)
{
    (void)err; /* the other end learns of it by its own end */
    streaming_end(context);
}

void streaming_join(struct streaming *session, struct stream *client, struct stream *runtime)
{
    static const struct stream_events client_events = { client_read, client_drained, join_failed };
    static const struct stream_events runtime_events = { runtime_read, runtime_drained, join_failed };
    session->ends[0] = client;
    session->ends[1] = runtime;
    stream_set_events(client, &client_events, session);
    stream_set_events(runtime, &runtime_events, session);
    stream_read_start(client);
    stream_read_start(runtime);
}

/* --- the runtime's side --- */

static void runtime_response(void *context, int status, const struct http_headers *headers)
{
    struct streaming *session = context;
    if (status != 101 || session->websocket) /* a WebSocket is accepted when the stream is there */
        return;
    struct http_header items[HEADERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < headers->count && n < HEADERS_MAX; i++) {
        if (!str_is(headers->items[i].name, "date") && !str_is(headers->items[i].name, "content-length"))
            items[n++] = headers->items[i];
    }
    struct error err = { 0 };
    if (http_exchange_upgrade(session->exchange, &(struct http_headers){ items, n }, &session->ends[0], &err) == 0)
        session->exchange = NULL;
}

static void runtime_body(void *context, struct str bytes)
{
    (void)context, (void)bytes; /* of an answer that is no upgrade: its status is told */
}

static void runtime_done(void *context, int rc, const struct error *err)
{
    struct streaming *session = context;
    session->request = NULL;
    if (session->exchange != NULL)
        refuse(session, 500, rc < 0 && err != NULL ? err->message : "the container runtime did not open a stream");
    else
        streaming_end(session);
}

static void accept_websocket(struct streaming *session, struct stream *runtime)
{
    static const char *const channels[] = { "v5.channel.k8s.io", "v4.channel.k8s.io", "channel.k8s.io", NULL };
    static const char *const tunnels[] = { "SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io", NULL };
    static const char *const only_tunnel[] = { "SPDY/3.1+portforward.k8s.io", NULL };
    const char *const *protocols = session->kind != STREAMING_PORT_FORWARD ? channels
                                   : session->n_ports > 0                  ? tunnels
                                                                           : only_tunnel;
    struct error err = { 0 };
    struct websocket *socket;
    http_exchange_set_events(session->exchange, NULL, NULL);
    if (websocket_accept(session->exchange, protocols, MESSAGE_MAX, &socket, &err) < 0) {
        stream_close(runtime, false);
        refuse(session, 400, err.message);
        return;
    }
    session->exchange = NULL;
    bool numbered = strcmp(websocket_protocol(socket), "v4.channel.k8s.io") == 0;
    if (session->kind == STREAMING_PORT_FORWARD && numbered) {
        streaming_forward(session, socket, runtime);
        return;
    }
    if (session->kind == STREAMING_PORT_FORWARD) {
        streaming_join(session, websocket_to_stream(socket), runtime);
        return;
    }
    session->v5 = strcmp(websocket_protocol(socket), "v5.channel.k8s.io") == 0;
    streaming_translate(session, socket, runtime);
}

static void runtime_upgraded(void *context, struct stream *stream)
{
    struct streaming *session = context;
    session->request = NULL;
    if (session->websocket) {
        accept_websocket(session, stream);
    } else if (session->ends[0] != NULL) {
        streaming_join(session, session->ends[0], stream);
    } else {
        stream_close(stream, false);
        refuse(session, 500, "the connection cannot be upgraded");
    }
}

/* "http://127.0.0.1:40001/exec/TOKEN" */
static bool split_url(const char *url, char *authority, size_t size, const char **ret_path)
{
    const char *start = strstr(url, "://");
    start = start != NULL ? start + 3 : url;
    const char *slash = strchr(start, '/');
    if (slash == NULL || (size_t)(slash - start) >= size || strncmp(url, "http://", 7) != 0)
        return false;
    snprintf(authority, size, "%.*s", (int)(slash - start), start);
    *ret_path = slash;
    return true;
}

/* Older WebSocket protocols say nothing at success and the bare sentence of a failure. So does the runtime, when asked for the third
 * protocol; with the fourth it gives a Status. The client's first protocol that is ours counts, as it does for the answer. */
static struct str runtime_protocol(const struct streaming *session)
{
    const struct http_headers *headers = http_exchange_headers(session->exchange);
    for (size_t i = 0; i < headers->count; i++) {
        struct str rest = headers->items[i].value, protocol;
        if (!str_is(headers->items[i].name, "sec-websocket-protocol"))
            continue;
        while (str_next(&rest, ',', &protocol)) {
            protocol = str_trim(protocol);
            if (str_is(protocol, "v5.channel.k8s.io") || str_is(protocol, "v4.channel.k8s.io"))
                return STR("v4.channel.k8s.io");
            if (str_is(protocol, "channel.k8s.io"))
                return STR("v3.channel.k8s.io");
        }
    }
    return STR("v3.channel.k8s.io");
}

static size_t upgrade_headers(struct streaming *session, struct http_header *items)
{
    size_t n = 0;
    items[n++] = (struct http_header){ STR("connection"), STR("Upgrade") };
    items[n++] = (struct http_header){ STR("upgrade"), STR("SPDY/3.1") };
    if (session->websocket) {
        items[n++] = (struct http_header){ STR("x-stream-protocol-version"), session->kind == STREAMING_PORT_FORWARD
                                                                                 ? STR("portforward.k8s.io")
                                                                                 : runtime_protocol(session) };
        return n;
    }
    const struct http_headers *headers = http_exchange_headers(session->exchange);
    for (size_t i = 0; i < headers->count && n < HEADERS_MAX; i++) {
        if (str_is(headers->items[i].name, "x-stream-protocol-version"))
            items[n++] = headers->items[i];
    }
    return n;
}

static void connect_runtime(struct streaming *session, const char *url)
{
    static const struct http_request_events events = {
        .response = runtime_response, .body = runtime_body, .done = runtime_done, .upgraded = runtime_upgraded
    };
    char authority[256], address[300];
    const char *path;
    if (!split_url(url, authority, sizeof(authority), &path)) {
        refuse(session, 500, "the container runtime gave no usable address for the stream");
        return;
    }
    snprintf(address, sizeof(address), "tcp:%s", authority);
    const struct http_client_options options = { .target.address = address,
                                                 .authority = authority,
                                                 .http1_only = true };
    session->client = http_client_create(session->server->kubelet->loop, &options);
    struct http_header items[HEADERS_MAX + 4];
    const struct http_request_options request = { .method = "POST",
                                                  .path = path,
                                                  .headers = { items, upgrade_headers(session, items) } };
    session->request = http_request_start(session->client, &request, &events, session);
}

static void url_known(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct streaming *session = container_of(call, struct streaming, call);
    if (rc < 0) {
        refuse(session, rc == -ERROR_NOT_FOUND ? 404 : 500, err->message);
        return;
    }
    const char *url = session->kind == STREAMING_EXEC     ? ((const struct cri_exec_response *)response)->url
                      : session->kind == STREAMING_ATTACH ? ((const struct cri_attach_response *)response)->url
                                                          : ((const struct cri_port_forward_response *)response)->url;
    connect_runtime(session, text_or_empty(url));
}

/* --- requests --- */

static void exchange_closed(void *context)
{
    struct streaming *session = context;
    session->exchange = NULL;
    streaming_end(session);
}

static struct streaming *session_create(const struct server_request *request, enum streaming_kind kind)
{
    static const struct http_exchange_events events = { .closed = exchange_closed };
    struct streaming *session = memory_new(struct streaming);
    session->server = request->server;
    session->exchange = request->exchange;
    session->kind = kind;
    session->cleanup.callback = session_free;
    session->call.done = url_known;
    session->websocket = websocket_requested(request->exchange);
    session->wanted[CHANNEL_STDIN] = server_query_flag(request, "input");
    session->wanted[CHANNEL_STDOUT] = server_query_flag(request, "output");
    session->wanted[CHANNEL_STDERR] = server_query_flag(request, "error");
    session->wanted[CHANNEL_ERROR] = true;
    session->wanted[CHANNEL_RESIZE] = server_query_flag(request, "tty");
    if (session->wanted[CHANNEL_RESIZE])
        session->wanted[CHANNEL_STDERR] = false; /* a terminal has one output */
    list_append(&request->server->sessions, &session->node);
    http_exchange_set_events(request->exchange, &events, session);
    return session;
}

static bool wants_upgrade(const struct server_request *request)
{
    if (http_header(http_exchange_headers(request->exchange), "upgrade").size > 0)
        return true;
    server_respond_error(request->exchange, 400,
                         "you must specify at least 1 of stdin, stdout, stderr, by an upgrade request");
    return false;
}

/* The running instance; NULL: answered. */
static const struct runtime_container *find_running(const struct server_request *request,
                                                    struct pod_worker **ret_worker)
{
    size_t container;
    if (!server_find(request, ret_worker, &container))
        return NULL;
    const char *name = pod_container((*ret_worker)->pod, container)->name;
    const struct runtime_container *instance = pod_runtime_newest(pod_worker_runtime(*ret_worker), name);
    if (instance != NULL && instance->state == CRI_CONTAINER_STATE_CONTAINER_RUNNING)
        return instance;
    server_respond_error(request->exchange, 404, "container not found (\"%s\")", name);
    return NULL;
}

static size_t read_command(const struct server_request *request, const char *name, const char **words)
{
    size_t n = 0;
    while (n < COMMAND_MAX && (words[n] = server_query(request, name, n)) != NULL)
        n++;
    return n;
}

void server_exec(const struct server_request *request)
{
    struct pod_worker *worker;
    const struct runtime_container *instance = wants_upgrade(request) ? find_running(request, &worker) : NULL;
    if (instance == NULL)
        return;
    const char **words = arena_new_array(request->arena, const char *, COMMAND_MAX + 1);
    struct streaming *session = session_create(request, STREAMING_EXEC);
    const struct cri_exec_request exec = {
        .container_id = instance->id,
        .cmd = words,
        .n_cmd = read_command(request, "command", words),
        .tty = session->wanted[CHANNEL_RESIZE],
        .stdin = session->wanted[CHANNEL_STDIN],
        .stdout = session->wanted[CHANNEL_STDOUT],
        .stderr = session->wanted[CHANNEL_STDERR],
    };
    cri_call_start(request->server->kubelet->cri, &session->call, &cri_rpc_runtime_service_exec, &exec, CALL_TIMEOUT);
}

void server_attach(const struct server_request *request)
{
    struct pod_worker *worker;
    const struct runtime_container *instance = wants_upgrade(request) ? find_running(request, &worker) : NULL;
    if (instance == NULL)
        return;
    struct streaming *session = session_create(request, STREAMING_ATTACH);
    const struct cri_attach_request attach = {
        .container_id = instance->id,
        .tty = session->wanted[CHANNEL_RESIZE],
        .stdin = session->wanted[CHANNEL_STDIN],
        .stdout = session->wanted[CHANNEL_STDOUT],
        .stderr = session->wanted[CHANNEL_STDERR],
    };
    cri_call_start(request->server->kubelet->cri, &session->call, &cri_rpc_runtime_service_attach, &attach,
                   CALL_TIMEOUT);
}

/* "port=80&port=81" or "port=80,81". */
static bool read_ports(const struct server_request *request, struct streaming *session)
{
    const char *value;
    for (size_t n = 0; (value = server_query(request, "port", n)) != NULL; n++) {
        struct str rest = str_of(value), one;
        while (str_next(&rest, ',', &one)) {
            uint64_t port;
            if (!str_to_uint64(one, &port) || port == 0 || port > UINT16_MAX || session->n_ports == STREAMING_PORTS_MAX)
                return false;
            session->ports[session->n_ports++] = (uint16_t)port;
        }
    }
    return true;
}

void server_port_forward(const struct server_request *request)
{
    struct pod_worker *worker;
    if (!wants_upgrade(request) || !server_find(request, &worker, NULL))
        return;
    const struct runtime_sandbox *sandbox = pod_runtime_sandbox(pod_worker_runtime(worker));
    if (sandbox == NULL) {
        server_respond_error(request->exchange, 404, "pod not found (\"%s\")", worker->pod->metadata.name);
        return;
    }
    struct streaming *session = session_create(request, STREAMING_PORT_FORWARD);
    if (!read_ports(request, session)) {
        refuse(session, 400, "query parameter \"port\" is not a list of ports");
        return;
    }
    const struct cri_port_forward_request forward = { .pod_sandbox_id = sandbox->id };
    cri_call_start(request->server->kubelet->cri, &session->call, &cri_rpc_runtime_service_port_forward, &forward,
                   CALL_TIMEOUT);
}

void streaming_close(struct kubelet_server *server)
{
    struct streaming *session;
    list_for_each (&server->sessions, session, node) {
        streaming_end(session);
        loop_cancel(server->kubelet->loop, &session->cleanup);
        session_free(&session->cleanup);
    }
}

/* --- /run: a command's output as the answer --- */

struct run_command {
    struct http_exchange *exchange;
    struct cri_call call;
};

static void run_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct run_command *run = container_of(call, struct run_command, call);
    struct http_exchange *exchange = run->exchange;
    http_exchange_set_events(exchange, NULL, NULL);
    free(run);
    const struct cri_exec_sync_response *answer = response;
    if (rc < 0)
        server_respond_error(exchange, 500, "%s", err->message);
    else if (answer->exit_code != 0)
        server_respond_error(exchange, 500, "command exited with %d: " STR_FMT STR_FMT, answer->exit_code,
                             STR_ARG(answer->stdout), STR_ARG(answer->stderr));
    else
        server_respond_text(exchange, 200, "text/plain; charset=utf-8", answer->stdout);
}

static void run_closed(void *context)
{
    struct run_command *run = context;
    cri_call_cancel(&run->call);
    free(run);
}

void server_run(const struct server_request *request)
{
    static const struct http_exchange_events events = { .closed = run_closed };
    struct pod_worker *worker;
    const struct runtime_container *instance = find_running(request, &worker);
    if (instance == NULL)
        return;
    const char *text = server_query(request, "cmd", 0);
    const char *words[64];
    size_t n = 0;
    struct str rest = str_of(text), word;
    while (rest.size > 0 && n < countof(words) && str_next(&rest, ' ', &word)) {
        if (word.size > 0)
            words[n++] = arena_strndup(request->arena, word.data, word.size);
    }
    struct run_command *run = memory_new(struct run_command);
    run->exchange = request->exchange;
    run->call.done = run_done;
    http_exchange_set_events(request->exchange, &events, run);
    const struct cri_exec_sync_request exec = { .container_id = instance->id, .cmd = words, .n_cmd = n, .timeout = 60 };
    cri_call_start(request->server->kubelet->cri, &run->call, &cri_rpc_runtime_service_exec_sync, &exec,
                   2 * CALL_TIMEOUT);
}
