/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* serve_openapi.c - /openapi/v2 and /openapi/v3: the API described, as kubectl and code generators read it. */
#include <string.h>

#include "api/openapi/openapi.h"
#include "apiserver/handlers.h"
#include "apiserver/server_internal.h"
#include "net/http.h"

/* Made on first use: most clients of a small cluster never ask. */
static struct openapi *openapi_of(struct request *request)
{
    struct api_server *server = request->server;
    if (server->openapi == NULL)
        server->openapi = openapi_create(API_SERVER_VERSION);
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
static bool wants_protobuf(const struct request *request)
{
    return str_contains(accepted(request), STR("application/com.github.proto-openapi.spec.v2"));
}

static void serve_v2(struct request *request)
{
    struct error err = { 0 };
    bool protobuf = wants_protobuf(request);
    struct bytes *document =
        protobuf ? openapi_v2_protobuf(openapi_of(request), &err) : openapi_v2_document(openapi_of(request));
    if (document == NULL)
        request_fail(request, &err);
    else
        request_respond_text(
            request, 200, protobuf ? "application/com.github.proto-openapi.spec.v2.v1.0+protobuf" : "application/json",
            bytes_str(document));
}

void serve_openapi(struct request *request)
{
    static const char v3[] = "/openapi/v3/";
    bool is_v2 = strcmp(request->path, "/openapi/v2") == 0;
    struct bytes *document = NULL;
    const char *hash = NULL;
    if (!takes_json(request) && !(is_v2 && wants_protobuf(request))) {
        request_refuse(request, ERROR_NOT_ACCEPTABLE, "only the following media types are accepted: application/json");
        return;
    }
    if (is_v2) {
        serve_v2(request);
        return;
    }
    if (strcmp(request->path, "/openapi/v3") == 0 || strcmp(request->path, v3) == 0)
        document = openapi_v3_index(openapi_of(request));
    else if (strncmp(request->path, v3, sizeof(v3) - 1) == 0)
        document = openapi_v3_document(openapi_of(request), str_of(request->path + sizeof(v3) - 1), &hash);
    if (document == NULL)
        request_refuse(request, ERROR_NOT_FOUND, "the server could not find the requested resource");
    else
        request_respond_text(request, 200, "application/json", bytes_str(document));
}
