/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* URLs as requests. The rules are those that authorization rests on: one URL, one verb, one resource. */

#include <string.h>
#include <strings.h>

#include "apiserver/path.h"

#include "apiserver/write_options.h"

#define PARTS_MAX 64

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool path_unescape(struct str text, bool query, struct arena *arena, const char **ret_text)
{
    char *out = arena_alloc(arena, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%') {
            int high = i + 2 < text.size + 0 ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (query && c == '+') {
            c = ' ';
        }
        if (c == '\0')
            return false;
        out[size++] = c;
    }
    out[size] = '\0';
    *ret_text = out;
    return true;
}

const char *query_value(struct str query, const char *name, struct arena *arena)
{
    struct str rest = query, pair;
    while (str_next(&rest, '&', &pair)) {
        size_t equals = str_find(pair, '=');
        const char *key, *value;
        if (!path_unescape((struct str){ pair.data, equals }, true, arena, &key) || strcmp(key, name) != 0)
            continue;
        if (!path_unescape(equals < pair.size ? str_skip(pair, equals + 1) : STR(""), true, arena, &value))
            return NULL;
        return value;
    }
    return NULL;
}

/* ---------------------------------------------------------------- options */

static const char *query_text(struct request *request, struct str query, const char *name)
{
    return text_or_empty(query_value(query, name, &request->arena));
}

bool query_flag(struct str query, const char *name, struct arena *arena)
{
    const char *value = query_value(query, name, arena);
    return value != NULL && strcmp(value, "0") != 0 && strcasecmp(value, "false") != 0;
}

static int query_number(struct request *request, struct str query, const char *name, int64_t *ret_number,
                        struct error *err)
{
    const char *value = query_value(query, name, &request->arena);
    if (value == NULL || str_to_int64(str_of(value), ret_number))
        return 0;
    size_t sign = value[0] == '-' || value[0] == '+', digits = strspn(value + sign, "0123456789");
    bool number = digits > 0 && value[sign + digits] == '\0';
    return error_set(err, ERROR_BAD_REQUEST, "strconv.ParseInt: parsing \"%s\": %s", value,
                     number ? "value out of range" : "invalid syntax");
}

/* DELETE may say its options in the query instead of a body. */
static int read_delete_options(struct request *request, struct str query, struct error *err)
{
    const char *grace = query_value(query, "gracePeriodSeconds", &request->arena);
    const char *policy = query_value(query, "propagationPolicy", &request->arena);
    const char *orphan = query_value(query, "orphanDependents", &request->arena);
    if (text_empty(grace) && policy == NULL && text_empty(orphan))
        return 0;
    struct api_delete_options *options = arena_new(&request->arena, struct api_delete_options);
    if (!text_empty(grace)) {
        options->grace_period_seconds = arena_new(&request->arena, int64_t);
        int rc = query_number(request, query, "gracePeriodSeconds", options->grace_period_seconds, err);
        if (rc < 0)
            return rc;
    }
    options->propagation_policy = policy;
    if (!text_empty(orphan)) {
        options->orphan_dependents = arena_new(&request->arena, bool);
        *options->orphan_dependents = query_flag(query, "orphanDependents", &request->arena);
    }
    request->options.delete_options = options;
    return 0;
}

/* Overrides what the client's name lets guess. */
static void read_pretty(struct request *request, struct str query)
{
    static const char *const truths[] = { "1", "t", "T", "true", "TRUE", "True" };
    const char *value = query_value(query, "pretty", &request->arena);
    if (text_empty(value))
        return;
    request->options.pretty = false;
    for (size_t i = 0; i < countof(truths); i++)
        request->options.pretty |= strcmp(value, truths[i]) == 0;
}

static int read_options(struct request *request, struct str query, struct error *err)
{
    struct request_options *options = &request->options;
    if (query.size == 0)
        return 0;
    options->label_selector = query_text(request, query, "labelSelector");
    options->field_selector = query_text(request, query, "fieldSelector");
    options->resource_version = query_text(request, query, "resourceVersion");
    options->resource_version_match = query_text(request, query, "resourceVersionMatch");
    options->continue_ = query_text(request, query, "continue");
    options->watch |= query_flag(query, "watch", &request->arena);
    options->allow_watch_bookmarks = query_flag(query, "allowWatchBookmarks", &request->arena);
    options->force = query_flag(query, "force", &request->arena);
    read_pretty(request, query);
    if (query_value(query, "sendInitialEvents", &request->arena) != NULL) {
        options->send_initial_events = arena_new(&request->arena, bool);
        *options->send_initial_events = query_flag(query, "sendInitialEvents", &request->arena);
    }
    int rc = query_number(request, query, "limit", &options->limit, err);
    if (rc == 0)
        rc = query_number(request, query, "timeoutSeconds", &options->timeout_seconds, err);
    if (rc == 0 && strcmp(request->method, "DELETE") == 0)
        rc = read_delete_options(request, query, err);
    if (rc == 0)
        rc = write_options_read(request, query, err);
    return rc;
}

