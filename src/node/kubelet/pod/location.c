/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include "node/kubelet/pod/location.h"

#include <ctype.h>

#define TEXT_MAX 8192 /* of a Location header */

static struct str until(struct str text, const char *bytes)
{
    size_t size = 0;
    while (size < text.size && strchr(bytes, text.data[size]) == NULL)
        size++;
    return (struct str){ text.data, size };
}

/* "scheme" of "scheme:rest"; empty when the reference is relative. */
static struct str scheme_of(struct str text)
{
    if (text.size == 0 || !isalpha((unsigned char)text.data[0]))
        return (struct str){ 0 };
    struct str scheme = until(text, ":/?#");
    for (size_t i = 0; i < scheme.size; i++) {
        if (!isalnum((unsigned char)scheme.data[i]) && strchr("+-.", scheme.data[i]) == NULL)
            return (struct str){ 0 };
    }
    return scheme.size < text.size && text.data[scheme.size] == ':' ? scheme : (struct str){ 0 };
}

static int read_authority(struct arena *arena, struct str text, struct location *location, struct error *err)
{
    for (size_t i = text.size; i > 0; i--) {
        if (text.data[i - 1] == '@') {
            text = str_skip(text, i);
            break;
        }
    }
    struct str host, port;
    bool literal6 = text.size > 0 && text.data[0] == '[';
    if (literal6) {
        host = until(str_skip(text, 1), "]");
        if (host.size + 2 > text.size)
            return error_set(err, ERROR_SYNTAX, "missing ']' in host");
        port = str_skip(text, host.size + 2);
    } else {
        host = until(text, ":");
        port = str_skip(text, host.size);
    }
    location->port = location->https ? 443 : 80;
    if (port.size > 1) {
        int64_t number = 0;
        if (port.data[0] != ':' || !str_to_int64(str_skip(port, 1), &number) || number < 0 || number > 65535)
            return error_set(err, ERROR_SYNTAX, "invalid port \"" STR_FMT "\" after host", STR_ARG(port));
        location->port = (int32_t)number;
    }
    location->host = arena_strndup(arena, host.data, host.size);
    return 0;
}

/* "/a/./b/../c" -> "/a/c", in place. */
static size_t drop_dots(char *path, size_t size)
{
    size_t out = 0;
    for (size_t at = 0; at < size;) {
        size_t end = at + 1;
        while (end < size && path[end] != '/')
            end++;
        struct str segment = { path + at + 1, end - at - 1 };
        bool one = str_is(segment, "."), two = str_is(segment, "..");
        while (two && out > 0 && path[--out] != '/') {
        }
        if (!one && !two) {
            memmove(path + out, path + at, end - at);
            out += end - at;
        } else if (end == size) {
            path[out++] = '/';
        }
        at = end;
    }
    if (out == 0)
        path[out++] = '/';
    return out;
}

/* The path of 'reference' in the directory of 'base', without dots, then the query; what may not stand in a request is
 * percent-encoded. */
static const char *make_path(struct arena *arena, struct str base, struct str reference)
{
    struct str path = until(reference, "?"), query = str_skip(reference, path.size);
    struct str base_path = until(base, "?");
    if (path.size == 0) {
        path = base_path;
        if (query.size == 0)
            query = str_skip(base, base_path.size);
        base_path.size = 0;
    } else if (path.data[0] == '/') {
        base_path.size = 0;
    } else {
        while (base_path.size > 0 && base_path.data[base_path.size - 1] != '/')
            base_path.size--;
    }
    char *whole = arena_format(arena, "%s" STR_FMT STR_FMT,
                               base_path.size == 0 && (path.size == 0 || path.data[0] != '/') ? "/" : "",
                               STR_ARG(base_path), STR_ARG(path));
    size_t size = drop_dots(whole, strlen(whole));
    char *text = arena_alloc(arena, (size + query.size) * 3 + 1), *end = text;
    for (size_t i = 0; i < size + query.size; i++) {
        unsigned char byte = (unsigned char)(i < size ? whole[i] : query.data[i - size]);
        static const char digits[] = "0123456789ABCDEF";
        if (byte > ' ' && byte < 0x7f) {
            *end++ = (char)byte;
        } else {
            *end++ = '%';
            *end++ = digits[byte >> 4];
            *end++ = digits[byte & 15];
        }
    }
    *end = '\0';
    return text;
}

int location_resolve(struct arena *arena, const struct location *from, struct str text, struct location *ret_location,
                     struct error *err)
{
    if (text.size > TEXT_MAX)
        return error_set(err, ERROR_SYNTAX, "the address is too long");
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return error_set(err, ERROR_SYNTAX, "invalid control character in URL");
    }
    text = until(text, "#");
    struct location location = *from;
    struct str scheme = scheme_of(text);
    if (scheme.size > 0) {
        location.https = str_equal_nocase(scheme, STR("https"));
        if (!location.https && !str_equal_nocase(scheme, STR("http")))
            return error_set(err, ERROR_UNSUPPORTED, "unsupported protocol scheme \"" STR_FMT "\"", STR_ARG(scheme));
        text = str_skip(text, scheme.size + 1);
        if (!str_starts(text, STR("//")))
            return error_set(err, ERROR_SYNTAX, "no Host in request URL");
    }
    struct str base = str_of(from->path);
    if (str_starts(text, STR("//"))) {
        struct str authority = until(str_skip(text, 2), "/?");
        int rc = read_authority(arena, authority, &location, err);
        if (rc < 0)
            return rc;
        text = str_skip(text, authority.size + 2);
        base = STR("/");
    }
    location.path = make_path(arena, base, text);
    *ret_location = location;
    return 0;
}

const char *location_authority(struct arena *arena, const struct location *location)
{
    bool literal6 = strchr(location->host, ':') != NULL;
    return arena_format(arena, literal6 ? "[%s]:%d" : "%s:%d", location->host, location->port);
}

const char *location_url(struct arena *arena, const struct location *location)
{
    return arena_format(arena, "%s://%s%s", location->https ? "https" : "http", location_authority(arena, location),
                        location->path);
}
