/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* manager.h - runs controllers: caches, queues, passes, retries, events, written once for all of them. */
#ifndef CONTROLLERS_RUNTIME_MANAGER_H
#define CONTROLLERS_RUNTIME_MANAGER_H

#include "client/workqueue.h"
#include "controllers/runtime/controller.h"

struct controller_manager;

struct controller_manager_options {
    struct client *client;          /* for the caches, and for writing unless client_for says otherwise */
    struct informer_set *informers; /* shared with others of that client; NULL: its own */
    /* The client one controller writes with (its own identity, see identity.h); the caller's, to be destroyed after the
     * manager. NULL: 'client' for all. */
    struct client *(*client_for)(void *context, const struct controller *controller);
    void *context;
    struct metrics *metrics;             /* for workqueue_* and running_managed_controllers; NULL: nobody looks */
    struct controller_settings settings; /* texts must outlive the manager */
    const struct controller *const *controllers;
    size_t n_controllers;
};

struct controller_manager *controller_manager_create(const struct controller_manager_options *options);
void controller_manager_start(struct controller_manager *manager);
void controller_manager_destroy(struct controller_manager *manager); /* cancels what is under way; NULL is fine */

/* All caches have their first list. */
bool controller_manager_synced(const struct controller_manager *manager);

struct controller_counters {
    struct workqueue_counters queue;
    uint64_t reconciles;
    uint64_t errors; /* passes that ended badly, conflicts included */
    uint64_t in_flight;
};

/* In the order of the options; false past the end. */
bool controller_manager_counters(const struct controller_manager *manager, size_t index, const char **ret_name,
                                 struct controller_counters *ret_counters);

#endif
