/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* event_expiry.h - Events go when nobody has written them for an hour, as with upstream's --event-ttl.
 *
 * Belongs to the server's loop. */
#ifndef APISERVER_EXPIRY_EVENT_EXPIRY_H
#define APISERVER_EXPIRY_EVENT_EXPIRY_H

#include "apiserver/cache/watch_cache.h"
#include "client/client.h"

struct event_expiry;

/* The client is the expiry's from now on; the cache, of the version that is stored, outlives it. */
struct event_expiry *event_expiry_start(struct client *client, struct watch_cache *events);
void event_expiry_stop(struct event_expiry *expiry); /* NULL is fine */

#endif
