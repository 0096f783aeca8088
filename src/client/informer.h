/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* informer.h - a local, always current copy of one resource, and word of every change.
 *
 * Lists, watches, resumes, lists again when the server says Expired; retries with back-off.
 * Objects are shared and immutable: object_ref() what you keep. Belongs to the client's loop. */
#ifndef CLIENT_INFORMER_H
#define CLIENT_INFORMER_H

#include "client/client.h"

struct informer;

struct informer_options {
    const struct api_resource *resource;
    const char *namespace_;     /* NULL: all */
    const char *label_selector; /* NULL: everything */
    const char *field_selector;
};

/* A listener; embedded by whoever listens. 'before' is NULL for a new object, 'after' for a deleted one. */
struct informer_listener {
    void (*changed)(struct informer_listener *listener, const struct object *before, const struct object *after);
    void (*synced)(struct informer_listener *listener); /* once, after the first list; may be NULL */
    struct list_node node;                              /* private */
};

struct informer *informer_create(struct client *client, const struct informer_options *options);
void informer_destroy(struct informer *informer); /* NULL is fine */
void informer_start(struct informer *informer);
void informer_listen(struct informer *informer, struct informer_listener *listener); /* replays what is there */
void informer_unlisten(struct informer *informer, struct informer_listener *listener);
bool informer_synced(const struct informer *informer);

/* False from when its watch breaks until the next one has brought something: meanwhile this copy may be old. */
bool informer_sees(const struct informer *informer);

/* The newest revision this copy is known to include. */
uint64_t informer_revision(const struct informer *informer);

/* Borrowed until the next turn of the loop; NULL when absent. Key as object_key(). */
const struct object *informer_get(const struct informer *informer, const char *key);
const struct object *informer_find(const struct informer *informer, const char *namespace_, const char *name);
size_t informer_count(const struct informer *informer);

/* Iteration in a stable order; start with NULL. */
const struct object *informer_next(const struct informer *informer, const struct object *previous);
/* Only those of one namespace. */
const struct object *informer_next_in(const struct informer *informer, const char *namespace_,
                                      const struct object *previous);

/* Those that name this owner in metadata.ownerReferences, in a stable order; start with NULL. */
const struct object *informer_next_owned(const struct informer *informer, const char *owner_uid,
                                         const struct object *previous);

/* Those of one namespace that have no controller among their owners, in a stable order; start with NULL. */
const struct object *informer_next_orphan(const struct informer *informer, const char *namespace_,
                                          const struct object *previous);

/* When the version of it that is here arrived, by loop_now(); 0 when absent. Survives listing again: what did not change
 * did not arrive anew. Meant for «how long ago»: time in which the watch was down does not count, so that what this says
 * moves with the clock meanwhile. */
usec_t informer_seen(const struct informer *informer, const char *key);

/* The same moment by the clock alone, for who asks the API itself before acting: a watch that often breaks does not
 * put it off. */
usec_t informer_arrived(const struct informer *informer, const char *key);

const struct api_resource *informer_resource(const struct informer *informer);

/* One informer per resource and selection of a client, shared by its components. */
struct informer_set;
struct informer_set *informer_set_create(struct client *client);
void informer_set_destroy(struct informer_set *set);
struct informer *informer_set_get(struct informer_set *set,
                                  const struct informer_options *options); /* created on first use, started */
bool informer_set_synced(const struct informer_set *set);

#endif
