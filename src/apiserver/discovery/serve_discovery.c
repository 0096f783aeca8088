/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* serve_discovery.c - /, /api and /apis: the documents of discovery.h over HTTP. */
#include <stdlib.h>
#include <string.h>

#include "api/document_format.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/handlers.h"
#include "apiserver/http/negotiation.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"
#include "net/http.h"

#define DOCUMENT_MAX     ((size_t)64 << 20)
#define AGGREGATED_TYPES ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

static int write_pretty(struct str json, struct buffer *out, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(json, API_DEPTH_MAX, &doc, err);
    if (rc < 0)
        return rc;
    size_t size = 0;
    char *text = yyjson_write(doc, YYJSON_WRITE_PRETTY_TWO_SPACES, &size);
    buffer_append(out, text, size);
    free(text);
    return 0;
}

/* The kept document in the form that was asked for. */
static int write_document(const struct discovery_document *document, const struct media *media, bool pretty,
                          struct buffer *out, struct error *err)
{
    struct str json = bytes_str(document->json);
    if (media->format == MEDIA_JSON && pretty)
        return write_pretty(json, out, err);
    if (media->format == MEDIA_JSON) {
        buffer_append_str(out, json);
        buffer_append_char(out, '\n');
        return 0;
    }
    auto_arena struct arena arena = { 0 };
    void *value = arena_zalloc(&arena, document->kind->type->size);
    int rc = api_decode_json(document->kind->type, json, &arena, value, NULL, err);
    if (rc < 0)
        return rc;
    return document_encode(media->format == MEDIA_YAML ? DOCUMENT_YAML : DOCUMENT_PROTOBUF, document->kind, value, out,
                           err);
}

static void respond(struct request *request, const struct discovery_document *document, const struct media *media)
{
    auto_buffer struct buffer text = { .max = DOCUMENT_MAX };
    struct error err = { 0 };
    bool pretty = request->options.pretty || media->pretty || document->kind == NULL;
    const char *type = media_content_type(media, false);
    if (write_document(document, media, pretty, &text, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    if (document->etag != NULL) {
        type = arena_format(&request->arena, "%s" AGGREGATED_TYPES, type);
        request->headers_out.etag = arena_strdup(&request->arena, document->etag);
        request->headers_out.cache_control = "public";
    }
    request_respond_text(request, 200, type, buffer_str(&text));
}

/* A version of the core group, or of a group that is served, which is not there. */
static bool is_beside_something(struct request *request)
{
    struct discovery_document document;
    struct str path = str_of(request->path), rest = str_skip(path, str_starts(path, STR("/apis/")) ? 6 : 0);
    if (rest.size == path.size)
        return str_starts(path, STR("/api/"));
    size_t slash = str_find(rest, '/');
    return slash < rest.size &&
           discovery_find(request->server->discovery, (struct str){ path.data, 6 + slash }, false, &document);
}

void serve_discovery(struct request *request)
{
    struct discovery_document document;
    struct str accept = { 0 }, known = { 0 };
    struct media media = { .format = MEDIA_JSON };
    if (request->headers != NULL) {
        accept = http_header(request->headers, "accept");
        known = http_header(request->headers, "if-none-match");
    }
    bool aggregated = media_wants_aggregated_discovery(accept, &media);
    if (!discovery_find(request->server->discovery, str_of(request->path), aggregated, &document)) {
        if (is_beside_something(request))
            refuse_place(request);
        else
            request_respond_missing(request);
        return;
    }
    if (document.kind != NULL && document.kind->type == &api_type_api_resource_list &&
        !text_equal(request->method, "GET")) {
        refuse_method(request);
        return;
    }
    if (document.etag != NULL && str_equal(known, str_of(document.etag))) {
        request->headers_out.etag = arena_strdup(&request->arena, document.etag);
        request->headers_out.cache_control = "public";
        request_respond_text(request, 304, NULL, STR(""));
    } else if (document.etag == NULL && document.kind != NULL && !media_negotiate(accept, TRANSFORM_NONE, &media)) {
        request_refuse(request, ERROR_NOT_ACCEPTABLE, MEDIA_NOT_ACCEPTED MEDIA_TYPES);
    } else {
        if (document.kind == NULL)
            media = (struct media){ .format = MEDIA_JSON };
        respond(request, &document, &media);
    }
}
