/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http.c - the driver: who we are, and single calls. */
#include "client/client_http.h"

#include "api/codec.h"
#include "base/memory.h"
#include "base/system/file.h"
#include "client/http/client_http_internal.h"
#include "codec/json.h"
#include "crypto/tls.h"
#include "generated/types.h"

#define CALL_TIMEOUT   (60 * USEC_PER_SEC)
#define TOKEN_LIFETIME (60 * USEC_PER_SEC)
#define TOKEN_MAX      ((size_t)64 << 10)

struct http_driver_call {
    struct client_call *call;
    struct http_driver_client *client;
    struct http_request *request;
    const struct api_resource *resource;
    enum api_verb verb;
    int status;
    struct buffer body;
};

static struct http_driver_client *http_client_of(struct client *client)
{
    return container_of(client, struct http_driver_client, base);
}

/* A file that cannot be read leaves the token that was there: the server's refusal says enough. */
static const char *current_token(struct http_driver_client *client)
{
    usec_t now = loop_monotonic(client->base.loop);
    if (client->token_file == NULL || (client->token_read != 0 && now - client->token_read < TOKEN_LIFETIME))
        return client->token;
    auto_buffer struct buffer text = { 0 };
    if (file_read(AT_FDCWD, client->token_file, TOKEN_MAX, &text, NULL) == 0) {
        struct str token = str_trim(buffer_str(&text));
        free(client->token);
        client->token = memory_format("Bearer " STR_FMT, STR_ARG(token));
    }
    client->token_read = now;
    return client->token;
}

void http_driver_unauthorized(struct http_driver_client *client)
{
    client->token_read = 0;
}

struct http_request *http_driver_request(struct http_driver_client *client, const char *method, const char *path,
                                         const char *content_type, struct bytes *body, usec_t timeout,
                                         const struct http_request_events *events, void *context)
{
    struct http_header headers[4] = { { STR("user-agent"), str_of(client->agent) },
                                      { STR("accept"), STR("application/json") } };
    size_t count = 2;
    if (content_type != NULL)
        headers[count++] = (struct http_header){ STR("content-type"), str_of(content_type) };
    const char *token = current_token(client);
    if (token != NULL)
        headers[count++] = (struct http_header){ STR("authorization"), str_of(token) };
    return http_request_start(
        client->http,
        &(struct http_request_options){
            .method = method, .path = path, .headers = { headers, count }, .body = body, .timeout = timeout },
        events, context);
}

int http_driver_failure(int status, struct str body, struct error *err)
{
    auto_arena struct arena scratch = { 0 };
    struct api_status document = { 0 };
    if (api_decode_json(&api_type_status, body, &scratch, &document, NULL, NULL) == 0 && !text_empty(document.message))
        return error_set(err, error_from_http(status, document.reason), "%s", document.message);
    body = str_trim(body);
    return error_set(err, error_from_http(status, NULL), "the server answered %d: %.*s", status,
                     (int)(body.size > 200 ? 200 : body.size), body.size == 0 ? "" : body.data);
}

static void call_free(struct http_driver_call *call)
{
    buffer_fini(&call->body);
    api_resource_unref(call->resource);
    free(call);
}

/* Whether the document is of the resource's own kind: deletions and bindings often answer a Status. */
static bool is_own_kind(const struct api_resource *resource, struct str json)
{
    yyjson_doc *doc = yyjson_read(json.data, json.size, YYJSON_READ_NUMBER_AS_RAW);
    const char *kind = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), "kind"));
    bool same = kind != NULL && strcmp(kind, resource->kind->kind) == 0;
    yyjson_doc_free(doc);
    return same;
}

static void call_response(void *context, int status, const struct http_headers *headers)
{
    (void)headers;
    ((struct http_driver_call *)context)->status = status;
}

static void call_body(void *context, struct str bytes)
{
    buffer_append_str(&((struct http_driver_call *)context)->body, bytes);
}

