/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* get and list: from memory. */

#include "api/status.h"
#include "apiserver/listing/list_options.h"
#include "apiserver/listing/listing.h"
#include "apiserver/registry/registry.h"
#include "apiserver/server_internal.h"

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

static void get_fresh(struct request *request, const struct error *late)
{
    if (late != NULL) {
        request_fail(request, late);
        return;
    }
    const struct object *object = registry_current(request);
    if (object != NULL)
        request_respond_object(request, 200, object);
}

void registry_get(struct request *request)
{
    struct error err = { 0 };
    uint64_t revision;
    if (list_options_revision(request, &revision, &err) < 0)
        request_fail(request, &err);
    else if (revision <= store_revision(request->server->store)) /* of one object its cache shows that, fed or not */
        get_fresh(request, NULL);
    else
        revision_await(request, revision, get_fresh);
}

static void list_done(struct request *request, struct request_list *list, const struct error *err)
{
    if (list != NULL)
        request_respond_list(request, list);
    else
        request_fail(request, err);
}

void registry_list(struct request *request)
{
    listing_start(request, list_done);
}
