/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* issuer_discovery.c - what others (clouds that give roles to service accounts, vaults) need to check our tokens without
 * asking us about each: OpenID Connect Discovery 1.0, and the keys (RFC 7517). */
#include "apiserver/access/access.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/handlers.h"
#include "apiserver/server_internal.h"
#include "codec/json.h"

#define KEYS_PATH  "/openid/v1/jwks"
#define CACHE_RULE "public, max-age=3600" /* upstream's: keys change rarely */
#define TEXT_MAX   ((size_t)64 << 10)

void serve_issuer(struct request *request)
{
    const struct access *access = request->server->access;
    auto_buffer struct buffer keys = { .max = TEXT_MAX }, text = { .max = TEXT_MAX };
    const char *algorithm = NULL;
    struct error err;
    if (access_public_keys(access, &keys, &algorithm, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    const char *address = discovery_address(request->server->discovery);
    buffer_append_text(&text, "{\"issuer\":");
    json_append_string(&text, str_of(access_issuer(access)));
    buffer_format(&text, ",\"jwks_uri\":\"https://%s" KEYS_PATH "\"", address);
    buffer_append_text(&text, ",\"response_types_supported\":[\"id_token\"],\"subject_types_supported\":[\"public\"]");
    buffer_format(&text, ",\"id_token_signing_alg_values_supported\":[\"%s\"]}", algorithm);
    request->headers_out.cache_control = CACHE_RULE;
    request_respond_text(request, 200, "application/json", buffer_str(&text));
}

void serve_issuer_keys(struct request *request)
{
    auto_buffer struct buffer keys = { .max = TEXT_MAX };
    const char *algorithm = NULL;
    struct error err;
    if (access_public_keys(request->server->access, &keys, &algorithm, &err) < 0) {
        request_fail(request, &err);
        return;
    }
    request->headers_out.cache_control = CACHE_RULE;
    request_respond_text(request, 200, "application/jwk-set+json", buffer_str(&keys));
}
