/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* custom.h - custom resources served: definitions to registries, in step with the cache of definitions.
 *
 * A definition that is established gets a registry for each version, a place in discovery and one in the server's map, in the
 * same turn in which it is seen. What its status says (names, conditions) is decided here too and written through a client
 * like anybody's; so is the end of its instances when it is deleted. Belongs to the server's loop. */
#ifndef APISERVER_CUSTOM_CUSTOM_H
#define APISERVER_CUSTOM_CUSTOM_H

#include "apiserver/registry/registry.h"

struct custom_resources;

struct custom_resources *custom_resources_create(struct api_server *server);
/* Behind the caches: what the store has is served when it returns. */
void custom_resources_start(struct custom_resources *custom);
/* No writes and calls of its own any more; nobody waits for a change. */
void custom_resources_stop(struct custom_resources *custom);
void custom_resources_end_waits(struct custom_resources *custom);
void custom_resources_destroy(struct custom_resources *custom); /* behind the last request; NULL is fine */

/* Of a row that was made at run time, also of a version that is not served; NULL when it is gone. */
struct registry *custom_resources_registry(struct custom_resources *custom, const struct api_resource *resource);

#endif
