/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* manager_internal.h - shared by the manager and its passes. */
#ifndef CONTROLLERS_RUNTIME_MANAGER_INTERNAL_H
#define CONTROLLERS_RUNTIME_MANAGER_INTERNAL_H

#include "base/container/map.h"
#include "client/events.h"
#include "controllers/runtime/custom_caches.h"
#include "controllers/runtime/manager.h"

#define WORKERS_DEFAULT 8
#define ACTIONS_AT_ONCE 64 /* calls of one pass under way */
/* Then a pass no longer waits for the caches: as long as upstream's expectations live. A watch that is down for less must
 * not make a controller do again what it has done. */
#define SETTLE_MAX (300 * USEC_PER_SEC)

struct caches {
    struct informer **by_resource; /* api_resource_count of them, in the order of api_resources; NULL: not kept */
    struct custom_caches custom;
};

struct informer *caches_find(const struct caches *caches, const struct api_resource *resource); /* NULL: none */

const struct informer *caches_find_kind(const struct caches *caches, const char *api_version, const char *kind);

const struct informer *caches_next(const struct caches *caches, const struct informer *previous);

/* A controller at work. */
struct worker {
    struct controller_manager *manager;
    const struct controller *controller;
    struct client *client;
    struct workqueue *queue;
    struct event_recorder *recorder;
    char *component;
    struct controller_watch *watches; /* of the record, and for all resources when it asks */
    size_t n_watches;
    struct subscription *subscriptions; /* n_watches of them */
    struct list passes;
    struct map failures; /* of keys whose last pass failed */
    unsigned in_flight;
    struct loop_task settle; /* looks whether the caches have caught up with the settling passes */
    uint64_t reconciles;
    uint64_t errors;
};

/* Why a key's last pass failed. */
struct failure {
    struct map_node node; /* in worker.failures */
    char *reason;
    char *message;
    char key[];
};

struct subscription {
    struct informer_listener listener;
    struct worker *worker;
    const struct controller_watch *watch;
    struct informer *informer;
};

void subscription_init(struct subscription *subscription, struct worker *worker, const struct controller_watch *watch,
                       struct informer *informer);

struct controller_manager {
    struct client *client;
    struct informer_set *informers;
    bool owns_informers;
    struct controller_settings settings;
    struct metrics *metrics; /* may be NULL */
    struct caches caches;
    struct worker *workers;
    size_t n_workers;
    bool started;
};

/* --- pass.c: one run of a reconcile function and of the actions it asked for --- */

struct pass;
void pass_start(struct worker *worker, const char *key);
void pass_settle(struct pass *pass);                           /* may end it */
void pass_saw(struct pass *pass, const struct object *object); /* in a cache, even if it is gone by now */
void pass_cancel(struct pass *pass);
struct pass *pass_of(struct list_node *node); /* of worker.passes */

void worker_set_failure(struct worker *worker, const char *key, const char *reason, const char *message);
void worker_clear_failure(struct worker *worker, const char *key); /* fine when there is none */
void worker_pass_ended(struct worker *worker, const char *key);

#endif
