/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* By the rules of resourceVersion, from memory: now, or at an earlier revision while the changes since then are known. */

#include <string.h>

#include "apiserver/listing/listing.h"

#include "apiserver/failure.h"
#include "apiserver/listing/continue_token.h"
#include "apiserver/listing/list_options.h"
#include "apiserver/listing/object_list.h"
#include "apiserver/listing/selection.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

struct listing {
    struct request *request;
    void (*done)(struct request *request, struct request_list *list, const struct error *err);
    struct selection selection;
    struct request_list result;
    struct object_list objects;
    size_t limit;      /* SIZE_MAX: none */
    bool more;         /* there is something behind the page */
    uint64_t count;    /* of all objects from the start on, if no selectors are asked for */
    uint64_t least;    /* the server must be at that revision */
    uint64_t revision; /* to list at; 0: now */
    bool continues;
    struct str start; /* a key */
};

/* ---------------------------------------------------------------- what is meant */

static int read_continue(struct listing *listing, struct error *err)
{
    struct request *request = listing->request;
    struct arena *arena = &request->arena;
    const char *version = request->options.resource_version;
    struct continue_token token = { 0 };
    int rc = continue_token_read(request->options.continue_, arena, &token, err);
    if (rc < 0)
        return rc;
    if (!text_empty(version) && strcmp(version, "0") != 0)
        return error_set(err, ERROR_BAD_REQUEST, "specifying resource version is not allowed when using continue");
    listing->continues = true;
    listing->revision = listing->least = token.revision < 0 ? 0 : (uint64_t)token.revision;
    struct str parts[] = { listing->selection.prefix, token.start };
    char *start = arena_alloc(arena, parts[0].size + parts[1].size + 1);
    memcpy(start, parts[0].data, parts[0].size);
    memcpy(start + parts[0].size, parts[1].data, parts[1].size);
    listing->start = (struct str){ start, parts[0].size + parts[1].size };
    return 0;
}

static int read_revision(struct listing *listing, struct error *err)
{
    const struct request_options *options = &listing->request->options;
    int rc = list_options_revision(listing->request, &listing->least, err);
    if (rc < 0)
        return rc;
    bool one = listing->selection.only.data != NULL;
    bool exact = text_empty(options->resource_version_match) ? options->limit > 0 && !one
                                                             : strcmp(options->resource_version_match, "Exact") == 0;
    listing->revision = exact ? listing->least : 0;
    return 0;
}

static int plan(struct listing *listing, struct error *err)
{
    struct request *request = listing->request;
    const struct request_options *options = &request->options;
    int rc = selection_parse(request, &listing->selection, err);
    if (rc == 0)
        rc = list_options_check(request, err);
    if (rc == 0)
        rc = selection_resolve(request, &listing->selection, err);
    if (rc < 0)
        return rc;
    bool any = strcmp(options->resource_version, "0") == 0; /* from upstream's cache, which heeds no limit then */
    listing->limit = options->limit > 0 && !any ? (size_t)options->limit : SIZE_MAX;
    return text_empty(options->continue_) ? read_revision(listing, err) : read_continue(listing, err);
}

/* ---------------------------------------------------------------- what is there */

static bool list_each(void *context, const struct object *object)
{
    struct listing *listing = context;
    if (!selection_has(&listing->selection, object))
        return true;
    if (listing->objects.count < listing->limit) {
        object_list_add(&listing->objects, &listing->request->arena, object);
        return true;
    }
    listing->more = true;
    return false;
}

