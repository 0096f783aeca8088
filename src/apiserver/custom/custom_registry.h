/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_registry.h - one version of a custom resource, served: a registry that can go while requests use it.
 *
 * Two counts. Requests of the server keep the cache: it goes when the registry is retired and the last of them has left.
 * Whoever may still name the registry (a request whose answer is being written on another loop) keeps its memory, and with it
 * the form and the row. */
#ifndef APISERVER_CUSTOM_CUSTOM_REGISTRY_H
#define APISERVER_CUSTOM_CUSTOM_REGISTRY_H

#include "apiserver/custom/feed.h"
#include "apiserver/custom/form.h"
#include "apiserver/registry/registry.h"

struct custom_registry {
    struct registry registry; /* first */
    struct ref references;
    struct custom_form *form;             /* a reference */
    const struct custom_version *version; /* of the form */
    struct webhook *webhook;              /* converts its objects; NULL: they need no conversion */
    struct feed *feed;                    /* of its cache then */
    struct list writes;                   /* being converted (custom_write.c) */
    size_t requests;                      /* of the server's, under way */
    bool retired;
    bool terminating; /* its definition is being deleted: nothing new is created */
};

/* The caller's reference. It can be used at once; it is found by requests once it stands in the server's map. */
struct custom_registry *custom_registry_create(struct api_server *server, struct custom_form *form,
                                               const struct custom_version *version);
struct custom_registry *custom_registry_of(const struct registry *registry); /* whose 'custom' is set */

/* Ends its watches, and the cache when the last request has left. Gives the reference back. */
void custom_registry_retire(struct custom_registry *custom);

/* The server ends: what waits for a webhook waits no longer. */
void custom_registry_end(struct custom_registry *custom);

/* A request of the server begins, and has ended, with this registry. */
void custom_registry_enter(struct request *request);
void custom_registry_leave(struct request *request);

/* What custom resources refuse that others take, and warn of; false: the request is answered. */
bool custom_admits(struct request *request);

/* --- custom_write.c --- */

/* Does the cache show what the store has? False: ready() comes later, unless the request is answered. */
bool custom_is_fresh(struct request *request, void (*ready)(struct request *request));
/* In place of store_write_start(): 'object' (NULL: a deletion) is converted first, and done() comes when the cache shows it. */
void custom_write_start(struct request *request, struct registry *registry, const void *object,
                        struct store_write *write);
void custom_writes_end(struct custom_registry *custom);

#endif
