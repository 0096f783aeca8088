/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_http_watch.c - a list in pages, then a watch as a stream of lines.
 *
 * A user may close the watch in any event: it is pinned while events are told. */
#include <stdio.h>

#include "base/memory.h"
#include "client/http/client_http_internal.h"
#include "codec/json.h"

struct http_watch {
    struct client_watch base;
    struct http_driver_client *client;
    const struct api_resource *resource;
    char *namespace_;
    char *label_selector;
    char *field_selector;
    const struct client_watch_events *events;
    void *context;
    struct http_request *request;
    struct buffer body; /* a page, or the line that is being received */
    char *continue_;    /* of the list */
    uint64_t revision;
    int status;
    bool watching;
    bool closed;
    unsigned pins;
};

static void request_next(struct http_watch *watch);

static void watch_free(struct http_watch *watch)
{
    buffer_fini(&watch->body);
    api_resource_unref(watch->resource);
    free(watch->namespace_);
    free(watch->label_selector);
    free(watch->field_selector);
    free(watch->continue_);
    free(watch);
}

static void watch_unpin(struct http_watch *watch)
{
    if (--watch->pins == 0 && watch->closed)
        watch_free(watch);
}

void http_watch_close(struct client_watch *base)
{
    struct http_watch *watch = container_of(base, struct http_watch, base);
    watch->closed = true;
    http_request_cancel(watch->request);
    watch->request = NULL;
    if (watch->pins == 0)
        watch_free(watch);
}

/* The last thing that happens to it; the user may close it meanwhile. */
static void end(struct http_watch *watch, int rc, const struct error *err)
{
    http_request_cancel(watch->request);
    watch->request = NULL;
    if (!watch->closed)
        watch->events->ended(watch->context, rc, err);
}

static void fail(struct http_watch *watch, const struct error *err)
{
    end(watch, err->code, err);
}

/* ---------------------------------------------------------------- the list */

/* Items of a list have no kind: what is stored and cached has. */
static int item_object(struct http_watch *watch, yyjson_val *item, struct object **ret_object, struct error *err)
{
    auto_buffer struct buffer json = { .max = HTTP_ANSWER_MAX };
    const struct api_kind *kind = watch->resource->kind;
    if (yyjson_obj_get(item, "kind") == NULL) {
        char version[128];
        api_kind_version(kind, version, sizeof(version));
        buffer_format(&json, "{\"kind\":\"%s\",\"apiVersion\":\"%s\",", kind->kind, version);
        auto_buffer struct buffer rest = { .max = HTTP_ANSWER_MAX };
        json_append_value(&rest, item);
        buffer_append_str(&json, str_skip(buffer_str(&rest), 1));
    } else {
        json_append_value(&json, item);
    }
    return object_from_served(watch->resource, buffer_str(&json), ret_object, err);
}

static int tell_items(struct http_watch *watch, yyjson_val *items, struct error *err)
{
    size_t index, count;
    yyjson_val *item;
    yyjson_arr_foreach(items, index, count, item)
    {
        struct object *object = NULL;
        int rc = item_object(watch, item, &object, err);
        if (rc < 0)
            return rc;
        watch->events->event(watch->context, CLIENT_ADDED, object, object_revision(object));
        object_unref(object);
        if (watch->closed)
            return 0;
    }
    return 0;
}

static int page_came(struct http_watch *watch, struct error *err)
{
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    int rc = json_read(buffer_str(&watch->body), 1000, &doc, err);
    if (rc < 0)
        return rc;
    yyjson_val *root = yyjson_doc_get_root(doc), *meta = yyjson_obj_get(root, "metadata");
    const char *revision = yyjson_get_str(yyjson_obj_get(meta, "resourceVersion"));
    const char *more = yyjson_get_str(yyjson_obj_get(meta, "continue"));
    if (revision == NULL || !str_to_uint64(str_of(revision), &watch->revision))
        return error_set(err, ERROR_PROTOCOL, "a list of %s without a resourceVersion", watch->resource->plural);
    rc = tell_items(watch, yyjson_obj_get(root, "items"), err);
    if (rc < 0 || watch->closed)
        return rc;
    free(watch->continue_);
    watch->continue_ = text_empty(more) ? NULL : memory_strdup(more);
    if (watch->continue_ == NULL) {
        watch->watching = true;
        watch->events->event(watch->context, CLIENT_BOOKMARK, NULL, watch->revision);
    }
    return 0;
}

