/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

#include <string.h>

#include "apiserver/listing/list_options.h"

#include "api/validation/invalid.h"
#include "apiserver/failure.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

/* ---------------------------------------------------------------- mixes */

static void check_match(const struct request_options *options, struct api_invalid *errors)
{
    static const char *const supported[] = { "Exact", "NotOlderThan", "", NULL };
    const struct field_at *at = at_field(NULL, "resourceVersionMatch");
    const char *match = options->resource_version_match;
    if (text_empty(match))
        return;
    if (text_empty(options->resource_version))
        invalid_forbidden(errors, at, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    if (!text_empty(options->continue_))
        invalid_forbidden(errors, at, "resourceVersionMatch is forbidden when continue is provided");
    if (strcmp(match, "Exact") != 0 && strcmp(match, "NotOlderThan") != 0)
        invalid_not_supported(errors, at, match, supported);
    if (strcmp(match, "Exact") == 0 && strcmp(options->resource_version, "0") == 0)
        invalid_forbidden(errors, at, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
}

static void check_list(const struct request_options *options, struct api_invalid *errors)
{
    check_match(options, errors);
    if (options->send_initial_events != NULL)
        invalid_forbidden(errors, at_field(NULL, "sendInitialEvents"), "sendInitialEvents is forbidden for list");
}

static void check_watch(const struct request_options *options, struct api_invalid *errors)
{
    static const char *const supported[] = { "NotOlderThan", NULL };
    const struct field_at *at = at_field(NULL, "resourceVersionMatch");
    const char *match = options->resource_version_match;
    bool not_older = strcmp(match, "NotOlderThan") == 0;
    if (options->send_initial_events != NULL && !not_older)
        invalid_forbidden(errors, at, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
    if (text_empty(match))
        return;
    if (options->send_initial_events == NULL)
        invalid_forbidden(errors, at,
                          "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    if (!not_older)
        invalid_not_supported(errors, at, match, supported);
    if (!text_empty(options->continue_))
        invalid_forbidden(errors, at, "resourceVersionMatch is forbidden when continue is provided");
}

int list_options_check(struct request *request, struct error *err)
{
    static const struct api_kind kind = { .group = "meta.k8s.io", .version = "v1", .kind = "ListOptions" };
    auto_invalid struct api_invalid errors = { 0 };
    if (request->action == API_WATCH)
        check_watch(&request->options, &errors);
    else
        check_list(&request->options, &errors);
    if (errors.total == 0)
        return 0;
    request->failure = api_status_invalid(&request->arena, &kind, "", &errors);
    return error_set(err, ERROR_INVALID, "%s", request->failure->message);
}

/* A list says 400; of a GET or a watch upstream knows no better than that something went wrong. */
int list_options_revision(struct request *request, uint64_t *ret_revision, struct error *err)
{
    const char *text = request->options.resource_version;
    uint64_t revision = 0;
    if (text_empty(text) || str_to_uint64(str_of(text), &revision)) {
        *ret_revision = revision;
        return 0;
    }
    bool number = text[strspn(text, "0123456789")] == '\0';
    const char *why =
        arena_format(&request->arena, "resourceVersion: Invalid value: \"%s\": strconv.ParseUint: parsing \"%s\": %s",
                     text, text, number ? "value out of range" : "invalid syntax");
    if (request->action == API_GET || request->action == API_WATCH)
        return failure_untyped(request, why, err);
    return error_set(err, ERROR_BAD_REQUEST, "invalid resource version: %s", why);
}

/* ---------------------------------------------------------------- revisions to come */

#define REVISION_PATIENCE (3 * USEC_PER_SEC)

/* In the request's arena. */
struct revision_wait {
    struct request *request;
    uint64_t revision;
    void (*waited)(struct request *request, const struct error *err);
    struct cache_wait wait;  /* of no key: its time limit, and the end of the server */
    struct store_watch feed; /* of all keys: it stands behind the watch caches and is told after them */
};

static int too_large(struct request *request, uint64_t revision, uint64_t now, struct error *err)
{
    error_set(err, ERROR_TIMEOUT, "Timeout: Too large resource version: %llu, current: %llu",
              (unsigned long long)revision, (unsigned long long)now);
    struct api_status *status = api_status_of_error(&request->arena, err, NULL, NULL);
    failure_add_cause(request, status, "ResourceVersionTooLarge", "Too large resource version", NULL);
    status->details->retry_after_seconds = 1;
    request->failure = status;
    return -ERROR_TIMEOUT;
}

static void wait_over(struct cache_wait *cache_wait)
{
    struct revision_wait *wait = container_of(cache_wait, struct revision_wait, wait);
    struct request *request = wait->request;
    struct error err = { 0 };
    uint64_t now = watch_cache_revision(request->registry->cache);
    store_watch_stop(&wait->feed);
    bool came = now >= wait->revision;
    if (!came && wait->wait.patience < REVISION_PATIENCE)
        error_set(&err, ERROR_TIMEOUT, "Timeout: request did not complete within the allotted timeout");
    else if (!came)
        (void)too_large(request, wait->revision, now, &err);
    wait->waited(request, came ? NULL : &err);
}

static void revision_came(struct store_watch *feed, const struct store_record *record)
{
    struct revision_wait *wait = container_of(feed, struct revision_wait, feed);
    if (record->revision < wait->revision)
        return;
    store_watch_stop(feed);
    loop_timer_start(wait->request->server->loop, &wait->wait.timer, 0); /* not from inside the write */
}

void revision_await(struct request *request, uint64_t revision,
                    void (*waited)(struct request *request, const struct error *err))
{
    struct watch_cache *cache = request->registry->cache;
    struct error err = { 0 };
    if (revision <= watch_cache_revision(cache)) {
        waited(request, NULL);
        return;
    }
    struct revision_wait *wait = arena_new(&request->arena, struct revision_wait);
    usec_t patience = request->options.timeout;
    if (patience == 0 || patience > REVISION_PATIENCE)
        patience = REVISION_PATIENCE;
    *wait = (struct revision_wait){ .request = request,
                                    .revision = revision,
                                    .waited = waited,
                                    .wait = { .changed = wait_over, .key = STR(""), .patience = patience },
                                    .feed = { .prefix = STR(""), .event = revision_came } };
    if (store_watch_start(request->server->store, &wait->feed, 0, &err) < 0)
        waited(request, &err);
    else
        watch_cache_wait(cache, &wait->wait);
}