static void call_done(void *context, int rc, const struct error *err)
{
    struct http_driver_call *call = context;
    struct client_result result = { .rc = rc };
    struct object *object = NULL;
    if (rc < 0) {
        result.err = *err;
    } else if (buffer_failed(&call->body)) {
        result.rc = error_set(&result.err, ERROR_LIMIT, "the answer is larger than %zu bytes", call->body.max);
    } else if (call->status / 100 != 2) {
        if (call->status == 401)
            http_driver_unauthorized(call->client);
        result.rc = http_driver_failure(call->status, buffer_str(&call->body), &result.err);
    } else {
        result.json = str_trim(buffer_str(&call->body));
        if (call->verb != API_DELETE_COLLECTION && is_own_kind(call->resource, result.json))
            result.rc = object_from_served(call->resource, result.json, &object, &result.err);
        result.object = object;
    }
    struct client_call *user = call->call;
    user->driver_call = NULL;
    user->done(user, &result);
    object_unref(object);
    call_free(call);
}

static const struct http_request_events call_events = { .response = call_response,
                                                        .body = call_body,
                                                        .done = call_done };

static void append_delete_options(struct buffer *body, const struct client_request *request)
{
    static const char *const policies[] = { [CLIENT_PROPAGATION_BACKGROUND] = "Background",
                                            [CLIENT_PROPAGATION_FOREGROUND] = "Foreground",
                                            [CLIENT_PROPAGATION_ORPHAN] = "Orphan" };
    struct api_preconditions preconditions = { request->precondition_uid, request->precondition_revision };
    int64_t grace = request->grace_seconds;
    struct api_delete_options options = {
        .grace_period_seconds = grace >= 0 ? &grace : NULL,
        .preconditions = preconditions.uid != NULL || preconditions.resource_version != NULL ? &preconditions : NULL,
        .propagation_policy = policies[request->propagation],
    };
    /* As clients name it; the kind's own row is of meta.k8s.io. */
    const struct api_kind kind = {
        .group = "", .version = "v1", .kind = "DeleteOptions", .type = &api_type_delete_options
    };
    api_encode_json(&api_type_delete_options, &kind, &options, body);
}

static const char *append_body(struct buffer *body, const struct client_request *request)
{
    static const char *const patches[] = { [CLIENT_PATCH_MERGE] = "application/merge-patch+json",
                                           [CLIENT_PATCH_STRATEGIC] = "application/strategic-merge-patch+json",
                                           [CLIENT_PATCH_JSON] = "application/json-patch+json",
                                           [CLIENT_PATCH_APPLY] = "application/apply-patch+yaml" };
    const struct api_kind *kind = request->body_kind != NULL ? request->body_kind : request->resource->kind;
    switch (request->verb) {
    case API_CREATE:
    case API_UPDATE:
        api_encode_json(kind->type, kind, request->body, body);
        return "application/json";
    case API_PATCH:
        buffer_append_str(body, request->patch);
        return patches[request->patch_type];
    case API_DELETE:
    case API_DELETE_COLLECTION:
        append_delete_options(body, request);
        return "application/json";
    default:
        return NULL;
    }
}

static void append_path(struct buffer *path, const struct http_driver_client *client,
                        const struct client_request *request)
{
    const char *name = request->name;
    if (name == NULL && (request->verb == API_UPDATE || request->subresource != NULL) && request->body != NULL)
        name = ((const struct api_object_meta *)request->body)->name;
    http_path_append(path, request->resource, request->namespace_, name, request->subresource);
    if (request->verb == API_CREATE || request->verb == API_UPDATE || request->verb == API_PATCH)
        http_query_append(path, "fieldManager", request->field_manager != NULL ? request->field_manager : client->name);
    if (request->force)
        http_query_append(path, "force", "true");
    http_query_append(path, "labelSelector", request->label_selector);
    http_query_append(path, "fieldSelector", request->field_selector);
}

static const char *method_of(enum api_verb verb)
{
    switch (verb) {
    case API_CREATE:
        return "POST";
    case API_UPDATE:
        return "PUT";
    case API_PATCH:
        return "PATCH";
    case API_DELETE:
    case API_DELETE_COLLECTION:
        return "DELETE";
    default:
        return "GET";
    }
}

