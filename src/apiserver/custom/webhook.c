/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/custom/webhook.h"

#include <stdlib.h>

#include "apiserver/custom/document.h"
#include "apiserver/subresource/kubelet.h"
#include "apiserver/subresource/service_endpoint.h"
#include "base/memory.h"
#include "base/text/uuid.h"
#include "crypto/tls.h"

#define TIMEOUT      (30 * USEC_PER_SEC)
#define TIMEOUT_TEXT "timeout=30s"
#define ANSWER_MAX   ((size_t)64 << 20)

typedef struct api_apiextensions_webhook_client_config config_type;

struct webhook {
    struct api_server *server;
    const struct custom_form *form;
    struct http_client *http; /* to 'address'; NULL: none yet */
    char *address;
    size_t open;
};

/* Where it is now, in an arena. */
struct place {
    const char *address; /* "tcp:HOST:PORT" */
    const char *server_name;
    const char *authority;
    const char *path;
    int network_namespace;
};

static const config_type *config_of(const struct webhook *webhook)
{
    static const config_type none;
    const struct api_apiextensions_custom_resource_conversion *conversion = webhook->form->definition->spec.conversion;
    return conversion == NULL || conversion->webhook == NULL || conversion->webhook->client_config == NULL
               ? &none
               : conversion->webhook->client_config;
}

/* ---------------------------------------------------------------- where it is */

static int locate_service(const struct webhook *webhook, const struct api_apiextensions_service_reference *service,
                          struct arena *arena, struct place *place, struct error *err)
{
    struct service_endpoint endpoint;
    int port = service->port == NULL ? 443 : *service->port;
    place->server_name = arena_format(arena, "%s.%s.svc", service->name, service->namespace);
    place->authority = arena_format(arena, "%s:%d", place->server_name, port);
    place->path = arena_format(arena, "%s%s?" TIMEOUT_TEXT, text_or_empty(service->path)[0] == '/' ? "" : "/",
                               text_or_empty(service->path));
    int rc = service_endpoint_find(webhook->server, service->namespace, service->name, arena_format(arena, "%d", port),
                                   &endpoint, err);
    if (rc < 0)
        return rc;
    place->address = kubelet_tcp_address(arena, endpoint.address, endpoint.port);
    place->network_namespace = endpoint.network_namespace;
    return 0;
}

static int locate_url(const char *url, struct arena *arena, struct place *place, struct error *err)
{
    struct str rest = str_of(url), host;
    if (!str_starts(rest, STR("https://")))
        return error_set(err, ERROR_INVALID, "\"%s\" is no https:// URL", url);
    rest = str_skip(rest, sizeof("https://") - 1);
    host = (struct str){ rest.data, str_find(rest, '/') };
    struct str path = str_skip(rest, host.size);
    bool numbered =
        host.size > 0 && host.data[0] == '[' ? host.data[host.size - 1] != ']' : str_find(host, ':') < host.size;
    struct str name = { host.data,
                        numbered ? (size_t)((const char *)memrchr(host.data, ':', host.size) - host.data) : host.size };
    if (name.size > 1 && name.data[0] == '[')
        name = (struct str){ name.data + 1, name.size - 2 };
    place->authority = arena_strndup(arena, host.data, host.size);
    place->server_name = arena_strndup(arena, name.data, name.size);
    place->address = arena_format(arena, "tcp:%s%s", place->authority, numbered ? "" : ":443");
    place->path = arena_format(arena, "%s" STR_FMT "%s" TIMEOUT_TEXT, path.size == 0 ? "/" : "", STR_ARG(path),
                               str_find(path, '?') < path.size ? "&" : "?");
    return 0;
}

static int locate(const struct webhook *webhook, struct arena *arena, struct place *place, struct error *err)
{
    const config_type *config = config_of(webhook);
    if (config->service != NULL)
        return locate_service(webhook, config->service, arena, place, err);
    return locate_url(text_or_empty(config->url), arena, place, err);
}

/* A connection is kept as long as the address stays. */
static int connect_to(struct webhook *webhook, const struct place *place, struct error *err)
{
    if (webhook->http != NULL && (webhook->open > 0 || text_equal(webhook->address, place->address)))
        return 0;
    struct tls_context *tls;
    int rc = tls_context_create(&(struct tls_options){ .ca_pem = config_of(webhook)->ca_bundle }, &tls, err);
    if (rc < 0)
        return rc;
    http_client_destroy(webhook->http);
    free(webhook->address);
    webhook->address = memory_strdup(place->address);
    webhook->http = http_client_create(
        webhook->server->loop, &(struct http_client_options){ .target = { .address = place->address,
                                                                          .network_namespace = place->network_namespace,
                                                                          .tls = tls,
                                                                          .server_name = place->server_name },
                                                              .authority = place->authority });
    tls_context_unref(tls);
    return 0;
}

/* ---------------------------------------------------------------- a call */

static void call_end(struct webhook_call *call, int rc, const struct error *err, const struct str *documents)
{
    call->webhook->open--;
    call->webhook = NULL;
    struct arena arena = call->arena; /* the callee may open the call again */
    struct buffer answer = call->answer;
    call->arena = (struct arena){ 0 };
    call->answer = (struct buffer){ 0 };
    call->done(call, rc, err, documents);
    buffer_fini(&answer);
    arena_fini(&arena);
}

static void call_failed(struct webhook_call *call, const char *why)
{
    struct error err;
    int rc = error_set(&err, ERROR_INTERNAL, "conversion webhook for %s failed: Post \"%s\": %s", call->review.kind,
                       call->url, why);
    call_end(call, rc, &err, NULL);
}