/* ---------------------------------------------------------------- coordinates */

static size_t split(struct request *request, struct str path, const char *parts[PARTS_MAX], size_t *offsets,
                    bool *ret_ok)
{
    size_t count = 0;
    struct str rest = path, piece;
    *ret_ok = true;
    while (str_next(&rest, '/', &piece)) {
        if (piece.size == 0)
            continue;
        if (count == PARTS_MAX || !path_unescape(piece, false, &request->arena, &parts[count])) {
            *ret_ok = false;
            return 0;
        }
        offsets[count++] = (size_t)(piece.data - path.data) + piece.size;
    }
    return count;
}

/* 'watch_path': a GET of a path below /watch/, which may name one object. */
static void set_verb(struct request *request, bool watch_path)
{
    static const struct {
        const char *method, *one, *many;
        enum api_verb one_action, many_action;
    } verbs[] = {
        { "GET", "get", "list", API_GET, API_LIST_VERB },
        { "HEAD", "get", "list", API_GET, API_LIST_VERB },
        { "POST", "create", "create", API_CREATE, API_CREATE },
        { "PUT", "update", "update", API_UPDATE, API_UPDATE },
        { "PATCH", "patch", "patch", API_PATCH, API_PATCH },
        { "DELETE", "delete", "deletecollection", API_DELETE, API_DELETE_COLLECTION },
        { "OPTIONS", "", "", API_GET, API_GET }, /* only proxies take it; authorized under no verb, as upstream does */
    };
    for (size_t i = 0; i < countof(verbs); i++) {
        if (strcmp(request->method, verbs[i].method) != 0)
            continue;
        bool one = !text_empty(request->name);
        request->verb = one ? verbs[i].one : verbs[i].many;
        request->action = one ? verbs[i].one_action : verbs[i].many_action;
        if ((request->options.watch && request->action == API_LIST_VERB) ||
            (watch_path && verbs[i].one_action == API_GET)) {
            request->options.watch = true;
            request->verb = "watch";
            request->action = API_WATCH;
        }
    }
    if (request->action != API_WATCH)
        request->options.watch = false;
}

/* parts: what follows the version. True: below /watch/. */
static bool read_coordinates(struct request *request, struct str path, const char **parts, const size_t *offsets,
                             size_t count)
{
    bool watch = strcmp(parts[0], "watch") == 0 && count > 1; /* the old form of ?watch=true */
    if (watch)
        parts++, offsets++, count--;
    if (strcmp(parts[0], "namespaces") == 0 && count > 1) {
        request->namespace_ = parts[1];
        bool own = count == 2 || (count == 3 && (strcmp(parts[2], "status") == 0 || strcmp(parts[2], "finalize") == 0));
        if (!own)
            parts += 2, offsets += 2, count -= 2;
    }
    request->plural = parts[0];
    if (count > 1)
        request->name = parts[1];
    if (count > 2)
        request->subresource = parts[2];
    if (count > 2 && offsets[2] < path.size)
        request->rest = arena_strndup(&request->arena, path.data + offsets[2], path.size - offsets[2]);
    return watch;
}

static void lower(struct request *request)
{
    char *verb = arena_strdup(&request->arena, request->method);
    for (char *c = verb; *c != '\0'; c++)
        *c |= 0x20;
    request->verb = verb;
}

int path_read(struct request *request, struct str method, struct str path, struct str query, struct error *err)
{
    const char *parts[PARTS_MAX];
    size_t offsets[PARTS_MAX];
    bool ok;
    request->method = arena_str(&request->arena, method).data;
    if (!path_unescape(path, false, &request->arena, &request->path))
        return error_set(err, ERROR_BAD_REQUEST, "the path cannot be decoded");
    size_t count = split(request, path, parts, offsets, &ok);
    if (!ok)
        return error_set(err, ERROR_BAD_REQUEST, "the path cannot be decoded");
    int rc = read_options(request, query, err);
    if (rc < 0)
        return rc;
    size_t version = count > 0 && strcmp(parts[0], "api") == 0 ? 1 : count > 0 && strcmp(parts[0], "apis") == 0 ? 2 : 0;
    if (version == 0 || count < version + 2) {
        lower(request);
        request->options.watch = false;
        return 0;
    }
    request->is_resource = true;
    request->group = version == 1 ? "" : parts[1];
    request->version = parts[version];
    bool watch = read_coordinates(request, path, parts + version + 1, offsets + version + 1, count - version - 1);
    set_verb(request, watch);
    return 0;
}