static void http_call_start(struct client *base, struct client_call *user, const struct client_request *request)
{
    struct http_driver_client *client = http_client_of(base);
    struct http_driver_call *call = memory_new(struct http_driver_call);
    call->call = user;
    call->client = client;
    call->resource = api_resource_ref(request->resource);
    call->verb = request->verb;
    buffer_init(&call->body, HTTP_ANSWER_MAX);
    auto_buffer struct buffer path = { 0 };
    auto_buffer struct buffer json = { 0 };
    append_path(&path, client, request);
    const char *type = append_body(&json, request);
    struct bytes *body = type == NULL ? NULL : bytes_create(json.data, json.size);
    user->driver_call = call;
    call->request = http_driver_request(client, method_of(request->verb), path.data, type, body, client->timeout,
                                        &call_events, call);
    bytes_unref(body);
}

static void http_call_cancel(struct client *client, struct client_call *user)
{
    (void)client;
    struct http_driver_call *call = user->driver_call;
    user->driver_call = NULL;
    http_request_cancel(call->request);
    call_free(call);
}

static void http_destroy(struct client *base)
{
    struct http_driver_client *client = http_client_of(base);
    http_client_destroy(client->http);
    free(client->name);
    free(client->agent);
    free(client->token);
    free(client->token_file);
    free(client);
}

static const struct client_driver http_client_driver = {
    .name = "http",
    .call_start = http_call_start,
    .call_cancel = http_call_cancel,
    .watch_open = http_watch_open,
    .watch_close = http_watch_close,
    .destroy = http_destroy,
};

/* "https://HOST:PORT/" as "tcp:HOST:PORT". */
static int target_address(const char *server, char **ret_address, char **ret_authority, bool *ret_tls,
                          struct error *err)
{
    struct str rest = str_of(text_or_empty(server));
    bool tls = str_starts(rest, STR("https://"));
    if (!tls && !str_starts(rest, STR("http://")))
        return error_set(err, ERROR_USAGE, "server \"%s\" is no https:// URL", text_or_empty(server));
    rest = str_skip(rest, tls ? 8 : 7);
    rest.size = str_find(rest, '/');
    if (rest.size == 0)
        return error_set(err, ERROR_USAGE, "server \"%s\" names no host", server);
    bool has_port = rest.data[0] == '[' ? rest.data[rest.size - 1] != ']' : str_find(rest, ':') < rest.size;
    *ret_authority = memory_strndup(rest.data, rest.size);
    *ret_address = memory_format("tcp:" STR_FMT "%s", STR_ARG(rest), has_port ? "" : tls ? ":443" : ":80");
    *ret_tls = tls;
    return 0;
}

int client_http_create(struct loop *loop, const struct client_http_options *options, struct client **ret_client,
                       struct error *err)
{
    autofree char *address = NULL;
    autofree char *authority = NULL;
    bool secure = false;
    int rc = target_address(options->server, &address, &authority, &secure, err);
    if (rc < 0)
        return rc;
    struct tls_context *tls = NULL;
    if (secure) {
        rc = tls_context_create(&(struct tls_options){ .certificate_pem = options->certificate_pem,
                                                       .key_pem = options->key_pem,
                                                       .ca_pem = options->ca_pem,
                                                       .insecure_skip_verify = options->insecure_skip_verify },
                                &tls, err);
        if (rc < 0)
            return error_wrap_code(err, rc, "client of %s", options->server);
    }
    struct http_driver_client *client = memory_new(struct http_driver_client);
    client->name = memory_strdup(options->name != NULL ? options->name : "coracle");
    client->agent = memory_format("coracle/%s", client->name);
    client->token_file = memory_strdup(options->token_file);
    if (!text_empty(options->token))
        client->token = memory_format("Bearer %s", options->token);
    client->timeout = options->timeout > 0 ? options->timeout : CALL_TIMEOUT;
    client->base = (struct client){ .driver = &http_client_driver, .loop = loop, .name = client->name };
    client->http = http_client_create(
        loop, &(struct http_client_options){ .target = { .address = address,
                                                         .network_namespace = options->network_namespace,
                                                         .tls = tls,
                                                         .server_name = options->server_name },
                                             .authority = authority });
    tls_context_unref(tls);
    *ret_client = &client->base;
    return 0;
}