static void call_response(void *context, int status, const struct http_headers *headers)
{
    (void)headers;
    ((struct webhook_call *)context)->status = status;
}

static void call_body(void *context, struct str bytes)
{
    buffer_append_str(&((struct webhook_call *)context)->answer, bytes);
}

/* As its version's schema has it; what cannot be coerced stays as it is. */
static struct str coerced(const struct webhook_call *call, struct str document, struct arena *arena)
{
    auto_buffer struct buffer json = { .max = ANSWER_MAX };
    struct error err;
    if (custom_document_coerce(call->webhook->form, document, &json, &err) < 0)
        return arena_str(arena, document);
    return arena_str(arena, buffer_str(&json));
}

static void call_done(void *context, int rc, const struct error *err)
{
    struct webhook_call *call = context;
    struct error problem = { 0 };
    call->request = NULL;
    if (rc < 0) {
        call_failed(call, err->message);
        return;
    }
    struct str answer = buffer_failed(&call->answer) ? STR("") : buffer_str(&call->answer);
    if (call->status / 100 != 2) {
        struct str shown = str_trim((struct str){ answer.data, answer.size < 256 ? answer.size : 256 });
        rc = call->status == 404
                 ? error_set(&problem, ERROR_INTERNAL,
                             "conversion webhook for %s failed: the server could not find the requested resource",
                             call->review.kind)
                 : error_set(&problem, ERROR_INTERNAL,
                             "conversion webhook for %s failed: an error on the server (\"" STR_FMT
                             "\") has prevented the request from succeeding",
                             call->review.kind, STR_ARG(shown));
        call_end(call, rc, &problem, NULL);
        return;
    }
    struct str *documents = arena_new_array(&call->arena, struct str, call->review.count);
    rc = conversion_review_read(&call->review, answer, &call->arena, documents, &problem);
    for (size_t i = 0; rc == 0 && i < call->review.count; i++)
        documents[i] = coerced(call, documents[i], &call->arena);
    call_end(call, rc, &problem, documents);
}

static const struct http_request_events call_events = { .response = call_response,
                                                        .body = call_body,
                                                        .done = call_done };

static void not_begun(struct loop_task *task)
{
    struct webhook_call *call = container_of(task, struct webhook_call, task);
    call_failed(call, call->err.message);
}

static void fill(struct webhook_call *call, const struct custom_version *desired, const struct str *documents,
                 size_t count)
{
    const struct api_kind *kind = desired->resource->kind;
    const struct custom_form *form = call->webhook->form;
    struct arena *arena = &call->arena;
    struct str *copies = arena_new_array(arena, struct str, count);
    char *uid = arena_alloc(arena, UUID_TEXT_SIZE);
    for (size_t i = 0; i < count; i++)
        copies[i] = coerced(call, documents[i], arena);
    uuid_generate(loop_random(call->webhook->server->loop), uid);
    call->review = (struct conversion_review){
        .uid = uid,
        .kind =
            arena_format(arena, "%s, Kind=%s",
                         arena_format(arena, "%s/%s", kind->group, form->stored->resource->kind->version), kind->kind),
        .desired = arena_format(arena, "%s/%s", kind->group, kind->version),
        .documents = copies,
        .count = count,
    };
}

void webhook_convert(struct webhook *webhook, struct webhook_call *call, const struct custom_version *desired,
                     const struct str *documents, size_t count)
{
    static const struct http_header headers[] = { { STR("content-type"), STR("application/json") },
                                                  { STR("accept"), STR("application/json") },
                                                  { STR("user-agent"), STR("kube-apiserver-admission") } };
    struct place place = { .authority = "", .path = "" };
    auto_buffer struct buffer body = { .max = ANSWER_MAX };
    webhook->open++;
    call->webhook = webhook;
    call->status = 0;
    call->answer = (struct buffer){ .max = ANSWER_MAX };
    fill(call, desired, documents, count);
    int rc = locate(webhook, &call->arena, &place, &call->err);
    call->url = arena_format(&call->arena, "https://%s%s", place.authority, place.path);
    webhook->open--; /* it does not stand in its own way */
    if (rc == 0)
        rc = connect_to(webhook, &place, &call->err);
    webhook->open++;
    if (rc < 0) {
        call->task.callback = not_begun;
        loop_defer(webhook->server->loop, &call->task);
        return;
    }
    conversion_review_write(&call->review, &body);
    struct bytes *bytes = bytes_create(body.data, body.size);
    call->request = http_request_start(webhook->http,
                                       &(struct http_request_options){ .method = "POST",
                                                                       .path = place.path,
                                                                       .headers = { headers, countof(headers) },
                                                                       .body = bytes,
                                                                       .timeout = TIMEOUT },
                                       &call_events, call);
    bytes_unref(bytes);
}

void webhook_cancel(struct webhook_call *call)
{
    if (call->webhook == NULL)
        return;
    loop_cancel(call->webhook->server->loop, &call->task);
    http_request_cancel(take_pointer(&call->request));
    call->webhook->open--;
    call->webhook = NULL;
    buffer_fini(&call->answer);
    arena_fini(&call->arena);
    call->answer = (struct buffer){ 0 };
    call->arena = (struct arena){ 0 };
}

struct webhook *webhook_create(struct api_server *server, const struct custom_form *form)
{
    struct webhook *webhook = memory_new(struct webhook);
    webhook->server = server;
    webhook->form = form;
    return webhook;
}

void webhook_destroy(struct webhook *webhook)
{
    if (webhook == NULL)
        return;
    http_client_destroy(webhook->http);
    free(webhook->address);
    free(webhook);
}
