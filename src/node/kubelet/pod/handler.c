/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/handler.h"

#include <stdio.h>

#include "base/memory.h"
#include "net/grpc.h"
#include "node/kubelet/pod/http_get.h"

#define PROBE_AGENT "kube-probe/1.36"
#define HOOK_AGENT  "kube-lifecycle/1.36"

struct handler {
    struct loop *loop;
    struct arena arena;
    void (*done)(void *context, enum probe_result result, const char *message);
    void *context;
    bool hook;
    struct loop_timer timer;
    struct loop_task finish;
    bool finished;
    enum probe_result result;
    char message[1024];

    struct cri_call exec;
    struct stream_connect *connect;
    struct http_get *http;
    struct grpc_channel *grpc;
    struct grpc_call *grpc_call;
};

struct handler_spec handler_of_probe(const struct api_probe *probe)
{
    return (struct handler_spec){
        .exec = probe->exec, .http_get = probe->http_get, .tcp_socket = probe->tcp_socket, .grpc = probe->grpc
    };
}

struct handler_spec handler_of_hook(const struct api_lifecycle_handler *hook)
{
    return (struct handler_spec){ .exec = hook->exec,
                                  .http_get = hook->http_get,
                                  .tcp_socket = hook->tcp_socket,
                                  .sleep = hook->sleep,
                                  .hook = true };
}

int32_t handler_port(const struct api_container *container, const struct int_or_string *port)
{
    if (!int_or_string_is_text(port))
        return port->number;
    for (size_t i = 0; i < container->n_ports; i++) {
        if (text_equal(container->ports[i].name, port->text))
            return container->ports[i].container_port;
    }
    int64_t number;
    return str_to_int64(str_of(port->text), &number) && number > 0 && number < 65536 ? (int32_t)number : 0;
}

static void handler_free(struct handler *handler)
{
    loop_timer_stop(&handler->timer);
    loop_cancel(handler->loop, &handler->finish);
    cri_call_cancel(&handler->exec);
    stream_connect_cancel(handler->connect);
    http_get_cancel(handler->http);
    grpc_call_cancel(handler->grpc_call);
    grpc_channel_destroy(handler->grpc);
    arena_fini(&handler->arena);
    free(handler);
}

/* The answer goes out on the next turn, outside of whatever brought it. */
static void finish(struct handler *handler, enum probe_result result, const char *message)
{
    if (handler->finished)
        return;
    handler->finished = true;
    handler->result = result;
    snprintf(handler->message, sizeof(handler->message), "%s", message);
    loop_timer_stop(&handler->timer);
    loop_defer(handler->loop, &handler->finish);
}

static void finish_task(struct loop_task *task)
{
    struct handler *handler = container_of(task, struct handler, finish);
    char message[sizeof(handler->message)];
    memcpy(message, handler->message, sizeof(message));
    void (*done)(void *context, enum probe_result result, const char *text) = handler->done;
    void *context = handler->context;
    enum probe_result result = handler->result;
    handler_free(handler);
    done(context, result, message);
}

/* --- exec --- */

static void exec_done(struct cri_call *call, int rc, const void *response, const struct error *err)
{
    struct handler *handler = container_of(call, struct handler, exec);
    if (rc < 0) {
        finish(handler, PROBE_FAILURE, err->message);
        return;
    }
    const struct cri_exec_sync_response *answer = response;
    if (answer->exit_code == 0) {
        finish(handler, PROBE_SUCCESS, "");
        return;
    }
    char text[1024];
    struct str out = answer->stdout.size > 0 ? answer->stdout : answer->stderr;
    if (out.size > 900)
        out.size = 900;
    snprintf(text, sizeof(text), STR_FMT, STR_ARG(out));
    finish(handler, PROBE_FAILURE, text);
}

static void start_exec(struct handler *handler, const struct api_exec_action *action,
                       const struct handler_target *target, usec_t timeout)
{
    handler->exec.done = exec_done;
    const struct cri_exec_sync_request request = {
        .container_id = target->container_id,
        .cmd = action->command,
        .n_cmd = action->n_command,
        .timeout = (timeout + USEC_PER_SEC - 1) / USEC_PER_SEC,
    };
    cri_call_start(target->cri, &handler->exec, &cri_rpc_runtime_service_exec_sync, &request,
                   timeout + 2 * USEC_PER_SEC);
}

/* --- TCP --- */

static const char *address_of(struct handler *handler, const char *host, int32_t port, const char *prefix)
{
    bool literal6 = strchr(host, ':') != NULL;
    return arena_format(&handler->arena, literal6 ? "%s[%s]:%d" : "%s%s:%d", prefix, host, port);
}

static void tcp_done(void *context, struct stream *stream, const struct error *err)
{
    struct handler *handler = context;
    handler->connect = NULL;
    if (stream == NULL) {
        finish(handler, PROBE_FAILURE, err->message);
        return;
    }
    stream_close(stream, false);
    finish(handler, PROBE_SUCCESS, "");
}

static void start_tcp(struct handler *handler, const struct api_tcp_socket_action *action,
                      const struct handler_target *target, usec_t timeout)
{
    int32_t port = handler_port(target->container, &action->port);
    const char *host = text_empty(action->host) ? text_or_empty(target->pod_ip) : action->host;
    if (port <= 0 || host[0] == '\0') {
        finish(handler, PROBE_FAILURE, "invalid port or no pod address");
        return;
    }
    const struct stream_target where = { .address = address_of(handler, host, port, "tcp:") };
    handler->connect = stream_connect_start(handler->loop, &where, timeout, tcp_done, handler);
}

