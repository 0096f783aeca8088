/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom_caches.h - informers of custom resources, for the controllers that look at everything.
 *
 * One for each CustomResourceDefinition that is established, of one of its versions; made and taken away as definitions come
 * and go. Belongs to the manager. */
#ifndef CONTROLLERS_RUNTIME_CUSTOM_CACHES_H
#define CONTROLLERS_RUNTIME_CUSTOM_CACHES_H

#include "base/container/list.h"
#include "client/informer.h"

struct controller_manager;
struct custom_cache;

struct custom_caches {
    struct controller_manager *manager;
    struct list live;    /* of struct custom_cache */
    struct list retired; /* passes may still name their informers */
    struct informer *definitions;
    struct informer_listener listener;
};

void custom_caches_init(struct custom_caches *caches, struct controller_manager *manager);
/* Follows the definitions; controllers with map_all hear of every change of a custom object from now on. */
void custom_caches_start(struct custom_caches *caches, struct informer *definitions);
void custom_caches_fini(struct custom_caches *caches);

/* By group and plural, whatever the version. NULL: none. */
struct informer *custom_caches_find(const struct custom_caches *caches, const struct api_resource *resource);
struct informer *custom_caches_find_kind(const struct custom_caches *caches, struct str group, struct str kind);
struct informer *custom_caches_next(const struct custom_caches *caches, const struct informer *previous);

/* Frees what was taken away; when no pass is under way. */
void custom_caches_sweep(struct custom_caches *caches);

#endif
