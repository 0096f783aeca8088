/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_fake_internal.h - shared by the fake server's objects and its driver. */
#ifndef CLIENT_CLIENT_FAKE_INTERNAL_H
#define CLIENT_CLIENT_FAKE_INTERNAL_H

#include "base/container/list.h"
#include "base/container/tree.h"
#include "client/client_fake.h"

#define FAKE_HISTORY_MAX 100000 /* older changes are compacted */

struct fake_record {
    struct tree_node node; /* in fake_server.records, by "plural.group|key" */
    const struct object *object;
    char *key;
};

/* One change; in fake_server.history, oldest first. */
struct fake_change {
    struct list_node node;
    uint64_t revision;
    const struct object *before; /* NULL: created */
    const struct object *after;  /* in a deletion: the last state, with the deletion's revision */
    bool deleted;
};

struct fake_server {
    struct loop *loop;
    struct tree records;
    struct list history;
    size_t history_size;
    uint64_t revision;
    uint64_t compacted; /* changes up to here are gone */
    struct list watches;
    usec_t delay;
    bool blind;
    const struct api_resource *blind_resource; /* NULL: all */
    const struct api_resource *lossy_resource;
    enum api_verb lossy_verb;
    unsigned lost_answers; /* still to be lost of those */
    int (*fault)(void *context, const struct client_request *request, struct error *err);
    void *fault_context;
    struct buffer log;
    void (*changed)(struct fake_server *server, const struct fake_change *change); /* the driver's watches */
};

struct fake_record *fake_find(struct fake_server *server, const struct api_resource *resource, const char *namespace_,
                              const char *name);

/* Serves one request against the records; *ret_object is a new reference, *ret_list a document to free(). */
int fake_serve(struct fake_server *server, const struct client_request *request, const struct object **ret_object,
               char **ret_list, struct error *err) must_check;

#endif