/* --- HTTP --- */

static void http_done(void *context, const struct http_get_answer *answer)
{
    struct handler *handler = context;
    handler->http = NULL;
    char text[sizeof(handler->message)] = "";
    if (answer->status == 0) {
        finish(handler, PROBE_FAILURE, answer->error);
    } else if (handler->hook || (answer->status >= 200 && answer->status < 300)) {
        finish(handler, PROBE_SUCCESS, "");
    } else if (answer->status >= 300 && answer->status < 400) {
        snprintf(text, sizeof(text), "Probe terminated redirects, Response body: " STR_FMT, STR_ARG(answer->body));
        finish(handler, PROBE_SUCCESS, text);
    } else {
        snprintf(text, sizeof(text), "HTTP probe failed with statuscode: %d", answer->status);
        finish(handler, PROBE_FAILURE, text);
    }
}

static void start_http(struct handler *handler, const struct api_http_get_action *action,
                       const struct handler_target *target, usec_t timeout)
{
    const struct http_get_options options = {
        .action = action,
        .location = { .https = text_equal(action->scheme, "HTTPS"),
                      .host = text_empty(action->host) ? text_or_empty(target->pod_ip) : action->host,
                      .port = handler_port(target->container, &action->port) },
        .agent = handler->hook ? HOOK_AGENT : PROBE_AGENT,
        .timeout = timeout,
    };
    if (options.location.port <= 0 || options.location.host[0] == '\0')
        finish(handler, PROBE_FAILURE, "invalid port or no pod address");
    else
        handler->http = http_get_start(handler->loop, &options, http_done, handler);
}

/* --- gRPC: grpc.health.v1.Health/Check --- */

static void grpc_done(void *context, const struct grpc_result *result, struct str response)
{
    struct handler *handler = context;
    handler->grpc_call = NULL;
    char text[1024];
    if (result->rc < 0) {
        snprintf(text, sizeof(text), "service unhealthy (responded with \"%.900s\")", result->err->message);
        finish(handler, PROBE_FAILURE, text);
        return;
    }
    int status = 0; /* field 1, an enum: UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN */
    if (response.size >= 2 && response.data[0] == 0x08)
        status = response.data[1];
    static const char *const names[] = { "UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN" };
    if (status == 1) {
        finish(handler, PROBE_SUCCESS, "");
        return;
    }
    snprintf(text, sizeof(text), "service unhealthy (responded with \"%s\")",
             status >= 0 && status < 4 ? names[status] : "UNKNOWN");
    finish(handler, PROBE_FAILURE, text);
}

static void start_grpc(struct handler *handler, const struct api_grpc_action *action,
                       const struct handler_target *target, usec_t timeout)
{
    size_t length = action->service == NULL ? 0 : strlen(action->service);
    if (length > 127 || text_empty(target->pod_ip)) {
        finish(handler, PROBE_FAILURE, "service name too long or no pod address");
        return;
    }
    const struct grpc_channel_options options = {
        .target = { .address = address_of(handler, target->pod_ip, action->port, "tcp:") }, .connect_timeout = timeout
    };
    handler->grpc = grpc_channel_create(handler->loop, &options);
    char message[132];
    size_t size = 0;
    if (length > 0) {
        message[0] = 0x0a; /* field 1, a string */
        message[1] = (char)length;
        memcpy(message + 2, action->service, length);
        size = length + 2;
    }
    const struct http_header agent = { STR("user-agent"), STR(PROBE_AGENT) };
    const struct grpc_call_options call = { .method = "/grpc.health.v1.Health/Check",
                                            .metadata = { &agent, 1 },
                                            .timeout = timeout };
    handler->grpc_call = grpc_call_unary(handler->grpc, &call, (struct str){ message, size }, grpc_done, handler);
}

/* --- */

static void slept(struct loop_timer *timer)
{
    finish(container_of(timer, struct handler, timer), PROBE_SUCCESS, "");
}

static void timed_out(struct loop_timer *timer)
{
    finish(container_of(timer, struct handler, timer), PROBE_FAILURE, "command timed out");
}

struct handler *handler_start(const struct handler_spec *spec, const struct handler_target *target, usec_t timeout,
                              void (*done)(void *context, enum probe_result result, const char *message), void *context)
{
    struct handler *handler = memory_new(struct handler);
    *handler = (struct handler){ .loop = cri_loop(target->cri),
                                 .done = done,
                                 .context = context,
                                 .hook = spec->hook,
                                 .finish.callback = finish_task };
    handler->timer.callback = spec->sleep != NULL ? slept : timed_out;
    if (spec->sleep != NULL) {
        usec_t length = spec->sleep->seconds * USEC_PER_SEC;
        loop_timer_start(handler->loop, &handler->timer, length < timeout ? length : timeout);
        return handler;
    }
    /* What is below has its own deadline; this one is for those that miss it. */
    loop_timer_start(handler->loop, &handler->timer, timeout + USEC_PER_SEC);
    if (spec->exec != NULL)
        start_exec(handler, spec->exec, target, timeout);
    else if (spec->http_get != NULL)
        start_http(handler, spec->http_get, target, timeout);
    else if (spec->tcp_socket != NULL)
        start_tcp(handler, spec->tcp_socket, target, timeout);
    else if (spec->grpc != NULL)
        start_grpc(handler, spec->grpc, target, timeout);
    else
        finish(handler, PROBE_FAILURE, "no handler is given");
    return handler;
}

void handler_cancel(struct handler *handler)
{
    if (handler != NULL)
        handler_free(handler);
}