static int collect(struct listing *listing, struct error *err)
{
    struct watch_cache *cache = listing->request->registry->cache;
    const struct selection *selection = &listing->selection;
    uint64_t now = watch_cache_revision(cache);
    listing->result.revision = listing->revision == 0 ? now : listing->revision;
    struct cache_range range = { listing->result.revision, selection->prefix, listing->start };
    if (range.revision != now) {
        range.prefix = selection->only.data != NULL ? selection->only : selection->prefix;
        return watch_cache_range(cache, &range, list_each, listing, &listing->count, err);
    }
    if (selection->only.data != NULL && !listing->continues) {
        const struct object *object = watch_cache_find(cache, selection->only);
        if (object != NULL && selection_has(selection, object))
            object_list_add(&listing->objects, &listing->request->arena, object);
        return 0;
    }
    if (!selection->all) {
        watch_cache_select(cache, &selection->labels, &selection->fields, &range, list_each, listing);
        return 0;
    }
    return watch_cache_range(cache, &range, list_each, listing, &listing->count, err);
}

/* ---------------------------------------------------------------- answers */

static bool is_too_old(const struct listing *listing)
{
    return listing->continues && listing->revision != 0 &&
           listing->revision < page_life_oldest(&listing->request->server->page_life);
}

/* The next page begins right behind the last object of this one. */
static struct str next_start(const struct listing *listing)
{
    const struct object *last = listing->objects.objects[listing->objects.count - 1];
    struct str key = str_of(object_key(last));
    return (struct str){ arena_strndup(&listing->request->arena, key.data, key.size), key.size + 1 }; /* the NUL too */
}

static void point_to_next_page(struct listing *listing)
{
    struct request *request = listing->request;
    struct request_list *result = &listing->result;
    const struct selection *selection = &listing->selection;
    struct str start = next_start(listing);
    struct continue_token token = { .revision = (int64_t)result->revision,
                                    .start = str_skip(start, selection->prefix.size) };
    result->continue_ = continue_token_write(&token, &request->arena);
    if (!selection->all)
        return;
    result->remaining = arena_new(&request->arena, int64_t);
    *result->remaining = (int64_t)(listing->count - result->count);
}

/* The pages' revision is forgotten. A client may go on at today's with the token in the answer. */
static void say_expired(struct listing *listing, struct error *err)
{
    struct request *request = listing->request;
    if (!listing->continues) {
        error_set(err, ERROR_EXPIRED, "The resourceVersion for the provided list is too old.");
        return;
    }
    struct continue_token token = { .revision = -1, .start = str_skip(listing->start, listing->selection.prefix.size) };
    error_set(err, ERROR_EXPIRED,
              "The provided continue parameter is too old to display a consistent list result. You "
              "can start a new list without the continue parameter, or use the continue token in "
              "this response to retrieve the remainder of the results. Continuing with the "
              "provided token results in an inconsistent list - objects that were created, "
              "modified, or deleted between the time the first chunk was returned and now may show "
              "up in the list.");
    struct api_status *status = api_status_of_error(&request->arena, err, NULL, NULL);
    status->metadata.continue_ = continue_token_write(&token, &request->arena);
    request->failure = status;
}

static void fresh(struct request *request, const struct error *late)
{
    struct listing *listing = request->context;
    struct error err = { 0 };
    if (late != NULL) {
        listing->done(request, NULL, late);
        return;
    }
    int rc = is_too_old(listing) ? -ERROR_EXPIRED : collect(listing, &err);
    if (rc == -ERROR_EXPIRED)
        say_expired(listing, &err);
    if (rc < 0) {
        listing->done(request, NULL, &err);
        return;
    }
    struct request_list *result = &listing->result;
    result->objects = listing->objects.objects;
    result->count = listing->objects.count;
    result->continue_ = "";
    if (listing->more)
        point_to_next_page(listing);
    listing->done(request, result, NULL);
}

void listing_start(struct request *request,
                   void (*done)(struct request *request, struct request_list *list, const struct error *err))
{
    struct error err = { 0 };
    struct listing *listing = arena_new(&request->arena, struct listing);
    listing->request = request;
    listing->done = done;
    request->context = listing;
    if (plan(listing, &err) < 0)
        done(request, NULL, &err);
    else
        revision_await(request, listing->least, fresh);
}
