/* SPDX-License-Identifier: Apache-2.0
 * Copyright 2026 The coracle authors */

/* client_crossing.h - a client on one loop (here) that is served by a client of another loop (there).
 *
 * The contract of the two threads (docs/loops.md):
 *   - Everything of client.h is called here, and answers here: whoever uses a client does not know on whose loop it is
 *     served.
 *   - The served client is the crossing's, and is touched there only.
 *   - Requests are copied before they go over. Answers and events share the objects, which never change and whose
 *     typed form is made once, by whoever asks first.
 *   - Events go over in batches: what happens in one turn there is one wake-up here. A watch here that falls too far
 *     behind ends with -ERROR_EXPIRED, as one over the network does; there is never a wait.
 *
 * On one loop there is no crossing: the client itself is given back. */
#ifndef CLIENT_CLIENT_CROSSING_H
#define CLIENT_CLIENT_CROSSING_H

#include "client/client.h"

/* Takes 'there' over. From here's thread, or before here's loop runs; it holds here's loop open until client_destroy() has
 * taken effect, and there's loop must run until then. */
struct client *client_crossing_create(struct loop *here, struct client *there);

/* Changes (the objects that are there at the beginning are not counted) that a watch may be behind: as many as a watch
 * cache remembers at most, so that the queue keeps hardly an object that would not be kept anyway. */
#define CLIENT_CROSSING_LAG_MAX 65536

#endif
