/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_write.c - reads and writes where a webhook stands between what is served and what is stored: the object is converted,
 * stored, and the writer is told when the cache of its version shows it. */

#include <assert.h>

#include "api/codec.h"
#include "apiserver/custom/custom_registry.h"
#include "apiserver/server_internal.h"

/* In the request's arena. */
struct conversion_wait {
    struct request *request;
    struct feed_wait wait;
    void (*ready)(struct request *request);
};

struct converted_write {
    struct custom_registry *custom;
    struct request *request;
    struct store_write *write;
    void (*done)(struct store_write *write);
    struct webhook_call call;
    struct feed_wait wait;
    struct list_node node; /* in custom_registry.writes while it is converted */
};

/* ---------------------------------------------------------------- before a request */

static void request_ready(struct feed_wait *wait, int rc, const struct error *err)
{
    struct conversion_wait *conversion = container_of(wait, struct conversion_wait, wait);
    if (rc < 0)
        request_fail(conversion->request, err);
    else
        conversion->ready(conversion->request);
}

/* The name of the only object that the request is about; NULL: of all of them. A create says by its write what it is about. */
static const char *only_object(const struct request *request)
{
    return request->action == API_LIST_VERB || request->action == API_WATCH || text_empty(request->name)
               ? NULL
               : request->name;
}

bool custom_is_fresh(struct request *request, void (*ready)(struct request *request))
{
    struct custom_registry *custom = custom_registry_of(request->registry);
    const char *name = only_object(request);
    if (custom->feed == NULL || (request->action == API_CREATE && name == NULL && !request->options.dry_run))
        return true;
    struct conversion_wait *conversion = arena_new(&request->arena, struct conversion_wait);
    conversion->request = request;
    conversion->ready = ready;
    conversion->wait.done = request_ready;
    conversion->wait.key = name == NULL ? STR("") : str_of(registry_object_key(request, name));
    return feed_wait(custom->feed, &conversion->wait, store_revision(request->server->store));
}

/* ---------------------------------------------------------------- writes */

static void shown(struct feed_wait *wait, int rc, const struct error *err)
{
    struct converted_write *converted = container_of(wait, struct converted_write, wait);
    struct store_write *write = converted->write;
    if (rc < 0) { /* it is stored, but nobody can say how it looks now */
        write->rc = rc;
        write->err = *err;
    }
    converted->done(write);
}

/* Stored, or not. */
static void stored(struct store_write *write)
{
    struct converted_write *converted = write->context;
    struct custom_registry *custom = converted->custom;
    write->done = converted->done;
    converted->wait.done = shown;
    converted->wait.key = write->key;
    if (write->rc < 0 || custom->feed == NULL || feed_wait(custom->feed, &converted->wait, write->revision))
        converted->done(write);
}

static void start(struct converted_write *converted, struct bytes *value)
{
    struct store_write *write = converted->write;
    converted->done = write->done;
    write->done = stored;
    write->context = converted;
    write->value = value;
    store_write_start(converted->request->server->store, write);
}

static void is_converted(struct webhook_call *call, int rc, const struct error *err, const struct str *documents)
{
    struct converted_write *converted = container_of(call, struct converted_write, call);
    struct store_write *write = converted->write;
    list_remove(&converted->node);
    if (rc < 0) {
        write->rc = rc;
        write->err = *err;
        write->done(write);
        return;
    }
    assert(documents != NULL); /* with success there is one */
    struct bytes *value = bytes_create(documents[0].data, documents[0].size);
    start(converted, value);
    bytes_unref(value);
}

void custom_write_start(struct request *request, struct registry *registry, const void *object,
                        struct store_write *write)
{
    struct custom_registry *custom = custom_registry_of(registry);
    struct converted_write *converted = arena_new(&request->arena, struct converted_write);
    converted->custom = custom;
    converted->request = request;
    converted->write = write;
    if (custom->feed == NULL) { /* it is retired */
        write->rc = error_set(&write->err, ERROR_UNAVAILABLE, CUSTOM_CHANGED);
        write->done(write);
        return;
    }
    if (object == NULL || custom->version == custom->form->stored) {
        struct bytes *value = object == NULL ? NULL : registry_encode(registry, object);
        start(converted, value);
        bytes_unref(value);
        return;
    }
    auto_buffer struct buffer json = { 0 };
    const struct api_kind *kind = registry->resource->kind;
    api_encode_json(kind->type, kind, object, &json);
    struct str document = buffer_str(&json);
    converted->call.done = is_converted;
    list_append(&custom->writes, &converted->node);
    webhook_convert(custom->webhook, &converted->call, custom->form->stored, &document, 1);
}

void custom_writes_end(struct custom_registry *custom)
{
    struct error err = { 0 };
    struct list_node *node;
    int rc = error_set(&err, ERROR_UNAVAILABLE, CUSTOM_CHANGED);
    while ((node = list_first(&custom->writes)) != NULL) {
        struct converted_write *converted = container_of(node, struct converted_write, node);
        webhook_cancel(&converted->call);
        is_converted(&converted->call, rc, &err, NULL);
    }
}
