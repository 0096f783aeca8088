/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* address_objects.h - an IPAddress object for every address of a Service, and none of ours for any other.
 *
 * What a change concerns is looked at again until it is so; whatever a crash or somebody's hands left is healed in the
 * same way, and told by events. The first look, at start, is at everything. Belongs to the server's loop. */
#ifndef APISERVER_ALLOCATION_ADDRESS_OBJECTS_H
#define APISERVER_ALLOCATION_ADDRESS_OBJECTS_H

#include "apiserver/allocation/service_allocator.h"
#include "client/client.h"

struct address_objects;

/* The client is the server's own, and outlives it, as do the allocator, which follows the caches already, and the caches. */
struct address_objects *address_objects_start(struct client *client, const struct service_allocator *allocator,
                                              struct watch_cache *services, struct watch_cache *addresses);
void address_objects_stop(struct address_objects *objects); /* NULL is fine */

#endif
