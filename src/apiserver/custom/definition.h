/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* definition.h - what the files of this folder know of one CustomResourceDefinition, and of all. */
#ifndef APISERVER_CUSTOM_DEFINITION_H
#define APISERVER_CUSTOM_DEFINITION_H

#include "apiserver/custom/condition.h"
#include "apiserver/custom/custom.h"
#include "apiserver/custom/custom_registry.h"
#include "client/client.h"

/* Removes the instances of a definition that is being deleted (cascade.c). */
struct cascade {
    struct watch_cache *cache; /* that is emptied; NULL: none is going on */
    struct cache_follower follower;
    struct client_call call;
    bool calling;
    struct feed_wait wait; /* for the cache of objects that a webhook converts */
    struct loop_timer retry;
    char *failure; /* of the last call; NULL: none */
    bool begun;    /* the cache shows all, and is followed */
    bool emptied;
};

struct definition {
    struct custom_resources *custom;
    struct map_node node; /* in custom_resources.definitions, by name */
    char *name;
    const struct object *object;         /* as it is; a reference */
    struct custom_form *form;            /* NULL: not served */
    struct custom_registry **registries; /* one for each version of the form */
    struct list_node due_node;           /* in custom_resources.due: its status is to be looked at */
    struct cascade cascade;
};

struct custom_resources {
    struct api_server *server;
    struct map definitions;
    struct cache_follower follower;
    struct client *client;
    bool started, stopped;
    /* Statuses are written one after the other: who gets a name must not depend on a race. */
    struct list due;
    struct loop_task task;
    struct client_call call;
    struct definition *writing; /* NULL: no write is under way, or its definition has gone */
    bool calling;
    struct loop_timer retry;
};

const custom_definition_type *definition_type(const struct definition *definition);

/* Its status is looked at soon. */
void definition_due(struct definition *definition);

/* cascade.c */
void cascade_start(struct definition *definition); /* when it is to be, and is not going on */
void cascade_stop(struct definition *definition);

#endif
