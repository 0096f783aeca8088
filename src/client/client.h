/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client.h - how every component speaks to the API, in one process or in ten.
 *
 * Two drivers: client_http (client_http.h: TLS, HTTP/2, other machines) and the API
 * server's own direct driver (same identity, authorization and admission, no sockets, the
 * very objects of the watch cache). Calls belong to the loop the client was made on; done()
 * comes back on that loop, never before client_call_start() has returned, exactly once,
 * unless the call is cancelled. */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "api/object.h"
#include "base/error.h"
#include "loop/loop.h"

struct client;
struct client_call;

enum client_patch { CLIENT_PATCH_MERGE, CLIENT_PATCH_STRATEGIC, CLIENT_PATCH_JSON, CLIENT_PATCH_APPLY };
enum client_propagation {
    CLIENT_PROPAGATION_DEFAULT,
    CLIENT_PROPAGATION_BACKGROUND,
    CLIENT_PROPAGATION_FOREGROUND,
    CLIENT_PROPAGATION_ORPHAN
};

/* What to ask; only read during client_call_start(). */
struct client_request {
    enum api_verb verb; /* API_GET, API_CREATE, API_UPDATE, API_PATCH, API_DELETE, API_DELETE_COLLECTION */
    const struct api_resource *resource;
    const char *namespace_;           /* NULL for cluster-scoped resources */
    const char *name;                 /* NULL for create and deletecollection */
    const char *subresource;          /* NULL for the object itself; "status", "binding", "eviction", "token", ... */
    const struct api_kind *body_kind; /* of 'body'; NULL: the resource's own kind */
    const void *body;                 /* typed struct for create and update; NULL otherwise */
    struct str patch;                 /* JSON, for API_PATCH */
    enum client_patch patch_type;
    const char *field_manager;  /* NULL: the client's own name */
    bool force;                 /* apply over conflicts */
    const char *label_selector; /* deletecollection */
    const char *field_selector;
    int64_t grace_seconds; /* delete; negative: the object's own */
    enum client_propagation propagation;
    const char *precondition_uid; /* delete; NULL: none */
    const char *precondition_revision;
};

/* Outcome. rc is 0 or a negative error code; err has the server's message. 'object' is NULL where the
 * answer is a bare Status or another kind; then 'json' has the document. All borrowed for the call. */
struct client_result {
    int rc;
    struct error err;
    const struct object *object;
    struct str json;
};

struct client_call {
    void (*done)(struct client_call *call, const struct client_result *result);
    void *driver_call; /* private */
    struct client *client;
};

/* Never fails synchronously: bad requests come back through done(). */
void client_call_start(struct client *client, struct client_call *call, const struct client_request *request);
void client_call_cancel(
    struct client_call *call); /* done() will not come; the server may still have acted. Fine when idle */

/* --- list, then watch, one resource; reconnecting is the informer's work (informer.h) --- */

enum client_watch_event { CLIENT_ADDED, CLIENT_MODIFIED, CLIENT_DELETED, CLIENT_BOOKMARK };

struct client_watch_request {
    const struct api_resource *resource;
    const char *namespace_;     /* NULL: all */
    const char *label_selector; /* NULL: everything */
    const char *field_selector;
    uint64_t revision; /* 0: start with a list: ADDED for what exists, then BOOKMARK with the list's revision */
};

struct client_watch;

struct client_watch_events {
    /* 'object' is borrowed; NULL for BOOKMARK, whose revision is given. */
    void (*event)(void *context, enum client_watch_event event, const struct object *object, uint64_t revision);
    /* The watch ended; rc 0: politely, -ERROR_EXPIRED: list again. Not called after client_watch_close(). */
    void (*ended)(void *context, int rc, const struct error *err);
};

struct client_watch *client_watch_open(struct client *client, const struct client_watch_request *request,
                                       const struct client_watch_events *events, void *context);
void client_watch_close(struct client_watch *watch); /* NULL is fine */

struct loop *client_loop(struct client *client);
void client_destroy(struct client *client); /* no calls or watches may be left; NULL is fine */

/* --- what a driver is --- */

struct client_driver {
    const char *name;
    void (*call_start)(struct client *client, struct client_call *call, const struct client_request *request);
    void (*call_cancel)(struct client *client, struct client_call *call);
    struct client_watch *(*watch_open)(struct client *client, const struct client_watch_request *request,
                                       const struct client_watch_events *events, void *context);
    void (*watch_close)(struct client_watch *watch);
    void (*destroy)(struct client *client);
};

/* Embedded first in the driver's own struct. */
struct client {
    const struct client_driver *driver;
    struct loop *loop;
    const char *name; /* user agent and field manager */
};

struct client_watch {
    struct client *client; /* embedded first in the driver's own struct */
};

#endif
