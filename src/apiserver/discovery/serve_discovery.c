/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* serve_discovery.c - /, /api and /apis: the documents of discovery.h over HTTP. */
#include "apiserver/discovery/discovery.h"
#include "apiserver/handlers.h"
#include "apiserver/http/negotiation.h"
#include "apiserver/server_internal.h"
#include "net/http.h"

void serve_discovery(struct request *request)
{
    struct discovery_document document;
    struct str accept = request->headers == NULL ? (struct str){ 0 } : http_header(request->headers, "accept");
    if (!discovery_find(request->server->discovery, str_of(request->path),
                        media_wants_aggregated_discovery(accept, &(struct media){ 0 }), &document))
        request_refuse(request, ERROR_NOT_FOUND, "the server could not find the requested resource");
    else
        request_respond_text(request, 200, document.type, bytes_str(document.json));
}