/* ---------------------------------------------------------------- the watch */

static int tell_bookmark(struct http_watch *watch, yyjson_val *object, struct error *err)
{
    const char *text = yyjson_get_str(yyjson_obj_get(yyjson_obj_get(object, "metadata"), "resourceVersion"));
    uint64_t revision = 0;
    if (text == NULL || !str_to_uint64(str_of(text), &revision))
        return error_set(err, ERROR_PROTOCOL, "a bookmark without a resourceVersion");
    watch->events->event(watch->context, CLIENT_BOOKMARK, NULL, revision);
    return 0;
}

static int tell_change(struct http_watch *watch, enum client_watch_event event, struct str json, struct error *err)
{
    struct object *object = NULL;
    int rc = object_from_served(watch->resource, json, &object, err);
    if (rc < 0)
        return rc;
    watch->events->event(watch->context, event, object, object_revision(object));
    object_unref(object);
    return 0;
}

/* {"type":"ADDED","object":{...}} as servers write it: then the object's bytes are taken as they are. */
static bool split_line(struct str line, struct str *ret_type, struct str *ret_object)
{
    if (!str_starts(line, STR("{\"type\":\"")) || line.data[line.size - 1] != '}')
        return false;
    struct str rest = str_skip(line, 9);
    size_t quote = str_find(rest, '"');
    *ret_type = (struct str){ rest.data, quote };
    rest = str_skip(rest, quote);
    if (!str_starts(rest, STR("\",\"object\":{")))
        return false;
    rest = str_skip(rest, 11);
    *ret_object = (struct str){ rest.data, rest.size - 1 };
    return true;
}

static int line_came(struct http_watch *watch, struct str line, struct error *err)
{
    struct str type = { 0 }, object = { 0 };
    auto_buffer struct buffer rewritten = { .max = HTTP_ANSWER_MAX };
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = NULL;
    bool plain = split_line(line, &type, &object);
    bool change = plain && (str_is(type, "ADDED") || str_is(type, "MODIFIED") || str_is(type, "DELETED"));
    if (!change) {
        int rc = json_read(line, 1000, &doc, err);
        if (rc < 0)
            return rc;
        yyjson_val *root = yyjson_doc_get_root(doc), *value = yyjson_obj_get(root, "object");
        type = str_of(yyjson_get_str(yyjson_obj_get(root, "type")));
        if (str_is(type, "BOOKMARK"))
            return tell_bookmark(watch, value, err);
        json_append_value(&rewritten, value);
        object = buffer_str(&rewritten);
        if (str_is(type, "ERROR")) {
            int64_t code;
            bool known = str_to_int64(str_of(yyjson_get_raw(yyjson_obj_get(value, "code"))), &code) && code < 600;
            return http_driver_failure(known ? (int)code : 500, object, err);
        }
    }
    if (str_is(type, "ADDED"))
        return tell_change(watch, CLIENT_ADDED, object, err);
    if (str_is(type, "MODIFIED"))
        return tell_change(watch, CLIENT_MODIFIED, object, err);
    if (str_is(type, "DELETED"))
        return tell_change(watch, CLIENT_DELETED, object, err);
    return error_set(err, ERROR_PROTOCOL, "a watch event of type \"" STR_FMT "\"", STR_ARG(type));
}

