/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "apiserver/listing/continue_token.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text/base64.h"
#include "codec/json.h"

#define TOKEN_MAX 8192

const char *continue_token_write(const struct continue_token *token, struct arena *arena)
{
    auto_buffer struct buffer json = { .max = TOKEN_MAX }, text = { .max = 2 * TOKEN_MAX };
    buffer_append_text(&json, "{\"v\":\"meta.k8s.io/v1\",\"rv\":");
    buffer_append_int64(&json, token->revision);
    buffer_append_text(&json, ",\"start\":");
    json_append_string(&json, token->start);
    buffer_append_char(&json, '}');
    base64url_encode(buffer_str(&json), &text);
    return arena_str(arena, buffer_str(&text)).data;
}

static int bad_token(struct error *err, const char *why)
{
    return error_set(err, ERROR_BAD_REQUEST, "invalid continue token: continue key is not valid%s", why);
}

/* No empty part, "." or "..": no way up. One '/' at the beginning is fine. */
static bool is_clean(struct str key)
{
    struct str rest = str_starts(key, STR("/")) ? str_skip(key, 1) : key, part;
    if (rest.size == 0 || rest.data[rest.size - 1] == '/')
        return false;
    while (str_next(&rest, '/', &part))
        if (part.size == 0 || str_is(part, ".") || str_is(part, ".."))
            return false;
    return true;
}

static int read_fields(yyjson_val *root, struct arena *arena, struct continue_token *ret_token, struct error *err)
{
    yyjson_val *start = yyjson_obj_get(root, "start"), *revision = yyjson_obj_get(root, "rv");
    const char *version = yyjson_get_str(yyjson_obj_get(root, "v"));
    if (!text_equal(version, "meta.k8s.io/v1"))
        return error_set(err, ERROR_BAD_REQUEST,
                         "invalid continue token: continue key is not valid: server does not recognize this encoded "
                         "version %s",
                         text_or_empty(version));
    if (!yyjson_is_int(revision) || (!yyjson_is_sint(revision) && yyjson_get_uint(revision) > INT64_MAX) ||
        yyjson_get_sint(revision) == 0)
        return bad_token(err, ": incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
    struct str key = { yyjson_get_str(start), yyjson_get_len(start) };
    if (!yyjson_is_str(start) || key.size == 0)
        return bad_token(err, ": encoded start key empty (version meta.k8s.io/v1)");
    if (!is_clean(key))
        return error_set(err, ERROR_BAD_REQUEST, "invalid continue token: continue key is not valid: " STR_FMT,
                         STR_ARG(key));
    ret_token->revision = yyjson_get_sint(revision);
    ret_token->start = arena_str(arena, str_skip(key, str_starts(key, STR("/")) ? 1 : 0));
    return 0;
}

/* Where it goes wrong: at the first character that is none of base64's, else where the last group began. */
static int illegal_base64(struct str text, struct error *err)
{
    char why[64];
    size_t at = 0;
    while (at < text.size && (isalnum((unsigned char)text.data[at]) || text.data[at] == '-' || text.data[at] == '_'))
        at++;
    snprintf(why, sizeof(why), ": illegal base64 data at input byte %zu", at < text.size ? at : at / 4 * 4);
    return bad_token(err, why);
}

int continue_token_read(const char *text, struct arena *arena, struct continue_token *ret_token, struct error *err)
{
    auto_buffer struct buffer json = { .max = TOKEN_MAX };
    if (!base64url_decode(str_of(text), &json))
        return illegal_base64(str_of(text), err);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    if (doc == NULL || !yyjson_is_obj(yyjson_doc_get_root(doc)))
        return bad_token(err, ": invalid JSON");
    return read_fields(yyjson_doc_get_root(doc), arena, ret_token, err);
}
