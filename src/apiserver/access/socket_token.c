/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/access/socket_token.h"

#include "base/text/base64.h"

#define TOKEN_MAX ((size_t)64 << 10)

static bool is_protocol(const struct http_header *header)
{
    return str_is(header->name, "sec-websocket-protocol");
}

/* What it offers beside tokens, joined. */
static int split(const struct http_headers *headers, struct buffer *others, struct buffer *token, struct error *err)
{
    bool seen = false;
    for (size_t i = 0; i < headers->count; i++) {
        struct str rest = headers->items[i].value, protocol;
        while (is_protocol(&headers->items[i]) && str_next(&rest, ',', &protocol)) {
            protocol = str_trim(protocol);
            if (!str_starts(protocol, STR(SOCKET_TOKEN_PREFIX))) {
                buffer_append_text(others, others->size > 0 ? ", " : "");
                buffer_append_str(others, protocol);
                continue;
            }
            if (seen || !base64url_decode(str_skip(protocol, sizeof(SOCKET_TOKEN_PREFIX) - 1), token))
                return error_set(err, ERROR_UNAUTHORIZED, "Unauthorized");
            seen = true;
        }
    }
    if (seen && (others->size == 0 || token->size == 0)) /* one is needed to be agreed to */
        return error_set(err, ERROR_UNAUTHORIZED, "Unauthorized");
    return 0;
}

/* The same, with these protocols instead. */
static const struct http_headers *replace(struct request *request, struct str others)
{
    struct arena *arena = &request->arena;
    const struct http_headers *from = request->headers;
    struct http_headers *headers = arena_new(arena, struct http_headers);
    struct http_header *items = arena_new_array(arena, struct http_header, from->count + 1);
    for (size_t i = 0; i < from->count; i++)
        if (!is_protocol(&from->items[i]))
            items[headers->count++] = from->items[i];
    items[headers->count++] = (struct http_header){ STR("sec-websocket-protocol"), arena_str(arena, others) };
    headers->items = items;
    return headers;
}

int socket_token_take(struct request *request, struct str *ret_token, struct error *err)
{
    auto_buffer struct buffer others = { .max = TOKEN_MAX }, token = { .max = TOKEN_MAX };
    *ret_token = STR("");
    if (request->headers == NULL || !str_equal_nocase(http_header(request->headers, "upgrade"), STR("websocket")))
        return 0;
    int rc = split(request->headers, &others, &token, err);
    if (rc < 0 || token.size == 0)
        return rc;
    *ret_token = arena_str(&request->arena, buffer_str(&token));
    request->headers = replace(request, buffer_str(&others));
    return 0;
}