static int lines_came(struct http_watch *watch, struct error *err)
{
    size_t used = 0;
    while (!watch->closed) {
        struct str rest = str_skip(buffer_str(&watch->body), used);
        size_t end_of_line = str_find(rest, '\n');
        if (end_of_line == rest.size)
            break;
        used += end_of_line + 1;
        struct str line = str_trim((struct str){ rest.data, end_of_line });
        int rc = line.size == 0 ? 0 : line_came(watch, line, err);
        if (rc < 0)
            return rc;
    }
    if (!watch->closed)
        buffer_consume(&watch->body, used);
    return 0;
}

/* ---------------------------------------------------------------- requests */

static void on_response(void *context, int status, const struct http_headers *headers)
{
    (void)headers;
    ((struct http_watch *)context)->status = status;
}

static void on_body(void *context, struct str bytes)
{
    struct http_watch *watch = context;
    struct error err = { 0 };
    buffer_append_str(&watch->body, bytes);
    watch->pins++;
    if (buffer_failed(&watch->body)) {
        error_set(&err, ERROR_LIMIT, "an answer is larger than %zu bytes", watch->body.max);
        fail(watch, &err);
    } else if (watch->watching && watch->status == 200 && lines_came(watch, &err) < 0) {
        fail(watch, &err);
    }
    watch_unpin(watch);
}

static void on_done(void *context, int rc, const struct error *err)
{
    struct http_watch *watch = context;
    struct error failure = { 0 };
    watch->request = NULL;
    watch->pins++;
    if (rc < 0) {
        end(watch, rc, err);
    } else if (watch->status != 200) {
        if (watch->status == 401)
            http_driver_unauthorized(watch->client);
        http_driver_failure(watch->status, buffer_str(&watch->body), &failure);
        fail(watch, &failure);
    } else if (watch->watching) {
        end(watch, 0, &failure);
    } else if (page_came(watch, &failure) < 0) {
        fail(watch, &failure);
    } else if (!watch->closed) {
        request_next(watch);
    }
    watch_unpin(watch);
}

static const struct http_request_events request_events = { .response = on_response, .body = on_body, .done = on_done };

static void request_next(struct http_watch *watch)
{
    auto_buffer struct buffer path = { 0 };
    char number[32];
    usec_t timeout = watch->client->timeout;
    http_path_append(&path, watch->resource, watch->namespace_, NULL, NULL);
    http_query_append(&path, "labelSelector", watch->label_selector);
    http_query_append(&path, "fieldSelector", watch->field_selector);
    if (watch->watching) {
        /* Watches of many clients must not all end at the same time. */
        unsigned seconds = 300 + (unsigned)random_below(loop_random(watch->client->base.loop), 300);
        timeout = (seconds + 30) * USEC_PER_SEC;
        http_query_append(&path, "watch", "true");
        http_query_append(&path, "allowWatchBookmarks", "true");
        snprintf(number, sizeof(number), "%llu", (unsigned long long)watch->revision);
        http_query_append(&path, "resourceVersion", number);
        snprintf(number, sizeof(number), "%u", seconds);
        http_query_append(&path, "timeoutSeconds", number);
    } else {
        snprintf(number, sizeof(number), "%d", HTTP_PAGE_ITEMS);
        http_query_append(&path, "limit", number);
        http_query_append(&path, "continue", watch->continue_);
    }
    buffer_clear(&watch->body);
    watch->status = 0;
    watch->request = http_driver_request(watch->client, "GET", path.data, NULL, NULL, timeout, &request_events, watch);
}

struct client_watch *http_watch_open(struct client *client, const struct client_watch_request *request,
                                     const struct client_watch_events *events, void *context)
{
    struct http_watch *watch = memory_new(struct http_watch);
    watch->base.client = client;
    watch->client = container_of(client, struct http_driver_client, base);
    watch->resource = api_resource_ref(request->resource);
    watch->namespace_ = memory_strdup(request->namespace_);
    watch->label_selector = memory_strdup(request->label_selector);
    watch->field_selector = memory_strdup(request->field_selector);
    watch->events = events;
    watch->context = context;
    watch->revision = request->revision;
    watch->watching = request->revision != 0;
    buffer_init(&watch->body, HTTP_ANSWER_MAX);
    request_next(watch);
    return &watch->base;
}
