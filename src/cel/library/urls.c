/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* urls.c - kubernetes.URL: url(), isURL() and what an URL is made of. */
#include "cel/library/url.h"
#include "cel/value/value.h"

#define URL_FUNCTION(name) \
    static struct cel_value name(struct cel_state *state, const struct cel_value *args, size_t count)

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* ---- parsing ---- */

static const char *invalid(struct arena *arena, struct str text, const char *why)
{
    return arena_format(arena, "parse \"" STR_FMT "\": %s", STR_ARG(text), why);
}

/* Each percent sign is followed by two digits. NULL, or the broken escape. */
static const char *check_escapes(struct arena *arena, struct str text)
{
    for (size_t at = 0; at < text.size; at++) {
        if (text.data[at] != '%')
            continue;
        if (at + 2 >= text.size || hex_digit(text.data[at + 1]) < 0 || hex_digit(text.data[at + 2]) < 0)
            return arena_format(arena, "invalid URL escape \"" STR_FMT "\"",
                                (int)(text.size - at < 3 ? text.size - at : 3), text.data + at);
        at += 2;
    }
    return NULL;
}

static size_t scheme_size(struct str text)
{
    for (size_t at = 0; at < text.size; at++) {
        char c = text.data[at];

        if (c == ':')
            return at;
        if (!is_alnum(c) && (at == 0 || strchr("+-.", c) == NULL))
            return 0;
        if (at == 0 && c >= '0' && c <= '9')
            return 0;
    }
    return 0;
}

