/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_fake.h - an API server that exists only in memory, for tests and simulations of clients.
 *
 * Keeps objects as canonical JSON and gives revisions, conflicts, finalizers, graceful deletion of pods,
 * generations, status as a subresource, selectors and watches as the real one does. It does not default,
 * validate, authorize or allocate. Beside its clients, a test may look and act directly. */
#ifndef CLIENT_CLIENT_FAKE_H
#define CLIENT_CLIENT_FAKE_H

#include "client/client.h"

struct fake_server;

struct fake_server *fake_server_create(struct loop *loop);
void fake_server_destroy(struct fake_server *server); /* after its clients; NULL is fine */

struct client *fake_server_client(struct fake_server *server, const char *name); /* client_destroy() it */

/* Answers and watch events take a random time up to 'max'; each watch keeps its order. 0, the default: the next turn. */
void fake_server_set_delay(struct fake_server *server, usec_t max);

/* Called before each call of a client is served; a negative code is the answer instead. */
void fake_server_set_fault(struct fake_server *server,
                           int (*fault)(void *context, const struct client_request *request, struct error *err),
                           void *context);

/* The next 'count' calls of that verb for that resource are served, but answered with a timeout. */
void fake_server_lose_answers(struct fake_server *server, const struct api_resource *resource, enum api_verb verb,
                              unsigned count);

/* While they are blind, watches of the resource (NULL: all) break and cannot be opened; calls are still answered. */
void fake_server_set_blind(struct fake_server *server, const struct api_resource *resource, bool blind);

/* Ends all watches; those that come back from before now are told Expired. */
void fake_server_compact(struct fake_server *server);

/* Creates or replaces a whole object, status included, from JSON; uid, creationTimestamp and generation are
 * added when absent. Aborts on a document that does not parse. Borrowed like the result of fake_server_get(). */
const struct object *fake_server_put(struct fake_server *server, const struct api_resource *resource, const char *json);

/* Borrowed until the object changes; NULL when absent. */
const struct object *fake_server_get(struct fake_server *server, const struct api_resource *resource,
                                     const char *namespace_, const char *name);
const struct object *fake_server_next(struct fake_server *server, const struct api_resource *resource,
                                      const struct object *previous); /* in key order; start with NULL */
size_t fake_server_count(struct fake_server *server, const struct api_resource *resource);
void fake_server_remove(struct fake_server *server, const struct api_resource *resource, const char *namespace_,
                        const char *name); /* at once, whatever its finalizers; fine when absent */
uint64_t fake_server_revision(const struct fake_server *server);

/* What clients asked since the last time, "create pods ns/name" a line; for tests of what is done, and what is not. */
const char *fake_server_log(struct fake_server *server);
void fake_server_clear_log(struct fake_server *server);

#endif
