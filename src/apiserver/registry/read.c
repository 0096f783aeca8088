/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* get and list: from memory, by the rules of resourceVersion. */

#include <string.h>

#include "apiserver/registry/read.h"

#include "apiserver/failure.h"
#include "apiserver/registry/registry.h"
#include "apiserver/registry/selection.h"
#include "base/base64.h"
#include "codec/json.h"

int read_revision(struct request *request, uint64_t *ret_revision, struct error *err)
{
    const char *text = request->options.resource_version;
    uint64_t revision = 0;
    if (!text_empty(text) && !str_to_uint64(str_of(text), &revision))
        return error_set(err, ERROR_INVALID,
                         "resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": "
                         "invalid syntax",
                         text, text);
    uint64_t now = watch_cache_revision(request->registry->cache);
    if (revision > now)
        return error_set(err, ERROR_TIMEOUT, "Too large resource version: %llu, current: %llu",
                         (unsigned long long)revision, (unsigned long long)now);
    *ret_revision = revision;
    return 0;
}

/* The answer for a revision of the future has a cause that clients look for, and a time to come back. */
static void fail_read(struct request *request, const struct error *err)
{
    struct api_status *status = failure_status(request, err);
    if (err->code == -ERROR_TIMEOUT) {
        failure_add_cause(request, status, "ResourceVersionTooLarge", "Too large resource version", NULL);
        status->details->retry_after_seconds = 1;
    }
    request_fail_status(request, status);
}

const struct object *registry_current(struct request *request)
{
    struct error err = { 0 };
    const struct object *object = watch_cache_get(request->registry->cache, registry_namespace(request), request->name);
    if (object == NULL) {
        (void)api_error_not_found(&err, request->registry->resource, request->name);
        request_fail(request, &err);
    }
    return object;
}

void registry_get(struct request *request)
{
    struct error err = { 0 };
    uint64_t revision;
    if (read_revision(request, &revision, &err) < 0) {
        fail_read(request, &err);
        return;
    }
    const struct object *object = registry_current(request);
    if (object != NULL)
        request_respond_object(request, 200, object);
}

/* ---------------------------------------------------------------- continue tokens */

const char *continue_token_write(const struct continue_token *token, struct arena *arena)
{
    auto_buffer struct buffer json = { .max = 8192 }, text = { .max = 16384 };
    buffer_append_text(&json, "{\"v\":\"meta.k8s.io/v1\",\"rv\":");
    buffer_append_uint64(&json, token->revision);
    buffer_append_text(&json, ",\"start\":");
    json_append_string(&json, token->start);
    buffer_append_char(&json, '}');
    base64url_encode(buffer_str(&json), &text);
    return arena_str(arena, buffer_str(&text)).data;
}

static int bad_token(struct error *err)
{
    return error_set(err, ERROR_BAD_REQUEST, "continue key is not valid: %s", "illegal base64 data or structure");
}

int continue_token_read(const char *text, struct arena *arena, struct continue_token *ret_token, struct error *err)
{
    auto_buffer struct buffer json = { .max = 8192 };
    if (!base64url_decode(str_of(text), &json))
        return bad_token(err);
    auto_with(yyjson_doc_free_cleanup) yyjson_doc *doc = yyjson_read(json.data, json.size, 0);
    if (doc == NULL)
        return bad_token(err);
    yyjson_val *root = yyjson_doc_get_root(doc);
    const char *version = yyjson_get_str(yyjson_obj_get(root, "v"));
    yyjson_val *start = yyjson_obj_get(root, "start"), *revision = yyjson_obj_get(root, "rv");
    if (!text_equal(version, "meta.k8s.io/v1") || !yyjson_is_str(start) || !yyjson_is_uint(revision) ||
        yyjson_get_uint(revision) == 0)
        return bad_token(err);
    ret_token->revision = yyjson_get_uint(revision);
    ret_token->start = arena_str(arena, (struct str){ yyjson_get_str(start), yyjson_get_len(start) });
    return 0;
}

/* ---------------------------------------------------------------- list */

struct listing {
    struct request *request;
    struct selection selection;
    struct request_list result;
    size_t capacity;
    size_t limit; /* SIZE_MAX: none */
    int64_t remaining;
    struct str next;   /* the first key behind the page; data NULL: there is none */
    uint64_t revision; /* to list at; 0: now */
    struct str start;
};