static bool is_port(struct str text)
{
    if (text.size == 0)
        return true;
    if (text.data[0] != ':')
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* "host:port" behind the user's name. */
static const char *check_host(struct arena *arena, struct str host)
{
    const char *close;
    size_t colon;

    if (host.size > 0 && host.data[0] == '[') {
        close = memrchr(host.data, ']', host.size);
        if (close == NULL)
            return "missing ']' in host";
        if (!is_port(str_skip(host, (size_t)(close - host.data) + 1)))
            return arena_format(arena, "invalid port \"" STR_FMT "\" after host",
                                STR_ARG(str_skip(host, (size_t)(close - host.data) + 1)));
        return NULL;
    }
    colon = host.size;
    while (colon > 0 && host.data[colon - 1] != ':')
        colon--;
    if (colon > 0 && !is_port(str_skip(host, colon - 1)))
        return arena_format(arena, "invalid port \"" STR_FMT "\" after host", STR_ARG(str_skip(host, colon - 1)));
    for (size_t i = 0; i < host.size; i++)
        if (strchr(" \"<>\\^`{|}", host.data[i]) != NULL)
            return arena_format(arena, "invalid character \"%c\" in host name", host.data[i]);
    return check_escapes(arena, host);
}

const char *cel_url_parse(struct arena *arena, struct str text, struct cel_url *ret_url)
{
    struct cel_url url = { .text = text };
    struct str rest = text;
    const char *why;
    size_t size;

    for (size_t i = 0; i < text.size; i++)
        if ((uint8_t)text.data[i] < ' ' || text.data[i] == 0x7f)
            return invalid(arena, text, "net/url: invalid control character in URL");
    if (text.size == 0)
        return invalid(arena, text, "empty url");
    size = scheme_size(rest);
    if (size == 0 && rest.data[0] == ':')
        return invalid(arena, text, "missing protocol scheme");
    if (size > 0) {
        char *scheme = arena_strndup(arena, rest.data, size);

        for (size_t i = 0; i < size; i++)
            if (scheme[i] >= 'A' && scheme[i] <= 'Z')
                scheme[i] = (char)(scheme[i] + 32);
        url.scheme = (struct str){ scheme, size };
        rest = str_skip(rest, size + 1);
    }
    if (rest.size == 0 || rest.data[0] != '/') { /* of a request: a path, or opaque behind a scheme */
        if (size == 0)
            return invalid(arena, text, "invalid URI for request");
        *ret_url = url;
        return NULL;
    }
    size = str_find(rest, '#');
    rest.size = size < rest.size ? size : rest.size; /* no part of what functions show */
    size = str_find(rest, '?');
    url.query = size < rest.size ? str_skip(rest, size + 1) : (struct str){ 0 };
    rest.size = size;
    if ((url.scheme.size > 0 || !str_starts(rest, STR("///"))) && str_starts(rest, STR("//"))) {
        const char *at;

        rest = str_skip(rest, 2);
        size = str_find(rest, '/');
        url.host = (struct str){ rest.data, size };
        rest = str_skip(rest, size);
        at = memrchr(url.host.data, '@', url.host.size);
        if (at != NULL)
            url.host = str_skip(url.host, (size_t)(at - url.host.data) + 1);
        why = check_host(arena, url.host);
        if (why != NULL)
            return invalid(arena, text, why);
    }
    url.path = rest;
    why = check_escapes(arena, url.path);
    if (why != NULL)
        return invalid(arena, text, why);
    *ret_url = url;
    return NULL;
}

/* ---- functions ---- */

static const struct cel_url *url_of(const struct cel_value *value)
{
    return value->opaque;
}

URL_FUNCTION(url)
{
    struct cel_url *made = arena_new(state->arena, struct cel_url);
    const char *why = cel_url_parse(state->arena, args[0].text, made);

    (void)count;
    if (why != NULL)
        return cel_value_error(state->arena, "URL parse error during conversion from string: %s", why);
    return (struct cel_value){ .kind = CEL_OPAQUE, .form = CEL_OPAQUE_URL, .opaque = made };
}

URL_FUNCTION(is_url)
{
    struct cel_url made;

    (void)count;
    return cel_value_bool(cel_url_parse(state->arena, args[0].text, &made) == NULL);
}

URL_FUNCTION(get_scheme)
{
    (void)state;
    (void)count;
    return cel_value_string(url_of(&args[0])->scheme);
}

static struct str decode(struct cel_state *state, struct str text, bool plus)
{
    auto_buffer struct buffer out = { .max = text.size + 1 };

    for (size_t at = 0; at < text.size; at++) {
        char c = text.data[at];

        if (c == '%' && at + 2 < text.size) {
            c = (char)(hex_digit(text.data[at + 1]) * 16 + hex_digit(text.data[at + 2]));
            at += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        buffer_append_char(&out, c);
    }
    return arena_str(state->arena, buffer_str(&out));
}

URL_FUNCTION(get_host)
{
    (void)count;
    return cel_value_string(decode(state, url_of(&args[0])->host, false));
}

/* Splits off ":port"; brackets of an IPv6 address go. */
static void split_host(struct str host, struct str *ret_name, struct str *ret_port)
{
    size_t colon = host.size;

    *ret_port = (struct str){ 0 };
    while (colon > 0 && host.data[colon - 1] >= '0' && host.data[colon - 1] <= '9')
        colon--;
    if (colon > 0 && host.data[colon - 1] == ':') {
        *ret_port = str_skip(host, colon);
        host.size = colon - 1;
    }
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']')
        host = (struct str){ host.data + 1, host.size - 2 };
    *ret_name = host;
}

URL_FUNCTION(get_hostname)
{
    struct str name, port;

    (void)count;
    split_host(decode(state, url_of(&args[0])->host, false), &name, &port);
    return cel_value_string(name);
}

URL_FUNCTION(get_port)
{
    struct str name, port;

    (void)count;
    split_host(decode(state, url_of(&args[0])->host, false), &name, &port);
    return cel_value_string(port);
}

/* What may stand in a path as it is; the rest is escaped, as it may have been in the text. */
URL_FUNCTION(get_escaped_path)
{
    struct str path = url_of(&args[0])->path;
    auto_buffer struct buffer out = { .max = 3 * path.size + 1 };

    (void)count;
    for (size_t i = 0; i < path.size; i++) {
        char c = path.data[i];

        if (is_alnum(c) || strchr("-_.~$&+,/:;=@%!'()*[]", c) != NULL)
            buffer_append_char(&out, c);
        else
            buffer_format(&out, "%%%02X", (uint8_t)c);
    }
    return cel_string_copy(state->arena, &out);
}

static bool valid_query_part(struct cel_state *state, struct str part)
{
    return check_escapes(state->arena, part) == NULL && memchr(part.data, ';', part.size) == NULL;
}

/* Name to values, in the order they are given; broken parts are left out. */
URL_FUNCTION(get_query)
{
    struct str rest = url_of(&args[0])->query, part;
    struct cel_value map = cel_map_new(state->arena);

    (void)count;
    while (rest.size > 0 && str_next(&rest, '&', &part)) {
        size_t equals = str_find(part, '=');
        struct cel_value key, list;

        if (part.size == 0 || !valid_query_part(state, part))
            continue;
        key = cel_value_string(decode(state, (struct str){ part.data, equals }, true));
        if (!cel_map_find(state->arena, &map, &key, &list)) {
            list = cel_list_new(state->arena, 1);
            map = cel_map_insert(state->arena, &map, &key, &list);
        }
        cel_list_push(state->arena, &list,
                      cel_value_string(equals < part.size ? decode(state, str_skip(part, equals + 1), true) : STR("")));
    }
    return map;
}

struct cel_functions cel_urls(void)
{
    static const struct cel_overload rows[] = {
        { "url", "s:U", url, CEL_COST_TEXT, 0, 0 },
        { "isURL", "s:b", is_url, CEL_COST_UNIT, 0, 0 },
        { "getScheme", "U.:s", get_scheme, CEL_COST_UNIT, 0, 0 },
        { "getHost", "U.:s", get_host, CEL_COST_UNIT, 0, 0 },
        { "getHostname", "U.:s", get_hostname, CEL_COST_UNIT, 0, 0 },
        { "getPort", "U.:s", get_port, CEL_COST_UNIT, 0, 0 },
        { "getEscapedPath", "U.:s", get_escaped_path, CEL_COST_UNIT, 0, 0 },
        { "getQuery", "U.:MsLs", get_query, CEL_COST_UNIT, 0, 0 },
    };

    return (struct cel_functions){ rows, countof(rows) };
}
