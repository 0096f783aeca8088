/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* serve_openapi.c - /openapi/v2 and /openapi/v3: the API described, as kubectl and code generators read it. */
#include <string.h>

#include "api/openapi/openapi.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/handlers.h"
#include "apiserver/http/negotiation.h"
#include "apiserver/path.h"
#include "apiserver/server_internal.h"
#include "net/http.h"
#include "net/http/message.h"

/* The custom resources that are served; the registries keep what the list points at. */
static void describe_customs(struct api_server *server, struct arena *arena)
{
    struct openapi_custom *customs = arena_new_array(arena, struct openapi_custom, server->registries.size + 1);
    struct registry *registry = NULL;
    size_t count = 0;
    map_for_each (&server->registries, registry, node)
        if (registry->custom)
            customs[count++] =
                (struct openapi_custom){ registry->resource, custom_registry_of(registry)->version->version };
    openapi_set_customs(server->openapi, customs, count);
    server->openapi_epoch = server->custom_epoch;
}

/* Made on first use: most clients of a small cluster never ask. */
static struct openapi *openapi_of(struct request *request)
{
    struct api_server *server = request->server;
    bool made = server->openapi == NULL;
    if (made)
        server->openapi = openapi_create(server->version);
    if (made || server->openapi_epoch != server->custom_epoch)
        describe_customs(server, &request->arena);
    return server->openapi;
}

static struct str accepted(const struct request *request)
{
    return request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "accept");
}

static bool takes_json(const struct request *request)
{
    struct str accept = accepted(request);
    return accept.size == 0 || str_contains(accept, STR("json")) || str_contains(accept, STR("*/*"));
}

/* kubectl asks for this alone, under a name that is no valid media type ("v2@v1.0") or one that is ("v2.v1.0"). */
static bool wants_v3_protobuf(const struct request *request)
{
    return str_contains(accepted(request), STR("application/com.github.proto-openapi.spec.v3")) && !takes_json(request);
}

static bool wants_protobuf(const struct request *request)
{
    return str_contains(accepted(request), STR("application/com.github.proto-openapi.spec.v2"));
}

/* A document with its ETag, or that the client has it. */
static void respond(struct request *request, const char *type, struct bytes *document, const char *hash)
{
    struct answer_headers *headers = &request->headers_out;
    headers->etag = arena_format(&request->arena, "\"%s\"", hash);
    struct str known = request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "if-none-match");
    if (str_equal(known, str_of(headers->etag)))
        request_respond_text(request, 304, NULL, STR(""));
    else
        request_respond_text(request, 200, type, bytes_str(document));
}

static void serve_v2(struct request *request)
{
    struct error err = { 0 };
    const char *hash = "";
    bool protobuf = wants_protobuf(request);
    struct bytes *document = protobuf ? openapi_v2_protobuf(openapi_of(request), &hash, &err)
                                      : openapi_v2_document(openapi_of(request), &hash);
    if (document == NULL)
        request_fail(request, &err);
    else
        respond(request, protobuf ? "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" : "application/json",
                document, hash);
}

static void drop_bytes(void *bytes)
{
    bytes_unref(bytes);
}

/* The address of a document carries its hash: such a one may be kept for ever, and another hash leads to the right one. */
static void serve_v3(struct request *request, const char *name)
{
    const char *hash = "", *wanted = query_value(request->query, "hash", &request->arena);
    struct bytes *document = openapi_v3_document(openapi_of(request), str_of(name), &hash);
    struct answer_headers *headers = &request->headers_out;
    if (document == NULL) {
        request_respond_missing(request);
        return;
    }
    if (!text_empty(wanted) && strcmp(wanted, hash) != 0) {
        headers->location = arena_format(&request->arena, "/openapi/v3/%s?hash=%s", name, hash);
        request_respond_text(request, 301, NULL, STR(""));
        return;
    }
    if (!text_empty(wanted)) {
        char *expires = arena_alloc(&request->arena, HTTP_DATE_SIZE);
        http_date_format(loop_now(request->server->loop) + 365 * (usec_t)86400 * USEC_PER_SEC, expires);
        headers->expires = expires;
        headers->cache_control = "public, immutable";
    }
    struct bytes *protobuf = NULL;
    struct error err = { 0 };
    if (!wants_v3_protobuf(request)) {
        respond(request, "application/json", document, hash);
    } else if (openapi_v3_protobuf(openapi_of(request), str_of(name), &protobuf, &err) < 0) {
        request_fail(request, &err);
    } else {
        arena_hold(&request->arena, drop_bytes, protobuf);
        respond(request, "application/com.github.proto-openapi.spec.v3.v1.0+protobuf", protobuf, hash);
    }
}

void serve_openapi(struct request *request)
{
    static const char v3[] = "/openapi/v3/";
    bool is_v2 = strcmp(request->path, "/openapi/v2") == 0;
    bool is_index =
        strcmp(request->path, "/openapi/v3") == 0 || strcmp(request->path, v3) == 0; /* JSON, whatever is asked */
    bool is_document = !is_index && strncmp(request->path, v3, sizeof(v3) - 1) == 0;
    if (!is_index && !takes_json(request) && !(is_v2 && wants_protobuf(request)) &&
        !(is_document && wants_v3_protobuf(request)))
        request_refuse(request, ERROR_NOT_ACCEPTABLE, MEDIA_NOT_ACCEPTED "application/json");
    else if (is_v2)
        serve_v2(request);
    else if (is_index)
        request_respond_text(request, 200, "application/json", bytes_str(openapi_v3_index(openapi_of(request))));
    else if (is_document)
        serve_v3(request, request->path + sizeof(v3) - 1);
    else
        request_respond_missing(request);
}