static int check_list_options(const struct request_options *options, struct error *err)
{
    const char *match = options->resource_version_match, *version = options->resource_version;
    if (!text_empty(match)) {
        if (!text_empty(options->continue_))
            return error_set(err, ERROR_INVALID,
                             "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when "
                             "continue is provided");
        if (text_empty(version))
            return error_set(err, ERROR_INVALID,
                             "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless "
                             "resourceVersion is provided");
        if (strcmp(match, "Exact") != 0 && strcmp(match, "NotOlderThan") != 0)
            return error_set(err, ERROR_INVALID,
                             "resourceVersionMatch: Unsupported value: \"%s\": supported values: \"Exact\", "
                             "\"NotOlderThan\"",
                             match);
        if (strcmp(match, "Exact") == 0 && strcmp(version, "0") == 0)
            return error_set(err, ERROR_INVALID,
                             "resourceVersionMatch: Forbidden: resourceVersionMatch \"Exact\" is forbidden "
                             "for resourceVersion \"0\"");
    }
    if (options->send_initial_events != NULL)
        return error_set(err, ERROR_INVALID, "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list");
    if (!text_empty(options->continue_) && !text_empty(version) && strcmp(version, "0") != 0)
        return error_set(err, ERROR_BAD_REQUEST, "specifying resource version is not allowed when using continue");
    return 0;
}

static int plan(struct listing *listing, struct error *err)
{
    struct request *request = listing->request;
    const struct request_options *options = &request->options;
    int rc = check_list_options(options, err);
    if (rc == -ERROR_INVALID)
        rc = failure_options(request, "ListOptions", err);
    if (rc == 0)
        rc = selection_read(request, &listing->selection, err);
    if (rc < 0)
        return rc;
    listing->limit = options->limit > 0 ? (size_t)options->limit : SIZE_MAX;
    if (!text_empty(options->continue_)) {
        struct continue_token token = { 0 };
        rc = continue_token_read(options->continue_, &request->arena, &token, err);
        if (rc < 0)
            return rc;
        listing->revision = token.revision;
        listing->start = token.start;
        return 0;
    }
    uint64_t revision = 0;
    rc = read_revision(request, &revision, err);
    if (rc < 0)
        return rc;
    bool exact = strcmp(options->resource_version_match, "Exact") == 0 ||
                 (text_empty(options->resource_version_match) && revision > 0 && options->limit > 0);
    listing->revision = exact ? revision : 0;
    return 0;
}

static void take(struct listing *listing, const struct object *object)
{
    struct request_list *result = &listing->result;
    struct arena *arena = &listing->request->arena;
    if (result->count == listing->capacity) {
        size_t capacity = listing->capacity == 0 ? 64 : listing->capacity * 4;
        const struct object **objects = arena_alloc(arena, capacity * sizeof(*objects));
        if (result->count > 0)
            memcpy(objects, result->objects, result->count * sizeof(*objects));
        result->objects = objects;
        listing->capacity = capacity;
    }
    arena_hold(arena, (void (*)(void *))object_unref, object_ref(object));
    result->objects[result->count++] = object;
}

static bool list_each(void *context, const struct object *object)
{
    struct listing *listing = context;
    if (!selection_has(&listing->selection, object))
        return true;
    if (listing->result.count < listing->limit) {
        take(listing, object);
        return true;
    }
    if (listing->next.data == NULL)
        listing->next = arena_str(&listing->request->arena, str_of(object_key(object)));
    listing->remaining++;
    return listing->selection.all; /* with selectors the rest is not counted */
}

static int collect(struct listing *listing, struct error *err)
{
    struct watch_cache *cache = listing->request->registry->cache;
    uint64_t revision = listing->revision == 0 ? watch_cache_revision(cache) : listing->revision;
    listing->result.revision = revision;
    if (listing->selection.only.data != NULL && listing->revision == 0) {
        const struct object *object = watch_cache_find(cache, listing->selection.only);
        if (object != NULL && selection_has(&listing->selection, object))
            take(listing, object);
        return 0;
    }
    if (!listing->selection.all && revision == watch_cache_revision(cache)) {
        watch_cache_select(cache, &listing->selection.labels, &listing->selection.fields, listing->selection.prefix,
                           listing->start, list_each, listing);
        return 0;
    }
    return watch_cache_range(cache, revision, listing->selection.prefix, listing->start, list_each, listing, err);
}

void registry_list(struct request *request)
{
    struct error err = { 0 };
    struct listing *listing = arena_new(&request->arena, struct listing);
    listing->request = request;
    if (plan(listing, &err) < 0 || collect(listing, &err) < 0) {
        fail_read(request, &err);
        return;
    }
    struct request_list *result = &listing->result;
    result->continue_ = "";
    if (listing->next.data != NULL) {
        struct continue_token token = { .revision = result->revision, .start = listing->next };
        result->continue_ = continue_token_write(&token, &request->arena);
        if (listing->selection.all) {
            result->remaining = arena_new(&request->arena, int64_t);
            *result->remaining = listing->remaining;
        }
    }
    request_respond_list(request, result);
}
