/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_crossing_internal.h - what the two files of the crossing share. */
#ifndef CLIENT_CLIENT_CROSSING_INTERNAL_H
#define CLIENT_CLIENT_CROSSING_INTERNAL_H

#include "base/arena.h"
#include "client/client_crossing.h"

struct crossing {
    struct client client; /* first; its loop is here */
    struct client *there;
    size_t references; /* here's: the owner, calls and watches */
    struct loop_task task;
};

struct crossing *crossing_of(struct client *client);
void crossing_release(struct crossing *crossing); /* here */
/* A row made at run time stays as long as the arena. */
void crossing_hold_resource(struct arena *arena, const struct api_resource *resource);

struct client_watch *crossing_watch_open(struct client *client, const struct client_watch_request *request,
                                         const struct client_watch_events *events, void *context);
void crossing_watch_close(struct client_watch *watch);

#endif
